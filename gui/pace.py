"""Soon when it happens once, seldom while it goes on.

A first fetch changes something in the window thirty times a second. Nobody can read that, and each time the
window does something it waits for its turn behind the threads that fetch.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer


class Pace(QObject):
    """``then`` runs ``soon_ms`` after ``ask``, once for all that asked meanwhile; but at least ``apart_ms``
    after it ran last."""

    def __init__(self, soon_ms: int, apart_ms: int, then: Callable[[], object], parent: QObject) -> None:
        super().__init__(parent)
        self._soon_ms, self._apart_ms = soon_ms, apart_ms
        self._then = then
        self._next = 0.0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._run)

    @property
    def is_waiting(self) -> bool:
        return self._timer.isActive()

    def ask(self, *, urgent: bool = False) -> None:
        """``urgent``: soon in any case."""
        rest = 0 if urgent else int(self._next - time.monotonic() * 1000)
        wait = max(self._soon_ms, rest)
        if not self._timer.isActive() or wait < self._timer.remainingTime():
            self._timer.start(wait)

    def stop(self) -> None:
        self._timer.stop()

    def _run(self) -> None:
        self._next = time.monotonic() * 1000 + self._apart_ms
        self._then()
