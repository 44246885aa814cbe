"""What the two stand-in servers share: TLS on a free port of 127.0.0.1, a thread for each visitor, and an end
that leaves nothing behind."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from typing import Any


class Gone(Exception):
    """The connection is to end here, without another word."""


class Visitor:
    """One connection, line by line. ``secure`` changes it to TLS in the middle (STARTTLS)."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._buffer = b""
        self.is_secure = isinstance(sock, ssl.SSLSocket)

    def send(self, data: bytes | str) -> None:
        try:
            self.sock.sendall(data.encode() if isinstance(data, str) else data)
        except OSError as error:
            raise Gone from error

    def line(self) -> bytes:
        while b"\n" not in self._buffer:
            self._fill()
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.rstrip(b"\r")

    def read(self, size: int) -> bytes:
        while len(self._buffer) < size:
            self._fill()
        found, self._buffer = self._buffer[:size], self._buffer[size:]
        return found

    def poll(self, seconds: float) -> bytes | None:
        """A line if one comes in time."""
        self.sock.settimeout(seconds)
        try:
            return self.line()
        except TimeoutError:
            return None
        finally:
            self.sock.settimeout(None)

    def _fill(self) -> None:
        try:
            piece = self.sock.recv(65_536)
        except TimeoutError:
            raise
        except OSError as error:
            raise Gone from error
        if not piece:
            raise Gone
        self._buffer += piece

    def secure(self, context: ssl.SSLContext) -> None:
        self._buffer = b""
        try:
            self.sock = context.wrap_socket(self.sock, server_side=True)
        except OSError as error:
            raise Gone from error
        self.is_secure = True

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()


class Listener:
    """``implicit``: TLS from the first byte. ``serve`` gets each visitor in a thread of its own."""

    def __init__(self, context: ssl.SSLContext, serve: Callable[[Visitor], None], *, implicit: bool) -> None:
        self._context, self._serve, self._implicit = context, serve, implicit
        self._lock = threading.Lock()
        self._visitors: set[Visitor] = set()
        self._threads: list[threading.Thread] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._is_open = True
        self._accepting = self._thread(self._accept)

    def _thread(self, run: Callable[..., None], *arguments: Any) -> threading.Thread:
        made = threading.Thread(target=run, args=arguments, daemon=True)
        self._threads.append(made)
        made.start()
        return made

    def _accept(self) -> None:
        while self._is_open:
            try:
                sock, _ = self._socket.accept()
                # Answers go out in several pieces, and none is to wait for a receipt of the one before.
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except OSError:
                return
            self._thread(self._visit, sock)

    def _visit(self, sock: socket.socket) -> None:
        try:
            if self._implicit:
                sock = self._context.wrap_socket(sock, server_side=True)
        except OSError:
            sock.close()
            return
        visitor = Visitor(sock)
        with self._lock:
            self._visitors.add(visitor)
        try:
            self._serve(visitor)
        except Gone:
            pass
        finally:
            with self._lock:
                self._visitors.discard(visitor)
            visitor.close()

    def drop(self) -> None:
        """Ends every connection there is; new ones are taken."""
        with self._lock:
            visitors = list(self._visitors)
        for one in visitors:
            with contextlib.suppress(OSError):
                one.sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._is_open = False
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self.drop()
        for one in self._threads:
            one.join(2.0)
