"""What a network did to a message because the owner asked for it, written down before the next poll does."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from services.errors import NotFound
from services.model import MessageState, State
from services.store import marks, people, threads
from services.store.codec import Row
from services.store.picture import GONE
from services.store.shapes import Located
from services.store.standing import restand

_STATES = {
    "approve": MessageState.RECEIVED,
    "delete": MessageState.DELETED,
    "spam": MessageState.DELETED,
    "hide": MessageState.HIDDEN,
}


def located(connection: sqlite3.Connection, message_id: int) -> Located:
    row = _row(connection, message_id)
    found = threads.by_id(connection, message_id)
    if found is None:
        raise NotFound("message", message_id)
    return Located(row["account_id"], row["conversation_id"], found)


def _row(connection: sqlite3.Connection, message_id: int) -> Row:
    row: Row | None = connection.execute(
        "SELECT id, account_id, remote_id, conversation_id, author_id, state FROM message_status"
        " WHERE id = ? AND conversation_id IS NOT NULL",
        (message_id,),
    ).fetchone()
    if row is None:
        raise NotFound("message", message_id)
    return row


def moderated(connection: sqlite3.Connection, message_id: int, action: str, now: datetime) -> frozenset[int]:
    """Returns the conversations that changed. Raises NotFound."""
    row = _row(connection, message_id)
    home: int = row["conversation_id"]
    if action == "block":
        return people.mute(connection, row["account_id"], row["author_id"], True, now) | {home}
    state = _STATES.get(action)
    if state is None:
        return frozenset()
    # Half a digest: whatever the network shows next counts as news, and not as an edit.
    connection.execute(
        "UPDATE message_status SET state = ?, digest = substr(digest, 1, instr(digest, ':')) WHERE id = ?",
        (state.value, message_id),
    )
    restand(connection, [home], now)
    if action != "approve" and not _others_speak(connection, home):
        # Nobody is left in it, whether it was answered before or not.
        marks.mark(connection, [home], State.SPAM if action == "spam" else State.DONE, None, now)
    return frozenset((home,))


def _others_speak(connection: sqlite3.Connection, home: int) -> bool:
    rows = connection.execute(
        "SELECT state FROM message_status WHERE conversation_id = ? AND direction = 'inbound'"
        " AND is_addressed > 0",
        (home,),
    )
    return any(row["state"] not in GONE for row in rows)
