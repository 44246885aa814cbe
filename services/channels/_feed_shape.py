"""The one shape that every parser of feeds fills, and the few readings they share."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urljoin, urlsplit

from services.model import Attachment

_PERIODS = {"hourly": 3600, "daily": 86_400, "weekly": 604_800, "monthly": 2_592_000, "yearly": 31_536_000}


class NotAFeed(ValueError):
    """The document is something else. ``reason``: ``empty``, ``html``, ``opml``, ``entities``,
    ``not-a-feed``, ``timeout``."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One entry. ``html`` is as found (empty where ``text`` holds plain words). ``sent_at`` None: the entry
    has no readable date. ``guid`` is what the feed calls it, ``identity`` what we do: unique within the
    document."""

    guid: str = ""
    identity: str = ""
    title: str = ""
    html: str = ""
    text: str = ""
    author: str = ""
    author_url: str = ""
    sent_at: datetime | None = None
    updated_at: datetime | None = None
    url: str = ""
    comments_url: str = ""
    comments_feed_url: str = ""
    comment_count: int | None = None
    in_reply_to: str = ""
    attachments: tuple[Attachment, ...] = ()
    raw_date: str = ""
    mark: str = field(default="", compare=False)
    """``fingerprint_of`` it, where it was reckoned already."""


@dataclass(frozen=True, slots=True)
class FeedDocument:
    """``min_interval``: seconds the feed asks to be left alone (0: it does not say). ``format``: rss, atom,
    rdf, json."""

    title: str = ""
    url: str = ""
    author: str = ""
    language: str = ""
    format: str = ""
    min_interval: int = 0
    entries: tuple[FeedEntry, ...] = field(default=(), repr=False)


def absolute(link: str, *bases: str) -> str:
    """``link`` as an absolute http(s) address, or empty."""
    link = link.strip()
    if not link:
        return ""
    for base in ("", *bases):
        try:
            whole = urljoin(base, link)
            if urlsplit(whole).scheme in ("http", "https") and urlsplit(whole).hostname:
                return whole
        except ValueError:
            continue
    return ""


def looks_like_html(text: str) -> bool:
    return bool(re.search(r"</?[a-zA-Z][^<>]*>|&(?:#\d+|#x[0-9a-fA-F]+|[a-zA-Z]+);", text))


def person(text: str) -> str:
    """The name in what RSS calls an author: ``mail (Name)``, ``Name <mail>``, ``Name`` - or the part before
    the @ of a bare address."""
    text = " ".join(text.split())
    match = re.fullmatch(r"[^\s@()]+@[^\s@()]+\s*\((.+)\)", text) or re.fullmatch(
        r"\"?(.+?)\"?\s*<[^<>]*>", text
    )
    if match:
        return match[1].strip()
    if re.fullmatch(r"[^\s@]+@[^\s@]+\.[^\s@]+", text):
        return text.partition("@")[0]
    return text


def interval(plain: dict[str, str]) -> int:
    """Seconds: RSS's ttl (minutes), or the syndication module's period divided by its frequency."""
    ttl = plain.get("ttl", "")
    seconds = int(ttl) * 60 if ttl.isdecimal() and len(ttl) < 7 else 0
    period = _PERIODS.get(plain.get("updateperiod", "").lower(), 0)
    frequency = plain.get("updatefrequency", "")
    often = int(frequency) if frequency.isdecimal() and 0 < len(frequency) < 5 else 1
    return max(seconds, period // max(1, often))


def digest(*parts: str, size: int = 6) -> str:
    """A short fingerprint in hexadecimal, 2 characters a byte."""
    return hashlib.blake2b("\x1f".join(parts).encode("utf-8", "replace"), digest_size=size).hexdigest()


def fingerprint_of(entry: FeedEntry) -> str:
    """Of everything that is shown; the date is not, or feeds that stamp every fetch would change all the
    time."""
    return entry.mark or digest(entry.title, entry.html, entry.text, entry.url, entry.author, size=4)
