"""Connections: one that writes, in a thread of its own, and one per thread that reads.

Everything that leaves here as an error is a ``StoreError``. Writes are transactions that begin with the write
lock, so
that two processes on one file wait for each other and never deadlock.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from services.errors import DamagedDatabase, DatabaseBusy, DiskFull, Stopped, StoreError

log = logging.getLogger(__name__)

T = TypeVar("T")

BUSY_MS = 5_000
ASKS_AFTER = 20_000
"""So many steps of its machine SQLite makes before it asks whether to go on: some milliseconds."""
CACHE_KIB = 2_048
READER_CACHE_KIB = 512
"""Page cache of a connection; the operating system caches the file anyway, and there are half a dozen
readers."""


@contextmanager
def mapped(path: Path) -> Iterator[None]:
    """Turns sqlite3's errors into ours. ``reason`` is SQLite's own name for it."""
    try:
        yield
    except sqlite3.IntegrityError:
        raise
    except sqlite3.DatabaseError as error:
        raise translate(error, path) from error


@contextmanager
def watched(connection: sqlite3.Connection, tell: Callable[[], None]) -> Iterator[None]:
    """While long statements run ``tell`` is called now and then; what it raises ends them."""
    raised: list[BaseException] = []

    def ask() -> int:
        try:
            tell()
        except BaseException as error:  # noqa: BLE001 - raised again below
            raised.append(error)
            return 1
        return 0

    connection.set_progress_handler(ask, ASKS_AFTER)
    try:
        yield
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorcode", None) != sqlite3.SQLITE_INTERRUPT:
            raise
        # Ctrl+C may come before the first line of the function above.
        raise (raised[0] if raised else Stopped()) from None
    finally:
        connection.set_progress_handler(None, 0)


def translate(error: sqlite3.DatabaseError, path: Path) -> StoreError:
    code = getattr(error, "sqlite_errorcode", None)
    name = getattr(error, "sqlite_errorname", "") or ""
    primary = code & 0xFF if isinstance(code, int) else None
    if primary == sqlite3.SQLITE_FULL:
        return DiskFull(name, file=path.name)
    if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return DatabaseBusy(name, file=path.name)
    if primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return DamagedDatabase(name, file=path.name)
    if primary == sqlite3.SQLITE_READONLY:
        return StoreError("read-only", file=path.name)
    if primary == sqlite3.SQLITE_CANTOPEN and not path.exists():
        return StoreError("gone", file=path.name)
    return StoreError(name or str(error), file=path.name)


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_MS / 1000, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    connection.execute(f"PRAGMA busy_timeout={BUSY_MS}")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute(f"PRAGMA cache_size=-{READER_CACHE_KIB if read_only else CACHE_KIB}")
    connection.execute("PRAGMA mmap_size=0")
    if read_only:
        connection.execute("PRAGMA query_only=ON")
    else:
        connection.execute("PRAGMA synchronous=NORMAL")
    return connection


def _number(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


class _Reader:
    """A thread's own connection; closes when the thread is gone."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def close(self) -> None:
        self.connection.close()

    def __del__(self) -> None:
        self.connection.close()


class Database:
    """The opened file. ``write`` runs a function inside a transaction on the writer thread and returns its
    value."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with mapped(path):
            self._writer = connect(path)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store-writer")
        self._local = threading.local()
        self._closed = False
        self._file = _number(path)

    @property
    def writer(self) -> sqlite3.Connection:
        """For code that runs on the writer thread outside a transaction (backup, pragmas)."""
        return self._writer

    def is_there(self) -> bool:
        """False when the file was taken away, with its disk perhaps: elsewhere than on Windows one goes on
        writing into a file that nobody will ever see again."""
        return self._file is None or _number(self.path) == self._file

    def later(self, job: Callable[[sqlite3.Connection], bool]) -> None:
        """Runs ``job`` in transactions of its own between the other writes, until it returns True.

        Nobody waits for it; what closing cuts off is for the next start."""

        def step() -> None:
            try:
                with mapped(self.path):
                    is_done = self._transaction(self._writer, job, durable=False)
            except StoreError as error:
                log.error("work in the background stopped: %s", error.kind)
                return
            if not is_done:
                with suppress(RuntimeError):
                    self._thread.submit(step)

        self._thread.submit(step)

    def on_writer(self, job: Callable[[sqlite3.Connection], T]) -> T:
        """Runs ``job`` on the writer thread without a transaction."""
        if self._closed:
            raise StoreError("closed", file=self.path.name)
        try:
            return self._thread.submit(self._run, job).result()
        except (RuntimeError, CancelledError) as error:
            # Closed between the question above and the answer; anything else is not ours to hide.
            if not self._closed:
                raise
            raise StoreError("closed", file=self.path.name) from error

    def _run(self, job: Callable[[sqlite3.Connection], T]) -> T:
        with mapped(self.path):
            return job(self._writer)

    def write(self, job: Callable[[sqlite3.Connection], T], *, durable: bool = False) -> T:
        """``durable``: on the disk, not only with the operating system, before this returns."""
        return self.on_writer(lambda connection: self._transaction(connection, job, durable=durable))

    @staticmethod
    def _transaction(
        connection: sqlite3.Connection, job: Callable[[sqlite3.Connection], T], *, durable: bool
    ) -> T:
        if durable:
            connection.execute("PRAGMA synchronous=FULL")
        try:
            connection.execute("BEGIN IMMEDIATE")
            try:
                value = job(connection)
                connection.execute("COMMIT")
            except BaseException:
                # A full disk makes SQLite roll back by itself.
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            return value
        finally:
            if durable:
                connection.execute("PRAGMA synchronous=NORMAL")

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """This thread's reading connection. Each statement sees what is committed; use ``snapshot`` for
        several that must agree."""
        if self._closed:
            raise StoreError("closed", file=self.path.name)
        with mapped(self.path):
            reader: _Reader | None = getattr(self._local, "reader", None)
            if reader is None:
                reader = self._local.reader = _Reader(connect(self.path, read_only=True))
            yield reader.connection

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        with self.read() as connection:
            if connection.in_transaction:
                yield connection
                return
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.execute("COMMIT")

    def close(self) -> None:
        """Waits for the running transaction; what is queued behind it is dropped with an error at the
        caller's."""
        if self._closed:
            return
        self._closed = True
        self._thread.shutdown(wait=True, cancel_futures=True)
        reader: _Reader | None = getattr(self._local, "reader", None)
        if reader is not None:
            reader.close()
            del self._local.reader
        self._local = threading.local()
        self._writer.close()
