"""One round over all searches of an account: a step asks one of them, and one that fails silences no other.

The cursor: ``left`` the searches still to be asked in this round, ``failed`` those that could not be, and
for each search under ``of`` what it remembers. A round in which some were heard ends with the trouble of the
others; one in which none was ends with the error itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from services.channels._mentions_dated import EVERY, DatedSearch
from services.channels._mentions_pages import Pages
from services.channels._mentions_searches import POSTS, Search
from services.channels.base import Batch, Channel, Tools
from services.channels.web import Web
from services.clock import parse_iso
from services.errors import BadAnswer, ChannelError, NotAllowed, RateLimited, SignInNeeded, Unreachable
from services.model import JsonObject, Message

SOONEST, LATEST = timedelta(minutes=10), timedelta(minutes=60)
_KINDS: Mapping[str, type[ChannelError]] = {
    kind.kind: kind for kind in (SignInNeeded, NotAllowed, RateLimited, Unreachable, BadAnswer)
}
_OURS = frozenset({"cancelled", "offline", "closed"})
"""Why no search at all can be asked: the others would fail the same way."""

Reader = Callable[[Search], Channel]


class Round:
    """``reader`` gives the feed reader of a search; the same object in every step, for it may hold the rest
    of a long document."""

    def __init__(
        self,
        searches: Sequence[Search],
        words: Sequence[str],
        sites: Sequence[str],
        titles: JsonObject,
        tools: Tools,
        reader: Reader,
        cursor: JsonObject,
    ) -> None:
        self._searches = {one.key: one for one in searches}
        self._words, self._sites, self._titles = words, sites, titles
        self._tools, self._reader = tools, reader
        self._of: dict[str, dict[str, Any]] = {
            key: dict(value) for key, value in dict(cursor.get("of") or {}).items() if key in self._searches
        }
        left = [key for key in cursor.get("left") or () if key in self._searches]
        self._left = left or list(self._searches)
        self._failed: dict[str, dict[str, Any]] = dict(cursor.get("failed") or {}) if left else {}
        self._waits: dict[str, int] = dict(cursor.get("waits") or {}) if left else {}

    def step(self) -> Batch:
        while self._left:
            key = self._left[0]
            try:
                messages, is_more = self._ask(self._searches[key])
            except ChannelError as error:
                if error.reason in _OURS:
                    raise
                self._failed[key] = _kept(error)
                self._left.remove(key)
                continue
            if not is_more:
                self._left.remove(key)
            if self._left:
                return Batch(tuple(messages), cursor=self._cursor(), more=True)
            return self._ended(messages)
        return self._ended([])

    def _ask(self, search: Search) -> tuple[list[Message], bool]:
        state = self._of.setdefault(search.key, {})
        if search.answers_in:
            dated = dated_search(search, self._words, self._tools.web, dict(state), self._sites)
            messages, is_more = dated.step(self._tools.clock.now(), self._tools.backfill)
            self._of[search.key] = dated.state
            self._waits[search.key] = int(EVERY.total_seconds())
            return messages, is_more
        seen = dict(state.get("seen") or {})
        pages = Pages(search, str(self._titles.get(search.key, "")), self._sites, seen)
        batch = self._reader(search).poll(dict(state.get("feed") or {}))
        messages = pages.mentions(batch.messages)
        kept = dict(batch.cursor or {})
        # Where it moved to may hold its secret; the redirect is followed again instead.
        kept.pop("moved", None)
        self._of[search.key] = {"feed": kept, "seen": seen}
        if batch.next_after is not None:
            self._waits[search.key] = int(batch.next_after.total_seconds())
        return messages, batch.more

    def _ended(self, messages: Sequence[Message]) -> Batch:
        failed = [(key, made_again(kept)) for key, kept in self._failed.items() if key in self._searches]
        if failed and len(failed) == len(self._searches):
            raise failed[0][1]
        soonest = min(self._waits.values(), default=0)
        after = min(max(timedelta(seconds=soonest), SOONEST), LATEST)
        trouble = in_part(failed[0][1], self._searches[failed[0][0]].name) if failed else None
        self._failed, self._waits = {}, {}
        return Batch(tuple(messages), cursor=self._cursor(), next_after=after, trouble=trouble)

    def _cursor(self) -> JsonObject:
        state: dict[str, Any] = {"of": self._of}
        for name in ("left", "failed", "waits"):
            if value := getattr(self, f"_{name}"):
                state[name] = value
        return state


def dated_search(
    search: Search, words: Sequence[str], web: Web, state: dict[str, Any], sites: Sequence[str] = ()
) -> DatedSearch:
    """The reader of a search that is no feed."""
    from services.channels._mentions_posts import Posts
    from services.channels._mentions_stories import Stories

    url, asked = search.url.partition("?")[0], search.words(words)
    if search.answers_in == POSTS:
        return Posts(web, url, asked, state, sites)
    return Stories(web, url, asked, state)


def _kept(error: ChannelError) -> dict[str, Any]:
    """An error in the cursor, without the sample of an answer: a feed may print the address it was asked
    at."""
    detail = {name: value for name, value in error.detail.items() if name not in ("sample", "reason")}
    return {"kind": error.kind, "reason": error.reason, "detail": detail}


def made_again(kept: Mapping[str, Any]) -> ChannelError:
    kind, reason = _KINDS.get(str(kept.get("kind")), BadAnswer), str(kept.get("reason", ""))
    detail = dict(kept.get("detail") or {})
    if kind is RateLimited:
        return _rate_limited(detail, reason)
    return kind(reason, **detail)


def _rate_limited(detail: dict[str, Any], reason: str) -> RateLimited:
    until = detail.pop("until", None)
    return RateLimited(parse_iso(until) if isinstance(until, str) else None, reason, **detail)


def in_part(error: ChannelError, name: str) -> ChannelError:
    """The same trouble, said of one search."""
    detail = {key: value for key, value in error.detail.items() if key in ("host", "status", "until")}
    kept = {"kind": error.kind, "reason": "search", "detail": {**detail, "name": name, "why": error.reason}}
    return made_again(kept)


def without_sample(error: ChannelError) -> ChannelError:
    return made_again(_kept(error))
