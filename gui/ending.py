"""The system's wish that the program ends: SIGTERM, Ctrl+C, a closed terminal, the end of the session.

Qt's event loop does not come back to Python by itself, so the handler of a signal would wait for the next
event. Python writes a byte into a socket instead, and Qt watches that.
"""

from __future__ import annotations

import signal
import socket
from typing import Any

from PySide6.QtCore import QObject, QSocketNotifier, Qt, Signal
from PySide6.QtGui import QGuiApplication, QSessionManager

_SIGNALS = [getattr(signal, name) for name in ("SIGTERM", "SIGINT", "SIGHUP") if hasattr(signal, name)]


class Ending(QObject):
    """``asked``: end now, as if the owner had chosen Quit. ``keep``: the session is about to end, or perhaps
    not, for another program may stop it; what is not on disk has to go there before the slot returns."""

    asked = Signal()
    keep = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        application = QGuiApplication.instance()
        if isinstance(application, QGuiApplication):
            application.commitDataRequest.connect(self._commit, Qt.ConnectionType.DirectConnection)
            application.saveStateRequest.connect(self._restart_never, Qt.ConnectionType.DirectConnection)
            # Windows ends the process right after this, without coming back to the event loop.
            application.aboutToQuit.connect(self.asked)
        self._to_qt, self._from_python = socket.socketpair()
        for end in (self._to_qt, self._from_python):
            end.setblocking(False)
        self._notifier = QSocketNotifier(self._to_qt.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._woken)
        self._wakeup_before = signal.set_wakeup_fd(self._from_python.fileno(), warn_on_full_buffer=False)
        self._before: dict[int, Any] = {number: signal.signal(number, _nothing) for number in _SIGNALS}

    def _commit(self, _: object) -> None:
        self.keep.emit()

    @staticmethod
    def _restart_never(manager: QSessionManager) -> None:
        """Whether we start with the computer is the owner's choice in the settings, not the session's."""
        manager.setRestartHint(QSessionManager.RestartHint.RestartNever)

    def _woken(self) -> None:
        try:
            numbers = self._to_qt.recv(64)
        except OSError:
            return
        if any(number in self._before for number in numbers):
            self.asked.emit()

    def close(self) -> None:
        """Everything as it was before."""
        application = QGuiApplication.instance()
        if not self._before or not isinstance(application, QGuiApplication):
            return
        application.commitDataRequest.disconnect(self._commit)
        application.saveStateRequest.disconnect(self._restart_never)
        application.aboutToQuit.disconnect(self.asked)
        for number, handler in self._before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)
        self._before = {}
        signal.set_wakeup_fd(self._wakeup_before)
        self._notifier.setEnabled(False)
        self._to_qt.close()
        self._from_python.close()


def _nothing(*_: object) -> None:
    """The byte in the socket is what counts; without a handler Python would not write it."""
