"""Says at once that the computer woke up, where the system tells (Linux: systemd-logind over the system bus).

Elsewhere, and where nobody answers, ``sync.waking`` finds out by itself within seconds.
Specification: freedesktop.org, org.freedesktop.login1, signal PrepareForSleep(b start).
"""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

log = logging.getLogger(__name__)

_NAME, _PATH, _INTERFACE = (
    "org.freedesktop.login1",
    "/org/freedesktop/login1",
    "org.freedesktop.login1.Manager",
)


class SleepWatch:
    """``woke`` is called in a thread of its own. ``bus``: which one is asked; tests have one of their own."""

    def __init__(self, woke: Callable[[], None], bus: str = "SYSTEM") -> None:
        self._woke, self._bus = woke, bus
        self._lock = threading.Lock()
        self._connection: Any = None
        self._is_stopped = False
        self.ready = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._run, name="sleep-watch", daemon=True).start()

    def stop(self) -> None:
        with self._lock:
            self._is_stopped = True
            if self._connection is not None:
                with suppress(OSError):
                    # Closing alone would not wake the thread that reads from it.
                    self._connection.sock.shutdown(socket.SHUT_RDWR)

    def _run(self) -> None:
        try:
            self._listen()
        except Exception as error:  # noqa: BLE001 - a system without it, or one that is being shut down
            if not self._is_stopped:
                log.info("the system does not tell when it wakes up: %s", type(error).__name__)

    def _listen(self) -> None:
        from jeepney import HeaderFields, MatchRule, MessageType
        from jeepney.bus_messages import message_bus
        from jeepney.io.blocking import open_dbus_connection

        rule = MatchRule(
            type="signal", sender=_NAME, interface=_INTERFACE, member="PrepareForSleep", path=_PATH
        )
        with open_dbus_connection(self._bus) as connection:
            with self._lock:
                if self._is_stopped:
                    return
                self._connection = connection
            connection.send_and_get_reply(message_bus.AddMatch(rule), timeout=5)
            self.ready.set()
            while True:
                message = connection.receive()
                fields = message.header.fields
                is_ours = (
                    message.header.message_type is MessageType.signal
                    and fields.get(HeaderFields.member) == "PrepareForSleep"
                )
                # True before it falls asleep, false when it is awake again.
                if is_ours and message.body == (False,):
                    self._woke()
