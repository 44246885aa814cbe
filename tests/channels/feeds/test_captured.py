"""Feeds, pages and lists as they were found in the wild (../shared/data/feeds): each gives everything it
has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.channels import _feed_fast, _feed_forgiving
from services.channels._feed_discovery import links_in_page
from services.channels._feed_messages import body_text, plain_title
from services.channels._feed_parse import _finished as finished, identified, parse_feed
from services.channels._feed_shape import FeedDocument, FeedEntry, NotAFeed
from services.channels._opml import read_opml, write_opml

ADDRESS = "https://captured.example/feed"


@dataclass(frozen=True)
class Facts:
    """Counted and read by eye. ``dated``: entries with a date; ``first``: author and time of the first
    entry."""

    entries: int
    title: str
    author: str
    sent: datetime | None
    dated: int | None = None


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


FEEDS = {
    "489.rss": Facts(10, "Stories by Hodl Hodl on Medium", "Hodl Hodl", at("2018-11-19T08:10:26Z")),
    "DaringFireball.atom": Facts(48, "Daring Fireball", "John Gruber", at("2017-06-27T00:54:17Z")),
    "DaringFireball.json": Facts(48, "Daring Fireball", "John Gruber", at("2017-06-27T00:54:17Z")),
    "EMarley.rss": Facts(10, "Stories by Liz Marley on Medium", "Liz Marley", at("2016-05-07T23:53:30Z")),
    "OneFootTsunami.atom": Facts(25, "One Foot Tsunami", "Paul Kafasis", at("2015-09-08T14:21:41Z")),
    "allthis-partial.json": Facts(2, "And now it’s all this", "Dr. Drang", at("2017-11-23T21:08:29Z")),
    "allthis.json": Facts(12, "And now it’s all this", "Dr. Drang", at("2017-11-23T21:08:29Z")),
    "authors.json": Facts(4, "Author test feed", "Root Author 1, Root Author 2", None, dated=0),
    "cloudblog.rss": Facts(20, "Cloud Blog", "Diane Chaleff", at("2019-09-03T18:00:00Z")),
    "curt.json": Facts(26, "curtclifton.net", "Curt Clifton", at("2018-01-06T08:00:00Z")),
    "donthitsave.xml": Facts(10, "Don't Hit Save", "Don't Hit Save", at("2019-05-24T07:00:00Z")),
    "expertopinionent.atom": Facts(43, "ENT expert opinion", "ENTexpertopinion", at("2017-04-07T01:50:50Z")),
    "kc0011.rss": Facts(
        20, "投资资讯网交易在线--流通纪念币最新20篇论坛主题-全文", "大鱼儿", at("2020-01-10T14:33:00Z")
    ),
    "macworld.rss": Facts(30, "Macworld", "Christopher Null", at("2017-11-28T23:40:00Z")),
    "markdown1.rss": Facts(25, "daveverse", "daveverse", at("2025-10-25T15:05:02Z")),
    "medscape.rss": Facts(
        20, "Medscape Family Medicine Headlines", "FamilyEditor", at("2025-11-05T18:52:10Z")
    ),
    "natasha.xml": Facts(10, "Natasha The Robot", "Natasha Murashev", at("2017-07-07T11:06:10Z")),
    "pappacoda.atom": Facts(3, "Andrea Pappacoda - Blog", "Andrea Pappacoda", at("2026-05-24T11:02:30Z")),
    "pxlnv.json": Facts(20, "Pixel Envy", "Nick Heer", at("2018-02-13T23:23:12Z")),
    "root-author.atom": Facts(2, "Florens Verschelde", "Florens Verschelde", at("2021-01-10T23:00:00Z")),
    "russcox.atom": Facts(19, "research!rsc", "Russ Cox", at("2019-03-01T16:00:00Z")),
    "shopify-namespace.rss": Facts(1, "Test Shop", "Jane Maker", None, dated=0),
    "theomnishow.rss": Facts(4, "The Omni Show", "The Omni Group", at("2017-12-06T14:00:00Z")),
}
PAGES = {
    "YouTubeTheVolvoRocks.html": "https://www.youtube.com/feeds/videos.xml?channel_id=UCct7QF2jcWRY6dhXWMSq9LQ",
    "inessential.html": "http://inessential.com/xml/rss.xml",
}
# Its items hold a second <description> deep inside, which feedparser takes for the first.
NESTED = {"cloudblog.rss"}


def captured(shared_data: Path, name: str) -> bytes:
    return (shared_data / "feeds" / name).read_bytes()


def test_every_captured_file_is_looked_at(shared_data: Path) -> None:
    there = {file.name for file in (shared_data / "feeds").iterdir()}
    assert there == {*FEEDS, *PAGES, "Subs.opml"}


@pytest.mark.parametrize("name", FEEDS)
def test_a_captured_feed_gives_every_entry(shared_data: Path, name: str) -> None:
    facts = FEEDS[name]
    document = parse_feed(captured(shared_data, name), "", ADDRESS)
    assert len(document.entries) == facts.entries
    assert document.title == facts.title
    assert document.entries[0].author == facts.author
    assert document.entries[0].sent_at == facts.sent
    assert len({entry.identity for entry in document.entries}) == facts.entries
    assert sum(entry.sent_at is not None for entry in document.entries) == (
        facts.entries if facts.dated is None else facts.dated
    )
    for entry in document.entries:
        assert entry.author
        assert entry.url.startswith(("http://", "https://"))
        text = body_text(entry) or plain_title(entry.title)
        assert text or entry.guid.startswith("Item ")
        assert not {"<p>", "<div", "<br", "</a>", "&amp;", "&nbsp;", "\x00", "\ufffd"} & set(text.split())


@pytest.mark.parametrize("name", [n for n in FEEDS if not n.endswith(".json")])
def test_both_parsers_agree(shared_data: Path, name: str) -> None:
    body = captured(shared_data, name).lstrip(b"\xef\xbb\xbf\r\n\t ")
    quick, forgiving = _feed_fast.parse(body, ADDRESS), _feed_forgiving.parse_here(body, "", ADDRESS)
    assert (quick.title, quick.author, quick.min_interval) == (
        forgiving.title,
        forgiving.author,
        forgiving.min_interval,
    )

    def entries(document: FeedDocument) -> tuple[FeedEntry, ...]:
        return identified(finished(document, ADDRESS))

    for one, other in zip(entries(quick), entries(forgiving), strict=True):
        for part in (
            "identity",
            "url",
            "sent_at",
            "author",
            "comments_url",
            "comments_feed_url",
            "comment_count",
        ):
            assert getattr(one, part) == getattr(other, part), part
        assert plain_title(one.title) == plain_title(other.title)
        if name not in NESTED:
            assert body_text(one).split() == body_text(other).split()


@pytest.mark.parametrize("name", PAGES)
def test_a_captured_page_gives_its_feed(shared_data: Path, name: str) -> None:
    body = captured(shared_data, name)
    with pytest.raises(NotAFeed) as caught:
        parse_feed(body, "text/html", ADDRESS)
    assert caught.value.reason == "html"
    assert {one.url for one in links_in_page(body.decode("utf-8", "replace"), ADDRESS)} == {PAGES[name]}


def test_a_captured_list_gives_its_sources(shared_data: Path) -> None:
    body = captured(shared_data, "Subs.opml")
    found = read_opml(body)
    assert len(found) == len({one.settings["url"] for one in found}) > 190
    assert found[0].title == "Daring Fireball"
    assert found[0].settings == {"url": "http://daringfireball.net/feeds/main"}
    again = read_opml(write_opml((one.title, one.settings) for one in found).encode())
    assert [(one.title, one.settings) for one in again] == [(one.title, one.settings) for one in found]


def test_a_comment_feed_per_post_is_seen(shared_data: Path) -> None:
    first = parse_feed(captured(shared_data, "natasha.xml"), "", ADDRESS).entries[0]
    assert first.comments_feed_url == "https://www.natashatherobot.com/url-apple-wallet-passkit-pass/feed/"
    assert first.comments_url == "https://www.natashatherobot.com/url-apple-wallet-passkit-pass/#comments"
    assert first.comment_count == 6
