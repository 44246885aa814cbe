"""What of a customer's words may stand in a notification or a row. Pure."""

from __future__ import annotations

import re

EXCERPT = 200
NAME = 80
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u061c\u2028-\u202e\u2060\u2066-\u2069\ufeff]+")
_TO_WHOM = re.compile(r"(?:\s*@[\w.-]+(?:@[\w.-]+)?[,:]?(?=\s))+\s*")


def first_words(text: str) -> str:
    """Without the names that many networks put first: everybody knows whom it is said to."""
    found = _TO_WHOM.match(text)
    return (text[found.end() :] or text) if found else text


def clean(text: str, longest: int = EXCERPT) -> str:
    """One line without control characters, cut at a word with an ellipsis."""
    line = " ".join(_CONTROL.sub(" ", text).split())
    if len(line) <= longest:
        return line
    cut = line[: max(0, longest - 1)]
    head, space, _ = cut.rpartition(" ")
    return (head if space and len(head) > longest // 2 else cut).rstrip(" ,;:") + "…"
