"""What a program without a window fetched, until the window tells the owner of it.

A line of ``meta`` for each message; ``take`` hands them out once. Nobody opens a window for a week: what came
before that is no news any more.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from datetime import datetime, timedelta

from services.clock import parse_iso
from services.model import MessageKind
from services.store import conversations
from services.store.codec import ADDRESSED, id_list, iso
from services.store.shapes import LeftArrival

KEPT = timedelta(days=7)
_OURS = "key >= 'arrival:' AND key < 'arrival;'"
_FOUND = """
    SELECT s.id, s.account_id, s.remote_id, s.conversation_id, s.kind, s.sent_at, s.is_complaint, s.abusive,
        s.is_addressed, m.text, m.title, m.author_name, m.author_handle, m.private
    FROM message_status s JOIN messages m ON m.id = s.id
    WHERE s.id IN (SELECT value FROM json_each(:ids)) AND s.conversation_id IS NOT NULL
    AND s.state NOT IN ('deleted', 'hidden') ORDER BY s.id
"""


def leave(connection: sqlite3.Connection, found: Collection[tuple[int, str]], now: datetime) -> None:
    """``found``: account and remote id of each."""
    connection.execute(f"DELETE FROM meta WHERE {_OURS} AND value < ?", (iso(now - KEPT),))  # noqa: S608
    connection.executemany(
        "INSERT OR IGNORE INTO meta SELECT 'arrival:' || id, ? FROM message_status"
        " WHERE account_id = ? AND remote_id = ?",
        [(iso(now), account_id, remote_id) for account_id, remote_id in found],
    )


def are_left(connection: sqlite3.Connection) -> bool:
    return connection.execute(f"SELECT 1 FROM meta WHERE {_OURS} LIMIT 1").fetchone() is not None  # noqa: S608


def take(connection: sqlite3.Connection, now: datetime) -> tuple[LeftArrival, ...]:
    """Oldest first; nobody gets them a second time."""
    left = connection.execute(f"DELETE FROM meta WHERE {_OURS} RETURNING key, value").fetchall()  # noqa: S608
    ids = [int(row["key"].partition(":")[2]) for row in left if row["value"] >= iso(now - KEPT)]
    return tuple(
        LeftArrival(
            account_id=row["account_id"],
            remote_id=row["remote_id"],
            conversation_id=conversations.resolve(connection, row["conversation_id"]),
            name=row["author_name"] or row["author_handle"],
            text=row["text"] or row["title"],
            sent_at=parse_iso(row["sent_at"]),
            kind=MessageKind(row["kind"]),
            private=bool(row["private"]),
            is_complaint=bool(row["is_complaint"]),
            is_abusive=bool(row["abusive"]),
            is_automatic=row["is_addressed"] != ADDRESSED,
        )
        for row in connection.execute(_FOUND, {"ids": id_list(ids)})
    )
