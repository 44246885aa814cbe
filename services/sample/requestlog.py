"""The requests the sample server saw, for those who want to know what a client really does."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.sample.exchange import Request

_SECRET_HEADERS = frozenset({"authorization", "cookie", "x-sample-token", "proxy-authorization"})


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it is remembered: no values of parameters, no secrets. ``status`` 0: it never got an
    answer."""

    method: str
    path: str
    query_names: tuple[str, ...]
    headers: Mapping[str, str]
    status: int
    size: int
    at: datetime


class RequestLog:
    """Keeps the newest ``most``."""

    def __init__(self, most: int) -> None:
        self._seen: deque[Seen] = deque(maxlen=most)
        self._lock = threading.Lock()

    def add(self, request: Request, status: int, size: int, at: datetime) -> None:
        headers = {n: v for n, v in request.headers.items() if n not in _SECRET_HEADERS}
        names = tuple(request.query_params.names())
        with self._lock:
            self._seen.append(Seen(request.method, request.path, names, headers, status, size, at))

    def find(self, path: str, method: str, status: int | None) -> list[Seen]:
        with self._lock:
            seen = list(self._seen)
        return [
            s
            for s in seen
            if s.path.startswith(path) and method in ("", s.method) and status in (None, s.status)
        ]

    def clear(self) -> None:
        with self._lock:
            self._seen.clear()
