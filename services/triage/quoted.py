"""What to quote of a complaint in which no phrase of the list stands: the few words in a row that spoke
loudest. Single words of it ("door", "Monday") would tell nobody anything. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise

MOST, LEAST = 8, 2
"""Words of what is quoted."""
_ENDS = frozenset('.!?;:\n…()"“”„«»')
_WITHIN = frozenset((".", ":"))
"""Between the parts of a number or an address they end nothing."""

Spoken = tuple[float, int, int]
"""How much a word speaks for it, and where it begins and ends."""


def loudest(text: str, words: Iterable[Spoken], least: float, is_small: Callable[[str], bool]) -> str:
    """A piece of ``text``, a few words of one sentence; empty where none weighs ``least``. ``is_small``:
    whether a word says nothing alone; the piece neither ends with one nor is made of such."""
    in_order = sorted(words, key=lambda one: one[1])
    weights = [one[0] for one in in_order]
    stops = [_ends_something(text[a[2] : b[1]]) for a, b in pairwise(in_order)]
    enough = min(LEAST, len(in_order))
    best, most = (0, 0), least
    # Whatever begins with a word that speaks against it says more without that word.
    for first in [at for at, weight in enumerate(weights) if weight > 0]:
        total = 0.0
        for last in range(first, min(first + MOST, len(in_order))):
            if last > first and stops[last - 1]:
                break
            total += weights[last]
            if total > most and last - first + 1 >= enough:
                _, begin, end = in_order[last]
                if not is_small(text[begin:end]):
                    best, most = (in_order[first][1], end), total
    return text[slice(*best)]


def _ends_something(between: str) -> bool:
    return between != " " and between not in _WITHIN and not _ENDS.isdisjoint(between)
