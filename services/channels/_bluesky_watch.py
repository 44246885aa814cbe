"""Looking after the posts of the last seven days: nobody is told when one is deleted or changed.

Lexicon app.bsky.feed.getPosts (25 at a time): the newest with every look, the older ones in turns. A changed
post has another ``cid``; one that is missing may be deleted, or only hidden by a block, which getPostThread
tells. A ``replyCount`` that has grown tells of words below that nobody notified us of.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from services.channels._bluesky_messages import sent_of
from services.channels._shapes import Json, number_of, text_of
from services.clock import iso, parse_iso

AT_ONCE = 25
_AGE = timedelta(days=7)
_BETWEEN_ROUNDS = timedelta(minutes=5)
_MOST_WATCHED = 300


class Watch:
    """Posts by address with the ``cid`` and the number of answers last seen. ``state`` goes into the cursor;
    broken entries are dropped."""

    def __init__(self, kept: Any, now: datetime) -> None:
        kept = kept if isinstance(kept, Mapping) else {}
        seen = kept.get("seen")
        self._now = now
        self._seen: dict[str, tuple[str, str]] = {
            str(uri): (str(entry[0]), str(entry[1]))
            for uri, entry in (seen.items() if isinstance(seen, Mapping) else ())
            if isinstance(entry, list) and len(entry) == 2
        }
        answers = kept.get("answers")
        self._answers: dict[str, int] = {
            str(uri): number
            for uri, number in (answers.items() if isinstance(answers, Mapping) else ())
            if isinstance(number, int)
        }
        self._turn = str(kept.get("turn") or "")
        self._checked = str(kept.get("checked") or "")

    def state(self) -> dict[str, Any]:
        oldest = iso(self._now - _AGE)
        young = sorted((e for e in self._seen.items() if e[1][1] >= oldest), key=lambda e: e[1][1])
        kept = dict(young[-_MOST_WATCHED:])
        return {
            "seen": {uri: list(entry) for uri, entry in kept.items()},
            "answers": {uri: number for uri, number in self._answers.items() if uri in kept},
            "turn": self._turn,
            "checked": self._checked,
        }

    def see(self, post: Json) -> None:
        moment = min(sent_of(post, self._now), self._now)
        self._seen[text_of(post, "uri")] = (text_of(post, "cid"), iso(moment))

    def forget(self, uri: str) -> None:
        self._seen.pop(uri, None)
        self._answers.pop(uri, None)

    def knows(self, uri: str) -> bool:
        return uri in self._seen

    def is_changed(self, post: Json) -> bool:
        known = self._seen.get(text_of(post, "uri"))
        return known is not None and known[0] != text_of(post, "cid")

    def has_grown(self, post: Json) -> bool:
        """More answers stand below it than when ``looked_below`` was said last."""
        return (number_of(post, "replyCount") or 0) > self._answers.get(text_of(post, "uri"), 0)

    def looked_below(self, post: Json) -> None:
        self._answers[text_of(post, "uri")] = number_of(post, "replyCount") or 0

    def due(self, covered: set[str]) -> list[str]:
        """Whom to ask about now: the newest, and from time to time some of the others."""
        oldest = iso(self._now - _AGE)
        young = [uri for uri, (_, sent) in self._seen.items() if sent >= oldest and uri not in covered]
        young.sort(key=lambda uri: (self._seen[uri][1], uri), reverse=True)
        newest, others = young[:AT_ONCE], young[AT_ONCE:]
        is_rested = not self._checked or not (
            timedelta(0) <= self._now - parse_iso(self._checked) < _BETWEEN_ROUNDS
        )
        if not others or not is_rested:
            return newest
        place = others.index(self._turn) + 1 if self._turn in others else 0
        chosen = others[place : place + AT_ONCE] or others[:AT_ONCE]
        self._turn, self._checked = chosen[-1], iso(self._now)
        return newest + chosen
