"""Each reply exactly once, whatever the network does."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.app import Shopbell
from services.errors import Invalid, RateLimited, Refused, SignInNeeded, Unclear, Unreachable
from services.model import Account, Conversation, MessageKind, OutboxItem, OutboxState, State
from tests.fakes import FakeClock
from tests.toy import ToyNetwork

SORRY = "So sorry, Marta. Come by, the next one is on us."


@pytest.fixture
def waiting(app: Shopbell, account: Account, network: ToyNetwork) -> Conversation:
    """Marta's complaint, polled in."""
    network.customer("m1", "The name on the cake was wrong and nobody answered.")
    app.engine.sync_once()
    return app.inbox.page("new").conversations[0]


def state_of(app: Shopbell, item: OutboxItem) -> OutboxState:
    return app.store.outbox_item(item.id).state


def test_a_reply_is_held_then_sent_once_and_nobody_waits(
    app: Shopbell, waiting: Conversation, network: ToyNetwork, clock: FakeClock
) -> None:
    item = app.inbox.reply(waiting.id, SORRY)
    app.engine.send_due()
    assert state_of(app, item) is OutboxState.HOLDING
    clock.advance(seconds=11)
    assert [sent.id for sent in app.engine.send_due().sent] == [item.id]
    assert len(network.replies(SORRY)) == 1
    row = app.inbox.open(waiting.id).conversation
    assert row.state is State.WAITING
    assert row.waiting_since is None
    assert not row.answered_elsewhere


def test_undo_takes_it_back_into_the_draft(
    app: Shopbell, waiting: Conversation, network: ToyNetwork, clock: FakeClock
) -> None:
    item = app.inbox.reply(waiting.id, SORRY)
    assert app.inbox.undo(item.id) is not None
    clock.advance(minutes=5)
    app.engine.send_due()
    assert network.sends == 0
    assert app.inbox.open(waiting.id).draft == SORRY
    assert app.inbox.undo(item.id) is None


def test_after_it_left_undo_is_too_late(app: Shopbell, waiting: Conversation, network: ToyNetwork) -> None:
    item = app.inbox.reply(waiting.id, SORRY, hold_s=0)
    app.engine.send_due()
    assert app.inbox.undo(item.id) is None
    assert len(network.replies(SORRY)) == 1


def test_the_poll_that_brings_our_reply_back_does_not_double_it(
    app: Shopbell, waiting: Conversation, network: ToyNetwork
) -> None:
    app.inbox.reply(waiting.id, SORRY, hold_s=0)
    app.engine.send_due()
    app.engine.sync_once()
    texts = [m.text for m in app.inbox.open(waiting.id).messages]
    assert texts.count(SORRY) == 1


@pytest.mark.parametrize("error", [Unclear("timeout"), Unreachable("reset"), Unreachable("server")])
def test_a_broken_send_that_arrived_is_found_not_repeated(
    app: Shopbell, waiting: Conversation, network: ToyNetwork, error: Exception
) -> None:
    network.fail_send = [(error, True)]
    network.keeps_keys = False
    item = app.inbox.reply(waiting.id, SORRY, hold_s=0)
    app.engine.send_due()
    assert state_of(app, item) is OutboxState.SENT
    assert len(network.replies(SORRY)) == 1


def test_a_broken_send_with_proven_absence_is_repeated_by_itself(
    app: Shopbell, waiting: Conversation, network: ToyNetwork, clock: FakeClock
) -> None:
    network.fail_send = [(Unclear("timeout"), False)]
    item = app.inbox.reply(waiting.id, SORRY, hold_s=0)
    app.engine.send_due()
    assert state_of(app, item) is OutboxState.HOLDING
    clock.advance(minutes=1)
    app.engine.send_due()
    assert state_of(app, item) is OutboxState.SENT
    assert len(network.replies(SORRY)) == 1


def test_a_reply_that_was_slow_to_appear_is_recognised_not_taken_for_somebody_elses(
    app: Shopbell, waiting: Conversation, network: ToyNetwork, clock: FakeClock
) -> None:
    """The network says it is not there, and processes the request after that."""
    network.fail_send = [(Unclear("timeout"), False)]
    item = app.inbox.reply(waiting.id, SORRY, hold_s=0)
    app.engine.send_due()
    assert state_of(app, item) is OutboxState.HOLDING
    network.ours("slow", SORRY, parent="m1", key="m1")
    clock.advance(minutes=1)
    assert [sent.id for sent in app.engine.send_due().sent] == [item.id]
    kept = app.store.outbox_item(item.id)
    assert (kept.state, kept.remote_id) == (OutboxState.SENT, "slow")
    assert network.sends == 0
    assert not app.inbox.open(waiting.id).conversation.answered_elsewhere


def test_a_reply_stopped_between_two_attempts_is_recognised_when_the_first_one_shows(
    app: Shopbell, waiting: Conversation, network: ToyNetwork, clock: FakeClock
) -> None:
    network.fail_send = [(Unclear("timeout"), False)]
    item = app.inbox.reply(waiting.id, SORRY, hold_s=0)
    app.engine.send_due()
    network.customer("m2", "Hello?", key="m1")
    clock.advance(minutes=1)
    app.engine.send_due()
    assert app.store.outbox_item(item.id).error_detail["reason"] == "wrote-again"
    network.ours("slow", SORRY, parent="m1", key="m1")
    app.engine.sync_once()
    kept = app.store.outbox_item(item.id)
    assert (kept.state, kept.remote_id, kept.error_kind) == (OutboxState.SENT, "slow", "")


def test_an_unclear_send_waits_for_the_owner(
    app: Shopbell, waiting: Conversation, network: ToyNetwork, clock: FakeClock
) -> None:
    network.keeps_keys = network.can_search = False
    network.fail_send = [(Unclear("reset"), True)]
    item = app.inbox.reply(waiting.id, SORRY, hold_s=0)
    app.engine.send_due()
    for _ in range(5):
        clock.advance(hours=1)
        app.engine.send_due(ignore_backoff=True)
    assert state_of(app, item) is OutboxState.UNCLEAR
    assert network.sends == 1


def test_it_is_there_settles_an_unclear_reply(
    app: Shopbell, waiting: Conversation, network: ToyNetwork
) -> None:
    network.keeps_keys = network.can_search = False
    network.fail_send = [(Unclear("reset"), True)]
    item = app.inbox.reply(waiting.id, SORRY, hold_s=0)
    app.engine.send_due()
    app.inbox.resolve(item.id, is_there=True)
    assert state_of(app, item) is OutboxState.SENT
    assert app.inbox.open(waiting.id).conversation.state is State.WAITING
    app.engine.sync_once()
    assert [m.text for m in app.inbox.open(waiting.id).messages].count(SORRY) == 1


def test_send_again_is_the_owners_word(app: Shopbell, waiting: Conversation, network: ToyNetwork) -> None:
    network.keeps_keys = network.can_search = False
    network.fail_send = [(Unclear("reset"), False)]
    item = app.inbox.reply(waiting.id, SORRY, hold_s=0)
    app.engine.send_due()
    app.inbox.resolve(item.id, is_there=False)
    app.engine.send_due(ignore_backoff=True)
    assert state_of(app, item) is OutboxState.SENT
    assert len(network.replies(SORRY)) == 1


def test_an_unclear_reply_is_settled_when_a_later_look_finds_it(
    app: Shopbell, waiting: Conversation, network: ToyNetwork, clock: FakeClock
) -> None:
    network.keeps_keys = False
    network.fail_send = [(Unclear("reset"), True)]
    network.fail_find = [Unreachable("timeout")]
    item = app.inbox.reply(waiting.id, SORRY, hold_s=0)
    app.engine.send_due()
    assert state_of(app, item) is OutboxState.UNCLEAR
    clock.advance(minutes=2)
    app.engine.send_due()
    assert state_of(app, item) is OutboxState.SENT
    assert len(network.replies(SORRY)) == 1


def test_offline_nothing_is_lost_and_it_leaves_later(
    app: Shopbell, waiting: Conversation, network: ToyNetwork, clock: FakeClock
) -> None:
    network.fail_send = [(Unreachable("dns", sent=False), False)] * 3
    item = app.inbox.reply(waiting.id, SORRY, hold_s=0)
    for _ in range(3):
        app.engine.send_due(ignore_backoff=True)
        assert state_of(app, item) is OutboxState.HOLDING
    clock.advance(hours=1)
    app.engine.send_due()
    assert state_of(app, item) is OutboxState.SENT


def test_a_rate_limit_holds_it_back_until_then(
    app: Shopbell, waiting: Conversation, network: ToyNetwork, clock: FakeClock
) -> None:
    network.fail_send = [(RateLimited(clock.now() + timedelta(minutes=7)), False)]
    item = app.inbox.reply(waiting.id, SORRY, hold_s=0)
    app.engine.send_due()
    clock.advance(minutes=6)
    app.engine.send_due()
    assert state_of(app, item) is OutboxState.HOLDING
    clock.advance(minutes=2)
    app.engine.send_due()
    assert state_of(app, item) is OutboxState.SENT


def test_a_revoked_token_holds_it_back_until_the_owner_signed_in(
    app: Shopbell, account: Account, waiting: Conversation, network: ToyNetwork
) -> None:
    network.token = "another"
    item = app.inbox.reply(waiting.id, SORRY, hold_s=0)
    app.engine.send_due()
    kept = app.store.outbox_item(item.id)
    assert (kept.state, kept.error_kind) == (OutboxState.HOLDING, SignInNeeded.kind)
    app.accounts.renew(account.id, {}, {"token": "another"})
    app.engine.send_due(ignore_backoff=True)
    assert state_of(app, item) is OutboxState.SENT


def test_a_refusal_is_final_and_keeps_the_text(
    app: Shopbell, waiting: Conversation, network: ToyNetwork
) -> None:
    network.fail_send = [(Refused("gone"), False)]
    item = app.inbox.reply(waiting.id, SORRY, hold_s=0)
    app.engine.send_due()
    assert state_of(app, item) is OutboxState.FAILED
    shown = [m for m in app.inbox.open(waiting.id).messages if m.outbox_id == item.id]
    assert shown[0].text == SORRY
    assert shown[0].state == "failed"


def test_an_answer_from_the_phone_stops_it(app: Shopbell, waiting: Conversation, network: ToyNetwork) -> None:
    item = app.inbox.reply(waiting.id, SORRY, hold_s=0)
    network.ours("phone-1", "We call you.", parent="m1", key="m1")
    app.engine.send_due()
    kept = app.store.outbox_item(item.id)
    assert (kept.state, kept.error_detail["reason"]) == (OutboxState.FAILED, "already-answered")
    assert network.sends == 0
    assert app.inbox.open(waiting.id).conversation.answered_elsewhere


def test_a_new_message_of_the_customer_stops_it_and_send_anyway_sends(
    app: Shopbell, waiting: Conversation, network: ToyNetwork
) -> None:
    item = app.inbox.reply(waiting.id, SORRY, hold_s=0)
    network.customer("m2", "Forget it, I found the receipt.", key="m1")
    app.engine.send_due()
    assert app.store.outbox_item(item.id).error_detail["reason"] == "wrote-again"
    app.inbox.resolve(item.id, is_there=False)
    app.engine.send_due(ignore_backoff=True)
    assert state_of(app, item) is OutboxState.SENT


def test_two_replies_of_ours_in_a_row_do_not_stop_each_other(
    app: Shopbell, waiting: Conversation, network: ToyNetwork
) -> None:
    first = app.inbox.reply(waiting.id, SORRY, hold_s=0)
    second = app.inbox.reply(waiting.id, "And your money back.", hold_s=0)
    app.engine.send_due(ignore_backoff=True)
    app.engine.send_due(ignore_backoff=True)
    assert state_of(app, first) is OutboxState.SENT
    assert state_of(app, second) is OutboxState.SENT
    assert [m.text for m in network.messages[-2:]] == [SORRY, "And your money back."]


def test_a_row_left_sending_by_a_dead_process_is_looked_up_not_sent(
    app: Shopbell, waiting: Conversation, network: ToyNetwork, clock: FakeClock
) -> None:
    item = app.inbox.reply(waiting.id, SORRY, hold_s=0)
    assert app.store.claim_reply(item.id, clock.now()) is not None
    network.ours("there", SORRY, parent="m1", key="m1")
    app.engine.send_due()
    assert state_of(app, item) is OutboxState.SENT
    assert network.sends == 0


def test_while_another_process_sends_this_one_leaves_the_outbox_alone(
    app: Shopbell, waiting: Conversation, network: ToyNetwork
) -> None:
    item = app.inbox.reply(waiting.id, SORRY, hold_s=0)
    with app._sender_lock() as is_ours:
        assert is_ours
        assert app.engine.send_due().sent == []
    assert state_of(app, item) is OutboxState.HOLDING
    assert len(app.engine.send_due().sent) == 1


@pytest.mark.expect_log("sending failed in a way it must not")
def test_a_bug_in_a_channel_leaves_the_reply_unclear_never_lost(
    app: Shopbell, waiting: Conversation, network: ToyNetwork
) -> None:
    network.fail_send = [(ZeroDivisionError(), True)]
    network.can_search = network.keeps_keys = False
    item = app.inbox.reply(waiting.id, SORRY, hold_s=0)
    app.engine.send_due()
    assert state_of(app, item) is OutboxState.UNCLEAR


def test_what_cannot_be_sent_is_refused_before_it_is_queued(
    app: Shopbell, account: Account, waiting: Conversation, network: ToyNetwork, clock: FakeClock
) -> None:
    with pytest.raises(Invalid):
        app.inbox.reply(waiting.id, "   ")
    with pytest.raises(Refused) as too_long:
        app.inbox.reply(waiting.id, "x" * 114)
    assert (too_long.value.reason, too_long.value.detail["over"]) == ("too-long", 14)
    network.customer("d1", "Only for you", author="ines", kind=MessageKind.DIRECT, private=True)
    network.customer("w1", "Hi", author="tom", reply_until=clock.now() + timedelta(hours=1))
    app.engine.sync_once()
    rows = {row.customer_name: row for row in app.inbox.page("new").conversations}
    with pytest.raises(Refused) as public:
        app.inbox.reply(rows["Ines"].id, SORRY, private=False)
    assert public.value.reason == "would-be-public"
    clock.advance(hours=2)
    with pytest.raises(Refused) as closed:
        app.inbox.reply(rows["Tom"].id, SORRY)
    assert closed.value.reason == "closed"
    assert app.store.outbox() == ()
