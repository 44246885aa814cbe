"""One conversation, painted: 384 x 100 at 100 % (``docs/notes``: the drawing measured), everything from one
object.

Laid-out lines are kept per conversation until its row, the width or the theme changes.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from typing import NamedTuple

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen, QTextLayout, QTextOption
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from gui.badges import Badges
from gui.book import GREY, Book
from gui.icons import Icons
from gui.inbox import words
from gui.inbox.model import InboxModel, RowRole
from gui.inbox.times import Mark, closing_mark, time_mark
from gui.theme import Theme
from services.model import Conversation, State

ROW, COMPACT = 100, 62
BADGE_X, TEXT_X, RIGHT = 21, 54, 14
HOVER_ACTIONS = (("done", "done"), ("later", "snooze"), ("more", "more"))
HOVER_SIDE = 32
LINES_KEPT = 300
_LTR = QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere


class _Lines(NamedTuple):
    row: Conversation
    lines: tuple[str, ...]


class ConversationDelegate(QStyledItemDelegate):
    """``hover_row`` shows its actions, ``open_id`` is the conversation at the right, ``is_picking`` shows
    tick boxes."""

    def __init__(
        self, theme: Theme, icons: Icons, badges: Badges, book: Book, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.theme, self.icons, self.badges, self.book = theme, icons, badges, book
        self.compact = False
        self.hover_row = -1
        self.is_picking = False
        self._kept: OrderedDict[tuple[int, int], _Lines] = OrderedDict()
        theme.changed.connect(self._kept.clear)

    # sizes

    def set_compact(self, is_compact: bool) -> None:
        self.compact = is_compact
        self._kept.clear()

    def row_height(self) -> int:
        return self.theme.px(COMPACT if self.compact else ROW)

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(option.rect.width(), self.row_height())

    def hover_rects(self, row: QRect) -> list[QRect]:
        """Where Done, Snooze and more are in the row under the pointer."""
        side = self.theme.px(HOVER_SIDE)
        top = row.top() + self.theme.px(5)
        right = row.right() + 1 - self.theme.px(8)
        count = len(HOVER_ACTIONS)
        return [QRect(right - side * (count - number), top, side, side) for number in range(count)]

    # painting

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        widget = option.widget
        row = index.data(RowRole)
        is_selected = bool(option.state & QStyle.StateFlag.State_Selected)
        # State_Active is also off while the keyboard is in another pane, and the open row is still the open
        # row then.
        is_active = not isinstance(widget, QWidget) or widget.window().isActiveWindow()
        is_hover = index.row() == self.hover_row
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = "select" if is_selected else "hover" if is_hover else "list"
        if is_selected and not is_active:
            ground = "selectoff"
        # Filled by drawing: asking fillRect once makes PySide build the 180 names of Qt's gradients.
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.theme.color(ground))
        painter.drawRect(option.rect)
        painter.setBrush(self.theme.color("line"))
        painter.drawRect(QRect(option.rect.left(), option.rect.bottom(), option.rect.width(), 1))
        if row is not None:
            model = index.model()
            assert isinstance(model, InboxModel)
            ratio = widget.devicePixelRatioF() if isinstance(widget, QWidget) else 1.0
            _Painting(self, painter, option.rect, row, model, ratio, is_selected=is_selected).run()
        if is_hover and row is not None and not self.is_picking:
            self._paint_hover(painter, option, ground)
        if (
            option.state & QStyle.StateFlag.State_HasFocus
            and option.state & QStyle.StateFlag.State_KeyboardFocusChange
        ):
            pen = QPen(self.theme.color("accenttx"), 2)
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(option.rect).adjusted(1, 1, -1, -2))
        painter.restore()

    def _paint_hover(self, painter: QPainter, option: QStyleOptionViewItem, ground: str) -> None:
        rects = self.hover_rects(option.rect)
        ratio = option.widget.devicePixelRatioF() if isinstance(option.widget, QWidget) else 1.0
        painter.fillRect(
            rects[0].united(rects[-1]).adjusted(-4, 0, 0, -self.theme.px(6)), self.theme.color(ground)
        )
        side = self.theme.px(18)
        for rect, (icon, _) in zip(rects, HOVER_ACTIONS, strict=True):
            inner = QRect(0, 0, side, side)
            inner.moveCenter(rect.center())
            self.icons.paint(painter, icon, "text", inner, ratio)

    # text

    def lines(self, row: Conversation, width: int, text: str) -> tuple[str, ...]:
        """The two lines of what was said; only the last one is elided."""
        key = (row.id, width)
        kept = self._kept.get(key)
        if kept is not None and kept.row is row:
            self._kept.move_to_end(key)
            return kept.lines
        lines = break_lines(text, self.theme, width, 1 if self.compact else 2)
        self._kept[key] = _Lines(row, lines)
        while len(self._kept) > LINES_KEPT:
            self._kept.popitem(last=False)
        return lines


def break_lines(text: str, theme: Theme, width: int, count: int) -> tuple[str, ...]:
    """Breaks at words by Qt's own rules; the last of ``count`` lines is elided."""
    text = " ".join(text[:600].split())
    font = theme.font("body")
    metrics = QFontMetrics(font)
    if count == 1 or metrics.horizontalAdvance(text) <= width:
        return (metrics.elidedText(text, Qt.TextElideMode.ElideRight, width),)
    layout = QTextLayout(text, font)
    wrapping = QTextOption()
    wrapping.setWrapMode(_LTR)
    layout.setTextOption(wrapping)
    layout.beginLayout()
    lines: list[str] = []
    while len(lines) < count:
        line = layout.createLine()
        if not line.isValid():
            break
        line.setLineWidth(width)
        start = line.textStart()
        if len(lines) == count - 1:
            lines.append(metrics.elidedText(_utf16(text, start), Qt.TextElideMode.ElideRight, width))
        else:
            lines.append(_utf16(text, start, line.textLength()).rstrip())
    layout.endLayout()
    return tuple(lines)


def _utf16(text: str, start: int, length: int | None = None) -> str:
    """A slice by Qt's counting: UTF-16 units, where an emoji is two."""
    if text.isascii() or all(ord(one) < 0x10000 for one in text):
        return text[start:] if length is None else text[start : start + length]
    raw = text.encode("utf-16-le", "surrogatepass")
    part = raw[start * 2 :] if length is None else raw[start * 2 : (start + length) * 2]
    return part.decode("utf-16-le", "replace")


class _Painting:
    """The painting of one row; lives for one call."""

    def __init__(
        self,
        delegate: ConversationDelegate,
        painter: QPainter,
        rect: QRect,
        row: Conversation,
        model: InboxModel,
        ratio: float,
        *,
        is_selected: bool,
    ) -> None:
        self.d, self.p, self.row, self.ratio = delegate, painter, row, ratio
        self.theme = delegate.theme
        self.px = delegate.theme.px
        self.rect = rect
        self.known = delegate.book.get(row.account_id)
        self.now = model.now()
        self.folds = model.folds
        self.is_selected = is_selected
        self.mirror = painter.layoutDirection() == Qt.LayoutDirection.RightToLeft
        is_spam = row.state is State.SPAM
        self.is_complaint = row.is_complaint and row.waiting_since is not None and not is_spam
        self.left = self.px(TEXT_X)
        self.right = rect.width() - self.px(RIGHT)

    def box(self, x: float, y: float, width: float, height: float) -> QRect:
        """Row coordinates to the view's; mirrored where one reads from the right."""
        if self.mirror:
            x = self.rect.width() - x - width
        return QRect(round(self.rect.left() + x), round(self.rect.top() + y), round(width), round(height))

    def run(self) -> None:
        px = self.px
        if self.is_complaint:
            self.p.setPen(Qt.PenStyle.NoPen)
            self.p.setBrush(self.theme.color("caremark"))
            self.p.drawRect(self.box(0, 0, px(4), self.rect.height() - 1))
        if self.row.unread:
            self.p.setPen(Qt.PenStyle.NoPen)
            self.p.setBrush(self.theme.color("accenttx"))
            self.p.drawEllipse(QRectF(self.box(px(9), px(21), px(8), px(8))))
        side = px(24)
        where = self.box(px(BADGE_X), px(13), side, side)
        if self.d.is_picking:
            self._tick(QRectF(where).adjusted(px(3), px(3), -px(3), -px(3)))
        else:
            self.d.badges.paint(self.p, self.known.badge if self.known else GREY, where, self.ratio)
        edge = self._mark(time_mark(self.row, self.now), px(11), px(20), "body")
        weight = 600 if self.row.unread else 500
        self._text(
            words.customer(self.row),
            self.left,
            px(11),
            edge - self.left - px(8),
            px(20),
            "read",
            weight,
            "text",
        )
        if self.d.compact:
            self._compact_line()
            return
        edge = self._mark(closing_mark(self.row, self.now), px(32), px(18), "small")
        self._place(px(32), edge)
        width = self.right - self.left
        text = f"{words.stars(self.row)} {words.said(self.row, folds=self.folds)}".strip()
        tone = "text" if self.row.unread else "text2"
        for number, line in enumerate(self.d.lines(self.row, width, text)):
            self._text(line, self.left, px(52 + 19 * number), width + px(RIGHT), px(19), "body", 400, tone)

    def _compact_line(self) -> None:
        px = self.px
        used = self._place(px(34), self.left + (self.right - self.left) * 0.45)
        start = used + px(8)
        text = f"{words.stars(self.row)} {words.said(self.row, folds=self.folds)}".strip()
        tone = "text" if self.row.unread else "text2"
        width = int(self.right - start)
        for line in self.d.lines(self.row, width, text):
            self._text(line, start, px(34), width + px(RIGHT), px(18), "body", 400, tone)

    def _place(self, y: int, edge: float) -> float:
        """The second line; returns where it ends."""
        px, x = self.px, float(self.left)
        lead, role = "", ""
        rest = words.place(self.row, folds=self.folds)
        if self.is_complaint:
            side = px(14)
            self.d.icons.paint(self.p, "complaint", "caretx", self.box(x, y + px(2), side, side), self.ratio)
            x += side + px(4)
            lead, role, rest = self.d.tr("Complaint"), "caretx", words.topic(self.row, folds=self.folds)
        elif self.row.has_draft:
            lead, role, rest = self.d.tr("Draft"), "accenttx", self.row.title or rest
        if lead:
            x += self._text(lead, x, y, edge - x, px(18), "small", 600, role)
            rest = f" · {rest}" if rest else ""
        return x + self._text(rest, x, y, edge - x - px(8), px(18), "small", 400, "text3")

    def _mark(self, mark: Mark | None, y: int, height: int, step: str) -> float:
        """Right-aligned sign and words; returns the x where they begin."""
        if mark is None:
            return float(self.right)
        px = self.px
        weight = 600 if mark.is_strong else 400
        font = self.theme.font("small" if not mark.is_strong else step, weight, tabular=True)
        width = QFontMetrics(font).horizontalAdvance(mark.text)
        x = self.right - width
        self.p.setFont(font)
        self.p.setPen(self.theme.color(mark.role))
        self.p.drawText(self.box(x - 2, y, width + 4, height), Qt.AlignmentFlag.AlignCenter, mark.text)
        side = px(14)
        if mark.icon == "none":
            return x
        x -= side + px(5)
        where = self.box(x, y + (height - side) / 2, side, side)
        if mark.dial is not None:
            paint_dial(self.p, QRectF(where), mark.dial, self.theme.color(mark.role))
        else:
            self.d.icons.paint(self.p, mark.icon, mark.role, where, self.ratio)
        return x

    def _text(
        self, text: str, x: float, y: int, width: float, height: int, step: str, weight: int, role: str
    ) -> int:
        """One line, elided to ``width``; returns how wide it became."""
        if not text or width <= 0:
            return 0
        font = self.theme.font(step, weight)
        metrics = QFontMetrics(font)
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(width))
        self.p.setFont(font)
        self.p.setPen(self.theme.color(role))
        aligned = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeading
        self.p.drawText(self.box(x, y, width, height), int(aligned) | int(Qt.TextFlag.TextSingleLine), shown)
        return min(metrics.horizontalAdvance(shown), int(width))

    def _tick(self, box: QRectF) -> None:
        """Instead of the badge while several are picked."""
        self.p.setPen(QPen(self.theme.color("edge"), 1.5))
        self.p.setBrush(self.theme.color("accent" if self.is_selected else "field"))
        self.p.drawRoundedRect(box, 4, 4)
        if self.is_selected:
            self.d.icons.paint(self.p, "done", "onaccent", box.adjusted(1, 1, -1, -1), self.ratio)


def paint_dial(painter: QPainter, box: QRectF, filled: float, color: QColor) -> None:
    """A ring with a pie that grows clockwise from the top; a full disc from eight hours on."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    inner = box.adjusted(0.5, 0.5, -0.5, -0.5)
    if filled >= 1:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        painter.drawEllipse(inner)
    else:
        width = box.width() / 14 * 1.5
        half = width / 2
        painter.setPen(QPen(color, width))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(inner.adjusted(half, half, -half, -half))
        gap = box.width() / 14 * 2.6
        pie = inner.adjusted(gap, gap, -gap, -gap)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        angle = max(math.ceil(filled * 360), 6)
        painter.drawPie(pie, 90 * 16, -angle * 16)
    painter.restore()
