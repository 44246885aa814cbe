"""The whole application over a forum: added, heard, answered exactly once, removed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.app import Shopbell
from services.channels.web import WebShared
from services.credentials import Credentials
from services.errors import SignInNeeded
from services.model import Account, Direction, OutboxState, State
from services.words import reply_sentence
from tests.channels.discourse.standin import Standin
from tests.fakes import FakeClock

SORRY = "We are *so* sorry & a new one leaves today."


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def server(clock: FakeClock) -> Iterator[Standin]:
    standin = Standin(clock)
    standin.start()
    yield standin
    standin.stop()


@pytest.fixture
def app(tmp_path: Path, clock: FakeClock) -> Iterator[Shopbell]:
    web = WebShared(clock, proxies={})
    opened = Shopbell.open(
        tmp_path / "profile", clock=clock, credentials=Credentials("test", session_only=True), web=web
    )
    yield opened
    opened.close()
    web.close()


def add(app: Shopbell, server: Standin) -> Account:
    return app.accounts.add("discourse", server.settings, server.secrets)


def row_of(app: Shopbell, words: str) -> int:
    (row,) = [c for c in app.inbox.page("all", limit=100).conversations if words in c.snippet]
    return row.id


def test_what_was_said_before_is_heard_as_it_stands(app: Shopbell, server: Standin) -> None:
    account = add(app, server)
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
    app: Shopbell, server: Standin, clock: FakeClock, fault: str
) -> None:
    add(app, server)
    app.engine.sync_once()
    asked = server.forum.start("ida", "Cake", "@rosie my cake was dry and late. Very disappointed!")
    app.engine.sync_once()
    (row,) = [c for c in app.inbox.page("complaints").conversations if c.customer_name == "Ida"]
    before = len(server.ours())
    if fault:
        server.fault(fault, "/posts.json", method="POST")
    item = app.inbox.reply(row.id, SORRY, hold_s=0)
    for _ in range(4):
        app.engine.sync_once()
        clock.advance(minutes=10)
    assert app.store.outbox_item(item.id).state is OutboxState.SENT
    assert [one.raw for one in server.ours()[before:]] == [SORRY]
    assert server.ours()[-1].answers == asked.number
    messages = app.inbox.open(row.id).messages
    assert [m.direction.value for m in messages] == ["inbound", "outbound"]
    assert not messages[1].elsewhere
    assert app.inbox.open(row.id).conversation.state is State.WAITING


def test_a_private_message_is_answered_in_private(app: Shopbell, server: Standin) -> None:
    add(app, server)
    app.engine.sync_once()
    row = row_of(app, "weddings")
    item = app.inbox.reply(row, "Yes, gladly!", hold_s=0)
    app.engine.sync_once()
    assert app.store.outbox_item(item.id).state is OutboxState.SENT
    topic = server.forum.topics[server.ours()[-1].topic]
    assert topic.private_with is not None
    assert [m.private for m in app.inbox.open(row).messages] == [True, True]


def test_a_short_answer_is_kept_back_with_a_sentence(app: Shopbell, server: Standin) -> None:
    add(app, server)
    app.engine.sync_once()
    before = len(server.ours())
    item = app.inbox.reply(row_of(app, "is nobody there"), "Sorry!", hold_s=0)
    app.engine.sync_once()
    failed = app.store.outbox_item(item.id)
    assert failed.state is OutboxState.FAILED
    said = reply_sentence(failed.error_kind, failed.error_detail, "Discourse", "Discourse")
    assert said == "Did not leave: Discourse wants at least 20 characters here."
    assert len(server.ours()) == before


def test_somebody_of_ours_was_quicker(app: Shopbell, server: Standin) -> None:
    add(app, server)
    app.engine.sync_once()
    asked = next(p for p in server.forum.posts.values() if "is nobody there" in p.raw)
    item = app.inbox.reply(row_of(app, "is nobody there"), SORRY, hold_s=0)
    server.forum.say("rosie", "We send you another mug at once.", asked, to=asked)
    app.engine.sync_once()
    assert app.store.outbox_item(item.id).error_detail["reason"] == "already-answered"
    assert SORRY not in [one.raw for one in server.ours()]


def test_an_answer_given_in_the_browser_settles_it(app: Shopbell, server: Standin, clock: FakeClock) -> None:
    add(app, server)
    app.engine.sync_once()
    row = row_of(app, "is nobody there")
    asked = next(p for p in server.forum.posts.values() if "is nobody there" in p.raw)
    server.forum.say("rosie", "We send you another mug at once.", asked, to=asked)
    clock.advance(minutes=3)
    app.engine.sync_once()
    opened = app.inbox.open(row)
    assert opened.conversation.state is State.WAITING
    assert opened.conversation.answered_elsewhere


def test_what_waits_for_a_moderator_is_sent_once(app: Shopbell, server: Standin, clock: FakeClock) -> None:
    add(app, server)
    app.engine.sync_once()
    server.forum.approves = True
    item = app.inbox.reply(row_of(app, "is nobody there"), SORRY, hold_s=0)
    for _ in range(3):
        app.engine.sync_once()
        clock.advance(minutes=10)
    assert app.store.outbox_item(item.id).state is OutboxState.SENT
    (waiting,) = server.forum.waiting
    row = app.store.outbox_item(item.id).conversation_id
    assert [m.state for m in app.inbox.open(row).messages][-1] == "pending"
    assert app.inbox.open(row).conversation.state is State.WAITING
    # The moderator lets it through: it is the same answer, shown once.
    asked = next(p for p in server.forum.posts.values() if "is nobody there" in p.raw)
    made = server.forum.say("rosie", waiting["raw"], asked, to=asked)
    server.forum.waiting.clear()
    app.engine.sync_once()
    ours = [m for m in app.inbox.open(row).messages if m.direction is Direction.OUTBOUND]
    assert [(m.remote_id, m.state, m.elsewhere) for m in ours] == [(str(made.id), "sent", False)]


def test_a_key_that_was_taken_back_holds_the_answer_until_it_is_renewed(
    app: Shopbell, server: Standin, clock: FakeClock
) -> None:
    account = add(app, server)
    app.engine.sync_once()
    item = app.inbox.reply(row_of(app, "is nobody there"), SORRY, hold_s=0)
    server.forum.keys[0].revoked = True
    server.forum.start("ida", "Cake", "Hello @rosie, is my cake ready?")
    assert type(app.engine.sync_once().accounts[0].error) is SignInNeeded
    assert app.store.outbox_item(item.id).state is OutboxState.HOLDING
    app.accounts.renew(account.id, {}, {"api_key": server.forum.user_key(server.rosie)})
    clock.advance(hours=2)
    app.engine.sync_once()
    assert app.store.outbox_item(item.id).state is OutboxState.SENT
    assert row_of(app, "is my cake ready")
    assert [one.raw for one in server.ours()].count(SORRY) == 1


def test_signed_in_through_the_browser_and_taken_back(app: Shopbell, server: Standin) -> None:
    signin = app.accounts.begin_signin("discourse", server.settings)
    assert signin.by_code
    account = signin.paste(server.allow(signin.url))
    assert app.engine.sync_once().accounts[0].error is None
    app.accounts.remove(account.id)
    assert server.forum.keys[-1].revoked


def test_without_a_key_answers_go_by_copy_and_open(app: Shopbell, server: Standin) -> None:
    account = app.accounts.add("discourse", {"url": server.url, "user": "rosie"}, {})
    assert account.name == "Discourse"
    assert app.engine.sync_once().accounts[0].error is None
    row = row_of(app, "is nobody there")
    message = app.inbox.open(row).messages[-1]
    assert (message.can_reply, message.why_not) == (False, "needs-token")
