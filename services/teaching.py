"""What the owner taught the triage: looked through, taken back, taught again."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from services.events import EventHub, MessagesChanged
from services.store import Store

if TYPE_CHECKING:
    from services.store.owned import Correction


class Teaching:
    """``relearn`` takes up to a second: call what changes something from a worker."""

    def __init__(self, store: Store, events: EventHub, *, relearn: Callable[[], None] = lambda: None) -> None:
        self._store, self._events, self._relearn = store, events, relearn
        self._known: tuple[int, str] | None = None

    def corrections(self, query: str = "") -> tuple[Correction, ...]:
        """Newest first; ``query``: words that are all in the text."""
        return self._store.corrections(query)

    def forget(self, ids: Collection[int]) -> tuple[Correction, ...]:
        """Takes these back; what is returned is what ``teach_again`` takes. Unknown ids are left out."""
        return self._forget(ids)

    def forget_all(self) -> tuple[Correction, ...]:
        return self._forget(None)

    def _forget(self, ids: Collection[int] | None) -> tuple[Correction, ...]:
        gone, changed = self._store.forget_corrections(ids)
        if gone:
            self._learned(changed)
        return gone

    def teach_again(self, corrections: Collection[Correction]) -> None:
        self._learned(self._store.teach_again(corrections))

    def refresh(self) -> None:
        """Learns what another program was told; nothing where nothing was said since the last call."""
        now = self._store.taught_state()
        if now != self._known:
            self._known = now
            self._relearn()

    def _learned(self, changed: frozenset[int]) -> None:
        if changed:
            self._events.publish(MessagesChanged(changed))
        self._relearn()


def told(store: Store) -> list[tuple[str, str]]:
    """Text and the owner's word, oldest first, as the triage wants it; a message without words teaches
    nothing. That something is no spam leaves open whether it is a complaint: there triage is told what it
    thinks already."""
    return [(one.text, _word(one)) for one in reversed(store.corrections()) if one.text]


def _word(one: Correction) -> str:
    if one.label != "not-spam":
        return one.label
    return "complaint" if one.is_complaint else "not-complaint"
