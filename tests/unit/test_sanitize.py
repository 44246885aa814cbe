# ruff: noqa: E501 - markup stands as it is sent
"""Nothing hostile survives, nothing a customer said gets lost, and no document makes it slow."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, strategies as st

from services.sanitize import MAX_TEXT, clamp_time, clean_html, clean_text, html_to_text

NOW = datetime(2026, 11, 24, 7, 4, tzinfo=UTC)

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<p onclick=alert(1)>x</p>",
    '<a href="java\tscript:alert(1)">x</a>',
    '<a href=" javascript:alert(1)">x</a>',
    '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    '<a href="vbscript:x">x</a>',
    "<style>@import url(https://evil.example/x.css)</style>",
    '<p style="background:url(https://evil.example/t.gif)">x</p>',
    "<svg><script>alert(1)</script><a xlink:href='javascript:alert(1)'>x</a></svg>",
    "<math><mi><style><img src=x onerror=alert(1)></style></mi></math>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<form action=https://evil.example><button formaction=javascript:alert(1)>x</button></form>",
    "<template><script>alert(1)</script></template>",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "<<script>script>alert(1)<</script>/script>",
    "<img alt='\"><script>alert(1)</script>' class=emoji>",
    "<base href=https://evil.example/><link rel=stylesheet href=x><meta http-equiv=refresh content=0>",
    "<object data=x.swf><embed src=x></object><video src=x onloadstart=alert(1)>",
]


@pytest.mark.parametrize("html", HOSTILE)
def test_nothing_that_runs_or_loads_survives(html: str) -> None:
    clean = clean_html("before " + html + " after", "https://shop.example/")
    low = clean.lower()
    for word in (
        "<script",
        "<img",
        "<svg",
        "<style",
        "<iframe",
        "<form",
        "<link",
        "<base",
        "<meta",
        "<object",
        "<video",
    ):
        assert word not in low
    assert "javascript:" not in low.replace("&gt;", "")
    assert "style=" not in low
    assert " on" not in "".join(
        part.partition(">")[0] for part in low.split("<")[1:] if not part.startswith("/")
    )
    assert "before" in clean


def test_links_are_absolute_and_safe() -> None:
    html = '<a href="/menu">menu</a> <a href="mailto:a@b.example">mail</a> <a href="ftp://x.example">f</a>'
    clean = clean_html(html, "https://shop.example/blog/")
    assert 'href="https://shop.example/menu"' in clean
    assert 'href="mailto:a@b.example"' in clean
    assert "ftp:" not in clean
    assert clean.count('rel="noopener noreferrer nofollow"') == 3
    assert "href" not in clean_html('<a href="/menu">menu</a>')
    assert "href" not in clean_html('<a href="/menu">menu</a>', "not an address")


def test_what_people_write_stays() -> None:
    html = "<p>The rolls were <b>hard</b> &amp; cold.</p><ul><li>one</li><li>two</li></ul><blockquote>q</blockquote>"
    assert clean_html(html) == html
    assert clean_html("I <3 you & your rolls") == "I &lt;3 you &amp; your rolls"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>one<br>two</p><p>three</p>", "one\ntwo\n\nthree"),
        ("<ul><li>a</li><li>b</li></ul>", "- a\n- b"),
        ("I <3 you &amp; me", "I <3 you & me"),
        ("no tags &amp; &eacute;", "no tags & é"),
        ("a\n b<b> c</b>", "a b c"),
        ("<div>a</div><div>b</div>", "a\n\nb"),
        ("<p>x</p><script>alert(1)</script>", "x"),
        ("&lt;script&gt;", "<script>"),
        ('<img class="wp-smiley" alt="😀"> hi', "😀 hi"),
        ('<img src=x alt="a photo"> hi', "hi"),
        (
            '<p><span class="h-card"><a href="https://b.example/@shop" class="mention">@<span>shop</span></a></span> hi</p>',
            "@shop hi",
        ),
        (
            (
                '<a href="https://x.example/long/path?a=1&amp;b=2"><span class="invisible">https://</span>'
                '<span class="ellipsis">x.example/long</span><span class="invisible">/path</span></a>'
            ),
            "https://x.example/long/path?a=1&b=2",
        ),
        ('see <a href="https://x.example/">our page</a>', "see our page"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a\tb"),
        ("", ""),
    ],
)
def test_html_as_plain_text(html: str, text: str) -> None:
    assert html_to_text(html) == text


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("a\x00b\x07c", "abc"),
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("pay\u202elive.exe", "paylive.exe"),
        ("\u2066ab", "ab"),
        ("\u2067שלום\u2069", "\u2067שלום\u2069"),
        ("half \ud83d", "half \ufffd"),
        ("\ufeffx", "x"),
        ("a  \n\n\n\n b", "a\n\n b"),
        ("👩‍👩‍👧 é क्षि", "👩‍👩‍👧 é क्षि"),
        ("z" + "\u0301" * 50, "z" + "\u0301" * 6),
        ("tab\tstays", "tab\tstays"),
    ],
)
def test_plain_text_without_what_is_not_text(raw: str, clean: str) -> None:
    assert clean_text(raw) == clean


def test_text_has_an_end() -> None:
    assert len(clean_text("a" * 1_000_000)) == MAX_TEXT


@given(st.text(max_size=300))
def test_any_text_is_stable_and_storable(text: str) -> None:
    once = clean_text(text)
    assert clean_text(once) == once
    assert "\x00" not in once
    once.encode("utf-8")


@given(st.text(alphabet="<>/=\"' abipscrt&;#x1\n\x00", max_size=200))
def test_cleaning_twice_changes_nothing(html: str) -> None:
    once = clean_html(html)
    assert clean_html(once) == once
    html_to_text(html).encode("utf-8")


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 200_000,
        "<ul><li>" * 120_000,
        "<b><p>" * 100_000,
        '<a "' * 250_000,
        "<" * 1_000_000,
        "<!--" * 200_000,
        "".join(f"<font size={n}><p>" for n in range(60_000)),
        " " * 1_000_000 + "x",
        "\n " * 500_000,
        "\u2066" * 300_000,
        "x" + "\u0301" * 500_000,
    ],
    ids=range(11),
)
def test_a_megabyte_of_nonsense_takes_moments(html: str) -> None:
    """Two quadratic steps over any of these would take minutes."""
    start = time.process_time()
    clean_html(html)
    html_to_text(html)
    clean_text(html)
    assert time.process_time() - start < 10


def test_times_that_can_be_true_stay() -> None:
    seen = NOW - timedelta(hours=1)
    noon = datetime(2026, 11, 20, 12, tzinfo=UTC)
    assert clamp_time(noon, NOW, seen) == noon
    assert clamp_time(noon.replace(tzinfo=None), NOW, seen) == noon
    assert clamp_time(noon.astimezone(timezone(timedelta(hours=5))), NOW, seen).tzinfo is UTC
    assert clamp_time(NOW + timedelta(hours=23), NOW, seen) == NOW + timedelta(hours=23)


@pytest.mark.parametrize(
    "moment",
    [
        None,
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(2099, 1, 1, tzinfo=UTC),
        datetime.max.replace(tzinfo=timezone(timedelta(hours=-5))),
        datetime.min.replace(tzinfo=timezone(timedelta(hours=5))),
        NOW + timedelta(days=1, seconds=1),
    ],
)
def test_times_that_cannot_be_true_give_way(moment: datetime | None) -> None:
    assert clamp_time(moment, NOW, NOW - timedelta(hours=1)) == NOW - timedelta(hours=1)
