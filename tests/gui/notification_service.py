"""A notification service of our own on the session bus: answers as the specification says, records every
call, clicks when told to."""

from __future__ import annotations

import threading
from typing import Any

from jeepney import DBusAddress, HeaderFields, MessageType, new_error, new_method_return, new_signal
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import open_dbus_connection

NAME = "org.freedesktop.Notifications"
PATH = "/org/freedesktop/Notifications"
ALL = ("actions", "body", "body-markup")


class Service:
    """Counts ids up from 40, and keeps the id of what it replaces."""

    def __init__(self, able: tuple[str, ...] = ALL) -> None:
        self.able = able
        self.calls: list[tuple[Any, ...]] = []
        self.closed: list[int] = []
        self.on_screen: dict[int, tuple[Any, ...]] = {}
        self.refuses = False
        self.is_silent = False
        self._next = 40
        self._bus = open_dbus_connection()
        self._bus.send_and_get_reply(message_bus.RequestName(NAME))
        self._ends = False
        self._signals: list[tuple[str, str, tuple[Any, ...]]] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def act(self, number: int, action: str = "default", *, token: str = "", closes: bool = True) -> None:
        """The owner clicks the notice, or one of its buttons."""
        if token:
            self._signals.append(("ActivationToken", "us", (number, token)))
        self._signals.append(("ActionInvoked", "us", (number, action)))
        if closes:
            self.gone(number, 2)

    def gone(self, number: int, reason: int = 1) -> None:
        """It leaves the screen: 1 in time, 2 by the owner's hand."""
        self.on_screen.pop(number, None)
        self._signals.append(("NotificationClosed", "uu", (number, reason)))

    @property
    def titles(self) -> list[str]:
        """What stands on the screen, oldest first."""
        return [call[3] for call in self.on_screen.values()]

    def _serve(self) -> None:
        address = DBusAddress(PATH, bus_name=None, interface=NAME)
        while not self._ends:
            while self._signals:
                self._bus.send(new_signal(address, *self._signals.pop(0)))
            try:
                message = self._bus.receive(timeout=0.05)
            except TimeoutError:
                continue
            if message.header.message_type is MessageType.method_call and not self.is_silent:
                self._answer(message)

    def _answer(self, message: Any) -> None:
        member = message.header.fields.get(HeaderFields.member)
        if member == "GetCapabilities":
            self._bus.send(new_method_return(message, "as", (list(self.able),)))
        elif self.refuses:
            self._bus.send(new_error(message, f"{NAME}.Error.ExcessNotificationGeneration"))
        elif member == "Notify":
            number = message.body[1]
            if not number:
                number, self._next = self._next, self._next + 1
            self.calls.append(message.body)
            self.on_screen[number] = message.body
            self._bus.send(new_method_return(message, "u", (number,)))
        elif member == "CloseNotification":
            (number,) = message.body
            self.closed.append(number)
            self._bus.send(new_method_return(message))
            if number in self.on_screen:
                self.gone(number, 3)

    def close(self) -> None:
        self._ends = True
        self._thread.join(2)
        self._bus.close()
