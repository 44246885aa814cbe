"""``Store``: the database as the rest of the application sees it. Every method only names its room and its thread."""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from services.clock import Clock
from services.model import (
    NOTHING,
    Account,
    Author,
    Conversation,
    Counts,
    Freshness,
    JsonObject,
    OutboxItem,
    OutboxState,
    Page,
    State,
    Template,
    Thread,
    ThreadMessage,
    Verdict,
)
from services.store import (
    accounts,
    care,
    conversations,
    figures,
    kept,
    marks,
    messages,
    migrate,
    outbox,
    search,
    threads,
)
from services.store.codec import iso
from services.store.connection import Database, mapped
from services.store.shapes import Applied, Confirmation, Figures, Label, Step

T = TypeVar("T")


class Store:
    """One open database file. Any thread may call any method.

    Writes run one after the other on a thread of their own and return when committed; reads use a connection of the calling thread and
    see what is committed. Errors are ``StoreError``s, ``NotFound`` and ``Invalid``. Conversation ids that were merged
    away still lead to the conversation they became part of.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    @classmethod
    def open(cls, path: Path, clock: Clock, *, progress: Callable[[int, int], None] | None = None) -> Store:
        """Makes the file, or brings it to today's version (``progress``: pages done, of all). Raises NewerDatabase,
        DamagedDatabase, DiskFull, DatabaseBusy."""
        migrate.prepare(path, clock.now().strftime("%Y%m%dT%H%M%S"), progress=progress)
        store = cls(Database(path), clock)
        with store._database.read() as connection:
            left = accounts.half_removed(connection)
        for account_id in left:
            store._remove_rest(account_id)
        return store

    def close(self) -> None:
        """Waits for the running transaction."""
        self._database.close()

    @property
    def path(self) -> Path:
        return self._database.path

    @property
    def schema_version(self) -> int:
        with self._database.read() as connection:
            version: int = connection.execute("PRAGMA user_version").fetchone()[0]
        return version

    def _write(self, job: Callable[[sqlite3.Connection, datetime], T], *, durable: bool = False) -> T:
        return self._database.write(lambda connection: job(connection, self._clock.now()), durable=durable)

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
        while not self._write(lambda connection, _: accounts.remove_slice(connection, account_id)):
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

    def heard(self, account_id: int, *, next_poll: datetime, backfilling: bool | None = None) -> None:
        self._write(
            lambda connection, now: accounts.heard(connection, account_id, now, next_poll, backfilling)
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
        """Stores a batch, its cursor with the last transaction. ``backfill_since``: a first quiet fetch; what ended before it is done."""
        is_live = backfill_since is None and batch.live
        gone = [one.remote_id for one in batch.changes]
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
                if is_last:
                    messages.keep_cursor(connection, account_id, batch)
                return found

            applied = applied.plus(self._write(job))
        return applied

    def known(self, account_id: int, remote_ids: Collection[str]) -> Mapping[str, str]:
        """Remote id -> digest (``services.store.digest``) of those already stored."""
        with self._database.read() as connection:
            return messages.known(connection, account_id, remote_ids)

    # --- reading the inbox

    def counts(self, *, closing_before: datetime | None = None) -> Counts:
        with self._database.snapshot() as connection:
            return conversations.counts(connection, self._clock.now(), closing_before)

    def view_size(self, view: str, account_id: int | None = None) -> int:
        with self._database.read() as connection:
            return conversations.size(connection, view, self._clock.now(), account_id)

    def view_ids(
        self,
        view: str,
        *,
        account_id: int | None = None,
        after: tuple[Any, ...] | None = None,
        limit: int = 5000,
    ) -> tuple[array[int], tuple[Any, ...] | None]:
        """Ids in the view's order, and the key for ``after`` of the next page (None: that was all)."""
        with self._database.read() as connection:
            return conversations.ids(
                connection, view, self._clock.now(), account_id=account_id, after=after, limit=limit
            )

    def rows(self, ids: Sequence[int]) -> dict[int, Conversation]:
        """Those that still exist and stand in some view."""
        with self._database.read() as connection:
            return conversations.rows(connection, ids)

    def conversation(self, conversation_id: int) -> Conversation:
        """One row, also of a conversation that stands in no view."""
        with self._database.read() as connection:
            return conversations.one(connection, conversation_id)

    def page(self, view: str, *, account_id: int | None = None, after: str = "", limit: int = 50) -> Page:
        with self._database.snapshot() as connection:
            return conversations.page(
                connection, view, self._clock.now(), account_id=account_id, after=after, limit=limit
            )

    def search(
        self,
        query: str,
        *,
        view: str = "all",
        account_id: int | None = None,
        after: str = "",
        limit: int = 50,
    ) -> Page:
        with self._database.snapshot() as connection:
            return search.search(
                connection, query, view=view, account_id=account_id, after=after, limit=limit
            )

    def search_relevant(self, query: str, *, limit: int = 50) -> Page:
        with self._database.snapshot() as connection:
            return search.relevant(connection, query, limit=limit)

    def thread(self, conversation_id: int, *, limit: int = 500) -> Thread:
        with self._database.snapshot() as connection:
            return threads.thread(connection, conversation_id, limit)

    def message(self, conversation_id: int, remote_id: str) -> ThreadMessage | None:
        """One message of a conversation by the network's id."""
        with self._database.read() as connection:
            return threads.message(connection, conversation_id, remote_id)

    def conversation_key(self, conversation_id: int, remote_id: str) -> str:
        """The channel's own name for the conversation of a message. Raises NotFound."""
        with self._database.read() as connection:
            return threads.key_of(connection, conversation_id, remote_id)

    def find_conversation(self, account_id: int, remote_message_id: str) -> int | None:
        with self._database.read() as connection:
            return threads.find(connection, account_id, remote_message_id)

    # --- what the owner does

    def mark(self, ids: Collection[int], state: State, *, until: datetime | None = None) -> frozenset[int]:
        return self._write(lambda connection, now: marks.mark(connection, ids, state, until, now))

    def mark_read(self, ids: Collection[int]) -> frozenset[int]:
        return self._write(lambda connection, now: marks.mark_read(connection, ids, now))

    def label(self, conversation_id: int, label: str | None) -> frozenset[int]:
        """``complaint``, ``not-complaint``, ``spam``; None takes it back."""
        return self._write(lambda connection, now: marks.label(connection, conversation_id, label, now))

    def labels(self) -> tuple[Label, ...]:
        with self._database.read() as connection:
            return marks.labels(connection)

    def wake_snoozed(self, now: datetime) -> frozenset[int]:
        return self._write(lambda connection, _: marks.wake(connection, now))

    def merge(self, into: int, other: int) -> frozenset[int]:
        return self._write(lambda connection, now: marks.merge(connection, into, other, now))

    def mute(self, account_id: int, author_id: str, on: bool = True) -> frozenset[int]:
        return self._write(lambda connection, now: marks.mute(connection, account_id, author_id, on, now))

    def rescore(self, verdicts: Mapping[int, Verdict]) -> frozenset[int]:
        """By local message id."""
        return self._write(lambda connection, now: marks.rescore(connection, verdicts, now))

    def prune(self, before: datetime) -> frozenset[int]:
        """Drops the content of closed conversations that ended before; what became of them is kept."""
        pruned: frozenset[int] = frozenset()
        while some := self._write(lambda connection, now: care.prune_slice(connection, before, now)):
            pruned |= some
        return pruned

    # --- drafts, templates, settings kept with the data

    def draft(self, conversation_id: int) -> str:
        with self._database.read() as connection:
            return kept.draft(connection, conversation_id)

    def save_draft(self, conversation_id: int, text: str) -> None:
        self._write(
            lambda connection, now: kept.save_draft(
                connection, conversations.resolve(connection, conversation_id), text, now
            )
        )

    def templates(self) -> tuple[Template, ...]:
        with self._database.read() as connection:
            return kept.templates(connection)

    def save_template(self, template: Template) -> Template:
        return self._write(lambda connection, _: kept.save_template(connection, template))

    def remove_template(self, template_id: int) -> None:
        self._write(lambda connection, _: kept.remove_template(connection, template_id))

    def used_template(self, template_id: int) -> None:
        self._write(lambda connection, _: kept.used_template(connection, template_id))

    def get_meta(self, key: str) -> str | None:
        with self._database.read() as connection:
            return kept.get_meta(connection, key)

    def set_meta(self, key: str, value: str | None) -> None:
        """None removes it. Never a secret."""
        self._write(lambda connection, _: kept.set_meta(connection, key, value))

    # --- outbox

    def queue_reply(
        self,
        conversation_id: int,
        text: str,
        *,
        private: bool,
        key: str,
        parent_remote_id: str,
        hold_until: datetime,
        seen_id: int,
        close_after: bool = False,
        template: str = "",
        force: bool = False,
    ) -> OutboxItem:
        """On the disk when this returns; clears the draft. The same key again gives the row that is there."""
        return self._write(
            lambda connection, now: outbox.queue(
                connection,
                conversation_id,
                text,
                private=private,
                key=key,
                parent_remote_id=parent_remote_id,
                hold_until=hold_until,
                seen_id=seen_id,
                close_after=close_after,
                template=template,
                force=force,
                now=now,
            ),
            durable=True,
        )

    def outbox(self, states: Collection[OutboxState] | None = None) -> tuple[OutboxItem, ...]:
        with self._database.read() as connection:
            return outbox.items(connection, states)

    def outbox_item(self, outbox_id: int) -> OutboxItem:
        with self._database.read() as connection:
            return outbox.item(connection, outbox_id)

    def due_replies(self, now: datetime) -> tuple[OutboxItem, ...]:
        with self._database.read() as connection:
            return outbox.due(connection, now)

    def retry_replies_now(self) -> None:
        """Forgets how long replies that did not leave were to wait, except where the network named a time."""
        self._write(lambda connection, _: outbox.retry_now(connection), durable=True)

    def claim_reply(self, outbox_id: int, now: datetime) -> OutboxItem | None:
        """``holding`` -> ``sending``, on the disk before this returns. None: undone, not due, or somebody else has it."""
        return self._write(lambda connection, _: outbox.claim(connection, outbox_id, now), durable=True)

    def reply_sent(self, outbox_id: int, sent: Confirmation, author: Author) -> frozenset[int]:
        """``author`` is us, as the network names us. Returns the conversations that changed."""
        return self._write(
            lambda connection, now: outbox.sent(connection, outbox_id, sent, author, now), durable=True
        )

    def reply_back(
        self,
        outbox_id: int,
        *,
        next_try_at: datetime | None,
        error_kind: str = "",
        error_detail: JsonObject = NOTHING,
    ) -> OutboxItem:
        """``sending`` or ``unclear`` -> ``holding``: it is certain that nothing arrived."""
        return self._write(
            lambda connection, _: outbox.back(connection, outbox_id, next_try_at, error_kind, error_detail),
            durable=True,
        )

    def reply_failed(self, outbox_id: int, error_kind: str, error_detail: JsonObject = NOTHING) -> OutboxItem:
        return self._write(
            lambda connection, _: outbox.fail(connection, outbox_id, error_kind, error_detail), durable=True
        )

    def reply_stopped(
        self, outbox_id: int, error_kind: str, error_detail: JsonObject = NOTHING
    ) -> OutboxItem:
        """Answered meanwhile, or the customer wrote again: the owner decides. Nothing has left."""
        return self.reply_failed(outbox_id, error_kind, error_detail)

    def reply_unclear(self, outbox_id: int, error_detail: JsonObject = NOTHING) -> OutboxItem:
        return self._write(
            lambda connection, _: outbox.unclear(connection, outbox_id, error_detail), durable=True
        )

    def cancel_reply(self, outbox_id: int) -> OutboxItem | None:
        """Undo; also takes back one that failed. None: too late."""
        return self._write(lambda connection, now: outbox.cancel(connection, outbox_id, now), durable=True)

    def resolve_reply(self, outbox_id: int, *, is_there: bool, key: str = "") -> OutboxItem:
        """The owner looked: it is there, or send it again (with a new ``key``, where one is given)."""
        return self._write(
            lambda connection, now: outbox.resolve_unclear(
                connection, outbox_id, is_there=is_there, key=key, now=now
            )[0],
            durable=True,
        )

    def release_reply(self, outbox_id: int) -> OutboxItem:
        """Ends the hold now."""
        return self._write(lambda connection, now: outbox.release(connection, outbox_id, now), durable=True)

    # --- figures and care

    def response_times(self, since: datetime) -> Figures:
        with self._database.snapshot() as connection:
            return figures.figures(connection, since)

    def backup_to(self, path: Path, progress: Callable[[int, int], None] | None = None) -> None:
        with mapped(path), self._database.read() as connection:
            care.copy_to(connection, path, progress)

    def check(self) -> list[str]:
        """What is wrong with the file; empty when all is well. Reads all of it: seconds for a big one."""
        return self._database.on_writer(care.check)

    def totals(self) -> dict[str, int]:
        """How many rows each kind of content has; what a backup is compared by."""
        with self._database.snapshot() as connection:
            return care.totals(connection)

    def export_rows(self) -> Iterator[dict[str, Any]]:
        with self._database.snapshot() as connection:
            yield from care.export_rows(connection)

    def copies(self) -> list[Path]:
        """The good copies that are kept, newest first."""
        return migrate.good_copies(self.path)

    def keep_copy(self, *, older_than: timedelta = timedelta(0)) -> Path | None:
        """Makes a good copy, unless the newest is younger than ``older_than``; keeps the last three."""
        now = self._clock.now()
        newest = next(iter(self.copies()), None)
        if newest is not None and older_than:
            age = now.timestamp() - newest.stat().st_mtime
            if 0 <= age < older_than.total_seconds():
                return None
        folder = migrate.copies_folder(self.path)
        folder.mkdir(mode=0o700, exist_ok=True)
        copy = (
            folder
            / f"{self.path.stem}-v{migrate.latest()}-{iso(now)[:19].replace('-', '').replace(':', '')}{self.path.suffix}"
        )
        self.backup_to(copy)
        migrate.trim_copies(self.path)
        return copy


def _quiet(backfill_since: datetime | None, live: bool) -> datetime | None:
    """A channel that walks back in history later on is quiet too, but settles nothing."""
    if backfill_since is not None:
        return backfill_since
    return None if live else datetime.min.replace(year=2, tzinfo=UTC)
