# ruff: noqa: E501 - markup stands as it is sent
"""Formats, encodings, dates and identities."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from services.channels._feed_dates import read_date
from services.channels._feed_parse import parse_feed
from services.channels._feed_shape import person
from tests.channels.feeds.rss import ADDRESS, ITEM, only, rss

# --- formats


RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://t.example/"><title>T</title><link>https://t.example/</link>
 </channel><item rdf:about="https://t.example/1"><title>one</title><link>https://t.example/1</link><dc:date>2026-11-02T03:04:05Z</dc:date>
 <dc:creator>Marta</dc:creator><description>hard rolls</description></item></rdf:RDF>"""
RSS_090 = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://my.netscape.com/rdf/simple/0.9/">
<channel><title>T</title><link>https://t.example/</link></channel><item><title>one</title><link>https://t.example/1</link></item></rdf:RDF>"""
RSS_091 = """<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://my.netscape.com/publish/formats/rss-0.91.dtd">
<rss version="0.91"><channel><title>T</title><link>https://t.example/</link><item><title>one</title><link>https://t.example/1</link>
<description>hard rolls</description></item></channel></rss>"""
ATOM_03 = """<feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>T</title><entry><title>one</title>
<link rel="alternate" href="https://t.example/1"/><id>tag:1</id><issued>2026-11-02T03:04:05Z</issued><author><name>Marta</name></author>
<content type="text/html" mode="escaped">&lt;p&gt;hard rolls</content></entry></feed>"""
ATOM_10 = """<feed xmlns="http://www.w3.org/2005/Atom" xmlns:thr="http://purl.org/syndication/thread/1.0" xml:lang="en">
<title>T</title><author><name>Blog</name></author><link href="https://t.example/"/><entry><title type="html">&lt;b&gt;one&lt;/b&gt;</title>
<link rel="replies" type="application/atom+xml" href="/1/comments" thr:count="3"/><link href="/1"/><id>tag:1</id>
<updated>2026-11-02T03:04:05Z</updated><source><title>Elsewhere</title></source><thr:in-reply-to ref="tag:0" href="https://t.example/0"/>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>hard rolls</p></div></content></entry></feed>"""
JSON_10 = '{"version": "https://jsonfeed.org/version/1", "title": "T", "home_page_url": "https://t.example/", "items": [{"id": 7, "url": "https://t.example/1", "title": "one", "content_text": "hard <rolls>", "date_published": "2026-11-02T03:04:05Z", "author": {"name": "Marta"}}]}'


@pytest.mark.parametrize(
    ("body", "form", "author", "identity"),
    [
        (RDF, "rdf", "Marta", "https://t.example/1"),
        (RSS_090, "rss", "T", "https://t.example/1"),
        (RSS_091, "rss", "T", "https://t.example/1"),
        (ATOM_03, "atom", "Marta", "tag:1"),
        (ATOM_10, "atom", "Elsewhere", "tag:1"),
        (JSON_10, "json", "Marta", "7"),
    ],
)
def test_every_format(body: str, form: str, author: str, identity: str) -> None:
    document = parse_feed(body.encode(), "", ADDRESS)
    entry = document.entries[0]
    assert (document.format, document.title, entry.author, entry.identity) == (form, "T", author, identity)
    assert entry.url == "https://t.example/1"
    if form in ("rdf", "atom", "json"):
        assert entry.sent_at == datetime(2026, 11, 2, 3, 4, 5, tzinfo=UTC)


def test_atom_threads() -> None:
    entry = only(ATOM_10)
    assert entry.in_reply_to == "tag:0"
    assert (entry.comments_feed_url, entry.comment_count) == ("https://t.example/1/comments", 3)


def test_comment_feeds_of_rss() -> None:
    more = "<wfw:commentRss>https://talk.example/1/feed/</wfw:commentRss><slash:comments>4</slash:comments><comments>/1#c</comments>"
    entry = only(rss(ITEM.replace("</item>", more + "</item>")))
    assert (entry.comments_feed_url, entry.comment_count, entry.comments_url) == (
        "https://talk.example/1/feed/",
        4,
        "https://talk.example/1#c",
    )


@pytest.mark.parametrize(
    ("head", "seconds"),
    [
        ("", 0),
        ("<ttl>90</ttl>", 5400),
        ("<ttl>soon</ttl>", 0),
        ("<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>", 21_600),
        ("<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>", 3600),
    ],
)
def test_how_often_a_feed_wants_to_be_asked(head: str, seconds: int) -> None:
    assert parse_feed(rss(ITEM, head).encode(), "", ADDRESS).min_interval == seconds


@pytest.mark.parametrize(
    ("author", "name"),
    [
        ("ed@shop.example (Ed Itor)", "Ed Itor"),
        ("Ed Itor <ed@shop.example>", "Ed Itor"),
        ("ed@shop.example", "ed"),
        ("  Ed \n Itor ", "Ed Itor"),
    ],
)
def test_names_of_people(author: str, name: str) -> None:
    assert person(author) == name
    escaped = author.replace("<", "&lt;").replace(">", "&gt;")
    assert only(rss(ITEM.replace("</item>", f"<author>{escaped}</author></item>"))).author == name
    assert only(rss(ITEM, f"<managingEditor>{escaped}</managingEditor>")).author == name


def test_a_named_creator_wins_over_an_address() -> None:
    item = ITEM.replace("</item>", "<author>desk@shop.example</author><dc:creator>Marta</dc:creator></item>")
    assert only(rss(item)).author == "Marta"
    assert only(rss(ITEM)).author == "Talk", "without any author the feed speaks"


def test_news_alerts_are_unwrapped() -> None:
    wrapped = "https://www.google.com/url?rct=j&amp;sa=t&amp;url=https://paper.example/a%3Fb%3D1&amp;ct=ga"
    item = ITEM.replace("https://talk.example/1", wrapped)
    assert only(rss(item)).url == "https://paper.example/a?b=1"


# --- encodings


@pytest.mark.parametrize(
    "body",
    [
        rss(ITEM.replace("Rolls", "Brötchen „hart“"), before='<?xml version="1.0"?>').encode(),
        b"\xef\xbb\xbf"
        + rss(ITEM.replace("Rolls", "Brötchen „hart“"), before='<?xml version="1.0"?>').encode(),
        b"\r\n \n" + rss(ITEM.replace("Rolls", "Brötchen „hart“"), before='<?xml version="1.0"?>').encode(),
        rss(
            ITEM.replace("Rolls", "Brötchen „hart“"), before='<?xml version="1.0" encoding="windows-1252"?>'
        ).encode("cp1252"),
        rss(ITEM.replace("Rolls", "Brötchen „hart“"), before='<?xml version="1.0" encoding="utf-8"?>').encode(
            "cp1252"
        ),
        rss(ITEM.replace("Rolls", "Brötchen „hart“")).encode("cp1252"),
        rss(
            ITEM.replace("Rolls", "Brötchen „hart“"), before='<?xml version="1.0" encoding="utf-16"?>'
        ).encode("utf-16"),
        rss(
            ITEM.replace("Rolls", "Brötchen „hart“"), before='<?xml version="1.0" encoding="no-such"?>'
        ).encode(),
        rss(ITEM.replace("Rolls", "Br&ouml;tchen &bdquo;hart&ldquo;")).encode(),
        rss(ITEM.replace("Rolls", "Br\x00ötchen „hart“")).encode(),
    ],
    ids=["utf8", "bom", "white", "1252", "lies", "undeclared", "utf16", "unknown", "entities", "nul"],
)
def test_encodings_and_their_lies(body: bytes) -> None:
    entry = only(body)
    assert entry.title == "Brötchen „hart“"
    assert (entry.identity, entry.url) == ("g1", "https://talk.example/1"), (
        "the same whichever parser read it"
    )


def test_a_feed_cut_off_gives_what_came() -> None:
    whole = rss(ITEM + ITEM.replace("g1", "g2").replace("/1", "/2"))
    cut = parse_feed(whole[: whole.index("g2") - 30].encode(), "", ADDRESS)
    assert cut.entries[0].identity == "g1"


# --- dates


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Tue, 24 Nov 2026 07:00:00 GMT", "2026-11-24T07:00:00"),
        ("Tue, 24 Nov 2026 07:00:00 EST", "2026-11-24T12:00:00"),
        ("Tue, 24 Nov 2026 07:00:00 CEST", "2026-11-24T05:00:00"),
        ("24 Nov 2026 07:00 +0530", "2026-11-24T01:30:00"),
        ("2026-11-24T07:00:00Z", "2026-11-24T07:00:00"),
        ("2026-11-24T07:00:00.123456789+01:00", "2026-11-24T06:00:00.123456"),
        ("2026-11-24 07:00:00", "2026-11-24T07:00:00"),
        ("2026-11-24", "2026-11-24T12:00:00"),
        ("20261124T070000Z", "2026-11-24T07:00:00"),
        ("2026/1/4 7:05:00", "2026-01-04T07:05:00"),
        ("1795503600", "2026-11-24T07:00:00"),
        ("1795503600000", "2026-11-24T07:00:00"),
        ("24.11.2026 07:00", "2026-11-24T07:00:00"),
        ("Di, 24. November 2026 07:00", "2026-11-24T07:00:00"),
        ("mar., 24 nov. 2026 07:00:00 +0000", "2026-11-24T07:00:00"),
        ("24 de noviembre de 2026", "2026-11-24T12:00:00"),
        ("November 24, 2026 7:00 pm", "2026-11-24T19:00:00"),
        ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00"),
    ],
)
def test_dates_as_people_write_them(text: str, moment: str) -> None:
    assert read_date(text) == datetime.fromisoformat(moment).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "7",
        "2026",
        "32.13.2026",
        "0000-00-00",
        "99999999999999999",
        "2026-13-45T99:99:99Z",
        "x" * 10_000,
    ],
)
def test_what_is_no_date(text: str) -> None:
    assert read_date(text) is None


def test_no_date_is_invented() -> None:
    """The quick parser guesses one from the id; an undated entry must stay undated."""
    assert (
        only(rss("<item><title>a</title><link>https://t.example/1</link><guid>1</guid></item>")).sent_at
        is None
    )


# --- identity


def item(guid: str, link: str, title: str) -> str:
    return f"<item><guid>{guid}</guid><link>https://t.example/{link}</link><title>{title}</title></item>"


def identities(*items: str) -> list[str]:
    return [entry.identity for entry in parse_feed(rss("".join(items)).encode(), "", ADDRESS).entries]


def test_an_id_for_all_is_no_id() -> None:
    assert identities(item("x", "1", "a"), item("x", "2", "b")) == [
        "https://t.example/1",
        "https://t.example/2",
    ]
    three = identities(item("x", "1", "a"), item("x", "1", "b"), item("x", "2", "c"))
    assert len(set(three)) == 3


def test_the_same_entry_printed_twice_is_one() -> None:
    assert len(identities(item("x", "1", "a"), item("x", "1", "a"))) == 1


def test_entries_without_any_id_are_told_apart_by_their_words() -> None:
    bare = [
        "<item><description>first words</description></item>",
        "<item><description>other words</description></item>",
    ]
    assert len(set(identities(*bare))) == 2
    assert identities(*bare) == identities(*bare)
