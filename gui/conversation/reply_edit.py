"""Where the owner writes: plain text, three to ten lines high, with underlines that mean something.

``QTextEdit`` and not ``QPlainTextEdit``, whose layout knows no line height; whatever is pasted arrives as
plain text.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil

from PySide6.QtCore import QMimeData, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QPalette, QResizeEvent, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QFrame, QSizePolicy, QTextEdit, QWidget

from gui.conversation.bubble_text import spaced
from gui.theme import Theme

FEWEST_LINES, MOST_LINES = 3, 10
DOTTED, WAVY = "dotted", "wavy"


class ReplyEdit(QTextEdit):
    """``slashed``: "/" was typed where a word begins; ``undo_wanted``: there is nothing here to undo, so the
    last reply is meant; ``popup_keys`` lets a popup have the keys first (return True to swallow)."""

    slashed = Signal()
    edited = Signal()
    undo_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._spans: list[tuple[str, QTextCursor]] = []
        self._is_setting = False
        self.popup_keys = lambda event: False
        self.setProperty("bare", True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAcceptRichText(False)
        self.setTabChangesFocus(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Your reply"))
        self.viewport().setAutoFillBackground(False)
        self.document().setDocumentMargin(0)
        self.document().documentLayout().documentSizeChanged.connect(lambda size: self._grow())
        self.textChanged.connect(self._changed)
        theme.changed.connect(self.restyle)
        self.restyle()

    # --- content

    def text(self) -> str:
        return self.toPlainText()

    def set_text(self, text: str, filled: Iterable[tuple[int, int]] = ()) -> None:
        """Replaces everything without offering to undo it; the caret goes to the end."""
        self._is_setting = True
        try:
            self._spans.clear()
            self.setPlainText(text)
            self._apply_line_height()
            self.document().clearUndoRedoStacks()
        finally:
            self._is_setting = False
        self.mark_filled(filled)
        self.moveCursor(QTextCursor.MoveOperation.End)
        self._changed()

    def replace(self, start: int, end: int, text: str, filled: Iterable[tuple[int, int]] = ()) -> None:
        """Puts ``text`` in place of a piece, as one step that can be undone. Positions are characters."""
        cursor = self.cursor_over(start, end)
        cursor.insertText(text)
        self.mark_filled((start + a, start + b) for a, b in filled)
        self.setTextCursor(cursor)

    def mark_filled(self, spans: Iterable[tuple[int, int]]) -> None:
        """Variables that were filled in: a dotted underline until they are touched."""
        self._spans += [(DOTTED, self.cursor_over(start, end)) for start, end in spans if end > start]
        self._underline()

    def mark_wrong(self, spans: Iterable[tuple[int, int]]) -> None:
        """What the checks found, underlined with a wave."""
        self._spans = [one for one in self._spans if one[0] != WAVY]
        self._spans += [(WAVY, self.cursor_over(start, end)) for start, end in spans if end > start]
        self._underline()

    def cursor_over(self, start: int, end: int) -> QTextCursor:
        text = self.text()
        cursor = QTextCursor(self.document())
        cursor.setPosition(_units(text[:start]))
        cursor.setPosition(_units(text[:end]), QTextCursor.MoveMode.KeepAnchor)
        return cursor

    def caret(self) -> int:
        """The caret as a number of characters."""
        cursor = self.textCursor()
        before = QTextCursor(self.document())
        before.setPosition(0)
        before.setPosition(cursor.position(), QTextCursor.MoveMode.KeepAnchor)
        return len(before.selectedText())

    # --- look

    def restyle(self) -> None:
        theme = self._theme
        self.setFont(theme.font("read"))
        self.document().setDefaultFont(theme.font("read"))
        palette = QPalette(self.palette())
        palette.setColor(QPalette.ColorRole.Highlight, theme.color("accent"))
        palette.setColor(QPalette.ColorRole.HighlightedText, theme.color("onaccent"))
        self.setPalette(palette)
        self._apply_line_height()
        self._underline()
        self._grow()

    def _apply_line_height(self) -> None:
        cursor = QTextCursor(self.document())
        cursor.select(QTextCursor.SelectionType.Document)
        # The look of a paragraph is no step of the owner's to take back.
        self._is_setting, before = True, self._is_setting
        cursor.joinPreviousEditBlock()
        cursor.mergeBlockFormat(spaced(self._theme, "read"))
        cursor.endEditBlock()
        self._is_setting = before

    def _underline(self) -> None:
        marks = []
        for kind, cursor in self._spans:
            if not cursor.hasSelection():
                continue
            one = QTextEdit.ExtraSelection()
            look = QTextCharFormat()
            if kind == DOTTED:
                look.setUnderlineStyle(QTextCharFormat.UnderlineStyle.DotLine)
                look.setUnderlineColor(self._theme.color("text3"))
            else:
                look.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
                look.setUnderlineColor(self._theme.color("clock"))
            one.cursor, one.format = cursor, look
            marks.append(one)
        self.setExtraSelections(marks)

    def _grow(self) -> None:
        line = max(self._theme.line_height("read"), self.fontMetrics().lineSpacing())
        margins = self.contentsMargins()
        frame = margins.top() + margins.bottom()
        content = self.document().size().height()
        height = ceil(min(max(content, line * FEWEST_LINES), line * MOST_LINES)) + frame
        if height != self.height() or self.minimumHeight() != height:
            self.setFixedHeight(height)
        policy = (
            Qt.ScrollBarPolicy.ScrollBarAsNeeded
            if content > line * MOST_LINES
            else Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        )
        self.setVerticalScrollBarPolicy(policy)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._grow()

    # --- typing

    def _changed(self) -> None:
        if self._is_setting:
            return
        self._forget_touched()
        self.edited.emit()

    def _forget_touched(self) -> None:
        at = self.textCursor().position()
        kept = [
            (kind, one)
            for kind, one in self._spans
            if one.hasSelection() and not (kind == DOTTED and one.selectionStart() < at < one.selectionEnd())
        ]
        if len(kept) != len(self._spans):
            self._spans = kept
            self._underline()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.popup_keys(event):
            event.accept()
            return
        if event.matches(QKeySequence.StandardKey.Undo) and not self._has_anything_to_undo():
            event.accept()
            self.undo_wanted.emit()
            return
        begins = event.text() == "/" and self._is_word_start()
        super().keyPressEvent(event)
        if begins:
            self.slashed.emit()

    def _has_anything_to_undo(self) -> bool:
        return bool(self.text()) or self.document().isUndoAvailable()

    def _is_word_start(self) -> bool:
        at = self.caret()
        return at == 0 or self.text()[at - 1].isspace()

    def insertFromMimeData(self, source: QMimeData) -> None:
        if source.hasText():
            self.textCursor().insertText(source.text().replace("\0", ""))


def _units(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2
