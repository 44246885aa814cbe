# ruff: noqa: E501 - markup and the server's own sentences stand on one line each
"""Signing in as Mastodon does it: apps registered at run time, a page to allow or deny, a code used once,
tokens that last until revoked."""

from __future__ import annotations

import base64
import hashlib
import html
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlencode, urlsplit

from services.clock import Clock
from services.sample.exchange import Params, Request, Response, error, page, redirect, to_json
from services.sample.flavours import Flavour

OOB = "urn:ietf:wg:oauth:2.0:oob"
SCOPES = frozenset(
    "read write follow push profile read:accounts read:blocks read:bookmarks read:favourites read:filters read:follows read:lists "
    "read:mutes read:notifications read:search read:statuses write:accounts write:blocks write:bookmarks write:conversations "
    "write:favourites write:filters write:follows write:lists write:media write:mutes write:notifications write:reports "
    "write:statuses".split()
)
_DENIED = "The resource owner or authorization server denied the request."
_BAD_GRANT = (
    "The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in the authorization request, "
    "or was issued to another client."
)
_BAD_CLIENT = "Client authentication failed due to unknown client, no client authentication included, or unsupported authentication method."


@dataclass(frozen=True, slots=True)
class App:
    id: str
    name: str
    client_id: str
    client_secret: str = field(repr=False)
    redirect_uris: tuple[str, ...] = ()
    scopes: frozenset[str] = frozenset()
    website: str | None = None


@dataclass(slots=True)
class Code:
    app: App
    redirect_uri: str
    scopes: frozenset[str]
    challenge: str
    expires: datetime
    used: bool = False


@dataclass(slots=True)
class Token:
    """``user`` false: belongs to an app alone (``client_credentials``)."""

    value: str = field(repr=False)
    scopes: frozenset[str]
    app: str
    user: bool
    created_at: datetime
    revoked: bool = False

    def allows(self, scope: str) -> bool:
        if not self.scopes.isdisjoint({scope, scope.partition(":")[0]}):
            return True
        return scope == "read:accounts" and "profile" in self.scopes


def loopback_match(registered: str, asked: str) -> bool:
    """The same address, or the same loopback IP with another port (RFC 8252)."""
    if registered == asked:
        return True
    one, two = urlsplit(registered), urlsplit(asked)
    return (
        one.scheme == two.scheme == "http"
        and one.hostname in ("127.0.0.1", "::1")
        and (one.hostname, one.path, one.query) == (two.hostname, two.path, two.query)
    )


class SignIn:
    """Apps, codes and tokens. Called under the world's lock."""

    def __init__(self, base_url: str, flavour: Flavour, clock: Clock) -> None:
        self._base_url = base_url
        self._flavour = flavour
        self._clock = clock
        self._apps: dict[str, App] = {}
        self._codes: dict[str, Code] = {}
        self._tokens: dict[str, Token] = {}
        self.auto_allow = False

    # tokens

    def issue(self, scopes: frozenset[str], app: str = "Crumb Social", *, user: bool = True) -> Token:
        token = Token(secrets.token_urlsafe(32), scopes, app, user, self._clock.now())
        self._tokens[token.value] = token
        return token

    def token(self, value: str) -> Token | None:
        token = self._tokens.get(value)
        return None if token is None or token.revoked else token

    def revoke_all(self) -> None:
        """The owner changed the password: nobody is signed in any more."""
        for token in self._tokens.values():
            token.revoked = True

    def forget_apps(self) -> None:
        """What servers before 4.3 did to apps that were idle."""
        self._apps.clear()

    # the four requests

    def register(self, request: Request) -> Response:
        params = request.params
        uris = [u for entry in params.every("redirect_uris") for u in entry.split()]
        name = params.get("client_name")
        scopes = frozenset((params.get("scopes") or "read").split())
        if not name or not uris:
            missing = "Application name can't be blank" if not name else "Redirect URI can't be blank"
            return error(422, f"Validation failed: {missing}")
        if not scopes <= SCOPES:
            return error(422, "Validation failed: Scopes doesn't match configured on the server.")
        app = App(
            str(len(self._apps) + 1_000),
            name,
            secrets.token_urlsafe(32),
            secrets.token_urlsafe(32),
            tuple(uris),
            scopes,
            params.get("website") or None,
        )
        self._apps[app.client_id] = app
        return to_json(
            {
                "id": app.id,
                "name": app.name,
                "website": app.website,
                "scopes": sorted(app.scopes),
                "redirect_uri": "\n".join(app.redirect_uris),
                "redirect_uris": list(app.redirect_uris),
                "client_id": app.client_id,
                "client_secret": app.client_secret,
                "client_secret_expires_at": 0,
                "vapid_key": "",
            }
        )

    def _read_wish(self, params: Params) -> tuple[App, str, frozenset[str]] | Response:
        app = self._apps.get(params.get("client_id"))
        if app is None:
            return page(_shell("An error has occurred", f"<p>{_BAD_CLIENT}</p>"), 401)
        uri = params.get("redirect_uri")
        if not any(loopback_match(known, uri) for known in app.redirect_uris):
            return page(
                _shell("An error has occurred", "<p>The redirect uri included is not valid.</p>"), 400
            )
        scopes = frozenset((params.get("scope") or "read").split())
        problem = ""
        if params.get("response_type") != "code":
            problem = "unsupported_response_type"
        elif not all(_covered(s, app.scopes) for s in scopes):
            problem = "invalid_scope"
        elif (
            self._flavour.checks_pkce
            and params.get("code_challenge")
            and params.get("code_challenge_method") != "S256"
        ):
            problem = "invalid_code_challenge_method"
        if problem:
            return self._back(
                uri,
                {
                    "error": problem,
                    "error_description": "The request is not valid.",
                    "state": params.get("state"),
                },
            )
        return app, uri, scopes

    def authorize_page(self, request: Request) -> Response:
        wish = self._read_wish(request.params)
        if isinstance(wish, Response):
            return wish
        if self.auto_allow:
            return self.decide(request.params, allow=True)
        app, _, scopes = wish
        return page(_shell("Authorization required", _form(app, scopes, request.params)))

    def authorize(self, request: Request) -> Response:
        denied = request.method == "DELETE" or request.params.get("_method").lower() == "delete"
        return self.decide(request.params, allow=not denied)

    def decide(self, params: Params, *, allow: bool) -> Response:
        wish = self._read_wish(params)
        if isinstance(wish, Response):
            return wish
        app, uri, scopes = wish
        state = params.get("state")
        if not allow:
            return self._back(uri, {"error": "access_denied", "error_description": _DENIED, "state": state})
        code = secrets.token_urlsafe(32)
        expires = self._clock.now() + timedelta(minutes=10)
        self._codes[code] = Code(app, uri, scopes, params.get("code_challenge"), expires)
        return self._back(uri, {"code": code, "state": state})

    def _back(self, uri: str, answer: dict[str, str]) -> Response:
        query = urlencode({k: v for k, v in answer.items() if v})
        if uri == OOB:
            if "code" not in answer:
                return page(
                    _shell("An error has occurred", f"<p>{html.escape(answer['error_description'])}</p>"), 400
                )
            return redirect(f"{self._base_url}/oauth/authorize/native?{query}")
        return redirect(f"{uri}{'&' if '?' in uri else '?'}{query}")

    def native_page(self, request: Request) -> Response:
        code = html.escape(request.params.get("code"), quote=True)
        return page(
            _shell(
                "Authorization code",
                "<p>Copy this authorization code and paste it to the application.</p>"
                f'<input type="text" class="oauth-code" readonly value="{code}">',
            )
        )

    def exchange(self, request: Request) -> Response:
        params = request.params
        app = self._authenticated(request)
        if app is None:
            return error(401, "invalid_client", _BAD_CLIENT)
        kind = params.get("grant_type")
        if kind == "client_credentials":
            scopes = frozenset((params.get("scope") or "read").split())
            return self._token_answer(self.issue(scopes, app.name, user=False))
        if kind != "authorization_code":
            return error(
                400,
                "unsupported_grant_type",
                "The authorization grant type is not supported by the authorization server.",
            )
        code = self._codes.get(params.get("code"))
        if (
            code is None
            or code.used
            or code.app is not app
            or code.expires < self._clock.now()
            or code.redirect_uri != params.get("redirect_uri")
            or not self._verified(code, params.get("code_verifier"))
        ):
            return error(400, "invalid_grant", _BAD_GRANT)
        code.used = True
        return self._token_answer(self.issue(code.scopes, app.name))

    def _authenticated(self, request: Request) -> App | None:
        client_id, client_secret = request.params.get("client_id"), request.params.get("client_secret")
        scheme, _, rest = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            client_id, _, client_secret = base64.b64decode(rest).decode("utf-8", "replace").partition(":")
        app = self._apps.get(client_id)
        if app is None or not secrets.compare_digest(app.client_secret.encode(), client_secret.encode()):
            return None
        return app

    def _verified(self, code: Code, verifier: str) -> bool:
        if not code.challenge or not self._flavour.checks_pkce:
            return True
        digest = hashlib.sha256(verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == code.challenge

    def _token_answer(self, token: Token) -> Response:
        return to_json(
            {
                "access_token": token.value,
                "token_type": "Bearer",
                "scope": " ".join(sorted(token.scopes)),
                "created_at": int(token.created_at.timestamp()),
            }
        )

    def revoke(self, request: Request) -> Response:
        if self._authenticated(request) is None:
            return error(403, "unauthorized_client", "You are not authorized to revoke this token")
        token = self._tokens.get(request.params.get("token"))
        if token is not None:
            token.revoked = True
        return to_json({})

    def metadata(self) -> Response:
        base = self._base_url
        return to_json(
            {
                "issuer": f"{base}/",
                "service_documentation": "https://docs.example/",
                "authorization_endpoint": f"{base}/oauth/authorize",
                "token_endpoint": f"{base}/oauth/token",
                "app_registration_endpoint": f"{base}/api/v1/apps",
                "revocation_endpoint": f"{base}/oauth/revoke",
                "scopes_supported": sorted(SCOPES),
                "response_types_supported": ["code"],
                "response_modes_supported": ["query", "fragment", "form_post"],
                "grant_types_supported": ["authorization_code", "client_credentials"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
                "code_challenge_methods_supported": ["S256"],
            }
        )


def _covered(scope: str, by: frozenset[str]) -> bool:
    return scope in SCOPES and (scope in by or scope.partition(":")[0] in by)


def _shell(title: str, body: str) -> str:
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title} - Crumb Social</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<style>body{font-family:sans-serif;max-width:32em;margin:4em auto;padding:0 1em;color:#26221d;background:#f9f6f1}"
        "button{font-size:1em;padding:.6em 1.4em;border-radius:8px;border:1px solid #8c8275;margin:.5em .5em 0 0}"
        "button.allow{background:#1f6b57;color:#fff}input.oauth-code{width:100%;font-family:monospace;padding:.6em}</style>"
        f"</head><body><h1>{title}</h1>{body}</body></html>\n"
    )


def _form(app: App, scopes: frozenset[str], params: Params) -> str:
    names = (
        "client_id",
        "redirect_uri",
        "response_type",
        "scope",
        "state",
        "code_challenge",
        "code_challenge_method",
    )
    hidden = "".join(
        f'<input type="hidden" name="{n}" value="{html.escape(params.get(n), quote=True)}">'
        for n in names
        if params.get(n)
    )
    wishes = "".join(f"<li>{html.escape(s)}</li>" for s in sorted(scopes))
    return (
        f"<p><strong>{html.escape(app.name)}</strong> would like to use your account <strong>@rosies</strong>.</p><ul>{wishes}</ul>"
        f'<form method="post" action="/oauth/authorize">{hidden}<button type="submit" class="allow" id="allow">Allow</button></form>'
        f'<form method="post" action="/oauth/authorize">{hidden}<input type="hidden" name="_method" value="delete">'
        '<button type="submit" class="deny" id="deny">Deny</button></form>'
    )
