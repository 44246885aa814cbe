"""After sleep everybody is asked at once, nothing storms, and a network that is only coming alarms nobody."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from services.app import Shopbell
from services.channels import Registry
from services.channels.base import Batch, Channel
from services.credentials import Credentials
from services.errors import BadAnswer, Unreachable
from services.events import AlertRaised, Event
from services.model import Account, Freshness, JsonObject
from services.sync.waking import (
    AT_ONCE,
    LONGEST_SPREAD_S,
    NETWORK_PATIENCE_S,
    SETTLING_S,
    SLICE_S,
    Waking,
    has_route,
)
from tests.fakes import FakeClock
from tests.toy import ToyNetwork, toy_channel
from tests.unit.sync.test_engine import eventually

NIGHT = timedelta(hours=8)


class Route:
    """``is_there``: what a look at the network says."""

    def __init__(self) -> None:
        self.is_there = True

    def __call__(self) -> bool:
        return self.is_there


@pytest.fixture
def route() -> Route:
    return Route()


@pytest.fixture
def waking(clock: FakeClock, route: Route) -> Waking:
    made = Waking(clock, lambda: 0.5, route)
    assert made.look(0.0) == ""
    return made


def some(count: int) -> list[Account]:
    return [Account(number, "toy", f"Toy {number}", remote_id=str(number)) for number in range(1, count + 1)]


def due(clock: FakeClock, *accounts: Account, **facts: object) -> dict[int, Freshness]:
    return {one.id: Freshness(next_poll=clock.now(), **facts) for one in accounts}  # type: ignore[arg-type]


# noticing


def test_an_ordinary_nap_is_nothing(waking: Waking, clock: FakeClock) -> None:
    for _ in range(10):
        clock.advance(SLICE_S)
        assert waking.look(SLICE_S) == ""


def test_a_wall_clock_that_ran_ahead_means_sleep(waking: Waking, clock: FakeClock) -> None:
    clock.set(clock.now() + NIGHT)
    assert waking.look(SLICE_S) == "woke"
    assert waking.look(SLICE_S) == ""


def test_so_does_a_nap_that_took_the_night(waking: Waking, clock: FakeClock) -> None:
    clock.advance(NIGHT.total_seconds())
    assert waking.look(SLICE_S) == "woke"


@pytest.mark.parametrize("step_s", [-7200, -3, 3])
def test_a_clock_that_is_put_right_does_not(waking: Waking, clock: FakeClock, step_s: float) -> None:
    clock.advance(SLICE_S)
    clock.set(clock.now() + timedelta(seconds=step_s))
    assert waking.look(SLICE_S) == ""


def test_the_network_that_comes_back_is_noticed_once(waking: Waking, route: Route) -> None:
    route.is_there = False
    assert waking.look(0.0) == ""
    route.is_there = True
    assert waking.look(0.0) == "back"
    assert waking.look(0.0) == ""


def test_looking_for_a_way_sends_nothing_and_never_fails() -> None:
    # The tests' guard answers for the example networks as where there is none.
    assert has_route() is False


# who, and when


def test_a_few_at_once_the_others_one_after_the_other(waking: Waking, clock: FakeClock) -> None:
    accounts = some(200)
    waking.plan(accounts, due(clock, *accounts), ())
    waits = [waking.left(one.id) for one in accounts]
    assert waits[:AT_ONCE] == [0.0] * AT_ONCE
    assert all(wait is not None and 0 < wait <= LONGEST_SPREAD_S for wait in waits[AT_ONCE:])
    assert waits == sorted(waits, key=lambda wait: wait or 0.0)
    assert len(set(waits)) == len(waits) - AT_ONCE + 1


def test_who_is_asked_out_of_turn(waking: Waking, clock: FakeClock) -> None:
    accounts = some(7)
    later = clock.now() + timedelta(hours=1)
    freshness = {
        1: Freshness(next_poll=clock.now()),
        2: Freshness(next_poll=later),
        3: Freshness(next_poll=later, error_kind="unreachable", failing_since=clock.now()),
        4: Freshness(next_poll=later, error_kind="rate-limited", failing_since=clock.now()),
        5: Freshness(next_poll=later),
        6: Freshness(next_poll=later, error_kind="rate-limited", failing_since=clock.now()),
    }
    waking.plan(accounts, freshness, {5, 6, 7})
    # 1 is due, 3 could not be reached, 5 was listened to. A pause that was asked for stays one.
    assert [one.id for one in accounts if waking.left(one.id) is not None] == [1, 3, 5]
    assert waking.begun(1)
    assert not waking.begun(1)
    assert waking.left(1) is None


def test_a_network_that_was_there_is_waited_for_a_while(
    waking: Waking, clock: FakeClock, route: Route
) -> None:
    accounts = some(1)
    route.is_there = False
    clock.set(clock.now() + NIGHT)
    assert waking.look(0.0) == "woke"
    waking.plan(accounts, due(clock, *accounts), ())
    assert waking.left(1) == 1.0
    clock.advance(3)
    waking.look(3)
    assert waking.left(1) == 1.0
    route.is_there = True
    assert waking.look(0.0) == "back"
    assert waking.left(1) == 0.0
    route.is_there = False
    waking.look(0.0)
    clock.advance(NETWORK_PATIENCE_S)
    assert waking.left(1) == 0.0


def test_a_computer_that_never_had_a_way_out_waits_for_none(clock: FakeClock) -> None:
    waking = Waking(clock, lambda: 0.5, lambda: False)
    waking.look(0.0)
    accounts = some(1)
    waking.plan(accounts, due(clock, *accounts), ())
    assert waking.left(1) == 0.0


def test_what_was_not_reached_is_asked_again_soon_and_not_for_ever(waking: Waking, clock: FakeClock) -> None:
    assert not waking.failed(1)
    waking.plan(some(1), due(clock, *some(1)), ())
    waking.begun(1)
    waits = []
    while waking.failed(1):
        waits.append(waking.left(1))
        assert len(waits) < 5
    assert waits == [5.0, 15.0]
    waking.plan(some(1), due(clock, *some(1)), ())
    clock.advance(SETTLING_S)
    assert not waking.failed(1)


def test_right_after_waking_an_unreachable_network_is_no_news(waking: Waking, clock: FakeClock) -> None:
    assert waking.is_news(Unreachable("dns"))
    waking.plan((), {}, ())
    assert not waking.is_news(Unreachable("dns"))
    assert waking.is_news(BadAnswer("not-json"))
    clock.advance(SETTLING_S)
    assert waking.is_news(Unreachable("dns"))
    waking.plan((), {}, (), has_slept=False)
    assert waking.is_news(Unreachable("dns"))


# the threads


@pytest.fixture
def crowd(tmp_path: Path, clock: FakeClock, network: ToyNetwork) -> Iterator[tuple[Shopbell, Crowd]]:
    """Ten accounts, of which one has an ear."""
    seen = Crowd()
    kinds = [toy_channel(network, kind=f"toy{n}", listens=n == 0) for n in range(10)]
    credentials = Credentials("waking")
    credentials.keep_for_session()
    app = Shopbell.open(
        tmp_path / "profile",
        clock=clock,
        credentials=credentials,
        channels=Registry([seen.watched(one) for one in kinds]),
    )
    for kind in kinds:
        app.accounts.add(kind.kind, {}, {"token": "good"})
    yield app, seen
    app.close()


class Crowd:
    """How many polls there were, and how many at the same time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.polls = self.now = self.most = 0

    def watched(self, channel: type[Channel]) -> type[Channel]:
        crowd = self

        class Watched(channel):  # type: ignore[valid-type,misc]
            def poll(self, cursor: JsonObject) -> Batch:
                with crowd._lock:
                    crowd.polls += 1
                    crowd.now += 1
                    crowd.most = max(crowd.most, crowd.now)
                try:
                    batch: Batch = super().poll(cursor)
                    return batch
                finally:
                    with crowd._lock:
                        crowd.now -= 1

        Watched.kind = channel.kind
        return Watched


def idle(app: Shopbell) -> Callable[[], bool]:
    return lambda: not app.engine.is_checking()


def test_after_the_night_all_are_asked_once_and_spread(
    crowd: tuple[Shopbell, Crowd], clock: FakeClock, network: ToyNetwork
) -> None:
    app, seen = crowd
    app.start()
    assert eventually(lambda: seen.polls == 10 and network.ears == 1 and idle(app)())
    before = network.listens
    network.customer("m1", "The cake never came.")
    assert eventually(lambda: seen.polls == 11 and idle(app)())
    clock.set(clock.now() + NIGHT)
    app.engine.wake()
    assert eventually(lambda: seen.polls == 11 + AT_ONCE)
    for _ in range(10):
        assert seen.polls < 21
        clock.advance(0.5)
        app.engine.wake()
        if eventually(lambda: seen.polls == 21, 0.1):
            break
    assert eventually(lambda: seen.polls == 21 and idle(app)())
    assert seen.most <= 4
    assert eventually(lambda: network.listens > before and network.ears == 1)
    clock.advance(1)
    app.engine.wake()
    assert not eventually(lambda: seen.polls > 21, 0.2)


def test_what_the_system_says_counts_at_once(
    crowd: tuple[Shopbell, Crowd], clock: FakeClock, network: ToyNetwork
) -> None:
    app, seen = crowd
    app.start()
    assert eventually(lambda: seen.polls == 10 and network.ears == 1 and idle(app)())
    app.engine.woke()
    # A short sleep: nobody else is due, and the one that is listened to is heard anew.
    assert eventually(lambda: seen.polls == 11 and idle(app)())
    assert not eventually(lambda: seen.polls > 11, 0.2)


def test_a_network_that_is_only_coming_alarms_nobody(
    app: Shopbell, account: Account, network: ToyNetwork, clock: FakeClock
) -> None:
    raised: list[Event] = []
    app.events.listen(raised.append)
    app.start()
    assert eventually(lambda: network.polls == 1 and idle(app)())
    network.fail_poll = [Unreachable("dns", sent=False) for _ in range(2)]
    clock.advance(120)
    app.engine.wake()
    # The lid was closed in the middle of a poll.
    assert eventually(lambda: network.polls >= 2 and idle(app)())
    clock.set(clock.now() + NIGHT)
    app.engine.wake()
    assert eventually(lambda: network.polls >= 3 and idle(app)())
    assert app.store.freshness(account.id).failing_since is not None
    clock.advance(5)
    app.engine.wake()
    assert eventually(lambda: network.polls >= 4 and idle(app)())
    assert app.store.freshness(account.id).failing_since is None
    assert [one for one in raised if isinstance(one, AlertRaised)] == []
