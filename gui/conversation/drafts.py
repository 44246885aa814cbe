"""Keeps what is being written: half a second after the last key, one save at a time and in order."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from itertools import count

from PySide6.QtCore import QObject, QTimer, Signal

from gui.jobs import Jobs
from services.errors import ShopbellError

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
        self._refused: dict[int, str] = {}
        self._under_way: tuple[int, str] | None = None
        self._numbers = count(1)
        self._newest: dict[int, int] = {}
        self._turn = threading.Lock()
        self._when_idle: list[Callable[[], None]] = []
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE_MS)
        self._timer.timeout.connect(self.flush)

    def later(self, conversation_id: int, text: str) -> None:
        self._refused.pop(conversation_id, None)
        self._pending[conversation_id] = text
        self._timer.start()

    def flush(self) -> None:
        """Saves now what waits to be saved; call it before another conversation is opened and before the
        end."""
        self._timer.stop()
        if self._under_way is not None or not self._pending:
            return
        conversation_id = next(iter(self._pending))
        text = self._pending.pop(conversation_id)
        self._under_way = conversation_id, text
        self._jobs.start(
            self._write,
            conversation_id,
            text,
            next(self._numbers),
            then=lambda _: self._saved(),
            failed=self._not_saved,
        )

    def flush_now(self) -> None:
        """Saves in this thread: the window, or the whole session, ends and nothing typed may be lost. What a
        worker was given is saved, too, for the worker may never come to it. What cannot be saved stays, for
        the next time."""
        self._timer.stop()
        under_way = dict((self._under_way,)) if self._under_way is not None else {}
        for conversation_id, text in {**self._refused, **under_way, **self._pending}.items():
            try:
                self._write(conversation_id, text, next(self._numbers))
            except ShopbellError as error:
                log.warning("a draft could not be kept: %s", error.kind)
            else:
                self._pending.pop(conversation_id, None)
                self._refused.pop(conversation_id, None)

    def _write(self, conversation_id: int, text: str, number: int) -> None:
        """In any thread. One at a time, and never an older text over a newer one."""
        with self._turn:
            if self._newest.get(conversation_id, 0) > number:
                return
            self._save(conversation_id, text)
            self._newest[conversation_id] = number

    def drop(self, conversation_id: int, then: Callable[[], None]) -> None:
        """Forgets what waits for this conversation and calls ``then`` once no save is under way, so that
        none comes after it."""
        self._pending.pop(conversation_id, None)
        self._refused.pop(conversation_id, None)
        if self._under_way is not None:
            self._when_idle.append(then)
        else:
            then()

    def _saved(self) -> None:
        self._under_way = None
        idle, self._when_idle = self._when_idle, []
        for one in idle:
            one()
        self.flush()

    def _not_saved(self, error: Exception) -> None:
        log.warning("a draft could not be kept: %s", type(error).__name__)
        if self._under_way is not None:
            self._refused.update((self._under_way,))
        self._saved()
        self.failed.emit(error)
