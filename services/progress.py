"""How far a long piece of work is: told to whoever waits for it, who may stop it.

A ``Watch`` is called with a key of ``STAGES`` and the share of the whole that is done, 0 to 1, in the thread
that works and several times a second. It stops the work by raising; ``Stopped`` says that somebody wished
it. Nothing is changed by work that is stopped.
"""

from __future__ import annotations

import time
from collections.abc import Callable

Watch = Callable[[str, float], None]

WAITING, UNPACKING, COPYING, CHANGING, CHECKING = "waiting", "unpacking", "copying", "changing", "checking"
STAGES = (WAITING, UNPACKING, COPYING, CHANGING, CHECKING)
"""``waiting``: for another program that is doing the same."""

OFTEN_S = 0.1


def unwatched(stage: str, share: float) -> None:
    """Nobody waits to be told."""


class Teller:
    """Tells a watch no more often than is of use, and never less than before."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._told_at = float("-inf")
        self.stage, self.share = "", 0.0

    def tell(self, stage: str, share: float) -> None:
        """Raises what the watch raises."""
        is_new = stage != self.stage
        self.stage, self.share = stage, min(max(share, self.share), 1.0)
        self.still(is_new=is_new)

    def still(self, *, is_new: bool = False) -> None:
        """The work goes on, and nobody knows how far it is."""
        now = time.monotonic()
        if is_new or now - self._told_at >= OFTEN_S:
            self._told_at = now
            self._watch(self.stage, self.share)


def part_of(watch: Watch, begin: float, end: float) -> Watch:
    """For work that is a part of something longer."""
    return lambda stage, share: watch(stage, begin + (end - begin) * share)
