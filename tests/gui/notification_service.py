"""Notification services for tests, on the private session bus: one of our own, which answers as the
specification says, records every call and clicks when told to; and dunst, a real one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

from jeepney import DBusAddress, HeaderFields, MessageType, new_error, new_method_return, new_signal
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import open_dbus_connection

NAME = "org.freedesktop.Notifications"
PATH = "/org/freedesktop/Notifications"
ALL = ("actions", "body", "body-markup")


def owner() -> int:
    """The process that answers for notifications on this bus, 0 for none."""
    with open_dbus_connection() as bus:
        answer = bus.send_and_get_reply(message_bus.GetConnectionUnixProcessID(NAME))
        return int(answer.body[0]) if answer.header.message_type is MessageType.method_return else 0


def free_the_name() -> None:
    """A bus starts a service by itself when somebody asks for one; its own one has to go."""
    pid = owner()
    if pid and pid != os.getpid():
        os.kill(pid, signal.SIGTERM)
        _wait(lambda: owner() == 0, "the notification service of the bus to end")


def _wait(is_so: Any, what: str, patience_s: float = 20.0) -> None:
    end = time.monotonic() + patience_s
    while not is_so():
        if time.monotonic() > end:
            raise TimeoutError(what)
        threading.Event().wait(0.02)


class Dunst:
    """A real notification daemon. ``choice``: which of the offered words its menu picks."""

    def __init__(self, folder: Path) -> None:
        free_the_name()
        self._choice, self._offered = folder / "choice", folder / "offered"
        menu = folder / "menu"
        menu.write_text(f'#!/bin/sh\ntee -a {self._offered} | grep -m1 "^#$(cat {self._choice}) "\n')
        menu.chmod(0o755)
        config = folder / "dunstrc"
        config.write_text(f"[global]\ndmenu = {menu}\nmarkup = full\n")
        self._log = (folder / "dunst.log").open("wb")
        self.process = subprocess.Popen(
            ["dunst", "-config", str(config)], stdout=self._log, stderr=subprocess.STDOUT
        )
        _wait(lambda: owner() == self.process.pid, "dunst to take its name")

    def ctl(self, *words: str) -> str:
        done = subprocess.run(["dunstctl", *words], capture_output=True, text=True, check=True, timeout=20)
        return done.stdout.strip()

    @property
    def displayed(self) -> int:
        return int(self.ctl("count", "displayed"))

    def click(self) -> None:
        """On the newest notice."""
        self.ctl("action", "0")

    def choose(self, words: str) -> None:
        """Opens the menu of buttons and takes this one."""
        self._choice.write_text(words)
        self.ctl("context")

    def buttons(self) -> set[str]:
        """What the menus offered until now."""
        return {line[1:].split(" (")[0] for line in self._offered.read_text().splitlines()}

    def texts(self) -> list[tuple[str, str, str]]:
        """Summary, body and what is drawn of every notice that left the screen, newest first; those on the
        screen leave it now."""
        self.ctl("close-all")
        rows = json.loads(self.ctl("history"))["data"][0]
        return [tuple(row[key]["data"] for key in ("summary", "body", "message")) for row in rows]  # type: ignore[misc]

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(10)
        self._log.close()


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
        free_the_name()
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
        if not self._ends:
            self._ends = True
            self._thread.join(2)
            self._bus.close()
