"""What to quote of a complaint in which no phrase of the list stands: the few words in a row that spoke
loudest. Single words of it ("door", "Monday") would tell nobody anything. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

MOST, LEAST = 8, 2
"""Words of what is quoted."""
_ENDS = frozenset('.!?;:\n…()"“”„«»')
_WITHIN = frozenset((".", ":"))
"""Between the parts of a number or an address they end nothing."""

Spoken = tuple[float, int, int]
"""How much a word speaks for it, and where it begins and ends."""


def loudest(text: str, words: Sequence[Spoken], least: float, is_small: Callable[[str], bool]) -> str:
    """A piece of ``text``, a few words of one sentence; empty where none weighs ``least``. ``words``: in
    order. ``is_small``: whether a word says nothing alone; the piece neither ends with one nor is made of
    such."""
    weights = [weight for weight, _, _ in words]
    gaps = [text[end:start] for (_, _, end), (_, start, _) in pairwise(words)]
    stops = [gap != " " and _ends_something(gap) for gap in gaps]
    enough = min(LEAST, len(words))
    best, most = (0, 0), least
    # Whatever begins with a word that speaks against it says more without that word.
    for first in [at for at, weight in enumerate(weights) if weight > 0]:
        total = 0.0
        for last in range(first, min(first + MOST, len(words))):
            if last > first and stops[last - 1]:
                break
            total += weights[last]
            if total > most and last - first + 1 >= enough:
                _, begin, end = words[last]
                if not is_small(text[begin:end]):
                    best, most = (words[first][1], end), total
    return text[slice(*best)]


def _ends_something(between: str) -> bool:
    return between not in _WITHIN and not _ENDS.isdisjoint(between)
