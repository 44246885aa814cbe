"""Replies that come back: told once, the customer waits again, and nothing leaves by itself."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest

from services.app import Shopbell
from services.channels.base import Bounce
from services.errors import Unclear
from services.events import AlertRaised, Event, ReplyChanged
from services.model import Account, Conversation, OutboxItem, OutboxState, State
from services.words import reply_sentence
from tests.fakes import FakeClock
from tests.toy import ToyNetwork

SORRY = "So sorry, Marta."
WHY = "550 5.1.1 no such mailbox"


@pytest.fixture
def waiting(app: Shopbell, account: Account, network: ToyNetwork) -> Conversation:
    network.customer("m1", "The name on the cake was wrong.")
    app.engine.sync_once()
    return app.inbox.page("new").conversations[0]


@pytest.fixture
def alerts(app: Shopbell) -> list[AlertRaised]:
    told: list[AlertRaised] = []

    def listen(event: Event) -> None:
        if isinstance(event, AlertRaised) and event.kind == "reply-failed":
            told.append(event)

    app.events.listen(listen)
    return told


def sent(app: Shopbell, waiting: Conversation, **more: bool) -> OutboxItem:
    item = app.inbox.reply(waiting.id, SORRY, hold_s=0, **more)
    app.engine.send_due()
    done = app.store.outbox_item(item.id)
    assert done.state is OutboxState.SENT
    return done


def test_a_delivered_reply_comes_back_and_its_customer_waits_again(
    app: Shopbell, waiting: Conversation, network: ToyNetwork, alerts: list[AlertRaised]
) -> None:
    item = sent(app, waiting)
    assert app.inbox.open(waiting.id).conversation.state is State.WAITING
    network.bounces = [Bounce(item.remote_id, WHY)]
    changed: list[Event] = []
    app.events.listen(changed.append)
    app.engine.sync_once()
    back = app.store.outbox_item(item.id)
    assert (back.state, back.error_kind, dict(back.error_detail)) == (
        OutboxState.FAILED,
        "refused",
        {"reason": "bounced", "said": WHY},
    )
    thread = app.inbox.open(waiting.id)
    assert (thread.conversation.state, thread.conversation.waiting_since) == (
        State.NEW,
        waiting.waiting_since,
    )
    # One bubble, and it is the one that can be mended.
    assert [(m.text, m.state, m.outbox_id) for m in thread.messages if m.text == SORRY] == [
        (SORRY, "failed", item.id)
    ]
    assert [event.outbox_id for event in changed if isinstance(event, ReplyChanged)] == [item.id]
    assert [(alert.error_kind, alert.conversation_id) for alert in alerts] == [("bounced", waiting.id)]
    sentence = reply_sentence(back.error_kind, back.error_detail, "Toy town", "Toy")
    assert sentence == "Came back: Toy town could not deliver it. Look at the address, then send it again."


def test_the_same_news_again_changes_nothing(
    app: Shopbell, waiting: Conversation, network: ToyNetwork, alerts: list[AlertRaised], clock: FakeClock
) -> None:
    item = sent(app, waiting)
    for _ in range(3):
        network.bounces = [Bounce(item.remote_id, WHY), Bounce(item.remote_id, "again")]
        app.engine.sync_once()
        clock.advance(minutes=5)
    assert app.store.outbox_item(item.id).error_detail["said"] in (WHY, "again")
    assert len(alerts) == 1
    app.inbox.mark([waiting.id], State.DONE)
    network.bounces = [Bounce(item.remote_id, WHY)]
    app.engine.sync_once()
    assert app.inbox.open(waiting.id).conversation.state is State.DONE
    assert network.sends == 1


def test_nothing_is_sent_again_by_itself_and_once_more_when_the_owner_says_so(
    app: Shopbell, waiting: Conversation, network: ToyNetwork, alerts: list[AlertRaised], clock: FakeClock
) -> None:
    item = sent(app, waiting)
    network.bounces = [Bounce(item.remote_id, WHY)]
    for _ in range(3):
        app.engine.sync_once()
        clock.advance(hours=1)
    assert network.sends == 1
    app.inbox.resolve(item.id, is_there=False)
    app.engine.send_due()
    again = app.store.outbox_item(item.id)
    # Under a new key: the network knows the old one, and would call it a repeat.
    assert (again.state, again.key != item.key, again.remote_id != item.remote_id) == (
        OutboxState.SENT,
        True,
        True,
    )
    assert len(network.replies(SORRY)) == 2
    assert [m.text for m in app.inbox.open(waiting.id).messages].count(SORRY) == 1
    # Late news about the first one is not news about the second.
    network.bounces = [Bounce(item.remote_id, WHY)]
    app.engine.sync_once()
    assert app.store.outbox_item(item.id).state is OutboxState.SENT
    assert app.inbox.open(waiting.id).conversation.state is State.WAITING
    network.bounces = [Bounce(again.remote_id, WHY)]
    app.engine.sync_once()
    assert app.store.outbox_item(item.id).state is OutboxState.FAILED
    assert len(alerts) == 2


def test_news_that_overtakes_the_reply_it_is_about(
    app: Shopbell, waiting: Conversation, network: ToyNetwork, alerts: list[AlertRaised], clock: FakeClock
) -> None:
    network.fail_send = [(Unclear("timeout"), False)]
    network.keeps_keys = network.can_search = False
    item = app.inbox.reply(waiting.id, SORRY, hold_s=0)
    app.engine.send_due()
    assert app.store.outbox_item(item.id).state is OutboxState.UNCLEAR
    network.bounces = [Bounce("late-1", WHY)]
    app.engine.sync_once()
    assert app.store.outbox_item(item.id).state is OutboxState.UNCLEAR
    alerts.clear()
    network.ours("late-1", SORRY, parent="m1", key="m1")
    app.engine.sync_once()
    back = app.store.outbox_item(item.id)
    assert (back.state, back.remote_id, back.error_detail["said"]) == (OutboxState.FAILED, "late-1", WHY)
    assert [alert.error_kind for alert in alerts] == ["bounced"]
    assert app.inbox.open(waiting.id).conversation.state is State.NEW


def test_nothing_of_it_stays_behind_when_the_account_goes(
    app: Shopbell, waiting: Conversation, account: Account, network: ToyNetwork
) -> None:
    network.fail_send = [(Unclear("timeout"), False)]
    network.keeps_keys = network.can_search = False
    app.inbox.reply(waiting.id, SORRY, hold_s=0)
    app.engine.send_due()
    network.bounces = [Bounce("late-1", WHY)]
    app.engine.sync_once()
    assert "bounces:1" in meta_of(app)
    app.accounts.remove(account.id)
    assert "bounces:1" not in meta_of(app)


def test_news_that_is_here_before_the_sender_hears_that_it_left(
    app: Shopbell, waiting: Conversation, network: ToyNetwork, alerts: list[AlertRaised], clock: FakeClock
) -> None:
    network.fail_send = [(Unclear("timeout"), True)]
    network.keeps_keys = network.can_search = False
    item = app.inbox.reply(waiting.id, SORRY, hold_s=0)
    app.engine.send_due()
    there = network.replies(SORRY)[0]
    # The poll brings the bounce alone; the reply itself is found by the sender, a minute later.
    network.messages.remove(there)
    network.bounces = [Bounce(there.remote_id, WHY)]
    app.engine.sync_once()
    alerts.clear()
    network.messages.append(there)
    network.can_search = True
    clock.advance(minutes=2)
    report = app.engine.send_due()
    assert [one.id for one in report.failed] == [item.id]
    assert app.store.outbox_item(item.id).error_detail["reason"] == "bounced"
    assert [alert.error_kind for alert in alerts] == ["bounced"]


def test_what_belongs_to_nothing_of_ours_is_forgotten_and_its_words_are_in_no_log(
    app: Shopbell, waiting: Conversation, network: ToyNetwork, caplog: pytest.LogCaptureFixture
) -> None:
    sent(app, waiting)
    network.bounces = [Bounce("never-ours@shop.example", WHY)]
    with caplog.at_level(logging.DEBUG):
        app.engine.sync_once()
    assert "1 replies came back that are not ours" in caplog.text
    assert "never-ours" not in caplog.text
    assert WHY not in caplog.text
    assert not any(name.startswith("bounces:") for name in meta_of(app))
    assert app.inbox.open(waiting.id).conversation.state is State.WAITING


def meta_of(app: Shopbell) -> list[str]:
    with app.store._database.read() as connection:
        return [row["key"] for row in connection.execute("SELECT key FROM meta")]


def test_a_reply_that_closed_its_conversation_opens_it_again(
    app: Shopbell, waiting: Conversation, network: ToyNetwork, clock: FakeClock
) -> None:
    item = sent(app, waiting, close_after=True)
    assert app.inbox.open(waiting.id).conversation.state is State.DONE
    clock.advance(minutes=1)
    network.bounces = [Bounce(item.remote_id, WHY)]
    app.engine.sync_once()
    row = app.inbox.page("new").conversations[0]
    assert (row.id, row.waiting_since) == (waiting.id, waiting.waiting_since)


def test_a_later_answer_that_arrived_still_answers(
    app: Shopbell, waiting: Conversation, network: ToyNetwork, clock: FakeClock
) -> None:
    first = sent(app, waiting)
    clock.advance(minutes=1)
    app.inbox.reply(waiting.id, "And a voucher.", hold_s=0)
    app.engine.send_due()
    network.bounces = [Bounce(first.remote_id, WHY)]
    app.engine.sync_once()
    assert app.store.outbox_item(first.id).state is OutboxState.FAILED
    assert app.inbox.open(waiting.id).conversation.state is State.WAITING


def test_an_answer_given_elsewhere_that_came_back_does_not_count_either(
    app: Shopbell, waiting: Conversation, network: ToyNetwork, clock: FakeClock
) -> None:
    clock.advance(minutes=1)
    network.ours("phone", "Sorry, from my phone", parent="m1", key="m1")
    app.engine.sync_once()
    network.bounces = [Bounce("phone", WHY)]
    app.engine.sync_once()
    thread = app.inbox.open(waiting.id)
    assert thread.conversation.state is State.NEW
    assert [(m.text, m.state) for m in thread.messages][-1] == ("Sorry, from my phone", "failed")


def test_the_network_that_goes_on_showing_it_does_not_make_it_arrive(
    app: Shopbell, waiting: Conversation, network: ToyNetwork
) -> None:
    item = sent(app, waiting)
    network.bounces = [Bounce(item.remote_id, WHY)]
    app.engine.sync_once()
    network.say_again(network.replies(SORRY)[0], html="<p>So sorry, Marta.</p>")
    app.engine.sync_once()
    assert app.inbox.open(waiting.id).conversation.state is State.NEW
    assert app.store.outbox_item(item.id).state is OutboxState.FAILED


def test_the_owner_knows_that_it_arrived_all_the_same(
    app: Shopbell, waiting: Conversation, network: ToyNetwork
) -> None:
    item = sent(app, waiting)
    network.bounces = [Bounce(item.remote_id, WHY)]
    app.engine.sync_once()
    app.inbox.resolve(item.id, is_there=True)
    thread = app.inbox.open(waiting.id)
    assert thread.conversation.state is State.WAITING
    assert [(m.text, m.state) for m in thread.messages][-1] == (SORRY, "sent")
    assert network.sends == 1


def test_taken_back_to_be_written_anew(app: Shopbell, waiting: Conversation, network: ToyNetwork) -> None:
    item = sent(app, waiting)
    network.bounces = [Bounce(item.remote_id, WHY)]
    app.engine.sync_once()
    assert app.inbox.discard(item.id) is not None
    thread = app.inbox.open(waiting.id)
    assert thread.draft == SORRY
    assert [m.remote_id for m in thread.messages] == ["m1"]


def test_a_first_fetch_brings_old_bounces_without_a_sound(
    app: Shopbell, account: Account, network: ToyNetwork, clock: FakeClock, alerts: list[AlertRaised]
) -> None:
    clock.advance(days=30)
    long_ago = clock.now() - timedelta(days=20)
    network.customer("m1", "Do you bake on Sundays?", at=long_ago)
    network.ours("old", "We do.", parent="m1", key="m1", at=long_ago + timedelta(hours=1))
    network.bounces = [Bounce("old", WHY)]
    app.engine.sync_once()
    assert alerts == []
    assert app.inbox.page("new").conversations == ()
