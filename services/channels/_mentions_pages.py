"""Pages that a search feed found, as mentions: unwrapped, one conversation a page, the shop's own left
out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from services.channels._feed_secrets import without_secret
from services.channels._mentions_searches import Search
from services.channels._mentions_words import is_own
from services.channels._page_findings import Findings
from services.channels._page_links import page_key, shown
from services.model import Direction, Message, MessageKind, MessageState


class Pages:
    """What one search found. ``seen`` as ``Findings`` has it."""

    def __init__(self, search: Search, title: str, sites: Sequence[str], seen: dict[str, Any]) -> None:
        self._search, self._title, self._sites = search, title, sites
        self._findings = Findings(seen)
        self._home = page_key(search.url)

    def mentions(self, entries: Sequence[Message]) -> list[Message]:
        found = [one for one in (self._mention(entry) for entry in entries) if one is not None]
        self._findings.forget_old()
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
            shared_key=self._findings.key(page, url, entry),
            reply_context={"url": url},
        )
