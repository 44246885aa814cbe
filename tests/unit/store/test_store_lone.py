"""What is stored many at a time stands in the database as if it had been stored one by one."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.model import Attachment, Author, Context, Direction, Message, MessageKind, MessageState, Verdict
from services.store import Store
from tests.fakes import TUESDAY, FakeClock
from tests.unit.store.kit import COMPLAINT, PRAISE, SPAM, US, Builder, Step

KINDS = [kind for kind in MessageKind if kind is not MessageKind.DIRECT]
TABLES = ("conversations", "conversation_keys", "message_status", "messages", "handles", "counts")


def _some(dice: random.Random, make: Builder, number: int) -> tuple[Message, Verdict | None]:
    """A message of any kind; nearly all of them begin a conversation."""
    minutes = -dice.choice((1, 50, 5_000, 90_000))
    name = dice.choice(("marta", "nils", "muted", "muted"))
    message = make.said(
        f"m{number}",
        dice.choice(("Hi", "", "Two  words\n\n" * 40, "x" * 299 + " \n yz", "Cold\tsoup")),
        minutes=minutes + number / 100,
        author=Author(name, dice.choice((name.title(), "", "Another")), f"@{name}"),
        kind=dice.choice(KINDS),
        title=dice.choice(("", "A title")),
        html=dice.choice(("", "<p>Hi</p>")),
        private=dice.random() < 0.2,
        stars=dice.choice((None, None, 1, 5)),
        url=dice.choice(("", f"https://a.example/{number}")),
        is_addressed=dice.random() < 0.85,
        is_automatic=dice.random() < 0.1,
        can_reply=dice.random() < 0.9,
        state=dice.choice((*[MessageState.RECEIVED] * 6, *MessageState)),
        conversation_key=dice.choice(("", f"key{number}", "shared")),
        parent_id=f"m{dice.randrange(40)}" if dice.random() < 0.15 else "",
        reply_until=dice.choice((None, TUESDAY + timedelta(days=1))),
        reply_context=dice.choice(({}, {"url": "https://a.example/"})),
        context=dice.choice((None, Context("A post", url="https://a.example/post"))),
        attachments=dice.choice(((), (Attachment("image", "https://a.example/1.png"),))),
        language=dice.choice(("", "en")),
    )
    if dice.random() < 0.1:
        message = replace(message, direction=Direction.OUTBOUND, author=US)
    return message, dice.choice((None, None, COMPLAINT, PRAISE, SPAM))


def _stored(path: Path, steps: list[tuple[Step, dict[str, Verdict]]], since: Any) -> dict[str, Counter[Any]]:
    clock = FakeClock()
    store = Store.open(path, clock)
    account = store.add_account("feeds", "Shop", remote_id="us")
    store.mute(account.id, "muted")
    told = []
    for step, verdicts in steps:
        applied = store.apply(account.id, step, verdicts, backfill_since=since)
        told.append((applied.new, applied.conversations, applied.added))
    with store._database.read() as connection:
        rows = {
            table: Counter(tuple(row) for row in connection.execute(f"SELECT * FROM {table}"))
            for table in TABLES
        }
    assert store.check() == []
    store.close()
    return rows | {"told": Counter(told)}


@pytest.mark.parametrize("seed", range(12))
def test_many_at_a_time_is_the_same_as_one_by_one(seed: int, tmp_path: Path, make: Builder) -> None:
    dice = random.Random(seed)
    pairs = [_some(dice, make, number) for number in range(40)]
    verdicts = {one.remote_id: verdict for one, verdict in pairs if verdict is not None}
    messages = tuple(one for one, _ in pairs)
    since = dice.choice((None, TUESDAY - timedelta(days=30)))
    is_live = dice.random() < 0.8
    halves = messages[:25], messages[25:]
    together = [(Step(half, live=is_live), verdicts) for half in halves]
    # What comes twice in one slice has to do with something, so it is stored by itself; the second changes
    # nothing.
    singly = [(Step(tuple(one for m in half for one in (m, m)), live=is_live), verdicts) for half in halves]
    assert _stored(tmp_path / "a.db", together, since) == _stored(tmp_path / "b.db", singly, since)


@pytest.mark.parametrize(("people", "most"), [(100, 18), (1, 25)])
def test_a_run_of_new_messages_takes_a_few_statements_each(  # type: ignore[no-untyped-def]
    store, account, make, people: int, most: int
) -> None:
    """Of a hundred messages that begin conversations; each costs its rows, and nothing is asked for one.
    Where one person wrote them all, that is seen together."""
    said: list[str] = []
    store._database.on_writer(lambda connection: connection.set_trace_callback(said.append))
    messages = tuple(
        make.said(f"m{number}", minutes=-number, author=f"a{number % people}") for number in range(100)
    )
    store.apply(account.id, Step(messages), {})
    store._database.on_writer(lambda connection: connection.set_trace_callback(None))
    ours = [one for one in said if not one.startswith("--")]
    asked = [one for one in ours if one.lstrip().startswith("SELECT")]
    changed = [one for one in ours if one.lstrip().startswith("UPDATE")]
    assert len(asked) < most, asked
    assert len(changed) < (3 if people > 1 else 45), changed
    assert store.view_size("new") == 100


def test_numbers_follow_time_where_answers_stand_between(store, account, put, make) -> None:  # type: ignore[no-untyped-def]
    put(
        make.said("a", minutes=-50),
        make.said("b", minutes=-40),
        make.said("c", minutes=-30, parent_id="a"),
        make.said("d", minutes=-20),
    )
    with store._database.read() as connection:
        rows = connection.execute("SELECT remote_id FROM message_status ORDER BY id").fetchall()
    assert [row["remote_id"] for row in rows] == ["a", "b", "c", "d"]


def test_numbers_are_never_given_twice(store, account, put, make) -> None:  # type: ignore[no-untyped-def]
    (first,) = put(make.said("a")).new
    with store._database.read() as connection:
        before = dict(connection.execute("SELECT name, seq FROM sqlite_sequence").fetchall())
    store.remove_account(account.id)
    again = store.add_account("feeds", "Again", remote_id="again")
    (second,) = store.apply(again.id, Step((make.said("b"),)), {}).new
    assert second.message_id > before["message_status"] >= first.message_id
    assert second.conversation_id > before["conversations"] >= first.conversation_id
