"""Keeps the rows of conversations in step with their messages: asks ``services.waiting`` and writes down what
it says."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services import waiting
from services.clock import parse_iso
from services.model import MessageKind, State
from services.store.codec import ADDRESSED, Row, id_list, iso, maybe_iso, maybe_time

SNIPPET = 300
"""Characters kept for the row; two lines show about 120."""

GONE = ("deleted", "hidden", "failed")
"""States in which a message neither asks nor answers: taken down, out of sight, never arrived."""

HELLO = "hello"
"""Shelf of new followers: state ``new``, but nobody waits."""

_FACTS = """
    SELECT id, conversation_id, account_id, remote_id, parent_id, author_id, kind, direction, state,
    is_addressed, sent_at,
           read_at, settled, reopened_at, answered_at, elsewhere, score, is_complaint, reasons_json, topic,
           label
    FROM message_status WHERE conversation_id IN (SELECT value FROM json_each(:ids))
    ORDER BY conversation_id, sent_at, id
"""
_CONTENTS = f"""
    SELECT id, substr(text, 1, {SNIPPET}) AS text, title, author_name, author_handle, url, private, stars,
    reply_until
    FROM messages WHERE id IN (SELECT value FROM json_each(:ids))
"""  # noqa: S608 - a number of ours
COLUMNS = (
    "kind",
    "state",
    "shelf",
    "author_id",
    "customer_name",
    "customer_handle",
    "title",
    "snippet",
    "url",
    "private",
    "stars",
    "first_at",
    "last_at",
    "waiting_since",
    "reply_until",
    "answered_at",
    "answered_elsewhere",
    "is_complaint",
    "calm",
    "score",
    "reasons_json",
    "topic",
    "unread",
    "messages",
    "is_labelled",
    "word",
    "word_upto",
    "snoozed_until",
)
_UPDATE = f"UPDATE conversations SET {', '.join(f'{name} = :{name}' for name in COLUMNS)} WHERE id = :id"  # noqa: S608


Facts = Row | Mapping[str, Any]
"""A row of the database, or one that will be: read by the names of its columns."""


@dataclass(slots=True)
class _Picture:
    """One conversation on its way: its row, its messages in time order, and what was decided."""

    row: Facts
    facts: Sequence[Facts]
    stands: waiting.Standing
    unanswered: list[Facts]
    root: Facts | None
    last: Facts | None
    """The newest customer message."""
    word: str | None
    settle: bool


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
    pictures = [_look(row, facts[row["id"]], muted, now, quiet_before) for row in rows]
    _write_messages(connection, pictures, now, is_quiet=quiet_before is not None)
    wanted: set[int] = set()
    for picture in pictures:
        wanted.update(_shown(picture))
    contents: dict[int, Row] = {
        one["id"]: one for one in connection.execute(_CONTENTS, {"ids": id_list(wanted)})
    }
    changed: dict[int, dict[str, object]] = {}
    for picture in pictures:
        values = _values(picture, contents, is_quiet=quiet_before is not None)
        if any(picture.row[name] != values[name] for name in COLUMNS):
            changed[picture.row["id"]] = values
    connection.executemany(_UPDATE, changed.values())
    return frozenset(changed)


def picture_of_one(
    conversation: Facts,
    fact: Facts,
    content: Facts,
    muted: Collection[tuple[int, str]],
    now: datetime,
    quiet_before: datetime | None,
) -> tuple[dict[str, object], bool, bool]:
    """For a conversation of one message that is about to be written: its columns, and whether the message is
    settled and read. The same as ``restand`` would write after it."""
    is_quiet = quiet_before is not None
    picture = _look(conversation, [fact], muted, now, quiet_before)
    is_read = fact["read_at"] is None and _is_read(picture, fact, is_quiet)
    return _values(picture, {fact["id"]: content}, is_quiet=is_quiet), picture.settle, is_read


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
) -> _Picture:
    facts = [_fact(one, muted, now) for one in rows]
    customer = [one for one in rows if one["direction"] == "inbound" and one["is_addressed"]]
    # What programs wrote speaks for a conversation only where nobody else did.
    people = [one for one in customer if one["is_addressed"] == ADDRESSED]
    inbound = people or customer or [one for one in rows if one["direction"] == "inbound"]
    root = inbound[0] if inbound else rows[0] if rows else None
    is_follow = root is not None and root["kind"] == MessageKind.FOLLOW
    word, upto = row["word"], row["word_upto"]
    settle = bool(quiet_before and word is None and rows and rows[-1]["sent_at"] < iso(quiet_before))
    if settle:
        word, upto = State.DONE.value, max(fact.id for fact in facts)
        facts = [_settled(fact) for fact in facts]
    said = waiting.Word(State(word) if word else None, upto, maybe_time(row["snoozed_until"]))
    stands = waiting.stand(facts, said, now=now, is_follow=is_follow)
    if word == State.SNOOZED and stands.state is not State.SNOOZED:
        word = None
    by_id = {one["id"]: one for one in rows}
    return _Picture(
        row=row,
        facts=rows,
        stands=stands,
        unanswered=[by_id[one] for one in stands.unanswered],
        root=root,
        last=inbound[-1] if inbound else None,
        word=word,
        settle=settle,
    )


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
    connection: sqlite3.Connection, pictures: Sequence[_Picture], now: datetime, *, is_quiet: bool
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
            if one["read_at"] is None and _is_read(picture, one, is_quiet):
                read.append((moment, one["id"]))
    connection.executemany("UPDATE message_status SET answered_at = ? WHERE id = ?", answered)
    connection.executemany("UPDATE message_status SET read_at = ? WHERE id = ?", read)


def _is_read(picture: _Picture, fact: Facts, is_quiet: bool) -> bool:
    """What has been answered was read by somebody; what a quiet fetch brings is old news unless it still
    waits."""
    if fact["direction"] == "outbound" or fact["id"] in picture.stands.answered:
        return True
    return is_quiet and fact["id"] not in picture.stands.unanswered


def _answer(picture: _Picture) -> Facts | None:
    ours = [one for one in picture.facts if one["direction"] == "outbound" and one["state"] not in GONE]
    return ours[-1] if ours else None


def _shown(picture: _Picture) -> list[int]:
    """Ids of the messages whose content the row needs."""
    few: list[Facts | None] = [
        picture.root,
        picture.last,
        *picture.unanswered[:3],
        *picture.unanswered[-1:],
        _answer(picture),
    ]
    return [one["id"] for one in few if one is not None]


def _complains(fact: Facts) -> bool:
    if fact["label"] is not None:
        return bool(fact["label"] == "complaint")
    return bool(fact["is_complaint"])


def counted(unanswered: Sequence[Facts], last: Facts | None) -> list[Facts]:
    """The messages that decide whether a conversation is a complaint."""
    return list(unanswered) or ([last] if last is not None else [])


def worst(facts: Sequence[Facts]) -> Facts | None:
    return max(facts, key=lambda one: (_complains(one), one["score"]), default=None)


def _values(picture: _Picture, contents: Mapping[int, Facts], *, is_quiet: bool) -> dict[str, object]:
    row, stands, root, last = picture.row, picture.stands, picture.root, picture.last
    values: dict[str, object] = {name: row[name] for name in (*COLUMNS, "id")}
    values |= {"state": stands.state.value, "word": picture.word}
    if picture.settle:
        values["word_upto"] = max(one["id"] for one in picture.facts)
    if stands.state is not State.SNOOZED:
        values["snoozed_until"] = None
    if root is None or row["merged_into"] is not None:
        return values | {
            "shelf": None,
            "messages": 0,
            "unread": 0,
            "waiting_since": None,
            "reply_until": None,
        }
    bad = worst(counted(picture.unanswered, last))
    is_complaint = bad is not None and _complains(bad)
    # A first quiet fetch has just marked as read what does not wait.
    unread = [
        one
        for one in picture.facts
        if one["read_at"] is None
        and one["direction"] == "inbound"
        and one["state"] not in GONE
        and not _is_read(picture, one, is_quiet)
    ]
    texts = [contents[one] for one in _shown(picture) if one in contents]
    return values | {
        "kind": root["kind"],
        "shelf": _shelf(picture) if texts else None,
        "author_id": root["author_id"] if root["direction"] == "inbound" else "",
        "first_at": picture.facts[0]["sent_at"],
        "last_at": picture.facts[-1]["sent_at"],
        "waiting_since": maybe_iso(stands.waiting_since),
        "answered_at": maybe_iso(stands.answered_at),
        "answered_elsewhere": int(stands.answered_elsewhere),
        "is_complaint": int(is_complaint),
        # Complaints stand first: lists run through an index in one direction only.
        "calm": int(not is_complaint),
        "score": bad["score"] if bad is not None else 0.0,
        "reasons_json": bad["reasons_json"] if bad is not None else "[]",
        "topic": bad["topic"] if bad is not None else "",
        "unread": len(unread),
        "messages": len(picture.facts),
        "is_labelled": int(any(one["label"] is not None for one in picture.facts)),
        **_painted(picture, root, contents),
    }


def _shelf(picture: _Picture) -> str | None:
    if not any(one["direction"] == "inbound" and one["is_addressed"] for one in picture.facts):
        return None
    if picture.stands.state is State.NEW and picture.stands.waiting_since is None:
        return HELLO
    return picture.stands.state.value


def _painted(picture: _Picture, root: Facts, contents: Mapping[int, Facts]) -> dict[str, object]:
    """What comes from the messages' content; empty where it was pruned."""
    first = contents.get(root["id"])
    last = contents.get(picture.last["id"]) if picture.last is not None else first
    last = last or first
    # A person who was renamed has the newest name.
    named = (
        last
        if picture.last is not None and picture.last["author_id"] == root["author_id"] and last
        else first
    )
    is_ours = root["direction"] == "outbound"
    waits = [contents[one["id"]] for one in picture.unanswered if one["id"] in contents]
    until = [one["reply_until"] for one in waits if one["reply_until"] is not None]
    answer = _answer(picture)
    if waits:
        snippet = " ".join(one["text"] or one["title"] for one in waits[:3])
    else:
        shown = contents.get(answer["id"]) if answer is not None else last
        snippet = (shown["text"] or shown["title"]) if shown is not None else ""
    return {
        "customer_name": named["author_name"] if named is not None and not is_ours else "",
        "customer_handle": named["author_handle"] if named is not None and not is_ours else "",
        "title": first["title"] if first is not None else "",
        "snippet": " ".join(snippet.split())[:SNIPPET],
        "url": last["url"] if last is not None else "",
        "private": last["private"] if last is not None else 0,
        "stars": first["stars"] if first is not None else None,
        "reply_until": max(until) if until else None,
    }
