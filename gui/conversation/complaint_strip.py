"""Why this is held to be a complaint: the customer's own words, underlined with dots, and one button that
says no."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFont,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QTextCharFormat,
    QTextLayout,
    QTextOption,
)
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QWidget

from gui.conversation.parts import IconLabel, button
from gui.conversation.when import how_long
from gui.icons import Icons
from services.model import Conversation, State

MOST_REASONS = 3


class ComplaintStrip(QFrame):
    """Shown while the conversation holds an unanswered complaint."""

    denied = Signal()

    def __init__(self, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("complaintStrip")
        self._icon = IconLabel(icons, "complaint", "caretx", 18)
        self.words = _Words(icons)
        self.no_button = button(self.tr("Not a complaint"), kind="inline")
        self.no_button.setProperty("tone", "caretx")
        self.no_button.clicked.connect(self.denied)
        box = QHBoxLayout(self)
        box.setContentsMargins(14, 6, 10, 6)
        box.setSpacing(12)
        box.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignVCenter)
        box.addWidget(self.words, 1)
        box.addWidget(self.no_button, 0, Qt.AlignmentFlag.AlignVCenter)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        self.setMinimumHeight(icons.theme.px(38))
        self.hide()

    def set_conversation(
        self, conversation: Conversation | None, now: datetime, *, folds: bool = False
    ) -> None:
        """``folds``: words that may insult are not repeated here."""
        shown = (
            conversation is not None
            and conversation.is_complaint
            and conversation.state in (State.NEW, State.SNOOZED)
        )
        self.setVisible(shown)
        if conversation is None or not shown:
            return
        pieces: list[tuple[str, str]] = [(self.tr("Complaint"), "bold")]
        if conversation.waiting_since is not None:
            waits = how_long((now - conversation.waiting_since).total_seconds())
            pieces.append((self.tr(", waiting {time}").format(time=waits), ""))
        if conversation.reasons and not (folds and conversation.is_abusive):
            pieces.append((self.tr(". Why: "), ""))
            for number, reason in enumerate(conversation.reasons[:MOST_REASONS]):
                if number:
                    pieces.append((self.tr(", "), ""))
                pieces.append((self.tr("“{words}”").format(words=" ".join(reason.split())), "dotted"))
        elif conversation.is_labelled:
            pieces.append((self.tr(". You said so"), ""))
        self.words.set_pieces(pieces)
        self.setAccessibleName(self.words.text())


class _Words(QWidget):
    """Text in three looks on as many lines as it needs; bold, plain, and underlined with dots."""

    def __init__(self, icons: Icons) -> None:
        super().__init__()
        self._theme = icons.theme
        self._pieces: list[tuple[str, str]] = []
        self._layout = QTextLayout()
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._theme.changed.connect(self._write)

    def set_pieces(self, pieces: list[tuple[str, str]]) -> None:
        self._pieces = pieces
        self.setAccessibleName(self.text())
        self._write()

    def text(self) -> str:
        return "".join(text for text, _ in self._pieces)

    def _write(self) -> None:
        font = self._theme.font("body")
        self._layout = QTextLayout(self.text(), font)
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self._layout.setTextOption(option)
        formats, at = [], 0
        for text, look in self._pieces:
            length = len(text.encode("utf-16-le", "surrogatepass")) // 2
            ink = QTextCharFormat()
            ink.setForeground(self._theme.color("text"))
            if look == "bold":
                ink.setFontWeight(QFont.Weight.DemiBold)
            part = QTextLayout.FormatRange()
            part.start, part.length, part.format = at, length, ink
            formats.append(part)
            at += length
        self._layout.setFormats(formats)
        self.updateGeometry()
        self.update()

    def _lay_out(self, width: int) -> int:
        advance = self._theme.line_height("body")
        self._layout.beginLayout()
        y = 0
        while (line := self._layout.createLine()).isValid():
            line.setLineWidth(max(width, 1))
            line.setPosition(QPointF(0, y + (advance - line.height()) / 2))
            y += advance
        self._layout.endLayout()
        return y

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._lay_out(width)

    def sizeHint(self) -> QSize:
        width = self.width() if self.width() > 1 else 10_000
        return QSize(1, self._lay_out(width))

    def minimumSizeHint(self) -> QSize:
        return QSize(1, self._theme.line_height("body"))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.updateGeometry()

    def paintEvent(self, event: QPaintEvent) -> None:
        height = self._lay_out(self.width())
        top = (self.height() - height) / 2
        painter = QPainter(self)
        self._layout.draw(painter, QPointF(0, top))
        self._dots(painter, top)
        painter.end()

    def _dots(self, painter: QPainter, top: float) -> None:
        pen = QPen(self._theme.color("text2"), 1)
        pen.setDashPattern([1, 2])
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        at = 0
        for text, look in self._pieces:
            length = len(text.encode("utf-16-le", "surrogatepass")) // 2
            if look == "dotted":
                for number in range(self._layout.lineCount()):
                    line = self._layout.lineAt(number)
                    begin, stop = (
                        max(at, line.textStart()),
                        min(at + length, line.textStart() + line.textLength()),
                    )
                    if begin < stop:
                        x1, x2 = _x(line, begin), _x(line, stop)
                        y = top + line.y() + line.ascent() + 3
                        painter.drawLine(round(x1), round(y), round(x2), round(y))
            at += length


def _x(line: object, position: int) -> float:
    value = line.cursorToX(position)  # type: ignore[attr-defined]
    return value[0] if isinstance(value, tuple) else value
