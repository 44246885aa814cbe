"""Counting and rendering."""

from __future__ import annotations

import pytest

from services.sample.ids import IdMaker, sort_key
from services.sample.text import Mentioned, counted_length, graphemes, hashtags, render
from tests.fakes import FakeClock


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", 0),
        ("Brötchen", 8),
        ("Bro\u0308tchen", 8),
        ("👨‍👩‍👧‍👦", 1),
        ("🇵🇹🇩🇪", 2),
        ("👍🏽", 1),
        ("1️⃣", 1),
        ("a\r\nb", 3),
        ("नमस्ते", 3),
        ("한국어", 3),
        ("\u1112\u1161\u11ab", 1),
        ("خبز", 3),
        ("🏴󠁧󠁢󠁳󠁣󠁴󠁿", 1),
        ("❤️‍🔥", 1),
    ],
)
def test_characters_as_a_reader_sees_them(text: str, length: int) -> None:
    assert graphemes(text) == length


def test_links_and_domains() -> None:
    assert counted_length("", "see https://rosies.example/a/very/long/path?x=1 now", 23) == 4 + 23 + 4
    assert counted_length("", "@marta@fika.example hi", 23) == 9
    assert counted_length("cw", "@marta@fika.example 👍🏽", None) == 2 + 20 + 2


def nobody(name: str, domain: str) -> Mentioned | None:
    return Mentioned("7", name, f"https://{domain or 'here.example'}/@{name}") if name == "marta" else None


def test_html_as_the_server_makes_it() -> None:
    text = "@marta@fika.example <b>look</b>\n#Rye\n\nhttps://www.rosies.example/a/very/long/path/indeed"
    html = render(text, "http://x", nobody)
    assert html == (
        '<p><span class="h-card" translate="no"><a href="https://fika.example/@marta" class="u-url mention">'
        "@<span>marta</span></a></span> &lt;b&gt;look&lt;/b&gt;<br />"
        '<a href="http://x/tags/rye" class="mention hashtag" rel="tag">#<span>Rye</span></a></p>'
        '<p><a href="https://www.rosies.example/a/very/long/path/indeed" target="_blank" '
        'rel="nofollow noopener" translate="no"><span class="invisible">https://www.</span>'
        '<span class="ellipsis">rosies.example/a/very/long/pat</span>'
        '<span class="invisible">h/indeed</span></a></p>'
    )


def test_unknown_people_and_addresses_stay_text() -> None:
    assert (
        render("@nobody wrote to me@marta.example", "http://x", nobody)
        == "<p>@nobody wrote to me@marta.example</p>"
    )
    assert hashtags("#Rye and #rye, see https://x.example/#no") == ["rye"]


@pytest.mark.parametrize(("style", "length"), [("snowflake", 18), ("ulid", 26), ("flake", 18)])
def test_ids_grow_even_within_one_millisecond(clock: FakeClock, style: str, length: int) -> None:
    ids = IdMaker(style, 1)  # type: ignore[arg-type]
    made = [ids.for_time(clock.now()) for _ in range(500)]
    clock.advance(milliseconds=1)
    made.append(ids.for_time(clock.now()))
    assert made == sorted(set(made), key=sort_key)
    assert {len(i) for i in made} == {length}
    notes = [ids.notification(clock.now()) for _ in range(50)]
    assert notes == sorted(set(notes), key=sort_key)
