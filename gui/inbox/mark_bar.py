"""What was just done to a conversation of the list, and Undo beside it, for ten seconds."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from gui.announce import announce
from gui.conversation.parts import button, label
from gui.icons import Icons
from gui.marks import Mark

SHOWN_S = 10


class MarkBar(QWidget):
    """``undo(mark)``: the button was pressed. Takes no focus by itself."""

    undo = Signal(object)

    def __init__(self, icons: Icons, parent: QWidget) -> None:
        super().__init__(parent)
        self._mark: Mark | None = None
        self._left = 0
        self.setAccessibleName(self.tr("What was just done"))
        inner = QFrame()
        inner.setObjectName("undoBar")
        self.words = label(wrap=True)
        self.back = button(
            self.tr("Undo") + "  z", icon="undo", role="tiptx", icons=icons, name=self.tr("Undo")
        )
        self.back.setProperty("framed", True)
        self.back.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.back.clicked.connect(self._undo)
        box = QHBoxLayout(inner)
        box.setContentsMargins(14, 5, 8, 5)
        box.setSpacing(10)
        box.addWidget(self.words, 1)
        box.addWidget(self.back)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(12, 4, 12, 8)
        outer.addWidget(inner)
        self._second = QTimer(self)
        self._second.setInterval(1000)
        self._second.timeout.connect(self._tick)
        self.hide()

    def show_mark(self, mark: Mark) -> None:
        self._mark, self._left = mark, mark.seconds or SHOWN_S
        self._say()
        self.back.show()
        self.back.setAccessibleName(self.tr("Undo: {what}").format(what=self.words.text()))
        self.show()
        self._second.start()
        announce(self, self.words.text())

    def say(self, words: str) -> None:
        """Something to know, with nothing to take back."""
        self._mark, self._left = None, SHOWN_S
        self.back.hide()
        self.words.setText(words)
        self.show()
        self._second.start()
        announce(self, words)

    def forget(self, mark: Mark | None = None) -> None:
        """``mark`` None: whatever is shown."""
        if mark is None or mark is self._mark:
            self._mark = None
            self._second.stop()
            self.hide()

    def _say(self) -> None:
        if self._mark is None:
            return
        self.words.setText(self._mark.words.replace("{seconds}", str(self._left)))

    def _tick(self) -> None:
        self._left -= 1
        if self._left <= 0:
            self.forget()
        else:
            self._say()

    def _undo(self) -> None:
        if self._mark is not None:
            self.undo.emit(self._mark)
