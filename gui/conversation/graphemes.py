"""Counting what a reader takes for one character. Qt knows the rules of Unicode; services/ is handed this
function."""

from __future__ import annotations

import re

from PySide6.QtCore import QTextBoundaryFinder

from services.replies.graphemes import count_graphemes as count_slowly

_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]")


def count_graphemes(text: str) -> int:
    """Characters as a person counts them: a flag, a family or a letter with its accents is one."""
    if text.isascii():
        return len(text) - text.count("\r\n")
    if _FLAG.search(text):
        # Qt 6.11 tears a flag in two when it follows another emoji.
        return count_slowly(text)
    finder = QTextBoundaryFinder(QTextBoundaryFinder.BoundaryType.Grapheme, text)
    count = 0
    while finder.toNextBoundary() != -1:
        count += 1
    return count
