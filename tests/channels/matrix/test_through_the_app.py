"""The whole application over a Matrix account: added, polled, answered, exactly once."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.app import Shopbell
from services.errors import Refused
from services.model import Account, OutboxState
from services.words import reply_sentence
from tests.channels.matrix.standin import ANN, SHOP, Standin


def add(app: Shopbell, standin: Standin, **settings: str) -> Account:
    return app.accounts.add("matrix", {**standin.settings, **settings}, standin.secrets)


def complaint(app: Shopbell) -> int:
    return app.inbox.page("complaints").conversations[0].id


def test_heard_answered_and_delivered_once(app: Shopbell, standin: Standin, tmp_path: Path) -> None:
    account = add(app, standin, room="#cakes:bakery.test")
    assert (account.handle, account.remote_id) == (SHOP, SHOP)
    report = app.engine.sync_once().accounts[0]
    assert (report.new, report.error) == (2, None)
    item = app.inbox.reply(complaint(app), "We are so sorry.", hold_s=0)
    for _ in range(3):
        app.engine.sync_once()
    assert app.store.outbox_item(item.id).state is OutboxState.SENT
    assert [one["content"]["body"] for one in standin.sent] == ["We are so sorry."]
    standin.say(ANN, "Thank you!", answers=standin.sent[0]["event_id"])
    app.engine.sync_once()
    thread = app.inbox.open(item.conversation_id)
    assert [m.text for m in thread.messages][1:] == ["We are so sorry.", "Thank you!"]
    assert not thread.messages[1].elsewhere
    app.close()
    kept = b"".join(one.read_bytes() for one in (tmp_path / "profile").rglob("*") if one.is_file())
    assert standin.token.encode() not in kept


def test_what_is_too_long_is_told_in_bytes(app: Shopbell, standin: Standin) -> None:
    add(app, standin, room="#cakes:bakery.test")
    app.engine.sync_once()
    with pytest.raises(Refused) as caught:
        app.inbox.reply(complaint(app), "\u00e4" * 33_000, hold_s=0)
    words = reply_sentence(caught.value.kind, caught.value.detail, "Matrix", "Matrix")
    assert words.startswith("Did not leave: 6000 bytes too long for Matrix.")
    assert standin.sent == []


@pytest.mark.parametrize("cut", ["before", "after"])
def test_a_cut_connection_sends_once(app: Shopbell, standin: Standin, cut: str) -> None:
    add(app, standin)
    app.engine.sync_once()
    standin.fault("/send/", cut=cut)
    item = app.inbox.reply(complaint(app), "We are so sorry.", hold_s=0)
    for _ in range(3):
        app.engine.sync_once()
    assert app.store.outbox_item(item.id).state is OutboxState.SENT
    assert [one["content"]["body"] for one in standin.sent] == ["We are so sorry."]
    thread = app.inbox.open(item.conversation_id)
    assert [m.text for m in thread.messages][1:] == ["We are so sorry."]


def test_what_the_customer_wrote_meanwhile_stops_the_answer(app: Shopbell, standin: Standin) -> None:
    add(app, standin)
    app.engine.sync_once()
    standin.say(ANN, "Never mind, it was my mistake.")
    item = app.inbox.reply(complaint(app), "We are so sorry.", hold_s=0)
    app.engine.sync_once()
    assert standin.sent == []
    assert app.store.outbox_item(item.id).error_detail["reason"] == "wrote-again"


def test_an_answer_given_elsewhere_settles_it(app: Shopbell, standin: Standin) -> None:
    add(app, standin)
    app.engine.sync_once()
    row = complaint(app)
    asked = app.inbox.open(row).messages[0]
    standin.say(SHOP, "So sorry, come by tomorrow", answers=asked.remote_id)
    app.engine.sync_once()
    opened = app.inbox.open(row)
    assert opened.conversation.answered_elsewhere
    assert opened.conversation.waiting_since is None


def test_edits_and_deletions_reach_the_inbox(app: Shopbell, standin: Standin) -> None:
    add(app, standin)
    app.engine.sync_once()
    row = complaint(app)
    asked = app.inbox.open(row).messages[0]
    standin.edit(asked.remote_id, "My cake was dry. The name was right, sorry. Still disappointed.")
    app.engine.sync_once()
    shown = app.inbox.open(row).messages[0]
    assert (shown.state, len(shown.earlier)) == ("edited", 1)
    standin.redact(asked.remote_id, sender=ANN)
    app.engine.sync_once()
    gone = app.inbox.open(row)
    assert gone.messages[0].state == "deleted"
    assert gone.conversation.waiting_since is None


def test_what_was_deleted_before_anybody_looked_is_nothing(app: Shopbell, standin: Standin) -> None:
    gone = standin.say(ANN, "Terrible, the worst cake ever")
    standin.redact(gone, sender=ANN)
    add(app, standin)
    for _ in range(2):
        assert app.engine.sync_once().accounts[0].error is None
    assert len(app.inbox.page("all").conversations) == 2


def test_what_is_deleted_while_the_answer_waits_is_not_answered(app: Shopbell, standin: Standin) -> None:
    add(app, standin)
    app.engine.sync_once()
    row = complaint(app)
    item = app.inbox.reply(row, "Sorry", hold_s=0)
    standin.redact(app.inbox.open(row).messages[0].remote_id, sender=ANN)
    app.engine.sync_once()
    assert app.store.outbox_item(item.id).state is OutboxState.FAILED
    assert app.store.outbox_item(item.id).error_detail["reason"] == "gone"
    assert standin.sent == []


def test_a_revoked_token_is_said_in_one_sentence(app: Shopbell, standin: Standin) -> None:
    account = add(app, standin)
    app.engine.sync_once()
    standin.tokens = {"syt_other": SHOP}
    app.engine.sync_once()
    assert app.store.freshness(account.id).error_kind == "sign-in-needed"
