"""Counting what a reader takes for one character. Qt knows the rules of Unicode; services/ is handed this function."""

from __future__ import annotations

from PySide6.QtCore import QTextBoundaryFinder


def count_graphemes(text: str) -> int:
    """Characters as a person counts them: a flag, a family or a letter with its accents is one."""
    if text.isascii():
        return len(text) - text.count("\r\n")
    finder = QTextBoundaryFinder(QTextBoundaryFinder.BoundaryType.Grapheme, text)
    count = 0
    while finder.toNextBoundary() != -1:
        count += 1
    return count
