"""Wrapped and marked links: what is behind them, and which of them are one page."""

from __future__ import annotations

import base64
from urllib.parse import quote

import pytest
from hypothesis import given, strategies as st

from services.channels._page_links import page_key, shown, unwrapped
from tests.channels.mentions.conftest import Desk

PAGE = "https://paper.example/2026/hard-rolls?page=2"
Q = quote(PAGE, safe="")
IN_NEWS = base64.urlsafe_b64encode(b'\x08\x13"\x2c' + PAGE.encode() + b"\xd2\x01\x00").decode().rstrip("=")
IN_BING = "a1" + base64.urlsafe_b64encode(PAGE.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "link",
    [
        f"https://www.google.com/url?rct=j&sa=t&url={Q}&ct=ga&cd=CAEY&usg=AOv",
        f"https://www.google.co.uk/url?q={Q}&sa=D",
        f"http://www.bing.com/news/apiclick.aspx?ref=FexRss&aid=&tid=6&url={Q}&c=1&mkt=en-us",
        f"https://www.bing.com/ck/a?!&&p=1&u={IN_BING}&ntb=1",
        f"https://news.google.com/rss/articles/{IN_NEWS}?oc=5",
        f"https://l.facebook.com/l.php?u={Q}&h=AT0",
        f"https://l.instagram.com/?u={Q}&e=1",
        f"https://duckduckgo.com/l/?uddg={Q}&rut=1",
        f"https://out.reddit.com/t3_1?url={Q}&token=x",
        f"https://www.youtube.com/redirect?event=d&q={Q}",
        f"https://r.search.yahoo.com/_ylt=A/RV=2/RE=1/RO=10/RU={Q}/RK=2/RS=x-",
        "https://www.google.com/amp/s/paper.example/2026/hard-rolls?page=2",
        "https://paper-example.cdn.ampproject.org/c/s/paper.example/2026/hard-rolls?page=2",
        f"https://www.google.com/url?url={quote(f'https://l.facebook.com/l.php?u={Q}', safe='')}",
    ],
)
def test_the_page_behind_a_wrapper(link: str) -> None:
    assert unwrapped(link) == PAGE


@pytest.mark.parametrize(
    "link",
    [
        "https://shop.example/url?url=https://x.example/",
        "https://www.google.com/url?url=javascript:alert(1)",
        "https://www.google.com/search?q=https://x.example/",
        "https://news.google.com/rss/articles/CBMiAU_yqLNotReadable?oc=5",
        "https://www.bing.com/ck/a?u=a1!!!",
        "https://www.google.com/url?url=http://[broken",
        "mailto:desk@shop.example",
        "",
    ],
)
def test_what_holds_no_page_stays(link: str) -> None:
    assert unwrapped(link) == link


@pytest.mark.parametrize(
    ("link", "clean"),
    [
        (PAGE + "&utm_source=x&utm_medium=rss", PAGE),
        ("https://a.example/p?fbclid=1&id=7&gclid=2", "https://a.example/p?id=7"),
        ("https://a.example/p?mc_cid=1&mc_eid=2", "https://a.example/p"),
        ("https://a.example/p?id=7&amp;utm_source=x", "https://a.example/p?id=7"),
        ("https://a.example/p?ref=rss", "https://a.example/p"),
        ("https://a.example/p?ref=twitter.com", "https://a.example/p"),
        ("https://a.example/p?ref=4711", "https://a.example/p?ref=4711"),
        ("https://a.example/p?source=blue-roll", "https://a.example/p?source=blue-roll"),
        ("https://a.example/p#utm_source=x", "https://a.example/p"),
        ("https://a.example/p#:~:text=hard", "https://a.example/p"),
        ("https://a.example/p#comment-5", "https://a.example/p#comment-5"),
        ("https://a.example/p?q=a+b%20c&empty=", "https://a.example/p?q=a+b%20c&empty="),
    ],
)
def test_tracking_goes_and_the_rest_stays_to_the_letter(link: str, clean: str) -> None:
    assert shown(link) == clean


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (PAGE, "http://www.paper.example/2026/hard-rolls/?page=2#top"),
        (PAGE, "https://m.paper.example/2026/hard-rolls?utm_source=x&page=2"),
        (PAGE, f"https://www.google.com/url?url={Q}"),
        ("https://a.example", "http://A.example:80/"),
        ("https://a.example/p?a=1&b=2", "https://a.example/p?b=2&a=1"),
        ("https://a.example/br%C3%B6tchen", "https://a.example/brötchen"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://paper.example/2026/hard-rolls/amp", "https://paper.example/2026/hard-rolls"),
        ("https://youtu.be/abc?si=1", "https://www.youtube.com/watch?v=abc&si=1"),
        ("https://twitter.com/marta/status/1", "https://x.com/marta/status/1"),
    ],
)
def test_one_page(one: str, other: str) -> None:
    assert page_key(one) == page_key(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.example/p?id=1", "https://a.example/p?id=2"),
        ("https://a.example/guitars/amp", "https://a.example/guitars"),
        ("https://a.example/p", "https://a.example/P"),
        ("https://a.example:8080/", "https://a.example/"),
        ("https://a.example/#!/one", "https://a.example/#!/two"),
        ("https://www.example/", "https://m.example/"),
        ("https://news.a.example/", "https://a.example/"),
    ],
)
def test_two_pages(one: str, other: str) -> None:
    assert page_key(one) != page_key(other)


def test_a_very_long_address_has_a_short_key() -> None:
    one, other = (page_key("https://a.example/" + "x" * 5000 + end) for end in "ab")
    assert one != other
    assert len(one) < 200


NAMES = st.sampled_from(["id", "page", "q", "ref", "utm_source", "fbclid", "amp", "v", "source"])
VALUES = st.text("ab1 %é&=?#/.+", max_size=6).map(lambda text: quote(text))
ADDRESSES = st.builds(
    lambda scheme, host, path, query, fragment: (
        f"{scheme}://{host}/{path}"
        + (("?" + "&".join(f"{n}={v}" for n, v in query)) if query else "")
        + (f"#{fragment}" if fragment else "")
    ),
    st.sampled_from(["http", "https"]),
    st.sampled_from(["a.example", "www.a.example", "m.www.b.example", "A.example:8080", "google.com"]),
    st.text("ab-%/é1", max_size=12),
    st.lists(st.tuples(NAMES, VALUES), max_size=4),
    st.text("ab!1", max_size=4),
)


def wrap(link: str) -> str:
    return f"https://www.google.com/url?sa=t&url={quote(link, safe='')}"


@given(st.one_of(ADDRESSES, ADDRESSES.map(wrap), ADDRESSES.map(wrap).map(wrap), st.text(max_size=40)))
def test_doing_it_twice_changes_nothing(link: str) -> None:
    assert shown(shown(link)) == shown(link)
    key = page_key(link)
    assert page_key(shown(link)) == key
    if key:
        assert page_key(f"https://{key}") == key


@given(ADDRESSES)
def test_a_wrapped_link_is_its_page(link: str) -> None:
    assert shown(wrap(link)) == shown(link)
    assert page_key(wrap(link)) == page_key(link)


@given(st.lists(st.tuples(st.sampled_from(["id", "page", "q", "v"]), VALUES), max_size=4))
def test_parameters_that_choose_the_page_stay(pairs: list[tuple[str, str]]) -> None:
    query = "&".join(f"{name}={value}" for name, value in pairs)
    link = "https://a.example/p" + (f"?{query}" if query else "")
    assert shown(link) == link
    assert shown(link + ("&" if query else "?") + "utm_source=x") == link


def test_an_identity_is_no_address(desk: Desk) -> None:
    """What a torn document puts where the link should be is never opened."""
    body = (
        '<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><id>tag:a.example,2005:1</id>'
        "<title>Torn</title><entry><id>tag:a.example,2005:2</id><title>Rolls</title>"
        "<published>2026-11-24T08:00:00Z</published><content type='html'>Hard as"
    )
    desk.standin.faults["/torn"] = (200, {"Content-Type": "application/atom+xml"}, body.encode())
    desk.add(url=desk.standin.url + "/torn")
    (found,) = desk.look()
    assert (found.url, found.reply_context["url"]) == ("", "")
