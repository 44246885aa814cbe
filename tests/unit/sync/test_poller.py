"""In from the network: nothing lost, nothing twice, every failure in its place."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services.app import Shopbell
from services.errors import BadAnswer, NotAllowed, RateLimited, SignInNeeded, Unreachable
from services.events import AlertRaised, Event, MessagesChanged
from services.model import Account, MessageState, State
from tests.fakes import FakeClock
from tests.toy import ToyNetwork, edited


def rows(app: Shopbell, view: str = "all") -> list[str]:
    return [row.customer_name for row in app.inbox.page(view, limit=500).conversations]


def test_pages_are_followed_to_the_end(app: Shopbell, account: Account, network: ToyNetwork) -> None:
    for n in range(120):
        network.customer(f"m{n}", f"Message {n}", author=f"customer{n}")
    result = app.engine.sync_once().accounts[0]
    assert (result.new, result.error) == (120, None)
    assert len(rows(app)) == 120
    assert network.polls == 3


def test_what_came_before_a_failure_is_kept_and_nothing_comes_twice(
    app: Shopbell, account: Account, network: ToyNetwork
) -> None:
    for n in range(80):
        network.customer(f"m{n}", f"Message {n}", author=f"customer{n}")
    app.engine.sync_once()
    network.customer("m80", "One more", author="late")
    network.fail_poll = [Unreachable("reset")]
    failed = app.engine.sync_once().accounts[0]
    assert isinstance(failed.error, Unreachable)
    assert app.engine.sync_once().accounts[0].new == 1
    assert len(rows(app)) == 81


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (SignInNeeded("401"), "sign-in-needed"),
        (NotAllowed("403", permission="read:notifications"), "not-allowed"),
        (RateLimited(datetime(2030, 1, 1, tzinfo=UTC)), "rate-limited"),
        (Unreachable("dns", sent=False), "unreachable"),
        (BadAnswer("not-json", sample="<html>"), "bad-answer"),
    ],
)
def test_every_failure_becomes_the_accounts_freshness_and_heals(
    app: Shopbell, account: Account, network: ToyNetwork, clock: FakeClock, error: Exception, kind: str
) -> None:
    app.engine.sync_once()
    heard = app.store.freshness(account.id).heard
    clock.advance(minutes=5)
    network.fail_poll = [error]
    app.engine.sync_once()
    failing = app.store.freshness(account.id)
    assert (failing.error_kind, failing.heard, failing.failing_since) == (kind, heard, clock.now())
    clock.advance(minutes=5)
    app.engine.sync_once()
    well = app.store.freshness(account.id)
    assert (well.error_kind, well.failing_since, well.heard, well.failures) == ("", None, clock.now(), 0)


@pytest.mark.expect_log("the channel failed in a way it must not")
def test_a_bug_in_one_channel_is_a_bad_answer_not_a_crash(
    app: Shopbell, account: Account, network: ToyNetwork
) -> None:
    network.fail_poll = [KeyError("surprise")]
    result = app.engine.sync_once().accounts[0]
    assert result.error is not None
    assert result.error.kind == "bad-answer"


def test_hostile_text_is_harmless_before_it_is_stored(
    app: Shopbell, account: Account, network: ToyNetwork
) -> None:
    network.customer(
        "m1",
        "nul \x00 and \u202eoverride",
        author="eve\x07",
        html='<p onclick="x()">hi<script>alert(1)</script><img src="https://t.example/p.gif"></p>',
    )
    app.engine.sync_once()
    message = app.inbox.open(app.inbox.page("all").conversations[0].id).messages[0]
    assert "\x00" not in message.text
    assert "\u202e" not in message.text
    for evil in ("script", "onclick", "<img"):
        assert evil not in message.html


@pytest.mark.parametrize("year", [1970, 2099])
def test_a_date_outside_reason_becomes_the_time_of_hearing(
    app: Shopbell, account: Account, network: ToyNetwork, clock: FakeClock, year: int
) -> None:
    network.customer("m1", "Hello", at=datetime(year, 1, 1, tzinfo=UTC))
    app.engine.sync_once()
    assert app.inbox.open(app.inbox.page("all").conversations[0].id).messages[0].sent_at == clock.now()


def test_the_first_fetch_is_quiet_and_old_ones_arrive_done(
    app: Shopbell, account: Account, network: ToyNetwork, clock: FakeClock
) -> None:
    raised: list[Event] = []
    app.events.listen(raised.append)
    terrible = "Terrible. The cake was wrong, cold and late, and nobody answered. I want my money back!"
    network.customer("old", terrible, author="old", at=clock.now() - timedelta(days=20))
    network.customer("answered", terrible, author="answered", at=clock.now() - timedelta(days=3))
    network.ours("o1", "Sorry!", parent="answered", key="answered", at=clock.now() - timedelta(days=2))
    network.customer("open", terrible, author="open", at=clock.now() - timedelta(days=1))
    app.engine.sync_once()
    assert not [event for event in raised if isinstance(event, AlertRaised)]
    states = {row.customer_name: row.state for row in app.inbox.page("all").conversations}
    assert states == {"Old": State.DONE, "Answered": State.WAITING, "Open": State.NEW}


def test_afterwards_a_complaint_rings_once(
    app: Shopbell, account: Account, network: ToyNetwork, clock: FakeClock
) -> None:
    app.engine.sync_once()
    raised: list[Event] = []
    app.events.listen(raised.append)
    network.customer("m1", "Terrible. The cake was wrong and nobody answered. I want my money back!")
    app.engine.sync_once()
    app.engine.sync_once()
    alerts = [event for event in raised if isinstance(event, AlertRaised)]
    assert [alert.kind for alert in alerts] == ["complaint"]
    assert alerts[0].conversation_id == app.inbox.page("new").conversations[0].id
    assert any(isinstance(event, MessagesChanged) and event.added for event in raised)


def test_an_edit_updates_and_does_not_reopen(
    app: Shopbell, account: Account, network: ToyNetwork, clock: FakeClock
) -> None:
    message = network.customer("m1", "Bad bread")
    app.engine.sync_once()
    row = app.inbox.page("new").conversations[0]
    app.inbox.mark([row.id], State.DONE)
    network.messages.append(edited(message, "Good bread", clock.now()))
    result = app.engine.sync_once().accounts[0]
    assert (result.new, result.updated) == (0, 1)
    thread = app.inbox.open(row.id)
    assert thread.conversation.state is State.DONE
    assert [(m.text, m.state, m.earlier) for m in thread.messages] == [
        ("Good bread", MessageState.EDITED.value, ("Bad bread",))
    ]


def test_a_customer_reopens_what_was_done(app: Shopbell, account: Account, network: ToyNetwork) -> None:
    network.customer("m1", "Hello")
    app.engine.sync_once()
    row = app.inbox.page("new").conversations[0]
    app.inbox.mark([row.id], State.DONE)
    network.customer("m2", "Are you there?", key="m1")
    app.engine.sync_once()
    again = app.inbox.open(row.id).conversation
    assert (again.state, again.messages) == (State.NEW, 2)


def test_a_clock_set_back_keeps_polling(
    app: Shopbell, account: Account, network: ToyNetwork, clock: FakeClock
) -> None:
    clock.advance(days=400)
    app.engine.sync_once()
    clock.advance(days=-400)
    network.customer("m1", "Hello")
    assert app.engine.sync_once(due_only=True).accounts[0].new == 1
