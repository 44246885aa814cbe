"""The shop's week, drawn: one bar a day, its two ends set by times. Quiet hours follow from it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QLocale, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from gui.conversation.parts import label
from gui.dialogs.switch import Tick
from gui.dialogs.time_choice import TimeChoice, minutes_of
from gui.theme import Theme

Span = tuple[str, str]
USUAL: tuple[tuple[Span, ...], ...] = ((("08:00", "18:00"),),) * 6 + ((),)
MINUTES = 24 * 60


class WeekEditor(QWidget):
    """Seven days, Monday first; each open or closed, with one span."""

    def __init__(self, theme: Theme, hours: Sequence[Sequence[Span]]) -> None:
        super().__init__()
        self._days: list[tuple[Tick, TimeChoice, TimeChoice, _Bar]] = []
        self._given = tuple(tuple(spans) for spans in hours) if len(hours) == 7 else USUAL
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(theme.px(6))
        grid.setHorizontalSpacing(theme.px(10))
        locale = QLocale()
        for day, spans in enumerate(self._given):
            name = locale.standaloneDayName(day + 1)
            tick = Tick(theme, self.tr("Open on {day}").format(day=name))
            span = spans[0] if spans else ("08:00", "18:00")
            start = TimeChoice(self.tr("{day}, from").format(day=name), span[0])
            end = TimeChoice(self.tr("{day}, to").format(day=name), span[1], ends=True)
            bar = _Bar(theme, name)
            tick.setChecked(bool(spans))
            for column, one in enumerate((tick, label(name), start, end, bar)):
                grid.addWidget(one, day, column)
            self._days.append((tick, start, end, bar))
            tick.toggled.connect(self._show)
            start.currentIndexChanged.connect(self._show)
            end.currentIndexChanged.connect(self._show)
        grid.setColumnStretch(4, 1)
        self._show()

    def _show(self) -> None:
        for tick, start, end, bar in self._days:
            start.setEnabled(tick.isChecked())
            end.setEnabled(tick.isChecked())
            bar.show_span(minutes_of(start.time()), minutes_of(end.time()), is_open=tick.isChecked())

    def hours(self) -> tuple[tuple[Span, ...], ...]:
        """As the settings keep it. A day with a break keeps it, unless it was changed here."""
        week: list[tuple[Span, ...]] = []
        for (tick, start, end, _), given in zip(self._days, self._given, strict=True):
            spans = ((start.time(), end.time()),) if tick.isChecked() else ()
            week.append(given if spans == given[:1] else spans)
        return tuple(week)

    def quiet_hours(self) -> tuple[str, ...]:
        """From the latest closing to the earliest opening; none when the shop never closes or is never
        open."""
        spans = [(start.time(), end.time()) for tick, start, end, _ in self._days if tick.isChecked()]
        spans = [span for span in spans if span[0] < span[1]]
        if not spans:
            return ()
        return (max(end for _, end in spans), min(start for start, _ in spans))


class _Bar(QWidget):
    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        self._theme = theme
        self._start, self._end, self._is_open = 0, 0, False
        self.setMinimumHeight(theme.px(20))
        self.setAccessibleName(name)

    def show_span(self, start: int, end: int, *, is_open: bool) -> None:
        self._start, self._end, self._is_open = start, end, is_open
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        high = self._theme.px(10)
        whole = QRectF(0, (self.height() - high) / 2, self.width(), high)
        painter.setBrush(self._theme.color("raised"))
        painter.drawRoundedRect(whole, high / 2, high / 2)
        if self._is_open:
            painter.setBrush(self._theme.color("accent"))
            spans = (
                [(self._start, self._end)]
                if self._start < self._end
                else [(self._start, MINUTES), (0, self._end)]
            )
            for start, end in spans:
                x1, x2 = self.width() * start / MINUTES, self.width() * end / MINUTES
                painter.drawRoundedRect(QRectF(x1, whole.y(), max(x2 - x1, high), high), high / 2, high / 2)
        painter.end()
