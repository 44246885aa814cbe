"""What to quote of a complaint in which no phrase of the list stands: the few words in a row that spoke
loudest. Single words of it ("door", "Monday") would tell nobody anything. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable

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
    best: tuple[float, int, int] = (least, 0, 0)
    for first, (_, begin, until) in enumerate(in_order):
        total, number, last = 0.0, 0, until
        for weight, start, end in in_order[first : first + MOST]:
            between = text[last:start]
            if between not in _WITHIN and not _ENDS.isdisjoint(between):
                break
            total, number, last = total + weight, number + 1, end
            is_whole = number >= min(LEAST, len(in_order)) and not is_small(text[start:end])
            if is_whole and total > best[0]:
                best = total, begin, end
    return text[best[1] : best[2]]
