"""Sockets for ``web.py``: connections that can be ended from another thread, by a deadline or when the
program quits.

``requests`` bounds the pause between two bytes, never the whole request, and nothing can end it early. Here
every request is a ``Flight``: the connection reports its socket to it, and one watchdog thread closes that
socket when time is up. Looking up names and connecting go in short slices for the same reason.

``_pool.py`` puts this under ``requests``.
"""

from __future__ import annotations

import contextlib
import select
import socket
import threading
import time
from typing import Any

SLICE_S = 0.1
"""How long a look-up or a connection attempt goes on before it asks whether it is still wanted."""


class Ended(OSError):
    """The watchdog ended the flight. ``why``: ``deadline`` or ``cancelled``."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Flight:
    """One request on its way. ``sent``: a byte of it may have reached the server. ``reused``: on a kept
    connection.

    ``deadline`` is in seconds of ``time.monotonic``, which is what sockets live by; an application clock
    would not move while a socket waits. ``fresh``: must not use a kept connection, which the server may be
    closing right now.
    """

    def __init__(self, deadline: float, *, fresh: bool = False) -> None:
        self.deadline = deadline
        self.fresh = fresh
        self.sent = False
        self.reused = False
        self.ended = ""
        self._lock = threading.Lock()
        self._sock: socket.socket | None = None

    def hold(self, sock: socket.socket | None) -> None:
        """The socket that ``end`` has to shut; raises ``Ended`` when it is too late already."""
        with self._lock:
            self._sock = sock
        self.check()

    def let_go(self) -> None:
        with self._lock:
            self._sock = None

    def check(self) -> None:
        if not self.ended and time.monotonic() > self.deadline:
            self.ended = "deadline"
        if self.ended:
            raise Ended(self.ended)

    def end(self, why: str) -> None:
        """From any thread. Whoever reads or writes the socket wakes up with an error or an end of file."""
        with self._lock:
            self.ended = self.ended or why
            if self._sock is not None:
                # Not the method of SSLSocket: that one takes the TLS state away under the reader's feet.
                # An error says that it is not connected any more, which is what we want.
                with contextlib.suppress(OSError):
                    socket.socket.shutdown(self._sock, socket.SHUT_RDWR)


class Watchdog:
    """Ends flights at their deadline, and all of them on ``cancel``. Its thread runs only while something
    is in flight."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._flights: set[Flight] = set()
        self._running = False
        self._next = 0.0
        self.cancelled = False

    def add(self, flight: Flight) -> None:
        with self._changed:
            if self.cancelled:
                flight.ended = "cancelled"
                return
            self._flights.add(flight)
            if not self._running:
                self._running = True
                self._next = flight.deadline
                threading.Thread(target=self._watch, name="web-watchdog", daemon=True).start()
            elif flight.deadline < self._next:
                self._changed.notify()

    def remove(self, flight: Flight) -> None:
        with self._changed:
            self._flights.discard(flight)

    def cancel(self) -> None:
        with self._changed:
            self.cancelled = True
            flights = tuple(self._flights)
            self._changed.notify()
        for flight in flights:
            flight.end("cancelled")

    def _watch(self) -> None:
        while True:
            with self._changed:
                if not self._flights:
                    self._running = False
                    return
                self._next = min(f.deadline for f in self._flights)
                self._changed.wait(max(0.0, self._next - time.monotonic()))
                now = time.monotonic()
                late = [f for f in self._flights if f.deadline <= now]
                self._flights.difference_update(late)
            for flight in late:
                flight.end("deadline")


_here = threading.local()


def current_flight() -> Flight | None:
    """The flight of this thread: connections find it here because ``requests`` has no way to hand it
    down."""
    return getattr(_here, "flight", None)


def set_flight(flight: Flight | None) -> None:
    _here.flight = flight


def _look_up(host: str, port: int, limit: float, flight: Flight | None) -> list[Any]:
    """``getaddrinfo`` with an end: the system's call cannot be interrupted, so it waits in a thread of its
    own."""
    try:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except socket.gaierror:
        pass  # a name, not an address
    answer: list[Any] = []
    done = threading.Event()

    def ask() -> None:
        try:
            answer.append(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except Exception as error:  # noqa: BLE001 - handed to the thread that asked
            answer.append(error)
        done.set()

    threading.Thread(target=ask, name="web-dns", daemon=True).start()
    while not done.wait(SLICE_S):
        if flight:
            flight.check()
        if time.monotonic() > limit:
            raise socket.gaierror(socket.EAI_AGAIN, "the name service did not answer in time")
    if isinstance(answer[0], OSError):
        raise answer[0]
    if isinstance(answer[0], Exception):  # an impossible host name (UnicodeError)
        raise socket.gaierror(socket.EAI_NONAME, "no such name")
    found: list[Any] = answer[0]
    return found


def _connect_one(address: Any, limit: float, flight: Flight | None) -> socket.socket:
    family, kind, protocol, _, where = address
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setblocking(False)
        if sock.connect_ex(where) != 0:
            # Windows tells a refused connection as an exception of the socket, not as writable.
            while not any(select.select([], [sock], [sock], SLICE_S)[1:]):
                if flight:
                    flight.check()
                if time.monotonic() > limit:
                    raise TimeoutError("no connection in time")
            code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if code:
                raise OSError(code, "connect")
    except BaseException:
        sock.close()
        raise
    return sock


def connect(host: str, port: int, timeout: float, flight: Flight | None) -> socket.socket:
    """A connected socket with ``timeout`` set, or OSError (gaierror, TimeoutError, Ended, refused ...)."""
    start = time.monotonic()
    addresses = _look_up(host, port, start + timeout, flight)
    error: OSError = socket.gaierror(socket.EAI_NONAME, "no address")
    for index, address in enumerate(addresses):
        # A dead first address (IPv6 that leads nowhere) must leave time for the others.
        share = max(0.5, (start + timeout - time.monotonic()) / (len(addresses) - index))
        try:
            sock = _connect_one(address, time.monotonic() + share, flight)
        except Ended:
            raise
        except OSError as reason:
            error = reason
            continue
        sock.settimeout(timeout)
        return sock
    raise error


def reason_of(error: BaseException, flight: Flight) -> str:
    """One word for what went wrong on the way: ``dns refused timeout tls reset offline proxy cancelled
    deadline http``.

    ``http``: somebody answered, but not in HTTP. Walks the whole chain, since the libraries wrap each
    other's errors.
    """
    import errno
    import http.client
    import ssl

    import urllib3.exceptions as u

    if flight.ended:
        return flight.ended
    chain: list[BaseException] = []
    todo: list[object] = [error]
    while todo and len(chain) < 20:
        one = todo.pop()
        if isinstance(one, BaseException) and one not in chain:
            chain.append(one)
            todo += [*one.args, getattr(one, "reason", None), one.__cause__, one.__context__]

    def some(*types: type[BaseException]) -> bool:
        return any(isinstance(one, types) for one in chain)

    codes = {one.errno for one in chain if isinstance(one, OSError)}
    if some(Ended):
        return next(one.why for one in chain if isinstance(one, Ended))
    verdicts: tuple[tuple[str, bool], ...] = (
        ("proxy", some(u.ProxyError)),
        ("dns", some(socket.gaierror, u.NameResolutionError)),
        ("offline", bool(codes & {errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTUNREACH})),
        ("refused", some(ConnectionRefusedError) or errno.ECONNREFUSED in codes),
        # Hung up while greeting says nothing about who it is.
        ("reset", some(ssl.SSLEOFError, ssl.SSLZeroReturnError)),
        ("tls", some(ssl.SSLError, u.SSLError, ssl.CertificateError) and not flight.sent),
        ("timeout", some(TimeoutError, u.TimeoutError) and not some(u.NewConnectionError)),
        ("reset", some(ConnectionResetError, ConnectionAbortedError, BrokenPipeError)),
        ("reset", some(u.IncompleteRead, http.client.IncompleteRead)),
        ("http", some(http.client.HTTPException, u.DecodeError)),
        ("address", some(UnicodeError, u.LocationValueError) or type(error) is ValueError),
        ("address", any(type(one).__name__ in ("InvalidURL", "InvalidHeader") for one in chain)),
    )
    return next((word for word, holds in verdicts if holds), "reset" if flight.sent else "refused")
