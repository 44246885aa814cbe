"""Above the rows of the spam view: how long it stays, and one button that empties it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication, QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMessageBox, QWidget

from gui.conversation.asked_once import ask_once
from gui.conversation.deed_words import Question
from gui.conversation.parts import button, label
from gui.jobs import Jobs
from gui.marks import Mark, Marks
from gui.theme import Theme

if TYPE_CHECKING:
    from gui.inbox.pane import InboxPane
    from services.app import Shopbell

UNDO_S = 10
PAGE = 20_000


class SpamLine(QFrame):
    """``emptied``: the button was pressed."""

    emptied = Signal()

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("ground", "raised")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.text = label(step="small", tone="text2", wrap=True)
        self.empty_button = button(self.tr("Empty spam…"), kind="link", name=self.tr("Empty spam"))
        self.empty_button.setProperty("step", "small")
        self.empty_button.clicked.connect(self.emptied)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.px(20), theme.px(2), theme.px(12), theme.px(2))
        row.addWidget(self.text, 1)
        row.addWidget(self.empty_button)
        self.hide()

    def show_for(self, *, is_spam: bool, clears: bool) -> None:
        self.setVisible(is_spam)
        self.text.setText(
            self.tr("Spam older than 30 days is cleared by itself.")
            if clears
            else self.tr("Spam stays here until you empty it.")
        )


class Emptying(QObject):
    """Asks once, waits ten seconds, then drops the texts. Quitting before leaves everything as it is."""

    def __init__(self, app: Shopbell, pane: InboxPane, marks: Marks) -> None:
        super().__init__(pane)
        self._app, self._pane, self._marks = app, pane, marks
        self._jobs = Jobs(app.run, self)
        self._soon = QTimer(self, singleShot=True, interval=UNDO_S * 1000)
        self._soon.timeout.connect(self._clear)
        self._ids: list[int] = []
        self._mark: Mark | None = None
        self.question: QMessageBox | None = None

    def ask(self) -> None:
        if self._mark is not None:
            return
        self.question = ask_once(self._pane, _question(), self._read)

    def _read(self) -> None:
        self._jobs.start(self._all_ids, then=self._begin, failed=self._marks.failed.emit)

    def _all_ids(self) -> list[int]:
        ids: list[int] = []
        after: Any = None
        while True:
            some, after = self._app.store.view_ids("spam", after=after, limit=PAGE)
            ids.extend(some)
            if after is None:
                return ids

    def _begin(self, ids: list[int]) -> None:
        if not ids:
            return
        self._ids = ids
        words = (
            self.tr("1 message in spam goes in {seconds} seconds")
            if len(ids) == 1
            else self.tr("{count} in spam go in {seconds} seconds")
        )
        self._mark = self._marks.later(words.replace("{count}", str(len(ids))), ids, self._stop, UNDO_S)
        self._hide()
        self._soon.start()

    def _hide(self) -> None:
        self._pane.model.going = frozenset(self._ids)
        if self._pane.model.view == "spam":
            self._pane.take_away(self._ids)

    def _stop(self, _: Mark) -> None:
        """Undo: nothing has happened yet."""
        self._soon.stop()
        mark, self._mark, self._ids = self._mark, None, []
        self._pane.model.going = frozenset()
        if mark is not None:
            self._marks.undone.emit(mark)

    def _clear(self) -> None:
        mark, self._mark = self._mark, None
        ids, self._ids = self._ids, []
        if mark is not None:
            self._marks.settle(mark)
        self._jobs.start(self._app.inbox.clear_spam, ids, then=self._cleared, failed=self._refused)

    def _cleared(self, _: object) -> None:
        self._pane.model.going = frozenset()

    def _refused(self, error: Exception) -> None:
        self._cleared(None)
        self._marks.failed.emit(error)


def _question() -> Question:
    return Question(
        _tr("Empty spam?"),
        _tr(
            "What was written there goes from this computer. Nobody is told, and nothing changes on the"
            " networks. What you taught stays."
        ),
        _tr("Empty spam"),
        _tr("Keep it"),
    )


def _tr(text: str) -> str:
    return QCoreApplication.translate("EmptySpam", text)
