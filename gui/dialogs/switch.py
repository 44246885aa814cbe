"""Switches and ticks: check boxes painted as the design has them; role, keys and states stay Qt's."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QCheckBox, QWidget

from gui.theme import Theme


class _Painted(QCheckBox):
    def __init__(self, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setAccessibleName(name)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        theme.changed.connect(self.updateGeometry)

    def hitButton(self, position: QPoint) -> bool:
        return self.rect().contains(position)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def _focus_ring(self, painter: QPainter, around: QRectF, radius: float) -> None:
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self._theme.color("accenttx"), 2))
            painter.drawRoundedRect(around.adjusted(-3, -3, 3, 3), radius + 3, radius + 3)


class Switch(_Painted):
    """On is green with the knob at the right, off an outline with a grey knob at the left."""

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(48), self._theme.px(32))

    def paintEvent(self, event: QPaintEvent) -> None:
        px, theme, on = self._theme.px, self._theme, self.isChecked()
        track = QRectF(0, 0, px(40), px(24))
        track.moveCenter(QRectF(self.rect()).center())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.color("accent" if on else "edge"), 1))
        painter.setBrush(theme.color("accent" if on else "field"))
        painter.drawRoundedRect(track, track.height() / 2, track.height() / 2)
        side = px(16)
        at_right = on != self.isRightToLeft()
        x = track.right() - px(4) - side if at_right else track.left() + px(4)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("onaccent" if on else "edge"))
        painter.drawEllipse(QRectF(x, track.center().y() - side / 2, side, side))
        self._focus_ring(painter, track, track.height() / 2)
        painter.end()


class Tick(_Painted):
    """A box of 20 with a tick in it."""

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(28), self._theme.px(32))

    def paintEvent(self, event: QPaintEvent) -> None:
        px, theme, on = self._theme.px, self._theme, self.isChecked()
        box = QRectF(0, 0, px(20), px(20))
        box.moveCenter(QRectF(self.rect()).center())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.color("accent" if on else "edge"), 1))
        painter.setBrush(theme.color("accent" if on else "field"))
        painter.drawRoundedRect(box, px(5), px(5))
        if on:
            pen = QPen(theme.color("onaccent"), px(2))
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
            painter.setPen(pen)
            side = box.width()
            points = [
                QPointF(box.x() + side * x, box.y() + side * y)
                for x, y in ((0.25, 0.52), (0.43, 0.7), (0.76, 0.32))
            ]
            painter.drawPolyline(points)
        self._focus_ring(painter, box, px(5))
        painter.end()
