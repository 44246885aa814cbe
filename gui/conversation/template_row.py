"""One template in the picker, painted: its number, its name and shortcut, how it would read, how often it
was used."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from gui.theme import Theme

OFFER_ROLE = Qt.ItemDataRole.UserRole + 1
Index = QModelIndex | QPersistentModelIndex


class TemplateRow(QStyledItemDelegate):
    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    @staticmethod
    def height(theme: Theme) -> int:
        return theme.px(57)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(100, self.height(self._theme))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        theme, px = self._theme, self._theme.px
        offer = index.data(OFFER_ROLE)
        number = index.data(Qt.ItemDataRole.UserRole + 2)
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
            chosen = bool(state & QStyle.StateFlag.State_Selected)
            painter.setBrush(theme.color("select" if chosen else "hover"))
            painter.drawRoundedRect(QRectF(rect), px(7), px(7))
        left = rect.left() + px(12)
        if number and number <= 9:
            key = QRectF(left, rect.center().y() - px(10), px(20), px(20))
            painter.setPen(theme.color("line"))
            painter.setBrush(theme.color("raised"))
            painter.drawRoundedRect(key, px(5), px(5))
            painter.setFont(theme.font("small"))
            painter.setPen(theme.color("text2"))
            painter.drawText(key, Qt.AlignmentFlag.AlignCenter, str(number))
        left += px(30)
        right = rect.right() - px(12)
        used = offer.template.used
        if used:
            words = self.tr("used once") if used == 1 else self.tr("used {count} times").format(count=used)
            painter.setFont(theme.font("small"))
            painter.setPen(theme.color("text3"))
            width = painter.fontMetrics().horizontalAdvance(words)
            painter.drawText(
                QRect(right - width, rect.top(), width + 1, rect.height()),
                Qt.AlignmentFlag.AlignVCenter,
                words,
            )
            right -= width + px(12)
        self._words(painter, offer, QRect(left, rect.top(), max(1, right - left), rect.height()))
        painter.restore()

    def _words(self, painter: QPainter, offer: object, room: QRect) -> None:
        theme, px = self._theme, self._theme.px
        template = offer.template  # type: ignore[attr-defined]
        elide = Qt.TextElideMode.ElideRight
        painter.setFont(theme.font("body", 600))
        metrics = painter.fontMetrics()
        name = metrics.elidedText(template.name, elide, room.width())
        painter.setPen(theme.color("text"))
        base = room.top() + px(9) + metrics.ascent()
        painter.drawText(room.left(), base, name)
        after = metrics.horizontalAdvance(name) + px(6)
        painter.setFont(theme.font("small"))
        painter.setPen(theme.color("text3"))
        if template.shortcut and after < room.width():
            short = painter.fontMetrics().elidedText("/" + template.shortcut, elide, room.width() - after)
            painter.drawText(room.left() + after, base, short)
        painter.setPen(theme.color("text2"))
        preview = painter.fontMetrics().elidedText(offer.preview(), elide, room.width())  # type: ignore[attr-defined]
        painter.drawText(room.left(), room.top() + px(31) + painter.fontMetrics().ascent(), preview)
