"""One plain sentence about something that did not work, when it has no better place."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from gui.conversation.parts import button, label
from gui.theme import Theme


class TroubleDialog(QDialog):
    def __init__(self, theme: Theme, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Shopbell")
        self.setAccessibleName(text)
        self.text = label(text, step="read", wrap=True)
        self.close_button = button(self.tr("Close"), kind="strong", size="dialog")
        self.close_button.clicked.connect(self.accept)
        self.close_button.setDefault(True)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.close_button)
        column = QVBoxLayout(self)
        margin = theme.px(28)
        column.setContentsMargins(margin, margin, margin, theme.px(20))
        column.setSpacing(theme.px(20))
        column.addWidget(self.text, 1)
        column.addLayout(row)
        # Without a width a wrapped label asks for the height it would have in a narrow column.
        self.text.setMinimumWidth(theme.px(384))
        self.setMinimumWidth(theme.px(440))

    @classmethod
    def tell(cls, theme: Theme, text: str, parent: QWidget) -> None:
        """Without stopping anything; the same sentence is not shown twice at once."""
        for one in parent.findChildren(cls):
            if one.isVisible() and one.text.text() == text:
                return
        dialog = cls(theme, text, parent)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
