"""A server on loopback that speaks Bluesky's side, written from the lexicons and the protocol's pages
(atproto.com/specs/xrpc, docs.bsky.app): sessions that run out, opaque cursors, record keys, and direct
messages behind their proxy header. ``services.sample`` lends the HTTP under it and the faults on demand."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from services.clock import Clock, SystemClock
from services.sample.exchange import Request, Response
from services.sample.faults import Fault, Faults
from services.sample.server import Server
from tests.channels.bluesky.pages import Pages, Wrong
from tests.channels.bluesky.world import SHOP, Doc, World

PASSWORD = "abcd-efgh-ijkl-mnop"
_PROXY = "did:web:api.bsky.chat#bsky_chat"
ACCESS_LASTS, REFRESH_LASTS = timedelta(minutes=120), timedelta(days=90)


class Standin(Pages):
    """``start`` before anything else is asked. ``settings`` and ``secrets`` are what an owner would have
    handed in. The switches are read at each request."""

    def __init__(self, clock: Clock | None = None, *, empty: bool = False) -> None:
        self.clock: Clock = clock or SystemClock()
        super().__init__(World(self.clock))
        self.faults = Faults()
        self.latency_s = 0.0
        self.passwords = {PASSWORD: "com.atproto.appPassPrivileged"}
        self.scope_names = True
        self.has_moved = False
        self.two_factor = self.takedown = self.deactivated = False
        self.has_search = self.has_put = True
        self.missing: set[str] = set()
        self.sessions_left = 30
        self.home = self.url = ""
        self.log: list[str] = []
        self._tokens: dict[str, tuple[str, str, datetime]] = {}
        self._server: Server | None = None
        if not empty:
            self._fill()

    def _fill(self) -> None:
        world, hour = self.world, timedelta(hours=1)
        bread = world.post(world.me, "Fresh sourdough today", ago=30 * hour, langs=["en"])
        asked = world.post(
            "ann.test", "Mine was burnt and cold, I want my money back", to=bread, ago=29 * hour
        )
        world.post(world.me, "So sorry! Come by and we replace it.", to=asked, ago=28 * hour)
        world.mention("bob.test", "my parcel is broken and nobody answers", ago=5 * hour, langs=["en"])
        world.post("cem.test", "best bread in town", quote=bread, ago=4 * hour)
        world.direct("dora.test", "Do you bake for weddings?", ago=3 * hour)
        world.direct("eve.test", "The cake never came", ago=2 * hour, status="request")
        world.follow("finn.test", ago=hour)

    # --- the server

    def start(self) -> str:
        self._server = Server(self)
        self._server.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        return self.url

    def stop(self) -> None:
        if self._server is not None:
            self._server.stop()
            self._server = None

    @property
    def settings(self) -> Mapping[str, Any]:
        return {"handle": self.world.me.handle, "server": self.url}

    @property
    def secrets(self) -> Mapping[str, str]:
        return {"app_password": next(iter(self.passwords), PASSWORD)}

    def fault(self, kind: str, method: str = "*", **more: Any) -> None:
        self.faults.add(Fault(kind, f"/xrpc/{method}", **more))

    def count(self, method: str) -> int:
        return sum(one.endswith(method) for one in self.log)

    def expire(self) -> None:
        """All access tokens have run out."""
        self._tokens = {
            t: (use, password, self.clock.now() if use == "access" else until)
            for t, (use, password, until) in self._tokens.items()
        }

    def join(self, other: Standin) -> None:
        """Another server of the same network: the same people, and sessions that are good on both."""
        self.world, self._tokens, self.passwords = other.world, other._tokens, other.passwords
        self.home = self.url

    def forget_sessions(self) -> None:
        self._tokens.clear()

    def revoke(self) -> None:
        """The owner took the app password back."""
        self.passwords.clear()
        self._tokens.clear()

    def finished(self, request: Request, status: int, size: int) -> None:
        self.log.append(f"{request.method} {status} {request.path.removeprefix('/xrpc/')}")

    def answer(self, request: Request) -> Response:
        name = request.path.removeprefix("/xrpc/")
        handler = None if name in self.missing else self._handlers().get((request.method, name))
        try:
            if handler is None:
                raise Wrong(501, "MethodNotImplemented", "Method Not Implemented")
            with self.world.lock:
                found = handler(request)
        except Wrong as wrong:
            words = {"error": wrong.name, "message": wrong.message}
            return Response(wrong.status, json.dumps(words).encode())
        return Response(200, json.dumps(found).encode())

    def _handlers(self) -> dict[tuple[str, str], Callable[[Request], Doc]]:
        table: dict[tuple[str, str], Callable[[Request], Doc]] = {
            ("POST", "com.atproto.server.createSession"): self._create_session,
            ("POST", "com.atproto.server.refreshSession"): self._refresh_session,
            ("POST", "com.atproto.server.deleteSession"): self._delete_session,
            ("GET", "com.atproto.server.getSession"): self._signed_in(self._session),
            ("GET", "com.atproto.identity.resolveHandle"): self._resolve,
            ("GET", "com.atproto.repo.getRecord"): self._get_record,
            ("POST", "com.atproto.repo.createRecord"): self._signed_in(self._create),
            ("POST", "com.atproto.repo.deleteRecord"): self._signed_in(self._delete),
            ("GET", "app.bsky.actor.getProfile"): self._signed_in(self._profile),
            ("GET", "app.bsky.notification.listNotifications"): self._signed_in(self._notifications),
            ("GET", "app.bsky.feed.getAuthorFeed"): self._signed_in(self._feed),
            ("GET", "app.bsky.feed.getPosts"): self._signed_in(self._get_posts),
            ("GET", "app.bsky.feed.getPostThread"): self._signed_in(self._post_thread),
            ("GET", "chat.bsky.convo.listConvos"): self._chat(self._convos),
            ("GET", "chat.bsky.convo.getConvo"): self._chat(self._get_convo),
            ("GET", "chat.bsky.convo.getConvoForMembers"): self._chat(self._convo_for),
            ("GET", "chat.bsky.convo.getMessages"): self._chat(self._get_messages),
            ("POST", "chat.bsky.convo.acceptConvo"): self._chat(self._accept),
            ("POST", "chat.bsky.convo.sendMessage"): self._chat(self._send_message),
        }
        if self.has_put:
            table["POST", "com.atproto.repo.putRecord"] = self._signed_in(self._put)
        if self.has_search:
            table["GET", "app.bsky.feed.searchPosts"] = self._signed_in(self._search)
        if self.has_requests:
            table["GET", "chat.bsky.convo.listConvoRequests"] = self._chat(self._requests)
        return table

    # --- sessions

    def _token(self, use: str, password: str, lasts: timedelta) -> str:
        scope = {"access": self.passwords[password], "refresh": "com.atproto.refresh"}[use]
        body = {"sub": SHOP, "jti": self.world.number(), **({"scope": scope} if self.scope_names else {})}
        middle = base64.urlsafe_b64encode(json.dumps(body).encode()).decode().rstrip("=")
        token = f"eyJhbGciOiJIUzI1NiJ9.{middle}.{self.world.number():08d}"
        self._tokens[token] = (use, password, self.clock.now() + lasts)
        return token

    def _check(self, request: Request, use: str) -> str:
        """The password behind the token."""
        if not request.bearer:
            raise Wrong(401, "AuthMissing", "Authentication Required")
        found = self._tokens.get(request.bearer)
        if found is None or found[0] != use:
            raise Wrong(400, "InvalidToken", "Token could not be verified")
        if found[2] <= self.clock.now():
            raise Wrong(400, "ExpiredToken", "Token has expired")
        if self.takedown:
            raise Wrong(401, "AccountTakedown", "Account has been taken down")
        if self.deactivated or (self.has_moved and use == "access"):
            raise Wrong(401, "AccountDeactivated", "Account is deactivated")
        return found[1]

    def _signed_in(self, handler: Callable[[Request], Doc]) -> Callable[[Request], Doc]:
        def checked(request: Request) -> Doc:
            self._check(request, "access")
            return handler(request)

        return checked

    def _chat(self, handler: Callable[[Request], Doc]) -> Callable[[Request], Doc]:
        def checked(request: Request) -> Doc:
            password = self._check(request, "access")
            if request.headers.get("atproto-proxy") != _PROXY:
                raise Wrong(501, "MethodNotImplemented", "Method Not Implemented")
            if self.passwords[password] == "com.atproto.appPass":
                raise Wrong(400, "InvalidToken", "Bad token method")
            return handler(request)

        return checked

    def _pair(self, password: str) -> Doc:
        home = self.home or self.url
        services = [{"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": home}]
        return {
            "accessJwt": self._token("access", password, ACCESS_LASTS),
            "refreshJwt": self._token("refresh", password, REFRESH_LASTS),
            "handle": self.world.me.handle,
            "did": SHOP,
            "didDoc": {"id": SHOP, "service": services},
            "active": not self.deactivated,
            **({"status": "deactivated"} if self.deactivated else {}),
        }

    def _create_session(self, request: Request) -> Doc:
        if self.sessions_left <= 0:
            raise Wrong(429, "RateLimitExceeded", "Rate Limit Exceeded")
        self.sessions_left -= 1
        body = request.json or {}
        if not isinstance(body.get("identifier"), str) or not isinstance(body.get("password"), str):
            raise Wrong(400, "InvalidRequest", 'Input must have the property "identifier"')
        known = body["identifier"].lower() in (self.world.me.handle, SHOP)
        if not known or body["password"] not in self.passwords:
            raise Wrong(401, "AuthenticationRequired", "Invalid identifier or password")
        if self.takedown:
            raise Wrong(401, "AccountTakedown", "Account has been taken down")
        if self.two_factor and self.passwords[body["password"]] == "com.atproto.access":
            raise Wrong(401, "AuthFactorTokenRequired", "A sign in code has been sent to your email address")
        return self._pair(body["password"])

    def _refresh_session(self, request: Request) -> Doc:
        password = self._check(request, "refresh")
        del self._tokens[request.bearer]
        return self._pair(password)

    def _delete_session(self, request: Request) -> Doc:
        self._check(request, "refresh")
        self._tokens.clear()
        return {}

    def _session(self, request: Request) -> Doc:
        return {"handle": self.world.me.handle, "did": SHOP, "active": True}

    def _resolve(self, request: Request) -> Doc:
        handle = request.params.get("handle")
        for one in self.world.people.values():
            if one.handle == handle:
                return {"did": one.did}
        raise Wrong(400, "InvalidRequest", "Unable to resolve handle")
