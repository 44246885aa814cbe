"""Looking after what customers wrote in the last seven days: Mastodon tells nobody when a status is edited or
deleted later.

docs.joinmastodon.org/methods/statuses:
``GET /api/v1/statuses?id[]=`` (4.3) reads twenty at once; elsewhere a few are read one by one. Newest first,
round and round.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from services.channels._mastodon_api import Api, Json, is_missing, status_of
from services.channels._mastodon_messages import digest_of, moment_of, text_of
from services.channels._mastodon_paging import sort_key
from services.clock import iso, parse_iso
from services.errors import BadAnswer

_AGE = timedelta(days=7)
_BETWEEN_ROUNDS = timedelta(minutes=5)
_MOST_WATCHED = 300
_AT_ONCE = 20
_SINGLY = 5


class Watch:
    """Statuses by id with a digest of their words. ``kept`` goes into the cursor; unknown or broken entries
    are dropped."""

    def __init__(self, kept: Any, now: datetime) -> None:
        kept = kept if isinstance(kept, Mapping) else {}
        seen = kept.get("seen")
        self._now = now
        self._seen: dict[str, tuple[str, str]] = {
            str(i): (str(e[0]), str(e[1]))
            for i, e in (seen.items() if isinstance(seen, Mapping) else ())
            if isinstance(e, list) and len(e) == 2
        }
        self._turn = str(kept.get("turn", ""))
        self._checked = str(kept.get("checked", ""))
        self._many = kept.get("many") is not False

    def kept(self) -> dict[str, Any]:
        oldest = iso(self._now - _AGE)
        young = [i for i, (_, sent) in self._seen.items() if sent >= oldest]
        young = sorted(young, key=sort_key)[-_MOST_WATCHED:]
        state: dict[str, Any] = {
            "seen": {i: list(self._seen[i]) for i in young},
            "turn": self._turn,
            "checked": self._checked,
        }
        return state if self._many else state | {"many": False}

    def knows(self, status_id: str) -> bool:
        return status_id in self._seen

    def see(self, status: Json) -> None:
        moment = moment_of(status, "created_at") or self._now
        self._seen[text_of(status, "id")] = (digest_of(status), iso(moment))

    def forget(self, status_id: str) -> None:
        self._seen.pop(status_id, None)

    def is_changed(self, status: Json) -> bool:
        known = self._seen.get(text_of(status, "id"))
        return known is not None and known[0] != digest_of(status)

    def next_round(self, covered: Collection[str]) -> list[str]:
        """Whom to ask about now; empty when it is not yet time."""
        if self._checked and timedelta(0) <= self._now - parse_iso(self._checked) < _BETWEEN_ROUNDS:
            return []
        oldest = iso(self._now - _AGE)
        waiting = [i for i, (_, sent) in self._seen.items() if i not in covered and sent >= oldest]
        waiting.sort(key=sort_key, reverse=True)
        if not waiting:
            return []
        older = [i for i in waiting if self._turn and sort_key(i) < sort_key(self._turn)]
        chosen = (older or waiting)[: _AT_ONCE if self._many else _SINGLY]
        self._turn = chosen[-1]
        self._checked = iso(self._now)
        return chosen

    def fetch(self, ids: list[str], api: Api, one: Callable[[str], Json]) -> tuple[list[Json], list[str]]:
        """(statuses as they are now, ids that may be gone). Where twenty at once are not to be had, the first
        few are read singly."""
        if self._many:
            try:
                found = api.list("/api/v1/statuses", [("id[]", i) for i in ids], scope="read:statuses")
            except BadAnswer as error:
                if status_of(error) not in (400, 404, 405, 410, 422):
                    raise
                self._many = False
            else:
                there = {text_of(status, "id") for status in found}
                return [s for s in found if text_of(s, "id") in set(ids)], [i for i in ids if i not in there]
        asked = ids[:_SINGLY]
        self._turn = asked[-1]
        statuses: list[Json] = []
        doubtful: list[str] = []
        for identifier in asked:
            try:
                statuses.append(one(identifier))
            except BadAnswer as error:
                if not is_missing(error):
                    raise
                doubtful.append(identifier)
        return statuses, doubtful
