"""What the store hands out beside the records of ``model``, and the shape of what it takes from channels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from services.model import Deletion, JsonObject, Message, MessageKind, ThreadMessage


class Returned(Protocol):
    """A reply of ours that came back; ``channels.base.Bounce`` has this shape."""

    @property
    def remote_id(self) -> str: ...
    @property
    def detail(self) -> str: ...


class Step(Protocol):
    """One bounded step of polling; ``channels.base.Batch`` has this shape."""

    @property
    def messages(self) -> tuple[Message, ...]: ...
    @property
    def changes(self) -> tuple[Deletion, ...]: ...
    @property
    def cursor(self) -> JsonObject | None: ...
    @property
    def settings(self) -> JsonObject: ...
    @property
    def live(self) -> bool: ...
    @property
    def bounces(self) -> Sequence[Returned]: ...


class Confirmation(Protocol):
    """What a network says of a reply it has taken; ``channels.base.Sent`` has this shape."""

    @property
    def remote_id(self) -> str: ...
    @property
    def sent_at(self) -> datetime: ...
    @property
    def url(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def is_pending(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message stored for the first time. ``is_live``: a customer's, just now; worth telling somebody."""

    message_id: int
    conversation_id: int
    remote_id: str
    is_live: bool


@dataclass(frozen=True, slots=True)
class LeftArrival:
    """A customer's message that another program fetched, and that nobody has told the owner of."""

    account_id: int
    remote_id: str
    conversation_id: int
    name: str
    text: str
    sent_at: datetime
    kind: MessageKind
    private: bool
    is_complaint: bool
    is_abusive: bool
    is_automatic: bool


@dataclass(frozen=True, slots=True)
class Located:
    """A message and where it stands."""

    account_id: int
    conversation_id: int
    message: ThreadMessage


@dataclass(frozen=True, slots=True)
class Applied:
    """What a batch changed. ``added``: conversations that hold a new customer message. ``bounced``: replies
    that came back (outbox ids); ``strangers`` how many came back that nobody here knows."""

    new: tuple[NewMessage, ...] = ()
    updated: int = 0
    deleted: int = 0
    conversations: frozenset[int] = frozenset()
    added: frozenset[int] = frozenset()
    bounced: tuple[int, ...] = ()
    strangers: int = 0

    def plus(self, other: Applied) -> Applied:
        return Applied(
            self.new + other.new,
            self.updated + other.updated,
            self.deleted + other.deleted,
            self.conversations | other.conversations,
            self.added | other.added,
            self.bounced + other.bounced,
            self.strangers + other.strangers,
        )


@dataclass(frozen=True, slots=True)
class Label:
    """What the owner taught: ``complaint``, ``not-complaint`` or ``spam`` of one message's text."""

    message_id: int
    text: str
    label: str
    labelled_at: datetime


@dataclass(frozen=True, slots=True)
class Answered:
    """A customer message and its first answer."""

    asked_at: datetime
    answered_at: datetime


@dataclass(frozen=True, slots=True)
class Grievance:
    """One complaint, and what it was said under: ``post`` is the same for all under one post."""

    conversation_id: int
    sent_at: datetime
    text: str = ""
    post: str = ""
    post_words: str = ""
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Day:
    """How much customers wrote on one day (UTC)."""

    day: date
    messages: int
    complaints: int


@dataclass(frozen=True, slots=True)
class Figures:
    """Plain rows for insights. ``unanswered``: conversations that wait now."""

    answered: tuple[Answered, ...] = ()
    days: tuple[Day, ...] = ()
    unanswered: int = 0
