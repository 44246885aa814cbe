"""Which conversation a message goes to; and that the order of arrival does not matter for it."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from hypothesis import HealthCheck, given, settings, strategies as st

from services.model import Author, Direction, Message, MessageKind
from services.store import Store
from tests.fakes import FakeClock
from tests.unit.store.kit import Builder, Step


def groups(store: Store, account_id: int, messages) -> set[frozenset[str]]:  # type: ignore[no-untyped-def]
    homes: dict[int | None, set[str]] = {}
    for message in messages:
        homes.setdefault(store.find_conversation(account_id, message.remote_id), set()).add(message.remote_id)
    homes.pop(None, None)
    return {frozenset(some) for some in homes.values()}


def test_the_key_decides_then_the_parent_then_a_new_one(store, account, make, put) -> None:
    messages = (
        make.said("a", minutes=-9, conversation_key="k"),
        make.said("b", minutes=-8, conversation_key="k"),
        make.said("c", minutes=-7, parent_id="a"),
        make.said("d", minutes=-6),
        make.said("e", minutes=-5, conversation_key="d"),
    )
    put(*messages)
    assert groups(store, account.id, messages) == {frozenset("abc"), frozenset("de")}


def test_an_answer_waits_for_its_question(store, account, make, put) -> None:
    put(make.answered("o", parent="a", minutes=-5))
    assert store.page("all").conversations == ()
    put(make.said("a", minutes=-9))
    assert groups(store, account.id, [make.said("a"), make.said("o")]) == {frozenset("ao")}
    assert store.page("waiting").conversations[0].messages == 2


def test_an_answer_waits_for_its_key(store, account, make, put) -> None:
    put(make.answered("o", conversation_key="k", minutes=-5))
    put(make.said("a", minutes=-9, conversation_key="k"))
    assert store.page("waiting").conversations[0].messages == 2


def test_our_own_top_level_post_belongs_to_no_comment(store, account, make, put) -> None:
    put(make.answered("post", minutes=-50))
    put(
        make.said("a", parent_id="post", minutes=-9),
        make.said("b", parent_id="post", minutes=-8, author="jonas"),
    )
    assert groups(store, account.id, [make.said(one) for one in ("post", "a", "b")]) == {
        frozenset("a"),
        frozenset("b"),
    }


def test_accounts_never_mix(store, account, make, put) -> None:
    other = store.add_account("mastodon", "Second", remote_id="us2", url="https://b.example/@c")
    put(make.said("a", conversation_key="k"))
    store.apply(other.id, Step((make.said("b", conversation_key="k", parent_id="a"),)), {})
    assert len(store.page("new").conversations) == 2
    assert store.find_conversation(other.id, "a") is None


def test_a_direct_message_starts_anew_after_seven_days(store, account, make, put) -> None:
    make.defaults = {"kind": MessageKind.DIRECT, "conversation_key": "direct:marta", "private": True}
    first, second, third = make.said("a", days=-20), make.said("b", days=-14), make.said("c", days=-6.9)
    put(first, second)
    put(third)
    assert groups(store, account.id, [first, second, third]) == {frozenset("ab"), frozenset("c")}
    newer = store.conversation(store.find_conversation(account.id, "c"))
    assert newer.previous_id == store.find_conversation(account.id, "a")


def test_backfill_of_a_direct_exchange_splits_the_same(store, account, make, put) -> None:
    make.defaults = {"kind": MessageKind.DIRECT, "conversation_key": "direct:marta"}
    messages = [
        make.said("c", days=-1),
        make.said("b", days=-9),
        make.said("a", days=-15),
        make.said("z", days=-30),
    ]
    for message in messages:
        put(message)
    assert groups(store, account.id, messages) == {frozenset("c"), frozenset("ab"), frozenset("z")}
    previous = {
        name: store.conversation(store.find_conversation(account.id, name)).previous_id
        for name in ("z", "a", "c")
    }
    assert previous == {
        "z": None,
        "a": store.find_conversation(account.id, "z"),
        "c": store.find_conversation(account.id, "a"),
    }


def test_a_late_message_may_close_the_gap(store, account, make, put) -> None:
    make.defaults = {"kind": MessageKind.DIRECT, "conversation_key": "direct:marta"}
    put(make.said("a", days=-20))
    put(make.said("c", days=-8))
    one = store.find_conversation(account.id, "c")
    put(make.said("b", days=-14))
    assert groups(store, account.id, [make.said(x) for x in "abc"]) == {frozenset("abc")}
    assert store.thread(one).conversation.id == store.find_conversation(account.id, "a"), (
        "the old number still leads there"
    )
    assert len(store.page("all").conversations) == 1


@st.composite
def exchanges(draw: st.DrawFn) -> list[Message]:
    """A few threads of comments and a direct exchange, as one account could hold them."""
    make = Builder()
    messages: list[Message] = []
    for number in range(draw(st.integers(2, 8))):
        name = f"m{number}"
        hours = draw(st.integers(0, 700)) + number / 100
        if draw(st.booleans()):
            key = draw(st.sampled_from(["direct:a", "direct:b"]))
            message = make.said(
                name, minutes=60 * hours - 42_000, kind=MessageKind.DIRECT, conversation_key=key
            )
        else:
            parents = [one.remote_id for one in messages if one.kind is MessageKind.MENTION]
            parent = draw(st.sampled_from(["", "missing", *parents]))
            key = draw(st.sampled_from(["", "k1", "k2"]))
            message = make.said(name, minutes=60 * hours - 42_000, parent_id=parent, conversation_key=key)
        if draw(st.booleans()):
            # What we write carries the key of the exchange, or answers something.
            key = message.conversation_key if message.kind is MessageKind.DIRECT else ""
            message = replace(
                message, direction=Direction.OUTBOUND, author=Author("us"), conversation_key=key
            )
        messages.append(message)
    return messages


def picture(messages: list[Message], pieces: list[list[Message]]):  # type: ignore[no-untyped-def]
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(Path(folder) / "inbox.db", FakeClock())
        try:
            account = store.add_account("toy", "Toy")
            for piece in pieces:
                store.apply(account.id, Step(tuple(piece)), {})
            rows = store.page("all").conversations
            told = {
                frozenset(one.remote_id for one in store.thread(row.id).messages): (
                    row.state,
                    row.waiting_since,
                    row.last_at,
                    row.kind,
                    row.answered_at,
                )
                for row in rows
            }
            assert store.check() == []
            assert sum(store.view_size(view) for view in ("new", "waiting", "done")) == len(rows)
            return groups(store, account.id, messages), told
        finally:
            store.close()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(exchanges(), st.randoms(use_true_random=False))
def test_the_same_conversations_whatever_the_order(messages: list[Message], dice) -> None:  # type: ignore[no-untyped-def]
    in_order = picture(messages, [[one] for one in sorted(messages, key=lambda one: one.sent_at)])
    newest_first = picture(
        messages, [[one] for one in sorted(messages, key=lambda one: one.sent_at, reverse=True)]
    )
    shuffled = messages[:]
    dice.shuffle(shuffled)
    at_once = picture(messages, [messages])
    assert at_once == in_order
    assert newest_first == in_order
    assert picture(messages, [[one] for one in shuffled]) == in_order
