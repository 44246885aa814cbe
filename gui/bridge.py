"""The only crossing from the threads of ``services/`` into the window.

The hub calls ``_listen`` in whatever thread publishes; the events wait in a list and reach the GUI thread
together after 30 ms; while a fetch goes on, what it tells comes three times a second, so that it costs the
window a few passes and not hundreds. What the owner did never waits for that.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal, Slot

from gui.pace import Pace

if TYPE_CHECKING:
    from services.events import Event
    from services.hub import EventHub

BATCH_MS, FETCH_MS = 30, 330


class Bridge(QObject):
    """Made in the GUI thread. ``happened`` carries a tuple of events, in order, equal ones merged."""

    happened = Signal(object)
    _woken = Signal(object)

    def __init__(self, events: EventHub, parent: QObject | None = None, *, fetch_ms: int = FETCH_MS) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()
        self._waiting: list[Event] = []
        self._is_urgent = False
        self._pace = Pace(BATCH_MS, fetch_ms, self._deliver, self)
        self._woken.connect(self._begin, Qt.ConnectionType.QueuedConnection)
        self._stop = events.listen(self._listen)

    def close(self) -> None:
        self._stop()
        self._pace.stop()

    def _listen(self, event: Event) -> None:
        with self._lock:
            self._waiting.append(event)
            is_urgent = not self._is_urgent and not is_of_fetch(event)
            self._is_urgent |= is_urgent
            is_first = len(self._waiting) == 1
        if is_first or is_urgent:
            self._woken.emit(is_urgent)

    @Slot(object)
    def _begin(self, is_urgent: bool) -> None:
        self._pace.ask(urgent=is_urgent)

    @Slot()
    def _deliver(self) -> None:
        with self._lock:
            events, self._waiting = self._waiting, []
            self._is_urgent = False
        if events:
            self.happened.emit(merged(events))


def is_of_fetch(event: Event) -> bool:
    """What polls tell by the hundred: messages came in, an account was heard, so many are checked."""
    from services.events import AccountChanged, MessagesChanged, SyncProgress

    if isinstance(event, MessagesChanged):
        return event.account_id is not None
    return isinstance(event, (AccountChanged, SyncProgress))


def merged(events: list[Event]) -> tuple[Event, ...]:
    """One MessagesChanged per account, the last SyncProgress and AccountChanged of each; all others stay."""
    from services.events import AccountChanged, MessagesChanged, SyncProgress

    kept: dict[object, Event] = {}
    for number, event in enumerate(events):
        key: object = number
        if isinstance(event, MessagesChanged):
            key = ("messages", event.account_id)
            before = kept.get(key)
            if isinstance(before, MessagesChanged):
                event = MessagesChanged(
                    before.conversations | event.conversations, before.added | event.added, event.account_id
                )
        elif isinstance(event, SyncProgress):
            key = ("progress", event.account_id)
        elif isinstance(event, AccountChanged):
            key = event
        # The merged event takes the place of the last one it stands for.
        kept.pop(key, None)
        kept[key] = event
    return tuple(kept.values())
