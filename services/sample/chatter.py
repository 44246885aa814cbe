# ruff: noqa: E501 - one bank of words per line
"""Endless invented sentences about bread, the same for the same number: for measuring, and for shops with
more customers than were written down."""

from __future__ import annotations

_WHO = "My sister|The neighbour|Our whole office|The choir|A friend from the coast|My grandfather|The new teacher|Half the street".split(
    "|"
)
_DID = "tried|ordered|carried home|talked about|finished|asked for|shared|kept a slice of|photographed|dreamed of".split(
    "|"
)
_HOW = "the dark|the seeded|yesterday’s|the very last|an enormous|the famous|a warm|the smallest|a square|the braided".split(
    "|"
)
_WHAT = (
    "rye loaf|plum cake|cinnamon knot|baguette|poppy roll|cheese scone|walnut bread|almond croissant|apple tart|focaccia|pretzel|"
    "carrot slice|spelt bread|lemon cake|raisin bun|oat biscuit"
).split("|")
_WHEN = (
    "on Saturday|before the rain|at six in the morning|after the market|on the way to the ferry|during the match|last week|"
    "on the longest day|between two trams|while the bells rang|at the station|on a bench by the river"
).split("|")

OPENINGS = (
    "Do you have {what} tomorrow?",
    "The {what} was wonderful today, thank you!",
    "Waited half an hour for one {what} and then it was the wrong one. Not good enough.",
    "How long does {what} keep in the freezer?",
    "My {what} was burnt underneath and nobody at the till cared.",
    "Could you keep two pieces of {what} for me until five?",
    "Best {what} I had in years. Say hello to Ana!",
    "I paid for three pieces of {what} and there were two in the bag. Again.",
)


def sentence(number: int) -> str:
    """Deterministic, about 60 characters."""
    mixed = (number * 2_654_435_761 + 12_345) & 0xFFFFFFFF
    words = []
    for bank in (_WHO, _DID, _HOW, _WHAT, _WHEN):
        mixed, index = divmod(mixed, len(bank))
        mixed = mixed or number + 1
        words.append(bank[index])
    return f"{' '.join(words)}."


def opening(number: int) -> str:
    """What a customer nobody wrote down says to the shop."""
    return OPENINGS[number % len(OPENINGS)].format(what=_WHAT[(number * 7) % len(_WHAT)])
