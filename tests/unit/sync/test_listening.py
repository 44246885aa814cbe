"""Networks that call: a complaint is here within seconds, and nobody listens who should not."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from services.app import Shopbell
from services.channels import Registry
from services.credentials import Credentials
from services.errors import NotFound, SignInNeeded, Unreachable
from services.model import Account
from services.sync.listening import Listeners
from tests.fakes import FakeClock
from tests.toy import ToyNetwork, toy_channel
from tests.unit.sync.test_engine import eventually


@pytest.fixture
def app(tmp_path: Path, clock: FakeClock, network: ToyNetwork) -> Iterator[Shopbell]:
    credentials = Credentials("listening")
    credentials.keep_for_session()
    made = Shopbell.open(
        tmp_path / "profile",
        clock=clock,
        credentials=credentials,
        channels=Registry([toy_channel(network, listens=True)]),
    )
    yield made
    made.close()


@pytest.fixture
def listening(app: Shopbell, account: Account, network: ToyNetwork) -> Shopbell:
    """Started, the quiet first fetch over, one ear open."""
    app.start()
    assert eventually(lambda: network.ears == 1 and not app.engine.is_checking())
    return app


def test_a_complaint_is_here_within_seconds(listening: Shopbell, network: ToyNetwork) -> None:
    before = network.polls
    network.customer("m1", "The name on the cake was wrong and nobody answered.")
    began = time.monotonic()
    assert eventually(lambda: len(listening.inbox.page("complaints").conversations) == 1)
    assert time.monotonic() - began < 3
    assert network.polls == before + 1


def test_a_burst_is_one_poll_not_many(listening: Shopbell, network: ToyNetwork) -> None:
    before = network.polls
    for number in range(40):
        network.customer(f"m{number}", "Hello", author=f"customer{number}")
    assert eventually(lambda: listening.inbox.counts().new == 40)
    # What came during the poll is in the next one, and that one keeps its distance.
    assert network.polls <= before + 2


def test_a_one_shot_round_does_not_listen(app: Shopbell, account: Account, network: ToyNetwork) -> None:
    app.engine.sync_once()
    app.engine.sync_once()
    assert network.listens == 0
    assert app.engine.listeners.count() == 0


def test_paused_it_ends_and_resumed_it_begins_anew(
    listening: Shopbell, account: Account, network: ToyNetwork
) -> None:
    listening.accounts.pause(account.id, on=True)
    assert eventually(lambda: network.ears == 0, 2)
    listening.accounts.pause(account.id, on=False)
    assert eventually(lambda: network.ears == 1, 2)


def test_while_the_owner_wants_quiet_nothing_is_fetched_and_afterwards_at_once(
    listening: Shopbell, network: ToyNetwork, clock: FakeClock
) -> None:
    listening.engine.pause(clock.now() + timedelta(hours=1))
    before = network.polls
    network.customer("m1", "Hello")
    assert not eventually(lambda: network.polls > before, 0.4)
    listening.engine.pause(None)
    assert eventually(lambda: listening.inbox.counts().new == 1)


def test_removed_it_ends(listening: Shopbell, account: Account, network: ToyNetwork) -> None:
    listening.accounts.remove(account.id)
    assert eventually(lambda: network.ears == 0, 2)
    with pytest.raises(NotFound):
        listening.store.account(account.id)


def test_changed_it_listens_at_the_new_place(
    listening: Shopbell, account: Account, network: ToyNetwork
) -> None:
    listens = network.listens
    listening.accounts.rename(account.id, "My own name for it")
    listening.accounts.renew(account.id, {"place": "elsewhere"}, {"token": "good"})
    assert eventually(lambda: network.listens > listens and network.ears == 1, 2)


def test_a_name_is_not_a_place(listening: Shopbell, account: Account, network: ToyNetwork) -> None:
    listens = network.listens
    listening.accounts.rename(account.id, "My own name for it")
    listening.engine.listeners.follow(account.id)
    assert (network.listens, network.ears) == (listens, 1)


def test_closing_ends_it_within_a_second(listening: Shopbell, network: ToyNetwork) -> None:
    began = time.monotonic()
    listening.close(1.0)
    assert time.monotonic() - began < 1.5
    assert network.ears == 0


def test_who_must_sign_in_again_is_not_listened_to_until_then(
    listening: Shopbell, account: Account, network: ToyNetwork
) -> None:
    network.token = "another"
    network.customer("m1", "Hello")
    assert eventually(
        lambda: listening.store.freshness(account.id).error_kind == "sign-in-needed" and network.ears == 0
    )
    assert eventually(lambda: listening.engine.listeners.count() == 0)
    listens = network.listens
    listening.accounts.renew(account.id, {}, {"token": "another"})
    assert eventually(lambda: network.ears == 1)
    assert network.listens > listens


def test_a_refusal_while_listening_is_looked_into_by_a_poll(
    app: Shopbell, account: Account, network: ToyNetwork
) -> None:
    network.fail_listen = [SignInNeeded("revoked")]
    app.start()
    assert eventually(lambda: network.listens == 1 and network.polls == 2)
    # The poll was answered, so the account is well; listening rests.
    assert app.store.freshness(account.id).error_kind == ""


def test_a_network_in_trouble_is_left_alone_for_a_while(
    app: Shopbell, account: Account, network: ToyNetwork, clock: FakeClock
) -> None:
    network.fail_listen = [Unreachable("reset"), Unreachable("reset")]
    app.start()
    assert eventually(lambda: network.listens == 1)
    assert eventually(lambda: app.engine.listeners.count() == 1 and network.ears == 0)
    # Half a minute by the schedule; meanwhile the polls go on, and the owner's wish counts at once.
    assert not eventually(lambda: network.listens > 1, 0.3)
    network.fail_listen.clear()
    app.engine.check_now(account.id)
    assert eventually(lambda: network.ears == 1)


@pytest.mark.expect_log("listening failed in a way it must not")
def test_a_bug_while_listening_costs_nothing_but_speed(
    app: Shopbell, account: Account, network: ToyNetwork
) -> None:
    network.fail_listen = [KeyError("surprise")]
    app.start()
    assert eventually(lambda: network.listens == 1)
    network.customer("m1", "Hello")
    app.engine.check_now()
    assert eventually(lambda: app.inbox.counts().new == 1)


def test_a_poll_that_fails_is_not_repeated_as_fast_as_the_network_calls(
    listening: Shopbell, account: Account, network: ToyNetwork
) -> None:
    network.fail_poll = [Unreachable("server")] * 50
    before = network.polls
    network.customer("m1", "Hello")
    assert eventually(lambda: listening.store.freshness(account.id).error_kind == "unreachable")
    gap = 0.4
    assert not eventually(lambda: network.polls > before + 1, gap)


class Eager:
    """A channel that says "ask anew" without ever waiting."""

    def __init__(self) -> None:
        self.asked = 0

    def listen(self, cursor: object, stopping: object) -> bool:
        self.asked += 1
        return False


def test_a_channel_that_never_waits_does_not_keep_a_processor_busy(
    app: Shopbell, account: Account, network: ToyNetwork, clock: FakeClock
) -> None:
    app.engine.sync_once()
    eager = Eager()
    polls: list[int] = []
    channel: Callable[[Account], object] = lambda account: eager  # noqa: E731
    ears = Listeners(app.store, app.events, clock, channel, lambda account: True, polls.append)  # type: ignore[arg-type]
    ears.start()
    assert eventually(lambda: eager.asked == 1)
    assert not eventually(lambda: eager.asked > 1, 0.5)
    ears.stop()
    ears.join(2)
    assert polls == []
