"""Replies on their way out. Each change of state is one transaction, on the disk before anybody acts on
it."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from datetime import datetime, timedelta

from services.errors import Invalid, NotFound
from services.model import Author, JsonObject, MessageKind, OutboxItem, OutboxState, State
from services.store import codec
from services.store.codec import Row, dump, id_list, iso, maybe_iso
from services.store.conversations import resolve
from services.store.kept import save_draft
from services.store.shapes import Confirmation
from services.store.standing import restand

PLACEHOLDER = "outbox:"
"""Start of the remote id of a reply that the owner says is there, until the network shows it with its own."""

CLOCK_STEP = timedelta(minutes=1)
"""A row written further in the future than this was written before the clock was set back."""

_DUE = (
    "(hold_until <= :now OR created_at > :ahead)"
    " AND (next_try_at IS NULL OR next_try_at <= :now OR created_at > :ahead)"
)


def _moments(now: datetime) -> dict[str, object]:
    return {"now": iso(now), "ahead": iso(now + CLOCK_STEP)}


def queue(
    connection: sqlite3.Connection,
    conversation_id: int,
    text: str,
    *,
    private: bool,
    key: str,
    parent_remote_id: str,
    hold_until: datetime,
    seen_id: int,
    close_after: bool,
    template: str,
    force: bool,
    now: datetime,
) -> OutboxItem:
    """The same key again gives the same row. Clears the draft."""
    if not text.strip():
        raise Invalid("empty", field="text")
    one = resolve(connection, conversation_id)
    account = connection.execute("SELECT account_id FROM conversations WHERE id = ?", (one,)).fetchone()[
        "account_id"
    ]
    row = connection.execute(
        "INSERT INTO outbox (conversation_id, account_id, state, text, private, key,"
        " parent_remote_id, created_at, hold_until,"
        " seen_id, close_after, force, template) VALUES (?, ?, 'holding', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (key) DO NOTHING RETURNING *",
        (
            one,
            account,
            text,
            int(private),
            key,
            parent_remote_id,
            iso(now),
            iso(hold_until),
            seen_id,
            int(close_after),
            int(force),
            template,
        ),
    ).fetchone()
    if row is None:
        return codec.outbox_item(connection.execute("SELECT * FROM outbox WHERE key = ?", (key,)).fetchone())
    connection.execute("DELETE FROM drafts WHERE conversation_id = ?", (one,))
    return codec.outbox_item(row)


def row_of(connection: sqlite3.Connection, outbox_id: int) -> Row:
    row: Row | None = connection.execute("SELECT * FROM outbox WHERE id = ?", (outbox_id,)).fetchone()
    if row is None:
        raise NotFound("outbox", outbox_id)
    return row


def item(connection: sqlite3.Connection, outbox_id: int) -> OutboxItem:
    return codec.outbox_item(row_of(connection, outbox_id))


def items(connection: sqlite3.Connection, states: Collection[OutboxState] | None) -> tuple[OutboxItem, ...]:
    """Oldest first; without ``states`` everything that is not safely there: holding, sending, failed,
    unclear."""
    wanted = (
        states
        if states is not None
        else (OutboxState.HOLDING, OutboxState.SENDING, OutboxState.FAILED, OutboxState.UNCLEAR)
    )
    rows = connection.execute(
        "SELECT * FROM outbox WHERE state IN (SELECT value FROM json_each(:states)) ORDER BY id",
        {"states": id_list([one.value for one in wanted])},
    )
    return tuple(codec.outbox_item(row) for row in rows)


def due(connection: sqlite3.Connection, now: datetime) -> tuple[OutboxItem, ...]:
    rows = connection.execute(
        f"SELECT * FROM outbox o WHERE state = 'holding' AND {_DUE} AND NOT EXISTS ("  # noqa: S608 - a constant of ours
        "SELECT 1 FROM outbox e WHERE e.conversation_id = o.conversation_id AND e.id < o.id"
        " AND e.state IN ('holding', 'sending', 'unclear')) ORDER BY id",
        _moments(now),
    )
    return tuple(codec.outbox_item(row) for row in rows)


def claim(connection: sqlite3.Connection, outbox_id: int, now: datetime) -> OutboxItem | None:
    row = connection.execute(
        "UPDATE outbox SET state = 'sending', attempts = attempts + 1,"  # noqa: S608 - a constant of ours
        " first_attempt_at = coalesce(first_attempt_at, :now), error_kind = '', error_detail_json = '{}'"
        f" WHERE id = :id AND state = 'holding' AND {_DUE} RETURNING *",
        {"id": outbox_id, **_moments(now)},
    ).fetchone()
    return None if row is None else codec.outbox_item(row)


def doubt(connection: sqlite3.Connection) -> None:
    """For a database that is a copy of an earlier day: what waited then may have left since, from the one it
    was copied from. So it counts as left in the middle of sending, and is looked up before anything else."""
    connection.execute(
        "UPDATE outbox SET state = 'sending', attempts = max(attempts, 1), next_try_at = NULL,"
        " first_attempt_at = coalesce(first_attempt_at, created_at), error_kind = '',"
        " error_detail_json = '{}' WHERE state = 'holding'"
    )


def retry_now(connection: sqlite3.Connection) -> None:
    connection.execute(
        "UPDATE outbox SET next_try_at = NULL WHERE state = 'holding' AND next_try_at IS NOT NULL"
        " AND error_kind <> 'rate-limited'"
    )


def back(
    connection: sqlite3.Connection,
    outbox_id: int,
    next_try_at: datetime | None,
    error_kind: str,
    error_detail: JsonObject,
) -> OutboxItem:
    return _turn(
        connection,
        outbox_id,
        ("sending", "holding", "unclear"),
        "holding",
        error_kind,
        error_detail,
        ", next_try_at = :next",
        {"next": maybe_iso(next_try_at)},
    )


def fail(
    connection: sqlite3.Connection, outbox_id: int, error_kind: str, error_detail: JsonObject
) -> OutboxItem:
    return _turn(connection, outbox_id, ("sending", "holding", "unclear"), "failed", error_kind, error_detail)


def unclear(connection: sqlite3.Connection, outbox_id: int, error_detail: JsonObject) -> OutboxItem:
    return _turn(connection, outbox_id, ("sending", "unclear"), "unclear", "unclear", error_detail)


def _turn(
    connection: sqlite3.Connection,
    outbox_id: int,
    sources: tuple[str, ...],
    target: str,
    error_kind: str,
    error_detail: JsonObject,
    more: str = "",
    values: dict[str, object] | None = None,
) -> OutboxItem:
    """A row that has moved on meanwhile (undone, recognised by a poll) stays as it is."""
    connection.execute(
        f"UPDATE outbox SET state = :target, error_kind = :kind, error_detail_json = :detail{more}"  # noqa: S608 - constants of ours
        " WHERE id = :id AND state IN (SELECT value FROM json_each(:sources))",
        {
            "id": outbox_id,
            "target": target,
            "kind": error_kind,
            "detail": dump(error_detail),
            "sources": id_list(sources),
            **(values or {}),
        },
    )
    return item(connection, outbox_id)


def release(connection: sqlite3.Connection, outbox_id: int, now: datetime) -> OutboxItem:
    connection.execute(
        "UPDATE outbox SET hold_until = min(hold_until, :now), next_try_at = NULL WHERE id = :id AND"
        " state = 'holding'",
        {"id": outbox_id, "now": iso(now)},
    )
    return item(connection, outbox_id)


def cancel(connection: sqlite3.Connection, outbox_id: int, now: datetime) -> OutboxItem | None:
    """Undo while it holds, or take back what failed for certain; the text becomes the draft where there is
    none."""
    row = connection.execute(
        "UPDATE outbox SET state = 'cancelled' WHERE id = ? AND state IN ('holding', 'failed') RETURNING *",
        (outbox_id,),
    ).fetchone()
    if row is None:
        row_of(connection, outbox_id)
        return None
    draft = connection.execute(
        "SELECT text FROM drafts WHERE conversation_id = ?", (row["conversation_id"],)
    ).fetchone()
    if draft is None or not draft["text"].strip():
        save_draft(connection, row["conversation_id"], row["text"], now)
    return codec.outbox_item(row)


# --- it is there


def sent(
    connection: sqlite3.Connection, outbox_id: int, told: Confirmation, author: Author, now: datetime
) -> frozenset[int]:
    """One transaction: the row, our message in the thread, the conversation's state."""
    row = row_of(connection, outbox_id)
    if row["state"] == OutboxState.SENT and row["remote_id"] == told.remote_id:
        return frozenset((row["conversation_id"],))
    _store_answer(
        connection,
        row,
        told.remote_id or PLACEHOLDER + row["key"],
        told.sent_at,
        told.text or row["text"],
        told.url,
        author,
        is_pending=told.is_pending,
    )
    return _close(connection, row, told.remote_id, told.url, told.sent_at, now)


def resolve_unclear(
    connection: sqlite3.Connection, outbox_id: int, *, is_there: bool, key: str, now: datetime
) -> tuple[OutboxItem, frozenset[int]]:
    row = row_of(connection, outbox_id)
    if row["state"] not in (OutboxState.UNCLEAR, OutboxState.FAILED):
        return codec.outbox_item(row), frozenset()
    if not is_there:
        connection.execute(
            "UPDATE outbox SET state = 'holding', force = 1, hold_until = :now, next_try_at = NULL,"
            " error_kind = '',"
            " error_detail_json = '{}', key = coalesce(:key, key), remote_id = '', url = '', sent_at = NULL,"
            " attempts = CASE WHEN :key IS NULL THEN attempts ELSE 0 END,"
            " first_attempt_at = CASE WHEN :key IS NULL THEN first_attempt_at END WHERE id = :id",
            {"id": outbox_id, "now": iso(now), "key": key or None},
        )
        return item(connection, outbox_id), frozenset((row["conversation_id"],))
    if row["remote_id"]:
        # It came back, and the owner knows better.
        connection.execute(
            "UPDATE message_status SET state = 'sent' WHERE account_id = ? AND remote_id = ?",
            (row["account_id"], row["remote_id"]),
        )
        moment = codec.maybe_time(row["sent_at"]) or now
        changed = _close(connection, row, row["remote_id"], row["url"], moment, now)
        return item(connection, outbox_id), changed
    account = connection.execute(
        "SELECT name, handle, remote_id FROM accounts WHERE id = ?", (row["account_id"],)
    ).fetchone()
    moment = codec.maybe_time(row["first_attempt_at"]) or now
    author = Author(account["remote_id"], account["name"], account["handle"])
    _store_answer(
        connection, row, PLACEHOLDER + row["key"], moment, row["text"], "", author, is_pending=False
    )
    changed = _close(connection, row, "", "", moment, now)
    return item(connection, outbox_id), changed


def _store_answer(
    connection: sqlite3.Connection,
    row: Row,
    remote_id: str,
    sent_at: datetime,
    text: str,
    url: str,
    author: Author,
    *,
    is_pending: bool,
) -> None:
    """The digest stays empty: how the network words it (mentions, links) is taken over at the next poll, not
    shown as an edit."""
    kind = connection.execute(
        "SELECT kind FROM conversations WHERE id = ?", (row["conversation_id"],)
    ).fetchone()["kind"]
    message = connection.execute(
        "INSERT INTO message_status (account_id, remote_id, conversation_id, thread_key, parent_id,"
        " author_id, kind, direction, state,"
        " is_addressed, sent_at, digest, read_at)"
        " VALUES (:account, :remote, :home, '', :parent, :author, :kind, 'outbound', :state, 1,"
        " :sent_at, '', :sent_at)"
        " ON CONFLICT (account_id, remote_id) DO UPDATE SET elsewhere = 0,"
        " conversation_id = coalesce(message_status.conversation_id, excluded.conversation_id)"
        " RETURNING id, digest",
        {
            "account": row["account_id"],
            "remote": remote_id,
            "home": row["conversation_id"],
            "parent": row["parent_remote_id"],
            "author": author.id,
            "kind": (MessageKind.DIRECT if kind == MessageKind.DIRECT else MessageKind.REPLY).value,
            "state": "pending" if is_pending else "sent",
            "sent_at": iso(sent_at),
        },
    ).fetchone()
    connection.execute(
        "INSERT INTO messages (id, text, title, author_name, author_handle, html, url, author_url,"
        " avatar_url, private, language,"
        " can_reply, why_not) VALUES (:id, :text, '', :name, :handle, '', :url, :author_url,"
        " :avatar, :private, '', 1, '')"
        " ON CONFLICT (id) DO NOTHING",
        {
            "id": message["id"],
            "text": text,
            "name": author.name,
            "handle": author.handle,
            "url": url,
            "author_url": author.url,
            "avatar": author.avatar_url,
            "private": row["private"],
        },
    )


def _close(
    connection: sqlite3.Connection, row: Row, remote_id: str, url: str, sent_at: datetime, now: datetime
) -> frozenset[int]:
    connection.execute(
        "UPDATE outbox SET state = 'sent', remote_id = :remote, url = :url, sent_at = :sent_at,"
        " error_kind = '',"
        " error_detail_json = '{}', next_try_at = NULL WHERE id = :id",
        {"id": row["id"], "remote": remote_id, "url": url, "sent_at": iso(sent_at)},
    )
    home = row["conversation_id"]
    word, upto = None, 0
    if row["close_after"]:
        seen = row["seen_id"] or (1 << 62)
        connection.execute(
            "UPDATE message_status SET settled = 1, reopened_at = NULL WHERE conversation_id = ? AND id <= ?",
            (home, seen),
        )
        word = State.DONE.value
        upto = connection.execute(
            "SELECT max(id) FROM message_status WHERE conversation_id = ?", (home,)
        ).fetchone()[0]
    connection.execute(
        "UPDATE conversations SET word = ?, word_upto = ?, snoozed_until = NULL WHERE id = ?",
        (word, upto, home),
    )
    return restand(connection, [home], now) | {home}
