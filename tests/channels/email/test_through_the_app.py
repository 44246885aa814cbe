"""The whole application over a mail account: added, heard, answered, removed."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path

import pytest

from services.app import Shopbell
from services.model import Account, Direction, OutboxState, State
from tests.channels.email.mails import SHOP, bounce, mail
from tests.channels.email.standin import PASSWORD, Standin


def add(app: Shopbell, standin: Standin) -> Account:
    return app.accounts.add("email", dict(standin.settings), dict(standin.secrets))


def complaint(app: Shopbell, standin: Standin) -> int:
    standin.deliver(
        mail(
            "This is the worst cake I ever had, and nobody answers. I want my money back.",
            message_id="<angry@mail.example>", subject="Complaint",
        )
    )  # fmt: skip
    app.engine.sync_once()
    return next(one.id for one in app.inbox.page("complaints").conversations if "worst" in one.snippet)


def test_a_week_is_heard_once(app: Shopbell, standin: Standin) -> None:
    account = add(app, standin)
    assert (account.name, account.handle, account.our_name) == ("E-mail", SHOP, "Rosie's Bakery")
    first = app.engine.sync_once().accounts[0]
    assert (first.error, first.new) == (None, 6)
    assert app.engine.sync_once().accounts[0].new == 0
    by_title = {one.title: one for one in app.inbox.page("all").conversations}
    cake = app.inbox.open(by_title["Cake"].id)
    assert [one.direction for one in cake.messages] == [
        Direction.INBOUND,
        Direction.OUTBOUND,
        Direction.INBOUND,
    ]
    assert cake.messages[-1].text.strip() == "Thank you!"
    assert cake.messages[1].elsewhere
    (junk,) = app.inbox.page("spam").conversations
    assert junk.title == "Prize"


def test_a_newsletter_waits_for_nobody(app: Shopbell, standin: Standin) -> None:
    add(app, standin)
    app.engine.sync_once()
    standin.deliver(
        mail("Awful broken terrible refund", sender="Mill <news@mill.example>", subject="Weekly",
             message_id="<w@mill.example>", List_Id="<weekly.mill.example>")
    )  # fmt: skip
    app.engine.sync_once()
    assert "Weekly" not in {one.title for one in app.inbox.page("new", limit=100).conversations}
    assert "Weekly" not in {one.title for one in app.inbox.page("complaints", limit=100).conversations}
    assert "Weekly" in {one.title for one in app.inbox.page("all", limit=100).conversations}


@pytest.mark.parametrize("fault", ["", "append"])
def test_a_reply_is_delivered_once(app: Shopbell, standin: Standin, fault: str) -> None:
    add(app, standin)
    app.engine.sync_once()
    conversation = complaint(app, standin)
    if fault:
        standin.imap.fault("APPEND", "drop")
    item = app.inbox.reply(conversation, "We are so sorry, and make it good.", hold_s=0)
    for _ in range(3):
        app.engine.sync_once()
    assert app.store.outbox_item(item.id).state is OutboxState.SENT
    (taken,) = standin.taken
    assert message_from_bytes(taken.raw)["In-Reply-To"] == "<angry@mail.example>"
    own = message_from_bytes(taken.raw)["Message-ID"]
    assert sum(own.encode() in one.raw for one in standin.imap.folders["Sent"].mails) == 1
    thread = app.inbox.open(conversation)
    assert thread.conversation.state is State.WAITING
    assert [one.remote_id for one in thread.messages].count(own) == 1
    assert [one.elsewhere for one in thread.messages if one.remote_id == own] == [False]


@pytest.mark.parametrize("fault", ["drop", "take-and-drop"])
def test_a_reply_whose_fate_is_unknown_is_never_repeated(app: Shopbell, standin: Standin, fault: str) -> None:
    add(app, standin)
    app.engine.sync_once()
    conversation = complaint(app, standin)
    standin.smtp.fault("end", fault)
    item = app.inbox.reply(conversation, "We are so sorry.", hold_s=0)
    for _ in range(3):
        app.engine.sync_once()
    assert app.store.outbox_item(item.id).state is OutboxState.UNCLEAR
    assert len(standin.taken) == (1 if fault == "take-and-drop" else 0)
    if fault == "take-and-drop":
        # The customer answers it: so it was there.
        own = str(message_from_bytes(standin.taken[0].raw)["Message-ID"])
        standin.deliver(mail("Thank you", message_id="<t@mail.example>", answers=own))
        app.engine.sync_once()
        assert app.store.outbox_item(item.id).state is OutboxState.SENT
        assert len(standin.taken) == 1


def test_a_refused_pause_sends_later_and_once(app: Shopbell, standin: Standin) -> None:
    add(app, standin)
    app.engine.sync_once()
    conversation = complaint(app, standin)
    standin.smtp.fault("rcpt", "450 4.2.0 Greylisted")
    item = app.inbox.reply(conversation, "We are so sorry.", hold_s=0)
    app.engine.sync_once()
    held = app.store.outbox_item(item.id)
    assert (held.state, held.error_kind) == (OutboxState.HOLDING, "rate-limited")
    assert standin.taken == []


def test_an_answer_given_elsewhere_meanwhile_stops_ours(app: Shopbell, standin: Standin) -> None:
    add(app, standin)
    app.engine.sync_once()
    conversation = complaint(app, standin)
    item = app.inbox.reply(conversation, "We are so sorry.", hold_s=0)
    standin.deliver(
        mail("I called you.", sender=SHOP, to="marta@mail.example", subject="Re: Complaint",
             message_id="<phone@rosies.example>", answers="<angry@mail.example>"),
        "Sent",
    )  # fmt: skip
    app.engine.send_due()
    stopped = app.store.outbox_item(item.id)
    assert (stopped.state, stopped.error_detail["reason"]) == (OutboxState.FAILED, "already-answered")
    assert standin.taken == []


def test_a_reply_that_came_back_is_told(app: Shopbell, standin: Standin) -> None:
    add(app, standin)
    app.engine.sync_once()
    conversation = complaint(app, standin)
    item = app.inbox.reply(conversation, "We are so sorry.", hold_s=0)
    app.engine.sync_once()
    own = str(message_from_bytes(standin.taken[0].raw)["Message-ID"])
    standin.deliver(bounce(own), at=datetime.now(UTC) + timedelta(seconds=1))
    app.engine.sync_once()
    assert app.store.outbox_item(item.id).state is OutboxState.FAILED
    app.engine.sync_once()
    assert len(standin.taken) == 1, "never sent again by itself"


def test_the_password_is_nowhere_in_the_profile(app: Shopbell, standin: Standin, tmp_path: Path) -> None:
    add(app, standin)
    app.engine.sync_once()
    app.store.keep_copy(older_than=timedelta(0))
    for file in (tmp_path / "profile").rglob("*"):
        if file.is_file():
            assert not re.search(re.escape(PASSWORD.encode()), file.read_bytes()), file.name


def test_another_address_is_another_account(app: Shopbell, standin: Standin) -> None:
    from services.errors import Invalid, SignInNeeded

    account = add(app, standin)
    with pytest.raises(Invalid):
        add(app, standin)
    with pytest.raises(SignInNeeded):
        app.accounts.renew(account.id, {}, {"password": "wrong"})
    assert app.accounts.renew(account.id, {}, dict(standin.secrets)).id == account.id


def test_a_complaint_is_seen_within_seconds(app: Shopbell, standin: Standin) -> None:
    add(app, standin)
    app.engine.sync_once()
    app.start()
    assert standin.imap.idling.wait(10)
    standin.deliver(
        mail("It was awful, the worst cake ever.", message_id="<now@mail.example>", subject="Now")
    )
    deadline = time.monotonic() + 10
    while "Now" not in {one.title for one in app.inbox.page("new", limit=100).conversations}:
        assert time.monotonic() < deadline, "nobody told"
        time.sleep(0.02)
