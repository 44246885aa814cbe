"""What the owner said, as the store hands it out: corrections, muted people, and what an undo needs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Correction:
    """One thing the owner taught. ``id`` is the message's, ``label`` one of ``marks.LABELS``.
    ``conversation_id`` None: the message is no longer there; what it taught still counts. ``is_complaint``:
    what triage makes of the message by itself."""

    id: int
    text: str
    label: str
    labelled_at: datetime
    conversation_id: int | None = None
    is_complaint: bool = False


@dataclass(frozen=True, slots=True)
class MutedPerson:
    """Somebody who rings no more. ``kind`` is the channel's; the account may be gone by now."""

    id: int
    kind: str
    name: str
    handle: str
    url: str
    account_id: int
    author_id: str
    muted_at: datetime


@dataclass(frozen=True, slots=True)
class Remembered:
    """How some conversations stood before a mark; only ``recall.put_back`` reads it."""

    conversations: tuple[tuple[Any, ...], ...] = ()
    messages: tuple[tuple[Any, ...], ...] = ()
    labels: tuple[tuple[Any, ...], ...] = ()

    @property
    def ids(self) -> tuple[int, ...]:
        return tuple(one[0] for one in self.conversations)
