"""Frozen records of what changed; ``services/hub.py`` hands them to whoever listens."""

from __future__ import annotations

from dataclasses import dataclass

from services.errors import StoreError
from services.hub import EventHub as EventHub


@dataclass(frozen=True, slots=True)
class MessagesChanged:
    """Conversations whose row or thread must be re-read. ``added`` are those that hold a new customer
    message."""

    conversations: frozenset[int]
    added: frozenset[int] = frozenset()
    account_id: int | None = None


@dataclass(frozen=True, slots=True)
class AccountChanged:
    """An account was added, removed, renamed, or its freshness moved."""

    account_id: int


@dataclass(frozen=True, slots=True)
class ReplyChanged:
    """An outbox row moved to another state."""

    outbox_id: int
    conversation_id: int


@dataclass(frozen=True, slots=True)
class AlertRaised:
    """Something deserves a notification. ``kind``: complaint, direct, several, account, reply-failed,
    waiting, spike.

    ``conversation_id`` is what a click opens (None: the inbox). ``names`` and ``count`` fill the sentence,
    ``place`` names the account, ``excerpt`` is the first words (empty when the owner hides them).
    ``error_kind`` for account and reply-failed.
    """

    kind: str
    conversation_id: int | None = None
    account_id: int | None = None
    count: int = 1
    names: tuple[str, ...] = ()
    place: str = ""
    excerpt: str = ""
    error_kind: str = ""
    waited_s: int = 0
    sound: bool = True


@dataclass(frozen=True, slots=True)
class SyncProgress:
    """How a round of polling stands: ``checked`` of ``total`` accounts; ``fetched`` messages so far for one
    account."""

    checked: int
    total: int
    account_id: int | None = None
    fetched: int = 0


@dataclass(frozen=True, slots=True)
class StoreTrouble:
    """Something that was heard could not be stored (disk full, database busy). Nothing is lost: it is fetched
    again."""

    error: StoreError


Event = MessagesChanged | AccountChanged | ReplyChanged | AlertRaised | SyncProgress | StoreTrouble
