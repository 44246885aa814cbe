"""The words of the house as frozen records: what a customer said, where, and what became of it.

Imports nothing of ours. Every time is an aware UTC ``datetime``; every id that comes from a network is a
``str`` (Mastodon-compatible servers use ULIDs, Bluesky uses URIs, e-mail uses Message-IDs). Local ids are
``int`` in the store and decimal strings on the command line.

The records of single messages stand in ``services/messages.py`` and are had from here all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from services.messages import (
        Attachment as Attachment,
        Author as Author,
        Context as Context,
        Deletion as Deletion,
        Message as Message,
        OutboxItem as OutboxItem,
        Template as Template,
        Thread as Thread,
        ThreadMessage as ThreadMessage,
        Verdict as Verdict,
    )

JsonObject = Mapping[str, Any]


class _Nothing(Mapping[str, Any]):
    """An empty JSON object that nobody can fill, hashable so that it may be a default of a dataclass."""

    __slots__ = ()

    def __getitem__(self, key: str) -> Any:
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __hash__(self) -> int:
        return 0

    def __repr__(self) -> str:
        return "{}"


NOTHING: JsonObject = _Nothing()


class MessageKind(StrEnum):
    """What somebody wrote. A conversation has the kind of its first message."""

    MENTION = "mention"
    REPLY = "reply"
    COMMENT = "comment"
    POST = "post"
    QUOTE = "quote"
    REVIEW = "review"
    DIRECT = "direct"
    EMAIL = "email"
    ENTRY = "entry"
    FOLLOW = "follow"


class Direction(StrEnum):
    INBOUND = "inbound"
    OUTBOUND = "outbound"


class State(StrEnum):
    """State of a conversation."""

    NEW = "new"
    WAITING = "waiting"
    SNOOZED = "snoozed"
    DONE = "done"
    SPAM = "spam"


class MessageState(StrEnum):
    """State of a message as its network has it (the outbox has its own states). ``hidden``: still there, out
    of the others' sight. ``failed``: an answer of ours that came back undelivered."""

    RECEIVED = "received"
    EDITED = "edited"
    DELETED = "deleted"
    HIDDEN = "hidden"
    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"


class OutboxState(StrEnum):
    """``holding`` (undo possible, or held back until the account works again) -> ``sending`` -> one of the
    others.

    ``cancelled`` is what undo leaves behind; such a row is never sent and never shown.
    """

    HOLDING = "holding"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNCLEAR = "unclear"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Account:
    """One sign-in of the owner, or one watched source. Never holds a credential."""

    id: int
    kind: str
    name: str
    handle: str = ""
    remote_id: str = ""
    url: str = ""
    settings: JsonObject = NOTHING
    paused: bool = False
    created_at: datetime | None = None

    OUR_NAME: ClassVar[str] = "our_name"
    """Key among the settings: what the network calls us there."""

    @property
    def our_name(self) -> str:
        return str(self.settings.get(self.OUR_NAME) or self.name)


@dataclass(frozen=True, slots=True)
class Freshness:
    """When an account was last heard and since when it fails. ``error_kind`` is the kebab-case class of the
    error.

    ``error_detail`` holds the values its sentence needs (never a secret). ``in_part`` among them: the last
    poll worked, and only one of the places that the account asks did not answer. ``backfilling``: the first
    quiet fetch runs.
    """

    heard: datetime | None = None
    failing_since: datetime | None = None
    error_kind: str = ""
    error_detail: JsonObject = NOTHING
    next_poll: datetime | None = None
    failures: int = 0
    backfilling: bool = True


@dataclass(frozen=True, slots=True)
class Conversation:
    """One row of the inbox, complete for painting it. ``snippet`` starts with the unanswered customer text.

    ``outbox_state`` is set while a reply of ours is not safely there; ``has_draft`` while something unsent is
    kept. ``answered_at``/``answered_elsewhere`` describe our last answer. ``urgency`` and ``urgent_because``
    are what ``services.urgency`` says of one that waits, without the waiting itself. ``is_abusive``: the
    words in the snippet may insult.
    """

    id: int
    account_id: int
    kind: MessageKind
    state: State
    customer_name: str
    customer_handle: str
    title: str
    snippet: str
    last_at: datetime
    waiting_since: datetime | None = None
    is_complaint: bool = False
    score: float = 0.0
    reasons: tuple[str, ...] = ()
    topic: str = ""
    unread: int = 0
    messages: int = 0
    url: str = ""
    private: bool = False
    reply_until: datetime | None = None
    snoozed_until: datetime | None = None
    answered_at: datetime | None = None
    answered_elsewhere: bool = False
    outbox_state: OutboxState | None = None
    has_draft: bool = False
    stars: int | None = None
    is_labelled: bool = False
    previous_id: int | None = None
    urgency: int = 0
    urgent_because: tuple[str, ...] = ()
    is_abusive: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """One key page of the inbox. ``next`` is the key to hand in for the following page, empty at the end."""

    conversations: tuple[Conversation, ...] = ()
    next: str = ""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many conversations each view holds."""

    new: int = 0
    complaints: int = 0
    closing: int = 0
    waiting: int = 0
    snoozed: int = 0
    done: int = 0
    hello: int = 0
    spam: int = 0
    by_account: Mapping[int, int] = field(default_factory=dict)


def __getattr__(name: str) -> Any:
    """The records of ``services.messages``, made when somebody first asks for one."""
    if not name.startswith("_"):
        from services import messages

        if name in vars(messages):
            found = globals()[name] = getattr(messages, name)
            return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
