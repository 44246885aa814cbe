"""The one shape that every parser of feeds fills, and the few readings they share."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urljoin, urlsplit

from services.model import Attachment
from services.patterns import later

_PLAIN_ADDRESS = later(r"https?://[A-Za-z0-9.-]+(?::\d{1,5})?(?:[/?#][!-Z^-~]*)?")
"""Certainly one with a host; without brackets, which may be a host of their own."""
_HTML = later(r"</?[a-zA-Z][^<>]*>|&(?:#\d+|#x[0-9a-fA-F]+|[a-zA-Z]+);")
_MAIL_AND_NAME = later(r"[^\s@()]+@[^\s@()]+\s*\((.+)\)")
_NAME_AND_MAIL = later(r"\"?(.+?)\"?\s*<[^<>]*>")
_MAIL = later(r"[^\s@]+@[^\s@]+\.[^\s@]+")
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
    if not link or _PLAIN_ADDRESS.fullmatch(link):
        # Nearly all of them are, and taking an address apart costs ten times as much.
        return link
    for base in ("", *bases):
        try:
            whole = urljoin(base, link)
            if urlsplit(whole).scheme in ("http", "https") and urlsplit(whole).hostname:
                return whole
        except ValueError:
            continue
    return ""


def looks_like_html(text: str) -> bool:
    return ("<" in text or "&" in text) and bool(_HTML.search(text))


def person(text: str) -> str:
    """The name in what RSS calls an author: ``mail (Name)``, ``Name <mail>``, ``Name`` - or the part before
    the @ of a bare address."""
    text = " ".join(text.split())
    if "@" not in text and "<" not in text:
        return text
    match = _MAIL_AND_NAME.fullmatch(text) or _NAME_AND_MAIL.fullmatch(text)
    if match:
        return match[1].strip()
    return text.partition("@")[0] if _MAIL.fullmatch(text) else text


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
