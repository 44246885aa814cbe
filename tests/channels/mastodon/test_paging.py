"""The reader of growing lists against servers of every habit, with whatever happens between two looks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given, strategies as st

from services.channels._mastodon_paging import (
    OVERLAP,
    Trail,
    extended,
    just_before,
    newest_first,
    read_news,
    read_trail,
    sort_key,
)

Ids = Callable[[int], str]


def numeric(number: int) -> str:
    """Passes from four to five digits on the way."""
    return str(9_900 + number)


def ulid(number: int) -> str:
    return f"01M7W6{number:020d}"


def flake(number: int) -> str:
    return f"BCdVc{number:013d}"


class GrowingList:
    """A list as a server keeps it. ``cap``: entries a page at most. ``since``: min_id is taken for since_id.
    ``upside_down``: oldest first."""

    def __init__(self, ids: Ids, *, cap: int = 40, since: bool = False, upside_down: bool = False) -> None:
        self.ids = ids
        self.cap = cap
        self.since = since
        self.upside_down = upside_down
        self.entries: list[int] = []
        self.requests = 0
        self.made = 0

    def grow(self, many: int) -> list[str]:
        fresh = list(range(self.made, self.made + many))
        self.made += many
        self.entries += fresh
        return [self.ids(n) for n in fresh]

    def fetch(self, params: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
        self.requests += 1
        wish = dict(params)
        found = [self.ids(n) for n in sorted(self.entries)]
        if below := wish.get("max_id"):
            found = [i for i in found if sort_key(i) < sort_key(below)]
        if above := wish.get("min_id"):
            found = [i for i in found if sort_key(i) > sort_key(above)]
            found = found[-self.cap :] if self.since else found[: self.cap]
        else:
            found = found[-self.cap :]
        shown = found if self.upside_down else found[::-1]
        return [{"id": i, "status": {"id": f"s{i}"}} for i in shown]


class Reader:
    def __init__(self, server: GrowingList) -> None:
        self.server = server
        self.trail: Trail = []

    def look(self) -> list[str]:
        heard: list[str] = []
        for _ in range(200):
            news = read_news(self.server.fetch, self.trail)
            fresh = [str(one["id"]) for one in news.new]
            heard += fresh
            self.trail = extended(self.trail, [(i, f"s{i}", "") for i in fresh], gone=news.missing)
            if not news.more:
                return heard
        raise AssertionError("reading never ends")


IDS = pytest.mark.parametrize("ids", [numeric, ulid, flake])


@IDS
@pytest.mark.parametrize("since", [False, True])
@pytest.mark.parametrize("cap", [10, 20, 80])
@pytest.mark.parametrize("many", [1, 4, 5, 6, 79, 80, 81, 500])
def test_everything_new_is_read_once_and_in_order(ids: Ids, since: bool, cap: int, many: int) -> None:
    server = GrowingList(ids, cap=cap, since=since)
    reader = Reader(server)
    first = server.grow(60)
    assert sorted(reader.look(), key=sort_key) == first
    fresh = server.grow(many)
    heard = reader.look()
    assert sorted(heard, key=sort_key) == fresh
    assert len(heard) == len(set(heard))
    assert reader.look() == []


@IDS
def test_a_quiet_look_is_one_request(ids: Ids) -> None:
    server = GrowingList(ids)
    reader = Reader(server)
    server.grow(200)
    reader.look()
    server.requests = 0
    assert reader.look() == []
    assert server.requests == 1


def test_a_page_that_is_upside_down_is_turned() -> None:
    server = GrowingList(numeric, upside_down=True)
    reader = Reader(server)
    server.grow(3)
    reader.look()
    fresh = server.grow(130)
    assert reader.look() == fresh


@IDS
@given(steps=st.lists(st.tuples(st.integers(0, 90), st.integers(0, 40)), max_size=8), since=st.booleans())
def test_whatever_is_added_and_deleted_in_between(
    ids: Ids, steps: list[tuple[int, int]], since: bool
) -> None:
    """Newest and oldest entries vanish, whole stretches vanish; what is new and still there is heard exactly
    once."""
    server = GrowingList(ids, cap=20, since=since)
    reader = Reader(server)
    server.grow(30)
    heard = set(reader.look())
    for added, deleted in steps:
        fresh = server.grow(added)
        server.entries = server.entries[: max(0, len(server.entries) - deleted)]
        left = {server.ids(n) for n in server.entries}
        news = reader.look()
        assert set(news) == {i for i in fresh if i in left}
        assert len(news) == len(set(news))
        assert heard.isdisjoint(news)
        heard.update(news)


def test_late_entries_within_the_overlap_are_found() -> None:
    server = GrowingList(numeric)
    reader = Reader(server)
    server.grow(50)
    late = server.entries.pop(-(OVERLAP - 2))
    assert numeric(late) not in reader.look()
    server.grow(1)
    server.entries.append(late)
    assert numeric(late) in reader.look()


def test_what_vanished_is_named_and_what_was_only_not_asked_for_is_not() -> None:
    server = GrowingList(numeric)
    reader = Reader(server)
    server.grow(50)
    reader.look()
    server.entries.remove(49)
    server.entries.remove(40)
    server.entries.remove(3)
    missing = read_news(server.fetch, reader.trail).missing
    assert sorted(entry[0] for entry in missing) == sorted([numeric(49), numeric(40)])


def test_when_everything_vanished_old_entries_do_not_come_back_as_new() -> None:
    server = GrowingList(numeric)
    reader = Reader(server)
    server.grow(30)
    reader.look()
    server.entries = [n for n in server.entries if n < 2]
    assert reader.look() == []
    assert len(reader.trail) >= 1
    assert reader.look() == []
    assert reader.look() == []
    fresh = server.grow(2)
    assert reader.look() == fresh


def test_a_server_that_always_gives_the_same_page_ends_the_reading() -> None:
    page = [{"id": numeric(n)} for n in range(20)]
    news = read_news(lambda params: page, [[numeric(3), "", ""], [numeric(4), "", ""]])
    assert [one["id"] for one in news.new] == [numeric(n) for n in range(5, 20)]
    assert not news.more


def test_ids_are_ordered_as_their_server_does() -> None:
    assert sorted(["100000", "99999"], key=sort_key) == ["99999", "100000"]
    assert sorted(["01B", "01A"], key=sort_key) == ["01A", "01B"]


@given(
    st.lists(st.integers(1, 10**9), min_size=2, max_size=2, unique=True),
    st.sampled_from([numeric, ulid, flake]),
)
def test_just_before_an_id_lies_between_it_and_every_smaller_one(numbers: list[int], ids: Ids) -> None:
    smaller, larger = sorted(numbers)
    before = just_before(ids(larger))
    assert len(before) == len(ids(larger))
    assert sort_key(before) < sort_key(ids(larger))
    assert sort_key(ids(smaller)) <= sort_key(before)


@pytest.mark.parametrize(
    ("identifier", "before"),
    [
        ("100000", "099999"),
        ("1", "0"),
        ("0", "0"),
        ("01M865WPR0000000000000000J", "01M865WPR0000000000000000H"),
        ("01M865WPR000000000000000A0", "01M865WPR0000000000000009Z"),
        ("BCdVc0000000000a00", "BCdVc00000000009zz"),
        ("000", "000"),
    ],
)
def test_just_before(identifier: str, before: str) -> None:
    assert just_before(identifier) == before


def test_every_look_says_where_it_goes_on() -> None:
    asked = []
    server = GrowingList(numeric)

    def fetch(params: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
        asked.append(dict(params))
        return server.fetch(params)

    server.grow(3)
    read_news(fetch, [[numeric(1), "", ""], [numeric(2), "", ""]])
    assert asked == [{"min_id": just_before(numeric(1))}]


def test_entries_without_an_id_and_repeated_ones_are_left_out() -> None:
    page = [{"id": "1"}, {}, {"id": None}, {"id": "2"}, {"id": "1"}]
    assert [one["id"] for one in newest_first(page)] == ["2", "1"]


@pytest.mark.parametrize("value", [None, 3, "x", [1, "a"], [["a", "b"]], {"a": 1}])
def test_a_trail_out_of_a_broken_cursor_is_empty(value: object) -> None:
    assert read_trail(value) == []
