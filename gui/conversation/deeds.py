"""What the owner does with the open conversation, apart from answering it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from gui.conversation.deed_words import KEY
from gui.jobs import Jobs
from services.model import State

if TYPE_CHECKING:
    from gui.conversation.pane import ConversationPane
    from services.app import Shopbell


class Deeds(QObject):
    """Belongs to one pane. ``act`` takes the keys of the menu behind the three dots."""

    def __init__(self, app: Shopbell, jobs: Jobs, pane: ConversationPane) -> None:
        super().__init__(pane)
        self._app, self._jobs, self._pane = app, jobs, pane

    def done(self) -> None:
        self._mark(State.DONE)

    def snooze(self, until: datetime) -> None:
        self._mark(State.SNOOZED, until)

    def _mark(self, state: State, until: datetime | None = None, *, is_last: bool = True) -> None:
        subject = self._pane.subject
        if subject is None:
            return
        self._pane.drafts.flush()

        def then(_: object) -> None:
            if is_last:
                self._pane.wants_next.emit()

        self._pane.marks.mark([subject.id], state, until, then=then)

    def act(self, key: str) -> None:
        subject = self._pane.subject
        if subject is None:
            return
        if key == "person":
            self._pane.person.toggle()
        elif key == "open":
            self._pane.open_on_network()
        elif key == "snooze":
            self._pane.ask_snooze()
        elif key == "new":
            self._mark(State.NEW, is_last=False)
        elif key == "spam":
            self._pane.drafts.flush()
            self._pane.moderating.spam(subject)
        elif key.startswith(KEY) and subject.parent is not None:
            self._pane.moderating.act(key, subject.parent)
        elif key in ("complaint", "not-complaint", "not-spam"):
            self._pane.marks.label([subject.id], key)
        elif key in ("mute", "hear") and subject.parent is not None:
            author = subject.parent.author
            if key == "hear":
                self._pane.marks.hear(subject.account.id, author.id)
            else:
                self._pane.marks.mute(
                    subject.account.id,
                    author.id,
                    author.name or subject.customer,
                    subject.id,
                    then=lambda _: self._pane.wants_next.emit(),
                )
