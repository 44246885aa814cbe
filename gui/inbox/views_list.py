"""The left pane: whose shop this is, the views, the sources, and how fresh all of it is. Narrow, it becomes
a rail of signs."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QListView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from gui.actions import Actions
from gui.badges import Badges
from gui.conversation.parts import IconLabel, button, label
from gui.icons import Icons
from gui.inbox.freshness import FreshnessLine
from gui.inbox.views_model import Entry, EntryRole, Index, ViewsModel
from gui.theme import Theme

VIEW, SOURCE, HEADING, RAIL_ITEM = 34, 30, 42, 40
WIDTH, NARROWEST, WIDEST, RAIL = 224, 180, 300, 56


class _Delegate(QStyledItemDelegate):
    def __init__(self, theme: Theme, icons: Icons, badges: Badges, parent: QObject) -> None:
        super().__init__(parent)
        self.theme, self.icons, self.badges = theme, icons, badges
        self.is_rail = False

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        heights = {"view": RAIL_ITEM if self.is_rail else VIEW, "heading": HEADING, "source": SOURCE}
        return QSize(10, self.theme.px(heights[index.data(EntryRole).kind]))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        entry = index.data(EntryRole)
        px, color = self.theme.px, self.theme.color
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = option.rect.adjusted(px(8), 0, -px(8), 0)
        is_selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if entry.kind != "heading" and (is_selected or option.state & QStyle.StateFlag.State_MouseOver):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(color("select" if is_selected else "hover"))
            painter.drawRoundedRect(box, 7, 7)
        focus = QStyle.StateFlag.State_HasFocus | QStyle.StateFlag.State_KeyboardFocusChange
        if option.state & focus == focus:
            painter.setPen(QPen(color("accenttx"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(box).adjusted(1, 1, -1, -1), 7, 7)
        ratio = option.widget.devicePixelRatioF() if isinstance(option.widget, QWidget) else 1.0
        if self.is_rail and entry.kind == "view":
            self._rail(painter, box, entry, ratio, is_selected=is_selected)
        else:
            self._line(painter, box, entry, ratio, is_selected=is_selected)
        painter.restore()

    def _line(self, painter: QPainter, box: QRect, entry: Entry, ratio: float, *, is_selected: bool) -> None:
        px, color = self.theme.px, self.theme.color
        mirror = painter.layoutDirection() == Qt.LayoutDirection.RightToLeft

        def part(x: int, width: int, height: int) -> QRect:
            left = box.right() + 1 - x - width if mirror else box.left() + x
            return QRect(left, box.center().y() + 1 - height // 2, width, height)

        if entry.kind == "heading":
            painter.setFont(self.theme.font("small", 600))
            painter.setPen(color("text3"))
            self._write(painter, part(px(10), box.width(), box.height()).translated(0, px(5)), entry.text)
            return
        if entry.known is not None:
            self.badges.paint(painter, entry.known.badge, part(px(10), px(20), px(20)), ratio)
        else:
            role = "accenttx" if is_selected else "text2"
            self.icons.paint(painter, entry.icon, role, part(px(10), px(18), px(18)), ratio)
        right = box.width() - px(10)
        side, font, role = "", self.theme.font("small", 600), "caretx"
        if entry.word:
            side = entry.word
            role = "caretx" if entry.known and entry.known.trouble == "sign-in" else "clocktx"
            role = "text3" if entry.known and entry.known.trouble == "paused" else role
        elif entry.count:
            side = f"{entry.count:,}"
            is_care = entry.view == "complaints"
            font = self.theme.font("body", 600 if is_care or is_selected else 400, tabular=True)
            role = "caretx" if is_care else "text" if is_selected else "text2"
        if side:
            width = QFontMetrics(font).horizontalAdvance(side)
            painter.setFont(font)
            painter.setPen(color(role))
            self._write(painter, part(right - width, width + 2, box.height()), side)
            right -= width + px(8)
        font = self.theme.font("body", 600 if is_selected else 400)
        painter.setFont(font)
        is_broken = entry.known is not None and entry.known.trouble == "sign-in"
        painter.setPen(color("caretx" if is_broken else "text"))
        x = px(39 if entry.known is not None else 38)
        shown = QFontMetrics(font).elidedText(entry.text, Qt.TextElideMode.ElideRight, right - x)
        self._write(painter, part(x, right - x, box.height()), shown)

    @staticmethod
    def _write(painter: QPainter, where: QRect, text: str) -> None:
        painter.drawText(where, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeading), text)

    def _rail(self, painter: QPainter, box: QRect, entry: Entry, ratio: float, *, is_selected: bool) -> None:
        px, color = self.theme.px, self.theme.color
        sign = QRect(0, 0, px(20), px(20))
        sign.moveCenter(box.center())
        self.icons.paint(painter, entry.icon, "accenttx" if is_selected else "text2", sign, ratio)
        if entry.count:
            text = str(entry.count) if entry.count < 100 else "99+"
            font = self.theme.font("small", 600)
            width = max(QFontMetrics(font).horizontalAdvance(text) + px(8), px(17))
            bubble = QRect(0, 0, width, px(17))
            bubble.moveCenter(sign.topRight())
            bubble.moveRight(min(bubble.right(), box.right() + px(2)))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(color("care" if entry.view == "complaints" else "text2"))
            painter.drawRoundedRect(bubble, bubble.height() / 2, bubble.height() / 2)
            painter.setFont(font)
            painter.setPen(color("onaccent" if entry.view == "complaints" else "list"))
            painter.drawText(bubble, Qt.AlignmentFlag.AlignCenter, text)


class ViewsList(QListView):
    """``chosen(view, account_id)``; account_id 0 for a view."""

    chosen = Signal(str, int)

    def __init__(
        self, model: ViewsModel, actions: Actions, theme: Theme, icons: Icons, badges: Badges, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.entries = model
        self._theme = theme
        self._delegate = _Delegate(theme, icons, badges, self)
        self.add = button("", kind="icon", icon="add", icons=icons, name=self.tr("Add a source"))
        # Not on the viewport: asking Qt for that one costs 12 ms before the first paint.
        self.add.setParent(self)
        self.add.clicked.connect(actions["add_source"].trigger)
        self.setAccessibleName(self.tr("Views and sources"))
        self.setModel(model)
        self.setItemDelegate(self._delegate)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setProperty("ground", "pane")
        self.setMouseTracking(True)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        model.rowsInserted.connect(self._hide_in_rail)
        theme.changed.connect(self._fit)
        self._fit()

    def _fit(self) -> None:
        self.scheduleDelayedItemsLayout()

    def _hide_in_rail(self) -> None:
        for row in range(self.entries.rowCount()):
            self.setRowHidden(row, self._delegate.is_rail and self.entries.entry(row).kind != "view")

    def set_rail(self, is_rail: bool) -> None:
        self._delegate.is_rail = is_rail
        self._hide_in_rail()
        self.add.setVisible(not is_rail)
        self.scheduleDelayedItemsLayout()
        self.update()

    def updateGeometries(self) -> None:
        super().updateGeometries()
        heading = next(
            (row for row in range(self.entries.rowCount()) if self.entries.entry(row).kind == "heading"), -1
        )
        if heading < 0 or self._delegate.is_rail:
            return
        rect = self.visualRect(self.entries.index(heading))
        side = self._theme.px(32)
        x = (
            rect.left() + self._theme.px(8)
            if self.isRightToLeft()
            else rect.right() - self._theme.px(8 + 2) - side
        )
        self.add.setGeometry(x, rect.center().y() + 1 - side // 2, side, side)

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        super().scrollContentsBy(dx, dy)
        self.updateGeometries()

    def choose(self, view: str, account_id: int | None = None) -> None:
        """Shows what is chosen without announcing it."""
        row = self.entries.row_of(view, account_id)
        if row >= 0:
            was = self.blockSignals(True)
            self.setCurrentIndex(self.entries.index(row))
            self.blockSignals(was)

    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(current, previous)
        if current.isValid() and not self.signalsBlocked():
            entry = self.entries.entry(current.row())
            self.chosen.emit(entry.view, entry.known.account.id if entry.known else 0)


class LeftPane(QWidget):
    """Head, list and freshness line, put together."""

    def __init__(
        self,
        model: ViewsModel,
        freshness: FreshnessLine,
        actions: Actions,
        menu: QMenu,
        theme: Theme,
        icons: Icons,
        badges: Badges,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setProperty("ground", "pane")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.list = ViewsList(model, actions, theme, icons, badges, self)
        self.freshness = freshness
        self.shop = label(step="read", weight=600)
        self._bell = IconLabel(icons, "shop", "accenttx", 18)
        self.menu = button("", kind="icon", icon="menu", icons=icons, name=self.tr("Menu"))
        self.menu.setMenu(menu)
        self.rail_menu = button(
            "", kind="icon", icon="shop", role="accenttx", icons=icons, name=self.tr("Menu")
        )
        self.rail_menu.setMenu(menu)
        self._head = QWidget(self)
        head = QHBoxLayout(self._head)
        head.setSpacing(theme.px(9))
        head.addWidget(self._bell)
        head.addWidget(self.shop, 1)
        head.addWidget(self.menu)
        head.addWidget(self.rail_menu)
        self._head_box = head
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._head)
        column.addWidget(self.list, 1)
        column.addWidget(freshness)
        theme.changed.connect(self._fit)
        self.set_rail(False)

    def set_rail(self, is_rail: bool) -> None:
        self.is_rail = is_rail
        self._bell.setVisible(not is_rail)
        self.shop.setVisible(not is_rail)
        self.menu.setVisible(not is_rail)
        self.rail_menu.setVisible(is_rail)
        self.list.set_rail(is_rail)
        self.freshness.set_rail(is_rail)
        self._fit()

    def _fit(self) -> None:
        px = self._theme.px
        self._head_box.setContentsMargins(px(12 if self.is_rail else 17), px(6), px(10), px(6))
        self._head.setFixedHeight(px(48))
        if self.is_rail:
            self.setFixedWidth(px(RAIL))
        else:
            self.setMinimumWidth(px(NARROWEST))
            self.setMaximumWidth(px(WIDEST))
