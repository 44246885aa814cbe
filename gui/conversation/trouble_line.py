"""What became of a wish, above the messages, until the owner has read it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QSizePolicy, QWidget

from gui.conversation.parts import IconLabel, button, label, row
from gui.icons import Icons
from gui.theme import say


class TroubleLine(QFrame):
    """``turned`` when it comes or goes: the room above the messages changes."""

    turned = Signal()

    def __init__(self, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("complaintStrip")
        self.words = label(wrap=True)
        self.close_button = button(self.tr("Close"), kind="inline")
        self.close_button.clicked.connect(self.hide)
        self._icon = IconLabel(icons, "warning", "caretx", 18)
        box = row(
            self._icon,
            self.words,
            self.close_button,
            spacing=12,
            margins=(14, 6, 10, 6),
        )
        box.setStretch(1, 1)
        box.setAlignment(self.close_button, Qt.AlignmentFlag.AlignVCenter)
        self.setLayout(box)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        self.setMinimumHeight(icons.theme.px(38))
        self.hide()

    def tell(self, words: str, *, is_trouble: bool = True) -> None:
        self._icon.set("warning" if is_trouble else "done", "caretx" if is_trouble else "accenttx")
        say(self, calm="" if is_trouble else "true")
        self.words.setText(words)
        self.setAccessibleName(words)
        self.show()
        self.turned.emit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.turned.emit()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.turned.emit()
