"""The part of ``Store`` that keeps what the owner said of messages and people: corrections, muted people,
undo of marks, and clearing spam."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from services.store.rooms import Later, Room

if TYPE_CHECKING:
    from services.store import junk, people, recall, taught
    from services.store.owned import Correction, MutedPerson, Remembered
else:
    junk, people, recall, taught = map(Later, ("junk", "people", "recall", "taught"))


class OwnerRoom(Room):
    def remember(self, ids: Collection[int]) -> Remembered:
        """How these conversations stand, for ``put_back``. Raises NotFound."""
        with self._database.snapshot() as connection:
            return recall.remember(connection, ids)

    def put_back(self, was: Remembered) -> tuple[frozenset[int], bool]:
        """Takes back every mark and label since ``remember``. Returns which conversations changed, and
        whether what is taught did."""
        return self._write(lambda connection, now: recall.put_back(connection, was, now))

    def corrections(self, query: str = "") -> tuple[Correction, ...]:
        """Everything the owner taught, newest first."""
        with self._database.read() as connection:
            return taught.corrections(connection, query)

    def taught_state(self) -> tuple[int, str]:
        """Another one whenever something was taught or taken back."""
        with self._database.read() as connection:
            return taught.state(connection)

    def forget_corrections(
        self, ids: Collection[int] | None
    ) -> tuple[tuple[Correction, ...], frozenset[int]]:
        """None: all. Returns what was taken back, and the conversations that changed."""
        return self._write(lambda connection, now: taught.forget(connection, ids, now))

    def teach_again(self, taken_back: Collection[Correction]) -> frozenset[int]:
        return self._write(lambda connection, now: taught.teach_again(connection, taken_back, now))

    def mute(self, account_id: int, author_id: str, on: bool = True) -> frozenset[int]:
        """Everywhere where the same person is recognised; see ``people``."""
        return self._write(lambda connection, now: people.mute(connection, account_id, author_id, on, now))

    def unmute(self, person_id: int) -> frozenset[int]:
        """By the number in ``muted_people``. Raises NotFound."""
        return self._write(lambda connection, now: people.unmute(connection, person_id, now))

    def muted_people(self) -> tuple[MutedPerson, ...]:
        with self._database.read() as connection:
            return people.muted(connection)

    def clear_spam(self, ids: Collection[int]) -> frozenset[int]:
        """Drops the texts of those that are in spam now. Returns them."""
        wanted = list(ids)
        cleared: frozenset[int] = frozenset()
        while some := wanted[:200]:
            wanted = wanted[200:]
            cleared |= self._write(
                lambda connection, now, some=some: junk.clear_some(connection, some, now)  # type: ignore[misc]
            )
        return cleared

    def clear_old_spam(self, before: datetime) -> frozenset[int]:
        cleared: frozenset[int] = frozenset()
        while some := self._write(lambda connection, now: junk.clear_old(connection, before, now)):
            cleared |= some
        return cleared
