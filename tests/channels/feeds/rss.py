# ruff: noqa: E501 - markup stands as it is sent
"""A small RSS document around one entry, and the one entry of a document."""

from __future__ import annotations

from services.channels._feed_parse import parse_feed
from services.channels._feed_shape import FeedEntry

ADDRESS = "https://feed.example/x"


def rss(item: str, head: str = "", before: str = "") -> str:
    return (
        f'{before}<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:slash="http://purl.org/rss/1.0/modules/slash/" '
        'xmlns:wfw="http://wellformedweb.org/CommentAPI/" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/">'
        f"<channel><title>Talk</title><link>https://talk.example/</link>{head}{item}</channel></rss>"
    )


ITEM = "<item><title>Rolls</title><link>https://talk.example/1</link><guid>g1</guid><pubDate>Tue, 24 Nov 2026 07:00:00 GMT</pubDate></item>"


def only(body: str | bytes) -> FeedEntry:
    document = parse_feed(body.encode() if isinstance(body, str) else body, "", ADDRESS)
    assert len(document.entries) == 1
    return document.entries[0]
