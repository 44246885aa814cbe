"""Reading a list that grows at its newer end, without holes and without believing more than the server shows.

docs.joinmastodon.org/api/guidelines (pagination): ``max_id`` older than; ``min_id`` the page right after;
both newest first. Three things go wrong in the world, and all three are answered by reading a little of what
is already known again:

* entries become visible late (their transaction ended after a newer one's): the overlap finds them;
* some servers take ``min_id`` for ``since_id`` and give the newest page, which leaves a hole: then the known
  entries are missing from the foot of the page, and the gap is walked backwards;
* entries are edited or deleted: the overlap shows the new words, or their absence.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.channels._mastodon_api import Json
from services.channels._mastodon_messages import text_of

OVERLAP = 14
"""So many known entries are read again each time: fewer than the shortest page of any server, so that there
is room for news."""
_MOST_PAGES = 4
_MOST_GAP_PAGES = 60
_MOST_REQUESTS = 40
_ULID = 26

Fetch = Callable[[Sequence[tuple[str, str]]], list[Json]]
Trail = list[list[str]]
"""Newest known entries of a list, oldest first: [id, id of its status (or empty), digest of its words]."""


def sort_key(identifier: str) -> tuple[int, str]:
    """Order within one server's list: all-digit ids by size (99999 before 100000), all others (ULID, flake)
    as text."""
    return (len(identifier), identifier) if identifier.isascii() and identifier.isdigit() else (0, identifier)


def newest_first(page: Sequence[Json]) -> list[Json]:
    """Whatever order a server likes. Entries without an id cannot be remembered and are left out; repeated
    ones come once."""
    by_id = {text_of(one, "id"): one for one in page if text_of(one, "id")}
    return sorted(by_id.values(), key=lambda one: sort_key(text_of(one, "id")), reverse=True)


@dataclass
class News:
    """What one look brought. ``new`` oldest first; ``again`` are known entries as they are now; ``missing``
    are trail entries that should have been shown and were not. ``more``: there may be newer ones, look again
    at once."""

    new: list[Json] = field(default_factory=list)
    again: list[Json] = field(default_factory=list)
    missing: Trail = field(default_factory=list)
    more: bool = False


def read_news(fetch: Fetch, trail: Trail, *, pages: int = _MOST_PAGES) -> News:
    """Everything after the trail, at most ``pages`` pages of it; the caller extends the trail by what it made
    of ``new``.

    The trail is one unbroken stretch of the list, so whatever is newer than its first entry and not in it is
    new.
    """
    news = News(more=True)
    known = {entry[0] for entry in trail}
    ground = foot = just_before(trail[0][0]) if trail else ""
    witnesses = known
    newest = max((sort_key(i) for i in known), default=sort_key(""))
    is_whole = False
    seen: dict[str, Json] = {}
    for _ in range(_MOST_REQUESTS):
        page = newest_first(fetch([("min_id", foot)] if foot else []))
        page = [one for one in page if sort_key(_id(one)) > sort_key(foot)]
        if not seen:
            is_whole = len(page) <= OVERLAP
        unseen = [one for one in page if _id(one) not in known and _id(one) not in seen]
        if unseen and witnesses.isdisjoint(_id(one) for one in page):
            page = newest_first([*page, *_gap(fetch, _id(page[-1]), known | seen.keys(), foot)])
        before = max((sort_key(i) for i in seen), default=sort_key(foot))
        seen.update((_id(one), one) for one in page)
        top = sort_key(_id(page[0])) if page else before
        if not trail or top <= before or (not unseen and top >= newest):
            news.more = False
            break
        # Pages of nothing but known entries (a server with very short ones) do not count.
        pages -= bool(unseen)
        if pages <= 0:
            break
        # From the last but one, so that the last one stands at the foot of the next page as a witness.
        ordered = sorted({foot, *seen}, key=sort_key)
        foot, witnesses = ordered[-2], {ordered[-1]}
    news.new = [one for one in reversed(newest_first(list(seen.values()))) if _id(one) not in known]
    news.again = [one for identifier, one in seen.items() if identifier in known]
    # Only between the ends of what was shown: a server that takes min_id for since_id begins a full page
    # later.
    ends = sorted(sort_key(i) for i in seen)
    lowest = sort_key(ground) if is_whole or not ends else ends[0]
    news.missing = [
        e
        for e in trail
        if e[0] not in seen
        and sort_key(e[0]) > lowest
        and (not news.more or (ends and sort_key(e[0]) < ends[-1]))
    ]
    return news


def just_before(identifier: str) -> str:
    """An id that sorts right before this one and has its shape, so that ``min_id`` shows this one again."""
    if identifier.isascii() and identifier.isdigit():
        return str(max(0, int(identifier) - 1)).zfill(len(identifier))
    largest = "Z" if identifier.upper() == identifier else "z"
    for place in range(len(identifier) - 1, -1, -1):
        letter = identifier[place]
        if not letter.isascii() or not letter.isalnum() or letter == "0":
            continue
        smaller = "9" if letter in "Aa" else chr(ord(letter) - 1)
        if len(identifier) == _ULID and smaller in "ILOU":
            # Letters that a ULID does not have.
            smaller = chr(ord(smaller) - 1)
        return identifier[:place] + smaller + largest * (len(identifier) - place - 1)
    return identifier


def _id(entry: Json) -> str:
    return text_of(entry, "id")


def _gap(fetch: Fetch, lowest: str, known: set[str], foot: str) -> list[Json]:
    """What lies between the foot and a page that does not touch it; nothing for servers that page rightly
    (one request)."""
    found: list[Json] = []
    for _ in range(_MOST_GAP_PAGES):
        older = [
            one for one in newest_first(fetch([("max_id", lowest)])) if sort_key(_id(one)) < sort_key(lowest)
        ]
        inside = [one for one in older if not foot or sort_key(_id(one)) > sort_key(foot)]
        found += inside
        if not older or len(inside) < len(older) or any(_id(one) in known for one in older):
            break
        lowest = _id(older[-1])
    return found


def extended(
    trail: Trail, entries: Sequence[tuple[str, str, str]], *, gone: Sequence[list[str]] = ()
) -> Trail:
    """The trail with these entries in it (new, or with new words), without those that are gone; the newest
    ``OVERLAP`` of them. Never empty once it held something: an empty trail would mean that
    everything is new."""
    by_id = {entry[0]: entry for entry in trail}
    by_id.update({entry[0]: list(entry) for entry in entries})
    if not by_id:
        return []
    newest = max(by_id, key=sort_key)
    lost = {entry[0] for entry in gone}
    kept = sorted((e for e in by_id.values() if e[0] not in lost), key=lambda e: sort_key(e[0]))
    return kept[-OVERLAP:] or [[newest, "", ""]]


def read_trail(value: Any) -> Trail:
    """A trail out of a cursor, whatever is in it."""
    return (
        [[str(p) for p in e] for e in value if isinstance(e, list) and len(e) == 3]
        if isinstance(value, list)
        else []
    )
