"""Which pages a search found, and which of the things said on one is told apart from the others.

What several accounts found in one place becomes one conversation (``Message.shared_key``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from services.channels._feed_shape import digest
from services.channels._page_links import page_key, plain_host, shown
from services.model import Direction, Message

MOST_PAGES = 1000
"""Pages remembered per search, to tell a second thing said on one from the first."""
_SAID_THERE = re.compile(r"(?:comment|reply|respond|post|msg|c|p|t)?[-_=]?\d+", re.IGNORECASE)


class Findings:
    """``seen``: page -> the first entry that lay there and a fingerprint of its words; part of the cursor,
    changed in place."""

    def __init__(self, seen: dict[str, Any]) -> None:
        self.seen = seen

    def key(self, page: str, url: str, entry: Message) -> str:
        """The page; where several things are said on it, also which one. Searches cut the same words
        differently, so two searches with one entry for a page mean the same; two entries of one search with
        other words do not."""
        if not page:
            return ""
        fragment = urlsplit(url).fragment
        if fragment and _SAID_THERE.fullmatch(fragment):
            return f"{page} #{fragment.lower()}"
        mark = digest(page, size=6)
        said = digest(" ".join(f"{entry.title} {entry.text}".casefold().split()), size=4)
        identity = digest(entry.remote_id, size=6)
        first = self.seen.get(mark)
        if not isinstance(first, list) or len(first) != 2 or first[0] == identity:
            self.seen[mark] = [identity, said]
            return page
        return page if first[1] == said else f"{page} {identity}"

    def forget_old(self) -> None:
        for page in list(self.seen)[:-MOST_PAGES]:
            del self.seen[page]


def shared(messages: Sequence[Message], seen: dict[str, Any], homes: Sequence[str]) -> list[Message]:
    """Entries of a feed that lead elsewhere, as those of a search do, with what they share with other
    searches; entries that lie on one of its own hosts (``homes``), answers and our own words as they are."""
    findings, found = Findings(seen), []
    for one in messages:
        if plain_host(one.url) in homes:
            found.append(one)
            continue
        url = shown(one.url)
        host = _host(url)
        is_elsewhere = bool(host) and host not in homes and not one.parent_id and one.context is None
        if is_elsewhere and one.direction is Direction.INBOUND:
            key = findings.key(page_key(url), url, one)
            one = replace(one, url=url, reply_context={"url": url}, shared_key=key)
        found.append(one)
    findings.forget_old()
    return found


def hosts_of(*urls: str) -> tuple[str, ...]:
    return tuple(host for host in map(_host, urls) if host)


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""
