"""What systemd-logind says of sleep, spoken by a stand-in on a real bus."""

from __future__ import annotations

import threading

import pytest

from services.power import SleepWatch

PATH, INTERFACE = "/org/freedesktop/login1", "org.freedesktop.login1.Manager"


@pytest.mark.keyring
def test_it_is_told_of_waking_and_not_of_falling_asleep() -> None:
    from jeepney import DBusAddress, new_signal
    from jeepney.bus_messages import message_bus
    from jeepney.io.blocking import open_dbus_connection

    told: list[threading.Thread] = []
    woke = threading.Event()

    def note() -> None:
        told.append(threading.current_thread())
        woke.set()

    watch = SleepWatch(note, "SESSION")
    watch.start()
    assert watch.ready.wait(20)
    manager = DBusAddress(PATH, interface=INTERFACE)
    with open_dbus_connection("SESSION") as stranger, open_dbus_connection("SESSION") as logind:
        # Anybody may send a signal of this name; only the service itself is listened to.
        stranger.send(new_signal(manager, "PrepareForSleep", "b", (False,)))
        stranger.send_and_get_reply(message_bus.GetId(), timeout=20)
        logind.send_and_get_reply(message_bus.RequestName("org.freedesktop.login1"), timeout=20)
        logind.send(new_signal(manager, "PrepareForSleep", "b", (True,)))
        logind.send(new_signal(manager, "SessionNew", "so", ("1", "/one")))
        logind.send(new_signal(manager, "PrepareForSleep", "b", (False,)))
        assert woke.wait(20)
    (thread,) = told
    watch.stop()
    thread.join(20)
    assert not thread.is_alive()


def test_a_computer_without_a_bus_is_no_trouble() -> None:
    watch = SleepWatch(lambda: None, "unix:path=/nowhere/at/all")
    before = set(threading.enumerate())
    watch.start()
    for thread in set(threading.enumerate()) - before:
        thread.join(20)
    assert not watch.ready.is_set()
    watch.stop()
