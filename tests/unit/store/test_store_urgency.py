"""Urgency in the rows: what it is made of, that it stays right after every change, and that a migration fills
in the same."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.model import Account, Author, MessageKind, MessageState, State, Verdict
from services.store import Store, filling
from tests.fakes import TUESDAY, FakeClock
from tests.unit.store.conftest import Put
from tests.unit.store.kit import COMPLAINT, PRAISE, Builder, Step

MILD = Verdict(0.6, True, ("late",), "late")


def because(store: Store, remote_id: str, account: Account) -> tuple[str, ...]:
    home = store.find_conversation(account.id, remote_id)
    assert home is not None
    return store.rows([home])[home].urgent_because


def order(store: Store, view: str = "new") -> list[str]:
    return [row.snippet for row in store.page(view).conversations]


def test_the_most_urgent_comes_first_and_of_equal_ones_who_waits_longest(
    store: Store, put: Put, make: Builder
) -> None:
    said: dict[str, dict[str, Any]] = {
        "quiet, late": {"minutes": -10},
        "quiet, early": {"minutes": -900},
        "alone": {"minutes": -5, "private": True, "kind": MessageKind.DIRECT},
        "mild": {"minutes": -8},
        "bad, late": {"minutes": -2},
        "bad, early": {"minutes": -700},
        "one star": {"minutes": -1, "kind": MessageKind.REVIEW, "stars": 1},
        "My lawyer will write": {"minutes": -3},
    }
    verdicts = {"mild": MILD, "bad, late": COMPLAINT, "bad, early": COMPLAINT, "one star": COMPLAINT}
    verdicts["My lawyer will write"] = MILD
    put(
        *(
            make.said(text, text, author=text, **({"kind": MessageKind.COMMENT} | more))
            for text, more in said.items()
        ),
        verdicts=verdicts,
    )
    complaints = ["My lawyer will write", "one star", "bad, early", "bad, late", "mild"]
    assert order(store) == [*complaints, "alone", "quiet, early", "quiet, late"]
    assert order(store, "complaints") == complaints
    values = [row.urgency for row in store.page("new").conversations]
    assert values == sorted(values, reverse=True)


@pytest.mark.parametrize(
    ("more", "reasons"),
    [
        ({}, ()),
        ({"kind": MessageKind.MENTION}, ("public",)),
        ({"kind": MessageKind.MENTION, "private": True}, ("private",)),
        ({"kind": MessageKind.POST, "text": "Off to @crumb for cake"}, ("public",)),
        ({"kind": MessageKind.POST, "text": "Off to @crumbles for cake"}, ()),
        ({"kind": MessageKind.EMAIL, "private": True, "text": "Hello @crumb"}, ("private",)),
        ({"kind": MessageKind.REVIEW, "stars": 2}, ("stars",)),
        ({"kind": MessageKind.REVIEW, "stars": 4}, ()),
        ({"text": "WHERE IS MY CAKE"}, ("shouting",)),
        ({"title": "I was INJURED", "text": "Call me"}, ("safety",)),
        ({"author": Author("m", "Marta", "@m", followers=20_000)}, ("reach",)),
        ({"author": Author("m", "Marta", "@m", followers=20)}, ()),
        ({"is_automatic": True, "text": "WHERE IS MY CAKE"}, ()),
        ({"kind": MessageKind.FOLLOW, "author": Author("m", followers=20_000)}, ()),
    ],
)
def test_what_one_message_says(
    store: Store, account: Account, put: Put, make: Builder, more: dict[str, Any], reasons: tuple[str, ...]
) -> None:
    put(make.said("a", **({"kind": MessageKind.COMMENT} | more)))
    assert because(store, "a", account) == reasons


def test_what_triage_says(store: Store, account: Account, put: Put, make: Builder) -> None:
    verdicts = {
        "unsafe": Verdict(0.95, True, (), "safety"),
        "perhaps": Verdict(0.4, False),
        "praise": PRAISE,
    }
    put(*(make.said(one, author=one, kind=MessageKind.COMMENT) for one in verdicts), verdicts=verdicts)
    assert because(store, "unsafe", account) == ("complaint", "safety")
    assert because(store, "perhaps", account) == ("maybe-complaint",)
    assert because(store, "praise", account) == ()


def test_the_owners_word_is_the_last(store: Store, account: Account, put: Put, make: Builder) -> None:
    put(
        make.said("a", kind=MessageKind.COMMENT),
        make.said("b", kind=MessageKind.COMMENT, author="jonas"),
        verdicts={"a": Verdict(0.95, True, (), "safety")},
    )
    first, second = (store.find_conversation(account.id, one) for one in "ab")
    store.label(first, "not-complaint")
    assert because(store, "a", account) == ()
    store.label(second, "complaint")
    assert because(store, "b", account) == ("complaint",)
    assert order(store, "complaints") == ["Is it gluten free?"]
    store.label(first, None)
    assert because(store, "a", account) == ("complaint", "safety")


def test_a_customer_who_waits_again_after_an_answer(
    store: Store, account: Account, put: Put, make: Builder
) -> None:
    thread: dict[str, Any] = {"conversation_key": "k", "kind": MessageKind.COMMENT}
    put(
        make.said("a", minutes=-90, **thread),
        make.answered("b", minutes=-80, parent="a", conversation_key="k"),
    )
    assert because(store, "a", account) == ()
    put(make.said("other", minutes=-70, author="jonas", **thread))
    assert because(store, "a", account) == (), "somebody else asks for the first time"
    put(make.said("c", minutes=-60, **thread))
    assert because(store, "a", account) == ("waits-again",)
    put(make.answered("d", minutes=-50, parent="c", conversation_key="k"))
    row = store.rows([store.find_conversation(account.id, "a")]).popitem()[1]
    assert (row.state, row.urgent_because) == (State.NEW, ()), "jonas still waits"


def test_asking_again_in_one_place(store: Store, account: Account, put: Put, make: Builder) -> None:
    thread: dict[str, Any] = {"conversation_key": "k", "kind": MessageKind.COMMENT}
    put(make.said("a", minutes=-90, **thread), make.said("b", minutes=-89, **thread))
    assert because(store, "a", account) == (), "two lines of one breath"
    put(make.said("c", minutes=-30, **thread))
    assert because(store, "a", account) == ("asks-again",)


def test_asking_again_elsewhere_and_what_ends_it(
    store: Store, account: Account, put: Put, make: Builder
) -> None:
    put(make.said("a", days=-3, kind=MessageKind.COMMENT))
    assert because(store, "a", account) == ()
    told = put(make.said("b", kind=MessageKind.REVIEW))
    assert because(store, "a", account) == because(store, "b", account) == ("asks-again",)
    first, second = (store.find_conversation(account.id, one) for one in "ab")
    assert {first, second} <= told.conversations, "both rows have to be painted anew"
    assert store.mark([first], State.DONE) >= {first, second}
    assert because(store, "b", account) == ()
    store.mark([first], State.NEW)
    assert because(store, "b", account) == ("asks-again",)
    put(make.answered("c", minutes=1, parent="a"))
    assert because(store, "b", account) == ()


def test_the_third_time_in_thirty_days(store: Store, account: Account, put: Put, make: Builder) -> None:
    put(make.said("a", days=-29, kind=MessageKind.COMMENT), make.answered("A", days=-28.5, parent="a"))
    put(make.said("b", days=-12, kind=MessageKind.COMMENT), make.answered("B", days=-11.5, parent="b"))
    put(make.said("c", kind=MessageKind.COMMENT))
    assert because(store, "c", account) == ("writes-often",)
    put(make.said("d", kind=MessageKind.COMMENT, author="jonas"))
    assert because(store, "d", account) == ()


@pytest.mark.parametrize(
    ("kind", "handle", "is_same"),
    [
        ("mastodon", "@marta", True),
        ("mastodon", "@MARTA", True),
        ("mastodon", "@martin", False),
        ("bluesky", "@marta", False),
    ],
)
def test_the_same_person_on_another_account(
    store: Store, account: Account, put: Put, make: Builder, kind: str, handle: str, is_same: bool
) -> None:
    other = store.add_account(kind, "Other", remote_id="other")
    put(make.said("a", days=-1, kind=MessageKind.COMMENT))
    author = Author("another id", "Marta", handle)
    store.apply(other.id, Step((make.said("b", author=author, kind=MessageKind.COMMENT),)), {})
    expected = ("asks-again",) if is_same else ()
    assert because(store, "a", account) == because(store, "b", other) == expected
    store.remove_account(other.id)
    assert because(store, "a", account) == ()


def test_an_address_is_the_same_person_everywhere(
    store: Store, account: Account, put: Put, make: Builder
) -> None:
    mail = store.add_account("email", "Post", remote_id="post")
    author = Author("1", "Marta", "marta@example.org")
    put(make.said("a", days=-1, author=author, kind=MessageKind.COMMENT))
    author = Author("marta@example.org", "Marta", "Marta@Example.org")
    store.apply(mail.id, Step((make.said("b", author=author, kind=MessageKind.EMAIL),)), {})
    assert because(store, "a", account) == because(store, "b", mail) == ("asks-again",)


def test_who_publishes_every_day_does_not_ask_again(
    store: Store, account: Account, put: Put, make: Builder
) -> None:
    put(*(make.said(f"e{n}", days=-n, kind=MessageKind.ENTRY) for n in range(5)))
    assert {because(store, f"e{n}", account) for n in range(5)} == {()}


def test_nobody_waits_nothing_is_urgent(store: Store, account: Account, put: Put, make: Builder) -> None:
    put(make.said("a", "WHERE IS MY CAKE"), verdicts={"a": COMPLAINT})
    (row,) = store.page("new").conversations
    assert row.urgency > 50
    for state in (State.DONE, State.SNOOZED, State.SPAM):
        store.mark([row.id], state)
        assert (store.rows([row.id])[row.id].urgency, because(store, "a", account)) == (0, ())
        store.mark([row.id], State.NEW)
        again = store.rows([row.id])[row.id]
        assert (again.urgency, again.urgent_because) == (row.urgency, row.urgent_because)


def columns(path: Path) -> dict[int, tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return {
            one: rest
            for one, *rest in connection.execute(
                "SELECT id, shelf, urgency, because_json, CASE shelf WHEN 'new' THEN calm END"
                " FROM conversations"
            )
        }


def filled_anew(path: Path, target: Path) -> dict[int, tuple[Any, ...]]:
    """The columns as a migration fills them into a copy in which they are empty."""
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)
        copy.execute("UPDATE conversations SET urgency = 0, because_json = '[]', calm = 1 - is_complaint")
        told: list[tuple[int, int]] = []
        filling.urgencies(copy, lambda done, total: told.append((done, total)))
        copy.commit()
        assert not told or told[-1][0] == told[-1][1]
        assert [row[0] for row in copy.execute("PRAGMA integrity_check")] == ["ok"]
        names = {row[0] for row in copy.execute("SELECT name FROM sqlite_master WHERE type = 'index'")}
        assert {"conversations_new", "conversations_new_account"} <= names
    return columns(target)


@pytest.mark.parametrize("seed", range(8))
def test_it_stays_right_whatever_happens(seed: int, tmp_path: Path, make: Builder) -> None:
    """After any changes, the rows hold what would be filled in from the messages."""
    dice = random.Random(seed)
    clock = FakeClock()
    store = Store.open(tmp_path / "a.db", clock)
    accounts = [
        store.add_account(kind, f"Shop {at}", handle="@crumb", remote_id=str(at))
        for at, kind in enumerate(("mastodon", "mastodon", "email"))
    ]
    said: dict[str, tuple[int, Any]] = {}

    def message(number: int) -> None:
        home = dice.choice(accounts)
        name = dice.choice(("marta", "nils", "ada@example.org"))
        remote = f"m{number}"
        if said and dice.random() < 0.15:
            remote = dice.choice([*said])
            home = next(one for one in accounts if one.id == said[remote][0])
        made = make.said(
            remote,
            dice.choice(("Hello", "WHERE IS MY CAKE", "My lawyer writes", "thank you @crumb", "hm")),
            minutes=-dice.randrange(60_000),
            author=Author(
                f"{name}{dice.choice(('', home.id))}", name, name, followers=dice.choice((None, 5, 2_000))
            ),
            kind=dice.choice((*MessageKind,)),
            conversation_key=dice.choice(("", "k1", "k2", f"key{number}")),
            private=dice.random() < 0.3,
            stars=dice.choice((None, None, 1, 3, 5)),
            is_addressed=dice.random() < 0.9,
        )
        if dice.random() < 0.2:
            made = replace(make.answered(remote, sent_at=made.sent_at), parent_id=dice.choice([*said, ""]))
        if dice.random() < 0.1:
            made = replace(made, state=MessageState.DELETED)
        said[remote] = home.id, made
        verdict = dice.choice((COMPLAINT, MILD, PRAISE, Verdict(0.4), Verdict(0.95, True, (), "safety")))
        store.apply(home.id, Step((made,), live=dice.random() < 0.8), {remote: verdict})

    for number in range(60):
        ids = [*store.view_ids("all")[0]]
        one = dice.choice(ids) if ids else None
        deed = dice.randrange(9)
        if one is None or deed < 5:
            message(number)
        elif deed == 5:
            store.mark([one], dice.choice((*State,)), until=TUESDAY + timedelta(hours=1))
        elif deed == 6:
            store.label(one, dice.choice(("complaint", "not-complaint", "spam", None)))
        elif deed == 7:
            store.mute(dice.choice(accounts).id, dice.choice(("marta", "nils")), dice.random() < 0.5)
        else:
            clock.advance(hours=dice.randrange(3))
            store.wake_snoozed(clock.now())
    kept = columns(tmp_path / "a.db")
    store.close()
    assert any(one[1] for one in kept.values()), "the example must reach something urgent"
    assert filled_anew(tmp_path / "a.db", tmp_path / "b.db") == kept
