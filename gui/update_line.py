"""Below the rows, quietly: a newer version is there. And, when asked, what is new in it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from gui.conversation.links import open_link
from gui.conversation.parts import button, label, row
from gui.icons import Icons
from gui.theme import Theme
from gui.update_words import is_there
from services.updates import DOWNLOADS, Looked


class UpdateLine(QFrame):
    """``asked``: what is new; ``dismissed``: not this version again."""

    asked = Signal()
    dismissed = Signal()

    def __init__(self, theme: Theme, icons: Icons, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("ground", "raised")
        self.text = label(step="small", tone="text2", wrap=True)
        self.news = button(self.tr("What is new"), kind="link")
        self.news.setProperty("step", "small")
        self.news.clicked.connect(self.asked)
        self.shut = button("", kind="icon", icon="close", icons=icons, name=self.tr("Not this version"))
        self.shut.clicked.connect(self.dismissed)
        box = QHBoxLayout(self)
        box.setContentsMargins(theme.px(20), theme.px(2), theme.px(8), theme.px(2))
        box.addWidget(self.text, 1)
        box.addWidget(self.news)
        box.addWidget(self.shut)
        self.hide()

    def show_for(self, newer: Looked | None) -> None:
        self.setVisible(newer is not None)
        if newer is not None:
            self.text.setText(is_there(newer.version))
            self.setAccessibleName(self.text.text())


class NewsDialog(QDialog):
    """What is new, as plain text, and the way to the page where it can be fetched."""

    def __init__(self, theme: Theme, newer: Looked, running: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("What is new"))
        self.setAccessibleName(is_there(newer.version))
        title = label(is_there(newer.version), step="head", wrap=True)
        have = label(self.tr("You have {version}.").format(version=running), tone="text2", wrap=True)
        self.lines = label("\n".join(f"• {one}" for one in newer.news), step="read", wrap=True)
        self.lines.setVisible(bool(newer.news))
        about = label(
            self.tr("Shopbell never installs anything by itself. Your messages and settings stay."),
            step="small",
            tone="text3",
            wrap=True,
        )
        self.page = button(self.tr("Open the download page"), kind="strong", size="dialog")
        self.page.clicked.connect(self._open)
        later = button(self.tr("Later"), size="dialog")
        later.clicked.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(*([theme.px(28)] * 4))
        column.setSpacing(theme.px(12))
        for one in (title, have, self.lines, about):
            column.addWidget(one)
        column.addLayout(row(None, later, self.page))
        self.page.setDefault(True)
        self.setMinimumWidth(theme.px(480))

    def _open(self) -> None:
        open_link(DOWNLOADS)
        self.accept()
