"""``Store``: the database as the rest of the application sees it. Every method only names its room and its
thread."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from services.clock import Clock
from services.errors import ShopbellError
from services.model import NOTHING, Account, Freshness, JsonObject
from services.progress import Watch, unwatched
from services.store import accounts, copies, migrate
from services.store.codec import iso
from services.store.connection import Database, mapped
from services.store.facade_inbox import InboxRoom
from services.store.facade_outbox import OutboxRoom
from services.store.facade_owner import OwnerRoom
from services.store.rooms import Later

if TYPE_CHECKING:
    from services.model import Verdict
    from services.store import arrivals, bounces, care, figures, grievances, messages
    from services.store.shapes import Applied, Figures, Grievance, LeftArrival, Step
else:
    arrivals, bounces, care, figures, grievances, messages = map(
        Later, ("arrivals", "bounces", "care", "figures", "grievances", "messages")
    )

T = TypeVar("T")


class Store(InboxRoom, OutboxRoom, OwnerRoom):
    """One open database file. Any thread may call any method.

    Writes run one after the other on a thread of their own and return when committed; reads use a connection
    of the calling thread and
    see what is committed. Errors are ``StoreError``s, ``NotFound`` and ``Invalid``. Conversation ids that
    were merged
    away still lead to the conversation they became part of.
    """

    @classmethod
    def open(
        cls, path: Path, clock: Clock, *, watch: Watch = unwatched, patience_s: float = migrate.PATIENCE_S
    ) -> Store:
        """Makes the file, or brings it to today's version: ``watch`` is told how far that is, and may stop
        it; ``patience_s`` is for another process that does the same. Raises NewerDatabase, DamagedDatabase,
        DiskFull, DatabaseBusy."""
        migrate.prepare(path, clock.now().strftime("%Y%m%dT%H%M%S"), watch=watch, patience_s=patience_s)
        store = cls(Database(path), clock)
        with store._database.read() as connection:
            left = accounts.half_removed(connection)
        for account_id in left:
            store._database.later(partial(accounts.remove_slice, account_id=account_id, now=clock.now()))
        return store

    # --- accounts

    def accounts(self) -> tuple[Account, ...]:
        with self._database.read() as connection:
            return accounts.every(connection)

    def account(self, account_id: int) -> Account:
        with self._database.read() as connection:
            return accounts.one(connection, account_id)

    def add_account(
        self,
        kind: str,
        name: str,
        *,
        handle: str = "",
        remote_id: str = "",
        url: str = "",
        settings: JsonObject = NOTHING,
    ) -> Account:
        """Raises Invalid("already-there") for the same place twice."""
        return self._write(
            lambda connection, now: accounts.add(
                connection,
                kind,
                name,
                handle=handle,
                remote_id=remote_id,
                url=url,
                settings=settings,
                now=now,
            )
        )

    def update_account(
        self,
        account_id: int,
        *,
        name: str | None = None,
        handle: str | None = None,
        url: str | None = None,
        remote_id: str | None = None,
        settings: JsonObject | None = None,
        paused: bool | None = None,
    ) -> Account:
        """``settings`` are merged into those that are there."""
        return self._write(
            lambda connection, _: accounts.update(
                connection,
                account_id,
                name=name,
                handle=handle,
                url=url,
                remote_id=remote_id,
                settings=settings,
                paused=paused,
            )
        )

    def remove_account(self, account_id: int) -> None:
        """With its conversations, in slices. Stopped in the middle, the next start finishes it."""
        self._write(lambda connection, _: accounts.begin_removal(connection, account_id))
        self._remove_rest(account_id)

    def _remove_rest(self, account_id: int) -> None:
        while not self._write(lambda connection, now: accounts.remove_slice(connection, account_id, now)):
            pass

    def freshness(self, account_id: int) -> Freshness:
        with self._database.read() as connection:
            return accounts.freshness(connection, account_id)

    def freshness_all(self) -> Mapping[int, Freshness]:
        with self._database.read() as connection:
            return accounts.freshness_all(connection)

    def cursor(self, account_id: int) -> JsonObject:
        with self._database.read() as connection:
            return accounts.cursor(connection, account_id)

    def heard(
        self,
        account_id: int,
        *,
        next_poll: datetime,
        backfilling: bool | None = None,
        trouble: ShopbellError | None = None,
    ) -> None:
        """``trouble``: what part of it could not be heard."""
        self._write(
            lambda connection, now: accounts.heard(
                connection, account_id, now, next_poll, backfilling, trouble
            )
        )

    def failed(
        self, account_id: int, error_kind: str, detail: JsonObject, *, next_poll: datetime | None
    ) -> None:
        self._write(
            lambda connection, now: accounts.failed(
                connection, account_id, now, error_kind, detail, next_poll
            )
        )

    # --- messages in

    def apply(
        self,
        account_id: int,
        batch: Step,
        verdicts: Mapping[str, Verdict],
        *,
        backfill_since: datetime | None = None,
    ) -> Applied:
        """Stores a batch, its cursor with the last transaction. ``backfill_since``: a first quiet fetch; what
        ended before it is done."""
        is_live = backfill_since is None and batch.live
        gone = [one.remote_id for one in batch.changes]
        from services.store.shapes import Applied

        applied = Applied()
        pieces = messages.slices(batch)
        for at, piece in enumerate(pieces):
            is_last = at == len(pieces) - 1

            def job(
                connection: sqlite3.Connection, now: datetime, piece: Any = piece, is_last: bool = is_last
            ) -> Applied:
                intake = messages.Intake(
                    connection,
                    account_id,
                    verdicts,
                    now,
                    is_live=is_live,
                    quiet_before=_quiet(backfill_since, batch.live),
                )
                found = intake.take(piece, gone if is_last else ())
                if not is_last:
                    return found
                messages.keep_cursor(connection, account_id, batch)
                back = bounces.settle(connection, account_id, batch.bounces, now, is_quiet=not is_live)
                return found.plus(
                    Applied(conversations=back.conversations, bounced=back.outbox, strangers=back.unknown)
                )

            applied = applied.plus(self._write(job))
        return applied

    def known(self, account_id: int, remote_ids: Collection[str]) -> Mapping[str, str]:
        """Remote id -> digest (``services.store.digest``) of those already stored."""
        with self._database.read() as connection:
            return messages.known(connection, account_id, remote_ids)

    def version_elsewhere(self) -> int:
        """Another number whenever another program has written into the file; our own writes do not count."""
        return self._database.on_writer(
            lambda connection: int(connection.execute("PRAGMA data_version").fetchone()[0])
        )

    def is_there(self) -> bool:
        """Whether the file is still where it was opened. No SQL."""
        return self._database.is_there()

    def leave_arrivals(self, found: Collection[tuple[int, str]]) -> None:
        """For the window of this profile, open now or later: account and remote id of what is to be told."""
        self._write(lambda connection, now: arrivals.leave(connection, found, now))

    def take_arrivals(self) -> tuple[LeftArrival, ...]:
        """What other programs left, oldest first, each once."""
        with self._database.read() as connection:
            if not arrivals.are_left(connection):
                return ()
        return self._write(lambda connection, now: arrivals.take(connection, now))

    # --- figures and care

    def response_times(self, since: datetime) -> Figures:
        with self._database.snapshot() as connection:
            return figures.figures(connection, since)

    def complaint_times(self, since: datetime) -> tuple[tuple[tuple[int, datetime], ...], datetime | None]:
        """Conversation and time of each complaint written since then, newest first; and when the oldest of
        all messages was written."""
        with self._database.snapshot() as connection:
            return grievances.times(connection, since), grievances.first_heard(connection)

    def grievances(self, since: datetime) -> tuple[tuple[Grievance, ...], tuple[str, ...]]:
        """The complaints written since then, and what customers wrote before."""
        with self._database.snapshot() as connection:
            return grievances.said(connection, since), grievances.other_texts(connection, since)

    def backup_to(self, path: Path, progress: Callable[[int, int], None] | None = None) -> None:
        with mapped(path), self._database.read() as connection:
            care.copy_to(connection, path, progress)

    def check(self, still: Callable[[], None] = lambda: None) -> list[str]:
        """What is wrong with the file; empty when all is well. Reads all of it: seconds for a big one.
        ``still`` is called meanwhile, on the writer thread, and may end it by raising."""
        return self._database.on_writer(lambda connection: care.check(connection, still))

    def totals(self) -> dict[str, int]:
        """How many rows each kind of content has; what a backup is compared by."""
        with self._database.snapshot() as connection:
            return care.totals(connection)

    def export_rows(self) -> Iterator[dict[str, Any]]:
        with self._database.snapshot() as connection:
            yield from care.export_rows(connection)

    def copies(self) -> list[Path]:
        """The good copies that are kept, newest first."""
        return copies.good_copies(self.path)

    def keep_copy(self, *, older_than: timedelta = timedelta(0)) -> Path | None:
        """Makes a good copy, unless the newest is younger than ``older_than``; keeps the last three."""
        now = self._clock.now()
        newest = next(iter(self.copies()), None)
        if newest is not None and older_than:
            age = now.timestamp() - newest.stat().st_mtime
            if 0 <= age < older_than.total_seconds():
                return None
        copies.copies_folder(self.path).mkdir(mode=0o700, exist_ok=True)
        stamp = iso(now)[:19].replace("-", "").replace(":", "")
        copy = copies.copy_name(self.path, migrate.latest(), stamp)
        self.backup_to(copy)
        copies.trim_copies(self.path, migrate.latest())
        return copy


def _quiet(backfill_since: datetime | None, live: bool) -> datetime | None:
    """A channel that walks back in history later on is quiet too, but settles nothing."""
    if backfill_since is not None:
        return backfill_since
    return None if live else datetime.min.replace(year=2, tzinfo=UTC)
