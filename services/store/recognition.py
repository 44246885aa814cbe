"""Replies of ours that a poll brings: told from answers given elsewhere, so that none is shown twice and what
was unclear is settled."""

from __future__ import annotations

import sqlite3

from services.alike import same_words
from services.model import Direction, Message, OutboxState
from services.store.codec import Row, iso
from services.store.outbox import PLACEHOLDER


def _candidates(connection: sqlite3.Connection, account_id: int, message: Message) -> list[Row]:
    if not message.parent_id:
        return []
    rows = connection.execute(
        "SELECT * FROM outbox WHERE account_id = ? AND parent_remote_id = ? AND (state IN"
        " ('unclear', 'sending') OR (state IN ('holding', 'failed') AND attempts > 0)"
        " OR (state = 'sent' AND remote_id IN ('', ?))) ORDER BY id",
        (account_id, message.parent_id, message.remote_id),
    ).fetchall()
    # A network may put a heading of its own above, such as the warning that the answered post carries.
    shown = (message.text, message.text.partition("\n\n")[2])
    return [
        row
        for row in rows
        if row["remote_id"] == message.remote_id or any(same_words(row["text"], one) for one in shown)
    ]


def confirm(connection: sqlite3.Connection, account_id: int, message: Message) -> bool:
    """The owner said "it is there"; now the network shows it. Its placeholder takes the real id."""
    for row in _candidates(connection, account_id, message):
        if row["state"] == OutboxState.SENT and not row["remote_id"]:
            connection.execute(
                "UPDATE message_status SET remote_id = ?, sent_at = ? WHERE account_id = ? AND remote_id = ?",
                (message.remote_id, iso(message.sent_at), account_id, PLACEHOLDER + row["key"]),
            )
            _note(connection, row, message)
            return True
    return False


def recognise(connection: sqlite3.Connection, account_id: int, message: Message) -> bool:
    """Whether an outbound message that a poll brings was written here.

    An unclear reply is settled by it, and so is one that was tried and not found, whether it waits for its
    next attempt or was stopped before that: a server may be slow. One that is being sent right now is left
    to the sender."""
    if message.direction is not Direction.OUTBOUND:
        return False
    for row in _candidates(connection, account_id, message):
        if row["state"] in (OutboxState.UNCLEAR, OutboxState.HOLDING, OutboxState.FAILED):
            _note(connection, row, message)
        return True
    return False


def _note(connection: sqlite3.Connection, row: Row, message: Message) -> None:
    connection.execute(
        "UPDATE outbox SET state = 'sent', remote_id = ?, url = ?, sent_at = ?, error_kind = '',"
        " error_detail_json = '{}'"
        " WHERE id = ?",
        (message.remote_id, message.url, iso(message.sent_at), row["id"]),
    )
