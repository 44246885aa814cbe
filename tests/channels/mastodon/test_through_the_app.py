"""The whole application over a Mastodon account: signed in by browser, polled, answered, removed."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import requests

from services.app import Shopbell
from services.model import Account, OutboxState, State
from services.sample import SampleShop
from tests.channels.mastodon.desk import FLAVOURS

POST = "/api/v1/statuses"


@pytest.fixture(params=FLAVOURS)
def shop(request: pytest.FixtureRequest) -> Iterator[SampleShop]:
    with SampleShop(flavour=request.param) as made:
        yield made


def add(app: Shopbell, shop: SampleShop) -> Account:
    return app.accounts.add("mastodon", {"server": shop.handle}, {"access_token": shop.access_token})


def complaint(app: Shopbell) -> int:
    return app.inbox.page("complaints").conversations[0].id


def test_a_week_is_heard_once(app: Shopbell, shop: SampleShop) -> None:
    add(app, shop)
    first = app.engine.sync_once().accounts[0]
    assert first.error is None
    assert first.new > 50
    assert app.engine.sync_once().accounts[0].new == 0
    shop.say("marta", "and my change was wrong too")
    assert app.engine.sync_once().accounts[0].new == 1
    assert app.store.counts().hello == 5


def test_what_was_answered_from_the_phone_waits_for_nobody(app: Shopbell, shop: SampleShop) -> None:
    add(app, shop)
    app.engine.sync_once()
    shop.say("marta", "are you open on Monday?", key="ask")
    app.engine.sync_once()
    asked = app.inbox.page("new", limit=200).conversations
    (row,) = [c for c in asked if "open on Monday" in c.snippet]
    assert row.state is State.NEW
    shop.answer_from_phone("ask", "Not this one.")
    app.engine.sync_once()
    after = app.inbox.open(row.id).conversation
    assert (after.state, after.answered_elsewhere) == (State.WAITING, True)


@pytest.mark.parametrize("fault", ["", "reset-after", "reset-body"])
def test_a_reply_stands_there_once_whatever_became_of_the_answer(
    app: Shopbell, shop: SampleShop, fault: str
) -> None:
    add(app, shop)
    app.engine.sync_once()
    if fault:
        shop.fault(fault, POST, method="POST")
    item = app.inbox.reply(complaint(app), "We are so sorry, and make it good.", hold_s=0)
    app.engine.sync_once()
    assert app.store.outbox_item(item.id).state is OutboxState.SENT
    assert len(shop.owner_statuses()) == 1
    app.engine.sync_once()
    thread = app.inbox.open(item.conversation_id).messages
    assert [m.remote_id for m in thread].count(shop.owner_statuses()[0].id) == 1
    assert [m.elsewhere for m in thread if m.remote_id == shop.owner_statuses()[0].id] == [False]


def test_signing_in_by_browser_and_removing_revokes(app: Shopbell, shop: SampleShop) -> None:
    session = app.accounts.begin_signin("mastodon", {"server": shop.handle})
    try:
        come_back = shop.allow(session.url)
        assert urlsplit(come_back).hostname == "127.0.0.1"
        account = session.paste(come_back)
    finally:
        session.cancel()
    assert app.engine.sync_once().accounts[0].error is None
    token = app.credentials.get(account.id)["access_token"]
    assert token not in repr(account)
    app.accounts.remove(account.id)
    answer = requests.get(
        f"{shop.url}/api/v1/notifications", headers={"Authorization": f"Bearer {token}"}, timeout=10
    )
    assert answer.status_code == 401
