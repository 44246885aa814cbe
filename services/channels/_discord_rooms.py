"""What is known of one channel or thread, and reading on from there without holes.

discord/discord-api-docs (resources/message, Get Channel Messages): a page holds at most 100 messages, newest
first. Kept in the cursor: the last message seen, and a short trail of the newest ones that is read again each
time, which shows edits and deletions that nobody is told about.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.channels._chat import Room
from services.channels._discord_api import PAGE, Api, id_of
from services.channels._discord_messages import digest_of
from services.channels._shapes import Json, is_missing, moment_of, text_of
from services.clock import iso, parse_iso
from services.errors import BadAnswer

TRAIL = 30
_SHORT_TRAIL = 12


class News:
    """What one page brought. ``taken``: messages that are new or changed, oldest first; ``gone``: ids;
    ``is_empty``: the page was, although there should be something; ``more``: read on at once."""

    def __init__(self) -> None:
        self.taken: list[Json] = []
        self.gone: list[str] = []
        self.is_empty = False
        self.more = False


class RoomState:
    """``below`` is set while history is walked back: from ``top`` down to ``last`` (a hole between two
    pages), or to the time ``since`` (the first look; ``is_loud``: at something that began just now, such as
    a thread). ``is_ours``: a thread that one of us opened. ``blank``: the oldest message whose words
    Discord did not show."""

    def __init__(self, told: Any, since: datetime) -> None:
        told = told if isinstance(told, Mapping) else {}
        self.last = _digits(told.get("last"))
        self.blank = _digits(told.get("blank"))
        self.top = _digits(told.get("top"))
        self.below = _digits(told.get("below"))
        self.since = _moment(told.get("since"))
        trail = told.get("trail")
        self.trail: list[list[str]] = [
            [str(one[0]), str(one[1])]
            for one in (trail if isinstance(trail, list) else ())
            if isinstance(one, list) and len(one) == 2 and _digits(one[0])
        ]
        self.talk = Room(told.get("talk"))
        self.is_ours = told.get("ours") is True
        self.is_loud = told.get("loud") is True
        if not told:
            self.since = since

    @property
    def is_quiet(self) -> bool:
        return self.since is not None and not self.is_loud

    def kept(self, *, is_thread: bool) -> dict[str, Any]:
        state: dict[str, Any] = {
            "last": self.last,
            "trail": self.trail[-(_SHORT_TRAIL if is_thread else TRAIL) :],
            "blank": self.blank,
            "top": self.top,
            "below": self.below,
            "since": iso(self.since) if self.since else "",
        }
        if self.is_ours:
            state["ours"] = True
        if self.is_loud and self.since:
            state["loud"] = True
        if not is_thread:
            state["talk"] = self.talk.kept()
        # Never empty: that would be a room never seen.
        return {name: value for name, value in state.items() if value} or {"last": "0"}

    # --- reading

    def read(self, api: Api, room_id: str) -> News:
        if self.since is not None or self.below:
            return self._down(api, room_id)
        return self._up(api, room_id)

    def _down(self, api: Api, room_id: str) -> News:
        news = News()
        page = api.messages(room_id, before=self.below) if self.below else api.messages(room_id)
        page = [one for one in page if not self.below or id_of(one) < int(self.below)]
        if not self.below and page:
            self.top = text_of(page[0], "id")
            self._learn(page[:TRAIL])
        elif not page and not self.below:
            news.is_empty = True
        wanted = [one for one in page if self._is_wanted(one)]
        news.taken = wanted[::-1]
        news.more = bool(wanted) and len(wanted) == len(page)
        if news.more:
            self.below = text_of(page[-1], "id")
        else:
            # A hole was below a full page; there may be more above it.
            news.more = self.since is None
            self.last, self.top, self.below, self.since = self.top or self.last, "", "", None
        return news

    def _is_wanted(self, message: Json) -> bool:
        if self.since is None:
            return id_of(message) > int(self.last or 0)
        return (moment_of(message, "timestamp") or self.since) >= self.since

    def _up(self, api: Api, room_id: str) -> News:
        news = News()
        foot = int(self.trail[0][0]) - 1 if self.trail else int(self.last or 0)
        page = api.messages(room_id, after=str(foot))
        page = [one for one in page if id_of(one) > foot]
        news.is_empty = not page
        if not page:
            return news
        known = dict(self.trail)
        fresh = [one for one in page if text_of(one, "id") not in known and id_of(one) > int(self.last or 0)]
        changed = [one for one in page if known.get(text_of(one, "id"), digest_of(one)) != digest_of(one)]
        news.taken = sorted([*fresh, *changed], key=id_of)
        if len(page) >= PAGE:
            # A server may show the newest of them first and leave a hole below; the next page shows whether.
            self.top, self.below = text_of(page[0], "id"), text_of(page[-1], "id")
            self._learn(page[:TRAIL])
            news.more = True
            return news
        there = {text_of(one, "id") for one in page}
        highest = max(id_of(one) for one in page)
        news.gone = [i for i, _ in self.trail if i not in there]
        self.trail = [one for one in self.trail if one[0] not in set(news.gone)]
        self._learn(page)
        self.last = str(max(highest, int(self.last or 0)))
        return news

    def _learn(self, messages: list[Json]) -> None:
        by_id = dict(self.trail) | {text_of(one, "id"): digest_of(one) for one in messages}
        self.trail = [[i, by_id[i]] for i in sorted(by_id, key=int)[-TRAIL:]]

    # --- words that were hidden

    def hide(self, message: Json) -> None:
        if not self.blank or id_of(message) < int(self.blank):
            self.blank = text_of(message, "id")

    def hidden(self, api: Api, room_id: str) -> Json | None:
        """The oldest message without words as it is now; None when it is gone."""
        try:
            return api.message(room_id, self.blank)
        except BadAnswer as error:
            if not is_missing(error):
                raise
            return None

    def go_back(self) -> None:
        """Reads on from the first hidden message once more."""
        if not self.since and not self.below:
            self.last, self.trail = str(int(self.blank) - 1), []
            self.blank = ""


def _digits(value: Any) -> str:
    text = value if isinstance(value, str) else ""
    return text if text.isascii() and text.isdecimal() and len(text) < 21 else ""


def _moment(value: Any) -> datetime | None:
    try:
        return parse_iso(value) if isinstance(value, str) and value else None
    except ValueError:
        return None
