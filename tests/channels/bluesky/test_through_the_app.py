"""The whole application over a Bluesky account: added, polled, answered, renewed, removed."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
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
def net() -> Iterator[Standin]:
    made = Standin()
    made.start()
    yield made
    made.stop()


@pytest.fixture
def keyring() -> FakeKeyring:
    return FakeKeyring(longest=1280)


@pytest.fixture
def app(tmp_path: Path, keyring: FakeKeyring) -> Iterator[Shopbell]:
    opened = Shopbell.open(tmp_path / "profile", credentials=Credentials("test", keyring))
    yield opened
    opened.close()


def add(app: Shopbell, net: Standin, **more: str) -> Account:
    return app.accounts.add("bluesky", {**net.settings, **more}, dict(net.secrets))


def complaint(app: Shopbell) -> int:
    return app.inbox.page("complaints").conversations[0].id


def test_everything_is_heard_once_with_one_sign_in(app: Shopbell, net: Standin) -> None:
    account = add(app, net)
    assert (account.name, account.handle) == ("Bluesky", "@rosies.test")
    first = app.engine.sync_once().accounts[0]
    # Our own answer came before what it answers, and found its place with it.
    assert (first.error, first.new) == (None, 6)
    assert app.engine.sync_once().accounts[0].new == 0
    assert app.store.counts().hello == 1
    (answered,) = app.inbox.page("waiting").conversations
    assert len(app.inbox.open(answered.id).messages) == 2
    assert app.inbox.open(answered.id).conversation.answered_elsewhere
    net.world.mention("gus.test", "my order never arrived, I want my money back")
    assert app.engine.sync_once().accounts[0].new == 1
    assert net.count(CREATE) == 1


def test_the_session_is_kept_in_the_key_store_and_nowhere_else(
    app: Shopbell, net: Standin, keyring: FakeKeyring, tmp_path: Path
) -> None:
    account = add(app, net)
    kept = app.credentials.get(account.id)
    assert set(kept) == {"app_password", "_access", "_refresh"}
    net.expire()
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
    app: Shopbell, net: Standin, keyring: FakeKeyring, tmp_path: Path
) -> None:
    add(app, net)
    app.engine.sync_once()
    app.close()
    net.expire()
    again = Shopbell.open(tmp_path / "profile", credentials=Credentials("test", keyring))
    try:
        assert again.engine.sync_once().accounts[0].error is None
    finally:
        again.close()
    assert net.count(CREATE) == 1


def test_renewed_tokens_are_masked_in_the_log(net: Standin, tmp_path: Path) -> None:
    redactor = Redactor()
    credentials = Credentials("test", session_only=True, redactor=redactor)
    app = Shopbell.open(tmp_path / "profile", credentials=credentials)
    try:
        account = add(app, net)
        net.expire()
        app.engine.sync_once()
        for secret in credentials.get(account.id).values():
            assert secret not in redactor.mask(f"the token {secret} was used")
    finally:
        app.close()


def test_a_key_store_that_stops_working_stops_nothing(
    app: Shopbell, net: Standin, keyring: FakeKeyring
) -> None:
    add(app, net)
    keyring.fail_after = keyring.writes
    net.expire()
    net.world.mention("gus.test", "still there?")
    for _ in range(2):
        assert app.engine.sync_once().accounts[0].error is None
    assert net.count(CREATE) == 1


@pytest.mark.parametrize("fault", ["", "reset-after", "reset-body", "reset", "truncate"])
def test_a_reply_stands_there_once_whatever_became_of_the_answer(
    app: Shopbell, net: Standin, fault: str
) -> None:
    add(app, net)
    app.engine.sync_once()
    before = len(net.own_posts())
    if fault:
        net.fault(fault, PUT)
    item = app.inbox.reply(complaint(app), "We are so sorry, and make it good.", hold_s=0)
    app.engine.sync_once()
    app.engine.sync_once()
    assert app.store.outbox_item(item.id).state is OutboxState.SENT
    assert len(net.own_posts()) == before + 1
    thread = app.inbox.open(item.conversation_id).messages
    ours = [m for m in thread if m.remote_id == net.own_posts()[-1].uri]
    assert [m.elsewhere for m in ours] == [False]
    assert app.inbox.open(item.conversation_id).conversation.state is State.WAITING


def test_a_direct_message_that_cannot_be_found_is_left_to_the_owner(app: Shopbell, net: Standin) -> None:
    add(app, net)
    app.engine.sync_once()
    (row,) = [c for c in app.inbox.page("new", limit=50).conversations if "cake never came" in c.snippet]
    net.fault("reset", "chat.bsky.convo.sendMessage")
    item = app.inbox.reply(row.id, "It is on its way.", hold_s=0)
    app.engine.sync_once()
    assert app.store.outbox_item(item.id).state is OutboxState.UNCLEAR
    assert [m["text"] for m in net.world.convo("eve.test").messages] == ["The cake never came"]


def test_who_answered_meanwhile_on_the_phone_stops_the_reply(app: Shopbell, net: Standin) -> None:
    add(app, net)
    app.engine.sync_once()
    row = complaint(app)
    parent = app.inbox.open(row).messages[-1].remote_id
    net.world.post(net.world.me, "already on it", to=net.world.posts[parent])
    item = app.inbox.reply(row, "We are sorry", hold_s=0)
    app.engine.send_due(ignore_backoff=True)
    kept = app.store.outbox_item(item.id)
    assert (kept.state, kept.error_detail["reason"]) == (OutboxState.FAILED, "already-answered")


def test_a_message_deleted_while_it_is_answered(app: Shopbell, net: Standin) -> None:
    add(app, net)
    app.engine.sync_once()
    row = complaint(app)
    parent = app.inbox.open(row).messages[-1].remote_id
    net.world.delete(net.world.posts[parent])
    before = len(net.own_posts())
    item = app.inbox.reply(row, "We are sorry", hold_s=0)
    app.engine.send_due(ignore_backoff=True)
    kept = app.store.outbox_item(item.id)
    assert (kept.state, kept.error_detail["reason"]) == (OutboxState.FAILED, "gone")
    app.engine.sync_once()
    assert app.inbox.open(row).conversation.state is not State.NEW
    assert len(net.own_posts()) == before


def test_a_reply_waits_for_a_sign_in_and_leaves_after_it(app: Shopbell, net: Standin) -> None:
    account = add(app, net)
    app.engine.sync_once()
    item = app.inbox.reply(complaint(app), "We are sorry", hold_s=0)
    net.revoke()
    result = app.engine.sync_once().accounts[0]
    assert result.error is not None
    assert result.error.kind == "sign-in-needed"
    assert app.store.outbox_item(item.id).state is OutboxState.HOLDING
    net.passwords["wxyz-wxyz-wxyz-wxyz"] = "com.atproto.appPassPrivileged"
    app.accounts.renew(account.id, {}, {"app_password": "wxyz-wxyz-wxyz-wxyz"})
    app.engine.sync_once()
    assert app.store.outbox_item(item.id).state is OutboxState.SENT
    assert app.credentials.get(account.id)["app_password"] == "wxyz-wxyz-wxyz-wxyz"


def test_the_same_account_is_not_added_twice_and_removing_signs_out(app: Shopbell, net: Standin) -> None:
    account = add(app, net)
    with pytest.raises(Invalid) as caught:
        add(app, net)
    assert caught.value.reason == "already-there"
    app.accounts.remove(account.id)
    assert net.count("com.atproto.server.deleteSession") == 1
    assert app.credentials.get(account.id) == {}


def test_nothing_of_the_secrets_is_in_what_is_printed(app: Shopbell, net: Standin) -> None:
    account = add(app, net)
    shown = json.dumps([repr(account), str(account.settings)])
    for secret in app.credentials.get(account.id).values():
        assert secret not in shown


def test_poller_and_sender_renew_the_session_once(app: Shopbell, net: Standin) -> None:
    account = add(app, net)
    app.engine.sync_once()
    stored = app.store.account(account.id)
    channels = [app.accounts.channel(stored) for _ in range(4)]
    net.expire()
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
    assert (net.count("com.atproto.server.refreshSession"), net.count(CREATE)) == (1, 1)


def test_signing_in_again_under_a_new_handle_shows_it(app: Shopbell, net: Standin) -> None:
    account = add(app, net)
    net.world.me.handle = "rosies-new.test"
    renewed = app.accounts.renew(account.id, {}, dict(net.secrets))
    assert (renewed.id, renewed.handle) == (account.id, "@rosies-new.test")
    assert app.store.account(account.id).handle == "@rosies-new.test"


def test_a_new_handle_is_shown_without_signing_in_again(app: Shopbell, net: Standin) -> None:
    account = add(app, net)
    app.engine.sync_once()
    net.world.me.handle = "rosies-new.test"
    net.forget_sessions()
    assert app.engine.sync_once().accounts[0].error is None
    assert app.store.account(account.id).handle == "@rosies-new.test"
