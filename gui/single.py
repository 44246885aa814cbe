"""One window per profile: the second start hands over what it was started for and leaves. Also after a crash,
and where the first one hangs somebody is told.

A lock file says who is first (the system frees it when a process dies). A local socket, open to this user
only, carries one line of JSON, a ``Call``; the first one answers ``ok`` when it has read it, because a
process that hangs still accepts connections.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any, NamedTuple

from PySide6.QtCore import QLockFile, QObject, QTimer, Signal

ANSWER_MS = 4000
"""For the answer; the event loop of a window that works never stands still that long."""
ENDED_MS = 15_000
LONGEST = 2_000
_OK = b"ok\n"
_WANTS = ("show", "open", "quit")


class Call(NamedTuple):
    """What another start asks of the first one. ``want``: show, open (``link``), quit. ``token``: the leave
    of the desktop to come to the front, where it gives some."""

    want: str = "show"
    link: str = ""
    token: str = ""

    def line(self) -> bytes:
        return json.dumps(self._asdict()).encode() + b"\n"


def read_call(line: bytes) -> Call | None:
    """None for what no start of ours says."""
    try:
        document = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict):
        return None
    want, link, token = (document.get(name, "") for name in Call._fields)
    if not (isinstance(want, str) and isinstance(link, str) and isinstance(token, str)):
        return None
    # It becomes a variable of the environment, which cannot hold everything.
    token = token if token.isascii() and token.isprintable() else ""
    return Call(want, link, token) if want in _WANTS else None


def server_name(lock: Path) -> str:
    """The same for one user and one profile, and for nobody else.

    The folder's number on its disk names the profile, for its path has many spellings: links, and upper or
    lower case on Windows and macOS. The folder must exist."""
    import getpass

    from PySide6.QtCore import QCryptographicHash

    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = ""
    folder = lock.parent.stat()
    # Some network drives number nothing.
    which = f"{folder.st_dev}:{folder.st_ino}" if folder.st_ino else str(lock.resolve())
    whose = f"{user}\0{which}".encode()
    made = QCryptographicHash.hash(whose, QCryptographicHash.Algorithm.Sha256)
    return "shopbell-" + made.toHex().toStdString()[:24]


class Single(QObject):
    """``called`` carries the ``Call`` of another start."""

    called = Signal(object)

    def __init__(self, lock: Path, parent: QObject | None = None, *, answer_ms: int = ANSWER_MS) -> None:
        super().__init__(parent)
        self._path, self._answer_ms = lock, answer_ms
        self._lock = QLockFile(str(lock))
        # No age makes a lock stale; only a process that is gone does.
        self._lock.setStaleLockTime(0)
        self._server: Any = None

    def is_first(self) -> bool:
        return self._lock.tryLock(0)

    def is_orphan(self) -> bool:
        """For the second one, when nobody listens: true when no process holds the lock after all, and it is
        ours now.

        The file names its process by number, and after a crash another one of the same name may have the
        number. The system knows who really holds the file."""
        return self._lock.removeStaleLockFile() and self.is_first()

    # --- the first one

    def listen(self) -> None:
        """After its window is painted."""
        from PySide6.QtNetwork import QLocalServer

        name = server_name(self._path)
        server = QLocalServer(self)
        server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        # What a crashed process left behind would refuse the name; the lock says that nobody holds it.
        QLocalServer.removeServer(name)
        server.newConnection.connect(self._connected)
        server.listen(name)
        self._server = server

    def _connected(self) -> None:
        while self._server is not None and (socket := self._server.nextPendingConnection()) is not None:
            guest = _Guest(socket, self._answer_ms, self)
            guest.called.connect(self.called)
            guest.listen()

    # --- the second one

    def call_first(self, call: Call | None = None, patience_ms: int = 1_500) -> str:
        """``answered``, ``silent`` (somebody listens and does not answer) or ``nobody``: none listened for
        ``patience_ms``."""
        from PySide6.QtCore import QElapsedTimer, QThread
        from PySide6.QtNetwork import QLocalSocket

        connected = QLocalSocket.LocalSocketState.ConnectedState
        name = server_name(self._path)
        clock = QElapsedTimer()
        clock.start()
        while True:
            socket = QLocalSocket()
            socket.connectToServer(name)
            if socket.waitForConnected(200) and _is_ours(socket.fullServerName()):
                break
            if clock.elapsed() >= patience_ms:
                return "nobody"
            QThread.msleep(50)
        allow_foreground()
        socket.write((call or Call()).line())
        clock.restart()
        while not socket.canReadLine() and clock.elapsed() < self._answer_ms:
            if not socket.waitForReadyRead(50) and socket.state() != connected:
                break
        return "answered" if bytes(socket.readAll().data()).startswith(_OK) else "silent"

    def wait_for_end(self) -> bool:
        """Until the first one has gone; it may still be finishing a write."""
        gone = self._lock.tryLock(ENDED_MS)
        if gone:
            self._lock.unlock()
        return gone

    def end_first(self) -> bool:
        """Ends a first one that hangs, as the task manager would. True when it is gone, and this one is
        first now."""
        from PySide6.QtCore import QSysInfo

        try:
            pid, host, _ = self._lock.getLockInfo()
        except (TypeError, ValueError):
            return False
        if pid <= 0 or host != QSysInfo.machineHostName() or not _has_open(pid, self._path):
            return False
        try:
            os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))
        except OSError:
            return False
        return self._lock.tryLock(5_000)

    def be_deaf(self) -> None:
        """Nobody is heard until ``listen`` again; the lock stays."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def close(self) -> None:
        self.be_deaf()
        self._lock.unlock()


class _Guest(QObject):
    """One connection of another start: says one line, and goes. Whoever says nothing does not stay."""

    called = Signal(object)

    def __init__(self, socket: Any, patience_ms: int, parent: QObject) -> None:
        super().__init__(parent)
        self._socket = socket
        self._was_heard = False
        socket.setParent(self)
        socket.readyRead.connect(self._read)
        socket.disconnected.connect(self.deleteLater)
        self._patience = QTimer(self, interval=patience_ms, singleShot=True)
        self._patience.timeout.connect(lambda: self._socket.abort())

    def listen(self) -> None:
        self._patience.start()
        self._read()

    def _read(self) -> None:
        socket = self._socket
        if self._was_heard:
            return
        if not socket.canReadLine():
            if socket.bytesAvailable() > LONGEST:
                socket.abort()
            return
        self._was_heard = True
        call = read_call(bytes(socket.readLine(LONGEST).data()))
        if call is None:
            socket.abort()
            return
        socket.write(_OK)
        socket.flush()
        socket.disconnectFromServer()
        self.called.emit(call)


def _is_ours(path: str) -> bool:
    """In a folder that everybody may write to, somebody else could listen under our name."""
    if not hasattr(os, "getuid"):
        return True
    try:
        return os.stat(path).st_uid == os.getuid()  # noqa: PTH116 - the path is Qt's
    except OSError:
        return False


def _has_open(pid: int, path: Path) -> bool:
    """Does this process really hold the file? Numbers of processes are told apart by containers."""
    if not sys.platform.startswith("linux"):
        return True
    try:
        return any(one.exists() and one.samefile(path) for one in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return False


def allow_foreground() -> None:
    """On Windows only the process that the owner just started may bring a window to the front, or say who
    else may (learn.microsoft.com, AllowSetForegroundWindow)."""
    if sys.platform == "win32":
        import ctypes

        everybody = 0xFFFFFFFF
        ctypes.windll.user32.AllowSetForegroundWindow(everybody)


def leave_of_desktop() -> str:
    """What the desktop gave this start so that its window may come to the front (Wayland, xdg-activation)."""
    return os.environ.pop("XDG_ACTIVATION_TOKEN", "")[:500]
