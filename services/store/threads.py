"""One conversation opened: its messages oldest first, and the replies of ours that are not there yet."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from services.clock import parse_iso
from services.model import Author, Direction, MessageKind, Thread, ThreadMessage
from services.store import conversations
from services.store.codec import (
    AUTOMATIC,
    Row,
    id_list,
    load,
    load_attachments,
    load_context,
    maybe_time,
    words,
)

_COLUMNS = """
    SELECT s.id, s.remote_id, s.direction, s.kind, s.author_id, s.sent_at, s.state, s.parent_id,
    s.reasons_json, s.elsewhere,
           s.is_addressed, m.text, m.title, m.author_name, m.author_handle, m.html, m.url, m.author_url,
           m.avatar_url, m.private,
           m.stars, m.attachments_json, m.reply_context_json, m.can_reply, m.why_not, m.reply_until,
           m.edited_at, h.followers, h.muted, s.abusive
    FROM message_status s JOIN messages m ON m.id = s.id
    LEFT JOIN handles h ON h.account_id = s.account_id AND h.author_id = s.author_id
"""
# A reply of ours that came back is shown as what stands in the outbox, where it can be mended.
_SHOWN = (
    " s.conversation_id = :id AND NOT (s.direction = 'outbound' AND s.state = 'failed' AND s.elsewhere = 0)"
)
_MESSAGES = _COLUMNS + f" WHERE {_SHOWN} ORDER BY s.sent_at DESC, s.id DESC LIMIT :limit"
_MESSAGE = _COLUMNS + " WHERE s.conversation_id = :id AND s.remote_id = :remote_id"
_BY_ID = _COLUMNS + " WHERE s.id = :id"
_CONTEXT = """
    SELECT m.context_json FROM message_status s JOIN messages m ON m.id = s.id
    WHERE s.conversation_id = :id AND m.context_json IS NOT NULL ORDER BY s.sent_at, s.id LIMIT 1
"""
_OUTBOX = """
    SELECT o.*, a.name AS account_name, a.handle AS account_handle, a.remote_id AS account_remote_id
    FROM outbox o JOIN accounts a ON a.id = o.account_id
    WHERE o.conversation_id = :id AND o.state IN ('holding', 'sending', 'failed', 'unclear') ORDER BY o.id
"""


def thread(connection: sqlite3.Connection, conversation_id: int, limit: int) -> Thread:
    """Raises NotFound. ``hidden_earlier``: how many older messages were left out."""
    row = conversations.one(connection, conversation_id)
    given = {"id": row.id, "limit": conversations.check_limit(limit)}
    found = connection.execute(_MESSAGES, given).fetchall()[::-1]
    total: int = connection.execute(
        f"SELECT count(*) FROM message_status s JOIN messages m ON m.id = s.id WHERE {_SHOWN}",  # noqa: S608
        given,
    ).fetchone()[0]
    earlier = _earlier(connection, found)
    context = connection.execute(_CONTEXT, given).fetchone()
    draft = connection.execute("SELECT text FROM drafts WHERE conversation_id = :id", given).fetchone()
    unsent = [_unsent(one, row.kind) for one in connection.execute(_OUTBOX, given)]
    return Thread(
        conversation=row,
        context=load_context(context["context_json"]) if context is not None else None,
        messages=(*(_message(one, earlier.get(one["id"], ())) for one in found), *unsent),
        draft=draft["text"] if draft is not None else "",
        hidden_earlier=total - len(found),
    )


def _earlier(connection: sqlite3.Connection, found: list[Row]) -> Mapping[int, tuple[str, ...]]:
    texts: dict[int, tuple[str, ...]] = {}
    for row in connection.execute(
        "SELECT message_id, text FROM earlier_texts WHERE message_id IN (SELECT value FROM"
        " json_each(:ids)) ORDER BY message_id, id",
        {"ids": id_list([one["id"] for one in found])},
    ):
        texts[row["message_id"]] = (*texts.get(row["message_id"], ()), row["text"])
    return texts


def _message(row: Row, earlier: tuple[str, ...]) -> ThreadMessage:
    return ThreadMessage(
        id=row["id"],
        remote_id="" if row["remote_id"].startswith("outbox:") else row["remote_id"],
        direction=Direction(row["direction"]),
        kind=MessageKind(row["kind"]),
        author=Author(
            row["author_id"],
            row["author_name"],
            row["author_handle"],
            row["author_url"],
            row["avatar_url"],
            row["followers"],
        ),
        text=row["text"],
        html=row["html"],
        sent_at=parse_iso(row["sent_at"]),
        url=row["url"],
        private=bool(row["private"]),
        state=row["state"],
        parent_id=row["parent_id"],
        title=row["title"],
        stars=row["stars"],
        attachments=load_attachments(row["attachments_json"]),
        reasons=words(row["reasons_json"]),
        earlier=earlier,
        edited_at=maybe_time(row["edited_at"]),
        elsewhere=bool(row["elsewhere"]),
        can_reply=bool(row["can_reply"]),
        why_not=row["why_not"],
        reply_context=load(row["reply_context_json"]),
        reply_until=maybe_time(row["reply_until"]),
        is_addressed=bool(row["is_addressed"]),
        is_automatic=row["is_addressed"] == AUTOMATIC,
        is_abusive=bool(row["abusive"]),
        is_muted=bool(row["muted"]) and row["direction"] == "inbound",
    )


def _unsent(row: Row, kind: MessageKind) -> ThreadMessage:
    """A reply still in the outbox. Its ``id`` is negative, so that it never equals a message's."""
    return ThreadMessage(
        id=-row["id"],
        remote_id="",
        direction=Direction.OUTBOUND,
        kind=MessageKind.DIRECT if kind is MessageKind.DIRECT else MessageKind.REPLY,
        author=Author(row["account_remote_id"], row["account_name"], row["account_handle"]),
        text=row["text"],
        html="",
        sent_at=parse_iso(row["created_at"]),
        url="",
        private=bool(row["private"]),
        state=row["state"],
        parent_id=row["parent_remote_id"],
        outbox_id=row["id"],
        hold_until=parse_iso(row["hold_until"]),
        error_kind=row["error_kind"],
        error_detail=load(row["error_detail_json"]),
    )


def message(connection: sqlite3.Connection, conversation_id: int, remote_id: str) -> ThreadMessage | None:
    given = {"id": conversations.resolve(connection, conversation_id), "remote_id": remote_id}
    row = connection.execute(_MESSAGE, given).fetchone()
    return None if row is None else _message(row, ())


def by_id(connection: sqlite3.Connection, message_id: int) -> ThreadMessage | None:
    row = connection.execute(_BY_ID, {"id": message_id}).fetchone()
    return None if row is None else _message(row, ())


def key_of(connection: sqlite3.Connection, conversation_id: int, remote_id: str) -> str:
    """The key under which a message came; a conversation that was merged has several. Empty: it came without
    one."""
    given = {"id": conversations.resolve(connection, conversation_id), "remote_id": remote_id}
    row = connection.execute(
        "SELECT coalesce(nullif((SELECT thread_key FROM message_status WHERE conversation_id = :id"
        " AND remote_id = :remote_id), ''),"
        " (SELECT min(key) FROM conversation_keys WHERE conversation_id = :id), '') AS key",
        given,
    ).fetchone()
    key: str = row["key"]
    return key


def find(connection: sqlite3.Connection, account_id: int, remote_id: str) -> int | None:
    row = connection.execute(
        "SELECT conversation_id FROM message_status WHERE account_id = ? AND remote_id = ?",
        (account_id, remote_id),
    ).fetchone()
    return None if row is None else row["conversation_id"]
