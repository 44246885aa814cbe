"""Keeps the rows of conversations in step with their messages: asks ``services.waiting`` and writes down what
it says."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from services import waiting
from services.clock import parse_iso
from services.model import MessageKind, State
from services.store import urgent
from services.store.codec import ADDRESSED, Row, id_list, iso, maybe_iso, maybe_time
from services.store.picture import (
    COLUMNS,
    GONE,
    SNIPPET,
    Facts,
    Picture,
    is_read,
    shown,
    urgency_of,
    values_of,
)

_FACTS = """
    SELECT id, conversation_id, account_id, remote_id, parent_id, author_id, kind, direction, state,
    is_addressed, sent_at,
           read_at, settled, reopened_at, answered_at, elsewhere, score, is_complaint, reasons_json, topic,
           label, abusive
    FROM message_status WHERE conversation_id IN (SELECT value FROM json_each(:ids))
    ORDER BY conversation_id, sent_at, id
"""
_CONTENTS = f"""
    SELECT id, substr(text, 1, {SNIPPET}) AS text, title, author_name, author_handle, url, private, stars,
    reply_until
    FROM messages WHERE id IN (SELECT value FROM json_each(:ids))
"""  # noqa: S608 - a number of ours
_MOVES = ("shelf", "waiting_since", "first_at", "author_id", "kind")
"""What the urgency of the same person's other conversations comes from."""
_UPDATE = f"UPDATE conversations SET {', '.join(f'{name} = :{name}' for name in COLUMNS)} WHERE id = :id"  # noqa: S608


def restand(
    connection: sqlite3.Connection,
    ids: Collection[int],
    now: datetime,
    *,
    quiet_before: datetime | None = None,
) -> frozenset[int]:
    """Writes the rows of these conversations anew; returns those whose row really changed.

    ``quiet_before``: a first quiet fetch is being stored. Conversations that ended before it are settled, and
    nothing of it is
    unread but what waits for an answer."""
    if not ids:
        return frozenset()
    pictures = _pictures(connection, ids, now, quiet_before)
    _write_messages(connection, pictures, now, is_quiet=quiet_before is not None)
    contents, near = _contents(connection, pictures), _near(connection, pictures)
    changed: dict[int, dict[str, object]] = {}
    moved: set[urgent.Person] = set()
    for picture in pictures:
        row = picture.row
        values = values_of(picture, contents, near, is_quiet=quiet_before is not None)
        if any(row[name] != values[name] for name in COLUMNS):
            changed[row["id"]] = values
        if any(row[name] != values[name] for name in _MOVES):
            moved.update((*urgent.people_of(row, None), *urgent.people_of(row, picture.root)))
    connection.executemany(_UPDATE, changed.values())
    # Now that all rows are there; nothing moves any more, for shelves and times stay as they are.
    return frozenset(changed) | restand_people(connection, moved, now, alone=ids)


def restand_people(
    connection: sqlite3.Connection,
    people: Collection[urgent.Person],
    now: datetime,
    *,
    alone: Collection[int],
    only_came: bool = False,
) -> frozenset[int]:
    """After conversations of these people came, went or moved: those of theirs that wait and that this may
    change, except those of ``alone`` whose writer has no other. ``only_came``: new ones, and nothing else."""
    if not people:
        return frozenset()
    return restand(connection, urgent.waiting_of(connection, people, alone, only_came=only_came), now)


def _pictures(
    connection: sqlite3.Connection, ids: Collection[int], now: datetime, quiet_before: datetime | None
) -> list[Picture]:
    given = {"ids": id_list(ids)}
    rows = connection.execute(
        "SELECT * FROM conversations WHERE id IN (SELECT value FROM json_each(:ids))", given
    ).fetchall()
    facts: dict[int, list[Row]] = {row["id"]: [] for row in rows}
    for fact in connection.execute(_FACTS, given):
        facts[fact["conversation_id"]].append(fact)
    muted = {
        (one["account_id"], one["author_id"])
        for one in connection.execute(
            "SELECT account_id, author_id FROM handles WHERE muted = 1 AND account_id IN (SELECT"
            " value FROM json_each(:accounts))",
            {"accounts": id_list({one["account_id"] for some in facts.values() for one in some})},
        )
    }
    return [_look(row, facts[row["id"]], muted, now, quiet_before) for row in rows]


def _contents(connection: sqlite3.Connection, pictures: Sequence[Picture]) -> dict[int, Row]:
    wanted = {one for picture in pictures for one in shown(picture)}
    return {one["id"]: one for one in connection.execute(_CONTENTS, {"ids": id_list(wanted)})}


def _near(connection: sqlite3.Connection, pictures: Sequence[Picture]) -> urgent.Around:
    accounts: set[int] = set()
    customers: set[urgent.Person] = set()
    for picture in pictures:
        if picture.waits_on_top:
            accounts.add(picture.row["account_id"])
            customers.update(urgent.people_of(picture.row, picture.root))
    return urgent.around(connection, accounts, customers)


def urgencies(connection: sqlite3.Connection, ids: Collection[int], now: datetime) -> list[dict[str, Any]]:
    """Only the columns of urgency, and the id, of conversations that wait; nothing is written."""
    pictures = [one for one in _pictures(connection, ids, now, None) if one.waits_on_top]
    contents, near = _contents(connection, pictures), _near(connection, pictures)
    return [urgency_of(one, contents, near) | {"id": one.row["id"]} for one in pictures]


def picture_of_one(
    conversation: Facts,
    fact: Facts,
    content: Facts,
    muted: Collection[tuple[int, str]],
    now: datetime,
    quiet_before: datetime | None,
    near: urgent.Around,
) -> tuple[dict[str, object], Picture, bool]:
    """For a conversation of one message that is about to be written: its columns, what they come from, and
    whether the message is read. The same as ``restand`` would write after it."""
    is_quiet = quiet_before is not None
    picture = _look(conversation, [fact], muted, now, quiet_before)
    is_old_news = fact["read_at"] is None and is_read(picture, fact, is_quiet)
    return values_of(picture, {fact["id"]: content}, near, is_quiet=is_quiet), picture, is_old_news


def _fact(row: Facts, muted: Collection[tuple[int, str]], now: datetime) -> waiting.Fact:
    is_inbound = row["direction"] == "inbound"
    there = row["state"] not in GONE
    return waiting.Fact(
        id=row["id"],
        remote_id=row["remote_id"],
        parent_id=row["parent_id"],
        author_id=row["author_id"],
        is_inbound=is_inbound,
        sent_at=parse_iso(row["sent_at"]),
        counts=bool(
            there
            and row["is_addressed"] == ADDRESSED
            and row["kind"] != MessageKind.FOLLOW
            and (row["account_id"], row["author_id"]) not in muted
        ),
        stands=there,
        settled=bool(row["settled"]),
        reopened_at=maybe_time(row["reopened_at"]),
        elsewhere=bool(row["elsewhere"]),
    )


def _look(
    row: Facts,
    rows: Sequence[Facts],
    muted: Collection[tuple[int, str]],
    now: datetime,
    quiet_before: datetime | None,
) -> Picture:
    facts = [_fact(one, muted, now) for one in rows]
    customer = [one for one in rows if one["direction"] == "inbound" and one["is_addressed"]]
    # What programs wrote speaks for a conversation only where nobody else did.
    people = [one for one in customer if one["is_addressed"] == ADDRESSED]
    inbound = people or customer or [one for one in rows if one["direction"] == "inbound"]
    root = inbound[0] if inbound else rows[0] if rows else None
    is_follow = root is not None and root["kind"] == MessageKind.FOLLOW
    word, upto = row["word"], row["word_upto"]
    settle = bool(quiet_before and word is None and rows and rows[-1]["sent_at"] < _kept(quiet_before))
    if settle:
        word, upto = State.DONE.value, max(fact.id for fact in facts)
        facts = [_settled(fact) for fact in facts]
    said = waiting.Word(State(word) if word else None, upto, maybe_time(row["snoozed_until"]))
    stands = waiting.stand(facts, said, now=now, is_follow=is_follow)
    if word == State.SNOOZED and stands.state is not State.SNOOZED:
        word = None
    by_id = {one["id"]: one for one in rows}
    return Picture(
        row=row,
        facts=rows,
        stands=stands,
        unanswered=[by_id[one] for one in stands.unanswered],
        root=root,
        last=inbound[-1] if inbound else None,
        word=word,
        settle=settle,
    )


_kept = lru_cache(maxsize=8)(iso)
"""The same moment is asked for with each of ten thousand messages."""


def _settled(fact: waiting.Fact) -> waiting.Fact:
    return waiting.Fact(
        fact.id,
        fact.remote_id,
        fact.parent_id,
        fact.author_id,
        fact.is_inbound,
        fact.sent_at,
        fact.counts,
        fact.stands,
        True,
        None,
        fact.elsewhere,
    )


def _write_messages(
    connection: sqlite3.Connection, pictures: Sequence[Picture], now: datetime, *, is_quiet: bool
) -> None:
    settled = [(picture.row["id"],) for picture in pictures if picture.settle]
    if settled:
        connection.executemany(
            "UPDATE message_status SET settled = 1, reopened_at = NULL WHERE conversation_id = ?", settled
        )
    answered = []
    read = []
    moment = iso(now)
    for picture in pictures:
        for one in picture.facts:
            answered_at = maybe_iso(picture.stands.answered.get(one["id"]))
            if answered_at != one["answered_at"]:
                answered.append((answered_at, one["id"]))
            if one["read_at"] is None and is_read(picture, one, is_quiet):
                read.append((moment, one["id"]))
    connection.executemany("UPDATE message_status SET answered_at = ? WHERE id = ?", answered)
    connection.executemany("UPDATE message_status SET read_at = ? WHERE id = ?", read)
