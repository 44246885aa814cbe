"""Bringing an older file to today's version, on a copy that must prove itself first.

The original is replaced, in one step, only after the copy holds as many rows in every table and passes
``integrity_check`` and ``foreign_key_check``; it then becomes one of the good copies (``copies.py``). Killed
at any moment, the original is still there, whole, and the next start begins again. One process at a time: a
file lock that the system frees when a process dies, and SQLite's own lock on the original against older
programs.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from services.errors import DamagedDatabase, DatabaseBusy, DiskFull, StoreError
from services.files import is_full, sync_folder
from services.progress import CHANGING, CHECKING, COPYING, WAITING, Teller, Watch
from services.store import migrate
from services.store.connection import ASKS_AFTER, connect, watched
from services.store.copies import copies_folder, copy_name, remove, trim_copies

LOCK = ".upgrade.lock"
GROWTH = 1.2
"""How much larger a file becomes at most, with what SQLite puts aside while it sorts."""
ROOM = 32 << 20
"""Bytes to spare beside it."""
_PAGES = 1_024
_CHECKED = 60
"""Steps that checking a row with its indexes takes, about."""
_COPIED, _CHANGED = 0.1, 0.7
"""Where these stages end; the rest is checking."""
_CACHE_KIB = 65_536
_REPLACE_WITHIN_S = 10.0


def upgrade(
    path: Path, newest: int, steps: Mapping[int, str], stamp: str, watch: Watch, patience_s: float
) -> None:
    """As ``migrate.prepare``, for a file that is older than ``newest``."""
    teller = Teller(watch)
    try:
        with _alone(path, teller, patience_s):
            # Another one may have done it while we waited.
            version = migrate.version_of(path, newest)
            if version != newest:
                _upgrade(path, version, newest, steps, stamp, teller)
    except sqlite3.IntegrityError as error:
        # What is in the tables does not go into the new ones.
        raise DamagedDatabase("migration", file=path.name, check=[str(error)]) from error
    except sqlite3.OperationalError as error:
        # Where a quota or a limit of the file system ends SQLite does not know it from a broken disk.
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_IOERR_WRITE:
            raise DiskFull(file=path.name) from error
        raise
    except OSError as error:
        if is_full(error):
            raise DiskFull(file=path.name) from error
        raise StoreError("read-only", file=path.name) from error


@contextmanager
def _alone(path: Path, teller: Teller, patience_s: float) -> Iterator[None]:
    """Raises DatabaseBusy("upgrading") when another one is at it for longer than we wait."""
    from filelock import FileLock, Timeout

    copies_folder(path).mkdir(mode=0o700, exist_ok=True)
    lock = FileLock(copies_folder(path) / LOCK)
    until = time.monotonic() + patience_s
    while True:
        try:
            lock.acquire(timeout=0.1)
            break
        except Timeout:
            if time.monotonic() >= until:
                raise DatabaseBusy("upgrading", file=path.name) from None
            teller.tell(WAITING, 0.0)
    try:
        yield
    finally:
        lock.release()


def _upgrade(
    path: Path, version: int, newest: int, steps: Mapping[int, str], stamp: str, teller: Teller
) -> None:
    work = path.with_name(path.name + ".new")
    remove(work)
    try:
        with closing(connect(path)) as original:
            _hold(original, path)
            _find_room(path)
            with watched(original, teller.still):
                before = _counts(original)
                _copy(original, work, lambda share: teller.tell(COPYING, _COPIED * share))
            _change(work, version, newest, steps, teller)
            _prove(work, before, teller)
            _sync(work)
            keep = copy_name(path, version, stamp)
            _keep(original, path, keep)
            if os.name == "nt":
                # Windows replaces no file that is open. Our own kind waits for the file lock.
                original.close()
            # SQLite keeps it, with nothing in it, as long as it keeps the lock; it is not the new file's.
            path.with_name(path.name + "-journal").unlink(missing_ok=True)
            _replace(work, path)
        sync_folder(path.parent)
    finally:
        remove(work)
    trim_copies(path, newest)
    migrate.log.info("the database went from version %d to %d", version, newest)


def _hold(original: sqlite3.Connection, path: Path) -> None:
    """Nobody else reads or writes it from here on."""
    original.execute("PRAGMA locking_mode=EXCLUSIVE")
    # Leaving WAL folds its log into the file, so that nothing of the old file is left beside the new one.
    if original.execute("PRAGMA journal_mode=DELETE").fetchone()[0] != "delete":
        raise DatabaseBusy("in-use", file=path.name)
    # In this mode the lock stays after the transaction; within one, copying from this connection would wait
    # for ever.
    original.execute("BEGIN EXCLUSIVE")
    original.execute("COMMIT")


def _find_room(path: Path) -> None:
    size = path.stat().st_size
    needed = int(size * GROWTH) + ROOM
    if not _takes_links(path):
        needed += size
    free = shutil.disk_usage(path.parent).free
    if free < needed:
        raise DiskFull("upgrade", file=path.name, needed=needed, free=free)


def _takes_links(path: Path) -> bool:
    trial = copies_folder(path) / ".link.part"
    trial.unlink(missing_ok=True)
    try:
        os.link(path, trial)
    except OSError:
        return False
    trial.unlink()
    return True


def _copy(original: sqlite3.Connection, target: Path, tell: Callable[[float], None]) -> None:
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    with closing(_throwaway(target)) as copy:
        original.backup(
            copy, pages=_PAGES, progress=lambda _state, left, total: tell(1 - left / total if total else 1.0)
        )


def _throwaway(work: Path) -> sqlite3.Connection:
    """Nothing here has to survive a crash: half a copy is thrown away."""
    copy = sqlite3.connect(work, isolation_level=None)
    copy.execute("PRAGMA journal_mode=OFF")
    copy.execute("PRAGMA synchronous=OFF")
    copy.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
    return copy


def _change(work: Path, version: int, newest: int, steps: Mapping[int, str], teller: Teller) -> None:
    from services.store import filling, search

    wanted = [fill for number, fill in filling.FILLED.items() if version < number]
    long = (_CHANGED - _COPIED) / max(len(wanted), 1)
    teller.tell(CHANGING, _COPIED)
    with closing(_throwaway(work)) as copy, watched(copy, teller.still):
        copy.execute("BEGIN IMMEDIATE")
        for number in sorted(steps):
            if number > version:
                migrate.run(copy, steps[number])
        for at, fill in enumerate(wanted):
            begin = _COPIED + at * long
            fill(
                copy,
                lambda done, total, begin=begin: teller.tell(  # type: ignore[misc]
                    CHANGING, begin + long * (done / total if total else 1.0)
                ),
            )
        search.install(copy)
        copy.execute(f"PRAGMA user_version={newest}")
        copy.execute("COMMIT")


def _counts(connection: sqlite3.Connection) -> dict[str, int]:
    tables = [
        name
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND"
            " name NOT LIKE 'messages_fts%'"
        )
    ]
    return {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in tables}  # noqa: S608


def _prove(work: Path, before: Mapping[str, int], teller: Teller) -> None:
    """Read again from the disk: what is in memory would vouch for itself."""
    teller.tell(CHECKING, _CHANGED)
    with closing(_throwaway(work)) as copy:
        with watched(copy, teller.still):
            after = _counts(copy)
            lost = [name for name, number in before.items() if name in after and after[name] < number]
            broken = copy.execute("PRAGMA foreign_key_check").fetchone()
        answer = _checked(copy, sum(after.values()), teller)
        if lost or answer != ["ok"] or broken:
            raise DamagedDatabase("migration", file=work.name, tables=lost, check=answer)
        copy.execute("PRAGMA journal_mode=WAL")


def _checked(copy: sqlite3.Connection, rows: int, teller: Teller) -> list[str]:
    """What ``integrity_check`` answers. It does not say how far it is; its steps are counted instead."""
    steps = 0

    def further() -> None:
        nonlocal steps
        steps += ASKS_AFTER
        share = min(steps / max(rows * _CHECKED, 1), 1.0)
        teller.tell(CHECKING, _CHANGED + (1 - _CHANGED) * share)

    with watched(copy, further):
        return [row[0] for row in copy.execute("PRAGMA integrity_check(5)")]


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _keep(original: sqlite3.Connection, path: Path, keep: Path) -> None:
    """A second name for the old file, so that there is no moment without a file in its place."""
    remove(keep)
    try:
        os.link(path, keep)
    except OSError:
        part = keep.with_name(keep.name + ".part")
        part.unlink(missing_ok=True)
        # Not as a file: to close it would free the locks that this process has on it.
        _copy(original, part, lambda _share: None)
        _sync(part)
        part.replace(keep)
    sync_folder(keep.parent)


def _replace(work: Path, path: Path) -> None:
    until = time.monotonic() + _REPLACE_WITHIN_S
    while True:
        try:
            os.replace(work, path)
            return
        except PermissionError:
            # On Windows a virus scanner or an indexer may look into it just now.
            if os.name != "nt" or time.monotonic() >= until:
                raise
            time.sleep(0.1)
