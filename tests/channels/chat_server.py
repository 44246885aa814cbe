"""A JSON server on loopback for the stand-ins of chat rooms: routes, a log of what was asked, and faults on
demand."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import struct
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit


@dataclass
class Asked:
    """One request as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    body: Any


@dataclass
class Said:
    """One answer. ``body``: bytes go out as they are, anything else as JSON."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Fault:
    """``answer`` instead of the real one; or the connection is cut: ``before`` the request is looked at, or
    ``after`` it was processed. ``path``: a pattern; ``times``: how often, None for ever."""

    path: str
    method: str = ""
    answer: Said | None = None
    cut: str = ""
    times: int | None = 1


class ChatServer:
    """Subclasses answer in ``handle``, under ``lock``. ``wait`` gives the lock back until ``wake``."""

    def __init__(self) -> None:
        self.lock = threading.Condition()
        self.log: list[Asked] = []
        self.faults: list[Fault] = []
        self.is_stopping = False
        self._server: ThreadingHTTPServer | None = None
        self._port = 0
        self.connections_open: set[socket.socket] = set()

    def start(self) -> str:
        outer = self

        class Handler(_Handler):
            chat = outer

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            # The next one, for the same address, must not find the last one's connections in the way.
            allow_reuse_address = True

        self.is_stopping = False
        self._server = Server(("127.0.0.1", self._port), Handler)
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self.url

    def stop(self) -> None:
        with self.lock:
            self.is_stopping = True
            self.lock.notify_all()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
        for one in list(self.connections_open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def handle(self, asked: Asked) -> Said:
        raise NotImplementedError

    def fault(self, path: str, **more: Any) -> Fault:
        made = Fault(path, **more)
        with self.lock:
            self.faults.append(made)
        return made

    def paths(self, pattern: str = "") -> list[str]:
        with self.lock:
            return [f"{one.method} {one.path}" for one in self.log if re.search(pattern, one.path)]

    def answer(self, asked: Asked) -> tuple[Said | None, bool]:
        """(answer, or None to cut the connection; whether it was processed)."""
        with self.lock:
            self.log.append(asked)
            fault = self._fault_for(asked)
            if fault is not None and fault.cut == "before":
                return None, False
            if fault is not None and fault.answer is not None:
                return fault.answer, False
            said = self.handle(asked)
            if fault is not None and fault.cut == "after":
                return None, True
            return said, True

    def _fault_for(self, asked: Asked) -> Fault | None:
        for fault in self.faults:
            if fault.times == 0 or (fault.method and fault.method != asked.method):
                continue
            if re.search(fault.path, asked.path):
                if fault.times is not None:
                    fault.times -= 1
                return fault
        return None


class _Handler(BaseHTTPRequestHandler):
    chat: ChatServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self.chat.connections_open.add(self.connection)

    def finish(self) -> None:
        self.chat.connections_open.discard(self.connection)
        with contextlib.suppress(OSError):
            super().finish()

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length)
        parts = urlsplit(self.path)
        try:
            body = json.loads(raw) if raw else None
        except ValueError:
            body = raw
        headers = {name.lower(): value for name, value in self.headers.items()}
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        said, _ = self.chat.answer(Asked(self.command, unquote(parts.path), query, headers, body))
        if said is None:
            self._cut()
            return
        sent = said.body if isinstance(said.body, bytes) else json.dumps(said.body).encode()
        with contextlib.suppress(OSError):
            self.send_response(said.status)
            for name, value in {"Content-Type": "application/json", **said.headers}.items():
                self.send_header(name, value)
            empty = said.status in (204, 304)
            self.send_header("Content-Length", "0" if empty else str(len(sent)))
            self.end_headers()
            if not empty:
                self.wfile.write(sent)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

    def _cut(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        pass
