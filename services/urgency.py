"""Who comes first: one pure function that turns what is known of a waiting conversation into a number.

The number has two parts. The greater one, in steps of five, comes from what was said and by whom, and never
changes by itself; the store keeps it in the row. The lesser one, 0 to 4, is how long somebody waits. Because
it never fills a step, a list sorted by the kept part, and by the waiting time where that is equal, is at
every moment sorted by the whole - nothing has to be computed anew as time passes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from services.model import Conversation

STEP = 5
"""The kept part comes in steps of so many."""
COMPLAINT_FROM = 50
"""A complaint is at least this urgent, and whatever is none is less."""
_MOST = 9
"""Steps that the signals beside the complaint itself can reach together."""
_SCORES = ((0.9, 2), (0.35, 1))
"""From which score of the triage on, and steps."""
_STARS = {1: 3, 2: 2, 3: 1}
_REACH = ((100_000, 3), (10_000, 2), (1_000, 1))
"""From how many followers on, and steps."""
_FLAGS = (
    ("safety", "is_safety", 5),
    ("waits-again", "waits_again", 2),
    ("asks-again", "asks_again", 2),
    ("private", "is_private", 2),
    ("writes-often", "writes_often", 1),
    ("public", "is_public", 1),
    ("shouting", "is_shouting", 1),
)
_WAITS = (
    (timedelta(days=3), 4),
    (timedelta(days=1), 3),
    (timedelta(hours=4), 2),
    (timedelta(hours=1), 1),
)
LONG = timedelta(hours=4)
"""From then on the waiting itself is named as a reason."""

AGAIN = timedelta(days=7)
OFTEN, OFTEN_TIMES = timedelta(days=30), 3
APART = timedelta(minutes=10)
"""What follows sooner in the same conversation is the same visit."""

REASONS = (
    "complaint",
    "safety",
    "stars",
    "reach",
    "waits-again",
    "asks-again",
    "private",
    "maybe-complaint",
    "writes-often",
    "public",
    "shouting",
    "waits-long",
)
"""Every key, in the order in which equally heavy ones are named."""


@dataclass(frozen=True, slots=True)
class Signals:
    """What is known of the messages of one conversation that wait for an answer.

    ``score``: 0..1, the highest. ``is_safety``: health, danger or the law is spoken of. ``stars``: the fewest
    given. ``is_public``: the shop is named where everybody can read it. ``asks_again``: this person waited
    already and wrote again. ``writes_often``: at least the third time in thirty days. ``waits_again``: was
    answered, and wrote again. ``followers``: of the one who has the most.
    """

    is_complaint: bool = False
    score: float = 0.0
    is_safety: bool = False
    stars: int | None = None
    is_private: bool = False
    is_public: bool = False
    is_shouting: bool = False
    asks_again: bool = False
    writes_often: bool = False
    waits_again: bool = False
    followers: int = 0


class Urgency(NamedTuple):
    """``value`` 0..100; ``because``: keys of ``REASONS``, the heaviest first."""

    value: int = 0
    because: tuple[str, ...] = ()


def urgency(signals: Signals, waited: timedelta = timedelta(0)) -> Urgency:
    """Never lower when a signal is stronger or the waiting longer. Without ``waited``: the part to keep."""
    weights = {reason: steps for reason, name, steps in _FLAGS if getattr(signals, name)}
    sure = _reached(_SCORES, signals.score)
    if sure and not signals.is_complaint:
        weights["maybe-complaint"] = sure
    if signals.stars is not None and signals.stars <= 3:
        weights["stars"] = _STARS.get(signals.stars, _STARS[1])
    if reach(signals.followers):
        weights["reach"] = reach(signals.followers)
    steps = min(sum(weights.values()) + (sure if signals.is_complaint else 0), _MOST)
    if signals.is_complaint:
        weights["complaint"] = COMPLAINT_FROM
    because = tuple(sorted(weights, key=lambda one: (-weights[one], REASONS.index(one))))
    kept = STEP * steps + (COMPLAINT_FROM if signals.is_complaint else 0)
    return with_waiting(Urgency(kept, because), waited)


def with_waiting(kept: Urgency, waited: timedelta) -> Urgency:
    """The kept part and what the waiting adds to it."""
    more = next((points for least, points in _WAITS if waited >= least), 0)
    because = (*kept.because, "waits-long") if waited >= LONG else kept.because
    return Urgency(kept.value + more, because)


def of_row(row: Conversation, now: datetime) -> Urgency:
    """Of a row of the inbox as it stands now; nothing where nobody waits, or not yet again."""
    if row.waiting_since is None or row.state != "new":
        return Urgency()
    return with_waiting(Urgency(row.urgency, row.urgent_because), now - row.waiting_since)


def reach(followers: int) -> int:
    """In steps."""
    return _reached(_REACH, followers)


def _reached(marks: Sequence[tuple[float, int]], value: float) -> int:
    return next((steps for least, steps in marks if value >= least), 0)


# --- from times to signals


class Moments(NamedTuple):
    """When one customer wrote, in seconds. ``waiting``: what here waits for an answer. ``here``: everything
    they wrote here. ``others``: when each other conversation of theirs began. ``others_waiting``: since when
    those of them wait that do."""

    waiting: Sequence[float]
    here: Sequence[float]
    others: Sequence[float] = ()
    others_waiting: Sequence[float] = ()


def repeats(moments: Moments) -> tuple[bool, bool]:
    """(asks again: within seven days, unanswered; writes often: the third time in thirty days)."""
    if not moments.waiting:
        return False, False
    first, last = min(moments.waiting), max(moments.waiting)
    visits = _visits(moments.waiting)
    week, month = AGAIN.total_seconds(), OFTEN.total_seconds()
    asks_again = any(later - one <= week for one, later in pairwise(visits)) or any(
        first - week <= one <= last + week for one in moments.others_waiting
    )
    times = sum(last - month < one <= last for one in (*_visits(moments.here), *moments.others))
    return asks_again, times >= OFTEN_TIMES


def _visits(moments: Iterable[float]) -> list[float]:
    """The first moment of each."""
    found: list[float] = []
    before: float | None = None
    for one in sorted(moments):
        if before is None or one - before >= APART.total_seconds():
            found.append(one)
        before = one
    return found
