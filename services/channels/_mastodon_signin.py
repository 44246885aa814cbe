"""The browser sign-in of Mastodon-compatible servers: an app registered at run time, PKCE, and what goes back
to the keyring.

docs.joinmastodon.org: methods/apps (registration uses ``scopes`` and ``redirect_uris``), methods/oauth
(authorize and token use ``scope`` and ``redirect_uri``), spec/oauth. A new registration for every sign-in:
servers before 4.3 forgot idle apps, and a forgotten one would only show itself in the owner's browser.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from services.channels._mastodon_api import (
    Api,
    Json,
    as_document,
    find_server,
    is_missing,
    read_address,
    setting,
    status_of,
)
from services.channels.base import AuthorizeRequest, Granted, Tools
from services.channels.oauth import code_from, new_pkce, new_state
from services.errors import BadAnswer, ChannelError, Invalid, NotAllowed, SignInNeeded
from services.model import JsonObject

APP_NAME = "Shopbell"
WEBSITE = "https://shopbell.example"
OOB = "urn:ietf:wg:oauth:2.0:oob"
SCOPES = (
    "read:accounts read:notifications read:statuses read:search "
    "write:statuses write:notifications write:conversations write:favourites write:media write:blocks"
)
BROAD_SCOPES = "read write"
CLIENT_ID = "_client_id"
CLIENT_SECRET = "_client_secret"
TOKEN = "access_token"


def server_of(settings: JsonObject, tools: Tools) -> str:
    """Base address of the account's server: what signing in found out, else what was typed (asks
    WebFinger)."""
    known = setting(settings, "server_url", "")
    typed = setting(settings, "server", "")
    return known or find_server(read_address(typed), tools.web)


def _register(api: Api, redirect_uri: str) -> tuple[Json, str]:
    """(the app, the scopes it got). Servers that know no granular scopes refuse them with one 4xx or
    another."""
    uris = f"{redirect_uri}\n{OOB}" if redirect_uri else OOB
    for scopes in (SCOPES, BROAD_SCOPES):
        wish = {"client_name": APP_NAME, "redirect_uris": uris, "scopes": scopes, "website": WEBSITE}
        try:
            response = api.web.post(f"{api.base_url}/api/v1/apps", form=wish, changes=False)
            app = as_document(response.json())
        except BadAnswer as error:
            if is_missing(error):
                raise Invalid("not-a-server", field="server", host=urlsplit(api.base_url).netloc) from None
            if scopes == SCOPES and status_of(error) in (400, 422):
                continue
            raise
        if not app.get("client_id") or not app.get("client_secret"):
            raise BadAnswer("no-client-id")
        return app, scopes
    raise AssertionError("the loop returns or raises")


def _authorize_page(api: Api) -> str:
    """From the server's metadata (4.3), if it is on the same server; else where it always was."""
    try:
        told = str(api.document("/.well-known/oauth-authorization-server").get("authorization_endpoint", ""))
    except ChannelError:
        told = ""
    base = urlsplit(api.base_url)
    page = urlsplit(told)
    return (
        told
        if (page.scheme, page.netloc) == (base.scheme, base.netloc)
        else f"{api.base_url}/oauth/authorize"
    )


def begin(settings: JsonObject, redirect_uri: str, tools: Tools) -> AuthorizeRequest:
    """``redirect_uri`` empty: the server shows a code to paste."""
    base_url = find_server(read_address(setting(settings, "server", "")), tools.web)
    api = Api(tools.web, base_url)
    app, scopes = _register(api, redirect_uri)
    pkce, state = new_pkce(), new_state()
    query = {
        "response_type": "code",
        "client_id": str(app["client_id"]),
        "redirect_uri": redirect_uri or OOB,
        "scope": scopes,
        "state": state,
        "code_challenge": pkce.challenge,
        "code_challenge_method": "S256",
        # Without it a second account on one server would silently become the first one again.
        "force_login": "true",
    }
    keep = {
        "server_url": base_url,
        "client_id": str(app["client_id"]),
        "client_secret": str(app["client_secret"]),
        "redirect_uri": redirect_uri or OOB,
        "scope": scopes,
        "code_verifier": pkce.verifier,
    }
    return AuthorizeRequest(f"{_authorize_page(api)}?{urlencode(query)}", state, keep)


def finish(request: AuthorizeRequest, pasted: str, tools: Tools) -> Granted:
    """``pasted``: the code, or the address the browser ended at. Raises SignInNeeded: ``denied``,
    ``no-code``, ``wrong-code``, ``app-forgotten`` (the server no longer knows the app: begin again)."""
    keep = request.keep
    form = {
        "grant_type": "authorization_code",
        "code": code_from(pasted, request.state),
        "client_id": keep["client_id"],
        "client_secret": keep["client_secret"],
        "redirect_uri": keep["redirect_uri"],
        "code_verifier": keep["code_verifier"],
        "scope": keep["scope"],
    }
    response = tools.web.post(f"{keep['server_url']}/oauth/token", form=form, changes=False, check=False)
    if response.status in (400, 401, 403, 404, 422):
        reason = "app-forgotten" if "invalid_client" in response.text else "wrong-code"
        raise SignInNeeded(reason, host=urlsplit(keep["server_url"]).netloc)
    if response.status >= 300:
        # Everything else has its usual meaning; asking again lets web.py find the words.
        response = tools.web.post(f"{keep['server_url']}/oauth/token", form=form, changes=False)
    answer = as_document(response.json())
    token = answer.get("access_token")
    if not isinstance(token, str) or not token:
        raise BadAnswer("no-token")
    _check_scopes(str(answer.get("scope") or keep["scope"]), keep["scope"])
    return Granted({TOKEN: token, CLIENT_ID: keep["client_id"], CLIENT_SECRET: keep["client_secret"]})


def _check_scopes(granted: str, asked: str) -> None:
    """Some servers let the owner untick what an app may do; without these two nothing works."""
    have = set(granted.replace(",", " ").split())
    for needed in ("read:notifications", "write:statuses"):
        if not have & {needed, needed.partition(":")[0]} and needed.partition(":")[0] in asked:
            raise NotAllowed("scope", permission=needed)


def revoke(base_url: str, secrets: Mapping[str, str], tools: Tools) -> None:
    """Ends the token there. One that was pasted has no app of ours and stays the owner's to end."""
    if not (secrets.get(TOKEN) and secrets.get(CLIENT_ID) and secrets.get(CLIENT_SECRET)):
        return
    form: dict[str, Any] = {
        "client_id": secrets[CLIENT_ID],
        "client_secret": secrets[CLIENT_SECRET],
        "token": secrets[TOKEN],
    }
    tools.web.post(f"{base_url}/oauth/revoke", form=form)
