"""The part of ``Store`` that lists, searches and opens conversations, and does what the owner asks."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from services.model import Conversation, Counts, Page, State
from services.store import conversations
from services.store.rooms import Later, Room

if TYPE_CHECKING:
    from services.model import Thread, ThreadMessage, Verdict
    from services.store import care, marks, moderated, search, threads
    from services.store.shapes import Label, Located
else:
    care, marks, moderated, search, threads = map(Later, ("care", "marks", "moderated", "search", "threads"))


class InboxRoom(Room):
    """Lists never count rows and never use an offset; see ``conversations.VIEWS`` for the views."""

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

    def message_by_id(self, message_id: int) -> Located:
        """One message by its local id. Raises NotFound."""
        with self._database.snapshot() as connection:
            return moderated.located(connection, message_id)

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
        """``complaint``, ``not-complaint``, ``spam``, ``not-spam``; None takes it back."""
        return self._write(lambda connection, now: marks.label(connection, conversation_id, label, now))

    def label_all(self, ids: Collection[int], label: str | None) -> frozenset[int]:
        """All or none of them."""
        return self._write(lambda connection, now: marks.label_all(connection, ids, label, now))

    def labels(self) -> tuple[Label, ...]:
        with self._database.read() as connection:
            return marks.labels(connection)

    def wake_snoozed(self, now: datetime) -> frozenset[int]:
        return self._write(lambda connection, _: marks.wake(connection, now))

    def moderated(self, message_id: int, action: str) -> frozenset[int]:
        """The network did what the owner asked for (``services.moderation``). Raises NotFound."""
        return self._write(lambda connection, now: moderated.moderated(connection, message_id, action, now))

    def merge(self, into: int, other: int) -> frozenset[int]:
        return self._write(lambda connection, now: marks.merge(connection, into, other, now))

    def rescore(self, verdicts: Mapping[int, Verdict]) -> frozenset[int]:
        """By local message id."""
        return self._write(lambda connection, now: marks.rescore(connection, verdicts, now))

    def prune(self, before: datetime) -> frozenset[int]:
        """Drops the content of closed conversations that ended before; what became of them is kept."""
        pruned: frozenset[int] = frozenset()
        while some := self._write(lambda connection, now: care.prune_slice(connection, before, now)):
            pruned |= some
        return pruned
