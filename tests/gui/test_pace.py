"""Soon when it happens once, seldom while it goes on, and never later for what the owner did."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QObject

from gui.bridge import BATCH_MS, Bridge
from gui.pace import Pace
from services.events import AccountChanged, EventHub, MessagesChanged, ReplyChanged, SyncProgress

AN_HOUR_MS = 3_600_000


@pytest.fixture
def parent(qapp) -> Iterator[QObject]:
    one = QObject()
    yield one
    one.deleteLater()


def test_many_wishes_are_one_deed(qtbot, parent) -> None:
    done: list[float] = []
    pace = Pace(5, 60, lambda: done.append(time.monotonic()), parent)
    for _ in range(10):
        pace.ask()
    qtbot.waitUntil(lambda: bool(done))
    assert not pace.is_waiting
    for _ in range(10):
        pace.ask()
    qtbot.waitUntil(lambda: len(done) == 2)
    # Timers of this kind may come a twentieth early.
    assert done[1] - done[0] >= 0.05


def test_what_is_urgent_does_not_wait_for_what_goes_on(qtbot, parent) -> None:
    done: list[int] = []
    pace = Pace(1, AN_HOUR_MS, lambda: done.append(1), parent)
    pace.ask()
    qtbot.waitUntil(lambda: len(done) == 1)
    pace.ask()
    assert pace.is_waiting
    pace.ask(urgent=True)
    qtbot.waitUntil(lambda: len(done) == 2)
    pace.ask()
    pace.stop()
    assert not pace.is_waiting


@pytest.fixture
def passes(qtbot, parent) -> Iterator[tuple[EventHub, list[tuple[object, ...]], Callable[[], None]]]:
    """The hub, what arrived in the window, and a way to begin a fetch."""
    hub = EventHub()
    bridge = Bridge(hub, parent, fetch_ms=AN_HOUR_MS)
    arrived: list[tuple[object, ...]] = []
    bridge.happened.connect(arrived.append)

    def begin() -> None:
        hub.publish(SyncProgress(0, 200))
        qtbot.waitUntil(lambda: bool(arrived))
        arrived.clear()

    yield hub, arrived, begin
    bridge.close()


@pytest.mark.parametrize(
    "deed", [MessagesChanged(frozenset({7})), ReplyChanged(1, 7)], ids=["marked", "replied"]
)
def test_what_the_owner_did_is_shown_at_once_while_a_fetch_goes_on(qtbot, passes, deed) -> None:
    hub, arrived, begin = passes
    begin()
    told = [
        SyncProgress(1, 200),
        AccountChanged(3),
        MessagesChanged(frozenset({1}), account_id=3),
    ]
    for event in told:
        hub.publish(event)
    hub.publish(deed)
    qtbot.waitUntil(lambda: bool(arrived))
    assert arrived == [(*told, deed)], "in order, and nothing is left behind"


def test_what_a_fetch_tells_waits_for_its_turn(qtbot, passes, parent) -> None:
    hub, arrived, begin = passes
    begin()
    hub.publish(AccountChanged(3))
    hub.publish(AccountChanged(4))
    rounds: list[int] = []
    pace = Pace(BATCH_MS, BATCH_MS, lambda: rounds.append(1), parent)
    for wanted in range(1, 6):
        pace.ask()
        qtbot.waitUntil(lambda wanted=wanted: len(rounds) >= wanted)
    assert arrived == []
