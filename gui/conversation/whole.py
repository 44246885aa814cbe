"""All that a mail held, where more is kept than what is new in it: the quote below, the signature."""

from __future__ import annotations

from services.model import MessageKind, ThreadMessage
from services.sanitize import html_to_text

SHOW = "show-whole"
_WORTH_IT = 12
"""Letters that have to be hidden before a word is said about it."""


def whole_of(message: ThreadMessage) -> str:
    """Plain text; empty where the bubble shows everything already."""
    if message.kind is not MessageKind.EMAIL or not message.html:
        return ""
    whole = html_to_text(message.html)
    return whole if _letters(whole) >= _letters(message.text) + _WORTH_IT else ""


def _letters(text: str) -> int:
    return sum(sign.isalnum() for sign in text)
