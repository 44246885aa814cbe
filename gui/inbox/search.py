"""The search field above the list: as one types, newest first, always off the GUI thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from gui.icons import Icons
from gui.jobs import Jobs
from gui.theme import Theme

if TYPE_CHECKING:
    from services.app import Shopbell
    from services.model import Page

FOUND = 50
PAUSE_MS = 8


class SearchField(QLineEdit):
    """``found(query, page)`` for the newest query only; ``renewed(page)`` what the same query finds after
    messages arrived; ``ended`` when the field is empty again;
    ``left_down`` when the owner wants into the list; ``failed`` with the store's error."""

    found = Signal(str, object)
    renewed = Signal(object)
    ended = Signal()
    left_down = Signal()
    failed = Signal(object)

    def __init__(self, app: Shopbell, theme: Theme, icons: Icons, parent: QWidget) -> None:
        super().__init__(parent)
        self._app, self._theme, self._icons = app, theme, icons
        self._jobs = Jobs(app.run, self)
        self._asked = ""
        self._is_asking = False
        self._answered = ""
        self.setPlaceholderText(self.tr("Search everything"))
        self.setAccessibleName(self.tr("Search everything"))
        self.setProperty("search", True)
        self._pause = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._pause.timeout.connect(self._ask)
        self.textChanged.connect(self._typed)
        theme.changed.connect(self._fit)
        self._fit()

    def _fit(self) -> None:
        self.setTextMargins(self._theme.px(26), 0, self._theme.px(24), 0)

    def _typed(self, text: str) -> None:
        if not text.strip():
            self._pause.stop()
            if self._asked:
                self._asked = self._answered = ""
                self.ended.emit()
            return
        self._pause.start()

    def stop(self) -> None:
        self._pause.stop()
        self._asked = self._answered = ""

    def again(self) -> None:
        """The messages changed while a search is shown."""
        if self._asked:
            self._ask()

    def _ask(self) -> None:
        query = self.text().strip()
        if not query:
            return
        self._asked = query
        if self._is_asking:
            return
        self._is_asking = True

        def then(page: Page) -> None:
            self._is_asking = False
            if not self._asked:
                return
            if query != self._asked:
                self._ask()
                return
            if query == self._answered:
                self.renewed.emit(page)
                return
            self._answered = query
            self.found.emit(query, page)

        def failed(error: Exception) -> None:
            self._is_asking = False
            self.failed.emit(error)

        self._jobs.start(self._app.store.search, query, limit=FOUND, then=then, failed=failed)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.clear()
            self.left_down.emit()
        elif event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.left_down.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        px = self._theme.px
        middle = self.rect().center().y() + 1
        side = px(18)
        where = QRect(px(11), middle - side // 2, side, side)
        if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            where.moveRight(self.width() - px(11))
        self._icons.paint(painter, "search", "text3", where, self.devicePixelRatioF())
        if not self.text() and not self.hasFocus():
            key = QRect(self.width() - px(31), middle - px(10), px(20), px(20))
            if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
                key.moveLeft(px(11))
            painter.setPen(self._theme.color("line"))
            painter.setBrush(self._theme.color("raised"))
            painter.drawRoundedRect(key, 4, 4)
            painter.setFont(self._theme.font("small"))
            painter.setPen(self._theme.color("text3"))
            painter.drawText(key, Qt.AlignmentFlag.AlignCenter, "/")
        painter.end()
