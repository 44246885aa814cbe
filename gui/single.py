"""One window per profile: the second start raises the first one's window and leaves. Also after a crash.

A lock file says who is first (the system frees it when a process dies); a local socket, open to this user
only, carries the word "show".
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QLockFile, QObject, Signal

WAIT_MS = 1500
WORD = b"show\n"


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
    """``called``: another start asks this window to come to the front."""

    called = Signal()

    def __init__(self, lock: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path = lock
        self._lock = QLockFile(str(lock))
        # No age makes a lock stale; only a process that is gone does.
        self._lock.setStaleLockTime(0)
        self._server: QObject | None = None

    def is_first(self) -> bool:
        return self._lock.tryLock(0)

    def listen(self) -> None:
        """For the first one, after its window is painted."""
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
        from PySide6.QtNetwork import QLocalServer

        server = self._server
        if not isinstance(server, QLocalServer):
            return
        while (socket := server.nextPendingConnection()) is not None:
            socket.disconnected.connect(socket.deleteLater)
            socket.disconnectFromServer()
            self.called.emit()

    def call_first(self) -> bool:
        """For the second one: asks the first to show itself; false when it does not answer."""
        from PySide6.QtCore import QElapsedTimer, QThread
        from PySide6.QtNetwork import QLocalSocket

        name = server_name(self._path)
        clock = QElapsedTimer()
        clock.start()
        while clock.elapsed() < WAIT_MS:
            socket = QLocalSocket()
            socket.connectToServer(name)
            if socket.waitForConnected(200):
                socket.write(WORD)
                socket.waitForBytesWritten(200)
                if socket.state() != QLocalSocket.LocalSocketState.UnconnectedState:
                    socket.waitForDisconnected(200)
                return True
            # The first may still be painting its window.
            QThread.msleep(50)
        return False

    def close(self) -> None:
        from PySide6.QtNetwork import QLocalServer

        if isinstance(self._server, QLocalServer):
            self._server.close()
        self._lock.unlock()
