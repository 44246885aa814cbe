"""Alerts through the whole application: what a poll brings, and what the clock brings."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from services.alerting import Unseen
from services.alerts import Attention
from services.app import Shopbell
from services.channels import Registry
from services.credentials import Credentials
from services.events import AlertRaised
from services.model import Account, Context, State
from tests.fakes import FakeClock
from tests.toy import ToyNetwork, toy_channel

TERRIBLE = "Terrible. The {thing} was wrong and nobody answered. I want my money back!"


@pytest.fixture
def raised(app: Shopbell, account: Account) -> Iterator[list[AlertRaised]]:
    """The account's first, quiet fetch is over."""
    app.engine.sync_once()
    told: list[AlertRaised] = []
    stop = app.events.listen(lambda event: told.append(event) if isinstance(event, AlertRaised) else None)
    yield told
    stop()


@pytest.fixture
def complain(app: Shopbell, network: ToyNetwork) -> Callable[..., None]:
    count = 0

    def say(*people: str, thing: str = "cake", **more: object) -> None:
        nonlocal count
        for one in people:
            count += 1
            network.customer(f"c{count}", TERRIBLE.format(thing=thing), author=one, **more)  # type: ignore[arg-type]
        app.engine.sync_once()

    return say


def minutes(app: Shopbell, clock: FakeClock, number: int) -> None:
    """The engine's timer, once a minute."""
    for _ in range(number):
        app._every_minute(clock.advance(minutes=1))


def open_id(app: Shopbell, author: str) -> int:
    return next(row.id for row in app.inbox.page("all").conversations if row.customer_name == author.title())


def test_accounts_of_one_round_are_told_together(
    app: Shopbell, raised: list[AlertRaised], complain: Callable[..., None], clock: FakeClock
) -> None:
    complain("marta")
    clock.advance(seconds=20)
    complain("tom")
    assert [(one.count, one.replaces, one.sound) for one in raised] == [
        (1, (), True),
        (2, (raised[0].tag,), False),
    ]


def test_who_is_muted_never_rings(
    app: Shopbell,
    account: Account,
    raised: list[AlertRaised],
    complain: Callable[..., None],
    clock: FakeClock,
) -> None:
    app.inbox.mute(account.id, "marta")
    complain("marta")
    minutes(app, clock, 45)
    assert raised == []
    assert app.alerting.unseen == Unseen()


def test_quiet_hours_end_with_what_still_waits(
    app: Shopbell, raised: list[AlertRaised], complain: Callable[..., None], clock: FakeClock
) -> None:
    now = clock.now().astimezone()
    quiet = (f"{now - timedelta(minutes=1):%H:%M}", f"{now + timedelta(minutes=30):%H:%M}")
    app.settings.update(quiet_hours=quiet, tell_waiting=False, tell_spikes=False)
    complain("marta", "tom", "ida")
    assert raised == []
    # Silent, but the icon beside the clock says so.
    assert app.alerting.unseen == Unseen(complaints=3)
    app.inbox.mark([open_id(app, "tom")], State.DONE)
    minutes(app, clock, 29)
    assert raised == []
    minutes(app, clock, 5)
    assert [(one.kind, one.count, one.names) for one in raised] == [("complaint", 2, ("Marta", "Ida"))]


def test_what_is_held_survives_a_restart(
    tmp_path: Path,
    app: Shopbell,
    network: ToyNetwork,
    raised: list[AlertRaised],
    complain: Callable[..., None],
    clock: FakeClock,
) -> None:
    app.alerting.remember(app.paths.alerts)
    now = clock.now().astimezone()
    quiet = (f"{now - timedelta(minutes=1):%H:%M}", f"{now + timedelta(minutes=30):%H:%M}")
    app.settings.update(quiet_hours=quiet, tell_waiting=False)
    complain("marta", "tom")
    kept = app.paths.alerts.read_text()
    assert "Marta" not in kept
    assert "cake" not in kept
    app.close()
    again = Shopbell.open(
        tmp_path / "profile", clock=clock, channels=Registry([toy_channel(network)]), credentials=_keys()
    )
    try:
        told: list[AlertRaised] = []
        again.events.listen(lambda event: told.append(event) if isinstance(event, AlertRaised) else None)
        again.alerting.remember(again.paths.alerts)
        assert again.alerting.unseen == Unseen(complaints=2)
        minutes(again, clock, 31)
        assert [(one.kind, one.count, one.names) for one in told] == [("complaint", 2, ("Marta", "Tom"))]
    finally:
        again.close()


@pytest.mark.parametrize("broken", ["", "[]", '{"unseen": 3}', '{"unseen": ["x"]}', "\x00\xff"])
def test_a_file_that_makes_no_sense_costs_nothing(
    app: Shopbell, raised: list[AlertRaised], complain: Callable[..., None], broken: str
) -> None:
    app.paths.alerts.write_bytes(broken.encode("latin-1"))
    app.alerting.remember(app.paths.alerts)
    complain("marta")
    assert [one.kind for one in raised] == ["complaint"]
    assert json.loads(app.paths.alerts.read_text())["unseen"] == [open_id(app, "marta")]


def test_what_was_looked_at_is_not_unseen(
    app: Shopbell, raised: list[AlertRaised], complain: Callable[..., None]
) -> None:
    complain("marta", "tom")
    assert app.alerting.unseen == Unseen(complaints=2)
    assert app.alerting.look(Attention(True, open_id(app, "marta"))) == frozenset()
    assert app.alerting.unseen == Unseen(complaints=1)
    assert app.alerting.look(Attention(True, None, "new")) == {"complaint"}
    assert app.alerting.unseen == Unseen()


def test_what_was_answered_elsewhere_is_not_unseen(
    app: Shopbell, network: ToyNetwork, raised: list[AlertRaised], complain: Callable[..., None]
) -> None:
    complain("marta")
    assert app.alerting.tags == {raised[0].tag}
    network.ours("o1", "Sorry!", parent="c1", key="c1")
    app.engine.sync_once()
    app.alerting.settle()
    assert (app.alerting.unseen, app.alerting.tags) == (Unseen(), frozenset())


def test_what_was_looked_at_just_before_the_end_is_not_unseen_afterwards(
    app: Shopbell, raised: list[AlertRaised], complain: Callable[..., None]
) -> None:
    app.alerting.remember(app.paths.alerts)
    complain("marta", "tom")
    app.alerting.look(Attention(True, open_id(app, "marta")))
    left = open_id(app, "tom")
    app.close()
    assert json.loads(app.paths.alerts.read_text())["unseen"] == [left]


def test_no_insult_is_quoted_neither_at_once_nor_when_it_comes_back(
    app: Shopbell, network: ToyNetwork, raised: list[AlertRaised], clock: FakeClock
) -> None:
    network.customer("m1", "You are a bunch of arseholes. The cake was wrong, I want my money back!")
    app.engine.sync_once()
    (first,) = raised
    assert (first.is_abusive, first.excerpt, first.names) == (True, "", ("Marta",))
    app.inbox.mark([open_id(app, "marta")], State.SNOOZED, until=clock.now() + timedelta(minutes=5))
    minutes(app, clock, 6)
    assert [(one.kind, one.is_abusive, one.excerpt) for one in raised[1:]] == [("back", True, "")]


# --- still waiting


def test_who_waits_past_the_target_is_told_once(
    app: Shopbell, raised: list[AlertRaised], complain: Callable[..., None], clock: FakeClock
) -> None:
    complain("marta")
    minutes(app, clock, 29)
    assert [one.kind for one in raised] == ["complaint"]
    minutes(app, clock, 1)
    assert [(one.kind, one.names, one.conversation_id) for one in raised[1:]] == [
        ("waiting", ("Marta",), open_id(app, "marta"))
    ]
    minutes(app, clock, 200)
    assert len(raised) == 2


def test_who_was_answered_or_snoozed_is_not_waiting(
    app: Shopbell,
    network: ToyNetwork,
    raised: list[AlertRaised],
    complain: Callable[..., None],
    clock: FakeClock,
) -> None:
    complain("marta", "tom", "ida")
    tom = open_id(app, "tom")
    app.inbox.mark([tom], State.SNOOZED, until=clock.now() + timedelta(hours=1))
    app.inbox.mark([open_id(app, "ida")], State.DONE)
    network.ours("o1", "Sorry!", parent="c1", key="c1", at=clock.advance(minutes=1))
    app.engine.sync_once()
    raised.clear()
    minutes(app, clock, 58)
    assert raised == []
    # Back from the snooze, as the owner asked; a reminder on top of it would be one too many.
    minutes(app, clock, 10)
    assert [(one.kind, one.names, one.conversation_id) for one in raised] == [("back", ("Tom",), tom)]


def test_what_a_first_fetch_brought_reminds_nobody(
    app: Shopbell, network: ToyNetwork, account: Account, clock: FakeClock
) -> None:
    told: list[object] = []
    app.events.listen(told.append)
    network.customer("old", TERRIBLE, at=clock.now() - timedelta(minutes=20))
    app.engine.sync_once()
    minutes(app, clock, 90)
    assert not [one for one in told if isinstance(one, AlertRaised)]


# --- spikes


def test_a_spike_names_what_they_share_and_is_told_once(
    app: Shopbell, raised: list[AlertRaised], complain: Callable[..., None], clock: FakeClock
) -> None:
    app.settings.update(tell_waiting=False)
    for person in ("marta", "tom"):
        complain(person, thing="croissant")
        clock.advance(minutes=20)
    complain("ida", thing="croissants")
    assert [(one.kind, one.count, one.about, one.about_kind) for one in raised[2:]] == [
        ("spike", 3, "croissant", "word")
    ]
    assert raised[2].replaces == (raised[0].tag, raised[1].tag)
    clock.advance(minutes=20)
    complain("rosa", thing="croissants")
    assert [one.kind for one in raised[3:]] == ["complaint"]
    # Over, and another one begins.
    minutes(app, clock, 150)
    raised.clear()
    complain("ann", "bob", "eve", thing="bread")
    assert [one.kind for one in raised] == ["spike"]


def test_the_common_post_is_named(
    app: Shopbell, raised: list[AlertRaised], complain: Callable[..., None]
) -> None:
    post = Context(title="Rye is back", text="From tomorrow", remote_id="post-1", is_ours=True)
    complain("marta", "tom", "ida", context=post)
    assert [(one.kind, one.about, one.about_kind) for one in raised] == [("spike", "Rye is back", "post")]


def test_a_shop_that_always_has_that_many_has_no_spike(
    app: Shopbell,
    account: Account,
    network: ToyNetwork,
    clock: FakeClock,
) -> None:
    start = clock.now()
    for hour in range(1, 14 * 24):
        network.customer(f"h{hour}", TERRIBLE, author=f"h{hour}", at=start - timedelta(hours=hour))
    app.engine.sync_once()
    told: list[AlertRaised] = []
    app.events.listen(lambda event: told.append(event) if isinstance(event, AlertRaised) else None)
    network.customer("new", TERRIBLE, author="new", at=start)
    app.engine.sync_once()
    assert [one.kind for one in told] == ["complaint"]


def test_one_who_complains_three_times_is_no_spike(
    app: Shopbell, raised: list[AlertRaised], complain: Callable[..., None]
) -> None:
    complain("marta", "marta", "marta", key="one-thread")
    assert [(one.kind, one.count) for one in raised] == [("complaint", 3)]


def test_what_is_no_complaint_by_the_owners_word_is_not_counted(
    app: Shopbell, raised: list[AlertRaised], complain: Callable[..., None], clock: FakeClock
) -> None:
    complain("marta", "tom")
    app.inbox.label(open_id(app, "tom"), "not-complaint")
    complain("ida")
    assert "spike" not in [one.kind for one in raised]


def _keys() -> Credentials:
    made = Credentials("test-profile")
    made.keep_for_session()
    return made
