"""Trouble on the owner's own computer: no network, wrong certificates, a full disk, a broken file, a wrong
clock, no key store."""

from __future__ import annotations

import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import trustme

from services.app import Shopbell
from services.channels.web import WebShared
from services.credentials import Credentials
from services.errors import DiskFull, KeyringLocked, ShopbellError, Unreachable
from services.model import Account, OutboxState
from services.sample import SampleShop
from services.words import problem
from tests.end2end.program import Program
from tests.fakes import FakeClock, FakeKeyring, LockedKeyring
from tests.hostile.conftest import freshness, is_plain, open_app, texts

# --- the network


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def server_context(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


@pytest.fixture
def trusting(tmp_path: Path, clock: FakeClock, authority: trustme.CA) -> Iterator[Shopbell]:
    """Trusts the authority of these tests, as it would trust a real one."""
    file = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(file)
    made = open_app(tmp_path / "profile", clock, WebShared(clock, ca_file=file))
    yield made
    made.close()


def test_a_certificate_nobody_vouches_for(app: Shopbell, authority: trustme.CA) -> None:
    with SampleShop(tls=server_context(authority, "127.0.0.1")) as shop:
        with pytest.raises(Unreachable) as caught:
            app.accounts.add("mastodon", {"server": shop.url}, {"access_token": shop.access_token})
        assert caught.value.reason == "tls"
        said = problem(caught.value, "Rosie's", "Mastodon")
        assert "cannot prove who it is" in said
        assert is_plain(said), said
        assert shop.requests() == []


def test_a_certificate_that_changes_to_a_wrong_one(
    trusting: Shopbell, authority: trustme.CA, clock: FakeClock
) -> None:
    with SampleShop(tls=server_context(authority, "127.0.0.1")) as shop:
        account = trusting.accounts.add("mastodon", {"server": shop.url}, {"access_token": shop.access_token})
        assert trusting.engine.sync_once().accounts[0].error is None
        port = int(shop.url.rpartition(":")[2])
    clock.advance(hours=1)
    row = trusting.inbox.page("new").conversations[0]
    item = trusting.inbox.reply(row.id, "For you alone.", hold_s=0)
    stranger = SampleShop(tls=server_context(authority, "another.example"), port=port)
    with stranger:
        trusting.web.session().close()
        trusting.engine.sync_once()
        told = freshness(trusting, account)
        assert told["error_kind"] == "unreachable"
        assert "cannot prove who it is since" in told["error"]
        assert is_plain(told["error"]), told["error"]
        assert stranger.requests() == []
    assert trusting.store.outbox_item(item.id).state is OutboxState.HOLDING


def test_https_never_leads_to_http(trusting: Shopbell, authority: trustme.CA, shop: SampleShop) -> None:
    with SampleShop(tls=server_context(authority, "127.0.0.1")) as safe:
        safe.fault("redirect", "*", location=shop.feed_urls["comments"], times=None)
        with pytest.raises(ShopbellError) as caught:
            trusting.accounts.add("feeds", {"url": safe.feed_urls["comments"]}, {})
        said = problem(caught.value, "Our blog", "Feed or blog")
        assert "unprotected" in said
        assert is_plain(said), said
        assert shop.requests() == []


def test_nobody_listens(app: Shopbell, shop: SampleShop, mastodon: Account, clock: FakeClock) -> None:
    row = app.inbox.page("complaints").conversations[0]
    item = app.inbox.reply(row.id, "Sorry.", hold_s=0)
    shop.stop()
    clock.advance(minutes=5)
    app.engine.sync_once()
    told = freshness(app, mastodon)
    assert is_plain(told["error"]), told["error"]
    assert "Shopbell keeps trying and fetches what was missed" in told["error"]
    assert app.engine.is_offline
    assert app.store.outbox_item(item.id).state is OutboxState.HOLDING
    shop.start()
    clock.advance(hours=1)
    assert [one.id for one in app.engine.sync_once().sent] == [item.id]
    assert not app.engine.is_offline


def test_a_name_nobody_knows(app: Shopbell) -> None:
    places = (("feeds", {"url": "https://bread.invalid/feed"}), ("mastodon", {"server": "bread.invalid"}))
    for kind, settings in places:
        with pytest.raises(ShopbellError) as caught:
            app.accounts.add(kind, settings, {"access_token": "x"} if kind == "mastodon" else {})
        said = problem(caught.value, "Rosie's", "Mastodon")
        assert "is not found" in said
        assert is_plain(said), said
    assert app.store.accounts() == ()


def test_a_port_that_speaks_something_else(app: Shopbell) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]

        def greet() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.sendall(b"220 mail.example ESMTP\r\n")

        thread = threading.Thread(target=greet, daemon=True)
        thread.start()
        with pytest.raises(ShopbellError) as caught:
            app.accounts.add("feeds", {"url": f"http://127.0.0.1:{port}/"}, {})
        said = problem(caught.value, "Our blog", "Feed or blog")
        assert is_plain(said), said
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def test_quitting_does_not_wait_for_a_silent_server(
    app: Shopbell, shop: SampleShop, mastodon: Account
) -> None:
    shop.fault("silent", times=None)
    shop.forget_requests()
    app.start()
    app.engine.check_now()
    end = time.monotonic() + 20
    while not shop.requests() and time.monotonic() < end:
        threading.Event().wait(0.01)
    assert shop.requests(), "nobody asked"
    began = time.monotonic()
    app.close()
    assert time.monotonic() - began < 2.0


@pytest.mark.skipif(sys.platform == "win32", reason="signals are asked of a POSIX system")
def test_ctrl_c_ends_a_command_with_a_sentence(tmp_path: Path, shop: SampleShop) -> None:
    program = Program(tmp_path / "profile", {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"})
    program.good("accounts", "add", "feeds", "--set", f"url={shop.feed_urls['comments']}")
    shop.fault("silent", times=None)
    shop.forget_requests()
    child = subprocess.Popen(
        program.arguments("sync"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=program.env
    )
    end = time.monotonic() + 20
    while not shop.requests() and time.monotonic() < end:
        threading.Event().wait(0.01)
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=20)
    assert (child.returncode, out) == (130, b"")
    assert err == b"shopbell: Stopped. What was done so far is kept.\n"
    assert program.good("accounts", "list")


# --- the disk and the file


@pytest.mark.expect_log("could not be stored", required=False)
def test_a_full_disk_keeps_what_is_there_and_takes_the_rest_later(
    app: Shopbell, shop: SampleShop, mastodon: Account, clock: FakeClock
) -> None:
    before = texts(app)
    row = app.inbox.page("complaints").conversations[0]
    full_at(app, pages=0)
    for number in range(60):
        shop.say(f"guest{number}", f"Number {number}: " + "a long story about rolls. " * 15)
    result = app.engine.sync_once().accounts[0]
    assert isinstance(result.error, DiskFull)
    said = problem(result.error)
    assert is_plain(said), said
    assert "Make room" in said
    with pytest.raises(DiskFull):
        [app.inbox.reply(row.id, "x" * 450) for _ in range(200)]
    assert set(texts(app)) >= set(before)

    full_at(app, pages=1_000_000)
    clock.advance(minutes=10)
    assert app.engine.sync_once().accounts[0].error is None
    assert sum(text.startswith("@rosies Number ") for text in texts(app)) == 60
    assert app.store.check() == []


def full_at(app: Shopbell, pages: int) -> None:
    """SQLite then says the disk is full as it does on a real one: its file may not grow any more."""
    app.store._database.on_writer(lambda c: c.execute(f"PRAGMA max_page_count={pages or 1}").fetchone())


@pytest.fixture
def filled(tmp_path: Path, shop: SampleShop) -> Program:
    """A profile with a week in it and one good copy, closed."""
    profile = tmp_path / "closed"
    app = open_app(profile, FakeClock(shop.now))
    app.accounts.add("mastodon", {"server": shop.url}, {"access_token": shop.access_token})
    app.engine.sync_once()
    app.store.keep_copy()
    app.close()
    return Program(profile)


def test_a_database_of_a_newer_version_is_left_alone(filled: Program) -> None:
    import sqlite3

    file = filled.profile / "shopbell.db"
    with sqlite3.connect(file) as database:
        database.execute("PRAGMA user_version=99")
    database.close()
    before = file.read_bytes()
    said = filled.bad("inbox")
    assert said == "This profile was last used by a newer Shopbell. It was not touched. Update Shopbell."
    assert file.read_bytes() == before


def cut_off(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:5000])


def overwrite_the_head(file: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(b"\0" * 4096 + content[4096:])


def overwrite_the_middle(file: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(content[:4096] + b"\xff" * (len(content) - 8192) + content[-4096:])


def another_file(file: Path) -> None:
    file.write_text("Dear diary, today the bread was good. " * 200)


@pytest.mark.parametrize("damage", [cut_off, overwrite_the_head, overwrite_the_middle, another_file])
def test_a_damaged_database_and_its_last_good_copy(filled: Program, damage: object) -> None:
    before = filled.good("inbox", "--view", "all", "--limit", 500)
    file = filled.profile / "shopbell.db"
    assert callable(damage)
    damage(file)
    broken = file.read_bytes()
    said = filled.bad("inbox", "--view", "all", "--limit", "500")
    sentence, _, command = said.partition(" The command for it: ")
    assert is_plain(sentence), sentence
    assert "Restore the last good copy" in sentence
    (copy,) = (filled.profile / "copies").glob("*.db")
    assert command == f"restore {copy}"
    assert file.read_bytes() == broken
    done = filled.run("doctor", "--json")
    assert done.code == 1
    assert "Restore the last good copy" in [check["remedy"] for check in done.json["checks"]]
    filled.good("restore", copy)
    assert filled.good("inbox", "--view", "all", "--limit", 500) == before


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    said = Program(tmp_path / "taken").bad("inbox")
    assert said.startswith("The folder for the profile is a file")


# --- the clock


def test_a_clock_set_back(app: Shopbell, shop: SampleShop, mastodon: Account, clock: FakeClock) -> None:
    before = clock.now()
    clock.set(before - timedelta(days=2))
    shop.say("karl", "What time is it?")
    assert app.engine.sync_once(due_only=True).accounts[0].new == 1
    row = app.inbox.page("complaints").conversations[0]
    item = app.inbox.reply(row.id, "Time to apologise.", hold_s=10)
    clock.advance(seconds=11)
    app.engine.send_due()
    assert app.store.outbox_item(item.id).state is OutboxState.SENT
    clock.set(before)
    assert app.engine.sync_once().accounts[0].error is None
    assert sum("Time to apologise" in status.text for status in shop.owner_statuses()) == 1


def test_a_reply_held_when_the_clock_goes_back_still_leaves(
    app: Shopbell, shop: SampleShop, mastodon: Account, clock: FakeClock
) -> None:
    row = app.inbox.page("complaints").conversations[0]
    item = app.inbox.reply(row.id, "Held over midnight.", hold_s=10)
    clock.set(clock.now() - timedelta(hours=5))
    clock.advance(seconds=30)
    app.engine.send_due()
    assert app.store.outbox_item(item.id).state is OutboxState.SENT


# --- the key store


def app_with(profile: Path, clock: FakeClock, credentials: Credentials) -> Shopbell:
    return Shopbell.open(profile, clock=clock, credentials=credentials)


def test_a_locked_key_store(tmp_path: Path, clock: FakeClock, shop: SampleShop) -> None:
    keyring = FakeKeyring()
    app = app_with(tmp_path / "p", clock, Credentials("p", keyring))
    app.accounts.add("mastodon", {"server": shop.url}, {"access_token": shop.access_token})
    app.engine.sync_once()
    row = app.inbox.page("complaints").conversations[0]
    item = app.inbox.reply(row.id, "Sorry.", hold_s=0)
    app.close()

    locked = app_with(tmp_path / "p", clock, Credentials("p", LockedKeyring(entries=keyring.entries)))
    result = locked.engine.sync_once()
    assert isinstance(result.accounts[0].error, KeyringLocked)
    told = freshness(locked, locked.store.accounts()[0])
    assert "key store is locked" in told["error"]
    assert is_plain(told["error"]), told["error"]
    assert locked.store.outbox_item(item.id).state is OutboxState.HOLDING
    with SampleShop() as other, pytest.raises(KeyringLocked):
        locked.accounts.add("mastodon", {"server": other.url}, {"access_token": other.access_token})
    assert len(locked.store.accounts()) == 1
    locked.close()

    again = app_with(tmp_path / "p", clock, Credentials("p", keyring))
    clock.advance(hours=1)
    assert [one.id for one in again.engine.sync_once().sent] == [item.id]
    again.close()


def test_no_key_store_at_all(tmp_path: Path, shop: SampleShop) -> None:
    """The library's own answer to a missing key store, and its way of keeping nothing, are both refused."""
    for backend in ("fail", "null"):
        program = Program(
            tmp_path / backend, {"PYTHON_KEYRING_BACKEND": f"keyring.backends.{backend}.Keyring"}
        )
        said = program.bad(
            *("accounts", "add", "mastodon", "--set", f"server={shop.url}", "--secrets", "-"),
            stdin=f'{{"access_token": "{shop.access_token}"}}',
        )
        assert is_plain(said), said
        assert "place for passwords" in said
        assert program.good("accounts", "list") == []
