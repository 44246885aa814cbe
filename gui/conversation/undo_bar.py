"""Ten seconds to take a reply back: a dark bar with a ring running down, Send now, and Undo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from math import ceil

from PySide6.QtCore import QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QKeySequence, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLineEdit, QTextEdit, QVBoxLayout, QWidget

from gui.conversation.parts import button, label, set_words
from gui.icons import Icons
from gui.theme import Theme

TICK_MS = 100
MOST_ROWS = 2


@dataclass(frozen=True, slots=True)
class Held:
    """A reply on hold. ``name`` is the customer's."""

    outbox_id: int
    conversation_id: int
    name: str
    private: bool
    starts: datetime
    hold_until: datetime


class UndoBar(QWidget):
    """Hidden while nothing is held. ``undo`` and ``send_now`` carry an outbox id; ``over`` comes when a
    hold has run down."""

    undo = Signal(int)
    send_now = Signal(int)
    over = Signal(int)
    ticked = Signal()

    def __init__(self, icons: Icons, now: Callable[[], datetime], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icons, self._now = icons, now
        self._held: list[Held] = []
        self._rows: list[_Row] = []
        self._seconds = -1
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(20, 4, 20, 4)
        self._box.setSpacing(4)
        self.setAccessibleName(self.tr("Replies about to leave"))
        self.hide()

    # --- what is held

    def add(self, held: Held) -> None:
        self._held = [one for one in self._held if one.outbox_id != held.outbox_id] + [held]
        self._show()

    def remove(self, outbox_id: int) -> None:
        """Undone, sent at once, or gone in another way."""
        self._held = [one for one in self._held if one.outbox_id != outbox_id]
        self._show()

    def held(self) -> tuple[Held, ...]:
        return tuple(self._held)

    def undo_newest(self) -> bool:
        if not self._held:
            return False
        self.undo.emit(self._held[-1].outbox_id)
        return True

    def texts(self) -> list[str]:
        return [one.text() for one in self._rows]

    # --- drawing

    def _show(self) -> None:
        wanted = self._held[-MOST_ROWS:] if len(self._held) <= MOST_ROWS else self._held[-1:]
        count = len(self._held) - len(wanted)
        keys = [one.outbox_id for one in wanted] + ([-count] if count else [])
        if keys != [one.key for one in self._rows]:
            for old in self._rows:
                old.hide()
                old.deleteLater()
            self._rows = [_Row(self._icons, one, self) for one in wanted]
            if count:
                self._rows.append(_Row(self._icons, None, self, more=count))
            for one in self._rows:
                self._box.addWidget(one)
        self.setVisible(bool(self._held))
        if self._held and not self._timer.isActive():
            self._timer.start()
        elif not self._held:
            self._timer.stop()
        self._tick_rows()

    def _tick(self) -> None:
        now = self._now()
        done = [one for one in self._held if one.hold_until <= now]
        self._held = [one for one in self._held if one.hold_until > now]
        if done:
            self._show()
            for one in done:
                self.over.emit(one.outbox_id)
        self._tick_rows()
        seconds = int(now.timestamp())
        if seconds != self._seconds:
            self._seconds = seconds
            self.ticked.emit()

    def _tick_rows(self) -> None:
        now = self._now()
        is_writing = isinstance(QApplication.focusWidget(), QTextEdit | QLineEdit)
        for one in self._rows:
            one.tick(now)
            one.show_key(is_writing=is_writing)


class _Row(QFrame):
    def __init__(self, icons: Icons, held: Held | None, bar: UndoBar, *, more: int = 0) -> None:
        super().__init__()
        self._held = held
        self.key = held.outbox_id if held else -more
        self.setObjectName("undoBar")
        self._ring = _Ring(icons.theme)
        self._words = label(wrap=True)
        box = QHBoxLayout(self)
        box.setContentsMargins(14, 5, 8, 5)
        box.setSpacing(10)
        box.addWidget(self._ring)
        box.addWidget(self._words, 1)
        if held is None:
            self._ring.hide()
            words = (
                self.tr("1 more reply leaves")
                if more == 1
                else self.tr("{count} more replies leave").format(count=more)
            )
            self._words.setText(words)
            return
        at_once = button(
            self.tr("Send now"), name=self.tr("Send the reply to {name} now").format(name=held.name)
        )
        at_once.clicked.connect(lambda: bar.send_now.emit(held.outbox_id))
        back = button(
            self.tr("Undo"),
            icon="undo",
            role="tiptx",
            icons=icons,
            name=self.tr("Undo the reply to {name}").format(name=held.name),
        )
        self._back = back
        self.show_key(is_writing=False)
        back.setProperty("framed", True)
        back.clicked.connect(lambda: bar.undo.emit(held.outbox_id))
        for one in (at_once, back):
            # What is being written keeps the caret when one of these is clicked.
            one.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            box.addWidget(one)

    def text(self) -> str:
        return self._words.text()

    def show_key(self, *, is_writing: bool) -> None:
        """While one writes, "z" is a letter; in the emptied composer Ctrl+Z takes the reply back."""
        if self._held is None:
            return
        keys = QKeySequence(QKeySequence.StandardKey.Undo).toString(QKeySequence.SequenceFormat.NativeText)
        words = self.tr("Undo") + "  " + (keys if is_writing else "z")
        if self._back.text() != words:
            set_words(self._back, words, self._back.accessibleName())

    def tick(self, now: datetime) -> None:
        held = self._held
        if held is None:
            return
        left = max(0.0, (held.hold_until - now).total_seconds())
        whole = max(0.1, (held.hold_until - held.starts).total_seconds())
        self._ring.set_share(left / whole, ceil(left))
        seconds = ceil(left)
        if held.private:
            words = self.tr("Private message to {name} leaves in {seconds} seconds")
            one = self.tr("Private message to {name} leaves in 1 second")
        else:
            words = self.tr("Public reply to {name} leaves in {seconds} seconds")
            one = self.tr("Public reply to {name} leaves in 1 second")
        self._words.setText((one if seconds == 1 else words).format(name=held.name, seconds=seconds))


class _Ring(QWidget):
    """Runs down; with reduced motion a number stands in its place."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme, self._share, self._seconds = theme, 1.0, 0
        side = theme.px(22)
        self.setFixedSize(side, side)

    def set_share(self, share: float, seconds: int) -> None:
        self._share, self._seconds = max(0.0, min(1.0, share)), seconds
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = self._theme.color("tiptx")
        if self._theme.reduce_motion:
            painter.setPen(ink)
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, str(self._seconds))
        else:
            inner = QRectF(self.rect()).adjusted(2, 2, -2, -2)
            faint = QColor(ink)
            faint.setAlphaF(0.28)
            for color, share in ((faint, 1.0), (ink, self._share)):
                pen = QPen(color, self._theme.px(2.5))
                pen.setCapStyle(Qt.PenCapStyle.RoundCap)
                painter.setPen(pen)
                painter.drawArc(inner, 90 * 16, round(share * 360 * 16))
        painter.end()
