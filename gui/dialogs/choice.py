"""A box to choose from, with the chevron that says so."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QComboBox

from gui.icons import draw

SIDE_SHARE = 0.8
"""The chevron's side, in heights of a line of text."""


class Choice(QComboBox):
    """The style sheet takes the style's own arrow away, which does not follow the theme."""

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw(painter, "chevron-down", self.chevron(), self.palette().text().color())

    def chevron(self) -> QRect:
        side = round(self.fontMetrics().height() * SIDE_SHARE)
        top = (self.height() - side) // 2
        is_left = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        return QRect(side // 2 if is_left else self.width() - side - side // 2, top, side, side)
