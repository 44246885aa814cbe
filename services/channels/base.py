"""The channel contract: what one file has to declare and to do so that customers on one more network are
heard.

A channel is plain blocking code that runs in a worker thread. It gets an account's settings, its secrets, a
ready ``Web`` and a clock, and returns values. It never touches the store, Qt, the keyring or the system's
clock, and raises nothing but ``ChannelError``s (and ``Invalid`` while an account is being added).
``docs/adding-a-channel.md`` walks through one.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar

from services.channels._declared import (
    Abilities as Abilities,
    Badge as Badge,
    Effort as Effort,
    Field as Field,
    Limits as Limits,
    SignIn as SignIn,
    SignInMethod as SignInMethod,
)
from services.channels._finding import (
    PageLink as PageLink,
    Preparation as Preparation,
    Suggestion as Suggestion,
    WebPage as WebPage,
)
from services.clock import Clock
from services.errors import ChannelError, Invalid, Refused
from services.model import NOTHING, Attachment, Deletion, JsonObject, Message, ThreadMessage

if TYPE_CHECKING:
    from services.channels.web import Web


# --- what passes between a channel and the rest
# -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Identity:
    """Who we are on the network, found out while signing in. ``settings`` are added to the account's
    (resolved address, server software, limits); ``note`` is a key for something the owner should know
    (``notifications-filtered``)."""

    remote_id: str
    name: str
    handle: str = ""
    url: str = ""
    settings: JsonObject = NOTHING
    note: str = ""


@dataclass(frozen=True, slots=True)
class Bounce:
    """A reply of ours that the network took and could not deliver. ``remote_id`` is the reply's;
    ``detail`` what the network said, plain text."""

    remote_id: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """One bounded step of polling. Stored together with ``cursor`` in one transaction (None: the cursor
    stays as it is). ``handle``: what we are called there now, where that has changed.

    ``more``: call again at once. ``next_after``: earliest next poll asked for by the network (None: the
    account's interval). ``settings``: changes to the account's settings (a feed that moved). ``live`` false
    marks messages of the first quiet fetch; the poller decides that for itself on the first poll, a channel
    that walks back later in history says so here. ``bounces``: replies of ours that came back. ``trouble``,
    in the last step: part of what the account watches could not be asked, and why; the rest was heard.
    """

    messages: tuple[Message, ...] = ()
    changes: tuple[Deletion, ...] = ()
    cursor: JsonObject | None = None
    more: bool = False
    next_after: timedelta | None = None
    settings: JsonObject = NOTHING
    live: bool = True
    bounces: tuple[Bounce, ...] = ()
    trouble: ChannelError | None = None
    handle: str = ""


@dataclass(frozen=True, slots=True)
class ThreadRef:
    """A conversation as a channel needs it for re-reading: its key and the messages we know, oldest
    first."""

    key: str
    message_ids: tuple[str, ...]
    parent_id: str
    reply_context: JsonObject = NOTHING


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply about to leave. ``key`` is the idempotency key, made once per outbox row and the same at
    every attempt.

    ``parent`` is the message answered as it was stored; ``attempt_started`` (aware UTC) the time of the
    first attempt, for ``find_sent``.
    """

    text: str
    private: bool
    key: str
    parent_id: str
    parent_author_handle: str
    parent_author_id: str
    conversation_key: str
    reply_context: JsonObject = NOTHING
    attempt_started: datetime | None = None

    @classmethod
    def sketch(cls, parent: ThreadMessage, text: str, *, private: bool) -> Reply:
        """An answer to ``parent`` as it would leave, to be counted and to learn its prefix; never sent."""
        return cls(
            text=text,
            private=private,
            key="",
            parent_id=parent.remote_id,
            parent_author_handle=parent.author.handle,
            parent_author_id=parent.author.id,
            conversation_key="",
            reply_context=parent.reply_context,
        )


@dataclass(frozen=True, slots=True)
class Sent:
    """The network has it. ``text`` as the network shows it, when it differs from what was handed in. An empty
    ``remote_id``: it is named later (a post that waits for a moderator), by the poll that brings it."""

    remote_id: str
    sent_at: datetime
    url: str = ""
    text: str = ""
    is_pending: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """Answer of ``find_sent``. ``sent`` set: it is there. Else ``is_absent``: proven not there, or a repeat
    with the same key is harmless, so it may be sent again by itself. Neither: unknown, ask the owner."""

    sent: Sent | None = None
    is_absent: bool = False


ABSENT = Found(is_absent=True)
UNKNOWN = Found()


@dataclass(frozen=True, slots=True)
class AuthorizeRequest:
    """First half of an OAuth sign-in: the page to open, and what the second half needs (``keep`` may hold a
    client secret: memory only).

    ``answer``: the query parameter that the browser brings back; where it is not a code, the second half gets
    the whole query. ``shows_code``: the network will not lead the browser back to this machine; its page
    shows what the owner pastes."""

    url: str
    state: str
    keep: Mapping[str, str] = field(default_factory=dict, repr=False)
    answer: str = "code"
    shows_code: bool = False


@dataclass(frozen=True, slots=True)
class Granted:
    """Second half: secrets for the keyring and settings for the account."""

    secrets: Mapping[str, str] = field(repr=False)
    settings: JsonObject = NOTHING


def _keep_nothing(secrets: Mapping[str, str]) -> None:
    pass


def _no_secrets() -> Mapping[str, str]:
    return {}


@dataclass(frozen=True, slots=True)
class Tools:
    """What a channel is given beside its account. ``backfill``: how far back the first quiet fetch goes.

    ``keep_secrets`` puts secrets that the network changed (a renewed session) into the key store at once,
    beside those that stay; call it before the new ones are used, for the old ones may be dead already.
    Hold ``renewing`` while a session is renewed, so that two threads of one account do not both use up what
    is good once, and look at ``current_secrets`` first: another thread or program may have renewed it
    already (empty where nothing is kept).
    """

    web: Web
    clock: Clock
    backfill: timedelta = timedelta(days=14)
    keep_secrets: Callable[[Mapping[str, str]], None] = _keep_nothing
    current_secrets: Callable[[], Mapping[str, str]] = _no_secrets
    renewing: AbstractContextManager[Any] = field(default_factory=threading.RLock)


# --- the contract
# -------------------------------------------------------------------------------------------


class Channel(ABC):
    """One account on one network. Made anew whenever the account's settings or secrets change; may keep
    state in memory, but must live without it (the cursor is all that survives)."""

    kind: ClassVar[str]
    title: ClassVar[str]
    badge: ClassVar[Badge]
    signin: ClassVar[SignIn]
    abilities: ClassVar[Abilities]
    interval: ClassVar[timedelta] = timedelta(minutes=2)
    """How often to poll where nothing else is asked for; the schedule adds jitter and back-off."""
    plain_http: ClassVar[bool] = False
    """Whether plain http is accepted beyond loopback addresses (public feeds, where nothing secret
    travels)."""
    own_page: ClassVar[str] = ""
    """The owner's page in docs/channels/, without folder or suffix; empty: the kind."""

    def __init__(self, settings: JsonObject, secrets: Mapping[str, str], tools: Tools) -> None:
        self.settings = settings
        self._secrets = secrets
        self.tools = tools

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.kind}>"

    # adding an account

    @classmethod
    def suggest(cls, address: str, tools: Tools) -> Sequence[Suggestion]:
        """What could be added behind an address the owner pasted (a feed, the feeds of a page). Empty:
        nothing of ours.

        May use the network; raises ChannelError only when the address itself cannot be reached."""
        return ()

    @classmethod
    def searches(cls, words: Sequence[str], tools: Tools) -> Sequence[Suggestion]:
        """What here could be watched for the shop's name and other words, tried where that needs no
        credentials. May use the network; raises ChannelError when none of it answers."""
        return ()

    @classmethod
    def recognise(cls, page: WebPage) -> Sequence[Suggestion]:
        """The accounts of this network that the shop's page links to or is made with. No network."""
        return ()

    @classmethod
    def part(cls, settings: JsonObject) -> tuple[JsonObject, Mapping[str, str]]:
        """(the settings without what is secret in them, that for the key store): an address that was pasted
        may hold a token. No network."""
        return settings, {}

    @classmethod
    def prepare(cls, settings: JsonObject, tools: Tools) -> Preparation:
        """Called with what the owner typed first, before credentials are asked for. May use the network.
        Raises Invalid where no credentials could help (``password-not-accepted``)."""
        return Preparation()

    @classmethod
    def read_sources(cls, document: bytes) -> Sequence[Suggestion]:
        """The sources in a file that another program exported. Raises Invalid when it cannot be read."""
        raise Invalid("no-source-list", field="file")

    @classmethod
    def write_sources(cls, sources: Sequence[tuple[str, JsonObject]]) -> str:
        """Such a file of these accounts (name, settings); empty where the channel knows no such format."""
        return ""

    @classmethod
    def begin_signin(cls, settings: JsonObject, redirect_uri: str, tools: Tools) -> AuthorizeRequest:
        """OAuth only. ``redirect_uri`` is the loopback address, or empty for the paste-a-code way."""
        raise Refused("no-browser-signin")

    @classmethod
    def finish_signin(
        cls, settings: JsonObject, request: AuthorizeRequest, code: str, tools: Tools
    ) -> Granted:
        """OAuth only. Exchanges the code; raises SignInNeeded when the network does not accept it."""
        raise Refused("no-browser-signin")

    def sign_out(self) -> None:
        """Revokes what can be revoked when the account is removed. Best effort; may raise ChannelError."""

    @abstractmethod
    def identify(self) -> Identity:
        """Checks the credentials with a request that really fails when they are wrong, and says who we are
        there."""

    # reading

    @abstractmethod
    def poll(self, cursor: JsonObject) -> Batch:
        """One bounded step (one page or a few) from ``cursor`` on; ``{}`` is the very first poll (a quiet
        backfill)."""

    def thread(self, conversation: ThreadRef) -> Sequence[Message]:
        """Re-reads one conversation, ours and theirs, for the check before sending. Empty: the network
        cannot."""
        return ()

    def listen(self, cursor: JsonObject, stopping: threading.Event) -> bool:
        """Only called when ``abilities.listens``, in a thread of its own: waits until the network says that
        something after ``cursor`` may be there (true) or it is time to ask anew (false). Returns within two
        seconds of ``stopping``; raises ChannelError like ``poll``."""
        return False

    def save_attachment(
        self, message_id: str, attachment: Attachment, reply_context: JsonObject, into: BinaryIO
    ) -> None:
        """Only called when ``abilities.attachments`` and the owner asked for it: writes the file's bytes."""
        raise Refused("not-allowed", action="save")

    # answering

    def limits(self) -> Limits:
        """May depend on the server (from the account's settings); no network."""
        return Limits()

    def limits_for(self, reply: Reply) -> Limits:
        """Those of this answer, where a private one may be longer than a public one; no network."""
        return self.limits()

    def prefix(self, reply: Reply) -> str:
        """What ``send`` will put before the text by itself (mentions), so that counting and the composer
        can show it."""
        return ""

    def send(self, reply: Reply) -> Sent:
        """Sends once. ``Unclear`` when the request may have been processed, ``Refused`` when it never will
        be."""
        raise Refused("copy-and-open")

    def find_sent(self, reply: Reply) -> Found:
        """After an unclear send."""
        return UNKNOWN

    def reply_page(self, message_url: str) -> str:
        """The address that "copy and open" opens."""
        return message_url

    # moderation; only called when ``abilities`` says so

    def moderate(self, action: str, message_id: str, reply_context: JsonObject) -> None:
        """``action``: like, hide, delete, block, approve, spam, mark-read."""
        raise Refused("not-allowed", action=action)


ChannelType = type[Channel]
JsonValue = Any
