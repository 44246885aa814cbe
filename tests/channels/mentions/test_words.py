"""Which words are watched, and in which texts they stand."""

from __future__ import annotations

import pytest

from services.channels._mentions_words import Matcher, is_own, read_words, sites_of
from services.errors import Invalid


def test_words_are_read_once_each_in_order() -> None:
    typed = " Rosie's  Bakery, \"sourdough club\";rosies.example\nROSIE'S bakery,,"
    assert read_words(typed) == ("Rosie's Bakery", "sourdough club", "rosies.example")
    assert read_words(" , ") == ()


def test_too_much_is_refused() -> None:
    with pytest.raises(Invalid, match="too-many-words"):
        read_words(",".join(f"word{n}" for n in range(11)))
    with pytest.raises(Invalid, match="too-long"):
        read_words("x" * 101)


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("Rosie's Bakery", "I went to ROSIE’S BAKERY today"),
        ("Rosie's Bakery", "rosies bakery is closed"),
        ("Rosie's Bakery", "Rosie Bakery, that one"),
        ("Rosies Bakery", "At Rosie's bakery's counter"),
        ("Café Müller", "das CAFE MULLER"),
        ("Smørrebrød", "the smorrebrod place"),
        ("Straße", "in der STRASSE"),
        ("rosies.example", "see https://www.rosies.example/menu?x=1"),
        ("sourdough club", "the sourdough-club meets"),
        ("O'Brien's", "obrien is fine"),
        ("ローズ", "昨日ローズベーカリーに行った"),
        ("مخبز روزي", "زرت مَخْبَز روزي أمس"),
        ("🥐🥐", "best place ever 🥐🥐🥐"),
    ],
)
def test_found(word: str, text: str) -> None:
    assert Matcher([word]).finds(text)


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("Rosie's Bakery", "the primrosies bakery"),
        ("Rosie's Bakery", "Rosie bakes; the bakery is hers"),
        ("Rosie's Bakery", "a bakery of rosies"),
        ("Rosie's Bakery", ""),
        ("bun", "a bundle"),
        ("rosies.example", "prosies.example"),
        ("ローズ", "昨日パン屋に行った"),
    ],
)
def test_not_found(word: str, text: str) -> None:
    assert not Matcher([word]).finds(text)


def test_the_shops_own_site() -> None:
    sites = sites_of(["Rosie's Bakery", "rosies.example", "market.example/rosies"])
    assert sites == ("rosies.example", "market.example/rosies")
    for own in (
        "https://www.rosies.example/",
        "http://blog.rosies.example/x",
        "https://rosies.example?p=1",
        "https://market.example/rosies/rolls",
    ):
        assert is_own(own, sites), own
    for other in ("https://market.example/", "https://prosies.example/", "https://x.example/rosies.example"):
        assert not is_own(other, sites), other
