from __future__ import annotations

import pytest

from services.channels.base import Limits
from services.replies.graphemes import count_graphemes
from services.replies.length import check_length, count

FAMILY = "👨‍👩‍👧‍👦"
GERMANY = "🇩🇪"
WAVE = "👋🏽"
ENGLAND = "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 0),
        ("abc", 3),
        ("a\r\nb", 3),
        ("e\u0301", 1),
        (FAMILY, 1),
        (GERMANY, 1),
        (GERMANY * 2, 2),
        ("🇩🇪🇫", 2),
        (WAVE, 1),
        ("1\ufe0f\u20e3", 1),
        ("❤\ufe0f", 1),
        (ENGLAND, 1),
        ("नमस्ते", 3),
        ("क्षि", 1),
        ("สวัสดี", 4),
        ("한국어", 3),
        ("\u1112\u1161\u11ab", 1),
        ("a\u200db", 2),
        ("\u0600a", 1),
        ("©®", 2),
        ("a\u200d👩", 2),
        ("👩\u200dक", 2),
    ],
)
def test_graphemes(text: str, expected: int) -> None:
    assert count_graphemes(text) == expected


def test_our_count_agrees_with_qt_where_qt_follows_the_rule() -> None:
    """Qt cuts Indic and Thai text by rules of its own, and flags after a picture; those are not compared."""
    finder = pytest.importorskip("PySide6.QtCore").QTextBoundaryFinder
    for text in [
        "Grüße aus Köln",
        f"x{FAMILY}y{GERMANY}",
        f"{WAVE} hi\r\n",
        "e\u0301\u0308 한\u11ab",
        "日本語\ufe0f",
    ]:
        qt = finder(finder.BoundaryType.Grapheme, text)
        cuts = 0
        while qt.toNextBoundary() != -1:
            cuts += 1
        assert count_graphemes(text) == cuts


@pytest.mark.parametrize(
    ("units", "expected"), [("characters", 3), ("codepoints", 9), ("utf16", 13), ("bytes", 27)]
)
def test_units(units: str, expected: int) -> None:
    assert count(f"a{FAMILY}é", Limits(units=units)) == expected + (1 if units == "bytes" else 0)


MASTODON = Limits(500, "characters", link_length=23, mention_domain_free=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see https://shop.example/a/very/long/path/indeed?with=query#and-more", 4 + 23),
        ("https://a.b", 23),
        ("(https://shop.example/x).", 1 + 23 + 2),
        ("(https://shop.example/x_(y))", 1 + 23 + 1),
        ("shop.example", 12),
        ("@ana@social.example hi", 4 + 3),
        ("@ana hi", 7),
        ("mail a@b.example", 16),
        ("https://one.example https://two.example", 47),
    ],
)
def test_as_mastodon_counts(text: str, expected: int) -> None:
    assert count(text, MASTODON) == expected


def test_raw_code_points_where_the_server_takes_no_shortcuts() -> None:
    raw = Limits(5000, "codepoints")
    text = f"@ana@social.example https://a.b {FAMILY}"
    assert count(text, raw) == len(text)


X = Limits(280, "weighted", link_length=23)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hello", 5),
        ("Grüße", 5),
        ("日本", 4),
        ("“quoted” – …", 8 + 3 + 2),
        (FAMILY, 2),
        (GERMANY, 2),
        (WAVE, 2),
        ("1\ufe0f\u20e3", 2),
        ("© ™", 4),
        ("https://shop.example/" + "x" * 100, 23),
        ("shop.com", 23),
        ("see rosies.com/menu.", 4 + 23 + 1),
        ("e.g. this", 9),
        ("ana@shop.com", 12),
        ("e\u0301", 1),
    ],
)
def test_as_x_weighs(text: str, expected: int) -> None:
    assert count(text, X) == expected


def test_over_and_left() -> None:
    assert check_length("x" * 501, MASTODON).over == 1
    fits = check_length("x" * 490, MASTODON, prefix="@ana@social.example ")
    assert (fits.count, fits.limit, fits.over, fits.left) == (495, 500, 0, 5)
    assert check_length("x" * 496, MASTODON, prefix="@ana ").over == 1
    assert check_length("x" * 280, X, prefix="@ana ").over == 0
    unlimited = check_length("x", Limits())
    assert (unlimited.limit, unlimited.left, unlimited.over) == (None, None, 0)


def test_the_second_limit_in_bytes() -> None:
    limits = Limits(300, "characters", max_bytes=3000)
    assert check_length(FAMILY * 120, limits).over == 0
    full = check_length(FAMILY * 130, limits)
    assert (full.count, full.limit, full.over) == (3250, 3000, 250)


def test_lone_surrogates_do_not_stop_the_counting() -> None:
    for units in ("characters", "codepoints", "utf16", "bytes", "weighted"):
        assert count("a\ud800", Limits(units=units)) >= 2
