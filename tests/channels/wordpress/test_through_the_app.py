"""The whole application over a WordPress: added, heard, answered exactly once, removed."""

from __future__ import annotations

import pytest

from services.app import Shopbell
from services.errors import Invalid, SignInNeeded
from services.model import Account, OutboxState, State
from tests.channels.wordpress.standin import Standin
from tests.fakes import FakeClock

COMMENTS = "/wp-json/wp/v2/comments"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def add(app: Shopbell, standin: Standin) -> Account:
    return app.accounts.add("wordpress", standin.settings, standin.secrets)


def waiting(app: Shopbell, words: str) -> int:
    (row,) = [c for c in app.inbox.page("all", limit=100).conversations if words in c.snippet]
    return row.id


def ours(standin: Standin) -> list[str]:
    return [one.raw for one in standin.site.written_by(standin.owner)]


def test_what_was_said_before_is_heard_as_it_stands(app: Shopbell, standin: Standin) -> None:
    account = add(app, standin)
    assert (account.name, account.our_name) == ("WordPress", "Rosie")
    assert app.engine.sync_once().accounts[0].new == 4
    assert app.engine.sync_once().accounts[0].new == 0
    (answered,) = app.inbox.page("waiting").conversations
    assert answered.customer_name == "Marta"
    thread = app.inbox.open(answered.id)
    assert thread.context is not None
    assert thread.context.title == "Sourdough & rye"
    (pending,) = app.inbox.page("new").conversations
    assert app.inbox.open(pending.id).messages[0].state == "pending"


@pytest.mark.parametrize("fault", ["", "reset", "reset-after", "reset-body"])
def test_a_complaint_is_answered_once_whatever_became_of_the_answer(
    app: Shopbell, standin: Standin, clock: FakeClock, fault: str
) -> None:
    add(app, standin)
    app.engine.sync_once()
    standin.site.say("ida", "My cake was dry and the name was wrong. Very disappointed!", standin.bread)
    app.engine.sync_once()
    row = app.inbox.page("complaints").conversations[0]
    if fault:
        standin.site.fault(fault, COMMENTS, method="POST")
    item = app.inbox.reply(row.id, "We are so sorry & make it good.", hold_s=0)
    for _ in range(3):
        app.engine.sync_once()
        clock.advance(minutes=10)
    assert app.store.outbox_item(item.id).state is OutboxState.SENT
    assert len(ours(standin)) == 2
    messages = app.inbox.open(row.id).messages
    assert [m.text for m in messages] == [messages[0].text, "We are so sorry & make it good."]
    assert not messages[1].elsewhere
    assert app.inbox.open(row.id).conversation.state is State.WAITING


def test_the_same_answer_again_is_there_already(app: Shopbell, standin: Standin) -> None:
    add(app, standin)
    app.engine.sync_once()
    row = waiting(app, "open on Monday")
    first = app.inbox.reply(row, "Yes.", hold_s=0)
    app.engine.sync_once()
    again = app.inbox.reply(row, "Yes.", hold_s=0)
    app.engine.sync_once()
    assert app.store.outbox_item(first.id).state is OutboxState.SENT
    assert app.store.outbox_item(again.id).state is OutboxState.SENT
    assert ours(standin).count("Yes.") == 1
    assert [m.text for m in app.inbox.open(row).messages].count("Yes.") == 1


def test_somebody_of_ours_was_quicker(app: Shopbell, standin: Standin) -> None:
    add(app, standin)
    app.engine.sync_once()
    row = waiting(app, "open on Monday")
    asked = next(c for c in standin.site.comments.values() if "Monday" in c.raw)
    item = app.inbox.reply(row, "Yes.", hold_s=0)
    standin.site.say("rosie", "We do.", standin.bread, under=asked, author=standin.owner.id)
    app.engine.sync_once()
    assert app.store.outbox_item(item.id).error_detail["reason"] == "already-answered"
    assert "Yes." not in ours(standin)


def test_a_password_that_was_taken_back_holds_the_answer_until_it_is_renewed(
    app: Shopbell, standin: Standin, clock: FakeClock
) -> None:
    account = add(app, standin)
    app.engine.sync_once()
    item = app.inbox.reply(waiting(app, "open on Monday"), "Yes.", hold_s=0)
    standin.owner.passwords.clear()
    standin.site.say("ida", "Hello?", standin.bread)
    assert type(app.engine.sync_once().accounts[0].error) is SignInNeeded
    assert app.store.outbox_item(item.id).state is OutboxState.HOLDING
    app.accounts.renew(account.id, {}, {"app_password": standin.site.make_password(standin.owner)})
    clock.advance(hours=2)
    app.engine.sync_once()
    assert app.store.outbox_item(item.id).state is OutboxState.SENT
    assert waiting(app, "Hello?")
    assert ours(standin).count("Yes.") == 1


def test_renewing_may_hand_back_what_the_site_told_before(app: Shopbell, standin: Standin) -> None:
    account = add(app, standin)
    fresh = {"app_password": standin.site.make_password(standin.owner)}
    assert "api_root" in account.settings, "as a sign-in through the browser has them"
    assert app.accounts.renew(account.id, account.settings, fresh).id == account.id
    with pytest.raises(Invalid, match="unknown"):
        app.accounts.renew(account.id, {"colour": "red"}, fresh)


def test_moderating_from_the_inbox(app: Shopbell, standin: Standin) -> None:
    add(app, standin)
    app.engine.sync_once()
    row = waiting(app, "open on Monday")
    message = app.inbox.open(row).messages[0]
    asked = standin.site.comments[int(message.remote_id)]
    app.moderation.moderate(message.id, "approve")
    assert asked.status == "approved"
    assert app.inbox.open(row).messages[0].state == "received"
    app.moderation.moderate(message.id, "spam")
    assert asked.status == "spam"
    app.engine.sync_once()
    assert app.inbox.open(row).messages[0].state == "deleted"
