"""What the searches that answer in JSON have in common: newest first, a page at a time, bounded by time.

Their matching forgives typing errors, so what comes back is looked at again. Pages are asked for by time
rather than by number or cursor, for new hits would shift the numbers and strangers get no cursor.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from services.channels._feed_shape import digest
from services.channels._mentions_words import Matcher
from services.channels._shapes import Json
from services.channels.web import Web
from services.model import Message

PAGE = 100
MOST_KNOWN = 1000
EVERY = timedelta(minutes=10)
_OVERLAP = timedelta(hours=3)
"""What was said can be changed for a while, and an index may lag."""


class DatedSearch(ABC):
    """One step: a page of one word. ``state`` is its part of the cursor and is changed in place.

    ``since`` where the next round begins; during a round ``word`` (number), ``below`` (seconds) and ``top``.
    ``known``: id -> fingerprint, so that only what is new or changed comes again.
    """

    def __init__(self, web: Web, url: str, words: Sequence[str], state: dict[str, Any]) -> None:
        """``url`` without its query."""
        self.web, self.url, self.state = web, url, state
        self._words = words
        self._matcher = Matcher(words)

    @abstractmethod
    def ask(self, word: str, since: int, below: int) -> tuple[list[Json], bool]:
        """The hits after ``since`` and not after ``below`` (seconds since 1970; 0: no bound), newest first,
        and whether there are more than these. Raises ChannelError."""

    @abstractmethod
    def seconds(self, hit: Json) -> int | None:
        """When it was said; None where the hit does not tell."""

    @abstractmethod
    def message(self, hit: Json, now: datetime) -> Message | None:
        """None: the hit lacks what a message needs."""

    def searched(self, hit: Json, message: Message) -> str:
        """The text in which one of the words has to stand."""
        return message.text

    def step(self, now: datetime, backfill: timedelta) -> tuple[list[Message], bool]:
        """The messages, and whether more is waiting."""
        state = self.state
        since = int(state.get("since") or (now - backfill).timestamp())
        number, below = int(state.get("word", 0)), int(state.get("below", 0))
        if number >= len(self._words):
            number, below = 0, 0
        hits, is_cut = self.ask(self._words[number], since, below)
        times = [moment for one in hits if (moment := self.seconds(one)) is not None]
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

    def _news(self, hits: Sequence[Json], now: datetime) -> list[Message]:
        known: dict[str, str] = dict(self.state.get("known") or {})
        found: dict[str, Message] = {}
        for hit in hits:
            message = self.message(hit, now)
            if message is None or not self._matcher.finds(self.searched(hit, message)):
                continue
            mark = digest(message.text, message.title, size=4)
            if known.get(message.remote_id) != mark:
                known[message.remote_id] = mark
                found[message.remote_id] = message
        self.state["known"] = dict(list(known.items())[-MOST_KNOWN:])
        return sorted(found.values(), key=lambda one: one.sent_at)
