"""Whether a text that a network shows is one that was handed to it."""

from __future__ import annotations

import re

_MENTION = re.compile(r"(?<![\w/@])@[\w.-]*\w(?:@[\w.:-]*\w)?")


def same_words(one: str, other: str) -> bool:
    """Compares what survives the way through a server: it puts mentions in front, changes spaces, leaves
    out the beginning of links and beautifies quotation marks and dashes."""
    return _bare(one) == _bare(other)


def _bare(text: str) -> str:
    words = _MENTION.sub("", text).replace("https://", "").replace("http://", "")
    letters = "".join(char for char in words.casefold() if char.isalnum())
    # A text of signs alone (a heart, a question mark) is its signs.
    return letters or "".join(words.split())
