"""Accounts and their secrets by command, and what is not there or not said rightly."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.sample import SampleShop
from tests.end2end.commands.shapes import (
    complaint,
)
from tests.end2end.program import Program

pytestmark = pytest.mark.keyring


def files_of(folder: Path) -> Iterator[tuple[Path, bytes]]:
    for path in folder.rglob("*"):
        if path.is_file():
            yield path, path.read_bytes()


def test_no_secret_is_written_or_said(synced: Program, shop: SampleShop, tmp_path: Path) -> None:
    row = complaint(synced)
    words: list[str] = []
    for command in (
        ("reply", row["id"], "--text", "Hello", "--now"),
        ("accounts", "list"),
        ("doctor",),
        ("backup", tmp_path / "all.zip"),
        ("export", tmp_path / "all.json"),
        ("export", tmp_path / "all.csv"),
    ):
        done = synced.run(*command, "--json")
        words += [done.out, done.err]
    shop.revoke_tokens()
    done = synced.run("sync", "--json")
    words += [done.out, done.err]
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        archive.extractall(tmp_path / "unpacked")
    token = shop.access_token
    assert not any(token in text for text in words)
    assert [str(path) for path, content in files_of(tmp_path) if token.encode() in content] == []


def test_signed_out_the_key_store_is_empty_and_the_messages_stay(synced: Program) -> None:
    heard = len(synced.good("inbox", "--view", "all"))
    accounts = [one["id"] for one in synced.good("accounts", "list")]
    assert synced.good("accounts", "sign-out") == {"signed_out": accounts}
    assert len(synced.good("inbox", "--view", "all")) == heard > 0
    asked = json.loads(synced.run("sync", "--json").out)["accounts"]
    (error,) = {one["error"] for one in asked if one["error"]}
    assert error == "The sign-in of Mastodon is not in this computer's key store. Sign in again."
    assert synced.good("accounts", "sign-out") == {"signed_out": accounts}, "and once more does no harm"


def test_two_profiles_do_not_share_a_credential(shop: SampleShop, tmp_path: Path) -> None:
    one, two = Program(tmp_path / "one"), Program(tmp_path / "two")
    one.add_mastodon(shop.url, shop.access_token)
    two.add_mastodon(shop.url, shop.new_token())
    account = two.good("accounts", "list")[0]["id"]
    assert two.good("accounts", "remove", account) == {"removed": account}
    assert two.good("accounts", "list") == []
    assert one.good("sync")["accounts"][0]["error"] is None
    shutil.copytree(tmp_path / "one", tmp_path / "copy")
    copy = Program(tmp_path / "copy").run("sync", "--json")
    assert "key store" in copy.json["accounts"][0]["error"]
    assert one.good("sync")["accounts"][0]["error"] is None


def test_an_account_that_does_not_work_leaves_nothing_behind(program: Program, shop: SampleShop) -> None:
    good = json.dumps({"access_token": shop.access_token})
    add = ("accounts", "add")
    server = ("--set", f"server={shop.url}")
    gone = "http://127.0.0.1:9"
    assert "does not accept this sign-in" in program.bad(
        *add, "mastodon", *server, "--secrets", "-", stdin='{"access_token": "wrong"}'
    )
    line = program.bad(*add, "mastodon", "--set", f"server={gone}", "--secrets", "-", stdin=good)
    assert "takes no connections" in line
    assert "keeps trying" not in line
    assert "no such channel" in program.bad(*add, "pigeon")
    assert "server is missing" in program.bad(*add, "mastodon", "--secrets", "-", stdin=good)
    assert "no colour here" in program.bad(
        *add, "mastodon", *server, "--set", "colour=red", "--secrets", "-", stdin=good
    )
    secret = ("--set", f"access_token={shop.access_token}")
    assert "is a secret" in program.bad(*add, "mastodon", *server, *secret)
    assert "JSON" in program.bad(*add, "mastodon", *server, "--secrets", "-", stdin=shop.access_token)
    assert program.bad(*add, "mastodon", *server, "--secrets", "-", stdin="[]")
    assert program.bad(*add, "mastodon", *server)
    assert program.good("accounts", "list") == []
    assert all(shop.access_token.encode() not in content for _, content in files_of(program.profile))
    program.add_mastodon(shop.url, shop.access_token)
    assert "here already" in program.bad(*add, "mastodon", *server, "--secrets", "-", stdin=good)
    assert program.good("sync")["accounts"][0]["error"] is None
    assert len(program.good("accounts", "list")) == 1


def test_a_sign_in_that_was_taken_back_is_renewed(synced: Program, shop: SampleShop) -> None:
    account = synced.good("accounts", "list")[0]["id"]

    def secrets(token: str) -> str:
        return json.dumps({"access_token": token})

    add = ("accounts", "add", "mastodon", "--set", f"server={shop.url}", "--secrets", "-")
    renew = ("accounts", "renew", account, "--secrets", "-")
    for command in (renew, add):
        shop.revoke_tokens()
        shop.say("karl", f"Anybody there to {command[1]}?")
        assert "sign-in" in synced.run("sync", "--json").json["accounts"][0]["error"]
        assert "does not accept this sign-in" in synced.bad(*command, stdin=secrets("wrong"))
        renewed = synced.run(*command, "--json", stdin=secrets(shop.new_token()))
        assert (renewed.code, renewed.json["id"]) == (0, account)
        assert synced.good("sync")["accounts"][0]["error"] is None
        newest = synced.good("inbox", "--view", "all", "--query", f"there to {command[1]}")
        assert len(newest["conversations"]) == 1
    assert "no such account" in synced.bad("accounts", "renew", "7", "--secrets", "-", stdin=secrets("x"))
    assert "no colour here" in synced.bad(*renew, "--set", "colour=red", stdin=secrets("x"))


def test_what_the_server_keeps_away_is_said_while_adding(program: Program, shop: SampleShop) -> None:
    secrets = json.dumps({"access_token": shop.access_token})
    add = ("accounts", "add", "mastodon", "--set", f"server={shop.url}", "--secrets", "-", "--json")
    done = program.run(*add, stdin=secrets)
    assert (done.code, done.json["kind"]) == (0, "mastodon")
    assert done.err.startswith("shopbell: Your server sets messages of people you do not know aside.")
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("show", "999"), "no such conversation"),
        (("show", "abc"), "no such conversation"),
        (("show", "99999999999999999999999"), "no such conversation"),
        (("reply", "999", "--text", "x"), "no such conversation"),
        (("mark", "999", "done"), "no such conversation"),
        (("accounts", "remove", "7"), "no such account"),
        (("sync", "--account", "7"), "no such account"),
        (("outbox", "--undo", "7"), "no such"),
        (("templates", "remove", "none"), "no such template"),
        (("export", "all.txt"), ".json or .csv"),
        (("restore", "none.zip"), "no such file"),
        (("import-opml", "none.opml"), "no such file"),
    ],
)
def test_what_does_not_exist(program: Program, words: tuple[str, ...], says: str) -> None:
    assert says in program.bad(*words)


@pytest.mark.parametrize(
    "words",
    [
        ("dance",),
        ("inbox", "--view", "nowhere"),
        ("inbox", "--limit", "0"),
        ("inbox", "--limit", "many"),
        ("reply", "1"),
        ("reply", "1", "--text", "a", "--template", "b"),
        ("mark", "1", "splendid"),
        ("accounts",),
        ("accounts", "add", "feeds", "--set", "url"),
        ("templates", "sing"),
    ],
)
def test_wrong_usage(program: Program, words: tuple[str, ...]) -> None:
    program.bad(*words, code=2)


def test_an_empty_reply_and_a_long_one_are_refused(synced: Program, shop: SampleShop) -> None:
    row = complaint(synced)
    assert "empty" in synced.bad("reply", row["id"], "--text", "   ")
    assert "characters too long for Mastodon." in synced.bad("reply", row["id"], "--text", "x" * 600)
    assert synced.good("outbox")["outbox"] == []
