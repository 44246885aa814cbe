"""Pages that several accounts found: one conversation, whoever found it first.

``Message.shared_key`` is the place, then perhaps a space and which of the things said there it is. The place
leads to the conversation across accounts; the whole key tells a second finding of the same words, which waits
for nobody and is not unread again. Both are kept among the conversation's keys, under names no network gives.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable
from datetime import datetime

from services.model import Direction, Message
from services.store.codec import ADDRESSED, id_list
from services.store.standing import restand

_PLACE, _FINDING = "\x1fplace:", "\x1ffinding:"

_KEYS = """
    SELECT k.key, k.conversation_id, c.account_id FROM accounts a
    CROSS JOIN conversation_keys k ON k.account_id = a.id
    JOIN conversations c ON c.id = k.conversation_id
    JOIN accounts o ON o.id = c.account_id
    WHERE a.removing = 0 AND o.removing = 0 AND k.key IN (SELECT value FROM json_each(:keys))
    ORDER BY k.conversation_id DESC
"""


class Shared:
    """The shared places of one slice of messages of one account. Lives within one transaction."""

    def __init__(self, connection: sqlite3.Connection, account_id: int, messages: Iterable[Message]) -> None:
        self._connection, self._account_id = connection, account_id
        self._homes: dict[str, int] = {}
        self.foreign: set[int] = set()
        """Conversations of other accounts among them."""
        keys = {key for one in messages for key in _keys(one)}
        if keys:
            for row in connection.execute(_KEYS, {"keys": id_list(keys)}):
                self._homes[row["key"]] = row["conversation_id"]
                if row["account_id"] != account_id:
                    self.foreign.add(row["conversation_id"])

    def home(self, message: Message) -> int | None:
        keys = _keys(message)
        return self._homes.get(keys[0]) if keys else None

    def is_known(self, message: Message) -> bool:
        """Somebody brought the same words already."""
        keys = _keys(message)
        return bool(keys) and keys[1] in self._homes

    def note(self, message: Message, conversation_id: int) -> None:
        for key in _keys(message):
            self._homes[key] = conversation_id
            self._connection.execute(
                "INSERT INTO conversation_keys VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                (self._account_id, key, conversation_id),
            )


def _keys(message: Message) -> tuple[str, ...]:
    if not message.shared_key or message.direction is not Direction.INBOUND:
        return ()
    return _PLACE + message.shared_key.partition(" ")[0], _FINDING + message.shared_key


def hand_over(connection: sqlite3.Connection, account_id: int, ids: Collection[int], now: datetime) -> None:
    """Before an account's conversations go: those that other accounts brought something to become theirs."""
    rows = connection.execute(
        "SELECT m.conversation_id AS id, min(m.account_id) AS heir FROM message_status m"
        " JOIN accounts a ON a.id = m.account_id WHERE a.removing = 0 AND m.account_id <> :account"
        " AND m.conversation_id IN (SELECT value FROM json_each(:ids)) GROUP BY m.conversation_id",
        {"account": account_id, "ids": id_list(ids)},
    ).fetchall()
    for row in rows:
        _take_out(connection, account_id, row["id"])
        # What was a second finding is now the only one; it waits where the first one did.
        connection.execute(
            "UPDATE message_status SET is_addressed = :addressed, settled = (SELECT waiting_since IS NULL"
            " FROM conversations WHERE id = :id) WHERE conversation_id = :id AND is_addressed = 0",
            {"id": row["id"], "addressed": ADDRESSED},
        )
        connection.execute("UPDATE conversations SET account_id = ? WHERE id = ?", (row["heir"], row["id"]))
    restand(connection, [row["id"] for row in rows], now)


def leave(connection: sqlite3.Connection, account_id: int, now: datetime) -> None:
    """Takes what a removed account brought out of the conversations of others."""
    rows = connection.execute(
        "SELECT DISTINCT m.conversation_id AS id FROM message_status m"
        " JOIN conversations c ON c.id = m.conversation_id"
        " WHERE m.account_id = ? AND c.account_id <> m.account_id",
        (account_id,),
    ).fetchall()
    for row in rows:
        _take_out(connection, account_id, row["id"])
    restand(connection, [row["id"] for row in rows], now)


def _take_out(connection: sqlite3.Connection, account_id: int, conversation_id: int) -> None:
    both = (account_id, conversation_id)
    for table in ("message_status", "conversation_keys", "outbox"):
        connection.execute(
            f"DELETE FROM {table} WHERE account_id = ? AND conversation_id = ?",  # noqa: S608 - names of ours
            both,
        )
