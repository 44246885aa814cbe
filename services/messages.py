"""The records of single messages: what was said, what is being answered, a saved reply.

The others know them as ``services.model``, whose docstring holds for these too. They have a file of their
own because making a record takes a millisecond, and the first paint of the window, which shows rows of
conversations, needs none of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.model import (
    NOTHING,
    Conversation,
    Direction,
    JsonObject,
    MessageKind,
    MessageState,
    OutboxState,
)


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
    program (newsletter, out-of-office note); never a complaint and waiting for nobody's answer. ``is_junk``:
    the network's own filter put it aside; what begins with it is spam until the owner says otherwise.
    ``shared_key`` groups what several accounts found in one place (a page's address); behind a space, which
    of the things said there it is; the same key again is a second finding of the same words. Only for what is
    answered by copy and open, for any of the accounts may hold the conversation. Empty: the account keeps to
    itself.
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
    is_junk: bool = False
    shared_key: str = ""


@dataclass(frozen=True, slots=True)
class Deletion:
    """The network says this message is gone. The earlier text is kept; the conversation no longer waits for
    it."""

    remote_id: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What triage says of one text. ``score`` 0..1; ``reasons`` are the words of the text that say so.

    ``label``: complaint, question, praise, spam, abuse, other, or unsure where it cannot tell whether it is a
    complaint.
    """

    score: float = 0.0
    is_complaint: bool = False
    reasons: tuple[str, ...] = ()
    topic: str = ""
    is_spam: bool = False
    label: str = ""


@dataclass(frozen=True, slots=True)
class ThreadMessage:
    """One bubble: a stored message, or a reply of ours still in the outbox (then ``outbox_id`` is set).

    ``html`` is sanitised. ``earlier`` holds older texts of an edited or deleted message, oldest first.
    ``elsewhere``: written by us, but not from here. ``is_abusive``: the words may insult; ``is_muted``: the
    owner does not want to hear this person. ``error_kind``/``error_detail`` belong to a failed reply.
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
    is_abusive: bool = False
    is_muted: bool = False


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
