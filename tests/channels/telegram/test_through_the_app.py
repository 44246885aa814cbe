"""The whole application over a bot: added, polled, answered, exactly once or not claimed at all."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from services.app import Shopbell
from services.events import MessagesChanged
from services.model import Account, OutboxState
from tests.channels.telegram.standin import ANN, GROUP, Standin


def add(app: Shopbell, standin: Standin) -> Account:
    return app.accounts.add("telegram", standin.settings, standin.secrets)


def complaint(app: Shopbell) -> int:
    return app.inbox.page("complaints").conversations[0].id


def test_heard_answered_and_delivered_once(app: Shopbell, standin: Standin, tmp_path: Path) -> None:
    account = add(app, standin)
    assert (account.name, account.handle) == ("Telegram", "@rosiesbakery_bot")
    report = app.engine.sync_once().accounts[0]
    assert (report.new, report.error) == (2, None)
    item = app.inbox.reply(complaint(app), "We are so sorry.", hold_s=0)
    for _ in range(3):
        app.engine.sync_once()
    assert app.store.outbox_item(item.id).state is OutboxState.SENT
    assert [one["text"] for one in standin.sent] == ["We are so sorry."]
    standin.say(ANN, "Thank you!")
    app.engine.sync_once()
    thread = app.inbox.open(item.conversation_id)
    assert [m.text for m in thread.messages][1:] == ["We are so sorry.", "Thank you!"]
    app.close()
    kept = b"".join(one.read_bytes() for one in (tmp_path / "profile").rglob("*") if one.is_file())
    assert standin.token.partition(":")[2].encode() not in kept


@pytest.mark.parametrize("cut", ["before", "after"])
def test_a_cut_connection_never_sends_twice(app: Shopbell, standin: Standin, cut: str) -> None:
    add(app, standin)
    app.engine.sync_once()
    standin.fault("sendMessage", cut=cut)
    item = app.inbox.reply(complaint(app), "We are so sorry.", hold_s=0)
    for _ in range(3):
        app.engine.sync_once()
    assert app.store.outbox_item(item.id).state is OutboxState.UNCLEAR
    assert len(standin.sent) == (cut == "after")
    assert len(standin.paths("sendMessage")) == 1


def test_what_the_customer_wrote_meanwhile_stops_the_answer(app: Shopbell, standin: Standin) -> None:
    add(app, standin)
    app.engine.sync_once()
    standin.say(ANN, "Never mind, it was my mistake.")
    item = app.inbox.reply(complaint(app), "We are so sorry.", hold_s=0)
    app.engine.sync_once()
    assert standin.sent == []
    assert app.store.outbox_item(item.id).error_detail["reason"] == "wrote-again"


def test_a_conversation_in_a_group_stays_one(app: Shopbell, standin: Standin) -> None:
    add(app, standin)
    app.engine.sync_once()
    standin.say(ANN, "@rosiesbakery_bot the cake you sold me was terrible and cold", chat=GROUP)
    app.engine.sync_once()
    row = next(c for c in app.inbox.page("all").conversations if "terrible" in c.snippet)
    app.inbox.reply(row.id, "Sorry, Ann.", hold_s=0)
    app.engine.sync_once()
    standin.say(ANN, "it was for my mother", chat=GROUP, answers=standin.sent[0]["_message"])
    app.engine.sync_once()
    assert len(app.inbox.open(row.id).messages) == 3


def test_while_the_program_runs_a_complaint_is_here_within_seconds(app: Shopbell, standin: Standin) -> None:
    account = add(app, standin)
    heard = threading.Event()
    app.events.listen(lambda event: heard.set() if isinstance(event, MessagesChanged) else None)
    app.start()
    assert heard.wait(10), "the first quiet look"
    with standin.lock:
        assert standin.lock.wait_for(lambda: standin.waiting > 0, 10), "it listens"
    heard.clear()
    began = time.monotonic()
    standin.say(ANN, "And now the candles are missing too.")
    assert heard.wait(10)
    assert time.monotonic() - began < 8
    assert app.store.freshness(account.id).error_kind == ""
    assert len(app.inbox.page("all").conversations) == 2


def test_what_the_bot_said_can_be_taken_back(app: Shopbell, standin: Standin) -> None:
    add(app, standin)
    app.engine.sync_once()
    item = app.inbox.reply(complaint(app), "We are so sorry.", hold_s=0)
    app.engine.sync_once()
    ours = app.inbox.open(item.conversation_id).messages[-1]
    app.moderation.moderate(ours.id, "delete")
    assert [m["text"] for (chat, _), m in standin.messages.items() if chat == ANN["id"]] == [
        "My birthday cake was dry and the name on it was wrong. Very disappointed."
    ]
    assert app.inbox.open(item.conversation_id).messages[-1].state == "deleted"
