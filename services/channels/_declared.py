"""What a channel declares of itself, before anything is asked of its network: the account dialog, the badge
and the composer are drawn from it. Part of the contract in ``services.channels.base``, which hands it on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from services.model import MessageKind


class Effort(StrEnum):
    """How long it takes the owner to add an account; the order is the order of the cards."""

    MINUTE = "1 minute"
    MINUTES = "5 minutes"
    DAYS = "days"
    MONEY = "costs money"


class SignInMethod(StrEnum):
    NONE = "none"
    TOKEN = "token"
    PASSWORD = "password"
    OAUTH = "oauth"


@dataclass(frozen=True, slots=True)
class Field:
    """One line of the account dialog and one ``--set NAME=VALUE`` (or key of ``--secrets``) on the command
    line.

    ``label`` and ``help`` are English source texts, translated where they are shown. ``choices`` maps value
    to label. ``advanced`` fields are folded away. A secret field with ``required`` false is the
    paste-a-token way beside an OAuth sign-in. ``is_address``: what is typed will be asked for, so plain http
    is refused beyond this machine (unless the channel takes it). ``is_free``: may be changed without signing
    in again, for it does not decide where the credentials go.
    """

    name: str
    label: str
    help: str = ""
    secret: bool = False
    required: bool = True
    placeholder: str = ""
    default: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)
    advanced: bool = False
    is_address: bool = False
    is_free: bool = False


@dataclass(frozen=True, slots=True)
class SignIn:
    """How an account is added: fields, method, effort, a page with help, and one sentence on what happens
    next. ``without``: what may be done without any sign-in (English source text); empty: nothing."""

    method: SignInMethod
    fields: tuple[Field, ...]
    effort: Effort
    help_url: str = ""
    explains: str = ""
    price: str = ""
    without: str = ""


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a channel can do. ``cannot`` lists, in English source texts, what owners miss there and why.

    ``hears`` and ``summary`` word the card and its ticks. ``copy_and_open``: no API for replies; the text
    goes to the clipboard and the page is opened. ``replies_per_message`` 1 where the network keeps one
    answer (reviews). ``delete``: what we wrote can be taken down; with ``approve`` (the place is ours) or
    ``delete_theirs`` also what customers wrote. ``bills``: polls or sends cost money. ``attachments``: files
    that came with a message can be saved. ``listens``: the network can tell at once that something new is
    there (``listen``).
    """

    reads: frozenset[MessageKind]
    summary: str = ""
    does: tuple[str, ...] = ()
    cannot: tuple[str, ...] = ()
    public_reply: bool = False
    private_reply: bool = False
    copy_and_open: bool = False
    like: bool = False
    hide: bool = False
    delete: bool = False
    delete_theirs: bool = False
    block: bool = False
    approve: bool = False
    mark_read: bool = False
    spam: bool = False
    attachments: bool = False
    listens: bool = False
    edits_sent: bool = False
    replies_per_message: int | None = None
    bills: bool = False

    @property
    def deletes_theirs(self) -> bool:
        return self.delete and (self.approve or self.delete_theirs)


@dataclass(frozen=True, slots=True)
class Badge:
    """Two letters (or the name of one of our shapes) on a pale square of this hue (OKLCH degrees; None:
    grey)."""

    letters: str = ""
    shape: str = ""
    hue: float | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """How the network counts a reply and where it stops. ``units``: ``characters`` (graphemes),
    ``codepoints``, ``utf16``, ``bytes`` or ``weighted``. ``link_length``: every URL counts as this many.
    ``mention_domain_free``: ``@user@domain`` counts as ``@user``. ``max_bytes`` is a second limit beside
    the first. None: no limit known."""

    max_length: int | None = None
    units: str = "characters"
    link_length: int | None = None
    mention_domain_free: bool = False
    max_bytes: int | None = None
