from __future__ import annotations

import re

import pytest

from services.triage.quoted import MOST, loudest

SMALL = frozenset("the was it and a".split())


def quoted(text: str, **weights: float) -> str:
    """``weights``: of the words that have one; the others speak a little against it."""
    words = [(weights.get(one[0].lower(), -0.01), *one.span()) for one in re.finditer(r"\w+", text)]
    return loudest(text, words, 0.1, SMALL.__contains__)


@pytest.mark.parametrize(
    ("text", "weights", "piece"),
    [
        (
            "We came on Monday and nobody said sorry to us.",
            {"nobody": 0.3, "sorry": 0.2},
            "nobody said sorry",
        ),
        (
            "Monday. Door. Nobody said a word!",
            {"door": 0.2, "nobody": 0.2, "word": 0.1},
            "Nobody said a word",
        ),
        ("It cost 7.90 a loaf.", {"7": 0.2, "90": 0.2, "loaf": 0.1}, "7.90 a loaf"),
        ("Cold", {"cold": 0.5}, "Cold"),
        ("The soup was cold and the", {"the": 0.3, "cold": 0.4}, "The soup was cold"),
        ("All is well here.", {}, ""),
        ("", {}, ""),
    ],
)
def test_the_loudest_words_in_a_row(text: str, weights: dict[str, float], piece: str) -> None:
    assert quoted(text, **weights) == piece


def test_it_is_short() -> None:
    piece = quoted("bad " * 40, bad=0.2)
    assert len(piece.split()) == MOST
