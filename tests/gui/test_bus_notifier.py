"""Notifications over a real session bus, against a daemon of our own that answers as the specification
says."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from jeepney import DBusAddress, HeaderFields, MessageType, new_error, new_method_return, new_signal
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import open_dbus_connection
from pytestqt.qtbot import QtBot

from gui.notice_words import Notice
from gui.notify import BusNotifier, Clicks

pytestmark = pytest.mark.keyring
NAME = "org.freedesktop.Notifications"
PATH = "/org/freedesktop/Notifications"


class Daemon:
    """Takes the name, counts ids up from 40, and clicks when told to."""

    def __init__(self) -> None:
        self.shown: list[tuple[Any, ...]] = []
        self.refuses = False
        self._bus = open_dbus_connection()
        self._bus.send_and_get_reply(message_bus.RequestName(NAME))
        self._ends = False
        self._clicks: list[int] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def click(self, number: int) -> None:
        self._clicks.append(number)

    def _serve(self) -> None:
        address = DBusAddress(PATH, bus_name=None, interface=NAME)
        while not self._ends:
            while self._clicks:
                number = self._clicks.pop(0)
                self._bus.send(new_signal(address, "ActionInvoked", "us", (number, "default")))
            try:
                message = self._bus.receive(timeout=0.05)
            except TimeoutError:
                continue
            if message.header.message_type is not MessageType.method_call:
                continue
            if message.header.fields.get(HeaderFields.member) != "Notify":
                continue
            if self.refuses:
                self._bus.send(new_error(message, f"{NAME}.Error.ExcessNotificationGeneration"))
                continue
            self.shown.append(message.body)
            self._bus.send(new_method_return(message, "u", (39 + len(self.shown),)))

    def close(self) -> None:
        self._ends = True
        self._thread.join(2)
        self._bus.close()


@pytest.fixture
def daemon() -> Iterator[Daemon]:
    one = Daemon()
    yield one
    one.close()


@pytest.fixture
def clicks(qapp: object) -> Clicks:
    return Clicks()


def test_a_notice_is_shown_as_plain_text_and_its_click_comes_back(
    daemon: Daemon, clicks: Clicks, qtbot: QtBot
) -> None:
    notifier = BusNotifier(clicks, "/icon.svg", "Open")
    first, second = (
        Notice("Complaint from <Tom> & Ann", "a < b & c", 7, is_urgent=True),
        Notice("5 new messages"),
    )
    notifier.show(first)
    notifier.show(second)
    qtbot.waitUntil(lambda: len(daemon.shown) == 2, timeout=20_000)
    name, replaces, icon, title, body, actions, hints, timeout = daemon.shown[0]
    assert (name, replaces, icon, timeout) == ("Shopbell", 0, "/icon.svg", -1)
    # The title is plain text by the specification, the body is markup.
    assert title == "Complaint from <Tom> & Ann"
    assert body == "a &lt; b &amp; c"
    assert actions == ["default", "Open"]
    assert hints["urgency"] == ("y", 2)
    with qtbot.waitSignal(clicks.clicked, timeout=20_000) as clicked:
        # 7 belongs to another program, 40 is the first of ours.
        daemon.click(7)
        daemon.click(40)
    assert clicked.args == [first]
    notifier.close()


def test_a_daemon_that_refuses_leaves_it_to_the_tray(daemon: Daemon, clicks: Clicks, qtbot: QtBot) -> None:
    daemon.refuses = True
    notifier = BusNotifier(clicks, "", "Open")
    with qtbot.waitSignal(clicks.failed, timeout=20_000) as failed:
        notifier.show(Notice("Complaint"))
    assert failed.args == [Notice("Complaint")]
    daemon.refuses = False
    notifier.show(Notice("Again"))
    qtbot.waitUntil(lambda: [one[3] for one in daemon.shown] == ["Again"], timeout=20_000)
    notifier.close()


def test_without_a_bus_the_tray_gets_it(clicks: Clicks, qtbot: QtBot) -> None:
    notifier = BusNotifier(clicks, "", "Open", bus="unix:path=/nonexistent/bus")
    with qtbot.waitSignal(clicks.failed, timeout=20_000):
        notifier.show(Notice("Complaint"))
    notifier.close()
