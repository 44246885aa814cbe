"""Above the rows: what this list is, or, while several are picked, what to do with them."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QStackedWidget, QWidget

from gui.conversation.parts import button, label
from gui.theme import Theme
from services.model import Counts


class ListHead(QStackedWidget):
    """``asked(action)`` for the picked ones: done, snooze, spam, not_spam, not_complaint."""

    asked = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._title = label(weight=600, step="read")
        self._note = label(step="small", tone="text3")
        titles = QWidget(self)
        box = QHBoxLayout(titles)
        box.setContentsMargins(theme.px(16), 0, theme.px(16), 0)
        box.setSpacing(theme.px(8))
        box.addWidget(self._title)
        box.addWidget(self._note)
        box.addStretch(1)
        self.addWidget(titles)
        self._picked = label(weight=600)
        bar = QWidget(self)
        row = QHBoxLayout(bar)
        row.setContentsMargins(theme.px(16), 0, theme.px(8), 0)
        row.setSpacing(0)
        row.addWidget(self._picked)
        row.addStretch(1)
        self._buttons: dict[str, QPushButton] = {}
        for name, text in (
            ("done", self.tr("Done")),
            ("snooze", self.tr("Snooze")),
            ("spam", self.tr("Spam")),
            ("not_spam", self.tr("Not spam")),
            ("not_complaint", self.tr("Not a complaint")),
        ):
            one = button(text, kind="link")
            one.setProperty("step", "small")
            one.clicked.connect(lambda _=False, name=name: self.asked.emit(name))
            row.addWidget(one)
            self._buttons[name] = one
        self.addWidget(bar)
        self.set_spam(is_spam=False)
        theme.changed.connect(self._fit)
        self._fit()

    def _fit(self) -> None:
        self.setFixedHeight(self._theme.px(40))

    def set_spam(self, *, is_spam: bool) -> None:
        """In the spam view, spam is put back instead."""
        for name, one in self._buttons.items():
            one.setVisible((name in ("not_spam", "done")) if is_spam else name != "not_spam")

    def set_picked(self, count: int) -> None:
        self._picked.setText(QCoreApplication.translate("ListHead", "%n selected:", "", count))
        self.setCurrentIndex(1 if count > 1 else 0)

    def say(self, title: str, note: str = "") -> None:
        self._title.setText(title)
        self._note.setText(note)
        self._fit_note()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_note()

    def _fit_note(self) -> None:
        """Where both have no room, what is less important goes."""
        needed = self._title.sizeHint().width() + self._note.sizeHint().width() + self._theme.px(40)
        self._note.setVisible(needed <= self.width())

    @property
    def title(self) -> QLabel:
        return self._title

    @property
    def note(self) -> QLabel:
        return self._note


def head_words(
    view: str, counts: Counts, *, is_searching: bool, found: int, is_deaf: bool
) -> tuple[str, str]:
    """("8 people wait for you", "complaints first"). ``is_deaf``: some source is silent, so that we cannot
    know."""

    def many(text: str, count: int) -> str:
        return QCoreApplication.translate("ListHead", text, "", count)

    def tr(text: str) -> str:
        return QCoreApplication.translate("ListHead", text)

    if is_searching:
        return (tr("Nothing found"), "") if not found else (many("%n found", found), tr("newest first"))
    size = getattr(counts, view, 0)
    if view == "new":
        if not size:
            return tr("Nobody waits"), tr("that we know of") if is_deaf else ""
        title = tr("1 person waits for you") if size == 1 else many("%n people wait for you", size)
        if is_deaf:
            return title, tr("that we know of")
        return title, tr("complaints first") if counts.complaints else tr("most urgent first")
    titles = {
        "complaints": (tr("No complaints"), tr("1 complaint"), many("%n complaints", size)),
        "closing": (tr("Nothing closes soon"), tr("1 closes soon"), many("%n close soon", size)),
        "waiting": (tr("Nobody to wait for"), tr("1 answered"), many("%n answered", size)),
        "snoozed": (tr("Nothing snoozed"), tr("1 snoozed"), many("%n snoozed", size)),
        "done": (tr("Nothing done yet"), tr("1 done"), many("%n done", size)),
        "hello": (
            tr("No new followers"),
            tr("1 new follower to greet"),
            many("%n new followers to greet", size),
        ),
        "spam": (tr("No spam"), tr("1 in spam"), many("%n in spam", size)),
    }
    none, one, several = titles.get(view, ("", "", ""))
    notes = {"complaints": tr("most urgent first"), "closing": tr("soonest first")}
    note = notes.get(view, "") if size > 1 else ""
    return (none if not size else one if size == 1 else several), note
