"""Signed in to a Bluesky server: one session, kept and renewed, and every request made with it.

Shapes: lexicons com.atproto.server.createSession, refreshSession, getSession, deleteSession;
atproto.com/specs/xrpc (errors are ``{"error": name, "message": words}``). An access token that has run out is
status 400 ``ExpiredToken``, not 401. A refresh token is good once; the new pair is kept before it is used.
Signing in anew is counted sharply (docs.bsky.app/docs/advanced-guides/rate-limits), so it comes last.
"""

from __future__ import annotations

import base64
import json
import logging
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from services.channels._bluesky_identity import Home, find_home, home_in, read_handle
from services.channels._shapes import Json, as_document, setting, status_of, text_of
from services.channels.base import Tools
from services.errors import (
    BadAnswer,
    ChannelError,
    Invalid,
    NotAllowed,
    RateLimited,
    SignInNeeded,
    Unclear,
    Unreachable,
)
from services.model import JsonObject

if TYPE_CHECKING:
    from services.channels.web import Response

log = logging.getLogger(__name__)

PASSWORD = "app_password"
ACCESS = "_access"
REFRESH = "_refresh"
CHAT = {"atproto-proxy": "did:web:api.bsky.chat#bsky_chat"}
DIRECT_MESSAGES = "chat.bsky"

_APP_PASSWORD = re.compile(r"[a-z0-9]{4}(?:-[a-z0-9]{4}){3}")
_DEAD_TOKEN = frozenset({"ExpiredToken", "InvalidToken", "AuthMissing", "AuthenticationRequired"})
_CLOSED = {
    "AccountTakedown": "suspended",
    "AccountSuspended": "suspended",
    "RepoTakendown": "suspended",
    "RepoSuspended": "suspended",
    "AccountDeactivated": "deactivated",
    "RepoDeactivated": "deactivated",
    "takendown": "suspended",
    "suspended": "suspended",
    "deactivated": "deactivated",
}
_MOVED = frozenset({"dns", "refused", "tls", "address"})

Params = Sequence[tuple[str, str]]


class Session:
    """``learned``: settings that differ from the account's by now (a new server, a new handle)."""

    def __init__(self, settings: JsonObject, secrets: Mapping[str, str], tools: Tools) -> None:
        self._settings = settings
        self._tools = tools
        self._password = secrets.get(PASSWORD, "").strip()
        self._server: str = setting(settings, "pds", "")
        # Without the server that gave them they are good for nothing.
        self._access = secrets.get(ACCESS, "") if self._server else ""
        self._refresh = secrets.get(REFRESH, "") if self._server else ""
        self._is_proven = False
        self._mentions: dict[str, str] = {}
        self.learned: dict[str, Any] = {}

    @property
    def did(self) -> str:
        """Who we are; known since the account was added."""
        known = str(self.learned.get("did") or setting(self._settings, "did", ""))
        if not known:
            with self._tools.renewing:
                self._sign_in()
            known = str(self.learned["did"])
        return known

    @property
    def scope(self) -> str:
        """What the access token says it may do (``com.atproto.access`` is the whole account); empty when it
        does not say. Not verified: only the server's answers count."""
        try:
            middle = self._access.split(".")[1]
            told = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
        except (ValueError, IndexError):
            return ""
        return text_of(told, "scope") if isinstance(told, Mapping) else ""

    def is_main_password(self) -> bool:
        return self.scope == "com.atproto.access" or not (
            self.scope or _APP_PASSWORD.fullmatch(self._password.lower())
        )

    # --- requests

    def get(self, method: str, params: Params = (), *, chat: bool = False) -> Json:
        """Answer of a query. Raises ChannelErrors; a 4xx that has no better name is BadAnswer("status") with
        ``status`` and the network's own name for it as ``error``."""
        return as_document(self._ask("GET", method, params=params, chat=chat).json())

    def post(self, method: str, body: Json, *, chat: bool = False) -> Json:
        """Answer of a procedure, which changes something there: ``Unclear`` when nobody knows whether it
        was done."""
        response = self._ask("POST", method, body=body, chat=chat)
        try:
            return as_document(response.json()) if response.body else {}
        except BadAnswer as error:
            # It was answered, so it was processed; only what came back cannot be read.
            raise Unclear(error.reason) from None

    def _ask(
        self, verb: str, method: str, *, params: Params = (), body: Json | None = None, chat: bool = False
    ) -> Response:
        if not self._access:
            self._renew("")
        for attempt in (1, 2, 3):
            used = self._access
            try:
                response = self._once(verb, method, params, body, chat)
            except Unreachable as error:
                if attempt > 1 or error.reason not in _MOVED or not self._has_moved():
                    raise
                continue
            name, said = told_by(response)
            if response.status < 400:
                self._is_proven = self._is_proven or not chat
                return response
            if name in _CLOSED and attempt == 1 and self._has_moved(is_reached=True):
                continue
            if chat and self._lacks_direct(response.status, name, said):
                raise NotAllowed("scope", permission=DIRECT_MESSAGES)
            is_dead = response.status == 401 or (response.status in (400, 403) and name in _DEAD_TOKEN)
            if name in _CLOSED or not is_dead:
                raise self.error(response, changes=verb == "POST")
            if attempt == 1:
                self._renew(used)
            elif attempt == 2:
                self._renew(used, from_password=True)
        if chat and name == "InvalidToken":
            raise NotAllowed("scope", permission=DIRECT_MESSAGES)
        raise SignInNeeded("revoked")

    def _lacks_direct(self, status: int, name: str, said: str) -> bool:
        """The sign-in is good, but its password was made without direct messages."""
        if name == "InvalidToken":
            return self._is_proven or said.startswith("Bad token")
        return status == 403 or (status == 401 and self._is_proven and name != "ExpiredToken")

    def _once(self, verb: str, method: str, params: Params, body: Json | None, chat: bool) -> Response:
        url, headers = f"{self._server}/xrpc/{method}", CHAT if chat else {}
        web = self._tools.web
        if verb == "GET":
            return web.get(url, params=list(params), headers=headers, token=self._access, check=False)
        return web.post(url, json=body, headers=headers, token=self._access, check=False)

    def error(self, response: Response, *, changes: bool = False) -> ChannelError:
        """What an answer that is no success means."""
        from services.channels._answers import pause_until, redact

        status, host = response.status, urlsplit(response.url).hostname
        name, said = told_by(response)
        is_pause = status == 429 or name == "RateLimitExceeded"
        if is_pause or (status == 503 and "Retry-After" in response.headers):
            return RateLimited(pause_until(response.headers, self._tools.clock.now()), host=host)
        if name in _CLOSED:
            return SignInNeeded(_CLOSED[name], host=host)
        if status == 401:
            return SignInNeeded("401", host=host)
        if status == 403:
            return NotAllowed("forbidden", host=host)
        if status == 501:
            return BadAnswer("status", status=status, error=name, host=host)
        if status >= 500 or status in (408, 425):
            if changes and status >= 500:
                return Unclear("server", status=status, host=host)
            return Unreachable("server", status=status, host=host)
        if status < 400:
            return Unclear("redirected", status=status) if changes else BadAnswer("status", status=status)
        if not name and status in (404, 410):
            return BadAnswer("not-found" if status == 404 else "gone", status=status, host=host)
        said = redact(said, (self._access, self._refresh, self._password))
        return BadAnswer("status", status=status, error=name, said=said, host=host, sample=response.sample())

    # --- the session

    def begin(self) -> Json:
        """Checks the credentials: the kept session, or a new one. Answers with did, handle and so on."""
        if self._access:
            return self.get("com.atproto.server.getSession")
        with self._tools.renewing:
            return self._sign_in()

    def end(self) -> None:
        """Ends the session there; the app password stays the owner's to take back."""
        if self._refresh and self._server:
            self._tools.web.post(
                f"{self._server}/xrpc/com.atproto.server.deleteSession", token=self._refresh, check=False
            )

    def _renew(self, stale: str, *, from_password: bool = False) -> None:
        """Gets an access token other than ``stale``: one that another thread got meanwhile, a refreshed one,
        or one for the password."""
        with self._tools.renewing:
            kept = self._tools.current_secrets() if self._server else {}
            if kept.get(ACCESS) and kept[ACCESS] != stale and kept[ACCESS] != self._access:
                self._access, self._refresh = kept[ACCESS], kept.get(REFRESH, "")
                return
            self._refresh = kept.get(REFRESH, "") or self._refresh
            if from_password or not self._refresh or not self._refreshed():
                self._sign_in()

    def _refreshed(self) -> bool:
        """False when the refresh token is no longer good either."""
        response = self._quietly("com.atproto.server.refreshSession", token=self._refresh)
        if response.status < 300:
            self._adopt(as_document(response.json()))
            return True
        name, _ = told_by(response)
        if name in _CLOSED:
            raise self.error(response)
        if response.status in (400, 401, 403, 404):
            return False
        raise self.error(response)

    def _sign_in(self) -> Json:
        if not self._password:
            raise SignInNeeded("no-credentials")
        typed = setting(self._settings, "handle", "")
        handle = read_handle(typed, has_server=bool(setting(self._settings, "server", "")))
        did = setting(self._settings, "did", "")
        home = self._entry(handle, did)
        response = self._quietly(
            "com.atproto.server.createSession",
            server=home.server,
            body={"identifier": handle, "password": self._password},
        )
        if response.status in (400, 401) and did and told_by(response)[0] in ("AuthenticationRequired", ""):
            # The handle may have been changed; the DID never is.
            response = self._quietly(
                "com.atproto.server.createSession",
                server=home.server,
                body={"identifier": did, "password": self._password},
            )
        if response.status >= 300:
            raise self._sign_in_error(response)
        answer = as_document(response.json())
        found = text_of(answer, "did")
        if did and found != did:
            raise SignInNeeded("another-account")
        self._server = home_in(answer.get("didDoc"), home.server) or home.server
        self._adopt(answer)
        if answer.get("active") is False and text_of(answer, "status") in _CLOSED:
            raise SignInNeeded(_CLOSED[text_of(answer, "status")])
        return answer

    def _entry(self, handle: str, did: str) -> Home:
        """Where to sign in: the named server, else the one that the DID says today."""
        server = setting(self._settings, "server", "")
        try:
            return find_home(did or handle, server, self._tools.web)
        except ChannelError:
            if not self._server:
                raise
            # The directory may be away; the server itself still knows us.
            return Home(self._server, did)

    def _quietly(
        self, method: str, *, server: str = "", token: str = "", body: Json | None = None
    ) -> Response:
        """A request about the session itself: what became of it need not be known, it is made again."""
        try:
            return self._tools.web.post(
                f"{server or self._server}/xrpc/{method}", json=body, token=token, check=False
            )
        except Unclear as error:
            raise Unreachable(error.reason or "reset") from None

    def _sign_in_error(self, response: Response) -> ChannelError:
        name, said = told_by(response)
        if name == "AuthFactorTokenRequired":
            return SignInNeeded("needs-app-password")
        if name in ("AuthenticationRequired", "InvalidCredentials") or (response.status == 401 and not name):
            return SignInNeeded("wrong-password")
        if response.status == 400 and ("password" in said.lower() or "identifier" in said.lower()):
            return SignInNeeded("wrong-password")
        if response.status in (404, 405, 410, 501) or (response.status < 400):
            return BadAnswer("another-network", status=response.status)
        return self.error(response)

    def _adopt(self, answer: Json) -> None:
        """Takes over a pair of tokens and what came with it; kept before it is used."""
        access, refresh = text_of(answer, "accessJwt"), text_of(answer, "refreshJwt")
        if not access or not refresh or not re.fullmatch(r"[\x21-\x7e]+", access + refresh):
            raise BadAnswer("no-token")
        self._tools.keep_secrets({ACCESS: access, REFRESH: refresh})
        self._access, self._refresh = access, refresh
        home = home_in(answer.get("didDoc"), self._server)
        news = {"did": text_of(answer, "did"), "handle": text_of(answer, "handle")}
        news["pds"] = home or self._server
        if news["handle"] == "handle.invalid" or "@" in setting(self._settings, "handle", ""):
            news.pop("handle")
        self._server = news["pds"]
        for key, value in news.items():
            if value and value != self._settings.get(key):
                self.learned[key] = value

    def _has_moved(self, *, is_reached: bool = False) -> bool:
        """Whether the account lives on another server than we thought; then that one is asked from now on.
        ``is_reached``: the one we know answers, so where it was named by the owner it can tell."""
        did = setting(self._settings, "did", "")
        if not did:
            return False
        try:
            home = find_home(did, setting(self._settings, "server", ""), self._tools.web)
        except (ChannelError, Invalid):
            return False
        can_tell = is_reached and bool(setting(self._settings, "server", ""))
        if not home.server or (home.server == self._server and not can_tell):
            return False
        before, self._server = self._server, home.server
        try:
            with self._tools.renewing:
                self._sign_in()
        except ChannelError as error:
            log.info("the new server does not take us: %s", error.kind)
            self._server = before
            return False
        return bool(self._server != before)

    # --- names

    def did_of(self, handle: str) -> str:
        """For a mention; empty when there is nobody of that name (or it cannot be asked now)."""
        if handle not in self._mentions:
            try:
                answer = self.get("com.atproto.identity.resolveHandle", [("handle", handle)])
            except SignInNeeded:
                raise
            except ChannelError:
                answer = {}
            did = text_of(answer, "did")
            self._mentions[handle] = did if did.startswith("did:") else ""
        return self._mentions[handle]


def told_by(response: Response) -> tuple[str, str]:
    """(name, words) of an error as the protocol has it; empty where it is some page of a gateway."""
    if response.status < 400:
        return "", ""
    try:
        answer = as_document(response.json())
    except BadAnswer:
        return "", ""
    return text_of(answer, "error"), text_of(answer, "message")[:200]


def name_of(error: ChannelError) -> str:
    """The network's own name for what went wrong, behind one of our errors."""
    return str(error.detail.get("error") or "")


def is_missing(error: BadAnswer) -> bool:
    """The server does not know the method that was asked for."""
    return status_of(error) in (404, 501) or name_of(error) in ("MethodNotImplemented", "XRPCNotSupported")
