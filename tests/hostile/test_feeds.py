"""Feeds that are broken, lying or dangerous: a plain sentence, nothing lost, and all is well afterwards."""

from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.app import Shopbell
from services.errors import ShopbellError
from services.model import Account
from services.sample import SampleShop
from services.words import problem
from tests.fakes import FakeClock
from tests.hostile.conftest import freshness, is_plain, texts

RSS = "application/rss+xml"
LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "ha ha ha ha ha ha ha ha ha ha">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">
<!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;"><!ENTITY e "&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;">
<!ENTITY f "&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;"><!ENTITY g "&f;&f;&f;&f;&f;&f;&f;&f;&f;&f;">]>
<rss version="2.0"><channel><title>&g;</title><item><guid>1</guid><title>&g;</title></item></channel></rss>"""
THIEF = b"""<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY file SYSTEM "file:///etc/passwd">]>
<rss version="2.0"><channel><title>x</title>
<item><guid>1</guid><title>&file;</title></item></channel></rss>"""
PAGE = b"<!doctype html><html><body><h1>We have moved</h1></body></html>"


def rss(*items: str, encoding: str = "utf-8", declared: str = "utf-8") -> bytes:
    text = f'<?xml version="1.0" encoding="{declared}"?><rss version="2.0"><channel><title>T</title>'
    return (text + "".join(items) + "</channel></rss>").encode(encoding)


def item(number: int, text: str, more: str = "") -> str:
    return (
        f"<item><guid isPermaLink='false'>n{number}</guid><title>Post {number}</title>"
        f"<link>https://blog.example/{number}</link><description><![CDATA[{text}]]></description>{more}</item>"
    )


TROUBLE: list[tuple[str, dict[str, Any], str, str]] = [
    ("not a feed", {"kind": "body", "body": PAGE}, "bad-answer", "not been a feed"),
    ("empty", {"kind": "empty", "content_type": RSS}, "bad-answer", "empty page since"),
    ("noise", {"kind": "garbage"}, "bad-answer", "not been a feed"),
    ("cut", {"kind": "truncate"}, "unreachable", "does not answer since"),
    ("broken off", {"kind": "reset-body"}, "unreachable", "does not answer since"),
    ("200 MB", {"kind": "huge", "size": 200_000_000}, "bad-answer", "more at once than Shopbell takes since"),
    (
        "gzip bomb",
        {"kind": "bomb", "size": 200_000_000},
        "bad-answer",
        "more at once than Shopbell takes since",
    ),
    ("circles", {"kind": "loop"}, "unreachable", "circles"),
    ("entity bomb", {"kind": "body", "body": LAUGHS, "content_type": RSS}, "bad-answer", "do harm"),
    ("401", {"kind": "status", "status": 401}, "sign-in-needed", "signed in"),
    ("403", {"kind": "status", "status": 403}, "not-allowed", "does not allow"),
    ("404", {"kind": "status", "status": 404}, "bad-answer", "no longer at its address"),
    ("410", {"kind": "status", "status": 410}, "bad-answer", "taken down"),
    ("429", {"kind": "status", "status": 429}, "rate-limited", "asks for a pause"),
    ("429 until", {"kind": "status", "status": 429, "retry_after": "600"}, "rate-limited", "until"),
    ("500", {"kind": "status", "status": 500}, "unreachable", "does not answer since"),
    ("503", {"kind": "status", "status": 503, "retry_after": "60"}, "rate-limited", "pause"),
    ("reset", {"kind": "reset"}, "unreachable", "does not answer since"),
]


@pytest.mark.parametrize(("fault", "kind", "words"), [t[1:] for t in TROUBLE], ids=[t[0] for t in TROUBLE])
def test_a_feed_in_trouble(
    app: Shopbell,
    shop: SampleShop,
    comments: Account,
    clock: FakeClock,
    fault: dict[str, Any],
    kind: str,
    words: str,
) -> None:
    before = texts(app)
    shop.publish("comments", "Edith", "Written before the trouble.", under="starter")
    clock.advance(hours=1)
    shop.fault(path="/blog/comments/feed/", times=None, **fault)
    result = app.engine.sync_once(comments.id).accounts[0]
    assert result.error is not None
    told = freshness(app, comments)
    assert (told["error_kind"], told["heard"] is not None) == (kind, True)
    assert words in told["error"]
    assert is_plain(told["error"]), told["error"]
    assert app.store.freshness(comments.id).next_poll > clock.now()
    assert texts(app) == before

    shop.faults.clear()
    shop.publish("comments", "Edith", "Found again after the trouble.", under="starter")
    clock.advance(hours=2)
    assert app.engine.sync_once(comments.id).accounts[0].error is None
    assert freshness(app, comments)["error"] is None
    assert {*texts(app)} - {*before} == {"Written before the trouble.", "Found again after the trouble."}


@pytest.mark.parametrize(("fault", "kind"), [t[1:3] for t in TROUBLE], ids=[t[0] for t in TROUBLE])
def test_such_a_feed_is_not_added(app: Shopbell, shop: SampleShop, fault: dict[str, Any], kind: str) -> None:
    shop.fault(path="/blog/comments/feed/", times=None, **fault)
    with pytest.raises(ShopbellError) as caught:
        app.accounts.add("feeds", {"url": shop.feed_urls["comments"]}, {})
    said = problem(caught.value, "Our blog", "Feed or blog")
    assert is_plain(said), said
    assert "keeps trying" not in said
    assert app.store.accounts() == ()


def test_a_file_of_this_computer_is_never_read(app: Shopbell, shop: SampleShop, comments: Account) -> None:
    shop.fault("body", path="/blog/comments/feed/", body=THIEF, content_type=RSS, times=None)
    app.engine.sync_once()
    assert not any("root:" in text for text in texts(app))


def test_a_bomb_needs_no_room(app: Shopbell, shop: SampleShop, comments: Account) -> None:
    shop.fault("bomb", path="/blog/comments/feed/", size=400_000_000)
    tracemalloc.start()
    try:
        app.engine.sync_once()
        assert tracemalloc.get_traced_memory()[1] < 90_000_000
    finally:
        tracemalloc.stop()


def serve(app: Shopbell, shop: SampleShop, body: bytes, content_type: str = RSS) -> None:
    address = shop.serve("/strange.xml", body, content_type)
    app.accounts.add("feeds", {"url": address}, {}, name="Strange")
    result = app.engine.sync_once().accounts[0]
    assert result.error is None, result.error


@pytest.mark.parametrize(
    ("encoding", "declared", "header"),
    [
        ("latin-1", "iso-8859-1", RSS),
        ("latin-1", "utf-8", RSS),
        ("utf-8", "iso-8859-1", f"{RSS}; charset=utf-8"),
        ("utf-8-sig", "utf-8", RSS),
        ("utf-16", "utf-16", RSS),
        ("cp1252", "windows-1252", RSS),
        ("utf-8", "no-such-encoding", RSS),
    ],
)
def test_any_encoding(app: Shopbell, shop: SampleShop, encoding: str, declared: str, header: str) -> None:
    serve(app, shop, rss(item(1, "Brötchen für Zoë"), encoding=encoding, declared=declared), header)
    assert "Brötchen für Zoë" in "".join(texts(app))


def test_characters_that_mean_nothing(app: Shopbell, shop: SampleShop) -> None:
    body = rss(item(1, "Bread\0 and \x07rolls \u202e sdrawkcab"), item(2, "Good &#0; &#x1F; cake"))
    serve(app, shop, body)
    everything = "".join(texts(app))
    assert "Bread" in everything
    assert "rolls" in everything
    assert "cake" in everything
    assert not any(character in everything for character in "\0\x07\x1f\u202e")


def test_nothing_in_a_message_can_run_or_load(app: Shopbell, shop: SampleShop) -> None:
    nasty = (
        "<p onclick='steal()'>Hello <b>there</b></p><script>steal()</script><style>p{}</style>"
        "<img src='https://track.example/x.gif' onerror='steal()'><iframe src='https://x.example'></iframe>"
        "<a href='javascript:steal()'>one</a><a href='data:text/html,x'>two</a><a href=' JaVaScript:x'>3</a>"
        "<a href='https://good.example'>four</a><svg/onload=steal()><form action='https://x.example'><input>"
    )
    serve(app, shop, rss(item(1, nasty), item(2, "<script>alert(1)</script>")))
    for row in app.inbox.page("all").conversations:
        assert "steal" not in row.snippet
        for message in app.inbox.open(row.id).messages:
            lowered = message.html.lower()
            for word in ("<script", "onclick", "onerror", "onload", "<img", "<iframe", "<style", "<form"):
                assert word not in lowered
            assert "javascript:" not in lowered
            assert "data:" not in lowered
    assert "https://good.example" in "".join(
        m.html for row in app.inbox.page("all").conversations for m in app.inbox.open(row.id).messages
    )


@pytest.mark.parametrize(
    "date",
    [
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "Wed, 31 Dec 2099 23:59:59 GMT",
        "Mon, 01 Jan 0001 00:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 -1200",
        "yesterday at noon",
        "32.13.2026",
        "",
    ],
)
def test_dates_out_of_reason(app: Shopbell, shop: SampleShop, clock: FakeClock, date: str) -> None:
    dates = f"<pubDate>{date}</pubDate>"
    serve(app, shop, rss(item(1, "When was this?", dates), item(2, "And this?")))
    rows = app.inbox.page("all").conversations
    assert len(rows) == 2
    for row in rows:
        assert datetime(2000, 1, 1, tzinfo=UTC) < row.last_at < clock.now() + timedelta(days=1, hours=1)


def test_an_entry_without_end_and_without_name(app: Shopbell, shop: SampleShop) -> None:
    long = "bread " * 200_000
    serve(
        app, shop, rss(item(1, long), "<item></item>", "<item><description>Only words</description></item>")
    )
    found = texts(app)
    assert any("Only words" in text for text in found)
    assert max(map(len, found)) <= 100_000
