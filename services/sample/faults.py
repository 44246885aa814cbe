"""Everything that goes wrong between a client and a server, on demand and counted.

A ``Fault`` names requests (path pattern, method) and what becomes of them:

``status``
    answers ``status`` instead of the page (JSON; HTML for 502, 503, 504, or where ``html``); ``retry_after``
    (seconds or a ready date), ``reset`` (``iso`` or ``epoch``: an ``X-RateLimit-Reset`` ``seconds`` from now)
``delay``, ``delay-after``
    waits ``seconds`` before, or after, it does what was asked, then answers rightly
``reset``, ``silent``
    breaks the connection, or never answers; nothing was done
``reset-after``, ``silent-after``
    does what was asked, then breaks the connection, or never answers: the dangerous ones
``reset-body``, ``truncate``
    half of the body under the full length, then a broken connection, or an orderly end
``drip``
    ``chunk`` bytes every ``seconds``
``type``
    the right body under ``content_type``
``bad-json``
    a JSON document that stops in the middle of a word
``redirect``, ``loop``
    ``status`` (302) to ``location``; redirects for ever, to a new address each time
``bomb``, ``huge``
    ``size`` bytes that travel as a few thousand (gzip); ``size`` bytes, made while they are sent
``empty``, ``garbage``
    200 and nothing; ``size`` bytes that mean nothing
``link``
    the right body, its ``Link`` header pointing to the host ``location`` (a server behind a badly set proxy)
``body``
    ``body`` under ``content_type`` and ``status``
``stale``, ``unstable``
    304 for ever to whoever asks conditionally; the right body with a new ETag every time, never 304
"""

from __future__ import annotations

import json
import random
import threading
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

from services.clock import iso
from services.sample.exchange import HTML, JSON, Request, Response, proxy_page

KINDS = frozenset(
    "status delay delay-after reset reset-after reset-body truncate silent silent-after drip type bad-json "
    "redirect loop bomb huge empty garbage body link stale unstable".split()
)
_PHRASES = {
    400: "Bad Request",
    401: "The access token is invalid",
    403: "This action is outside the authorized scopes",
    404: "Record not found",
    410: "Gone",
    422: "Validation failed",
    429: "Too many requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Time-out",
}
_BLOCK = 1 << 16


@dataclass(frozen=True, slots=True)
class Fault:
    """``times`` None: until cleared. ``skip``: lets so many matching requests pass first. ``query``: must
    occur in the query string."""

    kind: str
    path: str = "*"
    method: str = "*"
    times: int | None = 1
    skip: int = 0
    query: str = ""
    status: int = 0
    seconds: float = 1.0
    retry_after: str = ""
    reset: str = ""
    html: bool = False
    location: str = ""
    content_type: str = ""
    body: bytes = b""
    size: int = 200_000_000
    chunk: int = 16

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"no such fault: {self.kind} (one of {', '.join(sorted(KINDS))})")

    def matches(self, request: Request) -> bool:
        return (
            self.method in ("*", request.method)
            and fnmatchcase(request.path, self.path)
            and self.query in request.query
        )


def fault_from_json(document: dict[str, Any]) -> Fault:
    """For other processes. ``body`` is text here. Raises ValueError, TypeError for what is not a fault."""
    known = {f.name for f in fields(Fault)}
    unknown = set(document) - known
    if unknown:
        raise ValueError(f"a fault has no {', '.join(sorted(unknown))}")
    values = dict(document)
    if "body" in values:
        values["body"] = str(values["body"]).encode()
    return Fault(**values)


class Faults:
    """The list of what is still to go wrong; the oldest matching one is taken."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []
        self._taken = 0

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._waiting.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._waiting.clear()

    @property
    def taken(self) -> int:
        """How many requests were spoiled so far."""
        return self._taken

    def pending(self) -> list[Fault]:
        with self._lock:
            return list(self._waiting)

    def take(self, request: Request) -> Fault | None:
        with self._lock:
            for index, fault in enumerate(self._waiting):
                if not fault.matches(request):
                    continue
                if fault.skip:
                    self._waiting[index] = replace(fault, skip=fault.skip - 1)
                    continue
                if fault.times is not None:
                    if fault.times > 1:
                        self._waiting[index] = replace(fault, times=fault.times - 1)
                    else:
                        del self._waiting[index]
                self._taken += 1
                return fault
        return None


def _status_answer(fault: Fault, now: datetime) -> Response:
    status = fault.status or 500
    phrase = _PHRASES.get(status, "Error")
    if fault.html or status in (502, 503, 504):
        response = proxy_page(status, phrase)
    else:
        response = Response(status, json.dumps({"error": phrase}).encode(), JSON)
    if fault.body:
        response.body = fault.body
        response.content_type = fault.content_type or response.content_type
    if fault.retry_after:
        response.headers.append(("Retry-After", fault.retry_after))
    if fault.reset:
        until = now + timedelta(seconds=fault.seconds)
        value = str(int(until.timestamp())) if fault.reset == "epoch" else iso(until)
        response.headers += [
            ("X-RateLimit-Limit", "300"),
            ("X-RateLimit-Remaining", "0"),
            ("X-RateLimit-Reset", value),
        ]
    return response


def _feed_head() -> bytes:
    return b'<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel><title>Endless</title>'


def _repeat(head: bytes, block: bytes, size: int) -> Iterator[bytes]:
    yield head[:size]
    left = size - len(head)
    while left > 0:
        yield block[:left]
        left -= len(block)


def huge(size: int) -> Callable[[], Iterator[bytes]]:
    """``size`` bytes that begin like a feed and never hold more than one block in memory."""
    item = (
        b"<item><title>Bread</title><guid>b</guid><description>Bread, and more bread.</description></item>\n"
    )
    block = item * (_BLOCK // len(item))
    return lambda: _repeat(_feed_head(), block, size)


def bomb(size: int) -> Callable[[], Iterator[bytes]]:
    """A valid gzip stream that grows to ``size`` bytes: one compressed block of blanks, repeated."""

    def stream() -> Iterator[bytes]:
        head, block = _feed_head(), b" " * (1 << 20)
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        first = packer.compress(head) + packer.flush(zlib.Z_FULL_FLUSH)
        # After a full flush the stream stands on a byte border and remembers nothing, so the same bytes may
        # follow again and again.
        packed = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
        yield b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff" + first
        checksum, total = zlib.crc32(head), len(head)
        while total < size:
            checksum = zlib.crc32(block, checksum)
            total += len(block)
            yield packed
        yield b"\x03\x00" + checksum.to_bytes(4, "little") + (total & 0xFFFFFFFF).to_bytes(4, "little")

    return stream


def _loop(request: Request) -> Response:
    steps = request.query_params.number("turn", 0)
    return Response(302, b"", HTML, [("Location", f"{request.path}?turn={steps + 1}")])


def instead(fault: Fault, request: Request, now: datetime) -> Response | None:
    """The answer that takes the place of the page's own; None: the page answers."""
    kind, content_type = fault.kind, fault.content_type
    if kind == "status":
        return _status_answer(fault, now)
    if kind == "redirect":
        return Response(fault.status or 302, b"", HTML, [("Location", fault.location)])
    if kind == "loop":
        return _loop(request)
    if kind == "bad-json":
        return Response(200, b'[{"id":"1131","type":"menti', JSON)
    if kind == "bomb":
        return Response(
            200, b"", content_type or "application/rss+xml", stream=bomb(fault.size), encoding="gzip"
        )
    if kind == "huge":
        return Response(
            200, b"", content_type or "application/rss+xml", stream=huge(fault.size), length=fault.size
        )
    if kind == "empty":
        return Response(200, b"", content_type or JSON)
    if kind == "garbage":
        noise = random.Random(fault.size).randbytes(min(fault.size, 100_000))  # noqa: S311 - sample data
        return Response(200, noise, content_type or "application/octet-stream", compress=False)
    if kind == "body":
        return Response(fault.status or 200, fault.body, content_type or HTML)
    return None
