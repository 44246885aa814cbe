"""What a mail is called here. Normally its Message-ID; a print of its words where it has none, or where
several mails share one, as those of some contact forms do. Our own ids are made from the reply's key, so that
every attempt carries the same.

What is remembered between polls (part of the cursor): ``seen``, the ids of the last mails with their prints,
and ``shared``, ids that are known to be used again, with the print of the first mail that had it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.channels._email_headers import Head

_REMEMBERED = 1000
_MOST_SHARED = 200
_OURS = re.compile(r"<shopbell\.[0-9a-f]{40}@[^<>\s]+>")


def own_id(key: str, domain: str) -> str:
    """The Message-ID of a reply; the same for the same key. The key itself stays with us."""
    return f"<shopbell.{hashlib.sha256(key.encode()).hexdigest()[:40]}@{domain}>"


def is_own_id(message_id: str) -> bool:
    return _OURS.fullmatch(message_id) is not None


def print_of(head: Head, text: str, arrived: datetime | None) -> str:
    """The same for every copy of a mail, whatever the way added to its head."""
    date = head.raw("Date") or (arrived.isoformat() if arrived else "")
    words = "".join(char for char in text if char.isalnum())
    whole = "\n".join((head.raw("From"), date, head.raw("Subject"), words))
    return hashlib.sha256(whole.encode("utf-8", "replace")).hexdigest()[:16]


class Memory:
    """Made from a cursor; ``state`` goes into the next."""

    def __init__(self, state: Mapping[str, Any]) -> None:
        seen, shared = state.get("seen"), state.get("shared")
        self._seen: dict[str, str] = _texts(seen)
        self._shared: dict[str, str] = _texts(shared)

    def name(self, head: Head, text: str, arrived: datetime | None) -> str:
        """Remote id of this mail."""
        mark = print_of(head, text, arrived)
        own = head.ids("Message-ID")
        if not own:
            return f"print:{mark}"
        message_id = own[0]
        if is_own_id(message_id):
            return message_id
        short = hashlib.sha256(message_id.encode("utf-8", "replace")).hexdigest()[:10]
        first = self._shared.get(short) or self._seen.get(short)
        if first is None:
            self._seen[short] = mark[:8]
            return message_id
        if mark.startswith(first):
            return message_id
        self._shared.setdefault(short, first)
        return f"{message_id}#{mark}"

    @property
    def state(self) -> dict[str, dict[str, str]]:
        """The oldest are forgotten first; ids that were used again are kept longest."""
        return {
            "seen": dict(list(self._seen.items())[-_REMEMBERED:]),
            "shared": dict(list(self._shared.items())[-_MOST_SHARED:]),
        }


def _texts(value: object) -> dict[str, str]:
    return {str(k): str(v) for k, v in value.items()} if isinstance(value, Mapping) else {}
