"""Clearing spam: the texts go from this computer, what became of the messages stays, and nobody is told."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from datetime import datetime

from services.store.care import drop_content
from services.store.codec import id_list, iso

SLICE = 200
"""Conversations per transaction."""

# Where a reply of ours is still on its way, what it answers stays.
_SPAM = """
    SELECT c.id FROM conversations c WHERE c.shelf = 'spam' AND NOT EXISTS (SELECT 1 FROM outbox o
    WHERE o.conversation_id = c.id AND o.state IN ('holding', 'sending', 'failed', 'unclear'))
"""
_OLD = f"""
    {_SPAM} AND c.last_at < :before AND NOT EXISTS (SELECT 1 FROM message_status s
    JOIN labels l ON l.message_id = s.id WHERE s.conversation_id = c.id AND l.labelled_at >= :before)
    LIMIT :most
"""  # noqa: S608 - a constant of ours


def clear_some(connection: sqlite3.Connection, ids: Collection[int], now: datetime) -> frozenset[int]:
    """Of these, what is in spam at this moment: whatever was put back meanwhile stays whole."""
    found = [
        row["id"]
        for row in connection.execute(
            f"{_SPAM} AND c.id IN (SELECT value FROM json_each(:ids))",  # noqa: S608 - a constant of ours
            {"ids": id_list(ids)},
        )
    ]
    drop_content(connection, found, now)
    return frozenset(found)


def clear_old(connection: sqlite3.Connection, before: datetime, now: datetime) -> frozenset[int]:
    """What ended before, and was not put into spam since. Empty: nothing left to do; call again until then,
    one transaction each."""
    found = [row["id"] for row in connection.execute(_OLD, {"before": iso(before), "most": SLICE})]
    drop_content(connection, found, now)
    return frozenset(found)
