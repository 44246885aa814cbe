"""Opening a file: makes a new one, or brings an old one to today's version on a copy that must prove itself
first.

``migrations/NNNN_name.sql`` are applied in order; the number of the last one is the file's ``user_version``.
What SQL alone cannot say ``filling.py`` puts in afterwards. The original is replaced only after the copy
holds at least as many rows in every table and passes ``integrity_check``; it then becomes one of the last
three good copies. Killed at any moment, the original is still there, whole.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import struct
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

from services.errors import DamagedDatabase, DatabaseBusy, NewerDatabase
from services.store.connection import connect, mapped

log = logging.getLogger(__name__)

APPLICATION_ID = 0x53686F70
"""``Shop``: tells our files from other SQLite databases."""

GOOD_COPIES = 3
LEFT_OVER_S = 24 * 3600.0
"""No copying takes so long; a file of one that is older was left behind."""
Progress = Callable[[int, int], None]


def our_steps() -> Mapping[int, str]:
    folder = Path(__file__).parent / "migrations"
    return {int(file.name[:4]): file.read_text("utf-8") for file in sorted(folder.glob("[0-9]*.sql"))}


def latest() -> int:
    return max(int(file.name[:4]) for file in (Path(__file__).parent / "migrations").glob("[0-9]*.sql"))


def prepare(
    path: Path, stamp: str, *, steps: Mapping[int, str] | None = None, progress: Progress | None = None
) -> None:
    """Leaves a file of the newest version at ``path``. ``stamp`` (a time) names the copy of an older one.

    Raises NewerDatabase, DamagedDatabase, DiskFull, DatabaseBusy."""
    newest = latest() if steps is None else max(steps)
    with mapped(path):
        version = _version(path)
        if version == newest:
            return
        if version > newest:
            raise NewerDatabase("newer", file=path.name, version=version, ours=newest)
        steps = our_steps() if steps is None else steps
        if version == 0:
            _create(path, steps)
        else:
            _upgrade(path, version, newest, steps, stamp, progress or (lambda _done, _total: None))


def _version(path: Path) -> int:
    """0 for a file that is not there or empty; raises DamagedDatabase for what is not ours or cut short."""
    if not path.exists() or (path.stat().st_size == 0 and not _has_journal(path)):
        return 0
    _check_length(path)
    with closing(connect(path)) as connection:
        version: int = connection.execute("PRAGMA user_version").fetchone()[0]
        application: int = connection.execute("PRAGMA application_id").fetchone()[0]
        tables: int = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if tables and application != APPLICATION_ID:
            raise DamagedDatabase("foreign", file=path.name)
        if version and not tables:
            raise DamagedDatabase("empty", file=path.name)
        if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            connection.execute("PRAGMA journal_mode=WAL")
        return version


def _has_journal(path: Path) -> bool:
    return any(beside.exists() and beside.stat().st_size > 0 for beside in _beside(path))


def _has_log(path: Path) -> bool:
    log = path.with_name(path.name + "-wal")
    return log.exists() and log.stat().st_size > 0


def _beside(path: Path) -> list[Path]:
    return [path.with_name(path.name + suffix) for suffix in ("-wal", "-shm", "-journal")]


def _check_length(path: Path) -> None:
    """A file shorter than its header says was cut. With a journal beside it, SQLite is still to repair it."""
    with path.open("rb") as file:
        head = file.read(100)
    if not head and not _has_log(path):
        # Killed while it was made: SQLite takes back what the journal says was begun.
        return
    if len(head) < 100 or not head.startswith(b"SQLite format 3\0"):
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
                _run(connection, steps[number])
            from services.store import search

            search.install(connection)
            connection.execute(f"PRAGMA user_version={max(steps)}")
        connection.execute("COMMIT")


def _run(connection: sqlite3.Connection, script: str) -> None:
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


def _upgrade(
    path: Path, version: int, newest: int, steps: Mapping[int, str], stamp: str, progress: Progress
) -> None:
    work = path.with_name(path.name + ".new")
    _remove(work)
    with closing(connect(path)) as original:
        original.execute("PRAGMA locking_mode=EXCLUSIVE")
        # Leaving WAL folds its log into the file, so that nothing of the old file is left beside the new one.
        if original.execute("PRAGMA journal_mode=DELETE").fetchone()[0] != "delete":
            raise DatabaseBusy("in-use", file=path.name)
        # In this mode the lock stays after the transaction; within one, copying from this connection would
        # wait for ever.
        original.execute("BEGIN EXCLUSIVE")
        original.execute("COMMIT")
        if original.execute("PRAGMA user_version").fetchone()[0] == newest:
            return
        os.close(os.open(work, os.O_CREAT | os.O_RDWR, 0o600))
        with closing(sqlite3.connect(work, isolation_level=None)) as copy:
            original.backup(copy, pages=4_096, progress=lambda _s, left, total: progress(total - left, total))
            before = _counts(copy)
            copy.execute("BEGIN IMMEDIATE")
            for number in sorted(steps):
                if number > version:
                    _run(copy, steps[number])
            from services.store import filling, search

            for number, fill in filling.FILLED.items():
                if version < number:
                    fill(copy, progress)
            search.install(copy)
            copy.execute(f"PRAGMA user_version={newest}")
            copy.execute("COMMIT")
        # Read again from the disk: what is in memory would vouch for itself.
        with closing(sqlite3.connect(work, isolation_level=None)) as copy:
            _prove(copy, before, work)
            copy.execute("PRAGMA journal_mode=WAL")
        _sync(work)
    keep = copies_folder(path) / f"{path.stem}-v{version}-{stamp}{path.suffix}"
    keep.parent.mkdir(mode=0o700, exist_ok=True)
    # A second name for the old file, so that there is no moment without a file in its place.
    try:
        _remove(keep)
        os.link(path, keep)
    except OSError:
        import shutil

        shutil.copy2(path, keep)
    os.replace(work, path)
    _remove(work)
    trim_copies(path)
    log.info("the database went from version %d to %d", version, newest)


def _counts(connection: sqlite3.Connection) -> dict[str, int]:
    tables = [
        name
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND"
            " name NOT LIKE 'messages_fts%'"
        )
    ]
    return {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in tables}  # noqa: S608


def _prove(copy: sqlite3.Connection, before: Mapping[str, int], work: Path) -> None:
    after = _counts(copy)
    lost = [name for name, number in before.items() if name in after and after[name] < number]
    answer = [row[0] for row in copy.execute("PRAGMA integrity_check(5)")]
    broken = copy.execute("PRAGMA foreign_key_check").fetchone()
    if lost or answer != ["ok"] or broken:
        raise DamagedDatabase("migration", file=work.name, tables=lost, check=answer)


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _remove(path: Path) -> None:
    for one in (path, *_beside(path)):
        one.unlink(missing_ok=True)


def copies_folder(path: Path) -> Path:
    return path.parent / "copies"


def good_copies(path: Path) -> list[Path]:
    """Newest first."""
    folder = copies_folder(path)
    found = (
        [file for file in folder.glob(f"{path.stem}-*{path.suffix}") if file.is_file()]
        if folder.is_dir()
        else []
    )
    return sorted(found, key=lambda file: (file.name.rsplit("-", 1)[-1], file.name), reverse=True)


def trim_copies(path: Path) -> None:
    """Keeps the newest; takes away what a copying that was killed has left as well."""
    for old in good_copies(path)[GOOD_COPIES:]:
        _remove(old)
    for part in copies_folder(path).glob("*.part"):
        with contextlib.suppress(OSError):
            if time.time() - part.stat().st_mtime > LEFT_OVER_S:
                part.unlink()
