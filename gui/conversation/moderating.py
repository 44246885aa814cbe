"""From a button below a message to its network: approve, spam, delete, hide, like, block."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMessageBox

from gui.announce import announce
from gui.conversation.asked_once import ask_once
from gui.conversation.deed_words import KEY, done_words, question_of
from gui.conversation.entries import name_of
from gui.conversation.subject import Subject
from gui.errors import deed_trouble
from gui.jobs import Jobs
from services.errors import NotFound, ShopbellError
from services.model import Direction, State, ThreadMessage
from services.moderation import BLOCK, FINAL, SPAM

if TYPE_CHECKING:
    from gui.conversation.pane import ConversationPane
    from services.app import Shopbell


class Moderating(QObject):
    """Belongs to one pane. What cannot be taken back is asked once."""

    def __init__(self, app: Shopbell, jobs: Jobs, pane: ConversationPane) -> None:
        super().__init__(pane)
        self._app, self._jobs, self._pane = app, jobs, pane
        self._under_way: set[tuple[int, str]] = set()
        self.question: QMessageBox | None = None

    def act(self, key: str, message: ThreadMessage) -> None:
        """``key`` begins with ``KEY``."""
        subject, action = self._pane.subject, key.removeprefix(KEY)
        if subject is None or (message.id, action) in self._under_way:
            return
        if action not in FINAL:
            self._do(action, message, subject)
            return
        question = question_of(action, message, place=subject.place, name=self._name(message, subject))
        self.question = ask_once(self._pane, question, lambda: self._do(action, message, subject))

    @staticmethod
    def _name(message: ThreadMessage, subject: Subject) -> str:
        return subject.customer if message.direction is Direction.OUTBOUND else name_of(message)

    def _do(self, action: str, message: ThreadMessage, subject: Subject) -> None:
        self._pane.trouble.hide()
        self._under_way.add((message.id, action))
        name = self._name(message, subject)

        def done(_: object) -> None:
            self._under_way.discard((message.id, action))
            announce(self._pane, done_words(action, place=subject.place, name=name))
            is_open = self._pane.conversation_id == subject.id
            if is_open and action in (SPAM, BLOCK) and self._waits_no_more(subject.id):
                self._pane.wants_next.emit()
            self._pane.refresh({subject.id})

        def failed(error: Exception) -> None:
            self._under_way.discard((message.id, action))
            self._tell(error, subject)

        self._jobs.start(self._app.moderate, message.id, action, then=done, failed=failed)

    def _waits_no_more(self, conversation_id: int) -> bool:
        try:
            # One row by key.
            return self._app.store.conversation(conversation_id).state in (State.SPAM, State.DONE)
        except NotFound:
            return True

    def spam(self, subject: Subject) -> None:
        """The owner's word on the whole conversation; what cannot be told to the network stays true here."""
        self._pane.trouble.hide()

        def failed(error: Exception) -> None:
            self._pane.wants_next.emit()
            self._tell(error, subject, also_here=True)

        self._pane.marks.spam([subject.id], then=lambda _: self._pane.wants_next.emit(), failed=failed)

    def _tell(self, error: Exception, subject: Subject, *, also_here: bool = False) -> None:
        if not isinstance(error, ShopbellError):
            raise error
        words = deed_trouble(error, subject.account.name, subject.place, self._app.clock.now())
        if also_here:
            words = self.tr("It is marked here. {trouble}").format(trouble=words)
        self._pane.trouble.tell(words)
        announce(self._pane, words)
        self._pane.refresh({subject.id})
