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
        then = (lambda _: self._pane.wants_next.emit()) if is_last else None
        self._jobs.start(self._app.inbox.mark, [subject.id], state, until=until, then=then)

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
        elif key in ("complaint", "not-complaint"):
            self._jobs.start(self._app.inbox.label, subject.id, key)
        elif key == "mute" and subject.parent is not None:
            author = subject.parent.author.id
            self._jobs.start(self._app.inbox.mute, subject.account.id, author, then=lambda _: self.done())
