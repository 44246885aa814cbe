"""Frozen records of what changed, and the hub that hands them to whoever listens.

Publishers are worker threads; a listener must be quick and must not touch the publisher's state. The GUI
listens once, in ``gui/bridge.py``, and crosses to its own thread there.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from services.errors import StoreError

log = logging.getLogger(__name__)


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
Listener = Callable[[Event], None]


class EventHub:
    """Delivers every event to every listener, in the publishing thread. A failing listener is logged, never
    fatal."""

    def __init__(self) -> None:
        self._listeners: tuple[Listener, ...] = ()
        self._lock = threading.Lock()

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Returns the function that ends the subscription."""
        with self._lock:
            self._listeners = (*self._listeners, listener)

        def stop() -> None:
            with self._lock:
                self._listeners = tuple(one for one in self._listeners if one is not listener)

        return stop

    def publish(self, event: Event) -> None:
        for listener in self._listeners:
            try:
                listener(event)
            except Exception:
                log.exception("a listener failed on %s", type(event).__name__)
