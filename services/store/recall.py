"""Undo for marks: how conversations stood, kept in memory, and put back.

What customers wrote meanwhile is not touched: a word of the owner reaches only as far as it did.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from datetime import datetime

from services.errors import NotFound
from services.store.codec import id_list
from services.store.conversations import resolve
from services.store.owned import Remembered
from services.store.standing import restand

_THEIRS = "SELECT id FROM message_status WHERE conversation_id IN (SELECT value FROM json_each(:ids))"
_CONVERSATIONS = """
    SELECT id, word, word_upto, snoozed_until FROM conversations
    WHERE id IN (SELECT value FROM json_each(:ids))
"""
_MESSAGES = """
    SELECT id, settled, reopened_at, read_at, label FROM message_status
    WHERE conversation_id IN (SELECT value FROM json_each(:ids))
"""
_LABELS = f"SELECT message_id, text, label, labelled_at FROM labels WHERE message_id IN ({_THEIRS})"  # noqa: S608

_SAID = """
    SELECT message_id, text, label, labelled_at FROM labels
    WHERE message_id IN (SELECT value FROM json_each(:ids))
"""


def remember(connection: sqlite3.Connection, ids: Collection[int]) -> Remembered:
    """Raises NotFound."""
    given = {"ids": id_list({resolve(connection, one) for one in ids})}
    return Remembered(
        *(
            tuple(tuple(row) for row in connection.execute(statement, given))
            for statement in (_CONVERSATIONS, _MESSAGES, _LABELS)
        )
    )


def put_back(connection: sqlite3.Connection, was: Remembered, now: datetime) -> tuple[frozenset[int], bool]:
    """Which conversations changed, and whether what is taught changed with them. Conversations and messages
    that are gone by now are left out."""
    messages = {"ids": id_list([one[0] for one in was.messages])}
    taught = {tuple(row) for row in connection.execute(_SAID, messages)}
    connection.executemany(
        "UPDATE conversations SET word = ?2, word_upto = ?3, snoozed_until = ?4 WHERE id = ?1",
        was.conversations,
    )
    connection.executemany(
        "UPDATE message_status SET settled = ?2, reopened_at = ?3, read_at = ?4, label = ?5 WHERE id = ?1",
        was.messages,
    )
    connection.executemany("DELETE FROM labels WHERE message_id = ?", [(one[0],) for one in was.messages])
    connection.executemany(
        "INSERT INTO labels (message_id, text, label, labelled_at) VALUES (?, ?, ?, ?)", was.labels
    )
    there = set()
    for one in was.ids:
        try:
            there.add(resolve(connection, one))
        except NotFound:
            continue
    return restand(connection, there, now) | there, taught != set(was.labels)
