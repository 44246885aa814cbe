"""What the owner taught, to be looked through and taken back. It outlives the messages it was said of."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from datetime import datetime

from services.clock import parse_iso
from services.store.codec import Row, id_list, iso
from services.store.owned import Correction
from services.store.standing import restand

_CORRECTIONS = """
    SELECT l.message_id, l.text, l.label, l.labelled_at,
           CASE WHEN m.id IS NULL THEN NULL ELSE s.conversation_id END AS conversation_id,
           coalesce(s.is_complaint, 0) AS is_complaint
    FROM labels l LEFT JOIN message_status s ON s.id = l.message_id
    LEFT JOIN messages m ON m.id = l.message_id
"""
_IN = "message_id IN (SELECT value FROM json_each(:ids))"


def corrections(connection: sqlite3.Connection, query: str = "") -> tuple[Correction, ...]:
    """The newest first; ``query``: words that must all be in the text, whatever their case."""
    words = query.casefold().split()
    rows = connection.execute(f"{_CORRECTIONS} ORDER BY l.labelled_at DESC, l.message_id DESC")
    return tuple(_correction(row) for row in rows if all(word in row["text"].casefold() for word in words))


def _correction(row: Row) -> Correction:
    return Correction(
        row["message_id"],
        row["text"],
        row["label"],
        parse_iso(row["labelled_at"]),
        row["conversation_id"],
        bool(row["is_complaint"]),
    )


def state(connection: sqlite3.Connection) -> tuple[int, str]:
    """Another one whenever something was taught or taken back."""
    row = connection.execute("SELECT count(*) AS number, max(labelled_at) AS newest FROM labels").fetchone()
    return row["number"], row["newest"] or ""


def forget(
    connection: sqlite3.Connection, ids: Collection[int] | None, now: datetime
) -> tuple[tuple[Correction, ...], frozenset[int]]:
    """Takes corrections back (None: all). Returns them, for an undo, and which conversations changed.

    Only the teaching goes: what was put into spam stays there."""
    if ids is None:
        ids = [row["message_id"] for row in connection.execute("SELECT message_id FROM labels")]
    given = {"ids": id_list(ids)}
    gone = tuple(
        _correction(row)
        for row in connection.execute(
            f"{_CORRECTIONS} WHERE l.{_IN} ORDER BY l.labelled_at DESC, l.message_id DESC", given
        )
    )
    connection.execute(f"DELETE FROM labels WHERE {_IN}", given)  # noqa: S608 - a constant of ours
    return gone, _labelled(connection, {one.id: None for one in gone}, now)


def teach_again(
    connection: sqlite3.Connection, taken_back: Collection[Correction], now: datetime
) -> frozenset[int]:
    """Undo of ``forget``; what was said of a message since then stays."""
    again: dict[int, str | None] = {}
    for one in taken_back:
        cursor = connection.execute(
            "INSERT INTO labels (message_id, text, label, labelled_at) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (message_id) DO NOTHING",
            (one.id, one.text, one.label, iso(one.labelled_at)),
        )
        if cursor.rowcount:
            again[one.id] = one.label
    return _labelled(connection, again, now)


def _labelled(connection: sqlite3.Connection, labels: dict[int, str | None], now: datetime) -> frozenset[int]:
    homes = set()
    for message_id, label in labels.items():
        row = connection.execute(
            "UPDATE message_status SET label = ? WHERE id = ? RETURNING conversation_id",
            (label, message_id),
        ).fetchone()
        if row is not None and row["conversation_id"] is not None:
            homes.add(row["conversation_id"])
    return restand(connection, homes, now)
