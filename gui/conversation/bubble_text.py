"""What somebody wrote, to be read and selected: plain text set by us, never markup from outside.

Links are found in the plain text and open in the browser only on a click or Enter; marked words get a
rounded ground.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import ceil

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAbstractTextDocumentLayout,
    QAction,
    QContextMenuEvent,
    QCursor,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextOption,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QMenu, QSizePolicy, QTextEdit, QWidget

from gui.bidi import is_from_right
from gui.conversation.links import find_links, open_link
from gui.theme import Theme

MARGIN = 2
"""Room around the text for the rounded ends of a mark; whoever places the widget takes it off again."""


def spaced(theme: Theme, step: str) -> QTextBlockFormat:
    """Paragraphs with the line advance of the design; taller letters (emoji, other scripts) still get their
    room."""
    block = QTextBlockFormat()
    block.setLineHeight(theme.line_height(step), QTextBlockFormat.LineHeightTypes.MinimumHeight.value)
    return block


class BubbleText(QTextEdit):
    """Read-only. ``fit`` lays the text out within a width and says how much it takes. ``deeds`` are (key,
    words, icon) at the top of its menu; ``deeds_wanted`` carries the key of the one chosen."""

    deeds_wanted = Signal(str)

    def __init__(
        self, theme: Theme, parent: QWidget | None = None, *, step: str = "read", tone: str = "text"
    ) -> None:
        super().__init__(parent)
        self._theme, self._step, self._tone = theme, step, tone
        self._marks: list[tuple[int, int]] = []
        self._text = ""
        self.deeds: tuple[tuple[str, str, str], ...] = ()
        self._links: list[tuple[int, int]] = []
        self.setProperty("bare", True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setReadOnly(True)
        self.setUndoRedoEnabled(False)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setTabChangesFocus(True)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
            | Qt.TextInteractionFlag.LinksAccessibleByMouse
        )
        self.viewport().setAutoFillBackground(False)
        self.document().setDocumentMargin(MARGIN)
        self.viewport().setMouseTracking(True)

    # --- content

    def set_text(self, text: str, marks: Iterable[str] = ()) -> None:
        """``marks`` are pieces of the text; each is marked where it stands first."""
        self._text = text
        self._marks = list(spans_of(text, marks))
        self._write()

    def restyle(self) -> None:
        """After the theme or the text size changed."""
        self._write()

    def plain(self) -> str:
        return self._text

    def _write(self) -> None:
        theme = self._theme
        self.setFont(theme.font(self._step))
        self.document().setDefaultFont(theme.font(self._step))
        palette = QPalette(self.palette())
        palette.setColor(QPalette.ColorRole.Text, theme.color(self._tone))
        palette.setColor(QPalette.ColorRole.Highlight, theme.color("accent"))
        palette.setColor(QPalette.ColorRole.HighlightedText, theme.color("onaccent"))
        self.setPalette(palette)
        self.setPlainText(self._text)
        cursor = QTextCursor(self.document())
        cursor.select(QTextCursor.SelectionType.Document)
        block = spaced(theme, self._step)
        if is_from_right(self._text):
            block.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        cursor.mergeBlockFormat(block)
        ink = QTextCharFormat()
        ink.setForeground(theme.color(self._tone))
        cursor.mergeCharFormat(ink)
        self._links = []
        for link in find_links(self._text):
            self._links.append((link.start, link.end))
            look = QTextCharFormat()
            look.setAnchor(True)
            look.setAnchorHref(link.target)
            look.setForeground(theme.color("accenttx"))
            look.setFontUnderline(True)
            self._at(link.start, link.end).mergeCharFormat(look)

    def _at(self, start: int, end: int) -> QTextCursor:
        """A cursor over characters of the text (Qt counts UTF-16 units)."""
        cursor = QTextCursor(self.document())
        cursor.setPosition(_units(self._text[:start]))
        cursor.setPosition(_units(self._text[:end]), QTextCursor.MoveMode.KeepAnchor)
        return cursor

    # --- size and painting

    def fit(self, width: int) -> QSize:
        """The size the text takes when no line may be wider than ``width``; the widget becomes that big."""
        document = self.document()
        document.setTextWidth(width)
        taken = min(width, ceil(document.idealWidth()))
        document.setTextWidth(taken)
        size = QSize(taken, ceil(document.size().height()))
        self.setFixedSize(size)
        return size

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._marks:
            painter = QPainter(self.viewport())
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.color("mark"))
            radius = self._theme.px(4)
            for rect in self._mark_rects():
                painter.drawRoundedRect(rect, radius, radius)
            painter.end()
        super().paintEvent(event)

    def _mark_rects(self) -> Iterator[QRectF]:
        layout: QAbstractTextDocumentLayout = self.document().documentLayout()
        ascent = self.fontMetrics().ascent()
        height = self.fontMetrics().height()
        for start, end in self._marks:
            cursor = self._at(start, end)
            block = self.document().findBlock(cursor.selectionStart())
            corner = layout.blockBoundingRect(block).topLeft()
            first, last = cursor.selectionStart() - block.position(), cursor.selectionEnd() - block.position()
            lines = block.layout()
            for number in range(lines.lineCount()):
                line = lines.lineAt(number)
                begin = max(first, line.textStart())
                stop = min(last, line.textStart() + line.textLength())
                if begin >= stop:
                    continue
                x1, x2 = sorted((float(_x(line, begin)), float(_x(line, stop))))
                top = line.y() + line.ascent() - ascent - 1
                yield QRectF(
                    QPointF(corner.x() + x1 - 2, corner.y() + top),
                    QPointF(corner.x() + x2 + 2, corner.y() + top + height + 2),
                )

    # --- links

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        over = bool(self.anchorAt(event.position().toPoint()))
        shape = Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.IBeamCursor
        self.viewport().setCursor(QCursor(shape))
        super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        event.accept()
        target = self.anchorAt(event.position().toPoint())
        if target and event.button() == Qt.MouseButton.LeftButton and not self.textCursor().hasSelection():
            open_link(target)

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab walks the links first, then leaves the bubble."""
        here = self.textCursor()
        starts = [self._at(start, end) for start, end in self._links]
        if forward:
            ahead = [one for one in starts if one.selectionStart() >= here.selectionEnd()]
            if not here.hasSelection():
                ahead = starts
        else:
            ahead = [one for one in reversed(starts) if one.selectionEnd() <= here.selectionStart()]
        if ahead and self.hasFocus():
            self.setTextCursor(ahead[0])
            return True
        return super().focusNextPrevChild(forward)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            target = self.textCursor().charFormat().anchorHref()
            if target and open_link(target):
                event.accept()
                return
        super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        if event.reason() not in (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason):
            cursor = self.textCursor()
            cursor.clearSelection()
            self.setTextCursor(cursor)
        super().focusOutEvent(event)

    # --- manners of a label rather than of a page

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = self.menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())

    def menu(self) -> QMenu:
        """What can be done with the message, then what can be done with its text. By the menu key, too."""
        menu = self.createStandardContextMenu()
        menu.setAccessibleName(self.accessibleName())
        first = menu.actions()[0] if menu.actions() else None
        for key, words, _ in self.deeds:
            action = QAction(words, menu)
            action.triggered.connect(lambda _=False, key=key: self.deeds_wanted.emit(key))
            if first is None:
                menu.addAction(action)
            else:
                menu.insertAction(first, action)
        if self.deeds and first is not None:
            menu.insertSeparator(first)
        return menu


def spans_of(text: str, pieces: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Where each piece stands first in the text, whatever its case; pieces that are not there are left
    out."""
    folded = text.lower()
    if len(folded) != len(text):  # a few letters grow when lowered; positions would be wrong
        folded = text
    for piece in dict.fromkeys(pieces):
        at = folded.find(piece.lower()) if piece else -1
        if at >= 0:
            yield at, at + len(piece)


def _units(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def _x(line: object, position: int) -> float:
    """PySide returns the x alone or with the position it was clamped to."""
    value = line.cursorToX(position)  # type: ignore[attr-defined]
    return value[0] if isinstance(value, tuple) else value
