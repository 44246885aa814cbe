"""Patterns that are compiled when they are first used are like those that were compiled at once."""

from __future__ import annotations

import re

import pytest

from services.patterns import later


def test_it_does_what_a_compiled_one_does() -> None:
    word = later(r"(?P<first>\w)\w*", re.IGNORECASE)
    ours, plain = word, re.compile(r"(?P<first>\w)\w*", re.IGNORECASE)
    for text in ("", "two words", " 3 "):
        assert ours.findall(text) == plain.findall(text)
        assert [one["first"] for one in ours.finditer(text)] == [one["first"] for one in plain.finditer(text)]
    assert ours.sub(lambda found: found[0].upper(), "two words") == "TWO WORDS"
    assert (ours.pattern, ours.flags, ours.groupindex) == (plain.pattern, plain.flags, plain.groupindex)
    match = ours.match("two")
    assert match is not None
    assert match.re == plain


def test_nothing_is_compiled_before_that() -> None:
    broken = later("(")
    with pytest.raises(re.error):
        broken.search("x")
    with pytest.raises(AttributeError):
        later("a").no_such_method  # type: ignore[attr-defined]  # noqa: B018
