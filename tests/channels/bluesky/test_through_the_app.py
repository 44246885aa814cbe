"""The whole application over a Bluesky account: added, polled, answered, renewed, removed."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from services.app import Shopbell
from services.channels.base import Channel
from services.credentials import Credentials
from services.errors import ChannelError, Invalid
from services.model import Account, OutboxState, State
from services.redact import Redactor
from tests.channels.bluesky.standin import Standin
from tests.fakes import FakeKeyring

CREATE = "com.atproto.server.createSession"
PUT = "com.atproto.repo.putRecord"


@pytest.fixture
def keyring() -> FakeKeyring:
    return FakeKeyring(longest=1280)


@pytest.fixture
def credentials(keyring: FakeKeyring) -> Credentials:
    return Credentials("test", keyring)


def add(app: Shopbell, standin: Standin, **more: str) -> Account:
    return app.accounts.add("bluesky", {**standin.settings, **more}, dict(standin.secrets))


def complaint(app: Shopbell) -> int:
    return app.inbox.page("complaints").conversations[0].id


def test_everything_is_heard_once_with_one_sign_in(app: Shopbell, standin: Standin) -> None:
    account = add(app, standin)
    assert (account.name, account.handle) == ("Bluesky", "@rosies.test")
    first = app.engine.sync_once().accounts[0]
    # Our own answer came before what it answers, and found its place with it.
    assert (first.error, first.new) == (None, 6)
    assert app.engine.sync_once().accounts[0].new == 0
    assert app.store.counts().hello == 1
    (answered,) = app.inbox.page("waiting").conversations
    assert len(app.inbox.open(answered.id).messages) == 2
    assert app.inbox.open(answered.id).conversation.answered_elsewhere
    standin.world.mention("gus.test", "my order never arrived, I want my money back")
    assert app.engine.sync_once().accounts[0].new == 1
    assert standin.count(CREATE) == 1


def test_the_session_is_kept_in_the_key_store_and_nowhere_else(
    app: Shopbell, standin: Standin, keyring: FakeKeyring, tmp_path: Path
) -> None:
    account = add(app, standin)
    kept = app.credentials.get(account.id)
    assert set(kept) == {"app_password", "_access", "_refresh"}
    standin.expire()
    app.engine.sync_once()
    renewed = app.credentials.get(account.id)
    assert renewed["_access"] != kept["_access"]
    assert renewed["_refresh"] != kept["_refresh"]
    assert renewed["app_password"] == kept["app_password"]
    # As another run of the program reads it.
    assert Credentials("test", keyring).get(account.id) == renewed
    app.store.close()
    for file in (tmp_path / "profile").rglob("*"):
        if file.is_file():
            data = file.read_bytes()
            for secret in (*kept.values(), *renewed.values()):
                assert secret.encode() not in data, file


def test_a_second_run_goes_on_with_the_session(
    app: Shopbell, standin: Standin, keyring: FakeKeyring, tmp_path: Path
) -> None:
    add(app, standin)
    app.engine.sync_once()
    app.close()
    standin.expire()
    again = Shopbell.open(tmp_path / "profile", credentials=Credentials("test", keyring))
    try:
        assert again.engine.sync_once().accounts[0].error is None
    finally:
        again.close()
    assert standin.count(CREATE) == 1


def test_renewed_tokens_are_masked_in_the_log(standin: Standin, tmp_path: Path) -> None:
    redactor = Redactor()
    credentials = Credentials("test", session_only=True, redactor=redactor)
    app = Shopbell.open(tmp_path / "profile", credentials=credentials)
    try:
        account = add(app, standin)
        standin.expire()
        app.engine.sync_once()
        for secret in credentials.get(account.id).values():
            assert secret not in redactor.mask(f"the token {secret} was used")
    finally:
        app.close()


def test_a_key_store_that_stops_working_stops_nothing(
    app: Shopbell, standin: Standin, keyring: FakeKeyring
) -> None:
    add(app, standin)
    keyring.fail_after = keyring.writes
    standin.expire()
    standin.world.mention("gus.test", "still there?")
    for _ in range(2):
        assert app.engine.sync_once().accounts[0].error is None
    assert standin.count(CREATE) == 1


@pytest.mark.parametrize("fault", ["", "reset-after", "reset-body", "reset", "truncate"])
def test_a_reply_stands_there_once_whatever_became_of_the_answer(
    app: Shopbell, standin: Standin, fault: str
) -> None:
    add(app, standin)
    app.engine.sync_once()
    before = len(standin.own_posts())
    if fault:
        standin.fault(fault, PUT)
    item = app.inbox.reply(complaint(app), "We are so sorry, and make it good.", hold_s=0)
    app.engine.sync_once()
    app.engine.sync_once()
    assert app.store.outbox_item(item.id).state is OutboxState.SENT
    assert len(standin.own_posts()) == before + 1
    thread = app.inbox.open(item.conversation_id).messages
    ours = [m for m in thread if m.remote_id == standin.own_posts()[-1].uri]
    assert [m.elsewhere for m in ours] == [False]
    assert app.inbox.open(item.conversation_id).conversation.state is State.WAITING


def test_a_direct_message_that_cannot_be_found_is_left_to_the_owner(app: Shopbell, standin: Standin) -> None:
    add(app, standin)
    app.engine.sync_once()
    (row,) = [c for c in app.inbox.page("new", limit=50).conversations if "cake never came" in c.snippet]
    standin.fault("reset", "chat.bsky.convo.sendMessage")
    item = app.inbox.reply(row.id, "It is on its way.", hold_s=0)
    app.engine.sync_once()
    assert app.store.outbox_item(item.id).state is OutboxState.UNCLEAR
    assert [m["text"] for m in standin.world.convo("eve.test").messages] == ["The cake never came"]


def test_who_answered_meanwhile_on_the_phone_stops_the_reply(app: Shopbell, standin: Standin) -> None:
    add(app, standin)
    app.engine.sync_once()
    row = complaint(app)
    parent = app.inbox.open(row).messages[-1].remote_id
    standin.world.post(standin.world.me, "already on it", to=standin.world.posts[parent])
    item = app.inbox.reply(row, "We are sorry", hold_s=0)
    app.engine.send_due(ignore_backoff=True)
    kept = app.store.outbox_item(item.id)
    assert (kept.state, kept.error_detail["reason"]) == (OutboxState.FAILED, "already-answered")


def test_a_message_deleted_while_it_is_answered(app: Shopbell, standin: Standin) -> None:
    add(app, standin)
    app.engine.sync_once()
    row = complaint(app)
    parent = app.inbox.open(row).messages[-1].remote_id
    standin.world.delete(standin.world.posts[parent])
    before = len(standin.own_posts())
    item = app.inbox.reply(row, "We are sorry", hold_s=0)
    app.engine.send_due(ignore_backoff=True)
    kept = app.store.outbox_item(item.id)
    assert (kept.state, kept.error_detail["reason"]) == (OutboxState.FAILED, "gone")
    app.engine.sync_once()
    assert app.inbox.open(row).conversation.state is not State.NEW
    assert len(standin.own_posts()) == before


def test_a_reply_waits_for_a_sign_in_and_leaves_after_it(app: Shopbell, standin: Standin) -> None:
    account = add(app, standin)
    app.engine.sync_once()
    item = app.inbox.reply(complaint(app), "We are sorry", hold_s=0)
    standin.revoke()
    result = app.engine.sync_once().accounts[0]
    assert result.error is not None
    assert result.error.kind == "sign-in-needed"
    assert app.store.outbox_item(item.id).state is OutboxState.HOLDING
    standin.passwords["wxyz-wxyz-wxyz-wxyz"] = "com.atproto.appPassPrivileged"
    app.accounts.renew(account.id, {}, {"app_password": "wxyz-wxyz-wxyz-wxyz"})
    app.engine.sync_once()
    assert app.store.outbox_item(item.id).state is OutboxState.SENT
    assert app.credentials.get(account.id)["app_password"] == "wxyz-wxyz-wxyz-wxyz"


def test_the_same_account_is_not_added_twice_and_removing_signs_out(app: Shopbell, standin: Standin) -> None:
    account = add(app, standin)
    with pytest.raises(Invalid) as caught:
        add(app, standin)
    assert caught.value.reason == "already-there"
    app.accounts.remove(account.id)
    assert standin.count("com.atproto.server.deleteSession") == 1
    assert app.credentials.get(account.id) == {}


def test_nothing_of_the_secrets_is_in_what_is_printed(app: Shopbell, standin: Standin) -> None:
    account = add(app, standin)
    shown = json.dumps([repr(account), str(account.settings)])
    for secret in app.credentials.get(account.id).values():
        assert secret not in shown


def test_poller_and_sender_renew_the_session_once(app: Shopbell, standin: Standin) -> None:
    account = add(app, standin)
    app.engine.sync_once()
    stored = app.store.account(account.id)
    channels = [app.accounts.channel(stored) for _ in range(4)]
    standin.expire()
    ready, failed = threading.Barrier(len(channels)), []

    def run(channel: Channel) -> None:
        ready.wait()
        try:
            channel.poll({})
        except ChannelError as error:
            failed.append(error)

    threads = [threading.Thread(target=run, args=(channel,)) for channel in channels]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert failed == []
    assert (standin.count("com.atproto.server.refreshSession"), standin.count(CREATE)) == (1, 1)


def test_signing_in_again_under_a_new_handle_shows_it(app: Shopbell, standin: Standin) -> None:
    account = add(app, standin)
    standin.world.me.handle = "rosies-new.test"
    renewed = app.accounts.renew(account.id, {}, dict(standin.secrets))
    assert (renewed.id, renewed.handle) == (account.id, "@rosies-new.test")
    assert app.store.account(account.id).handle == "@rosies-new.test"


def test_a_new_handle_is_shown_without_signing_in_again(app: Shopbell, standin: Standin) -> None:
    account = add(app, standin)
    app.engine.sync_once()
    standin.world.me.handle = "rosies-new.test"
    standin.forget_sessions()
    assert app.engine.sync_once().accounts[0].error is None
    assert app.store.account(account.id).handle == "@rosies-new.test"
