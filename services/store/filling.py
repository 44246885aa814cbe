"""What a migration fills in that SQL alone cannot say; after all its scripts, inside the same transaction."""

from __future__ import annotations

import sqlite3
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain, groupby
from typing import Any

from services.clock import parse_iso
from services.store import standing, urgent
from services.store.codec import Row
from services.store.picture import SNIPPET, complaint_score
from services.urgency import AGAIN, OFTEN, OFTEN_TIMES

Progress = Callable[[int, int], None]
CHUNK = 2_000
_LATE = datetime.max.replace(tzinfo=UTC)
"""Only the state of what is snoozed depends on the time, and nothing of that is filled."""
_WEEK, _MONTH = AGAIN.total_seconds(), OFTEN.total_seconds()

# Who is the same person, and what counts of what they wrote, is said in urgent.py, too, for a few at a time.
_PEOPLE = """
    SELECT c.id, c.account_id, c.author_id, c.first_at,
        CASE c.shelf WHEN 'new' THEN c.waiting_since END AS waits,
        c.shelf = 'new' AND c.messages = 1 AND c.kind NOT IN ('entry', 'follow') AS is_asked,
        c.shelf NOT IN ('spam', 'hello') AND c.kind NOT IN ('entry', 'follow') AS counts,
        CASE WHEN h.handle <> '' THEN lower(h.handle) ELSE '' END AS handle,
        CASE WHEN h.handle <> '' AND h.handle LIKE '%_@_%._%' THEN ''
            WHEN h.handle <> '' THEN a.kind ELSE c.account_id || ' ' || c.author_id END AS place
    FROM conversations c JOIN accounts a ON a.id = c.account_id
    LEFT JOIN handles h ON h.account_id = c.account_id AND h.author_id = c.author_id
    WHERE c.author_id <> ''
    ORDER BY handle, place, c.account_id, c.author_id, c.id DESC
"""
# Nearly all that waits is one message, about which little has to be found out. In the order in which they
# lie on the disk, every page is read and written once.
_ALONE = f"""
    SELECT c.id AS home, c.account_id AS owner, s.id, s.account_id, s.author_id, s.kind, s.direction,
        s.is_addressed, s.sent_at, s.score, s.is_complaint, s.topic, s.label, m.title,
        substr(m.text, 1, {SNIPPET}) AS text, m.private, m.stars, h.followers
    FROM conversations c NOT INDEXED CROSS JOIN message_status s ON s.conversation_id = c.id
    CROSS JOIN messages m ON m.id = s.id
    LEFT JOIN handles h ON h.account_id = c.account_id AND h.author_id = s.author_id
    WHERE c.id > :after AND c.shelf = 'new' AND c.messages = 1 ORDER BY c.id LIMIT {CHUNK}
"""  # noqa: S608 - numbers of ours
_LONGER = f"""
    SELECT id FROM conversations NOT INDEXED
    WHERE id > :after AND shelf = 'new' AND messages > 1 ORDER BY id LIMIT {CHUNK}
"""  # noqa: S608 - a number of ours


def urgencies(connection: sqlite3.Connection, progress: Progress) -> None:
    """``progress``: conversations done, of all that wait. In memory are a byte per conversation and what one
    person wrote."""
    connection.row_factory = Row
    connection.execute("PRAGMA cache_size=-65536")
    total: int = connection.execute("SELECT count(*) FROM conversations WHERE shelf = 'new'").fetchone()[0]
    # Made once at the end, they cost a fifth of what it costs to move every entry.
    aside = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'conversations'"
        " AND sql LIKE '%calm%'"
    ).fetchall()
    for row in aside:
        connection.execute(f'DROP INDEX "{row["name"]}"')
    done = 0
    for some in chain(_of_single_messages(connection), _of_longer(connection)):
        connection.executemany(
            "UPDATE conversations SET urgency = :urgency, because_json = :because_json, calm = :calm"
            " WHERE id = :id",
            (one for one in some if one["urgency"]),
        )
        done += len(some)
        progress(done, total)
    # What nothing is known of; all others have 5 or more by now, and are not written a second time.
    connection.execute("UPDATE conversations SET calm = 100 WHERE shelf = 'new' AND calm < 5")
    for row in aside:
        connection.execute(row["sql"])
    progress(total, total)


def _of_longer(connection: sqlite3.Connection) -> Iterator[list[dict[str, Any]]]:
    after = 0
    while ids := [row["id"] for row in connection.execute(_LONGER, {"after": after})]:
        yield standing.urgencies(connection, ids, _LATE)
        after = ids[-1]


def _of_single_messages(connection: sqlite3.Connection) -> Iterator[list[dict[str, Any]]]:
    repeated = _repeats(connection)
    accounts = [row["id"] for row in connection.execute("SELECT id FROM accounts")]
    names = urgent.around(connection, accounts, ()).names
    after = 0
    while rows := connection.execute(_ALONE, {"after": after}).fetchall():
        after = rows[-1]["home"]
        yield [_of_one(row, names, repeated[row["home"]]) for row in rows]


def _of_one(row: Row, names: Mapping[int, tuple[str, ...]], repeated: int) -> dict[str, Any]:
    home = {"id": row["home"], "account_id": row["owner"]}
    alone, score = [row], complaint_score(row)
    followers = row["followers"]
    near = urgent.Around({} if followers is None else {(row["owner"], row["author_id"]): followers}, names)
    told = bool(repeated & _ASKS_AGAIN), bool(repeated & _WRITES_OFTEN)
    found = urgent.columns(home, row, alone, alone, (), {row["id"]: row}, near, score=score, told=told)
    return found | home


_ASKS_AGAIN, _WRITES_OFTEN = 1, 2


def _repeats(connection: sqlite3.Connection) -> bytearray:
    """By the number of the conversation, for those of one message that wait: does this person ask again, do
    they write often."""
    last: int = connection.execute("SELECT coalesce(max(id), 0) FROM conversations").fetchone()[0]
    found = bytearray(last + 1)
    rows = connection.execute(_PEOPLE)
    for _, person in groupby(rows, lambda row: (row["handle"], row["place"])):
        _mark_person(person, found)
    return found


def _mark_person(rows: Iterator[Row], found: bytearray) -> None:
    """``rows``: all conversations of one person, on however many accounts."""
    ids, moments = array("q"), array("d")
    began: dict[int, float] = {}
    waits: dict[int, float] = {}
    for at, (_, some) in enumerate(groupby(rows, lambda row: (row["account_id"], row["author_id"]))):
        for number, row in enumerate(some):
            is_looked_at = at < urgent.MOST and number < urgent.MOST and row["counts"]
            if not (is_looked_at or row["is_asked"]):
                continue
            moment = parse_iso(row["first_at"]).timestamp()
            if row["is_asked"]:
                ids.append(row["id"])
                moments.append(moment)
            if is_looked_at:
                began[row["id"]] = moment
                if row["waits"] is not None:
                    waits[row["id"]] = parse_iso(row["waits"]).timestamp()
    if len(began) > 1 or (began and len(ids) > 1):
        for one, flags in zip(ids, _seen(ids, moments, began, waits), strict=True):
            found[one] = flags


def _seen(
    ids: Sequence[int], moments: Sequence[float], began: Mapping[int, float], waits: Mapping[int, float]
) -> Iterator[int]:
    """As ``urgency.repeats`` for one message each, without comparing all with all."""
    beginnings, waiting = sorted(began.values()), sorted(waits.values())
    for one, moment in zip(ids, moments, strict=True):
        near = bisect_right(waiting, moment + _WEEK) - bisect_left(waiting, moment - _WEEK)
        own = waits.get(one)
        if own is not None and abs(own - moment) <= _WEEK:
            near -= 1
        times = bisect_right(beginnings, moment) - bisect_right(beginnings, moment - _MONTH)
        # The message itself counts once, whether it is among those that are looked at or not.
        times += one not in began
        yield (_ASKS_AGAIN if near else 0) | (_WRITES_OFTEN if times >= OFTEN_TIMES else 0)


FILLED: Mapping[int, Callable[[sqlite3.Connection, Progress], None]] = {2: urgencies}
"""Version -> what fills its new columns."""
