"""The keys, drawn from the actions themselves. ``?`` shows them."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialog, QGridLayout, QLabel, QVBoxLayout, QWidget

from gui.actions import GROUPS, Actions, group_title
from gui.conversation.parts import button, label, row, scroll
from gui.geometry import size_dialog
from gui.theme import Theme


class KeysDialog(QDialog):
    def __init__(self, actions: Actions, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setWindowTitle(self.tr("Keys"))
        size_dialog(self, theme.px(720), theme.px(620))
        page = QWidget()
        grid = QGridLayout(page)
        grid.setContentsMargins(0, 0, 8, 0)
        grid.setHorizontalSpacing(theme.px(44))
        grid.setVerticalSpacing(theme.px(20))
        sections = [(group_title(name), self._rows(actions, name)) for name in GROUPS]
        sections.append((self.tr("While writing"), self._writing()))
        for number, (title, rows) in enumerate(one for one in sections if one[1]):
            grid.addWidget(self._section(title, rows), number // 2, number % 2, Qt.AlignmentFlag.AlignTop)
        for at in (0, 1):
            grid.setColumnStretch(at, 1)
        shut = button(self.tr("Close"), size="dialog")
        shut.clicked.connect(self.accept)
        box = QVBoxLayout(self)
        box.setContentsMargins(28, 24, 28, 20)
        box.setSpacing(theme.px(16))
        box.addWidget(label(self.tr("Keys"), step="head"))
        box.addWidget(scroll(page, self.tr("Keys")), 1)
        box.addLayout(row(None, shut))
        shut.setFocus()

    def _rows(self, actions: Actions, group: str) -> list[tuple[str, str]]:
        native = QKeySequence.SequenceFormat.NativeText
        rows = []
        for action in actions.group(group):
            keys = [one.toString(native) for one in action.shortcuts()]
            if keys:
                rows.append((action.text().rstrip("…"), ", ".join(keys)))
        return rows

    def _writing(self) -> list[tuple[str, str]]:
        native = QKeySequence.SequenceFormat.NativeText
        return [
            (self.tr("Send"), QKeySequence("Ctrl+Return").toString(native)),
            (self.tr("Send and close"), QKeySequence("Ctrl+Shift+Return").toString(native)),
            (self.tr("Use a template"), "/"),
        ]

    def _section(self, title: str, rows: list[tuple[str, str]]) -> QWidget:
        part = QWidget()
        grid = QGridLayout(part)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(self._theme.px(4))
        grid.addWidget(label(title, step="small", tone="text3", weight=600), 0, 0, 1, 2)
        for number, (words, keys) in enumerate(rows, 1):
            what: QLabel = label(words, wrap=True)
            shown = label(keys, step="small", tone="text2")
            shown.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            grid.addWidget(what, number, 0)
            grid.addWidget(shown, number, 1)
        grid.setColumnStretch(0, 1)
        return part
