"""Hands every event to whoever listens; apart from the events, which the first paint can do without.

Publishers are worker threads; a listener must be quick and must not touch the publisher's state. The GUI
listens once, in ``gui/bridge.py``, and crosses to its own thread there.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.events import Event

log = logging.getLogger(__name__)
Listener = Callable[["Event"], None]


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
