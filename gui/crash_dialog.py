"""Something of ours went wrong: what it means for the owner, and a report to look at and to copy."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QVBoxLayout

from gui.announce import announce
from gui.conversation.parts import button, label, set_words
from gui.theme import Theme

MOST_REPORTS = 3
COPIED_MS = 4_000


class CrashDialog(QDialog):
    """``restart`` None: there is nothing to start again. ``leave``: the words on the button that closes it.

    More reports can be added while it is open; it stays one dialog."""

    def __init__(
        self, theme: Theme, title: str, text: str, report: str, restart: Callable[[], None] | None, leave: str
    ) -> None:
        super().__init__()
        self._theme = theme
        self._reports = [report]
        self.setWindowTitle("Shopbell")
        self.setAccessibleName(title)
        self.title = label(title, step="head", wrap=True)
        self.text = label(text, step="read", tone="text2", wrap=True)
        self.about = label(
            self.tr(
                "For whoever mends Shopbell. No names, no passwords and nothing customers wrote is in it. "
                "It goes nowhere unless you send it."
            ),
            step="small",
            tone="text3",
            wrap=True,
        )
        self.about.hide()
        self.details = QPlainTextEdit(report)
        self.details.setReadOnly(True)
        self.details.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.details.setAccessibleName(self.tr("Report"))
        self.details.setMinimumHeight(theme.px(240))
        self.details.hide()
        self.restart = button(self.tr("Restart"), kind="strong", size="dialog")
        self.restart.setVisible(restart is not None)
        if restart is not None:
            self.restart.clicked.connect(restart)
        self.show_details = button(self.tr("Show details"), size="dialog")
        self.show_details.clicked.connect(self._unfold)
        self.copy = button(self.tr("Copy the report"), size="dialog")
        self.copy.clicked.connect(self._copy)
        self.go_on = button(leave, kind="quiet", size="dialog")
        self.go_on.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.px(8))
        for one in (self.restart, self.show_details, self.copy, self.go_on):
            buttons.addWidget(one)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(*([theme.px(28)] * 4))
        column.setSpacing(theme.px(12))
        for part in (self.title, self.text, self.about, self.details):
            column.addWidget(part)
        column.addLayout(buttons)
        self.setMinimumWidth(theme.px(520))

    def add(self, report: str) -> None:
        """One more went wrong while this stood open."""
        if len(self._reports) < MOST_REPORTS and report not in self._reports:
            self._reports.append(report)
            self.details.setPlainText("\n\n".join(self._reports))

    def _unfold(self) -> None:
        self.show_details.hide()
        self.about.show()
        self.details.show()
        self.details.setFocus()
        self.resize(max(self.width(), self._theme.px(680)), self.sizeHint().height())

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.details.toPlainText())
        set_words(self.copy, self.tr("Copied"))
        announce(self.copy, self.copy.text())
        QTimer.singleShot(COPIED_MS, self, lambda: set_words(self.copy, self.tr("Copy the report")))
