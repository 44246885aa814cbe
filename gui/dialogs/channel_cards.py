"""The cards of "Where do customers speak to you?": one for each channel, easiest first."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeySequence, QPainter, QPen, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from gui.badges import Badges
from gui.dialogs.channel_words import EFFORT_ROLES, effort_words, said
from gui.icons import Icons
from services.channels.base import ChannelType, Effort

CHANNEL_ROLE = Qt.ItemDataRole.UserRole + 1
LEAST_WIDTH, HEIGHT, GAP = 205, 110, 11
Index = QModelIndex | QPersistentModelIndex


class ChannelCards(QListWidget):
    picked = Signal(object)

    def __init__(self, icons: Icons, badges: Badges, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = icons.theme
        self._channels: Sequence[ChannelType] = ()
        self.setAccessibleName(self.tr("Kinds of places"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setViewMode(QListWidget.ViewMode.IconMode)
        self.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.setMovement(QListWidget.Movement.Static)
        self.setUniformItemSizes(True)
        self.setWordWrap(True)
        self.setMouseTracking(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.viewport().setAutoFillBackground(False)
        self.setItemDelegate(_Card(icons, badges, self))
        self.currentItemChanged.connect(self._picked)

    def set_channels(self, channels: Sequence[ChannelType]) -> None:
        self._channels = channels
        self.filter("")

    def filter(self, word: str) -> int:
        """Shows those whose name or summary holds the words; returns how many."""
        kept = self.channel()
        parts = word.casefold().split()
        self.blockSignals(True)
        self.clear()
        for channel in self._channels:
            text = f"{channel.title} {channel.kind} {said(channel.abilities.summary)}".casefold()
            if not all(part in text for part in parts):
                continue
            item = QListWidgetItem()
            item.setData(CHANNEL_ROLE, channel)
            effort = effort_words(channel.signin.effort)
            item.setData(
                Qt.ItemDataRole.AccessibleTextRole,
                f"{channel.title}. {said(channel.abilities.summary)}. {effort}",
            )
            self.addItem(item)
            if channel is kept:
                self.setCurrentItem(item)
        self.blockSignals(False)
        self._fit()
        return self.count()

    def channel(self) -> ChannelType | None:
        item = self.currentItem()
        return None if item is None else item.data(CHANNEL_ROLE)

    def choose(self, kind: str) -> None:
        for number in range(self.count()):
            if self.item(number).data(CHANNEL_ROLE).kind == kind:
                self.setCurrentRow(number)

    def follow(self, field: QWidget) -> None:
        """The arrow down leads from this field to the cards."""
        down = QShortcut(QKeySequence(Qt.Key.Key_Down), field)
        down.setContext(Qt.ShortcutContext.WidgetShortcut)
        down.activated.connect(self._take_keyboard)

    def _take_keyboard(self) -> None:
        self.setFocus()
        if self.count() and self.currentRow() < 0:
            self.setCurrentRow(0)

    def _picked(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.picked.emit(item.data(CHANNEL_ROLE))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """As many columns as fit beside the scroll bar, whether it is there or not: a bar that takes room
        changes the columns, and these may take the reason for the bar."""
        px = self._theme.px
        bar = self.verticalScrollBar().sizeHint().width()
        room = self.width() - 2 * self.frameWidth() - bar - 1
        columns = max(1, (room + px(GAP)) // (px(LEAST_WIDTH) + px(GAP)))
        self.setGridSize(QSize(room // columns, px(HEIGHT + GAP)))
        is_full = -(-self.count() // columns) * px(HEIGHT + GAP) > self.height()
        policy = Qt.ScrollBarPolicy
        self.setVerticalScrollBarPolicy(policy.ScrollBarAlwaysOn if is_full else policy.ScrollBarAlwaysOff)


class _Card(QStyledItemDelegate):
    def __init__(self, icons: Icons, badges: Badges, view: QListWidget) -> None:
        super().__init__(view)
        self._icons, self._badges, self._theme, self._view = icons, badges, icons.theme, view

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return self._view.gridSize()

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        px, theme = self._theme.px, self._theme
        channel: ChannelType = index.data(CHANNEL_ROLE)
        state: QStyle.StateFlag = option.state
        whole: QRect = option.rect
        card = QRectF(whole).adjusted(1, 1, -px(GAP), -px(GAP))
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        over = bool(state & QStyle.StateFlag.State_MouseOver)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(theme.color("select" if chosen else "hover" if over else "conv"))
        painter.setPen(QPen(theme.color("accenttx" if chosen else "line"), 2 if chosen else 1))
        painter.drawRoundedRect(card, px(12), px(12))
        left, top = round(card.left()) + px(15), round(card.top())
        ratio = self._view.devicePixelRatioF()
        self._badges.paint(painter, channel.badge, QRectF(left, top + px(11), px(26), px(26)), ratio)
        room = round(card.right()) - left - px(10)
        self._text(
            painter,
            channel.title,
            "read",
            600,
            "text",
            QRect(left + px(36), top + px(11), room - px(36), px(26)),
        )
        words = QRect(left, top + px(43), room, px(36))
        self._two_lines(painter, said(channel.abilities.summary), words)
        self._effort(painter, channel.signin.effort, QRect(left, top + px(82), room, px(20)), ratio)
        painter.restore()

    def _text(self, painter: QPainter, text: str, step: str, weight: int, role: str, rect: QRect) -> None:
        painter.setFont(self._theme.font(step, weight))
        painter.setPen(self._theme.color(role))
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
        painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)

    def _two_lines(self, painter: QPainter, text: str, rect: QRect) -> None:
        """Whole words over two lines; what is too long even for those ends in dots."""
        painter.setFont(self._theme.font("small"))
        painter.setPen(self._theme.color("text2"))
        metrics, kept = painter.fontMetrics(), ""
        words = text.split()
        # Two pixels less than there are: widths are rounded, and dots would come for half a pixel.
        while words and metrics.horizontalAdvance(f"{kept} {words[0]}".strip()) <= rect.width() - 2:
            kept = f"{kept} {words.pop(0)}".strip()
        rest = " ".join(words)
        line = QRect(rect.left(), rect.top(), rect.width(), rect.height() // 2)
        align = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        for part in (kept, rest):
            shown = metrics.elidedText(part, Qt.TextElideMode.ElideRight, rect.width())
            painter.drawText(line, align, shown)
            line.translate(0, line.height())

    def _effort(self, painter: QPainter, effort: Effort, rect: QRect, ratio: float) -> None:
        """One dot a minute, two dots five minutes, a clock for days, a sign for money."""
        px, role = self._theme.px, EFFORT_ROLES[effort]
        color = self._theme.color(role)
        x = rect.left()
        if effort in (Effort.MINUTE, Effort.MINUTES):
            for number in range(3):
                full = number < (1 if effort is Effort.MINUTE else 2)
                painter.setPen(QPen(color, 1))
                painter.setBrush(color if full else Qt.BrushStyle.NoBrush)
                side = px(6)
                painter.drawEllipse(QRectF(x, rect.center().y() - side / 2 + 1, side, side))
                x += px(14)
        elif effort is Effort.DAYS:
            self._icons.paint(
                painter, "clock", role, QRect(x, rect.center().y() - px(7), px(14), px(14)), ratio
            )
            x += px(19)
        else:
            self._text(painter, "$", "small", 600, role, QRect(x, rect.top(), px(12), rect.height()))
            x += px(13)
        words = QRect(x + px(2), rect.top(), rect.right() - x - px(2), rect.height())
        self._text(painter, effort_words(effort), "small", 600, role, words)
