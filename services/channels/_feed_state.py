"""What a feed account remembers between two polls: the cursor, as a small object with a JSON form.

Per entry a dozen characters: enough to tell new from changed from known, to give undated entries the same
time for ever, and to recognise an entry whose id changes at every fetch by its link and title.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from services.channels._feed_shape import FeedEntry, digest
from services.channels.web import Conditional, Response

KEPT_BEYOND = 2000
"""Entries remembered although the feed no longer shows them."""
MOST_NAMED = 1000
"""Feeds up to half this long keep the ids themselves, so that an id that changes can be replaced by the
first one."""


@dataclass(slots=True)
class Source:
    """One feed address: its validators, the fingerprint of its last body, and the entries known from it.

    ``known``: short key of an identity -> fingerprint, then ``@seconds`` where the time of first sight
    stands in for a date. ``names``: fingerprint of link, title and date, and of the link alone -> identity.
    """

    etag: str = ""
    modified: str = ""
    body: str = ""
    full: int = 0
    known: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls, data: Any) -> Source:
        data = data if isinstance(data, Mapping) else {}
        return cls(
            str(data.get("etag", "")),
            str(data.get("modified", "")),
            str(data.get("body", "")),
            int(data.get("full", 0)),
            dict(data.get("known") or {}),
            dict(data.get("names") or {}),
        )

    def dump(self) -> dict[str, Any]:
        pairs = {name: getattr(self, name) for name in ("etag", "modified", "body", "full", "known", "names")}
        return {name: value for name, value in pairs.items() if value}

    def validators(self, now: datetime) -> Conditional | None:
        """None once a day: some servers answer "not modified" for ever after a fault of their cache."""
        is_stale = not 0 <= now.timestamp() - self.full < 86_400
        return None if is_stale or not (self.etag or self.modified) else Conditional(self.etag, self.modified)

    def remember(self, response: Response, body: str, now: datetime) -> None:
        validators = response.conditional
        self.etag, self.modified, self.body = validators.etag[:500], validators.modified[:100], body
        self.full = int(now.timestamp())

    def settle_names(self, entries: Iterable[FeedEntry]) -> list[tuple[FeedEntry, str]]:
        """Entries with the identity to use: the first one an entry had, when its id changed but its link,
        title and date did not.

        Only where that is so of at least half of them: then it is a habit of the feed. A single one may as
        well be a new answer in a forum whose entries all link to the same page.
        """
        entries = list(entries)
        present = {e.identity for e in entries}
        former = {}
        for entry in entries:
            known = self.names.get(_name_key(entry), "")
            if known and known not in present and key_of(entry.identity) not in self.known:
                former[entry.identity] = known
        if 2 * len(former) < len(entries):
            former = {}
        return [(entry, former.get(entry.identity, entry.identity)) for entry in entries]

    def keep(self, shown: Mapping[str, str], named: Mapping[str, str], most: int = MOST_NAMED) -> None:
        """After a whole document was taken in: ``shown`` first to go last. The oldest beyond the limit are
        forgotten."""
        others = {key: value for key, value in self.known.items() if key not in shown}
        kept = list(others.items())[-KEPT_BEYOND:]
        self.known = {**dict(kept), **shown}
        both = {**self.names, **named}
        self.names = dict(list(both.items())[-most:]) if len(named) <= most else {}

    def note(self, identity: str, fingerprint: str, first_seen: int | None) -> str:
        value = fingerprint if first_seen is None else f"{fingerprint}@{first_seen}"
        self.known[key_of(identity)] = value
        return value

    def first_seen(self, identity: str) -> datetime | None:
        _, mark, seconds = self.known.get(key_of(identity), "").partition("@")
        return datetime.fromtimestamp(int(seconds), UTC) if mark and seconds.isdecimal() else None

    def named(self, url: str) -> str:
        """Identity of the entry with this link, if the feed showed one lately; else empty."""
        return self.names.get(_link_key(url), "")

    def fingerprint(self, identity: str) -> str:
        return self.known.get(key_of(identity), "").partition("@")[0]


@lru_cache(maxsize=1024)
def key_of(identity: str) -> str:
    return digest(identity, size=6)


def _name_key(entry: FeedEntry) -> str:
    return digest(entry.url, entry.title, entry.raw_date, size=6)


def _link_key(url: str) -> str:
    return digest("link", url, size=6)


def names_of(settled: Iterable[tuple[FeedEntry, str]]) -> dict[str, str]:
    """For ``Source.names``: only where link and title together mean one entry."""
    found: dict[str, str] = {}
    twice = set()
    for entry, identity in settled:
        for key in (_name_key(entry), _link_key(entry.url)):
            if key in found and found[key] != identity:
                twice.add(key)
            found[key] = identity
    return {key: identity for key, identity in found.items() if key not in twice}
