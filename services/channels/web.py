"""The only place that opens connections. Every limit a hostile or broken server can run into is set here,
once.

- https only; plain http for loopback addresses and where an account may be a feed (``allow_http``).
- 10 s to connect, 30 s between two bytes, 60 s in all; at most ``max_bytes`` after decompression; at most
  five redirects, never from https to http, never from outside to this machine, and credentials stay with
  the host they were given for.
- Whatever goes wrong comes out as one of ``services.errors``; the texts hold no query string, token or
  password.
- Rate limits are read here for everybody: a network that said "not before 12:05" is not asked before 12:05.

``requests`` is imported when the first request is made.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from services import __name__ as _package
from services.channels import _answers
from services.channels._response import Conditional as Conditional, Response as Response
from services.channels._sockets import Sockets
from services.channels._transport import Flight, Watchdog, set_flight
from services.clock import Clock
from services.errors import (
    BadAnswer,
    ChannelError,
    NotAllowed,
    RateLimited,
    SignInNeeded,
    Unclear,
    Unreachable,
)

if TYPE_CHECKING:
    import requests
    from requests.adapters import HTTPAdapter

MEGABYTE = 1_000_000
MAX_BYTES = 10 * MEGABYTE
CONNECT_S = 10.0
READ_S = 30.0
TOTAL_S = 60.0
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})
# What may follow a redirect to another host; anything else may be a credential.
_HARMLESS = frozenset({"accept", "accept-language", "if-none-match", "if-modified-since", "cache-control"})


class WebShared:
    """What all accounts share: the connections, the proxies, the trust, the name we go by, and the switch
    that ends everything.

    ``proxies`` maps scheme to address (``{}``: none); left out, the system's are asked for once.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        ca_file: Path | None = None,
        proxies: Mapping[str, str] | None = None,
        user_agent: str = "",
    ) -> None:
        self.clock = clock
        self.user_agent = user_agent or _user_agent()
        self.watchdog = Watchdog()
        self.ca_file = ca_file
        self._proxies = proxies
        self._adapter: HTTPAdapter | None = None
        self._lock = threading.Lock()

    def web(
        self, *, allow_http: bool = False, secrets: Iterable[str] = (), deadline_s: float | None = None
    ) -> Web:
        """``deadline_s``: what each request of it may take in all, where a request does not say."""
        return Web(self, allow_http=allow_http, secrets=secrets, deadline_s=deadline_s)

    def cancel(self) -> None:
        """Ends every running request within a moment and refuses new ones: the program is quitting."""
        self.watchdog.cancel()

    def drop_idle(self) -> None:
        """Closes what is kept open and not in use: after sleep it is dead, and nobody said so."""
        with self._lock:
            if self._adapter is not None:
                self._adapter.close()

    def close(self) -> None:
        self.cancel()
        with self._lock:
            if self._adapter is not None:
                self._adapter.close()
                self._adapter = None

    def session(self) -> requests.Session:
        from services.channels._pool import build_adapter, build_session

        with self._lock:
            if self._adapter is None:
                self._adapter = build_adapter(self.ca_file)
            adapter = self._adapter
        return build_session(adapter, {"User-Agent": self.user_agent, "Accept-Encoding": "gzip, deflate"})

    def proxies_for(self, host: str) -> Mapping[str, str]:
        from services.channels._pool import environment_proxies

        with self._lock:
            if self._proxies is None:
                self._proxies = environment_proxies()
        if not self._proxies or _answers.is_loopback(host):
            return {}
        exceptions = (one.strip().lstrip("*.").lower() for one in self._proxies.get("no", "").split(","))
        if any(one and ("." + host.lower()).endswith("." + one) for one in exceptions):
            return {}
        return {k: v for k, v in self._proxies.items() if k != "no"}


def _user_agent() -> str:
    import importlib

    version = getattr(importlib.import_module(_package), "__version__", "0.1")
    return f"Shopbell/{version} (+https://shopbell.example)"


@dataclass(frozen=True, slots=True)
class _Call:
    """One request of a chain, and the limits the whole chain has."""

    method: str
    headers: Mapping[str, str]
    params: Any
    body: Any
    json: Any
    read_s: float
    deadline: float
    max_bytes: int
    changes: bool
    bucket: str


class Web(Sockets):
    """The requests of one account; used by one thread at a time. ``secrets`` are masked wherever a piece of
    an answer is kept."""

    def __init__(
        self,
        shared: WebShared,
        *,
        allow_http: bool = False,
        secrets: Iterable[str] = (),
        deadline_s: float | None = None,
    ) -> None:
        self._shared = shared
        self._total_s = deadline_s or TOTAL_S
        self._deadline_s = deadline_s
        self._allow_http = allow_http
        self._secrets = tuple(s for s in secrets if s)
        self._session: requests.Session | None = None
        # (host or bucket, changes) -> (monotonic seconds, the same as a time for people)
        self._pauses: dict[tuple[str, bool], tuple[float, datetime]] = {}

    def get(self, url: str, **options: Any) -> Response:
        """``options`` as in ``request``."""
        return self.request("GET", url, **options)

    def post(self, url: str, *, changes: bool = True, **options: Any) -> Response:
        return self.request("POST", url, changes=changes, **options)

    def put(self, url: str, *, changes: bool = True, **options: Any) -> Response:
        return self.request("PUT", url, changes=changes, **options)

    def delete(self, url: str, *, changes: bool = True, **options: Any) -> Response:
        return self.request("DELETE", url, changes=changes, **options)

    def mask(self, secrets: Iterable[str]) -> None:
        """Secrets that came to be known meanwhile, masked like those it began with."""
        self._secrets = tuple(dict.fromkeys((*self._secrets, *(s for s in secrets if s))))

    def close(self) -> None:
        """The connections stay with ``WebShared``; only what this account kept goes."""
        self._session = None
        self._pauses.clear()

    def request(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | Iterable[tuple[str, Any]] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        form: Mapping[str, Any] | Iterable[tuple[str, Any]] | None = None,
        body: bytes | None = None,
        token: str = "",
        timeout: float | None = None,
        total: float | None = None,
        max_bytes: int = MAX_BYTES,
        conditional: Conditional | None = None,
        redirects: int = 5,
        check: bool = True,
        changes: bool = False,
        bucket: str = "",
    ) -> Response:
        """``timeout``: seconds between two bytes, ``total``: for everything. ``check`` false returns every
        status, else statuses from 400 raise: 401 SignInNeeded, 403 NotAllowed, 404 and 410
        BadAnswer("not-found", "gone"), 429 RateLimited, 5xx Unreachable("server"), others
        BadAnswer("status"). ``changes``: the request does something there, so when nobody knows whether it
        was processed it is Unclear, it is never repeated, and redirects are not followed. ``bucket``: a name
        for the requests that share one allowance; empty: all those to the host do.
        """
        sent_headers = {**(headers or {}), **(conditional.headers() if conditional else {})}
        if token:
            sent_headers["Authorization"] = f"Bearer {token}"
        deadline = time.monotonic() + (total or self._total_s)
        call = _Call(
            method, sent_headers, params, form if form is not None else body, json,
            timeout or READ_S, deadline, max_bytes, changes, bucket,
        )  # fmt: skip
        follow = redirects if method in ("GET", "HEAD") and not changes else 0
        answer = self._chain(url, call, follow)
        if answer.status == 304 and conditional:
            return answer
        if check and not 200 <= answer.status < 300:
            raise self._error(answer, changes)
        return answer

    def _chain(self, url: str, call: _Call, redirects: int) -> Response:
        permanent, previous = True, ""
        for hop in range(redirects + 1):
            host = self._admit(url, previous)
            self._wait_for_permission(host, call)
            answer = self._once(url, call)
            self._remember(call.bucket or host, answer, call.changes)
            target = answer.headers.get("Location", "")
            if answer.status not in _REDIRECTS or not target or redirects == 0:
                return Response(
                    answer.status, answer.url, answer.headers, answer.body,
                    not_modified=answer.status == 304,
                    permanent_url=answer.url if hop and permanent and answer.status < 300 else "",
                    _secrets=self._secrets,
                )  # fmt: skip
            permanent = permanent and answer.status in _PERMANENT
            previous, url = url, _joined(url, target)
            call = _next_call(call, previous, url)
        raise Unreachable("redirects", host=urlsplit(url).hostname)

    def _admit(self, url: str, previous: str) -> str:
        """Host of an address we may ask, else Unreachable("insecure" or "address")."""
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname or "", parts.port
        except ValueError:
            host, parts = "", urlsplit("")
        if not host or parts.scheme not in ("http", "https"):
            raise Unreachable("address", sent=False)
        local = _answers.is_loopback(host)
        if parts.scheme == "http":
            downgrade = previous.startswith("https:")
            if downgrade or not (local or self._allow_http):
                raise Unreachable("insecure", sent=False, host=host)
        if previous and local and not _answers.is_loopback(urlsplit(previous).hostname or ""):
            # A page outside must not make us talk to programs on the owner's own machine.
            raise Unreachable("insecure", sent=False, host=host)
        return host

    def _wait_for_permission(self, host: str, call: _Call) -> None:
        pause = self._pauses.get((call.bucket or host, call.changes))
        if pause and self._shared.clock.monotonic() < pause[0]:
            raise RateLimited(pause[1], host=host)

    def _remember(self, allowance: str, answer: Response, changes: bool) -> None:
        self._pauses.pop((allowance, changes), None)
        asked = answer.status == 429 or (answer.status == 503 and "Retry-After" in answer.headers)
        if asked or (_answers.nothing_left(answer.headers) and answer.status < 400):
            now = self._shared.clock.now()
            until = _answers.pause_until(answer.headers, now)
            if until is not None:
                seconds = (until - now).total_seconds()
                self._pauses[allowance, changes] = (self._shared.clock.monotonic() + seconds, until)

    def _once(self, url: str, call: _Call) -> Response:
        """One request without redirects; repeated once when a kept connection turned out to be closed by
        the server."""
        for attempt in (1, 2):
            flight = Flight(call.deadline, fresh=call.changes or attempt == 2)
            answer, reason = self._fly(url, call, flight)
            if answer is not None:
                return answer
            if not (attempt == 1 and reason == "reset" and flight.reused and not call.changes):
                break
        host = urlsplit(url).hostname or ""
        if call.changes and flight.sent:
            raise Unclear(reason, host=host)
        if reason == "too-large":
            raise BadAnswer("too-large", limit=call.max_bytes, host=host)
        if reason == "http":
            raise BadAnswer("not-http", host=host)
        raise Unreachable(reason, sent=flight.sent, host=host)

    def _fly(self, url: str, call: _Call, flight: Flight) -> tuple[Response | None, str]:
        """(answer, "") or (None, reason). Errors are turned into words here, so that no chained text can
        give an address away."""
        from services.channels._transport import reason_of

        raw: requests.Response | None = None
        self._shared.watchdog.add(flight)
        set_flight(flight)
        try:
            flight.check()
            if self._session is None:
                self._session = self._shared.session()
            raw = self._session.request(
                call.method,
                url,
                params=call.params,
                headers=dict(call.headers),
                data=call.body,
                json=call.json,
                timeout=(min(CONNECT_S, call.read_s), call.read_s),
                allow_redirects=False,
                stream=True,
                proxies=dict(self._shared.proxies_for(urlsplit(url).hostname or "")),
            )
            body = _read_body(raw, call.max_bytes)
            if body is None:
                return None, "too-large"
            flight.check()
            return Response(raw.status_code, url, raw.headers, body, _secrets=self._secrets), ""
        except (OSError, ValueError, _http_errors()) as error:
            reason = reason_of(error, flight)
            return None, "timeout" if reason == "deadline" else reason
        finally:
            set_flight(None)
            self._shared.watchdog.remove(flight)
            flight.let_go()
            if raw is not None:
                raw.close()

    def _error(self, answer: Response, changes: bool) -> ChannelError:
        status, host = answer.status, urlsplit(answer.url).hostname
        if status == 401:
            return SignInNeeded("401", host=host)
        if status == 403:
            return NotAllowed("403", host=host, sample=answer.sample())
        if status in (404, 410):
            return BadAnswer("not-found" if status == 404 else "gone", status=status, host=host)
        if status == 429 or (status == 503 and "Retry-After" in answer.headers):
            return RateLimited(_answers.pause_until(answer.headers, self._shared.clock.now()), host=host)
        if status >= 500 or status in (408, 425):
            if changes and status >= 500:
                return Unclear("server", status=status, host=host)
            return Unreachable("server", status=status, host=host)
        return BadAnswer("status", status=status, host=host, sample=answer.sample())


def _http_errors() -> type[Exception]:
    """The one base class of urllib3's own errors (those of requests are OSErrors)."""
    from urllib3.exceptions import HTTPError

    return HTTPError


def _read_body(raw: requests.Response, limit: int) -> bytes | None:
    """The decompressed body, or None when it is longer than ``limit``: then nothing more of it is read."""
    announced = raw.headers.get("Content-Length", "")
    # More than 18 digits is more than anybody takes, and Python refuses to read thousands of them.
    if announced.isdecimal() and (len(announced) > 18 or int(announced) > limit):
        return None
    pieces: list[bytes] = []
    size = 0
    for piece in raw.raw.stream(65_536, decode_content=True):
        size += len(piece)
        if size > limit:
            return None
        pieces.append(piece)
    return b"".join(pieces)


def _joined(base: str, target: str) -> str:
    try:
        return urljoin(base, target)
    except ValueError:
        return ""


def _next_call(call: _Call, previous: str, url: str) -> _Call:
    """The same request for the next hop: without parameters (they were in the first address), without
    credentials for strangers."""
    before, after = urlsplit(previous), urlsplit(url)
    same = (before.scheme, before.netloc) == (after.scheme, after.netloc)
    headers = {k: v for k, v in call.headers.items() if same or k.lower() in _HARMLESS}
    return replace(call, headers=headers, params=None, body=None, json=None)
