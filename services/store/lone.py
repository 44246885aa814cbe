"""Messages that hang on nothing - the only one of a conversation of its own - written many at a time.

Nearly all that a first fetch brings is like that. Asked one by one, each is a dozen statements; here a run of
them is four. What stands in the rows afterwards is the same (a test compares the two), because the same
functions decide it.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from services.model import Direction, Message, MessageKind, Verdict
from services.store import urgent
from services.store.codec import iso
from services.store.picture import COLUMNS, SNIPPET, Facts, Picture, urgency_of
from services.store.placing import Places
from services.store.standing import picture_of_one, restand

_BLANK: Mapping[str, Any] = {
    **dict.fromkeys(COLUMNS),
    **dict.fromkeys(
        ("author_id", "customer_name", "customer_handle", "title", "snippet", "url", "topic"), ""
    ),
    **dict.fromkeys(
        ("private", "answered_elsewhere", "is_complaint", "unread", "messages", "is_labelled", "abusive"), 0
    ),
    "state": "new",
    "score": 0.0,
    "reasons_json": "[]",
    "word_upto": 0,
    "merged_into": None,
    **urgent.NOT_URGENT,
}
"""A conversation as the database makes it, before anything is known of it."""
_UNTOUCHED: Mapping[str, Any] = {"settled": 0, "reopened_at": None, "answered_at": None, "label": None}
"""What nobody has done to a new message yet."""

ROWS = 25
"""Of one statement. Python gives its turn away for every statement, and has to wait for it again while others
compute; so a row each would take as many waits as there are rows, and make the window wait as often."""


@dataclass(frozen=True, slots=True)
class Newcomer:
    """``status`` and ``content`` as ``message_rows`` makes them."""

    message: Message
    status: dict[str, Any]
    content: dict[str, Any]


def among(messages: Sequence[Message], places: Places, verdicts: Mapping[str, Verdict]) -> frozenset[str]:
    """Remote ids of those that nothing else, stored or in the same slice, has to do with."""
    keys = Counter(one.conversation_key or one.remote_id for one in messages)
    ids = Counter(one.remote_id for one in messages)
    parents = {one.parent_id for one in messages}
    return frozenset(
        one.remote_id
        for one in messages
        if one.direction is Direction.INBOUND
        and one.kind is not MessageKind.DIRECT
        and not one.parent_id
        and not one.shared_key
        and one.remote_id not in parents
        and ids[one.remote_id] == 1
        and keys[one.conversation_key or one.remote_id] == 1
        and places.is_free(one)
        and not ((verdict := verdicts.get(one.remote_id)) is not None and verdict.is_spam)
    )


def store(
    connection: sqlite3.Connection,
    account_id: int,
    newcomers: Sequence[Newcomer],
    muted: Collection[tuple[int, str]],
    now: datetime,
    *,
    quiet_before: datetime | None,
) -> tuple[list[tuple[int, int]], frozenset[int]]:
    """The message and the conversation made for each; and which others changed with them."""
    message_id, conversation_id = (_last(connection, table) for table in ("message_status", "conversations"))
    conversations: list[dict[str, Any]] = []
    statuses: list[dict[str, Any]] = []
    contents: list[dict[str, Any]] = []
    keys: list[dict[str, Any]] = []
    made = []
    moment = iso(now)
    people = {one for each in newcomers for one in urgent.people_of({"account_id": account_id}, each.status)}
    near = urgent.around(connection, [account_id], people, with_others=False)
    again: set[urgent.Person] = set()
    waiting: dict[int, tuple[Picture, dict[int, Facts]]] = {}
    for one in newcomers:
        message_id, conversation_id = message_id + 1, conversation_id + 1
        made.append((message_id, conversation_id))
        status = one.status | {
            "id": message_id,
            "account_id": account_id,
            "conversation_id": conversation_id,
        }
        content = one.content | {"id": message_id}
        shown = content | {"text": content["text"][:SNIPPET]}
        values, picture, is_read = picture_of_one(
            {
                **_BLANK,
                "id": conversation_id,
                "account_id": account_id,
                "first_at": status["sent_at"],
                "last_at": status["sent_at"],
            },
            {**status, **_UNTOUCHED},
            shown,
            muted,
            now,
            quiet_before,
            near,
        )
        if values["shelf"] is not None:
            again.update(urgent.people_of({"account_id": account_id}, status))
        if picture.waits_on_top:
            waiting[conversation_id] = picture, {message_id: shown}
        if is_read:
            status["read_at"] = moment
        conversations.append(values | {"account_id": account_id})
        statuses.append(status | {"settled": int(picture.settle)})
        contents.append(content)
        key = one.message.conversation_key or one.message.remote_id
        keys.append({"account_id": account_id, "key": key, "conversation_id": conversation_id})
    _insert(connection, "conversations", conversations)
    _insert(connection, "message_status", statuses)
    _insert(connection, "messages", contents)
    _insert(connection, "conversation_keys", keys)
    return made, _again(connection, again, near, waiting, now)


def _again(
    connection: sqlite3.Connection,
    people: Collection[urgent.Person],
    near: urgent.Around,
    made: Mapping[int, tuple[Picture, dict[int, Facts]]],
    now: datetime,
) -> frozenset[int]:
    """Whoever wrote more than once is looked at as a whole, now that all rows are there. Of those in
    ``made`` only the urgency can be another, and nothing has to be read again."""
    others = urgent.others_of(connection, people)
    stale = urgent.stale(others, made, only_came=True)
    near = replace(near, others=others)
    settings = ", ".join(f"{name} = :{name}" for name in urgent.COLUMNS)
    connection.executemany(
        f"UPDATE conversations SET {settings} WHERE id = :id",  # noqa: S608 - names of ours
        [urgency_of(*made[one], near) | {"id": one} for one in sorted(stale & made.keys())],
    )
    return restand(connection, stale - made.keys(), now)


def _insert(connection: sqlite3.Connection, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """All rows have the same columns in the same order."""
    names = ", ".join(rows[0])
    places = f"({', '.join('?' * len(rows[0]))})"
    for at in range(0, len(rows), ROWS):
        some = rows[at : at + ROWS]
        connection.execute(
            f"INSERT INTO {table} ({names}) VALUES {', '.join([places] * len(some))}",  # noqa: S608 - names of ours
            [value for row in some for value in row.values()],
        )


def _last(connection: sqlite3.Connection, table: str) -> int:
    """The highest number ever given; the table counts on from the ones that are given here."""
    found: int = connection.execute(
        "SELECT max(coalesce((SELECT seq FROM sqlite_sequence WHERE name = :table), 0),"  # noqa: S608
        f" coalesce((SELECT max(id) FROM {table}), 0))",
        {"table": table},
    ).fetchone()[0]
    return found
