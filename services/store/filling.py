"""What a migration fills in that SQL alone cannot say; after all its scripts, inside the same transaction."""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from services.store import standing, urgent
from services.store.codec import Row, id_list
from services.store.picture import SNIPPET, complaint_score

Progress = Callable[[int, int], None]
CHUNK = 2_000
_LATE = datetime.max.replace(tzinfo=UTC)
"""Only the state of what is snoozed depends on the time, and nothing of that is filled."""


# Nearly all that waits is one message, about which nothing has to be found out.
_ALONE = f"""
    SELECT c.id AS home, c.account_id AS owner, s.id, s.account_id, s.author_id, s.kind, s.direction,
        s.is_addressed, s.sent_at, s.score, s.is_complaint, s.topic, s.label, m.title,
        substr(m.text, 1, {SNIPPET}) AS text, m.private, m.stars
    FROM json_each(:ids) w CROSS JOIN conversations c ON c.id = w.value
    CROSS JOIN message_status s ON s.conversation_id = c.id CROSS JOIN messages m ON m.id = s.id
    WHERE c.messages = 1
"""  # noqa: S608 - a number of ours


def urgencies(connection: sqlite3.Connection, progress: Progress) -> None:
    """``progress``: conversations done, of all that wait."""
    connection.row_factory = Row
    connection.execute("PRAGMA cache_size=-65536")
    # Together those of one person, whose other conversations are then read once.
    rows = connection.execute(
        "SELECT id FROM conversations WHERE shelf = 'new' ORDER BY customer_handle, author_id"
    )
    waiting = array("q", (row["id"] for row in rows))
    # Made once at the end, they cost a fifth of what it costs to move every entry.
    aside = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'conversations'"
        " AND sql LIKE '%calm%'"
    ).fetchall()
    for row in aside:
        connection.execute(f'DROP INDEX "{row["name"]}"')
    settings = ", ".join(f"{name} = :{name}" for name in urgent.COLUMNS)
    for at in range(0, len(waiting), CHUNK):
        some = waiting[at : at + CHUNK]
        connection.executemany(
            f"UPDATE conversations SET {settings} WHERE id = :id",  # noqa: S608 - names of ours
            (*_of_single_messages(connection, some), *_of_longer(connection, some)),
        )
        progress(at + len(some), len(waiting))
    # What nothing is known of; all others have 5 or more by now, and are not written a second time.
    connection.execute("UPDATE conversations SET calm = 100 WHERE shelf = 'new' AND calm < 5")
    for row in aside:
        connection.execute(row["sql"])


def _of_longer(connection: sqlite3.Connection, ids: Sequence[int]) -> list[dict[str, Any]]:
    rows = connection.execute(
        "SELECT id FROM conversations WHERE id IN (SELECT value FROM json_each(:ids)) AND messages > 1",
        {"ids": id_list(ids)},
    )
    return standing.urgencies(connection, [row["id"] for row in rows], _LATE)


def _of_single_messages(connection: sqlite3.Connection, ids: Sequence[int]) -> Iterator[dict[str, Any]]:
    rows = connection.execute(_ALONE, {"ids": id_list(ids)}).fetchall()
    homes = [{"id": row["home"], "account_id": row["owner"]} for row in rows]
    near = urgent.around(
        connection,
        {row["owner"] for row in rows},
        {one for row, home in zip(rows, homes, strict=True) for one in urgent.people_of(home, row)},
    )
    for row, home in zip(rows, homes, strict=True):
        alone, score = [row], complaint_score(row)
        found = urgent.columns(home, row, alone, alone, (), {row["id"]: row}, near, score=score)
        yield found | home


FILLED: Mapping[int, Callable[[sqlite3.Connection, Progress], None]] = {2: urgencies}
"""Version -> what fills its new columns."""
