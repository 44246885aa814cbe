"""Hacker News, asked through its public search: stories and comments that hold one of the words.

Source: hn.algolia.com/api. ``search_by_date`` gives the newest first, 100 to a page, about 1000 to a
question; ``numericFilters`` bounds ``created_at_i`` (seconds). Its matching forgives typing errors, so what
comes back is looked at again. Pages are asked for by time rather than by number, for new hits would shift
the numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from services.channels._feed_shape import digest
from services.channels._mentions_words import Matcher
from services.channels._shapes import Json, as_document, as_list, epoch_of, moment_of, number_of, text_of
from services.channels.web import Web
from services.model import Author, Context, Direction, Message, MessageKind
from services.sanitize import clean_text, html_to_text

PAGE = 100
MOST_KNOWN = 1000
EVERY = timedelta(minutes=10)
_OVERLAP = timedelta(hours=3)
"""Comments can be changed for two hours, and the index may lag."""
_PAGES = "https://news.ycombinator.com"


class Stories:
    """One step: a page of one word. ``state`` is its part of the cursor and is changed in place.

    ``since`` where the next round begins; during a round ``word`` (number), ``below`` (seconds) and ``top``.
    ``known``: id -> fingerprint, so that only what is new or changed comes again.
    """

    def __init__(self, web: Web, url: str, words: Sequence[str], state: dict[str, Any]) -> None:
        self._web, self._url, self._words, self.state = web, url, words, state
        self._matcher = Matcher(words)

    def step(self, now: datetime, backfill: timedelta) -> tuple[list[Message], bool]:
        """The messages, and whether more is waiting."""
        state = self.state
        since = int(state.get("since") or (now - backfill).timestamp())
        number, below = int(state.get("word", 0)), int(state.get("below", 0))
        if number >= len(self._words):
            number, below = 0, 0
        hits, is_cut = self._ask(self._words[number], since, below)
        times = [moment for one in hits if (moment := _seconds(one)) is not None]
        state["top"] = max([int(state.get("top", 0)), *times])
        messages = self._news(hits, now)
        oldest = min(times, default=0)
        if is_cut and oldest > since and not (below and oldest > below):
            # The same second may go on; a page full of one second is passed over, or this would never end. A
            # server that goes beyond the bound does not know bounds: it has said all it will.
            state["below"] = oldest if oldest != below else oldest - 1
            state["word"] = number
            return messages, True
        state["word"], state["below"] = number + 1, 0
        if number + 1 < len(self._words):
            return messages, True
        top = min(int(state.pop("top")), int(now.timestamp()))
        state["since"] = max(since, top - int(_OVERLAP.total_seconds()))
        del state["word"], state["below"]
        return messages, False

    def _ask(self, word: str, since: int, below: int) -> tuple[list[Json], bool]:
        """The hits, and whether there are more than these."""
        bounds = f"created_at_i>{since}" + (f",created_at_i<={below}" if below else "")
        params = [
            ("query", f'"{word}"'),
            ("tags", "(story,comment)"),
            ("numericFilters", bounds),
            ("hitsPerPage", str(PAGE)),
        ]
        answer = as_document(self._web.get(self._url, params=params).json())
        hits = as_list(answer.get("hits"))
        pages = number_of(answer, "nbPages")
        return hits, len(hits) >= PAGE if pages is None else bool(hits) and pages > 1

    def _news(self, hits: Sequence[Json], now: datetime) -> list[Message]:
        known: dict[str, str] = dict(self.state.get("known") or {})
        found: dict[str, Message] = {}
        for hit in hits:
            message = message_of(hit, now)
            if message is None or not self._matcher.finds(_searched(hit, message)):
                continue
            mark = digest(message.text, message.title, size=4)
            if known.get(message.remote_id) != mark:
                known[message.remote_id] = mark
                found[message.remote_id] = message
        self.state["known"] = dict(list(known.items())[-MOST_KNOWN:])
        return sorted(found.values(), key=lambda one: one.sent_at)


def _searched(hit: Json, message: Message) -> str:
    """What the writer said or linked to; not the headline above somebody else's comment."""
    if _is_comment(hit):
        return message.text
    return f"{message.title}\n{message.text}\n{text_of(hit, 'url')}"


def message_of(hit: Json, now: datetime) -> Message | None:
    """None: the hit lacks what a message needs."""
    identifier, seconds = text_of(hit, "objectID"), _seconds(hit)
    if not identifier or seconds is None:
        return None
    is_comment = _is_comment(hit)
    html = text_of(hit, "comment_text" if is_comment else "story_text")
    title = clean_text(text_of(hit, "story_title" if is_comment else "title"))
    text = html_to_text(html) if html else ""
    if not (text.strip() or title):
        return None
    story = text_of(hit, "story_id") or identifier
    author, link = text_of(hit, "author"), text_of(hit, "story_url" if is_comment else "url")
    page = f"{_PAGES}/item?id={identifier}"
    context = Context(title, url=link or f"{_PAGES}/item?id={story}") if is_comment or link else None
    return Message(
        remote_id=f"hn:{identifier}",
        kind=MessageKind.MENTION,
        direction=Direction.INBOUND,
        author=Author(
            f"hn:{author}" if author else "?", author, url=f"{_PAGES}/user?id={author}" if author else ""
        ),
        text=text or title,
        sent_at=min(datetime.fromtimestamp(seconds, UTC), now),
        conversation_key=f"{_PAGES.partition('://')[2]}/item?id={story}",
        html=html,
        url=page,
        title=title,
        context=context,
        reply_context={"url": page},
        shared_key=f"{_PAGES.partition('://')[2]}/item?id={story}" + (f" {identifier}" if is_comment else ""),
        version=digest(title, text),
    )


def _is_comment(hit: Json) -> bool:
    tags = hit.get("_tags")
    return "comment" in tags if isinstance(tags, list) else bool(hit.get("comment_text"))


def _seconds(hit: Json) -> int | None:
    moment = epoch_of(hit, "created_at_i") or moment_of(hit, "created_at")
    return int(moment.timestamp()) if moment else None
