"""Words that are watched: posts that talk about the shop without talking to it.

Servers let only the signed-in search, and their operators ask for a human pace (github.com/bluesky-social/
atproto, issues 3423 and 3583): every five minutes, newest first.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from services.channels._shapes import Json
from services.channels._walk import Mark, Walk
from services.channels.base import Suggestion
from services.clock import iso, parse_iso
from services.errors import ChannelError, SignInNeeded, Unreachable

log = logging.getLogger(__name__)

_EVERY = timedelta(minutes=5)
_MOST_WORDS = 10
_TRAIL = 100


def read_words(typed: str) -> list[str]:
    """``bakery, "rosie's bread"`` -> what to search for; several words belong together."""
    words = dict.fromkeys(" ".join(one.split()) for one in typed.replace("\n", ",").split(","))
    return [f'"{w}"' if " " in w and '"' not in w else w for w in words if w][:_MOST_WORDS]


def offer(kind: str, words: Sequence[str]) -> tuple[Suggestion, ...]:
    """The shop's name and other words as what an account could watch."""
    watched = ", ".join(dict.fromkeys(" ".join(one.split()) for one in words if one.strip()))
    return (Suggestion(kind, {"watch": watched}, watched, hint="search", extends=True),) if watched else ()


Ask = Callable[[str, str], tuple[list[Json], str]]
"""A page for a word from a cursor on (empty: the newest): posts newest first, and the next page's cursor."""


class Search:
    """``posts`` is what was found by this look, oldest first of each word. ``mark`` tells what a post is
    remembered by."""

    def __init__(
        self,
        kept: Any,
        words: list[str],
        ask: Ask,
        mark: Callable[[Json], Mark | None],
        now: datetime,
        since: datetime,
    ) -> None:
        kept = kept if isinstance(kept, Mapping) else {}
        walks = kept.get("walks")
        walks = walks if isinstance(walks, Mapping) else {}
        self._ask, self._mark = ask, mark
        self._now = now
        self._walks = {word: Walk(walks.get(word), since, longest=_TRAIL) for word in words}
        self._checked = str(kept.get("checked") or "")
        self._refused = str(kept.get("refused") or "")
        self.posts: dict[str, Json] = {}

    def state(self) -> dict[str, Any]:
        walks = {word: walk.state() for word, walk in self._walks.items()}
        return {"walks": walks, "checked": self._checked, "refused": self._refused}

    @property
    def _can_search(self) -> bool:
        return not self._refused

    @property
    def _is_due(self) -> bool:
        return not self._checked or not timedelta(0) <= self._now - parse_iso(self._checked) < _EVERY

    def first_look(self) -> bool:
        """One step of the quiet look for a word that was never looked for before; false when there is none
        (or the server keeps its search to itself just now)."""
        for word, walk in self._walks.items():
            if walk.is_first and self._can_search:
                self._look(word, walk)
                return True
        return False

    def look(self) -> bool:
        """True when there is more to be read at once."""
        if not self._walks or not self._is_due:
            return False
        self._refused = ""
        more = False
        for word, walk in self._walks.items():
            if self._can_search and not walk.is_first:
                more = self._look(word, walk) or more
        if not more:
            self._checked = iso(self._now)
        return more

    def _look(self, word: str, walk: Walk) -> bool:
        def fetch(cursor: str) -> tuple[list[Json], str]:
            return self._ask(word, cursor)

        try:
            found, more = walk.read(fetch, self._mark, pages=2)
        except SignInNeeded:
            raise
        except ChannelError as error:
            if isinstance(error, Unreachable) and error.reason != "server":
                raise
            # A server may keep its search to itself; what is said to us must not wait for it.
            log.info("words could not be searched for: %s", error.kind)
            self._refused = iso(self._now)
            return False
        self.posts |= {mark.key: one for one in found if (mark := self._mark(one)) is not None}
        return more
