"""The words of the house as frozen records: what a customer said, where, and what became of it.

Imports nothing of ours. Every time is an aware UTC ``datetime``; every id that comes from a network is a
``str`` (Mastodon-compatible servers use ULIDs, Bluesky uses URIs, e-mail uses Message-IDs). Local ids are
``int`` in the store and decimal strings on the command line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

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
class Author:
    """Who wrote a message, as the network names them. ``id`` is the network's, unique within the account."""

    id: str
    name: str = ""
    handle: str = ""
    url: str = ""
    avatar_url: str = ""
    followers: int | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A picture, film, sound or file that came with a message; only described here, never loaded by itself.

    ``name`` is the file's own, ``size`` in bytes as announced; ``part`` is what the channel needs to fetch it
    (empty: only the page can show it).
    """

    kind: str
    url: str
    description: str = ""
    name: str = ""
    size: int | None = None
    part: str = ""


@dataclass(frozen=True, slots=True)
class Context:
    """What a conversation is about: the owner's post above a comment, the product of a review."""

    title: str = ""
    text: str = ""
    url: str = ""
    author: str = ""
    sent_at: datetime | None = None
    remote_id: str = ""
    is_ours: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """One thing somebody wrote, as a channel yields it.

    ``conversation_key`` groups messages within the account ("thread id"); the store adds the parent's
    conversation when the key is empty. For an outbound message found on the network the parent decides first.
    ``html`` is what the network said, not yet sanitised; ``text`` is plain. ``reply_context`` is opaque JSON
    that ``send`` gets back with a reply to this message. ``can_reply`` false carries ``why_not`` (a key, not
    a sentence). ``reply_until`` is when the network stops accepting answers. ``version`` differs when the
    message was edited (empty: compare the texts). ``is_addressed`` false: context that came along with a
    thread (a stranger's part of it), stored but waiting for nobody's answer. ``is_automatic``: written by a
    program (newsletter, out-of-office note); never a complaint and waiting for nobody's answer.
    ``shared_key`` groups what several accounts found in the same place (a page's address); empty: the account
    keeps to itself.
    """

    remote_id: str
    kind: MessageKind
    direction: Direction
    author: Author
    text: str
    sent_at: datetime
    conversation_key: str = ""
    html: str = ""
    parent_id: str = ""
    url: str = ""
    title: str = ""
    private: bool = False
    language: str = ""
    stars: int | None = None
    context: Context | None = None
    attachments: tuple[Attachment, ...] = ()
    reply_context: JsonObject = NOTHING
    can_reply: bool = True
    why_not: str = ""
    reply_until: datetime | None = None
    edited_at: datetime | None = None
    version: str = ""
    state: MessageState = MessageState.RECEIVED
    is_addressed: bool = True
    is_automatic: bool = False
    shared_key: str = ""


@dataclass(frozen=True, slots=True)
class Deletion:
    """The network says this message is gone. The earlier text is kept; the conversation no longer waits for
    it."""

    remote_id: str


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

    ``error_detail`` holds the values its sentence needs (never a secret). ``backfilling``: the first quiet
    fetch runs.
    """

    heard: datetime | None = None
    failing_since: datetime | None = None
    error_kind: str = ""
    error_detail: JsonObject = NOTHING
    next_poll: datetime | None = None
    failures: int = 0
    backfilling: bool = True


@dataclass(frozen=True, slots=True)
class Verdict:
    """What triage says of one text. ``score`` 0..1; ``reasons`` are the words of the text that say so."""

    score: float = 0.0
    is_complaint: bool = False
    reasons: tuple[str, ...] = ()
    topic: str = ""
    is_spam: bool = False


@dataclass(frozen=True, slots=True)
class Conversation:
    """One row of the inbox, complete for painting it. ``snippet`` starts with the unanswered customer text.

    ``outbox_state`` is set while a reply of ours is not safely there; ``has_draft`` while something unsent is
    kept. ``answered_at``/``answered_elsewhere`` describe our last answer.
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


@dataclass(frozen=True, slots=True)
class ThreadMessage:
    """One bubble: a stored message, or a reply of ours still in the outbox (then ``outbox_id`` is set).

    ``html`` is sanitised. ``earlier`` holds older texts of an edited or deleted message, oldest first.
    ``elsewhere``: written by us, but not from here. ``error_kind``/``error_detail`` belong to a failed reply.
    """

    id: int
    remote_id: str
    direction: Direction
    kind: MessageKind
    author: Author
    text: str
    html: str
    sent_at: datetime
    url: str
    private: bool
    state: str
    parent_id: str = ""
    title: str = ""
    stars: int | None = None
    attachments: tuple[Attachment, ...] = ()
    reasons: tuple[str, ...] = ()
    earlier: tuple[str, ...] = ()
    edited_at: datetime | None = None
    elsewhere: bool = False
    outbox_id: int | None = None
    hold_until: datetime | None = None
    error_kind: str = ""
    error_detail: JsonObject = NOTHING
    can_reply: bool = True
    why_not: str = ""
    reply_context: JsonObject = NOTHING
    reply_until: datetime | None = None
    is_addressed: bool = True
    is_automatic: bool = False


@dataclass(frozen=True, slots=True)
class Thread:
    """A conversation opened: its row, what it is about, its messages oldest first, and the kept draft."""

    conversation: Conversation
    context: Context | None
    messages: tuple[ThreadMessage, ...]
    draft: str = ""
    hidden_earlier: int = 0


@dataclass(frozen=True, slots=True)
class OutboxItem:
    """One row of the outbox. ``parent_remote_id`` is the customer message answered; ``seen_id`` the newest
    local message id the owner had seen when writing; ``key`` the idempotency key, made once."""

    id: int
    conversation_id: int
    account_id: int
    state: OutboxState
    text: str
    private: bool
    key: str
    parent_remote_id: str
    created_at: datetime
    hold_until: datetime
    seen_id: int = 0
    first_attempt_at: datetime | None = None
    attempts: int = 0
    next_try_at: datetime | None = None
    close_after: bool = False
    force: bool = False
    remote_id: str = ""
    url: str = ""
    sent_at: datetime | None = None
    error_kind: str = ""
    error_detail: JsonObject = NOTHING
    template: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """A saved reply. ``text`` holds variables as ``{first_name}``; ``shortcut`` is typed after ``/``."""

    id: int
    name: str
    text: str
    shortcut: str = ""
    language: str = ""
    used: int = 0


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
