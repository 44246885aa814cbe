"""What the owner did to a message while a poll was under way: the poll's older word does not undo it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from itertools import count

from services.model import Message, MessageState

MOST = 500


class Overruled:
    """Counts instead of reading a clock: what matters is only which came first. In memory is enough, because
    a poll does not outlive its process either."""

    def __init__(self) -> None:
        self._moments = count(1)
        self._states: dict[tuple[int, str], tuple[int, MessageState]] = {}
        self._lock = threading.Lock()

    def now(self) -> int:
        """The moment before a network is asked."""
        return next(self._moments)

    def by_owner(self, account_id: int, remote_id: str, state: MessageState) -> None:
        """The network has just brought the message into this state."""
        with self._lock:
            self._states.pop((account_id, remote_id), None)
            self._states[account_id, remote_id] = next(self._moments), state
            while len(self._states) > MOST:
                del self._states[next(iter(self._states))]

    def corrected(self, account_id: int, messages: Sequence[Message], asked_at: int) -> tuple[Message, ...]:
        """The messages of a step that was asked for at that moment, those in the state of now that were
        brought into it since."""
        if not self._states:
            return tuple(messages)
        with self._lock:
            newer = {
                remote_id: state
                for (account, remote_id), (moment, state) in self._states.items()
                if account == account_id and moment > asked_at
            }
        return tuple(
            replace(one, state=newer[one.remote_id]) if one.remote_id in newer else one for one in messages
        )
