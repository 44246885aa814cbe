"""The whole application over a forum: added, heard, answered exactly once, removed."""

from __future__ import annotations

import pytest

from services.app import Shopbell
from services.errors import SignInNeeded
from services.model import Account, Direction, OutboxState, State
from services.words import reply_sentence
from tests.channels.discourse.standin import Standin
from tests.fakes import FakeClock

SORRY = "We are *so* sorry & a new one leaves today."


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def add(app: Shopbell, standin: Standin) -> Account:
    return app.accounts.add("discourse", standin.settings, standin.secrets)


def row_of(app: Shopbell, words: str) -> int:
    (row,) = [c for c in app.inbox.page("all", limit=100).conversations if words in c.snippet]
    return row.id


def test_what_was_said_before_is_heard_as_it_stands(app: Shopbell, standin: Standin) -> None:
    account = add(app, standin)
    assert (account.name, account.our_name) == ("Discourse", "Rosie")
    assert app.engine.sync_once().accounts[0].error is None
    assert app.engine.sync_once().accounts[0].new == 0
    (answered,) = app.inbox.page("waiting").conversations
    assert answered.customer_name == "Cem"
    thread = app.inbox.open(answered.id)
    assert [m.text for m in thread.messages] == [
        "Seven is far too late for me.",
        "We are sorry, earlier is not possible.",
    ]
    assert thread.context is not None
    assert thread.context.text == "We open at seven from Monday on."
    waiting = {c.customer_name: c for c in app.inbox.page("new").conversations}
    assert set(waiting) == {"Ann", "Bob", "Dora"}
    assert waiting["Dora"].private
    assert app.engine.sync_once().accounts[0].new == 0


@pytest.mark.parametrize("fault", ["", "reset", "reset-after", "reset-body"])
def test_a_complaint_is_answered_once_whatever_became_of_the_answer(
    app: Shopbell, standin: Standin, clock: FakeClock, fault: str
) -> None:
    add(app, standin)
    app.engine.sync_once()
    asked = standin.forum.start("ida", "Cake", "@rosie my cake was dry and late. Very disappointed!")
    app.engine.sync_once()
    (row,) = [c for c in app.inbox.page("complaints").conversations if c.customer_name == "Ida"]
    before = len(standin.ours())
    if fault:
        standin.fault(fault, "/posts.json", method="POST")
    item = app.inbox.reply(row.id, SORRY, hold_s=0)
    for _ in range(4):
        app.engine.sync_once()
        clock.advance(minutes=10)
    assert app.store.outbox_item(item.id).state is OutboxState.SENT
    assert [one.raw for one in standin.ours()[before:]] == [SORRY]
    assert standin.ours()[-1].answers == asked.number
    messages = app.inbox.open(row.id).messages
    assert [m.direction.value for m in messages] == ["inbound", "outbound"]
    assert not messages[1].elsewhere
    assert app.inbox.open(row.id).conversation.state is State.WAITING


def test_a_private_message_is_answered_in_private(app: Shopbell, standin: Standin) -> None:
    add(app, standin)
    app.engine.sync_once()
    row = row_of(app, "weddings")
    item = app.inbox.reply(row, "Yes, gladly!", hold_s=0)
    app.engine.sync_once()
    assert app.store.outbox_item(item.id).state is OutboxState.SENT
    topic = standin.forum.topics[standin.ours()[-1].topic]
    assert topic.private_with is not None
    assert [m.private for m in app.inbox.open(row).messages] == [True, True]


def test_a_short_answer_is_kept_back_with_a_sentence(app: Shopbell, standin: Standin) -> None:
    add(app, standin)
    app.engine.sync_once()
    before = len(standin.ours())
    item = app.inbox.reply(row_of(app, "is nobody there"), "Sorry!", hold_s=0)
    app.engine.sync_once()
    failed = app.store.outbox_item(item.id)
    assert failed.state is OutboxState.FAILED
    said = reply_sentence(failed.error_kind, failed.error_detail, "Discourse", "Discourse")
    assert said == "Did not leave: Discourse wants at least 20 characters here."
    assert len(standin.ours()) == before


def test_somebody_of_ours_was_quicker(app: Shopbell, standin: Standin) -> None:
    add(app, standin)
    app.engine.sync_once()
    asked = next(p for p in standin.forum.posts.values() if "is nobody there" in p.raw)
    item = app.inbox.reply(row_of(app, "is nobody there"), SORRY, hold_s=0)
    standin.forum.say("rosie", "We send you another mug at once.", asked, to=asked)
    app.engine.sync_once()
    assert app.store.outbox_item(item.id).error_detail["reason"] == "already-answered"
    assert SORRY not in [one.raw for one in standin.ours()]


def test_an_answer_given_in_the_browser_settles_it(app: Shopbell, standin: Standin, clock: FakeClock) -> None:
    add(app, standin)
    app.engine.sync_once()
    row = row_of(app, "is nobody there")
    asked = next(p for p in standin.forum.posts.values() if "is nobody there" in p.raw)
    standin.forum.say("rosie", "We send you another mug at once.", asked, to=asked)
    clock.advance(minutes=3)
    app.engine.sync_once()
    opened = app.inbox.open(row)
    assert opened.conversation.state is State.WAITING
    assert opened.conversation.answered_elsewhere


def test_what_waits_for_a_moderator_is_sent_once(app: Shopbell, standin: Standin, clock: FakeClock) -> None:
    add(app, standin)
    app.engine.sync_once()
    standin.forum.approves = True
    item = app.inbox.reply(row_of(app, "is nobody there"), SORRY, hold_s=0)
    for _ in range(3):
        app.engine.sync_once()
        clock.advance(minutes=10)
    assert app.store.outbox_item(item.id).state is OutboxState.SENT
    (waiting,) = standin.forum.waiting
    row = app.store.outbox_item(item.id).conversation_id
    assert [m.state for m in app.inbox.open(row).messages][-1] == "pending"
    assert app.inbox.open(row).conversation.state is State.WAITING
    # The moderator lets it through: it is the same answer, shown once.
    asked = next(p for p in standin.forum.posts.values() if "is nobody there" in p.raw)
    made = standin.forum.say("rosie", waiting["raw"], asked, to=asked)
    standin.forum.waiting.clear()
    app.engine.sync_once()
    ours = [m for m in app.inbox.open(row).messages if m.direction is Direction.OUTBOUND]
    assert [(m.remote_id, m.state, m.elsewhere) for m in ours] == [(str(made.id), "sent", False)]


def test_a_key_that_was_taken_back_holds_the_answer_until_it_is_renewed(
    app: Shopbell, standin: Standin, clock: FakeClock
) -> None:
    account = add(app, standin)
    app.engine.sync_once()
    item = app.inbox.reply(row_of(app, "is nobody there"), SORRY, hold_s=0)
    standin.forum.keys[0].revoked = True
    standin.forum.start("ida", "Cake", "Hello @rosie, is my cake ready?")
    assert type(app.engine.sync_once().accounts[0].error) is SignInNeeded
    assert app.store.outbox_item(item.id).state is OutboxState.HOLDING
    app.accounts.renew(account.id, {}, {"api_key": standin.forum.user_key(standin.rosie)})
    clock.advance(hours=2)
    app.engine.sync_once()
    assert app.store.outbox_item(item.id).state is OutboxState.SENT
    assert row_of(app, "is my cake ready")
    assert [one.raw for one in standin.ours()].count(SORRY) == 1


def test_signed_in_through_the_browser_and_taken_back(app: Shopbell, standin: Standin) -> None:
    signin = app.accounts.begin_signin("discourse", standin.settings)
    assert signin.by_code
    account = signin.paste(standin.allow(signin.url))
    assert app.engine.sync_once().accounts[0].error is None
    app.accounts.remove(account.id)
    assert standin.forum.keys[-1].revoked


def test_without_a_key_answers_go_by_copy_and_open(app: Shopbell, standin: Standin) -> None:
    account = app.accounts.add("discourse", {"url": standin.url, "user": "rosie"}, {})
    assert account.name == "Discourse"
    assert app.engine.sync_once().accounts[0].error is None
    row = row_of(app, "is nobody there")
    message = app.inbox.open(row).messages[-1]
    assert (message.can_reply, message.why_not) == (False, "needs-token")
