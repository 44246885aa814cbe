"""Accounts without their credentials, and how fresh they are."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from services.errors import Invalid, NotFound, ShopbellError
from services.model import Account, Freshness, JsonObject
from services.store import codec
from services.store.codec import Row, dump, id_list, iso, load, maybe_iso, maybe_time
from services.store.rooms import Later

if TYPE_CHECKING:
    from services.store import sharing, standing
else:
    sharing, standing = Later("sharing"), Later("standing")

BOUNCES = "bounces:"
"""Before the account's number: the key in ``meta`` of bounces that wait for their reply."""

REMOVE_SLICE = 200
"""Conversations removed per transaction."""


def every(connection: sqlite3.Connection) -> tuple[Account, ...]:
    return tuple(
        codec.account(row)
        for row in connection.execute("SELECT * FROM accounts WHERE removing = 0 ORDER BY id")
    )


def _row(connection: sqlite3.Connection, account_id: int) -> Row:
    row: Row | None = connection.execute(
        "SELECT * FROM accounts WHERE id = ? AND removing = 0", (account_id,)
    ).fetchone()
    if row is None:
        raise NotFound("account", account_id)
    return row


def one(connection: sqlite3.Connection, account_id: int) -> Account:
    return codec.account(_row(connection, account_id))


def _identity(remote_id: str, url: str, settings: JsonObject) -> str:
    """What makes two accounts of one kind the same: the network's id and its address there; without an id the
    settings."""
    if remote_id:
        return dump(
            [
                remote_id,
                url or {key: settings[key] for key in sorted(settings) if isinstance(settings[key], str)},
            ]
        )
    return dump(dict(settings))


def add(
    connection: sqlite3.Connection,
    kind: str,
    name: str,
    *,
    handle: str,
    remote_id: str,
    url: str,
    settings: JsonObject,
    now: datetime,
) -> Account:
    row = connection.execute(
        "INSERT INTO accounts (kind, identity, name, handle, remote_id, url, settings_json, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (kind, identity) DO NOTHING RETURNING *",
        (kind, _identity(remote_id, url, settings), name, handle, remote_id, url, dump(settings), iso(now)),
    ).fetchone()
    if row is None:
        raise Invalid("already-there", field="account", name=name)
    connection.execute("INSERT INTO freshness (account_id) VALUES (?)", (row["id"],))
    return codec.account(row)


def update(
    connection: sqlite3.Connection,
    account_id: int,
    *,
    name: str | None,
    handle: str | None,
    url: str | None,
    remote_id: str | None,
    settings: JsonObject | None,
    paused: bool | None,
) -> Account:
    """``settings`` are merged into those that are there. The identity given at the start stays."""
    row = _row(connection, account_id)
    merged = row["settings_json"] if settings is None else dump({**load(row["settings_json"]), **settings})
    changed = connection.execute(
        "UPDATE accounts SET name = coalesce(:name, name), handle = coalesce(:handle, handle), url ="
        " coalesce(:url, url),"
        " remote_id = coalesce(:remote_id, remote_id), settings_json = :settings, paused ="
        " coalesce(:paused, paused)"
        " WHERE id = :id RETURNING *",
        {
            "id": account_id,
            "name": name,
            "handle": handle,
            "url": url,
            "remote_id": remote_id,
            "settings": merged,
            "paused": None if paused is None else int(paused),
        },
    ).fetchone()
    return codec.account(changed)


def begin_removal(connection: sqlite3.Connection, account_id: int) -> None:
    """From now on it is in no list; its rows go in slices, the next start goes on where this one was
    stopped."""
    _row(connection, account_id)
    connection.execute(
        "UPDATE accounts SET removing = 1, identity = 'removed:' || id WHERE id = ?", (account_id,)
    )


def half_removed(connection: sqlite3.Connection) -> list[int]:
    return [row["id"] for row in connection.execute("SELECT id FROM accounts WHERE removing = 1")]


def remove_slice(connection: sqlite3.Connection, account_id: int, now: datetime) -> bool:
    """True when nothing is left. Messages, replies and drafts go with their conversations (ON DELETE
    CASCADE); what other accounts found as well stays theirs."""
    ids = [
        row["id"]
        for row in connection.execute(
            "SELECT id FROM conversations WHERE account_id = ? LIMIT ?", (account_id, REMOVE_SLICE)
        )
    ]
    if ids:
        sharing.hand_over(connection, account_id, ids, now)
        given = {"ids": id_list(ids), "id": account_id}
        people = connection.execute(
            "SELECT DISTINCT account_id, author_id FROM conversations"
            " WHERE id IN (SELECT value FROM json_each(:ids)) AND account_id = :id AND author_id <> ''",
            given,
        ).fetchall()
        connection.execute(
            "DELETE FROM conversations WHERE id IN (SELECT value FROM json_each(:ids)) AND account_id = :id",
            given,
        )
        # What the same people wrote on other accounts.
        standing.restand_people(connection, {(row[0], row[1]) for row in people}, now, alone=())
        return False
    sharing.leave(connection, account_id, now)
    connection.execute("DELETE FROM accounts WHERE id = ?", (account_id,))
    connection.execute("DELETE FROM counts WHERE account_id = ?", (account_id,))
    connection.execute("DELETE FROM meta WHERE key = ?", (f"{BOUNCES}{account_id}",))
    return True


# --- freshness


def freshness(connection: sqlite3.Connection, account_id: int) -> Freshness:
    return codec.freshness(_freshness_row(connection, account_id))


def _freshness_row(connection: sqlite3.Connection, account_id: int) -> Row:
    row: Row | None = connection.execute(
        "SELECT * FROM freshness WHERE account_id = ?", (account_id,)
    ).fetchone()
    if row is None:
        raise NotFound("account", account_id)
    return row


def freshness_all(connection: sqlite3.Connection) -> Mapping[int, Freshness]:
    rows = connection.execute(
        "SELECT f.* FROM freshness f JOIN accounts a ON a.id = f.account_id WHERE a.removing = 0"
    )
    return {row["account_id"]: codec.freshness(row) for row in rows}


def cursor(connection: sqlite3.Connection, account_id: int) -> JsonObject:
    return load(_freshness_row(connection, account_id)["cursor_json"])


def heard(
    connection: sqlite3.Connection,
    account_id: int,
    now: datetime,
    next_poll: datetime,
    backfilling: bool | None,
    trouble: ShopbellError | None = None,
) -> None:
    """``trouble``: what part of it could not be heard."""
    connection.execute(
        "UPDATE freshness SET heard = :now, failing_since = CASE :kind WHEN '' THEN NULL ELSE"
        " coalesce(failing_since, :now) END, error_kind = :kind, error_detail_json = :detail, failures = 0,"
        " next_poll = :next, backfilling = coalesce(:backfilling, backfilling) WHERE account_id = :id",
        {
            "id": account_id,
            "now": iso(now),
            "kind": trouble.kind if trouble else "",
            "detail": dump({**trouble.detail, "in_part": True}) if trouble else "{}",
            "next": iso(next_poll),
            "backfilling": None if backfilling is None else int(backfilling),
        },
    )


def failed(
    connection: sqlite3.Connection,
    account_id: int,
    now: datetime,
    error_kind: str,
    detail: JsonObject,
    next_poll: datetime | None,
) -> None:
    """``failing_since`` is set once per stretch of failures, and never lies in the future (the clock may be
    set back)."""
    row = _freshness_row(connection, account_id)
    since = min(maybe_time(row["failing_since"]) or now, now)
    connection.execute(
        "UPDATE freshness SET failing_since = :since, error_kind = :kind, error_detail_json ="
        " :detail, failures = failures + 1,"
        " next_poll = :next WHERE account_id = :id",
        {
            "id": account_id,
            "since": iso(since),
            "kind": error_kind,
            "detail": dump(detail),
            "next": maybe_iso(next_poll),
        },
    )
