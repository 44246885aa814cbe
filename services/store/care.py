"""Looking after the file: checks, copies, pruning, and reading everything out."""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
from collections.abc import Callable, Collection, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from services.errors import DamagedDatabase, DatabaseBusy, DiskFull, StoreError
from services.files import is_full
from services.store import migrate, outbox, search, threads
from services.store.codec import id_list, iso
from services.store.connection import connect, mapped, watched
from services.store.standing import restand

PRUNE_SLICE = 200
EXPORT_PAGE = 200


def check(connection: sqlite3.Connection, still: Callable[[], None] = lambda: None) -> list[str]:
    """What is wrong, in SQLite's words; empty when all is well. ``still``: called now and then, ends it by
    raising."""
    with watched(connection, still):
        return _check(connection)


def _check(connection: sqlite3.Connection) -> list[str]:
    found = [row[0] for row in connection.execute("PRAGMA quick_check(20)") if row[0] != "ok"]
    found += [f"foreign key in {row[0]}" for row in connection.execute("PRAGMA foreign_key_check")][:20]
    if not search.check(connection):
        found.append("full-text index")
    return found


def totals(connection: sqlite3.Connection) -> dict[str, int]:
    found = {}
    for table in ("accounts", "conversations", "messages", "outbox", "templates", "labels"):
        found[table] = int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608 - names of ours
    return found


def totals_of(path: Path) -> dict[str, int]:
    """The same of a closed database file, such as a copy that was just made."""
    with mapped(path), closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        return totals(connection)


def copy_to(connection: sqlite3.Connection, path: Path, progress: Callable[[int, int], None] | None) -> None:
    """A consistent copy while others read and write; checked before it gets its name."""
    # A name of its own: two programs may copy at once.
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    try:
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        with closing(sqlite3.connect(part, isolation_level=None)) as target:
            connection.backup(
                target,
                pages=2_048,
                sleep=0.005,
                progress=(lambda _s, left, total: progress(total - left, total)) if progress else None,
            )
            # A copy is one file: no log beside it.
            target.execute("PRAGMA journal_mode=DELETE")
            answer = [row[0] for row in target.execute("PRAGMA quick_check(5)")]
        if answer != ["ok"]:
            raise DamagedDatabase("copy", file=path.name)
        part.replace(path)
    except OSError as error:
        if is_full(error):
            raise DiskFull(file=path.name) from error
        raise StoreError("read-only", file=path.name) from error
    finally:
        part.unlink(missing_ok=True)


def is_sound(path: Path) -> bool:
    """Whether a copy can be used: ours, not newer than we are, and whole."""
    if not path.is_file():
        return False
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as copy:
            return (
                copy.execute("PRAGMA application_id").fetchone()[0] == migrate.APPLICATION_ID
                and 0 < copy.execute("PRAGMA user_version").fetchone()[0] <= migrate.latest()
                and [row[0] for row in copy.execute("PRAGMA integrity_check(5)")] == ["ok"]
            )
    except sqlite3.DatabaseError:
        return False


def copy_closed(source: Path, target: Path, tell: Callable[[float], None]) -> None:
    """Of a database that nobody writes, with what is still in a log beside it. ``tell``: the share that is
    done."""
    with (
        closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as original,
        closing(sqlite3.connect(target)) as copy,
        mapped(source),
    ):
        original.backup(
            copy, pages=2_048, progress=lambda _s, left, total: tell(1 - left / total if total else 1.0)
        )


def fold(path: Path) -> None:
    """Brings the log of a database into its file, so that the file alone is the database and may be replaced.

    Raises DatabaseBusy("in-use") while anybody has it open. A damaged one is left as it is."""
    if not path.exists():
        return
    busy = DatabaseBusy("in-use", file=path.name)
    try:
        with mapped(path), closing(connect(path)) as connection:
            connection.execute("PRAGMA busy_timeout=1000")
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            mode = connection.execute("PRAGMA journal_mode=DELETE").fetchone()[0]
    except DatabaseBusy:
        raise busy from None
    except DamagedDatabase:
        return
    if mode == "wal":
        raise busy


def put_back(path: Path, copy: Path) -> Path | None:
    """Puts a sound copy in the place of a closed database file; returns where the old one was set aside.

    Raises DamagedDatabase when the copy itself is not sound; nothing has changed then."""
    if not is_sound(copy):
        raise DamagedDatabase("copy", file=copy.name)
    part = path.with_name(path.name + ".part")
    with (
        closing(sqlite3.connect(f"{copy.resolve().as_uri()}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(part)) as target,
    ):
        source.backup(target)
        outbox.doubt(target)
        target.commit()
    aside = path.with_name(path.name + ".damaged") if path.exists() else None
    if aside is not None:
        # A second name, so that there is no moment without a file in its place: a start would make a new one.
        aside.unlink(missing_ok=True)
        try:
            os.link(path, aside)
        except OSError:
            shutil.copy2(path, aside)
    for beside in ("-wal", "-shm", "-journal"):
        path.with_name(path.name + beside).unlink(missing_ok=True)
    part.replace(path)
    return aside


def prune_slice(connection: sqlite3.Connection, before: datetime, now: datetime) -> frozenset[int]:
    """Drops the content of closed conversations that ended before; what became of them stays. Empty: nothing
    left to do.

    Call again until then, one transaction each."""
    ids = [
        row["id"]
        for row in connection.execute(
            "SELECT id FROM conversations WHERE shelf IN ('done', 'spam') AND last_at < :before"
            " AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.conversation_id = conversations.id"
            " AND o.state IN ('holding', 'sending', 'failed', 'unclear')) LIMIT :most",
            {"before": iso(before), "most": PRUNE_SLICE},
        )
    ]
    drop_content(connection, ids, now)
    return frozenset(ids)


def drop_content(connection: sqlite3.Connection, ids: Collection[int], now: datetime) -> None:
    """What was said in these conversations; what became of it stays."""
    given = {"ids": id_list(ids)}
    theirs = "SELECT id FROM message_status WHERE conversation_id IN (SELECT value FROM json_each(:ids))"
    connection.execute(f"DELETE FROM messages WHERE id IN ({theirs})", given)  # noqa: S608 - a constant
    connection.execute(f"DELETE FROM earlier_texts WHERE message_id IN ({theirs})", given)  # noqa: S608 - a constant
    connection.execute(
        "DELETE FROM drafts WHERE conversation_id IN (SELECT value FROM json_each(:ids))", given
    )
    restand(connection, ids, now)


def export_rows(connection: sqlite3.Connection) -> Iterator[dict[str, Any]]:
    """Everything readable: one record per account, conversation (with its messages), template and label,
    and per person who is muted."""
    for row in connection.execute(
        "SELECT id, kind, name, handle, url, created_at FROM accounts WHERE removing = 0 ORDER BY id"
    ):
        yield {"record": "account", **dict(row)}
    after = 0
    while True:
        ids = [
            row["id"]
            for row in connection.execute(
                "SELECT id FROM conversations WHERE id > ? AND merged_into IS NULL ORDER BY id LIMIT ?",
                (after, EXPORT_PAGE),
            )
        ]
        for one in ids:
            yield _conversation(connection, one)
        if len(ids) < EXPORT_PAGE:
            break
        after = ids[-1]
    for row in connection.execute("SELECT name, text, shortcut, language, used FROM templates ORDER BY id"):
        yield {"record": "template", **dict(row)}
    for row in connection.execute(
        "SELECT message_id, text, label, labelled_at FROM labels ORDER BY message_id"
    ):
        yield {"record": "label", **dict(row)}
    for row in connection.execute(
        "SELECT kind, name, handle, url, muted_at FROM muted_people ORDER BY muted_at, id"
    ):
        yield {"record": "muted", **dict(row)}


def _conversation(connection: sqlite3.Connection, one: int) -> dict[str, Any]:
    thread = threads.thread(connection, one, limit=10_000)
    row = thread.conversation
    return {
        "record": "conversation",
        "id": row.id,
        "account_id": row.account_id,
        "kind": row.kind.value,
        "state": row.state.value,
        "customer_name": row.customer_name,
        "customer_handle": row.customer_handle,
        "title": row.title,
        "url": row.url,
        "is_complaint": row.is_complaint,
        "waiting_since": None if row.waiting_since is None else iso(row.waiting_since),
        "last_at": iso(row.last_at),
        "messages": [
            {
                "id": message.id,
                "remote_id": message.remote_id,
                "direction": message.direction.value,
                "kind": message.kind.value,
                "author_name": message.author.name,
                "author_handle": message.author.handle,
                "text": message.text,
                "title": message.title,
                "url": message.url,
                "sent_at": iso(message.sent_at),
                "private": message.private,
                "state": message.state,
                "stars": message.stars,
                "earlier": list(message.earlier),
            }
            for message in thread.messages
        ],
    }
