"""Keeps what is being written: half a second after the last key, one save at a time and in order."""

from __future__ import annotations

import logging
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

from gui.jobs import Jobs

PAUSE_MS = 500
Save = Callable[[int, str], object]
log = logging.getLogger(__name__)


class DraftSaver(QObject):
    """``failed`` carries the exception when a draft could not be kept."""

    failed = Signal(object)

    def __init__(self, jobs: Jobs, save: Save, parent: QObject) -> None:
        super().__init__(parent)
        self._jobs, self._save = jobs, save
        self._pending: dict[int, str] = {}
        self._is_saving = False
        self._when_idle: list[Callable[[], None]] = []
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE_MS)
        self._timer.timeout.connect(self.flush)

    def later(self, conversation_id: int, text: str) -> None:
        self._pending[conversation_id] = text
        self._timer.start()

    def flush(self) -> None:
        """Saves now what waits to be saved; call it before another conversation is opened and before the
        end."""
        self._timer.stop()
        if self._is_saving or not self._pending:
            return
        conversation_id = next(iter(self._pending))
        text = self._pending.pop(conversation_id)
        self._is_saving = True
        self._jobs.start(
            self._save, conversation_id, text, then=lambda _: self._saved(), failed=self._not_saved
        )

    def flush_now(self) -> None:
        """Saves in this thread: the window is closing and nothing typed may be lost."""
        self._timer.stop()
        while self._pending:
            conversation_id, text = self._pending.popitem()
            self._save(conversation_id, text)

    def drop(self, conversation_id: int, then: Callable[[], None]) -> None:
        """Forgets what waits for this conversation and calls ``then`` once no save is under way, so that
        none comes after it."""
        self._pending.pop(conversation_id, None)
        if self._is_saving:
            self._when_idle.append(then)
        else:
            then()

    def _saved(self) -> None:
        self._is_saving = False
        idle, self._when_idle = self._when_idle, []
        for one in idle:
            one()
        self.flush()

    def _not_saved(self, error: Exception) -> None:
        log.warning("a draft could not be kept: %s", type(error).__name__)
        self._saved()
        self.failed.emit(error)
