"""The line under the sources: is everything heard, and when. Always there, never in the way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from PySide6.QtCore import QCoreApplication, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from gui.book import Book
from gui.conversation.parts import button
from gui.conversation.when import clock_time, how_long
from gui.icons import Icons
from gui.theme import Theme

CHECKING_AFTER_MS = 1000


class State(NamedTuple):
    """``sign``: dot, spinner, or the name of one of our drawings."""

    sign: str
    role: str
    text: str


def freshness_state(book: Book, now: datetime, *, checking: tuple[int, int] | None = None) -> State:
    def tr(text: str) -> str:
        return QCoreApplication.translate("Freshness", text)

    active = [one for one in book if one.trouble != "paused"]
    if book.is_offline:
        since = tr(" since {time}").format(time=clock_time(book.offline_since)) if book.offline_since else ""
        return State("offline", "clocktx", tr("Offline{since}. Nothing is lost.").format(since=since))
    if not len(book):
        return State("dot", "edge", tr("No source yet"))
    if not active:
        return State("pause", "text3", tr("All sources are paused"))
    if checking is not None:
        return State(
            "spinner", "accenttx", tr("Checking {done} of {all}").format(done=checking[0], all=checking[1])
        )
    fine = [
        one for one in active if one.trouble not in ("sign-in", "silent") and one.freshness.heard is not None
    ]
    heard = [one.freshness.heard for one in fine if one.freshness.heard is not None]
    if not heard:
        if len(active) == 1 and active[0].trouble in ("sign-in", "silent"):
            return State("warning", "caretx", tr("Not heard"))
        return State("dot", "edge", tr("Not heard yet"))
    ago = now - min(heard)
    moment = (
        tr("now")
        if ago < timedelta(minutes=1)
        else tr("{time} ago").format(time=how_long(ago.total_seconds()))
    )
    if len(fine) == len(active):
        text = tr("Heard, {moment}") if len(active) == 1 else tr("All {all} heard, {moment}")
        return State("dot", "accenttx", text.format(all=len(active), moment=moment))
    text = tr("{fine} of {all} heard, {moment}").format(fine=len(fine), all=len(active), moment=moment)
    return State("warning", "caretx", text)


class FreshnessLine(QWidget):
    """A click on the words opens the list of sources (``sources``), the arrow checks now (``check_now``)."""

    sources = Signal()
    check_now = Signal()

    def __init__(
        self, book: Book, theme: Theme, icons: Icons, now: Callable[[], datetime], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._book, self._theme, self._now = book, theme, now
        self._checking: tuple[int, int] | None = None
        self._patience = QTimer(self, singleShot=True, interval=CHECKING_AFTER_MS)
        self._patience.timeout.connect(self.refresh)
        line = QFrame(self)
        line.setProperty("rule", "true")
        self.words = _Words(theme, icons, self)
        self.words.clicked.connect(self.sources)
        self.arrow = button("", kind="icon", icon="refresh", icons=icons, name=self.tr("Check now"))
        self.arrow.clicked.connect(self.check_now)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, theme.px(8), 0)
        row.setSpacing(0)
        row.addWidget(self.words, 1)
        row.addWidget(self.arrow)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(line)
        column.addLayout(row, 1)
        self._row, self._line = row, line
        book.changed.connect(self.refresh)
        theme.changed.connect(self._fit)
        self.set_rail(False)
        self.refresh()

    def set_rail(self, is_rail: bool) -> None:
        self.words.is_rail = is_rail
        self.arrow.setVisible(not is_rail)
        self._line.setVisible(not is_rail)
        self._row.setContentsMargins(0, 0, 0 if is_rail else self._theme.px(8), 0)
        self._fit()

    def _fit(self) -> None:
        self.setFixedHeight(self._theme.px(44))
        self.words.update()

    def progress(self, checked: int, total: int) -> None:
        """A round of checking; shown only when it takes longer than a second."""
        if checked >= total:
            self._checking = None
            self._patience.stop()
            self.refresh()
            return
        is_first = self._checking is None
        self._checking = (checked, total)
        if is_first:
            self._patience.start()
        elif not self._patience.isActive():
            self.refresh()

    def refresh(self) -> None:
        now = self._now()
        checking = None if self._patience.isActive() else self._checking
        self.words.show_state(freshness_state(self._book, now, checking=checking))


class _Words(QAbstractButton):
    """Sign and words, painted; one button to everybody."""

    def __init__(self, theme: Theme, icons: Icons, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme, self._icons = theme, icons
        self.is_rail = False
        self._state = State("dot", "edge", "")
        self._angle = 0
        self._turn = QTimer(self, interval=80)
        self._turn.timeout.connect(self._step)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def show_state(self, state: State) -> None:
        if state == self._state and self.accessibleName():
            return
        self._state = state
        self.setText(state.text)
        self.setAccessibleName(self.tr("{state}. Show all sources").format(state=state.text))
        self.setToolTip(state.text)
        if state.sign == "spinner" and not self._theme.reduce_motion:
            self._turn.start()
        else:
            self._turn.stop()
        self.update()

    def _step(self) -> None:
        self._angle = (self._angle + 30) % 360
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        px, color = self._theme.px, self._theme.color
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        mirror = self.isRightToLeft()
        middle = self.height() // 2
        sign = QRect(px(16), middle - px(5), px(10), px(10))
        state = self._state
        is_drawing = state.sign not in ("dot", "spinner")
        if is_drawing:
            sign = QRect(px(16), middle - px(8), px(16), px(16))
        if self.is_rail:
            sign.moveCenter(self.rect().center())
        elif mirror:
            sign.moveRight(self.width() - px(16))
        if state.sign == "dot":
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(color(state.role))
            painter.drawEllipse(sign)
        elif state.sign == "spinner":
            painter.setPen(QPen(color(state.role), 2))
            painter.drawArc(QRectF(sign).adjusted(0, 0, 1, 1), -self._angle * 16, 270 * 16)
        else:
            self._icons.paint(painter, state.sign, state.role, sign, self.devicePixelRatioF())
        if not self.is_rail:
            painter.setFont(self._theme.font("small"))
            painter.setPen(color("text"))
            left = px(38 if is_drawing else 34)
            where = QRect(left, 0, self.width() - left - px(2), self.height())
            if mirror:
                where.moveRight(self.width() - left)
            shown = painter.fontMetrics().elidedText(state.text, Qt.TextElideMode.ElideRight, where.width())
            painter.drawText(where, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeading), shown)
        if self.hasFocus():
            painter.setPen(QPen(color("accenttx"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(3, 3, -1, -3), 7, 7)
        painter.end()
