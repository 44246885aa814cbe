"""What the owner does with conversations from the list and by keys: done, snooze, spam, is it a complaint,
undo.

Every write runs in a worker; the list follows when it is on disk.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QMenu

from gui.actions import Actions
from gui.inbox.pane import InboxPane
from gui.jobs import Jobs
from services.errors import ChannelError, Refused
from services.model import State

if TYPE_CHECKING:
    from gui.conversation.subject import Subject
    from services.app import Shopbell

# The views that hold one state only: a conversation of another state has no place there.
STATE_OF_VIEW = {
    "new": State.NEW,
    "waiting": State.WAITING,
    "snoozed": State.SNOOZED,
    "done": State.DONE,
    "spam": State.SPAM,
    "complaints": State.NEW,
    "closing": State.NEW,
    "hello": State.NEW,
}


class Desk(QObject):
    """``failed(error)`` when a write was not possible."""

    failed = Signal(object)

    def __init__(self, app: Shopbell, pane: InboxPane, actions: Actions, parent: QObject) -> None:
        super().__init__(parent)
        self._app, self._pane, self._actions = app, pane, actions
        self._jobs = Jobs(app.run, self)
        pane.asked.connect(self.act)
        for name in ("done", "snooze", "reopen", "spam", "is_complaint", "not_complaint", "open_network"):
            actions[name].triggered.connect(lambda _=False, name=name: self.act(name, pane.acting_on()))
        actions["next"].triggered.connect(lambda: pane.list.step(1))
        actions["previous"].triggered.connect(lambda: pane.list.step(-1))

    def act(self, name: str, ids: Sequence[int]) -> None:
        """``ids`` empty: nothing to do."""
        if not ids:
            return
        states = {"done": State.DONE, "spam": State.SPAM, "reopen": State.NEW}
        if name in states:
            self.mark(ids, states[name])
        elif name == "snooze":
            self._ask_snooze(ids)
        elif name in ("is_complaint", "not_complaint"):
            self._label(ids, "complaint" if name == "is_complaint" else "not-complaint")
        elif name == "open_network":
            from gui.conversation.links import open_link

            row = self._pane.model.row_of(ids[0])
            conversation = self._pane.model.conversation(row) if row >= 0 else None
            if conversation is not None:
                open_link(conversation.url)
        elif name == "more":
            self._more(ids)

    def word_spam(self, subject: Subject) -> None:
        """The action says so where the network of the open conversation is told, too."""
        from gui.conversation.menu import spam_words

        self._actions["spam"].setText(spam_words(subject))

    def mark(self, ids: Sequence[int], state: State, until: datetime | None = None) -> None:
        wanted = list(ids)

        def then(_: object) -> None:
            kept = STATE_OF_VIEW.get(self._pane.model.view)
            if not self._pane.query and kept is not None and kept is not state:
                self._pane.take_away(wanted)

        if state is State.SPAM:
            # Marked here in any case; where the network takes that word, it is told as well.
            self._jobs.start(self._mark_spam, wanted, then=then, failed=lambda error: self._half(error, then))
            return
        self._jobs.start(self._app.inbox.mark, wanted, state, until=until, then=then, failed=self.failed.emit)

    def _mark_spam(self, ids: list[int]) -> None:
        self._app.moderation.mark_spam(ids)

    def _half(self, error: Exception, then: Callable[[object], None]) -> None:
        then(None)
        self.failed.emit(Refused("spam-not-told") if isinstance(error, ChannelError) else error)

    def _label(self, ids: Sequence[int], word: str) -> None:
        wanted = list(ids)

        def write() -> None:
            for one in wanted:
                self._app.inbox.label(one, word)

        def then(_: object) -> None:
            if self._pane.model.view == "complaints" and word == "not-complaint":
                self._pane.take_away(wanted)

        self._jobs.start(write, then=then, failed=self.failed.emit)

    def snooze_menu(self, ids: Sequence[int]) -> QMenu:
        from gui.conversation.head import snooze_choices

        menu = QMenu(self._pane)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setAccessibleName(self.tr("Snooze"))
        for words, moment in snooze_choices(self._app.clock.now().astimezone()):
            action = menu.addAction(words)
            action.triggered.connect(lambda _=False, moment=moment: self.mark(ids, State.SNOOZED, moment))
        menu.addSeparator()
        menu.addAction(self.tr("Back sooner if they write")).setEnabled(False)
        return menu

    def _ask_snooze(self, ids: Sequence[int]) -> None:
        self.snooze_menu(list(ids)).popup(self._where())

    def _more(self, ids: Sequence[int]) -> None:
        self._pane.list.choose(ids[0])
        menu = QMenu(self._pane)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setAccessibleName(self.tr("More"))
        menu.addActions([one for one in self._actions.group("conversation") if one.isEnabled()])
        menu.popup(self._where())

    def _where(self) -> QPoint:
        """At the pointer when it is over the list, else at the open row."""
        view = self._pane.list
        pointer = view.viewport().mapFromGlobal(QCursor.pos())
        if view.viewport().rect().contains(pointer):
            return QCursor.pos()
        corner = view.visualRect(view.currentIndex()).bottomLeft()
        return view.viewport().mapToGlobal(corner)
