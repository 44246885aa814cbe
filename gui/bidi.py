"""Names and messages in scripts that run from right to left, among words that run the other way."""

from __future__ import annotations

import re
import unicodedata

_MENTIONS = re.compile(r"(?:[@#][\w.@-]+[\s,:]+)+")
_FROM_THE_RIGHT = frozenset({"R", "AL"})


def is_from_right(text: str) -> bool:
    """Does the text run from right to left? Whom it is addressed to says nothing about its language."""
    match = _MENTIONS.match(text)
    for char in text[match.end() if match else 0 :][:400]:
        kind = unicodedata.bidirectional(char)
        if kind in _FROM_THE_RIGHT:
            return True
        if kind == "L":
            return False
    return False


def isolated(text: str) -> str:
    """To be put among other words without turning their order round."""
    return f"\u2068{text}\u2069" if is_from_right(text) else text
