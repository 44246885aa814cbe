"""Opening a file: makes a new one, has an old one brought to today's version (``upgrading.py``), refuses a
newer one.

``migrations/NNNN_name.sql`` are applied in order; the number of the last one is the file's ``user_version``.
What SQL alone cannot say ``filling.py`` puts in afterwards.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import struct
from collections.abc import Mapping
from contextlib import closing
from functools import partial
from pathlib import Path

from services.errors import DamagedDatabase, NewerDatabase
from services.progress import Watch, unwatched
from services.store.connection import connect, mapped
from services.store.copies import beside

log = logging.getLogger(__name__)

_MAGIC = b"SQLite format 3\0"
APPLICATION_ID = 0x53686F70
"""``Shop``: tells our files from other SQLite databases."""

PATIENCE_S = 5.0
"""How long one waits for another process that is at it."""


def our_steps() -> Mapping[int, str]:
    folder = Path(__file__).parent / "migrations"
    return {int(file.name[:4]): file.read_text("utf-8") for file in sorted(folder.glob("[0-9]*.sql"))}


def latest() -> int:
    return max(int(file.name[:4]) for file in (Path(__file__).parent / "migrations").glob("[0-9]*.sql"))


def prepare(
    path: Path,
    stamp: str,
    *,
    steps: Mapping[int, str] | None = None,
    watch: Watch = unwatched,
    patience_s: float = PATIENCE_S,
) -> None:
    """Leaves a file of the newest version at ``path``. ``stamp`` (a time) names the copy of an older one.
    ``watch`` is told how far that is, and may stop it.

    Raises NewerDatabase, DamagedDatabase, DiskFull, DatabaseBusy, and what ``watch`` raises."""
    newest = latest() if steps is None else max(steps)
    with mapped(path):
        # One that is older is not opened before it is known that nobody else is at it.
        if not 0 < (_version_written(path) or 0) < newest:
            version = version_of(path, newest)
            if version == newest:
                return
            if version == 0:
                _create(path, our_steps() if steps is None else steps)
                return
        from services.store.upgrading import upgrade

        upgrade(path, newest, our_steps() if steps is None else steps, stamp, watch, patience_s)


def is_older(path: Path) -> bool:
    """Whether opening it will take longer than usual. Reads a few bytes."""
    return 0 < (_version_written(path) or 0) < latest()


def is_database(path: Path) -> bool:
    """Whether it says that it is one of ours; what it holds may be damaged."""
    return _version_written(path) is not None


def refuse_newer(path: Path, reason: str = "newer") -> None:
    """Without opening it as a database, which could already change the files beside it."""
    version, newest = _version_written(path) or 0, latest()
    if version > newest:
        raise NewerDatabase(reason, file=path.name, version=version, ours=newest)


def _version_written(path: Path) -> int | None:
    """What stands in the head of the file (sqlite.org/fileformat2.html, "user version"); None where that is
    not one of ours."""
    try:
        with path.open("rb") as file:
            head = file.read(100)
    except OSError:
        return None
    if len(head) < 100 or not head.startswith(_MAGIC):
        return None
    version, application = struct.unpack(">I", head[60:64])[0], struct.unpack(">I", head[68:72])[0]
    return int(version) if application == APPLICATION_ID else None


def version_of(path: Path, newest: int) -> int:
    """0 for a file that is not there or empty; raises NewerDatabase, and DamagedDatabase for what is not ours
    or cut short."""
    if not path.exists() or (path.stat().st_size == 0 and not _has_journal(path)):
        return 0
    _check_length(path)
    refused = partial(NewerDatabase, "newer", file=path.name, ours=newest)
    if (written := _version_written(path) or 0) > newest:
        raise refused(version=written)
    with closing(connect(path)) as connection:
        version: int = connection.execute("PRAGMA user_version").fetchone()[0]
        application: int = connection.execute("PRAGMA application_id").fetchone()[0]
        tables: int = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if tables and application != APPLICATION_ID:
            raise DamagedDatabase("foreign", file=path.name)
        if version and not tables:
            raise DamagedDatabase("empty", file=path.name)
        if version > newest:
            raise refused(version=version)
        if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            connection.execute("PRAGMA journal_mode=WAL")
        return version


def _has_journal(path: Path) -> bool:
    return any(one.exists() and one.stat().st_size > 0 for one in beside(path))


def _has_log(path: Path) -> bool:
    log = path.with_name(path.name + "-wal")
    return log.exists() and log.stat().st_size > 0


def _check_length(path: Path) -> None:
    """A file shorter than its header says was cut. With a journal beside it, SQLite is still to repair it."""
    with path.open("rb") as file:
        head = file.read(100)
    if not head and not _has_log(path):
        # Killed while it was made: SQLite takes back what the journal says was begun.
        return
    if len(head) < 100 or not head.startswith(_MAGIC):
        raise DamagedDatabase("not-a-database", file=path.name)
    page = struct.unpack(">H", head[16:18])[0]
    page = 65_536 if page == 1 else page
    changes, pages, valid_for = (struct.unpack(">I", head[at : at + 4])[0] for at in (24, 28, 92))
    if changes == valid_for and path.stat().st_size < page * pages and not _has_journal(path):
        raise DamagedDatabase("cut-short", file=path.name)


def _create(path: Path, steps: Mapping[int, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    with closing(connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("BEGIN IMMEDIATE")
        if connection.execute("PRAGMA user_version").fetchone()[0] == 0:
            connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
            for number in sorted(steps):
                run(connection, steps[number])
            from services.store import search

            search.install(connection)
            connection.execute(f"PRAGMA user_version={max(steps)}")
        connection.execute("COMMIT")


def run(connection: sqlite3.Connection, script: str) -> None:
    """``executescript`` would commit first; this keeps the transaction."""
    statement = ""
    for piece in script.split(";")[:-1]:
        statement += piece + ";"
        # A semicolon inside a trigger or a string does not end it.
        if sqlite3.complete_statement(statement):
            connection.execute(statement)
            statement = ""
    if statement:
        raise ValueError("the last statement of a migration is not complete")
