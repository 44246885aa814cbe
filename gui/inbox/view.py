"""The list itself: a table of one column with fixed rows, because that view costs the same for ten rows and
a million."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QItemSelectionModel, QModelIndex, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QContextMenuEvent, QCursor, QFocusEvent, QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QScrollBar,
    QTableView,
    QWidget,
)

from gui.inbox.delegate import HOVER_ACTIONS, ConversationDelegate
from gui.inbox.model import InboxModel, Index
from gui.theme import Theme

HOVER_MS = 150


class ConversationList(QTableView):
    """``opened(id)``: the current conversation (0: none). ``written(id)``: Enter or a double click wants to
    write. ``asked(action, id)``: one of the actions under the pointer. ``picked(n)``: how many are
    selected."""

    opened = Signal(int)
    written = Signal(int)
    asked = Signal(str, int)
    picked = Signal(int)

    def __init__(
        self, model: InboxModel, delegate: ConversationDelegate, theme: Theme, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.rows = model
        self._delegate = delegate
        self._theme = theme
        self.setAccessibleName(self.tr("Conversations"))
        self.setModel(model)
        self.setItemDelegate(delegate)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setProperty("ground", "list")
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        for header in (self.horizontalHeader(), self.verticalHeader()):
            header.setAccessibleName(self.tr("Conversations"))
            header.hide()
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.horizontalHeader().setMinimumSectionSize(1)
        self.verticalHeader().setMinimumSectionSize(1)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # The bar lies over the margin of the rows, so that they keep their width whether it is there or not.
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._bar = QScrollBar(Qt.Orientation.Vertical, self)
        self._bar.setAccessibleName(self.tr("Scroll the conversations"))
        for corner in self.findChildren(QAbstractButton):
            # Qt's own button in the corner; never shown, but a screen reader would find it.
            corner.setAccessibleName(self.tr("Choose all conversations"))
            corner.hide()
        own = self.verticalScrollBar()
        own.rangeChanged.connect(self._fit_bar)
        own.valueChanged.connect(self._bar.setValue)
        self._bar.valueChanged.connect(own.setValue)
        self.setMouseTracking(True)
        self._hover = QTimer(self, singleShot=True, interval=HOVER_MS)
        self._hover.timeout.connect(self._show_hover)
        self._pointed = -1
        self._open_id = 0
        self._is_entering = False
        model.may_move = self.may_move
        model.held = self.open_id
        model.free_from = self.free_from
        model.is_untouched = self.is_untouched
        model.rowsInserted.connect(self._hold_still)
        model.modelReset.connect(self._find_again)
        theme.changed.connect(self.fit)
        self.fit()

    # sizes

    def fit(self) -> None:
        self.verticalHeader().setDefaultSectionSize(self._delegate.row_height())
        self.verticalScrollBar().setSingleStep(self._delegate.row_height() // 3)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.horizontalHeader().resizeSection(0, event.size().width())
        super().resizeEvent(event)
        self._fit_bar()

    def _fit_bar(self) -> None:
        own = self.verticalScrollBar()
        width = 10
        x = 0 if self.isRightToLeft() else self.width() - width
        self._bar.setGeometry(x, 0, width, self.height())
        self._bar.setRange(own.minimum(), own.maximum())
        self._bar.setPageStep(own.pageStep())
        self._bar.setSingleStep(own.singleStep())
        self._bar.setValue(own.value())
        self._bar.setVisible(own.maximum() > own.minimum())

    # what the model asks

    def may_move(self) -> bool:
        """Nobody is looking: the pointer is elsewhere and so is the keyboard."""
        if not self.isVisible() or not self.window().isActiveWindow():
            return True
        pointer = self.viewport().mapFromGlobal(QCursor.pos())
        return not self.viewport().rect().contains(pointer) and not self.hasFocus()

    def free_from(self) -> int:
        if not self.isVisible():
            return 0
        return self.rowAt(self.height() - 1) + 1 or self.rows.rowCount()

    def is_untouched(self) -> bool:
        """Nobody has chosen a row or scrolled yet."""
        is_chosen = bool(self._open_id) or self.currentIndex().isValid()
        return not is_chosen and self.verticalScrollBar().value() == 0

    def visible_rows(self) -> tuple[int, int]:
        """First and last row on screen, (-1, -1) when there is none."""
        first, last = self.rowAt(0), self.rowAt(self.height() - 1)
        if first < 0:
            return -1, -1
        return first, last if last >= 0 else self.rows.rowCount() - 1

    def _hold_still(self, parent: QModelIndex, first: int, last: int) -> None:
        """Rows put in above the first visible one must not push it down."""
        bar = self.verticalScrollBar()
        if bar.value() > 0 and first <= self.rowAt(0):
            bar.setValue(bar.value() + (last - first + 1) * self._delegate.row_height())

    # selection

    def open_id(self) -> int:
        return self._open_id

    def selected_ids(self) -> list[int]:
        rows = sorted(index.row() for index in self.selectionModel().selectedRows())
        return [self.rows.id_at(row) for row in rows]

    def choose(self, conversation_id: int, *, quietly: bool = False) -> bool:
        """Makes it the current one; False when the view does not hold it. ``quietly``: without opening it."""
        row = self.rows.row_of(conversation_id)
        if row < 0:
            return False
        if quietly:
            self._open_id = conversation_id
        self._go(row)
        return True

    def step(self, by: int) -> None:
        """The next (1) or the previous (-1) conversation; the first one when none is open."""
        count = self.rows.rowCount()
        if count:
            now = self.currentIndex().row()
            self._go(min(max(now + by, 0), count - 1) if now >= 0 else 0)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Qt makes the first row current when the keyboard comes in; here that would open it and mark it as
        read."""
        had_current = self.currentIndex().isValid()
        self._is_entering = True
        super().focusInEvent(event)
        if not had_current and not self.selectionModel().hasSelection():
            self.setCurrentIndex(QModelIndex())
        self._is_entering = False

    def _go(self, row: int) -> None:
        index = self.rows.index(row, 0)
        flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
        self.selectionModel().setCurrentIndex(index, flags)
        self.scrollTo(index)

    def forget(self) -> None:
        self._open_id = 0
        self.clearSelection()
        self.setCurrentIndex(QModelIndex())

    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(current, previous)
        found = self.rows.id_at(current.row()) if current.isValid() else 0
        if found and found != self._open_id and not self._is_entering:
            self._open_id = found
            self.opened.emit(found)
            # The one before was only held because it was open.
            QTimer.singleShot(0, self.rows, self.rows.tidy)

    def selectionChanged(self, selected: object, deselected: object) -> None:
        super().selectionChanged(selected, deselected)  # type: ignore[arg-type]
        count = len(self.selectionModel().selectedRows())
        is_picking = count > 1
        if is_picking != self._delegate.is_picking:
            self._delegate.is_picking = is_picking
            self.viewport().update()
        self.picked.emit(count)

    def _find_again(self) -> None:
        """After another view was loaded the open conversation stays chosen where it is among the first
        rows."""
        if self._open_id and self.rows.rowCount():
            self.choose(self._open_id, quietly=True)

    # pointer and keys

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        self._point(self.rowAt(int(event.position().y())))

    def leaveEvent(self, event: QEvent) -> None:
        self._point(-1)
        super().leaveEvent(event)
        self.rows.tidy()

    def _point(self, row: int) -> None:
        if row != self._pointed:
            self._pointed = row
            self._set_hover(-1)
            if row >= 0:
                self._hover.start()
            else:
                self._hover.stop()

    def _show_hover(self) -> None:
        self._set_hover(self._pointed)

    def _set_hover(self, row: int) -> None:
        before, self._delegate.hover_row = self._delegate.hover_row, row
        for one in (before, row):
            if 0 <= one < self.rows.rowCount():
                self.update(self.rows.index(one, 0))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._press_action(event.position().toPoint()):
            event.accept()
            return
        super().mousePressEvent(event)

    def _press_action(self, where: QPoint) -> bool:
        row = self._delegate.hover_row
        if row < 0 or self._delegate.is_picking or self.rowAt(where.y()) != row:
            return False
        rects = self._delegate.hover_rects(self.visualRect(self.rows.index(row, 0)))
        for rect, (_, name) in zip(rects, HOVER_ACTIONS, strict=True):
            if rect.contains(where):
                self.asked.emit(name, self.rows.id_at(row))
                return True
        return False

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """What can be done with one conversation, by the other mouse button and by the menu key."""
        is_by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        row = self.currentIndex().row() if is_by_key else self.rowAt(event.pos().y())
        if row < 0 or self._delegate.is_picking:
            event.ignore()
            return
        self.asked.emit("more", self.rows.id_at(row))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        super().mouseDoubleClickEvent(event)
        if self._open_id:
            self.written.emit(self._open_id)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self._open_id:
                self.written.emit(self._open_id)
            else:
                self.step(1)
            return
        if (
            event.text()
            and event.text().isprintable()
            and not event.modifiers() & Qt.KeyboardModifier.ControlModifier
        ):
            # Letters are actions here, not a search by first letter through a million names.
            event.ignore()
            return
        super().keyPressEvent(event)
