"""What the sample server remembers: accounts, statuses, notifications, private conversations. Plain mutable
records; only ``World`` changes them, and only under its lock."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

VISIBILITIES = ("public", "unlisted", "private", "direct")


@dataclass(slots=True)
class Person:
    """An account on a network. ``domain`` empty: it lives on this server."""

    id: str
    username: str
    domain: str
    name: str
    created_at: datetime
    url: str
    note: str = ""
    followers: int = 0
    following: int = 0
    follows_shop: bool = False
    followed_by_shop: bool = False
    limited: bool = False
    blocked_by_shop: bool = False

    @property
    def acct(self) -> str:
        return f"{self.username}@{self.domain}" if self.domain else self.username


@dataclass(frozen=True, slots=True)
class Version:
    """One wording of a status, for its history."""

    text: str
    spoiler: str
    at: datetime


@dataclass(slots=True)
class Status:
    """``private_to``: ids of everybody who may read a ``direct`` status. ``key``: the idempotency key it was
    posted with. ``through_api``: posted over HTTP with the owner's token. ``thread``: id of the first status
    of its thread."""

    id: str
    author: Person
    text: str
    html: str
    at: datetime
    visibility: str
    url: str
    uri: str
    thread: str
    spoiler: str = ""
    language: str | None = "en"
    reply_to: str | None = None
    reply_to_author: str | None = None
    mentions: list[Person] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    quote_of: str | None = None
    edited_at: datetime | None = None
    versions: list[Version] = field(default_factory=list)
    favourited_by: set[str] = field(default_factory=set)
    reblogged_by: set[str] = field(default_factory=set)
    application: str | None = None
    key: str = ""
    through_api: bool = False
    deleted: bool = False

    @property
    def private_to(self) -> set[str]:
        return {self.author.id, *(m.id for m in self.mentions)}


@dataclass(slots=True)
class Notification:
    id: str
    type: str
    at: datetime
    person: Person
    status: Status | None = None
    filtered: bool = False
    dismissed: bool = False


@dataclass(slots=True)
class Private:
    """One line of the private-mentions overview: the same people, whatever they talk about."""

    id: str
    people: frozenset[str]
    last: str
    unread: bool = False


@dataclass(slots=True)
class Policy:
    """What the owner's server does with notifications from strangers: ``accept``, ``filter`` or ``drop``."""

    for_not_following: str = "accept"
    for_not_followers: str = "accept"
    for_new_accounts: str = "accept"
    for_private_mentions: str = "filter"
    for_limited_accounts: str = "filter"
