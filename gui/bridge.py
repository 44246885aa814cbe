"""The only crossing from the threads of ``services/`` into the window.

The hub calls ``_listen`` in whatever thread publishes; the events wait in a list and reach the GUI thread
together, at most every 30 ms, so that a busy poll costs the window one pass and not hundreds.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

if TYPE_CHECKING:
    from services.events import Event
    from services.hub import EventHub

BATCH_MS = 30


class Bridge(QObject):
    """Made in the GUI thread. ``happened`` carries a tuple of events, in order, equal ones merged."""

    happened = Signal(object)
    _woken = Signal(object)

    def __init__(self, events: EventHub, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()
        self._waiting: list[Event] = []
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(BATCH_MS)
        self._timer.timeout.connect(self._deliver)
        self._woken.connect(self._begin, Qt.ConnectionType.QueuedConnection)
        self._stop = events.listen(self._listen)

    def close(self) -> None:
        self._stop()
        self._timer.stop()

    def _listen(self, event: Event) -> None:
        with self._lock:
            self._waiting.append(event)
            is_first = len(self._waiting) == 1
        if is_first:
            self._woken.emit(None)

    @Slot(object)
    def _begin(self, _: object) -> None:
        self._timer.start()

    @Slot()
    def _deliver(self) -> None:
        with self._lock:
            events, self._waiting = self._waiting, []
        if events:
            self.happened.emit(merged(events))


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
