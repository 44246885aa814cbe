"""Addresses that hold a secret: what of them is kept where."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from services.app import Shopbell
from services.channels._feed_secrets import alert_mark, page_of, taken_apart, whole, without_secret
from tests.hostile import server as bad
from tests.hostile.server import HostileServer

TOKEN = "0f1e2d3c4b5a69788796"
FEED = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>Private talk</title>
<link>https://talk.example/</link><item><guid>1</guid><title>Hello</title>
<link>https://talk.example/1?token=0f1e2d3c4b5a69788796&amp;page=2</link></item></channel></rss>"""
RSS = {"Content-Type": "application/rss+xml"}


@pytest.fixture
def server() -> Iterator[HostileServer]:
    with HostileServer() as made:
        yield made


def on_disk(app: Shopbell) -> str:
    with closing(sqlite3.connect(app.paths.database)) as database:
        return "\n".join(database.iterdump())


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://a.example/feed?page=2&token=abcdef", "https://a.example/feed?page=2"),
        ("https://a.example/feed?api_key=1", "https://a.example/feed"),
        ("https://www.google.com/alerts/feeds/0123/4567", "https://www.google.com/alerts/feeds#3aa1e9b3"),
    ],
)
def test_taken_apart_and_put_together(address: str, shown: str) -> None:
    kept, secret = taken_apart(address)
    if "#" in shown:
        assert kept.partition("#")[0] == shown.partition("#")[0]
        assert alert_mark(kept)
        assert page_of(kept) == "https://www.google.com/alerts"
    else:
        assert kept == page_of(kept) == shown
    assert whole(kept, secret) == address
    assert taken_apart(kept) == (kept, "")


@pytest.mark.parametrize(
    "address",
    [
        "https://a.example/feed?feed=rss2",
        "https://a.example/alerts/feeds/1/2",
        "https://a.example/feed?token=",
        "https://www.google.com/alerts",
        "http://[broken",
        "",
    ],
)
def test_what_holds_no_secret_stays(address: str) -> None:
    assert taken_apart(address) == (address, "")


def test_two_alerts_are_told_apart() -> None:
    one, other = (taken_apart(f"https://www.google.com/alerts/feeds/1/{n}")[0] for n in "23")
    assert one != other


def test_a_secret_that_comes_back_in_an_address() -> None:
    assert (
        without_secret(f"https://a.example/1?token={TOKEN}&b=1", f"token={TOKEN}")
        == "https://a.example/1?b=1"
    )
    assert without_secret(f"https://a.example/{TOKEN}", f"token={TOKEN}") == ""
    assert (
        without_secret("https://a.example/1?token=other", f"token={TOKEN}")
        == "https://a.example/1?token=other"
    )


def test_a_feeds_token_goes_to_the_key_store_only(app: Shopbell, server: HostileServer) -> None:
    server.on("/feed", bad.answer(FEED, RSS))
    account = app.accounts.add("feeds", {"url": f"{server.url}/feed?page=1&token={TOKEN}"}, {})
    assert account.settings["url"] == account.url.replace(
        "https://talk.example/", f"{server.url}/feed?page=1"
    )
    assert app.engine.sync_once().accounts[0].new == 1
    assert {one.target for one in server.requests} == {f"/feed?page=1&token={TOKEN}"}
    (row,) = app.inbox.page("all").conversations
    assert row.url == "https://talk.example/1?page=2"
    assert TOKEN not in on_disk(app)
    assert TOKEN not in app.accounts.export_sources()
    server.on("/feed", bad.answer(f"who is {TOKEN}?".encode(), status=403))
    assert app.engine.sync_once().accounts[0].error is not None
    assert TOKEN not in on_disk(app)


def test_the_comments_of_a_private_blog(app: Shopbell, server: HostileServer) -> None:
    blog = f"""<rss version="2.0" xmlns:wfw="http://wellformedweb.org/CommentAPI/"><channel><title>Blog</title>
<link>{server.url}/</link><item><guid>1</guid><title>Rolls</title><link>{server.url}/1</link>
<wfw:commentRss>{server.url}/1/comments</wfw:commentRss></item></channel></rss>"""
    comments = FEED.replace(b"Private talk", b"Comments on Rolls")
    server.on("/feed", bad.answer(blog.encode(), RSS))
    server.on("/1/comments", bad.answer(comments, RSS))
    app.accounts.add("feeds", {"url": f"{server.url}/feed?token={TOKEN}", "role": "own"}, {})
    app.engine.sync_once()
    assert f"/1/comments?token={TOKEN}" in {one.target for one in server.requests}
    assert len(app.inbox.page("all").conversations) == 1
    assert TOKEN not in on_disk(app)


def test_a_move_to_an_address_with_another_token_is_followed_and_not_written_down(
    app: Shopbell, server: HostileServer
) -> None:
    server.on("/feed", bad.answer(FEED, RSS))
    account = app.accounts.add("feeds", {"url": f"{server.url}/feed"}, {})
    server.on("/new", bad.answer(FEED.replace(TOKEN.encode(), b""), RSS))
    server.on("/feed", bad.answer(b"", {"Location": f"/new?token={TOKEN}"}, status=301))
    for _ in range(3):
        assert app.engine.sync_once().accounts[0].error is None
    assert app.store.account(account.id).settings["url"] == f"{server.url}/feed"
    assert TOKEN not in on_disk(app)


def test_a_list_from_another_reader_holds_tokens_too(app: Shopbell, server: HostileServer) -> None:
    server.on("/feed", bad.answer(FEED, RSS))
    outline = f'<outline type="rss" text="Talk" xmlUrl="{server.url}/feed?token={TOKEN}"/>'
    listed = f'<opml version="2.0"><body>{outline}'
    (account,) = app.accounts.import_sources(f"{listed}</body></opml>".encode())
    assert TOKEN not in json.dumps(dict(account.settings))
    assert app.engine.sync_once().accounts[0].new == 1
    assert TOKEN not in on_disk(app)
