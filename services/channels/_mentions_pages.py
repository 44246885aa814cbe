"""Pages that a search feed found, as mentions: unwrapped, one conversation a page, the shop's own left
out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from services.channels._feed_secrets import without_secret
from services.channels._feed_shape import digest
from services.channels._mentions_searches import Search
from services.channels._mentions_words import is_own
from services.channels._page_links import page_key, shown
from services.model import Direction, Message, MessageKind, MessageState

MOST_PAGES = 1000
"""Pages remembered per search, to tell a second thing said on one from the first."""
_SAID_THERE = re.compile(r"(?:comment|reply|respond|post|msg|c|p|t)?[-_=]?\d+", re.IGNORECASE)


class Pages:
    """What one search found. ``seen``: page -> the first entry that lay there and a fingerprint of its words;
    part of the cursor, changed in place."""

    def __init__(self, search: Search, title: str, sites: Sequence[str], seen: dict[str, Any]) -> None:
        self._search, self._title, self._sites, self.seen = search, title, sites, seen
        self._home = page_key(search.url)

    def mentions(self, entries: Sequence[Message]) -> list[Message]:
        found = [one for one in (self._mention(entry) for entry in entries) if one is not None]
        for page in list(self.seen)[:-MOST_PAGES]:
            del self.seen[page]
        return found

    def _mention(self, entry: Message) -> Message | None:
        url = without_secret(shown(entry.url), self._search.secret)
        if not url.startswith(("https://", "http://")):
            # A torn document leaves identities where addresses should be.
            url = ""
        if is_own(url, self._sites):
            return None
        page = page_key(url)
        if page == self._home:
            # The entry has no link of its own; the feed's stands in for it.
            page = ""
        remote_id = f"{self._search.key}:{entry.remote_id}"
        author = entry.author
        if not author.name or author.name == self._title:
            host = (urlsplit(url).hostname or "").removeprefix("www.")
            author = replace(author, id=host or "?", name=host or author.name)
        return replace(
            entry,
            remote_id=remote_id,
            kind=MessageKind.MENTION,
            direction=Direction.INBOUND,
            state=MessageState.RECEIVED,
            author=author,
            parent_id="",
            conversation_key=page or remote_id,
            url=url,
            shared_key=self._shared(page, url, entry),
            reply_context={"url": url},
        )

    def _shared(self, page: str, url: str, entry: Message) -> str:
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
        if not isinstance(first, list) or len(first) != 2:
            self.seen[mark] = [identity, said]
            return page
        if first[0] == identity:
            self.seen[mark] = [identity, said]
            return page
        return page if first[1] == said else f"{page} {identity}"
