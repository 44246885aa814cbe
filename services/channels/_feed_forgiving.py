"""Broken feeds through feedparser, which reads nearly anything; in a child process when the body is big.

feedparser opens whatever looks like a file name or an address, so it only ever gets ``io.BytesIO``. It
holds the interpreter for about 1 ms an entry: a body over 300 kB would make the window stutter and is read
in a child.
"""

from __future__ import annotations

import calendar
import io
from datetime import UTC, datetime
from typing import Any

from services.channels._feed_child import answer, is_child, parse_in_child
from services.channels._feed_dates import read_date
from services.channels._feed_shape import FeedDocument, FeedEntry, NotAFeed, interval, looks_like_html, person
from services.model import Attachment

BIG = 300_000
"""Bytes from which the slow parser leaves this process: it holds the interpreter for 0.6 s a megabyte."""


def parse(body: bytes, content_type: str, url: str) -> FeedDocument:
    """Raises NotAFeed when there is nothing of a feed in it, or reading it takes too long."""
    if len(body) > BIG and not is_child():
        return parse_in_child(_work, body, content_type, url)
    return parse_here(body, content_type, url)


def parse_here(body: bytes, content_type: str, url: str) -> FeedDocument:
    import feedparser

    # Without the address: it would be put before ids that are no addresses, and every reading must give the
    # same ids.
    headers = {"content-type": content_type or "application/xml"}
    try:
        parsed = feedparser.parse(
            io.BytesIO(body), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
        )
    except Exception:  # noqa: BLE001 - it promises not to raise, and yet it does on some garbage
        parsed = None
    if parsed is None or (not parsed.get("version") and not parsed.entries):
        raise NotAFeed("not-a-feed")
    feed = parsed.feed
    plain = {
        "ttl": feed.get("ttl"),
        "updateperiod": feed.get("sy_updateperiod"),
        "updatefrequency": feed.get("sy_updatefrequency"),
    }
    return FeedDocument(
        title=" ".join(str(feed.get("title") or "").split()),
        url=_page(feed),
        author=_author(feed),
        language=str(feed.get("language") or ""),
        format=str(parsed.version or "")[:4].rstrip("012"),
        min_interval=interval({name: str(value or "") for name, value in plain.items()}),
        entries=tuple(_entry(one) for one in parsed.entries),
    )


def _author(owner: Any) -> str:
    """The first of several, as the other parser has it."""
    several = [one for one in owner.get("authors") or [] if one.get("name")]
    detail = several[0] if several else owner.get("author_detail") or {}
    name = str(detail.get("name") or "") or person(str(owner.get("author") or detail.get("email") or ""))
    return " ".join(name.split())


def _page(one: Any) -> str:
    """The address people open. An empty link comes back as the address of the feed, which is none."""
    base = str((one.get("title_detail") or {}).get("base") or "")
    usual = [
        (str(link.get("href") or ""), str(link.get("type") or ""))
        for link in one.get("links") or []
        if link.get("rel") in ("", None, "alternate") and link.get("href") != base
    ]
    pages = [href for href, kind in usual if href and "html" in kind] or [href for href, _ in usual if href]
    link = str(one.get("link") or "")
    return pages[0] if pages else ("" if link == base else link)


def _moment(raw: str, parsed: Any) -> datetime | None:
    found = read_date(raw)
    if found is None and parsed:
        try:
            found = datetime.fromtimestamp(calendar.timegm(parsed), UTC)
        except (ValueError, OverflowError, TypeError, OSError):
            found = None
    return found


def _entry(one: Any) -> FeedEntry:
    # Asked for a missing "updated", feedparser gives "published" and a warning.
    changed = str(one["updated"] or "") if "updated" in one else ""
    raw = str(one.get("published") or one.get("created") or one.get("issued") or changed)
    count = str(one.get("slash_comments") or one.get("thr_total") or "")
    reply = one.get("thr_in-reply-to") or {}
    replies = [link for link in one.get("links") or [] if link.get("rel") == "replies"]
    feeds = [str(link.get("href") or "") for link in replies if str(link.get("type") or "").endswith("xml")]
    pages = [
        str(link.get("href") or "") for link in replies if not str(link.get("type") or "").endswith("xml")
    ]
    counts = [str(link.get("thr:count") or link.get("count") or "") for link in replies]
    html, text = _content(one)
    return FeedEntry(
        guid=str(one.get("id") or ""),
        title=str(one.get("title") or "").strip(),
        html=html,
        text=text,
        author=_author(one) or str((one.get("source") or {}).get("title") or ""),
        author_url=str((one.get("author_detail") or {}).get("href") or ""),
        sent_at=_moment(raw, one.get("published_parsed") or (one["updated_parsed"] if changed else None)),
        updated_at=_moment(changed, one.get("updated_parsed")) if changed else None,
        url=_page(one),
        comments_url=str(one.get("comments") or next(iter(pages), "")),
        comments_feed_url=str(one.get("wfw_commentrss") or next(iter(feeds), "")),
        comment_count=next((int(n) for n in [count, *counts] if n.isdecimal() and len(n) < 9), None),
        in_reply_to=str(reply.get("ref") or reply.get("href") or "") if isinstance(reply, dict) else "",
        attachments=tuple(
            Attachment(
                str(link.get("type") or "file").partition("/")[0],
                str(link.get("href")),
                str(link.get("title") or ""),
            )
            for link in one.get("links") or []
            if link.get("rel") == "enclosure" and link.get("href")
        ),
        raw_date=raw,
    )


def _content(one: Any) -> tuple[str, str]:
    contents = [str(c.get("value") or "") for c in one.get("content") or []]
    value = max(contents, key=len, default="") or str(one.get("summary") or "")
    if not looks_like_html(value):
        return "", value
    return value, ""


# --- in a child
# ----------------------------------------------------------------------------------------------------


def _work(pipe: Any, body: bytes, content_type: str, url: str) -> None:
    answer(pipe, lambda: parse_here(body, content_type, url))
