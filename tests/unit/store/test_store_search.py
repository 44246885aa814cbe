"""Search: newest first, last word as a prefix, nothing typed can break it."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from services.model import State
from services.store import Store, search
from tests.unit.store.kit import Step


def found(store: Store, query: str, **more) -> list[str]:  # type: ignore[no-untyped-def]
    return [row.title for row in store.search(query, **more).conversations]


@pytest.fixture
def shop(put, make):  # type: ignore[no-untyped-def]
    put(
        make.said("1", "Der Käsekuchen war leider kalt", minutes=-50, title="t1"),
        make.said("2", "cheese cake and coffee", minutes=-40, title="t2", author="Jonas"),
        make.said("3", 'He said "never again" (AND NOT us)', minutes=-30, title="t3"),
        make.said("4", "Lovely 🧁 cupcakes", minutes=-20, title="t4"),
        make.said("5", "店のケーキが冷たい", minutes=-10, title="t5"),
    )


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("kase", ["t1"]),
        ("KÄSEK", ["t1"]),
        ("k", ["t1"]),
        ("cake", ["t2"]),
        ("coffee che", ["t2"]),
        ("cof cheese", []),
        ("jonas", ["t2"]),
        ("@jonas", ["t2"]),
        ("never again", ["t3"]),
        ('"never', ["t3"]),
        ("and not", ["t3"]),
        ("(and", ["t3", "t2"]),
        ("🧁", ["t4"]),
        ("ケーキ", ["t5"]),
        ("t", ["t5", "t4", "t3", "t2", "t1"]),
        ("nothing", []),
        ("", []),
        ("  ", []),
        ("*", []),
        ("NEAR(a b)", []),
        ("text:cake", []),
        ("a\0b", []),
        ("^cake", ["t2"]),
        ("-", []),
        ("%", []),
    ],
)
def test_what_is_found(store: Store, shop, query: str, titles: list[str]) -> None:
    assert found(store, query) == titles


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=30) | st.text(alphabet='"*()^:-+{}\\%_ aN\0\ud800', max_size=12))
def test_nothing_typed_can_break_it(store: Store, query: str) -> None:
    store.search(query)
    store.search_relevant(query)


def test_every_conversation_once_over_all_pages(store: Store, account, make) -> None:
    dice = random.Random(3)
    said = [
        make.said(
            f"m{n}",
            f"apple {'pie' if n % 2 else 'strudel'} number{n}",
            minutes=-500 + n,
            conversation_key=f"k{dice.randint(0, 80)}",
        )
        for n in range(400)
    ]
    store.apply(account.id, Step(tuple(said)), {})
    everything = {row.id for row in store.page("all", limit=500).conversations}
    for query in ("apple", "app", "appl"):
        ids: list[int] = []
        key = ""
        while True:
            page = store.search(query, after=key, limit=9)
            ids += [row.id for row in page.conversations]
            key = page.next
            if not key:
                break
        assert len(ids) == len(set(ids))
        assert set(ids) == everything


def test_the_newest_come_first(store: Store, make, put) -> None:
    put(*(make.said(f"m{n}", "apple pie", minutes=-n, title=f"{n:03d}") for n in range(300)))
    assert found(store, "app", limit=5) == ["000", "001", "002", "003", "004"]
    assert found(store, "apple pie", limit=3) == ["000", "001", "002"]


def test_views_and_accounts_narrow_it(store: Store, account, make, put) -> None:
    other = store.add_account("feeds", "Blog", settings={"url": "u"})
    put(
        make.said("a", "apple", minutes=-3, title="first"),
        make.said("b", "apple", minutes=-2, title="second"),
    )
    store.apply(other.id, Step((make.said("c", "apple", minutes=-1, title="other"),)), {})
    store.mark([store.find_conversation(account.id, "a")], State.DONE)
    assert found(store, "apple") == ["other", "second", "first"]
    assert found(store, "apple", account_id=account.id) == ["second", "first"]
    assert found(store, "apple", view="done") == ["first"]
    assert found(store, "apple", view="new", account_id=other.id) == ["other"]


def test_the_index_follows_edits_and_removals(store: Store, account, make, put) -> None:
    put(make.said("a", "apple", title="x"))
    put(make.said("a", "pear", title="x"))
    assert found(store, "apple") == []
    assert found(store, "pear") == ["x"]
    store.remove_account(account.id)
    assert found(store, "pear") == []
    assert store.check() == []


def test_relevance_prefers_what_says_it_more(store: Store, make, put) -> None:
    put(
        make.said("a", "plum plum plum", minutes=-9, title="much"),
        make.said(
            "b",
            "once a plum in a very long text about other kinds of fruit and cakes",
            minutes=-1,
            title="little",
        ),
    )
    assert [row.title for row in store.search_relevant("plum").conversations] == ["much", "little"]


def test_without_the_index_the_newest_are_read(store: Store, make, put) -> None:
    put(make.said("a", "Apple pie 100%", title="x"))

    def drop(connection):  # type: ignore[no-untyped-def]
        for trigger in ("messages_fts_in", "messages_fts_out", "messages_fts_change"):
            connection.execute(f"DROP TRIGGER {trigger}")
        connection.execute("DROP TABLE messages_fts")

    store._database.write(drop)
    assert found(store, "apple pie 100%") == ["x"]
    assert found(store, "100_") == []
    assert store.search_relevant("pie").conversations[0].title == "x"
    store._database.write(search.install)
    assert found(store, "pie") == ["x"]
