"""Signing in through the browser: PKCE, a random state, and a listener on loopback that takes exactly one
answer.

RFC 8252 (native apps): the listener is bound to ``127.0.0.1`` on a port the system chooses, before the app is
registered with that exact address. RFC 7636: the S256 challenge. No Qt here: whoever calls opens the page,
and waits in a worker thread.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import selectors
import socket
import threading
import time
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from services.errors import SignInNeeded

PATIENCE_S = 300.0
_IDLE_S = 10.0
_LONGEST_HEAD = 16_384
_MOST_CONNECTIONS = 16
_PATH = "/callback"
_CLEAN_PATH = "/done"
_CLEAN_PAGE_S = 3.0

_DONE = "You can close this window and go back to Shopbell."
_DENIED = "You did not allow it. You can close this window and try again in Shopbell."
_LOST = "There is nothing here. Go back to Shopbell."


@dataclass(frozen=True, slots=True)
class Pkce:
    """``verifier`` stays with us until the code is exchanged; ``challenge`` travels with the browser."""

    verifier: str = field(repr=False)
    challenge: str = ""


def new_pkce() -> Pkce:
    verifier = secrets.token_urlsafe(48)
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return Pkce(verifier, base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii"))


def new_state() -> str:
    return secrets.token_urlsafe(24)


def same_state(one: str, other: str) -> bool:
    """In constant time, whatever characters came back."""
    return secrets.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))


def code_from(pasted: str, state: str = "") -> str:
    """The code out of what the owner pasted: the code itself, or the whole address of the page the browser
    could not open.

    Raises SignInNeeded: ``no-code``, ``denied``, or ``wrong-state`` when an address carries another sign-in's
    state."""
    pasted = pasted.strip()
    if "code=" not in pasted and "error=" not in pasted:
        if not pasted or any(c.isspace() for c in pasted):
            raise SignInNeeded("no-code")
        return pasted
    try:
        query = parse_qs(urlsplit(pasted).query or pasted)
    except ValueError:
        raise SignInNeeded("no-code") from None
    if state and "state" in query and not same_state(query["state"][0], state):
        raise SignInNeeded("wrong-state")
    if "error" in query:
        raise SignInNeeded("denied")
    if not query.get("code", [""])[0]:
        raise SignInNeeded("no-code")
    return query["code"][0]


class LoopbackListener:
    """Bound and listening from its first moment; ``redirect_uri`` may be registered at once. Answers are only
    read by ``wait``.

    What is not the awaited answer (a browser's look for an icon, a port scan, another state) gets a 404 and
    changes nothing.
    """

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=_MOST_CONNECTIONS)
        self._socket.setblocking(False)
        self.port = int(self._socket.getsockname()[1])
        self._wake_in, self._wake_out = socket.socketpair()
        self._is_closed = threading.Event()
        self._is_waiting = threading.Lock()

    @property
    def redirect_uri(self) -> str:
        return f"http://127.0.0.1:{self.port}{_PATH}"

    def wait(self, state: str, timeout: float = PATIENCE_S, *, answer: str = "code") -> str:
        """Blocks until the browser brings the code for ``state``; another ``answer`` brings the whole query
        with it. Raises SignInNeeded: ``denied``, ``timeout``, ``cancelled``."""
        with self._is_waiting:
            if self._is_closed.is_set():
                raise SignInNeeded("cancelled")
            try:
                return self._serve(_Awaited(state, answer), time.monotonic() + timeout)
            finally:
                self.close()
                self._release()

    def close(self) -> None:
        """From any thread, any number of times; a waiting ``wait`` ends with ``cancelled``."""
        if not self._is_closed.is_set():
            self._is_closed.set()
            self._wake_in.close()
        if self._is_waiting.acquire(blocking=False):
            try:
                self._release()
            finally:
                self._is_waiting.release()

    cancel = close

    def _release(self) -> None:
        self._socket.close()
        self._wake_out.close()

    def _serve(self, awaited: _Awaited, deadline: float) -> str:
        with selectors.DefaultSelector() as selector:
            selector.register(self._socket, selectors.EVENT_READ)
            selector.register(self._wake_out, selectors.EVENT_READ)
            visitors: dict[socket.socket, _Visitor] = {}
            try:
                while True:
                    now = time.monotonic()
                    if awaited.brought and (self._is_closed.is_set() or now >= awaited.clean_by):
                        return awaited.brought
                    if self._is_closed.is_set():
                        raise SignInNeeded("cancelled")
                    if now >= deadline:
                        raise SignInNeeded("timeout")
                    for visitor in [v for v in visitors.values() if v.since + _IDLE_S < now]:
                        _drop(visitor, selector, visitors)
                    until = awaited.clean_by if awaited.brought else deadline
                    for key, _ in selector.select(min(until - now, 1.0)):
                        if key.fileobj is self._socket:
                            self._welcome(selector, visitors)
                        elif isinstance(key.data, _Visitor) and _hear(key.data, awaited, selector, visitors):
                            return awaited.brought
            finally:
                for visitor in list(visitors.values()):
                    _drop(visitor, selector, visitors)

    def _welcome(self, selector: selectors.BaseSelector, visitors: dict[socket.socket, _Visitor]) -> None:
        try:
            connection, _ = self._socket.accept()
        except OSError:
            return
        if len(visitors) >= _MOST_CONNECTIONS:
            # Browsers open connections they never use: the oldest makes room.
            _drop(min(visitors.values(), key=lambda v: v.since), selector, visitors)
        connection.setblocking(False)
        visitor = _Visitor(connection, time.monotonic())
        visitors[connection] = visitor
        selector.register(connection, selectors.EVENT_READ, visitor)


@dataclass
class _Awaited:
    """What is waited for, and what came. A ``brought`` secret stood in the address of a page: the browser is
    led on to a page without it, so that its history keeps none, and gets a moment to fetch that."""

    state: str
    answer: str
    brought: str = field(default="", repr=False)
    clean_by: float = 0.0


@dataclass
class _Visitor:
    connection: socket.socket
    since: float
    head: bytes = field(default=b"", repr=False)


def _drop(
    visitor: _Visitor, selector: selectors.BaseSelector, visitors: dict[socket.socket, _Visitor]
) -> None:
    if visitors.pop(visitor.connection, None) is not None:
        selector.unregister(visitor.connection)
        visitor.connection.close()


def _hear(
    visitor: _Visitor,
    awaited: _Awaited,
    selector: selectors.BaseSelector,
    visitors: dict[socket.socket, _Visitor],
) -> bool:
    """Reads what came. True: the answer is there and its page was shown. Raises SignInNeeded("denied")."""
    try:
        piece = visitor.connection.recv(4096)
    except BlockingIOError:
        return False
    except OSError:
        piece = b""
    visitor.head += piece
    is_whole = b"\r\n\r\n" in visitor.head
    if not is_whole and piece and len(visitor.head) < _LONGEST_HEAD:
        return False
    path, query = _asked(visitor.head if is_whole else b"")
    is_ours = path == _PATH and same_state(parse_qs(query).get("state", [""])[0], awaited.state)
    found = parse_qs(query) if is_ours else {}
    # A refusal reads error=access_denied, or success=false where there is no code either.
    denied = bool(found.get("error")) or found.get("success") == ["false"]
    code = "" if denied or awaited.brought else found.get(awaited.answer, [""])[0]
    is_done = False
    if code and awaited.answer != "code":
        awaited.brought, awaited.clean_by = query, time.monotonic() + _CLEAN_PAGE_S
        _answer(visitor.connection, "303 See Other", _DONE, f"Location: {_CLEAN_PATH}\r\n")
    elif code:
        awaited.brought, is_done = code, True
        _answer(visitor.connection, "200 OK", _DONE)
    elif awaited.brought and path == _CLEAN_PATH:
        is_done = True
        _answer(visitor.connection, "200 OK", _DONE)
    elif is_whole:
        _answer(visitor.connection, "200 OK" if denied else "404 Not Found", _DENIED if denied else _LOST)
    _drop(visitor, selector, visitors)
    if denied:
        raise SignInNeeded("denied")
    return is_done


def _asked(head: bytes) -> tuple[str, str]:
    """(path, query) of a GET request, else two empty texts."""
    line = head.split(b"\r\n", 1)[0].decode("ascii", "replace").split(" ")
    if len(line) != 3 or line[0] != "GET":
        return "", ""
    try:
        parts = urlsplit(line[1])
    except ValueError:
        return "", ""
    return parts.path, parts.query


def _answer(connection: socket.socket, status: str, sentence: str, more: str = "") -> None:
    page = (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Shopbell</title>'
        '<meta name="viewport" content="width=device-width"></head>'
        f'<body style="font:1.2em sans-serif;margin:4em auto;max-width:30em"><p>{sentence}</p></body></html>'
    ).encode()
    head = (
        f"HTTP/1.1 {status}\r\n{more}"
        "Content-Type: text/html; charset=utf-8\r\n"
        f"Content-Length: {len(page)}\r\nCache-Control: no-store\r\nReferrer-Policy: no-referrer\r\n"
        "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\nConnection: close\r\n\r\n"
    ).encode("ascii")
    try:
        connection.settimeout(2.0)
        connection.sendall(head + page)
        connection.shutdown(socket.SHUT_WR)
    except OSError:
        return


class SignInSession:
    """One sign-in under way: the page to open (``url``), and three ways it ends.

    ``wait`` blocks until the browser comes back; ``paste`` hands in a code by hand from any thread and ends
    ``wait``; ``cancel`` ends both.
    """

    def __init__(self, url: str, state: str, listener: LoopbackListener | None = None) -> None:
        self.url = url
        self._state = state
        self._listener = listener
        self._pasted = ""
        self._done = threading.Event()

    def wait(self, timeout: float = PATIENCE_S) -> str:
        """The code. Raises SignInNeeded: ``denied``, ``timeout``, ``cancelled``."""
        if self._listener is None:
            if not self._done.wait(timeout):
                raise SignInNeeded("timeout")
        else:
            try:
                return self._listener.wait(self._state, timeout)
            except SignInNeeded:
                if not self._pasted:
                    raise
        if self._pasted:
            return self._pasted
        raise SignInNeeded("cancelled")

    def paste(self, code: str) -> str:
        """Raises SignInNeeded: ``no-code``, ``denied``, ``wrong-state``; then ``wait`` goes on waiting."""
        self._pasted = code_from(code, self._state)
        self._finish()
        return self._pasted

    def cancel(self) -> None:
        self._finish()

    def _finish(self) -> None:
        self._done.set()
        if self._listener is not None:
            self._listener.close()
