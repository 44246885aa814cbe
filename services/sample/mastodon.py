"""The door of the Mastodon API: which path leads where, who may pass, how often. The rooms behind it are
``reading`` and ``posting``."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase

from services.clock import iso
from services.sample.exchange import Params, Request, Response, error, to_json
from services.sample.oauth import SignIn, Token
from services.sample.paging import CURSORS
from services.sample.records import Person
from services.sample.world import World


@dataclass(frozen=True, slots=True)
class Call:
    """One request that was let in. ``reader`` None: nobody signed in. ``parts`` are the variable pieces of
    the path."""

    world: World
    request: Request
    parts: tuple[str, ...]
    reader: Person | None
    token: Token | None

    @property
    def params(self) -> Params:
        return self.request.params


Page = Callable[[Call], Response]


@dataclass(frozen=True, slots=True)
class Route:
    """``scope`` empty: open to everybody; with ``optional`` a valid token is honoured but not needed."""

    method: str
    path: re.Pattern[str]
    page: Page
    scope: str = ""
    optional: bool = False


def route(method: str, path: str, page: Page, scope: str = "", *, optional: bool = False) -> Route:
    """``path`` with ``:name`` for one piece."""
    pattern = re.sub(r":\w+", "([^/]+)", path)
    return Route(method, re.compile(f"^{pattern}$"), page, scope, optional)


class RateLimits:
    """Counts in fixed windows, as the real server does: so many requests in 5 minutes, and of those with a
    cursor so many in 15."""

    def __init__(self, limit: int, paging: int) -> None:
        self._limit = limit
        self._paging = paging
        self._lock = threading.Lock()
        self._used: dict[tuple[str, int, int], int] = {}

    def count(self, who: str, *, paging: bool, now: datetime) -> tuple[int, int, datetime]:
        """Limit, what remains (negative: refused) and when the window ends, of the tighter of the two."""
        windows = [(self._limit, 300)]
        if paging:
            windows.append((self._paging, 900))
        verdicts: list[tuple[int, int, datetime]] = []
        seconds = int(now.timestamp())
        with self._lock:
            for limit, period in windows:
                key = (who, period, seconds // period)
                used = self._used[key] = self._used.get(key, 0) + 1
                until = datetime.fromtimestamp((seconds // period + 1) * period, UTC)
                verdicts.append((limit, limit - used, until))
        return min(verdicts, key=lambda v: v[1])


def reset_text(world: World, until: datetime) -> str:
    """Mastodon gives a date, GoToSocial seconds since 1970."""
    return str(int(until.timestamp())) if world.flavour.epoch_reset else iso(until)


class MastodonApi:
    """Answers every path that begins with ``/api``, ``/oauth``, ``/.well-known`` or ``/nodeinfo``."""

    def __init__(self, world: World, sign_in: SignIn, limits: RateLimits, routes: list[Route]) -> None:
        self._world = world
        self._sign_in = sign_in
        self._limits = limits
        self._routes = routes

    def answer(self, request: Request) -> Response:
        world = self._world
        # Rails does not mind a slash at the end.
        path = request.path.rstrip("/")
        if any(fnmatchcase(path, pattern) for pattern in world.flavour.missing):
            return self._not_found()
        limit, left, until = self._limits.count(
            request.bearer or request.client,
            paging=any(c in request.query_params for c in CURSORS),
            now=world.clock.now(),
        )
        if left < 0:
            response = error(429, "Too many requests")
        else:
            with world.lock:
                response = self._oauth(request, path) or self._route(request, path)
        if request.path.startswith("/api/"):
            response.headers += [
                ("X-RateLimit-Limit", str(limit)),
                ("X-RateLimit-Remaining", str(max(0, left))),
                ("X-RateLimit-Reset", reset_text(world, until)),
                ("Cache-Control", "private, no-store"),
            ]
        return response

    def _not_found(self) -> Response:
        return error(
            404, "Not Found" if self._world.flavour.name != "gotosocial" else "Not Found: 404 page not found"
        )

    def _oauth(self, request: Request, path: str) -> Response | None:
        sign_in = self._sign_in
        pages: dict[tuple[str, str], Callable[[], Response]] = {
            ("POST", "/api/v1/apps"): lambda: sign_in.register(request),
            ("GET", "/oauth/authorize"): lambda: sign_in.authorize_page(request),
            ("POST", "/oauth/authorize"): lambda: sign_in.authorize(request),
            ("DELETE", "/oauth/authorize"): lambda: sign_in.authorize(request),
            ("GET", "/oauth/authorize/native"): lambda: sign_in.native_page(request),
            ("POST", "/oauth/token"): lambda: sign_in.exchange(request),
            ("POST", "/oauth/revoke"): lambda: sign_in.revoke(request),
            ("GET", "/.well-known/oauth-authorization-server"): sign_in.metadata,
        }
        found = pages.get((request.method, path))
        return found() if found else None

    def _route(self, request: Request, path: str) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        for candidate in self._routes:
            match = candidate.path.match(path)
            if match and candidate.method == method:
                return self._enter(candidate, request, match.groups())
        return self._not_found()

    def _enter(self, found: Route, request: Request, parts: tuple[str, ...]) -> Response:
        token = self._sign_in.token(request.bearer)
        reader = self._world.shop if token is not None and token.user else None
        if found.scope and not (found.optional and token is None):
            if token is None:
                return self._unauthorized()
            if not token.allows(found.scope):
                return error(403, "This action is outside the authorized scopes")
            if reader is None and not found.optional:
                return error(422, "This method requires an authenticated user")
        return found.page(Call(self._world, request, parts, reader, token))

    def _unauthorized(self) -> Response:
        if self._world.flavour.name == "gotosocial":
            return error(401, "Unauthorized: token not valid or not supplied")
        if self._world.flavour.name == "pleroma":
            return error(401, "Invalid credentials.")
        return error(401, "The access token is invalid")


def empty() -> Response:
    return to_json({})
