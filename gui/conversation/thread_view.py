"""The messages of one conversation as bubbles, newest at the bottom.

At most ``LIVE`` bubbles exist at a time; older ones are made when asked for and the newest step aside then.
What is being read stays
where it is: at the bottom the view stays at the bottom, elsewhere the first visible bubble keeps its place.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QPushButton, QScrollArea, QWidget

from gui.conversation.bubble import Bubble, BubbleEntry
from gui.conversation.entries import Wording, entries_of
from gui.conversation.parts import button, label
from gui.icons import Icons
from gui.theme import Theme
from services.model import Thread, ThreadMessage

LIVE = 50
FIRST = 20
STEP = 25
SIDE = 20
"""The margin of the pane, the same at every text size."""
WordingNow = Callable[[], Wording]


class ThreadView(QScrollArea):
    """``acted``: a bubble's action, (key, ThreadMessage). ``wants_earlier``: the store holds more than the
    thread that was handed in."""

    acted = Signal(str, object)
    wants_earlier = Signal()

    def __init__(self, theme: Theme, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._icons = theme, icons
        self._messages: tuple[ThreadMessage, ...] = ()
        self._hidden = 0
        self._wording: WordingNow | None = None
        self._first = self._last = 0
        self._order: list[QWidget] = []
        self._widgets: dict[tuple[str, object], QWidget] = {}
        self._page = QWidget()
        self._page.setProperty("ground", "conv")
        self._page.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setWidget(self._page)
        self.setWidgetResizable(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName(self.tr("Messages"))
        self._page.setAccessibleName(self.tr("Messages"))
        self._earlier = self._fold(self._show_earlier)
        self._newer = self._fold(self._show_newer)
        self._waiting = _Waiting(theme, self.viewport())
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(300)
        self._soon.timeout.connect(self._waiting.show_up)
        theme.changed.connect(self._restyle)

    # --- content

    def show_waiting(self) -> None:
        """Empties the view; grey shapes come only when the thread takes longer than 300 ms."""
        self.clear()
        self._soon.start()

    def clear(self) -> None:
        self._messages, self._first, self._last, self._hidden = (), 0, 0, 0
        self._rebuild(stick=True)

    def set_thread(self, thread: Thread, wording: WordingNow, *, keep_place: bool = False) -> None:
        """``keep_place``: the same conversation again; what is read does not move, new bubbles come at the
        end."""
        self._soon.stop()
        self._waiting.hide()
        had, old_first = len(self._messages), self._first
        at_end = self._last >= had
        self._messages, self._hidden, self._wording = thread.messages, thread.hidden_earlier, wording
        count = len(self._messages)
        if keep_place and had:
            grown = max(0, count - had) if at_end else 0
            self._last = count if at_end else min(self._last, count)
            self._first = max(min(old_first, count), self._last - LIVE) if grown or count else 0
        else:
            self._last, self._first = count, max(0, count - FIRST)
        self._rebuild(stick=not keep_place or self._is_at_bottom())

    def refresh_words(self) -> None:
        """The lines below the bubbles again: seconds ran on, a day changed."""
        if self._messages:
            self._rebuild(stick=self._is_at_bottom())

    def bubbles(self) -> list[Bubble]:
        return [one for one in self._order if isinstance(one, Bubble)]

    def reveal_newest(self) -> None:
        self._last = len(self._messages)
        self._first = max(0, self._last - max(FIRST, min(LIVE, self._last - self._first)))
        self._rebuild(stick=True)

    def show_earlier_from_store(self, thread: Thread, wording: WordingNow) -> None:
        """The same conversation with more history in front."""
        more = len(thread.messages) - len(self._messages)
        self._messages, self._hidden, self._wording = thread.messages, thread.hidden_earlier, wording
        self._first, self._last = self._first + max(0, more), self._last + max(0, more)
        self._show_earlier()

    def _show_earlier(self) -> None:
        if self._first == 0 and self._hidden:
            self.wants_earlier.emit()
            return
        self._first = max(0, self._first - STEP)
        self._last = min(self._last, self._first + LIVE)
        self._rebuild(stick=False)

    def _show_newer(self) -> None:
        self._last = min(len(self._messages), self._last + STEP)
        self._first = max(self._first, self._last - LIVE)
        self._rebuild(stick=False)

    # --- widgets

    def _fold(self, slot: Callable[[], None]) -> QPushButton:
        one = button("", kind="inline")
        one.setParent(self._page)
        one.clicked.connect(slot)
        one.hide()
        return one

    def _rebuild(self, *, stick: bool) -> None:
        anchor = None if stick else self._anchor()
        entries = (
            entries_of(self._messages[self._first : self._last], self._wording()) if self._wording else []
        )
        kept: dict[tuple[str, object], QWidget] = {}
        order: list[QWidget] = []
        for entry in entries:
            widget = self._widgets.pop(entry.key, None)
            if widget is None:
                widget = self._make(entry)
            elif isinstance(widget, Bubble) and isinstance(entry, BubbleEntry):
                widget.set_entry(entry)
            elif isinstance(widget, QLabel):
                widget.setText(entry.text)  # type: ignore[union-attr]
            kept[entry.key] = widget
            order.append(widget)
        for old in self._widgets.values():
            old.hide()
            old.deleteLater()
        self._widgets, self._order = kept, order
        self._lay_out(anchor)

    def _make(self, entry: object) -> QWidget:
        if isinstance(entry, BubbleEntry):
            bubble = Bubble(self._theme, self._icons, entry, self._page)
            bubble.acted.connect(self.acted)
            bubble.resized.connect(lambda: self._lay_out(self._anchor()))
            bubble.show()
            return bubble
        day = label(entry.text, step="small", tone="text3")  # type: ignore[attr-defined]
        day.setParent(self._page)
        day.setAlignment(Qt.AlignmentFlag.AlignCenter)
        day.show()
        return day

    # --- geometry

    def _lay_out(self, anchor: tuple[QWidget, int] | None = None, *, stick: bool | None = None) -> None:
        """``anchor``: a widget and where its top was in the window; None keeps the bottom in sight."""
        px = self._theme.px
        side, gap = SIDE, px(12)
        # The scroll bar lives in the margin, so that our bubbles end where the composer ends.
        width = max(self.width() - 2 * side, px(120))
        y = px(12)
        y = self._place_fold(
            self._earlier, self._earlier_count(), self.tr("Show {count} earlier"), y, width, side
        )
        for one in self._order:
            if isinstance(one, Bubble):
                height = one.fit(width)
            else:
                one.ensurePolished()
                height = one.sizeHint().height()
                one.setFixedSize(width, height)
            one.move(side, y)
            y += height + gap
        newer = min(STEP, len(self._messages) - self._last)
        y = self._place_fold(self._newer, newer, self.tr("Show {count} newer"), y, width, side)
        self._tab_order()
        self._page.setFixedSize(self.viewport().width(), max(y, 1))
        bar = self.verticalScrollBar()
        if anchor is None:
            bar.setValue(bar.maximum())
        elif anchor[0] in self._order:
            bar.setValue(anchor[0].y() - anchor[1])

    def _earlier_count(self) -> int:
        return min(STEP, self._first) if self._first else min(STEP, self._hidden)

    def _place_fold(self, fold: QPushButton, count: int, words: str, y: int, width: int, side: int) -> int:
        fold.setVisible(count > 0)
        if count <= 0:
            return y
        fold.setText(words.format(count=count))
        fold.setAccessibleName(fold.text())
        fold.ensurePolished()
        size = fold.sizeHint()
        fold.setGeometry(side + (width - size.width()) // 2, y, size.width(), size.height())
        return y + size.height() + self._theme.px(12)

    def _tab_order(self) -> None:
        last: QWidget = self._earlier
        for one in (*self._order, self._newer):
            QWidget.setTabOrder(last, one)
            last = one

    def _is_at_bottom(self) -> bool:
        bar = self.verticalScrollBar()
        return bar.value() >= bar.maximum() - self._theme.px(4)

    def _anchor(self) -> tuple[QWidget, int] | None:
        top = self.verticalScrollBar().value()
        for one in self._order:
            if one.geometry().bottom() >= top:
                return one, one.y() - top
        return None

    def resizeEvent(self, event: QResizeEvent) -> None:
        stick = self._is_at_bottom() or not self._order
        super().resizeEvent(event)
        self._waiting.setGeometry(self.viewport().rect())
        self._lay_out(None if stick else self._anchor())

    def _restyle(self) -> None:
        stick = self._is_at_bottom()
        anchor = None if stick else self._anchor()
        for one in self.bubbles():
            one.restyle()
        self._lay_out(anchor)


class _Waiting(QWidget):
    """Grey shapes where bubbles will be."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName(self.tr("Messages are being read"))
        self.hide()

    def show_up(self) -> None:
        self.raise_()
        self.show()

    def paintEvent(self, event: QPaintEvent) -> None:
        px = self._theme.px
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color("raised"))
        width, y = self.width() - px(40), px(16)
        for share, height in ((0.7, 84), (0.4, 40), (0.6, 62)):
            painter.drawRoundedRect(QRectF(px(20), y, width * share, px(height)), px(14), px(14))
            y += px(height) + px(24)
        painter.end()
