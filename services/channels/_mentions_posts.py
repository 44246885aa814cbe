"""Bluesky's posts, asked through its public search as far as it answers strangers.

Lexicon app.bsky.feed.searchPosts. Without a sign-in there is no ``cursor``, and the operators switch the
search off when too many programs ask (github.com/bluesky-social/atproto, issues 3423 and 3583; bsky-docs,
296): it is tried when an account is added, asked at a human pace, and bounded by ``since`` and ``until`` (not
inclusive).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from services.channels._bluesky_messages import author_did, is_post, message_of, sent_of
from services.channels._mentions_dated import PAGE, DatedSearch
from services.channels._mentions_words import is_own
from services.channels._page_links import page_key
from services.channels._shapes import Json, as_document, as_list, moment_of, part_of, text_of
from services.channels.web import Web
from services.clock import iso
from services.model import Direction, Message, MessageKind


class Posts(DatedSearch):
    """``sites``: the shop's own; a handle there is a domain, and what the shop says itself is no mention."""

    def __init__(
        self, web: Web, url: str, words: Sequence[str], state: dict[str, Any], sites: Sequence[str] = ()
    ) -> None:
        super().__init__(web, url, words, state)
        self._sites = sites

    def ask(self, word: str, since: int, below: int) -> tuple[list[Json], bool]:
        params = [("q", f'"{word}"'), ("sort", "latest"), ("limit", str(PAGE)), ("since", _moment(since))]
        if below:
            params.append(("until", _moment(below + 1)))
        answer = as_document(self.web.get(self.url, params=params).json())
        posts = [one for one in as_list(answer.get("posts")) if is_post(one)]
        return posts, len(posts) >= PAGE or bool(posts and text_of(answer, "cursor"))

    def seconds(self, hit: Json) -> int | None:
        if moment_of(hit, "indexedAt") is None and moment_of(part_of(hit, "record"), "createdAt") is None:
            return None
        return int(sent_of(hit, datetime.max.replace(tzinfo=UTC) - timedelta(days=1)).timestamp())

    def message(self, hit: Json, now: datetime) -> Message | None:
        if is_own(f"https://{text_of(part_of(hit, 'author'), 'handle')}", self._sites):
            return None
        found = message_of(hit, me="", kind=MessageKind.MENTION, now=now)
        if not (found.text and author_did(hit)):
            return None
        place = page_key(found.url)
        return replace(
            found,
            remote_id=f"bsky:{found.remote_id}",
            direction=Direction.INBOUND,
            sent_at=min(found.sent_at, now),
            conversation_key=place,
            shared_key=place,
            parent_id="",
            reply_context={"url": found.url},
        )

    def searched(self, hit: Json, message: Message) -> str:
        """Links count as well: a post may name the shop by its address alone."""
        return f"{message.text}\n{message.html}"


def _moment(seconds: int) -> str:
    return iso(datetime.fromtimestamp(seconds, UTC))
