"""The HTTP under the sample shop: a threading server of the standard library on loopback that costs nothing
at rest and stops at once, whatever its clients are waiting for."""

from __future__ import annotations

import re
import selectors
import socket
import ssl
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any, Protocol

from services.clock import Clock
from services.sample.exchange import Request, Response, not_modified, squeeze
from services.sample.faults import Fault, Faults, instead

_BODY_LIMIT = 4 << 20


class Application(Protocol):
    """What answers requests. ``finished`` is called once per request with what became of it (status 0: no
    answer left)."""

    faults: Faults
    clock: Clock
    latency_s: float

    def answer(self, request: Request) -> Response: ...

    def finished(self, request: Request, status: int, size: int) -> None: ...


def reset(connection: socket.socket) -> None:
    """Closes so that the other side sees a reset, not an end. The object stays usable for closing it
    again."""
    fd = connection.detach()
    if fd < 0:
        return
    raw = socket.socket(fileno=fd)
    raw.setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
    )
    raw.close()


class _Gone(Exception):
    """Stops work on this connection."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server
    connection: socket.socket

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        """Requests are remembered by the application, not printed."""

    def handle(self) -> None:
        try:
            super().handle()
        except (_Gone, OSError):
            self.close_connection = True

    def _respond(self) -> None:
        url_path, _, query = self.path.partition("?")
        request = Request(
            self.command,
            url_path,
            query,
            {name.lower(): value for name, value in self.headers.items()},
            self._read_body(),
            self.client_address[0],
        )
        app = self.server.application
        self._unfinished: Request | None = request
        try:
            self._wait(app.latency_s)
            fault = app.faults.take(request)
            self._deliver(request, self._produce(request, fault), fault)
        finally:
            self._note(0, 0)

    def _note(self, status: int, size: int) -> None:
        """Before the first byte leaves or the connection breaks: whoever has the answer finds it in the
        log."""
        request, self._unfinished = self._unfinished, None
        if request is not None:
            self.server.application.finished(request, status, size)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _respond

    def _read_body(self) -> bytes:
        try:
            length = int(self.headers.get("Content-Length") or 0)
        except ValueError:
            length = 0
        if length > _BODY_LIMIT:
            raise _Gone
        body = self.rfile.read(length) if length > 0 else b""
        if len(body) < length:
            # The client died while it was writing; half a request is no request.
            raise _Gone
        return body

    def _wait(self, seconds: float) -> None:
        if seconds > 0 and self.server.stopping.wait(seconds):
            raise _Gone

    def _silence(self) -> None:
        """Holds the connection until the client gives up or the server stops."""
        self._note(0, 0)
        self.connection.settimeout(0.2)
        while not self.server.stopping.is_set():
            try:
                if not self.connection.recv(4096):
                    break
            except TimeoutError:
                continue
        raise _Gone

    def _produce(self, request: Request, fault: Fault | None) -> Response:
        app = self.server.application
        if fault is not None:
            if fault.kind == "delay":
                self._wait(fault.seconds)
            elif fault.kind == "reset":
                self._break()
            elif fault.kind == "silent":
                self._silence()
            replaced = instead(fault, request, app.clock.now())
            if replaced is not None:
                return squeeze(request, replaced)
        response = app.answer(request)
        if fault is not None and fault.kind == "link":
            response.headers = [
                (n, re.sub(r"https?://[^/>]+", fault.location, v) if n == "Link" else v)
                for n, v in response.headers
            ]
        if fault is not None and fault.kind == "unstable":
            response.headers = [(n, v) for n, v in response.headers if n not in ("ETag", "Last-Modified")]
            response.headers.append(("ETag", f'"{time.monotonic_ns():x}"'))
        stale = (
            fault is not None
            and fault.kind == "stale"
            and ("if-none-match" in request.headers or "if-modified-since" in request.headers)
        )
        if (
            request.method in ("GET", "HEAD")
            and response.status == 200
            and (stale or not_modified(request, response))
        ):
            kept = [
                (n, v) for n, v in response.headers if n.lower() in ("etag", "last-modified", "cache-control")
            ]
            return Response(304, b"", "", kept)
        return squeeze(request, response)

    def _break(self) -> None:
        self._note(0, 0)
        reset(self.connection)
        raise _Gone

    def _deliver(self, request: Request, response: Response, fault: Fault | None) -> None:
        kind = fault.kind if fault else ""
        if fault is not None:
            if kind == "delay-after":
                self._wait(fault.seconds)
            elif kind == "reset-after":
                self._break()
            elif kind == "silent-after":
                self._silence()
            elif kind == "type":
                response.content_type = fault.content_type or "application/octet-stream"
        body = b"" if request.method == "HEAD" else response.body
        head = self._head(response)
        self._note(response.status, len(body) if response.stream is None else response.length or 0)
        if response.stream is not None and request.method != "HEAD":
            self.connection.sendall(head)
            self._pour(response.stream())
            return
        if kind in ("reset-body", "truncate"):
            self.connection.sendall(head + body[: len(body) // 2])
            if kind == "reset-body":
                # The half must be on its way before the reset throws away what is still waiting here.
                self._wait(0.05)
                self._break()
            raise _Gone
        if fault is not None and kind == "drip":
            self.connection.sendall(head)
            for start in range(0, len(body), fault.chunk):
                self.connection.sendall(body[start : start + fault.chunk])
                self._wait(fault.seconds)
            return
        self.connection.sendall(head + body)

    def _pour(self, stream: Iterator[bytes]) -> None:
        for chunk in stream:
            if self.server.stopping.is_set():
                raise _Gone
            self.connection.sendall(chunk)

    def _head(self, response: Response) -> bytes:
        phrase = self.responses.get(response.status, ("",))[0]
        lines = [
            f"HTTP/1.1 {response.status} {phrase}",
            f"Date: {self.date_time_string()}",
            "Server: sample-shop",
        ]
        if response.content_type:
            lines.append(f"Content-Type: {response.content_type}")
        lines += [f"{name}: {value}" for name, value in response.headers]
        if response.encoding:
            lines += [f"Content-Encoding: {response.encoding}", "Vary: Accept-Encoding"]
        if response.stream is None:
            if response.status != 304:
                lines.append(f"Content-Length: {len(response.body)}")
        elif response.length is not None:
            lines.append(f"Content-Length: {response.length}")
        else:
            self.close_connection = True
        if self.close_connection:
            lines.append("Connection: close")
        elif self.request_version == "HTTP/1.0":
            lines.append("Connection: keep-alive")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")


class Server(ThreadingHTTPServer):
    """Serves until ``stop``. Ports are chosen by the system unless one is asked for."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 256
    # On Windows the option would let two servers share one port.
    allow_reuse_address = sys.platform != "win32"

    def __init__(self, application: Application, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self.application = application
        self.stopping = threading.Event()
        self._tls = tls
        self._open_lock = threading.Lock()
        self._open: dict[socket.socket, threading.Thread] = {}
        self._accepting = threading.Thread(target=self._accept, name="sample-accept", daemon=True)
        super().__init__(("127.0.0.1", port), Handler)
        self._wake_in, self._wake_out = socket.socketpair()

    def server_bind(self) -> None:
        """Without the base class's look-up of the host's name, which may ask the network."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", int(self.server_address[1])

    def start(self) -> None:
        self._accepting.start()

    def _accept(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self.socket, selectors.EVENT_READ)
            selector.register(self._wake_out, selectors.EVENT_READ)
            while not self.stopping.is_set():
                for key, _ in selector.select():
                    if key.fileobj is self.socket and not self.stopping.is_set():
                        self._handle_request_noblock()  # type: ignore[attr-defined]

    def process_request(self, request: Any, client_address: Any) -> None:
        thread = threading.Thread(
            target=self._work, args=(request, client_address), name="sample-client", daemon=True
        )
        with self._open_lock:
            self._open[request] = thread
        thread.start()

    def _work(self, connection: socket.socket, client_address: Any) -> None:
        channel = connection
        try:
            if self._tls is not None:
                connection.settimeout(10)
                channel = self._tls.wrap_socket(connection, server_side=True)
                channel.settimeout(None)
                with self._open_lock:
                    self._open[channel] = self._open.pop(connection)
            self.process_request_thread(channel, client_address)
        except OSError:
            channel.close()
        finally:
            with self._open_lock:
                self._open.pop(channel, None)
                self._open.pop(connection, None)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no error; a fault of ours must not stay silent."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)

    def stop(self, patience_s: float = 0.8) -> None:
        """Ends every connection, answered or not, and gives its threads ``patience_s`` together to notice."""
        if self.stopping.is_set():
            return
        self.stopping.set()
        self._wake_in.send(b"x")
        if self._accepting.is_alive():
            self._accepting.join()
        with self._open_lock:
            workers = dict(self._open)
        for connection in workers:
            _quietly(lambda c=connection: c.shutdown(socket.SHUT_RDWR))  # type: ignore[misc]
        deadline = time.monotonic() + patience_s
        for worker in workers.values():
            worker.join(max(0.0, deadline - time.monotonic()))
        self.server_close()
        self._wake_in.close()
        self._wake_out.close()


def _quietly(action: Callable[[], object]) -> None:
    try:
        action()
    except OSError:
        return
