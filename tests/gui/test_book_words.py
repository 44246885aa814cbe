"""Which one word stands beside a source that is in trouble."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gui.book import trouble_of
from services.model import Account, Freshness
from tests.fakes import TUESDAY


@pytest.mark.parametrize(
    ("freshness", "word"),
    [
        (Freshness(TUESDAY), ""),
        (Freshness(TUESDAY, TUESDAY - timedelta(minutes=6), "unreachable", failures=3), "silent"),
        (Freshness(TUESDAY, TUESDAY - timedelta(minutes=1), "unreachable", failures=1), ""),
        (Freshness(TUESDAY, TUESDAY, "sign-in-needed", failures=1), "sign-in"),
        (Freshness(TUESDAY, TUESDAY, "rate-limited", failures=1), "waiting"),
        # Heard in part: one of several searches is away.
        (Freshness(TUESDAY, TUESDAY - timedelta(hours=6), "unreachable", {"in_part": True}), ""),
        (Freshness(TUESDAY, TUESDAY - timedelta(hours=6), "not-allowed", {"in_part": True}), ""),
        (Freshness(TUESDAY, TUESDAY - timedelta(days=4), "unreachable", {"in_part": True}), "silent"),
    ],
)
def test_the_word(freshness: Freshness, word: str) -> None:
    assert trouble_of(Account(1, "toy", "Toy"), freshness, TUESDAY) == word
