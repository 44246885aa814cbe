"""Feeds by command: no sign-in, so no key store either; and many processes on one profile at once."""

from __future__ import annotations

import json
import subprocess
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from services.sample import SampleShop
from tests.end2end.program import Program

NO_KEYRING = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path / "profile", NO_KEYRING)


def test_a_feed_needs_no_key_store(program: Program, shop: SampleShop) -> None:
    added = program.good("accounts", "add", "feeds", "--set", f"url={shop.feed_urls['comments']}")
    assert (added["kind"], added["id"]) == ("feeds", "1")
    assert program.good("sync")["accounts"][0]["new"] == 10
    rows = program.good("inbox", "--view", "all", "--limit", 50)["conversations"]
    assert {row["kind"] for row in rows} == {"comment"}
    assert {row["channel"] for row in rows} == {"feeds"}
    shop.publish(
        "comments", "Edith", "The crust was burnt black, again. I want my money back.", under="starter"
    )
    assert program.good("sync")["accounts"][0]["new"] == 1
    row = program.good("inbox", "--query", "burnt black")["conversations"][0]
    assert row["complaint"]["is_complaint"]
    assert row["customer"]["name"] == "Edith"
    said = program.bad("reply", row["id"], "--text", "So sorry", "--now")
    assert "Copy the text and open the page" in said
    assert program.good("outbox")["outbox"] == []


def test_a_page_stands_for_its_feed(program: Program, shop: SampleShop) -> None:
    added = program.good("accounts", "add", "feeds", "--set", f"url={shop.blog_url}", "--set", "role=own")
    assert added["url"].startswith(shop.url)
    assert program.good("sync")["accounts"][0]["error"] is None
    assert "here already" in program.bad("accounts", "add", "feeds", "--set", f"url={shop.feed_urls['blog']}")
    assert "none of those" in program.bad(
        "accounts", "add", "feeds", "--set", f"url={shop.feed_urls['forum']}", "--set", "role=king"
    )
    assert program.bad("accounts", "add", "feeds", "--set", "url=ftp://bread.example/feed")
    assert program.bad("accounts", "add", "feeds", "--set", "url=")
    assert len(program.good("accounts", "list")) == 1


def test_the_list_of_another_reader(program: Program, shared_data: Path, tmp_path: Path) -> None:
    """Nobody is asked while it is read in, so this needs no network."""
    file = next(shared_data.rglob("Subs.opml"))
    wanted = {outline.get("xmlUrl") for outline in ET.parse(file).iter("outline") if outline.get("xmlUrl")}
    added = program.good("import-opml", file)["accounts"]
    assert len(added) == len({row["id"] for row in added}) == len(wanted)
    assert program.good("import-opml", file)["accounts"] == []
    listed = program.good("accounts", "list")
    assert {row["kind"] for row in listed} == {"feeds"}
    back = tmp_path / "mine.opml"
    program.good("export-opml", back)
    assert {o.get("xmlUrl") for o in ET.parse(back).iter("outline") if o.get("xmlUrl")} == wanted
    nonsense = tmp_path / "nonsense.opml"
    nonsense.write_text("<html></html>")
    assert "holds no list of feeds" in program.bad("import-opml", nonsense)


def test_a_key_for_the_next_page_that_is_none(program: Program, shop: SampleShop) -> None:
    program.good("accounts", "add", "feeds", "--set", f"url={shop.feed_urls['comments']}")
    program.good("sync")
    for key in ("nonsense", "~", "2026-11-18T15:04:44.287Z~", "a~b~c~d", "%", "'; DROP TABLE messages"):
        done = program.run("inbox", "--view", "all", "--after", key, "--json")
        assert done.code in (0, 1), done
        assert "went wrong" not in done.err, (key, done.err)
    assert program.good("inbox", "--view", "all")["conversations"]


def test_words_from_a_terminal_of_another_language(program: Program) -> None:
    """Bytes of UTF-8 on a command line that Python was told to read as ASCII."""
    surroundings = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    for words in (
        ("inbox", "--query", "Müller 👋"),
        ("templates", "add", "Grüße", "--text", "Schöne Grüße"),
    ):
        done = program.run(*words, "--json", env=surroundings)
        assert (done.code, done.err) == (0, ""), done
    assert "Schöne Grüße" in {one["text"] for one in program.good("templates", "list")}


@pytest.mark.keyring
def test_many_processes_on_one_profile(tmp_path: Path, shop: SampleShop) -> None:
    program = Program(tmp_path / "profile")
    program.add_mastodon(shop.url, shop.access_token)
    program.good("accounts", "add", "feeds", "--set", f"url={shop.feed_urls['comments']}")
    first = [json.loads(out) for out in at_once(program, ["sync"] * 4)]
    assert sum(one["new"] for report in first for one in report["accounts"] if one["id"] == "2") == 10
    rows = program.good("inbox", "--view", "complaints", "--limit", 3)["conversations"]
    commands = [f"reply {row['id']} --text Sorry-{row['id']} --now" for row in rows]
    at_once(program, ["sync", *commands, "sync", "inbox", "doctor"])
    program.good("sync")
    ours = [status.text for status in shop.owner_statuses()]
    assert [
        sum(f"Sorry-{row['id']}" in text for text in ours) for row in rows if row["channel"] == "mastodon"
    ]
    for row in rows:
        if row["channel"] == "mastodon":
            assert sum(text.endswith(f"Sorry-{row['id']}") for text in ours) == 1
    assert program.good("outbox")["outbox"] == []


def at_once(program: Program, commands: list[str]) -> list[str]:
    """What each printed; all of them must have worked, feeds refuse answers."""

    def one(command: str) -> str:
        done = subprocess.run(
            [*program.arguments(*command.split()), "--json"],
            capture_output=True,
            env=program.env,
            timeout=100,
            check=False,
        )
        error = done.stderr.decode()
        assert "went wrong" not in error, (command, error)
        assert done.returncode == 0 or "Copy the text" in error, (command, done.returncode, error)
        return done.stdout.decode()

    with ThreadPoolExecutor(len(commands)) as pool:
        return list(pool.map(one, commands))
