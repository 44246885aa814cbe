# ruff: noqa: E501 - markup stands as it is sent
"""Documents built to do harm, too big, broken, or stranger than any rule; all of them met in the wild."""

from __future__ import annotations

import time
from typing import Any

import pytest

from services.channels import _feed_child
from services.channels._feed_parse import HUGE, parse_feed
from services.channels._feed_shape import NotAFeed, fingerprint_of
from tests.channels.feeds.rss import ADDRESS, ITEM, only, rss

# --- harm


BOMB = (
    '<!DOCTYPE l [<!ENTITY a "'
    + "a" * 1000
    + '">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(8))
    + "]>"
)


@pytest.mark.parametrize(
    ("before", "title"),
    [
        ('<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/hostname">]>', "&x;"),
        ('<!DOCTYPE r [<!ENTITY x PUBLIC "p" "https://evil.example/x">]>', "&x;"),
        ('<!DOCTYPE r [<!ENTITY % p SYSTEM "file:///etc/hostname"> %p;]>', "a"),
        (BOMB, "&i;"),
        ('<!DOCTYPE r [<!ENTITY x "' + "a" * 150 + '">]>', "&x;" * 100_000),
        ('<!DOCTYPE r [<!ENTITY x "<b>">]>', "&x;"),
    ],
    ids=["file", "web", "parameter", "bomb", "quadratic", "markup"],
)
def test_entities_are_refused(before: str, title: str) -> None:
    start = time.process_time()
    with pytest.raises(NotAFeed) as caught:
        parse_feed(rss(ITEM.replace("Rolls", title), before=before).encode(), "", ADDRESS)
    assert caught.value.reason == "entities"
    assert time.process_time() - start < 2


def test_a_harmless_declared_character_is_written_out() -> None:
    before = '<!DOCTYPE rss [<!ENTITY euro "&#8364;"><!ENTITY shop "Rosie">]>'
    assert only(rss(ITEM.replace("Rolls", "5 &euro; at &shop;"), before=before)).title == "5 € at Rosie"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b" \r\n\x00 ", "empty"),
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "html"),
        (b"<html><head></head></html>", "html"),
        (b'<?xml version="1.0"?><opml version="2.0"><body/></opml>', "opml"),
        (b'{"a": 1}', "not-a-feed"),
        (b"[1, 2]", "not-a-feed"),
        (b'{"items": 5, "version": "https://jsonfeed.org/version/1"}', "not-a-feed"),
        (b"just words", "not-a-feed"),
        (b"/etc/hostname", "not-a-feed"),
        (b"http://127.0.0.1:1/", "not-a-feed"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not-a-feed"),
        (b"<urlset><url><loc>https://x.example/</loc></url></urlset>", "not-a-feed"),
        (bytes(range(256)) * 20, "not-a-feed"),
        (b"{" * 100_000, "not-a-feed"),
    ],
)
def test_what_is_not_a_feed(body: bytes, reason: str) -> None:
    with pytest.raises(NotAFeed) as caught:
        parse_feed(body, "application/rss+xml", ADDRESS)
    assert caught.value.reason == reason


def test_an_empty_feed_is_a_feed() -> None:
    assert parse_feed(rss("").encode(), "", ADDRESS).entries == ()


# --- big and broken


def _never(pipe: Any, body: bytes, content_type: str, url: str) -> None:
    time.sleep(60)


def _crash(pipe: Any, body: bytes, content_type: str, url: str) -> None:
    import os

    os._exit(3)


def test_a_big_broken_feed_is_read_in_a_child() -> None:
    words = "Rolls &nbsp; hard as stone " * 20
    body = rss("".join(ITEM.replace("g1", f"g{n}").replace("Rolls", words) for n in range(600))).encode()
    assert len(body) > 300_000
    document = parse_feed(body, "", ADDRESS)
    assert len(document.entries) == 600
    assert document.entries[5].identity == "g5"


def test_a_child_that_never_ends_is_ended() -> None:
    start = time.monotonic()
    with pytest.raises(NotAFeed) as caught:
        _feed_child.parse_in_child(_never, b"x", "", "", deadline_s=1.0)
    assert caught.value.reason == "timeout"
    assert time.monotonic() - start < 10


def test_a_child_that_crashes_is_no_feed() -> None:
    with pytest.raises(NotAFeed):
        _feed_child.parse_in_child(_crash, b"x", "", "")


def test_a_very_long_feed_is_read_quickly() -> None:
    """19 MB, 15,800 entries."""
    text = (
        "<description>" + "The rolls were hard as stone and nobody answered. " * 22 + "</description></item>"
    )
    body = rss("".join(ITEM.replace("g1", f"g{n}").replace("</item>", text) for n in range(15_800))).encode()
    assert len(body) > 19_000_000
    start = time.process_time()
    document = parse_feed(body, "", ADDRESS)
    assert time.process_time() - start < 4, "the work was not done in the child"
    assert [one.identity for one in document.entries] == [f"g{n}" for n in range(15_800)]


@pytest.mark.parametrize("is_broken", [False, True])
def test_a_long_feed_is_read_as_a_short_one(is_broken: bool) -> None:
    """A megabyte more: the same entries, with the same fingerprints."""
    words = "<description>&lt;p&gt;Hard " + "&nbsp;" * is_broken + "as stone&lt;/p&gt;</description></item>"
    items = [ITEM.replace("g1", f"g{n}").replace("</item>", words) for n in range(120)]
    short, long = (rss("".join(items) + extra).encode() for extra in ("", f"<!--{'x' * HUGE}-->"))
    one, other = parse_feed(short, "", ADDRESS), parse_feed(long, "", ADDRESS)
    assert len(long) > HUGE > len(short)
    assert other == one
    assert len(one.entries) == 120
    assert [fingerprint_of(e) for e in one.entries] == [e.mark for e in other.entries]


def test_a_long_document_that_is_no_feed_says_why() -> None:
    with pytest.raises(NotAFeed) as caught:
        parse_feed(b"<html><head></head>" + b"x" * HUGE + b"</html>", "", ADDRESS)
    assert caught.value.reason == "html"


# --- as met in the wild


def test_characters_that_cannot_be_do_not_spoil_the_rest() -> None:
    told = ITEM.replace(
        "</item>",
        "<description>Crumbs &#0;&#x1F;&#55357;&#56832; &#x1F956; &#55357;!&#99999999;</description></item>",
    )
    document = parse_feed(rss(told + ITEM.replace("g1", "g2")).encode(), "", ADDRESS)
    assert [one.guid for one in document.entries] == ["g1", "g2"]
    assert document.entries[0].text.split() == ["Crumbs", "\U0001f600", "\U0001f956", "!"]


def test_an_id_that_is_no_address_is_no_link() -> None:
    entry = only(
        rss(
            '<item><title>Talk</title><guid>talk7</guid><enclosure url="https://talk.example/7.mp3" type="audio/mpeg"/></item>'
        )
    )
    assert (entry.identity, entry.url) == ("talk7", "https://talk.example/7.mp3")


def test_a_film_has_its_words_in_a_group() -> None:
    entry = only(
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/"><title>T</title><entry><id>yt:1</id>'
        '<title>Kneading</title><link href="https://y.example/1"/><published>2026-11-02T03:04:05Z</published>'
        "<media:group><media:title>Kneading</media:title><media:description>Ten minutes by hand.</media:description></media:group></entry></feed>"
    )
    assert entry.text == "Ten minutes by hand."


@pytest.mark.parametrize("number", ["²", "٣²", "9" * 5000, "-1", "1e3", ""], ids=lambda n: n[:6])
def test_numbers_that_are_none_spoil_nothing(number: str) -> None:
    head = f"<ttl>{number}</ttl><sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>{number}</sy:updateFrequency>"
    told = ITEM.replace("</item>", f"<slash:comments>{number}</slash:comments></item>")
    for body in (rss(told, head), rss(told, head).replace("</rss>", "</channel></rss>")):
        document = parse_feed(body.encode(), "", ADDRESS)
        assert [entry.comment_count for entry in document.entries] == [None]
        assert document.min_interval == 86_400
