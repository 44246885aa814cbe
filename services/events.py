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
    """Something deserves a notification. ``kind``: complaint, direct, several, quiet-over, account,
    reply-failed, waiting, spike, back (put off until now), trial (the owner tries the bell).

    ``conversation_id`` is what a click opens (None: a list). ``names`` and ``count`` fill the sentence,
    ``place`` names the account, ``excerpt`` is the first words (empty when the owner hides them).
    ``error_kind`` for account and reply-failed. ``waited_s``: seconds since the oldest of them was written.
    ``tag`` names the notice on the screen; one of the same tag, and those that ``replaces`` names, make room
    for it. ``about`` is what the complaints of a spike have in common; ``about_kind`` what that is: post,
    word, topic. ``complaints`` and ``direct``: how many of ``count`` are such, when quiet hours are over.
    ``is_abusive``: the words may insult, and stay folded (``excerpt`` is empty).
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
    tag: str = ""
    replaces: tuple[str, ...] = ()
    about: str = ""
    about_kind: str = ""
    complaints: int = 0
    direct: int = 0
    is_abusive: bool = False


@dataclass(frozen=True, slots=True)
class BellTried:
    """What became of the owner's trial: did the desktop show the notice, was there something to play the
    sound. ``wants_sound`` false: the sound is switched off."""

    was_shown: bool
    was_heard: bool
    wants_sound: bool = True


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


Event = (
    MessagesChanged | AccountChanged | ReplyChanged | AlertRaised | BellTried | SyncProgress | StoreTrouble
)
