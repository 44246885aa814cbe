"""The line below the composer: the one most important thing to say, with its remedies as words at the
right."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from gui.conversation.parts import IconLabel, button, label
from gui.icons import Icons


@dataclass(frozen=True, slots=True)
class Note:
    """``remedies`` are (key, words). ``short`` replaces the text where it does not fit."""

    text: str
    icon: str = "done"
    role: str = "text3"
    remedies: tuple[tuple[str, str], ...] = ()
    short: str = ""


class NoteLine(QWidget):
    """Never takes the focus by itself."""

    remedy = Signal(str)

    def __init__(self, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon = IconLabel(icons, "done", "text3", 14)
        self._words = label(step="small", wrap=True)
        self._buttons: list[QPushButton] = []
        self._shown = Note("")
        self._box = QHBoxLayout(self)
        self._box.setContentsMargins(2, 0, 0, 0)
        self._box.setSpacing(8)
        self._box.addWidget(self._icon)
        self._box.addWidget(self._words, 1)
        self.setMinimumHeight(icons.theme.px(24))

    @property
    def note(self) -> Note:
        return self._shown

    def show_note(self, note: Note) -> None:
        if note == self._shown:
            return
        self._shown = note
        self._icon.set(note.icon, note.role)
        # The icon carries the colour of a finding; its words stay ink, so that they read like the rest.
        self._words.setProperty("tone", "text3" if note.role == "text3" else "text2")
        self._words.style().unpolish(self._words)
        self._words.style().polish(self._words)
        for old in self._buttons:
            old.hide()
            old.deleteLater()
        self._buttons = []
        for key, words in note.remedies:
            one = button(words, kind="inline")
            one.clicked.connect(lambda checked=False, key=key: self.remedy.emit(key))
            self._box.addWidget(one)
            self._buttons.append(one)
        self._fit()

    def text(self) -> str:
        return self._shown.text

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        room = self._words.width()
        full = self._words.fontMetrics().horizontalAdvance(self._shown.text)
        narrow = bool(self._shown.short) and full > room > 1
        self._words.setText(self._shown.short if narrow else self._shown.text)
        self._words.setToolTip(self._shown.text if narrow else "")

    def minimumSizeHint(self) -> QSize:
        return QSize(1, super().minimumSizeHint().height())
