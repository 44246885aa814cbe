"""Reads the open conversation in a worker, one read at a time, and again when it changed meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from gui.conversation.subject import Subject, read_subject
from gui.jobs import Jobs
from services.errors import NotFound

if TYPE_CHECKING:
    from services.app import Shopbell

STEP = 500


class SubjectReader(QObject):
    """``read`` carries the Subject of the conversation that is wanted now, ``earlier`` the same with more
    history, ``gone`` its id
    when there is no such conversation any more."""

    read = Signal(object)
    earlier = Signal(object)
    gone = Signal(int)

    def __init__(self, app: Shopbell, jobs: Jobs, parent: QObject) -> None:
        super().__init__(parent)
        self._app, self._jobs = app, jobs
        self.wanted: int | None = None
        self._limit = STEP
        self._is_reading = self._reads_again = False

    def want(self, conversation_id: int | None) -> None:
        self.wanted, self._limit = conversation_id, STEP
        self.again()

    def again(self) -> None:
        if self.wanted is None:
            return
        if self._is_reading:
            self._reads_again = True
            return
        self._is_reading, self._reads_again = True, False
        asked = self.wanted
        self._jobs.start(
            read_subject,
            self._app,
            asked,
            self._limit,
            then=lambda subject: self._done(subject, asked),
            failed=lambda error: self._failed(error, asked),
        )

    def more_history(self) -> None:
        asked = self.wanted
        if asked is None:
            return
        self._limit += STEP

        def done(subject: Subject) -> None:
            if self.wanted == asked:
                self.earlier.emit(subject)

        self._jobs.start(read_subject, self._app, asked, self._limit, then=done)

    def _done(self, subject: Subject, asked: int) -> None:
        self._is_reading = False
        is_stale = asked != self.wanted
        if not is_stale:
            self.read.emit(subject)
        if self._reads_again or is_stale:
            self.again()

    def _failed(self, error: Exception, asked: int) -> None:
        self._is_reading = False
        if asked != self.wanted:
            self.again()
        elif isinstance(error, NotFound):
            self.wanted = None
            self.gone.emit(asked)
        else:
            raise error
