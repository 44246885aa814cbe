"""Reading a list that can only be read from its newest end backwards, without holes.

docs.bsky.app (listNotifications, getAuthorFeed, searchPosts, getMessages): ``cursor`` leads into the past,
and there is no "since". What was read is remembered as a trail; a look reads from the top until it stands on
the trail with both feet (entries become visible late, so one known entry proves little). A look that would
take too many pages is broken off and goes on below at the next step; until then the old trail stays the
ground to be reached, so a gap can neither be forgotten nor be jumped over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.channels._shapes import Json
from services.clock import iso
from services.errors import BadAnswer, ChannelError

LONGEST_TRAIL = 300
_FEET = 10
PAGES = 3

Fetch = Callable[[str], tuple[list[Json], str]]
"""One page from a cursor (empty: the newest): its entries newest first, and the cursor of the next page."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What an entry is remembered by: its key, and when it stands in the list (ISO)."""

    key: str
    moment: str


class Walk:
    """``kept`` is what ``state`` gave; anything else starts anew. ``since``: how far back the first look
    goes. ``longest``: how many entries are remembered."""

    def __init__(self, kept: Any, since: datetime, *, longest: int = LONGEST_TRAIL) -> None:
        self._longest = longest
        kept = kept if isinstance(kept, Mapping) else {}
        self._since = str(kept.get("since") or iso(since))
        self._trail = _marks(kept.get("trail"))
        self._fresh = _marks(kept.get("fresh"))
        self._below = str(kept.get("below") or "")
        self._is_whole = kept.get("whole") is True

    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = {"since": self._since, "trail": [[m.key, m.moment] for m in self._trail]}
        if self._below:
            state["below"] = self._below
            state["fresh"] = [[m.key, m.moment] for m in self._fresh]
        if self._is_whole:
            state["whole"] = True
        return state

    @property
    def is_first(self) -> bool:
        """The first look has not reached its end yet."""
        return not self._is_whole

    @property
    def _floor(self) -> str:
        """What is older is none of our business: before the first look, or further back than the trail
        reaches."""
        if len(self._trail) < self._longest:
            return self._since
        return max(self._since, min(m.moment for m in self._trail))

    def read(
        self, fetch: Fetch, mark: Callable[[Json], Mark | None], *, pages: int = PAGES
    ) -> tuple[list[Json], bool]:
        """(what is new, oldest first; whether there is more to be read at once)."""
        ground = {m.key for m in self._trail}
        known = ground | {m.key for m in self._fresh}
        floor, feet = self._floor, 0
        found: list[Json] = []
        taken: list[Mark] = []
        is_over, start = False, self._below
        was_open = bool(start)
        for _ in range(pages):
            try:
                entries, below = self._page(fetch)
            except ChannelError:
                # What was read of this look is not handed out, so it must not count as read.
                self._below = start
                raise
            is_old = False
            for entry in entries:
                noted = mark(entry)
                if noted is None:
                    continue
                if noted.moment < floor:
                    is_old = True
                elif noted.key not in known:
                    known.add(noted.key)
                    found.append(entry)
                    taken.append(noted)
                feet += noted.key in ground
            is_over = is_old or not entries or not below or below == self._below
            # A short trail is stood on with as many feet as it has.
            is_over = is_over or (bool(ground) and feet >= min(_FEET, len(ground)))
            self._below = "" if is_over else below
            if is_over:
                break
        self._fresh = [*self._fresh, *taken][: self._longest * 2]
        is_over_late = is_over and was_open and bool(self._fresh)
        if is_over:
            self._trail = sorted([*self._fresh, *self._trail], key=lambda m: m.moment, reverse=True)
            self._trail = self._trail[: self._longest]
            self._fresh, self._is_whole = [], True
        # What came while a gap was being closed stands above it: look again at once.
        return list(reversed(found)), not is_over or is_over_late

    def _page(self, fetch: Fetch) -> tuple[list[Json], str]:
        try:
            return fetch(self._below)
        except BadAnswer as error:
            if not self._below or error.detail.get("status") != 400:
                raise
            # A cursor that is no longer good: from the top once more, nothing known is taken twice.
            self._below = ""
            return fetch("")


def _marks(value: Any) -> list[Mark]:
    if not isinstance(value, list):
        return []
    return [Mark(str(e[0]), str(e[1])) for e in value if isinstance(e, list) and len(e) == 2]
