"""What the owner does with conversations from the list and by keys: done, snooze, spam, is it a complaint,
mute, undo.

Every write runs in a worker; the list follows when it is on disk. What was done stands below the list for a
while, with Undo.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QMenu

from gui.actions import Actions
from gui.inbox.pane import InboxPane
from gui.marks import Mark, Marks
from services.errors import ChannelError, Refused
from services.model import State

if TYPE_CHECKING:
    from gui.conversation.subject import Subject
    from gui.inbox.spam_line import Emptying
    from services.app import Shopbell
    from services.model import Conversation

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

_LABELS = {"is_complaint": "complaint", "not_complaint": "not-complaint", "not_spam": "not-spam"}


class Desk(QObject):
    """``failed(error)`` when a write was not possible."""

    failed = Signal(object)

    def __init__(self, app: Shopbell, pane: InboxPane, actions: Actions, parent: QObject) -> None:
        super().__init__(parent)
        self._app, self._pane, self._actions = app, pane, actions
        self.marks = Marks(app, self)
        self.marks.failed.connect(self.failed)
        self.marks.made.connect(pane.show_mark)
        self.marks.undone.connect(self._undone)
        self._emptying: Emptying | None = None
        pane.asked.connect(self.act)
        pane.undo_wanted.connect(self.marks.undo_mark)
        pane.empty_wanted.connect(self.empty_spam)
        actions["empty_spam"].triggered.connect(self.empty_spam)
        for name in (*_LABELS, "done", "snooze", "reopen", "spam", "mute", "open_network"):
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
        elif name in _LABELS:
            self._label(ids, _LABELS[name])
        elif name == "mute":
            self._mute(ids)
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

        def half(error: Exception) -> None:
            then(None)
            self.failed.emit(Refused("spam-not-told") if isinstance(error, ChannelError) else error)

        if state is State.SPAM:
            # Marked here in any case; where the network takes that word, it is told as well.
            self.marks.spam(wanted, then=then, failed=half)
        else:
            self.marks.mark(wanted, state, until, then=then)

    def _label(self, ids: Sequence[int], word: str) -> None:
        wanted = list(ids)
        leaves = {"not-complaint": "complaints", "not-spam": "spam"}

        def then(_: object) -> None:
            if self._pane.model.view == leaves.get(word) and not self._pane.query:
                self._pane.take_away(wanted)

        self.marks.label(wanted, word, then=then)

    def _mute(self, ids: Sequence[int]) -> None:
        wanted = list(ids)

        def then(_: object) -> None:
            if not self._pane.query and self._pane.model.view in ("new", "complaints", "closing"):
                self._pane.take_away(wanted)

        self.marks.mute_customers(wanted, then=then)

    def _undone(self, mark: Mark) -> None:
        """The rows are where they were, and the first of them is the chosen one."""
        self._pane.forget_mark(mark)
        if not self._pane.query:
            self._pane.model.reload()
            if mark.ids:
                self._pane.list.choose(mark.ids[0], quietly=len(mark.ids) > 1)

    def empty_spam(self) -> None:
        if self._emptying is None:
            from gui.inbox.spam_line import Emptying

            self._emptying = Emptying(self._app, self._pane, self.marks)
        self._emptying.ask()

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
        found = self._pane.model.row_of(ids[0])
        row = self._pane.model.conversation(found) if found >= 0 else None
        pointless = [self._actions[name] for name in (_pointless(row) if row is not None else ())]
        offered = self._actions.group("conversation")
        menu.addActions([one for one in offered if one.isEnabled() and one not in pointless])
        menu.popup(self._where())

    def _where(self) -> QPoint:
        """At the pointer when it is over the list, else at the open row."""
        view = self._pane.list
        pointer = view.viewport().mapFromGlobal(QCursor.pos())
        if view.viewport().rect().contains(pointer):
            return QCursor.pos()
        corner = view.visualRect(view.currentIndex()).bottomLeft()
        return view.viewport().mapToGlobal(corner)


def _pointless(row: Conversation) -> set[str]:
    """What would say again what is so already."""
    states = {State.NEW: "reopen", State.DONE: "done", State.SPAM: "spam"}
    names = {"is_complaint" if row.is_complaint else "not_complaint"}
    names |= {states[row.state]} if row.state in states else set()
    return names | (set() if row.state is State.SPAM else {"not_spam"})
