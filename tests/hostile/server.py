"""A web server that behaves as badly as a test asks: bare sockets on a loopback port of the system's
choice.

A path is given a behaviour: bytes to send as they are, or a function that gets the connection and does what
it likes::

    with HostileServer() as server:
        server.on("/feed", answer(b"<rss/>", {"ETag": '"1"'}))
        server.on("/slow", drip(b"x" * 100, every=0.05))
        web.get(server.url + "/feed")
"""

from __future__ import annotations

import contextlib
import gzip
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType

Behaviour = Callable[["Connection"], None]


@dataclass(frozen=True)
class Asked:
    """One request as it came in."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""


class Connection:
    """What a behaviour gets: the request, and the socket to be bad on."""

    def __init__(self, sock: socket.socket, asked: Asked, stopping: threading.Event) -> None:
        self.sock = sock
        self.asked = asked
        self.stopping = stopping
        self.keep = False

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def reset(self) -> None:
        """Ends the connection with a TCP reset instead of a polite end."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def wait(self, seconds: float) -> bool:
        """True: the server is being stopped."""
        return self.stopping.wait(seconds)


def head(status: int, headers: Mapping[str, str]) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} Status\r\n{lines}\r\n".encode("latin-1")


def answer(
    body: bytes = b"", headers: Mapping[str, str] | None = None, status: int = 200, *, keep: bool = False
) -> Behaviour:
    def behave(connection: Connection) -> None:
        all_headers = {
            "Content-Length": str(len(body)),
            "Content-Type": "text/html; charset=utf-8",
            **(headers or {}),
        }
        connection.send(head(status, all_headers) + (b"" if connection.asked.method == "HEAD" else body))
        connection.keep = keep

    return behave


def in_turn(*behaviours: Behaviour) -> Behaviour:
    """One after another; the last one stays."""
    left = list(behaviours)
    lock = threading.Lock()

    def behave(connection: Connection) -> None:
        with lock:
            now = left.pop(0) if len(left) > 1 else left[0]
        now(connection)

    return behave


def redirect(target: str, status: int = 302) -> Behaviour:
    return answer(b"moved", {"Location": target}, status)


def conditional(body: bytes, etag: str, content_type: str = "application/rss+xml") -> Behaviour:
    """304 to whoever has this very ETag."""

    def behave(connection: Connection) -> None:
        if connection.asked.headers.get("if-none-match") == etag:
            connection.send(head(304, {"ETag": etag, "Content-Length": "0"}))
        else:
            answer(body, {"ETag": etag, "Content-Type": content_type})(connection)

    return behave


def hang(connection: Connection) -> None:
    """Takes the request and never answers."""
    connection.wait(60)


def reset_now(connection: Connection) -> None:
    connection.reset()


def reset_in_body(connection: Connection) -> None:
    connection.send(head(200, {"Content-Length": "100000"}) + b"<rss>" * 100)
    connection.wait(0.05)
    connection.reset()


def short_body(connection: Connection) -> None:
    """Promises more than it sends, and ends politely."""
    connection.send(head(200, {"Content-Length": "1000"}) + b"only this")


def drip(body: bytes, every: float) -> Behaviour:
    """A byte at a time, from the first byte of the headers on."""

    def behave(connection: Connection) -> None:
        for byte in head(200, {"Content-Length": str(len(body))}) + body:
            connection.send(bytes([byte]))
            if connection.wait(every):
                return

    return behave


def stream(megabytes: int, *, announced: bool = False) -> Behaviour:
    def behave(connection: Connection) -> None:
        headers = {"Content-Length": str(megabytes * 1_000_000)} if announced else {}
        connection.send(head(200, {"Content-Type": "application/rss+xml", **headers}))
        for _ in range(megabytes * 10):
            connection.send(b"x" * 100_000)

    return behave


def gzip_bomb(megabytes: int) -> Behaviour:
    packed = gzip.compress(b"\x00" * (megabytes * 1_000_000), 9)
    return answer(packed, {"Content-Encoding": "gzip", "Content-Type": "application/rss+xml"})


def gibberish(connection: Connection) -> None:
    connection.send(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")


class HostileServer:
    """``certificate``: speaks TLS with it (an ``ssl.SSLContext`` for servers). ``requests`` is what was
    asked, in order."""

    def __init__(self, certificate: ssl.SSLContext | None = None) -> None:
        self._certificate = certificate
        self._behaviours: dict[str, Behaviour] = {}
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self.requests: list[Asked] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=50)
        self.port: int = self._listener.getsockname()[1]
        self.host = f"127.0.0.1:{self.port}"
        self.url = f"{'https' if certificate else 'http'}://{self.host}"
        self._thread = threading.Thread(target=self._accept, name="hostile", daemon=True)

    def on(self, path: str, behaviour: Behaviour) -> str:
        """Returns the whole address."""
        self._behaviours[path] = behaviour
        return self.url + path

    def asked(self, path: str) -> list[Asked]:
        with self._lock:
            return [one for one in self.requests if one.target.partition("?")[0] == path]

    def __enter__(self) -> HostileServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        self._thread.join(2)
        self._listener.close()
        with self._lock:
            for sock in self._open:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            if self._stopping.is_set():
                sock.close()
                return
            threading.Thread(target=self._serve, args=(sock,), name="hostile-connection", daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError, ssl.SSLError):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._certificate is not None:
                sock = self._certificate.wrap_socket(sock, server_side=True)
            with self._lock:
                self._open.add(sock)
            stream_in = sock.makefile("rb")
            while not self._stopping.is_set():
                asked = _read_request(stream_in)
                if asked is None:
                    break
                with self._lock:
                    self.requests.append(asked)
                path = asked.target.partition("?")[0]
                connection = Connection(sock, asked, self._stopping)
                self._behaviours.get(path, answer(b"nothing here", status=404))(connection)
                if not connection.keep:
                    break
            stream_in.close()
        with self._lock:
            self._open.discard(sock)
        with contextlib.suppress(OSError):
            sock.close()


def _read_request(stream_in: object) -> Asked | None:
    first = stream_in.readline().decode("latin-1").split()  # type: ignore[attr-defined]
    if len(first) < 2:
        return None
    headers: dict[str, str] = {}
    while line := stream_in.readline().decode("latin-1").strip():  # type: ignore[attr-defined]
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    length = int(headers.get("content-length", "0"))
    body = stream_in.read(length) if length else b""  # type: ignore[attr-defined]
    return Asked(first[0], first[1], headers, body)
