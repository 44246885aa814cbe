"""A start that finds another one on the same profile: it hands over what it was started for, and leaves."""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from gui.conversation.parts import button, label
from gui.icons import app_icon
from gui.single import ANSWER_MS, Call, Single
from gui.theme import Theme
from services.paths import Paths, locate

SOON_MS, LATER_MS = 1_500, 6_500
"""A first one that was started a moment ago does not listen before its window is painted."""


def hand_over(single: Single, call: Call, *, is_quiet: bool) -> int | None:
    """The exit code of this start; None when it is the first one after all. ``is_quiet``: nobody is asked
    anything, because nobody is there who started it."""
    while True:
        answer = _call(single, call)
        if answer == "answered":
            return 0
        if answer == "gone":
            return None
        if is_quiet:
            return 1
        dialog = Unanswered()
        dialog.exec()
        if dialog.choice == "end" and (single.end_first() or single.is_first()):
            return None
        if dialog.choice == "close":
            return 1


def _call(single: Single, call: Call) -> str:
    """``answered``, ``silent``, or ``gone``: nobody is there any more, and this start is the first."""
    for patience in (SOON_MS, LATER_MS):
        answer = single.call_first(call, patience)
        if answer != "nobody":
            return answer
        if single.is_first() or single.is_orphan():
            return "gone"
    return "silent"


def quit_first(profile: Path | None, *, answer_ms: int = ANSWER_MS) -> int:
    """Ends the open window of the profile, and that of its sample shop; for an installer. 0 when none is
    open afterwards."""
    _ = QCoreApplication.instance() or QCoreApplication(sys.argv[:1])
    home = locate(profile)
    for folder in (home, home / "sample"):
        if not folder.is_dir():
            continue
        single = Single(Paths(folder).lock, answer_ms=answer_ms)
        if single.is_first():
            single.close()
            continue
        answer = single.call_first(Call("quit"), SOON_MS)
        if (answer == "nobody" and single.is_orphan()) or (answer == "answered" and single.wait_for_end()):
            single.close()
            continue
        print("shopbell: Shopbell is open and does not answer. Close it first.", file=sys.stderr)
        return 1
    return 0


class Unanswered(QDialog):
    """``choice``: again, end or close."""

    def __init__(self, theme: Theme | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        if theme is None:
            theme = Theme("system", parent=self)
            theme.apply()
        self.choice = "close"
        self.setWindowTitle("Shopbell")
        self.setWindowIcon(app_icon())
        title = label(self.tr("Shopbell is open, but it does not answer."), step="head", wrap=True)
        text = label(
            self.tr(
                "It may be busy for a moment. If it stays like this, end it and start it again."
                " Your messages are safe."
            ),
            step="read",
            tone="text2",
            wrap=True,
        )
        self.setAccessibleName(f"{title.text()} {text.text()}")
        self.again = button(self.tr("Try again"), kind="strong", size="dialog")
        self.end = button(self.tr("End it and start again"), size="dialog")
        close = button(self.tr("Close"), kind="quiet", size="dialog")
        self.again.setDefault(True)
        for one, choice in ((self.again, "again"), (self.end, "end"), (close, "close")):
            one.clicked.connect(lambda _=False, choice=choice: self._chosen(choice))
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.px(8))
        for one in (self.again, self.end, close):
            buttons.addWidget(one)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(*([theme.px(28)] * 4))
        column.setSpacing(theme.px(12))
        column.addWidget(title)
        column.addWidget(text)
        column.addSpacing(theme.px(8))
        column.addLayout(buttons)
        text.setMinimumWidth(theme.px(420))
        self.setMinimumWidth(theme.px(476))

    def _chosen(self, choice: str) -> None:
        self.choice = choice
        self.accept()
