"""The whole application over a WordPress: added, heard, answered exactly once, removed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.app import Shopbell
from services.channels.web import WebShared
from services.credentials import Credentials
from services.errors import Invalid, SignInNeeded
from services.model import Account, OutboxState, State
from tests.channels.wordpress.standin import Standin
from tests.fakes import FakeClock

COMMENTS = "/wp-json/wp/v2/comments"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def blog(clock: FakeClock) -> Iterator[Standin]:
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


def add(app: Shopbell, blog: Standin) -> Account:
    return app.accounts.add("wordpress", blog.settings, blog.secrets)


def waiting(app: Shopbell, words: str) -> int:
    (row,) = [c for c in app.inbox.page("all", limit=100).conversations if words in c.snippet]
    return row.id


def ours(blog: Standin) -> list[str]:
    return [one.raw for one in blog.site.written_by(blog.owner)]


def test_what_was_said_before_is_heard_as_it_stands(app: Shopbell, blog: Standin) -> None:
    account = add(app, blog)
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
    app: Shopbell, blog: Standin, clock: FakeClock, fault: str
) -> None:
    add(app, blog)
    app.engine.sync_once()
    blog.site.say("ida", "My cake was dry and the name was wrong. Very disappointed!", blog.bread)
    app.engine.sync_once()
    row = app.inbox.page("complaints").conversations[0]
    if fault:
        blog.site.fault(fault, COMMENTS, method="POST")
    item = app.inbox.reply(row.id, "We are so sorry & make it good.", hold_s=0)
    for _ in range(3):
        app.engine.sync_once()
        clock.advance(minutes=10)
    assert app.store.outbox_item(item.id).state is OutboxState.SENT
    assert len(ours(blog)) == 2
    messages = app.inbox.open(row.id).messages
    assert [m.text for m in messages] == [messages[0].text, "We are so sorry & make it good."]
    assert not messages[1].elsewhere
    assert app.inbox.open(row.id).conversation.state is State.WAITING


def test_the_same_answer_again_is_there_already(app: Shopbell, blog: Standin) -> None:
    add(app, blog)
    app.engine.sync_once()
    row = waiting(app, "open on Monday")
    first = app.inbox.reply(row, "Yes.", hold_s=0)
    app.engine.sync_once()
    again = app.inbox.reply(row, "Yes.", hold_s=0)
    app.engine.sync_once()
    assert app.store.outbox_item(first.id).state is OutboxState.SENT
    assert app.store.outbox_item(again.id).state is OutboxState.SENT
    assert ours(blog).count("Yes.") == 1
    assert [m.text for m in app.inbox.open(row).messages].count("Yes.") == 1


def test_somebody_of_ours_was_quicker(app: Shopbell, blog: Standin) -> None:
    add(app, blog)
    app.engine.sync_once()
    row = waiting(app, "open on Monday")
    asked = next(c for c in blog.site.comments.values() if "Monday" in c.raw)
    item = app.inbox.reply(row, "Yes.", hold_s=0)
    blog.site.say("rosie", "We do.", blog.bread, under=asked, author=blog.owner.id)
    app.engine.sync_once()
    assert app.store.outbox_item(item.id).error_detail["reason"] == "already-answered"
    assert "Yes." not in ours(blog)


def test_a_password_that_was_taken_back_holds_the_answer_until_it_is_renewed(
    app: Shopbell, blog: Standin, clock: FakeClock
) -> None:
    account = add(app, blog)
    app.engine.sync_once()
    item = app.inbox.reply(waiting(app, "open on Monday"), "Yes.", hold_s=0)
    blog.owner.passwords.clear()
    blog.site.say("ida", "Hello?", blog.bread)
    assert type(app.engine.sync_once().accounts[0].error) is SignInNeeded
    assert app.store.outbox_item(item.id).state is OutboxState.HOLDING
    app.accounts.renew(account.id, {}, {"app_password": blog.site.make_password(blog.owner)})
    clock.advance(hours=2)
    app.engine.sync_once()
    assert app.store.outbox_item(item.id).state is OutboxState.SENT
    assert waiting(app, "Hello?")
    assert ours(blog).count("Yes.") == 1


def test_renewing_may_hand_back_what_the_site_told_before(app: Shopbell, blog: Standin) -> None:
    account = add(app, blog)
    fresh = {"app_password": blog.site.make_password(blog.owner)}
    assert "api_root" in account.settings, "as a sign-in through the browser has them"
    assert app.accounts.renew(account.id, account.settings, fresh).id == account.id
    with pytest.raises(Invalid, match="unknown"):
        app.accounts.renew(account.id, {"colour": "red"}, fresh)


def test_moderating_from_the_inbox(app: Shopbell, blog: Standin) -> None:
    add(app, blog)
    app.engine.sync_once()
    row = waiting(app, "open on Monday")
    message = app.inbox.open(row).messages[0]
    asked = blog.site.comments[int(message.remote_id)]
    app.moderation.moderate(message.id, "approve")
    assert asked.status == "approved"
    assert app.inbox.open(row).messages[0].state == "received"
    app.moderation.moderate(message.id, "spam")
    assert asked.status == "spam"
    app.engine.sync_once()
    assert app.inbox.open(row).messages[0].state == "deleted"
