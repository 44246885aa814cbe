"""The threads: what is due is asked, wishes are heard, quitting does not wait, a full disk is told."""

from __future__ import annotations

import shutil
import sqlite3
import sys
import threading
import time
from collections.abc import Callable

import pytest

from services.app import Shopbell
from services.errors import Unreachable
from services.events import Event, MessagesChanged, StoreTrouble
from services.model import Account, OutboxState
from tests.fakes import FakeClock
from tests.toy import ToyNetwork


def eventually(is_true: Callable[[], bool], seconds: float = 10.0) -> bool:
    end = time.monotonic() + seconds
    waiter = threading.Event()
    while time.monotonic() < end:
        if is_true():
            return True
        waiter.wait(0.01)
    return False


def test_started_it_polls_what_is_due_and_sends_what_is_released(
    app: Shopbell, account: Account, network: ToyNetwork
) -> None:
    network.customer("m1", "Is anybody there?")
    app.start()
    assert eventually(lambda: len(app.inbox.page("new").conversations) == 1)
    row = app.inbox.page("new").conversations[0]
    item = app.inbox.reply(row.id, "Yes, always.", hold_s=0)
    assert eventually(lambda: app.store.outbox_item(item.id).state is OutboxState.SENT)
    assert len(network.replies("Yes, always.")) == 1


def test_check_now_asks_before_the_time_has_come(
    app: Shopbell, account: Account, network: ToyNetwork
) -> None:
    app.start()
    assert eventually(lambda: network.polls >= 1)
    assert eventually(lambda: not app.engine.is_checking())
    before = network.polls
    app.engine.check_now()
    assert eventually(lambda: network.polls > before)


def test_a_paused_account_is_left_alone(app: Shopbell, account: Account, network: ToyNetwork) -> None:
    app.accounts.pause(account.id, on=True)
    assert app.engine.sync_once().accounts == []
    assert network.polls == 0


def test_offline_is_when_nothing_at_all_can_be_reached(
    app: Shopbell, account: Account, network: ToyNetwork
) -> None:
    network.fail_poll = [Unreachable("dns", sent=False)]
    app.engine.sync_once()
    assert app.engine.is_offline
    app.engine.sync_once()
    assert not app.engine.is_offline


def test_the_owner_is_told_when_nothing_can_be_stored(
    app: Shopbell, account: Account, network: ToyNetwork, expect_log: Callable[..., None]
) -> None:
    expect_log("could not be stored")
    app.engine.sync_once()
    told: list[Event] = []
    app.events.listen(told.append)

    def fill(connection: sqlite3.Connection) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")

    app.store._database.on_writer(fill)
    for n in range(300):
        network.customer(f"m{n}", "The disk is full of me " * 50, author=f"customer{n}")
    result = app.engine.sync_once().accounts[0]
    assert result.error is not None
    assert result.error.kind == "disk-full"
    assert [event.error.kind for event in told if isinstance(event, StoreTrouble)] == ["disk-full"]
    app.store._database.on_writer(lambda c: c.execute("PRAGMA max_page_count = 1000000").fetchall())
    app.engine.sync_once()
    assert app.store.counts().new == 300


@pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be taken away there")
def test_the_owner_is_told_when_the_file_was_taken_away(
    app: Shopbell,
    account: Account,
    network: ToyNetwork,
    clock: FakeClock,
    expect_log: Callable[..., None],
) -> None:
    # A thread that opens it only now finds none.
    expect_log("could not be", "step failed", "job failed", required=False)
    told: list[Event] = []
    app.events.listen(told.append)
    app.start()
    assert eventually(lambda: network.polls == 1 and not app.engine.is_checking())
    shutil.rmtree(app.paths.profile)
    for _ in range(3):
        # Once is enough.
        clock.advance(minutes=1)
        app.engine.wake()
        assert eventually(lambda: any(isinstance(event, StoreTrouble) for event in told))
    troubles = [event.error.reason for event in told if isinstance(event, StoreTrouble)]
    assert troubles == ["gone"]


def test_events_name_what_changed(app: Shopbell, account: Account, network: ToyNetwork) -> None:
    app.engine.sync_once()
    told: list[Event] = []
    app.events.listen(told.append)
    network.customer("m1", "Hello")
    app.engine.sync_once()
    row = app.inbox.page("new").conversations[0]
    changed = [event for event in told if isinstance(event, MessagesChanged)]
    assert [(event.conversations, event.added) for event in changed] == [
        (frozenset({row.id}), frozenset({row.id}))
    ]


@pytest.mark.timeout(20)
def test_closing_does_not_wait_for_a_network_that_hangs(
    app: Shopbell, account: Account, network: ToyNetwork, clock: FakeClock
) -> None:
    gate = threading.Event()
    network.hang = gate
    app.start()
    assert eventually(lambda: network.is_hanging)
    began = time.monotonic()
    app.close(0.3)
    assert time.monotonic() - began < 3
    gate.set()
