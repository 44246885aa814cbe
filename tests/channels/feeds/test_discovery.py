# ruff: noqa: E501 - markup stands as it is sent
"""From what an owner pastes to the feeds behind it, and lists from other readers."""

from __future__ import annotations

import pytest

from services.channels._feed_discovery import addresses, is_consent_page, links_in_page
from services.channels._opml import read_opml, write_opml
from services.channels.feeds import Feeds
from services.errors import BadAnswer, ChannelError, Invalid, RateLimited, Unreachable
from tests.channels.feeds.conftest import Desk, Post
from tests.fakes import TUESDAY
from tests.hostile import server as bad

POST = [Post("a", sent=TUESDAY)]


def found(desk: Desk, address: str) -> list[tuple[str, str, bool]]:
    """(path, hint, is the best) of each suggestion."""
    suggestions = Feeds.suggest(address, desk.tools)
    assert all(one.kind == "feeds" and one.title for one in suggestions)
    return [
        (str(one.settings["url"]).removeprefix(desk.server.url), one.hint, one.is_default)
        for one in suggestions
    ]


@pytest.mark.parametrize(
    ("typed", "tries"),
    [
        ("https://shop.example/feed", ["https://shop.example/feed"]),
        ("  shop.example/blog ", ["https://shop.example/blog", "http://shop.example/blog"]),
        ("feed://shop.example/rss", ["https://shop.example/rss", "http://shop.example/rss"]),
        ("feed:https://shop.example/rss", ["https://shop.example/rss"]),
        ("127.0.0.1:8080/feed", ["http://127.0.0.1:8080/feed"]),
        ("@rosies@bread.example", []),
        ("rosie@bread.example", []),
        ("javascript:alert(1)", []),
        ("file:///etc/hostname", []),
        ("just words", []),
        ("word", []),
        ("", []),
    ],
)
def test_what_is_tried_for_an_address(typed: str, tries: list[str]) -> None:
    assert addresses(typed) == tries


def test_a_feed_is_itself(desk: Desk) -> None:
    desk.feed(POST)
    assert found(desk, desk.server.url + "/feed") == [("/feed", "posts", True)]
    assert found(desk, desk.server.host + "/feed") == [("/feed", "posts", True)]


def test_a_detour_is_not_taken_for_the_address(desk: Desk) -> None:
    desk.feed(POST)
    desk.server.on("/detour", bad.redirect("/feed", 302))
    desk.server.on("/moved", bad.redirect("/feed", 301))
    assert found(desk, desk.server.url + "/detour") == [("/detour", "posts", True)]
    assert found(desk, desk.server.url + "/moved") == [("/feed", "posts", True)]


def test_a_page_names_its_feeds(desk: Desk) -> None:
    page = """<!doctype html><html><head><base href="/blog/"><title>Blog</title>
      <!-- <link rel="alternate" type="application/rss+xml" href="/old"> -->
      <LINK REL='alternate' TYPE='application/rss+xml' TITLE='Blog &raquo; Comments' HREF='comments/feed/'>
      <link href=feed/ rel=alternate type=application/rss+xml title="Blog">
      <link rel="alternate" type="application/feed+json" href="feed.json">
      <link rel="alternate" hreflang="de" href="/de"><link rel="stylesheet" href="x.css">
      <link rel="alternate" type="application/atom+xml" href="javascript:alert(1)"></head></html>"""
    desk.server.on("/", bad.answer(page.encode()))
    assert found(desk, desk.server.url + "/") == [
        ("/blog/feed/", "posts", True),
        ("/blog/feed.json", "posts", False),
        ("/blog/comments/feed/", "comments", False),
    ]


def test_a_feed_without_a_name_is_called_as_its_page(desk: Desk) -> None:
    page = b"<html><title>Town \n talk</title><link rel=alternate type=application/rss+xml title='RSS 2.0' href=/f></html>"
    desk.server.on("/", bad.answer(page))
    (one,) = Feeds.suggest(desk.server.url + "/", desk.tools)
    assert one.title == "Town talk"


def test_a_header_names_a_feed(desk: Desk) -> None:
    link = '</n.atom>; rel="alternate"; type="application/atom+xml"; title="News"'
    desk.server.on("/", bad.answer(b"<html></html>", {"Link": link}))
    assert found(desk, desk.server.url + "/") == [("/n.atom", "posts", True)]


def test_an_ordinary_link_to_a_feed_is_followed(desk: Desk) -> None:
    page = b'<html><a href="/about">About</a> <a href="/news.rss">RSS</a> <a href="/broken.rss">x</a></html>'
    desk.server.on("/", bad.answer(page))
    desk.feed(POST, path="/news.rss")
    assert found(desk, desk.server.url + "/") == [("/news.rss", "posts", True)]


@pytest.mark.parametrize(
    "usual", ["/feed/", "/atom.xml", "/index.xml", "/rss", "/feed.json", "/feeds/posts/default"]
)
def test_the_usual_places_are_tried(desk: Desk, usual: str) -> None:
    desk.server.on("/blog", bad.answer(b"<html>no word of a feed</html>"))
    body = b'{"version": "https://jsonfeed.org/version/1", "title": "T", "items": []}'
    desk.server.on(usual, bad.answer(body)) if usual.endswith("json") else desk.feed(POST, path=usual)
    assert found(desk, desk.server.url + "/blog") == [(usual, "posts", True)]
    assert len(desk.server.requests) < 30


def test_comments_of_a_blog_of_a_usual_kind_are_tried(desk: Desk) -> None:
    page = b'<html><link rel="alternate" type="application/rss+xml" href="/feed/"><img src="/wp-content/x.png"></html>'
    desk.server.on("/", bad.answer(page))
    desk.feed(POST, path="/comments/feed/", title="Comments for Blog")
    assert found(desk, desk.server.url + "/") == [
        ("/feed/", "posts", True),
        ("/comments/feed/", "comments", False),
    ]


def test_a_film_channel_has_a_feed() -> None:
    channel = "UC" + "x" * 22
    page = f'<html><meta itemprop="channelId" content="{channel}"><title>Rosie bakes</title></html>'
    (one,) = links_in_page(page, "https://www.youtube.com/@rosie")
    assert (one.url, one.title) == (
        f"https://www.youtube.com/feeds/videos.xml?channel_id={channel}",
        "Rosie bakes",
    )


def test_the_address_of_a_film_channel_needs_no_look(desk: Desk) -> None:
    channel = "UC" + "x" * 22
    (one,) = Feeds.suggest(f"youtube.com/channel/{channel}/videos", desk.tools)
    assert one.settings["url"] == f"https://www.youtube.com/feeds/videos.xml?channel_id={channel}"


@pytest.mark.parametrize(
    ("page", "query"),
    [
        ("https://m.youtube.com/user/RosiesBakery", "user=RosiesBakery"),
        ("www.youtube.com/playlist?list=PL0123456789ab&si=x", "playlist_id=PL0123456789ab"),
    ],
)
def test_older_names_and_playlists_have_a_feed_too(desk: Desk, page: str, query: str) -> None:
    (one,) = Feeds.suggest(page, desk.tools)
    assert one.settings["url"] == f"https://www.youtube.com/feeds/videos.xml?{query}"


def test_a_page_that_asks_for_consent_is_told_from_others() -> None:
    assert is_consent_page("https://consent.youtube.com/m?continue=https%3A%2F%2Fwww.youtube.com%2F%40rosies")
    assert not is_consent_page("https://www.youtube.com/@consent")
    assert not is_consent_page("https://consent.rosies.example/")


def test_a_list_gives_its_sources(desk: Desk) -> None:
    desk.server.on("/subs", bad.answer(write_opml([("A", {"url": "https://a.example/f"})]).encode()))
    (one,) = Feeds.suggest(desk.server.url + "/subs", desk.tools)
    assert (one.title, one.settings["url"]) == ("A", "https://a.example/f")


def test_nothing_there(desk: Desk) -> None:
    desk.server.on("/", bad.answer(b"<html>nothing</html>"))
    assert found(desk, desk.server.url + "/") == []
    assert Feeds.suggest("not an address", desk.tools) == ()
    assert Feeds.suggest("@rosies@bread.example", desk.tools) == ()


def test_a_page_of_nonsense_takes_moments(desk: Desk) -> None:
    page = "<!doctype html>" + "<!--" * 100_000 + "<link rel=alternate " * 50_000 + '<a href="' * 50_000
    assert list(links_in_page(page, "https://x.example/")) == []
    desk.server.on("/", bad.answer(page.encode()))
    assert found(desk, desk.server.url + "/") == []


# --- adding


def test_a_page_is_taken_for_its_best_feed(desk: Desk) -> None:
    page = b"""<html><link rel=alternate type=application/rss+xml href=/c title=Comments>
      <link rel=alternate type=application/rss+xml href=/f></html>"""
    desk.server.on("/", bad.answer(page))
    desk.feed(POST, path="/f", title="Town talk")
    desk.feed(POST, path="/c", title="Comments for Town talk")
    identity = desk.follow("/").identify()
    assert desk.settings["url"] == desk.server.url + "/f"
    assert (identity.remote_id, identity.name, identity.handle) == (
        desk.server.url + "/f",
        "Town talk",
        "127.0.0.1",
    )
    assert desk.look()[0].remote_id == "a"


def test_the_owners_own_blog_brings_the_feed_of_all_comments(desk: Desk) -> None:
    page = b"""<html><link rel=alternate type=application/rss+xml href=/f>
      <link rel=alternate type=application/rss+xml href=/comments/feed/></html>"""
    desk.server.on("/", bad.answer(page))
    desk.feed(POST, path="/f", site=desk.server.url + "/")
    for start in ("/", "/f"):
        desk.follow(start, role="own").identify()
        assert desk.settings["comments_url"] == desk.server.url + "/comments/feed/"


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"url": "no address"}, "url"),
        ({"url": ""}, "url"),
        ({"url": "https://rosie:secret@shop.example/feed"}, "url"),
        ({"url": "https://shop.example/", "role": "king"}, "role"),
    ],
)
def test_what_cannot_be_added(desk: Desk, settings: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        Feeds(settings, {}, desk.tools).identify()
    assert caught.value.detail["field"] == field
    assert "secret" not in str(caught.value.detail).replace("secret-", "")


def test_a_page_without_a_feed_cannot_be_added(desk: Desk) -> None:
    desk.server.on("/", bad.answer(b"<html>nothing</html>"))
    with pytest.raises(Invalid) as caught:
        desk.follow("/").identify()
    assert caught.value.reason == "not-a-feed"


def test_what_the_network_says_while_adding_is_said(desk: Desk) -> None:
    desk.server.on("/a", bad.answer(b"", status=404))
    desk.server.on("/b", bad.answer(b"", status=429))
    desk.server.on("/c", bad.reset_now)
    desk.server.on("/d", bad.answer(b"<!DOCTYPE r [<!ENTITY x SYSTEM 'file:///x'>]><rss/>"))
    for path, kind in (("/a", BadAnswer), ("/b", RateLimited), ("/c", Unreachable), ("/d", BadAnswer)):
        with pytest.raises(kind):
            desk.follow(path).identify()


# --- lists of other readers


def test_folders_spellings_and_doubles() -> None:
    data = b"""<?xml version="1.0"?><opml version="2.0"><body>
      <outline text="Folder"><outline text="A" xmlUrl="https://a.example/f"/><outline text="deeper">
        <outline title="B &amp; Sons" text="x" XMLURL="feed://b.example/f" type="rss"/></outline></outline>
      <outline text="A again" xmlurl="https://a.example/f"/><outline type="link" url="https://page.example/"/>
      <outline type="rss" url="https://c.example/f"/><outline text="bad" xmlUrl="javascript:alert(1)"/>
    </body></opml>"""
    listed = [(one.title, one.settings["url"]) for one in read_opml(data)]
    assert listed == [
        ("A", "https://a.example/f"),
        ("B & Sons", "http://b.example/f"),
        ("https://c.example/f", "https://c.example/f"),
    ]


@pytest.mark.parametrize(
    "data",
    [
        b'<opml><body><outline text="Tom & Jerry" xmlUrl="https://a.example/f?x=1&y=2"/><outline text="cut',
        '<opml><body><outline text="Bäcker" xmlUrl="https://a.example/f?x=1&amp;y=2"/>'.encode("cp1252"),
        b'\xef\xbb\xbf\n<opml><body><outline xmlUrl="https://a.example/f?x=1&amp;y=2"></outline></body></opml>',
    ],
)
def test_broken_lists_give_what_can_be_read(data: bytes) -> None:
    assert [one.settings["url"] for one in read_opml(data)] == ["https://a.example/f?x=1&y=2"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not-opml"),
        (b"<html></html>", "not-opml"),
        (b"words", "not-opml"),
        (
            b'<!DOCTYPE o [<!ENTITY a "b">]><opml><body><outline text="&a;"/></body></opml>',
            "forbidden-entities",
        ),
        (b'<!DOCTYPE o [<!ENTITY a SYSTEM "file:///x">]><opml><body>&a;</body></opml>', "forbidden-entities"),
        (b" " * 20_000_001, "too-large"),
    ],
)
def test_what_is_no_list(data: bytes, reason: str) -> None:
    with pytest.raises(Invalid) as caught:
        read_opml(data)
    assert caught.value.reason == reason


def test_a_written_list_is_read_back() -> None:
    sources = [
        ('Tom & "Jerry" <x>\x00', {"url": "https://a.example/f?x=1&y=2"}),
        ("no address", {"server": "x"}),
    ]
    (back,) = read_opml(write_opml(sources).encode())
    assert (back.title, back.settings) == ('Tom & "Jerry" <x>', {"url": "https://a.example/f?x=1&y=2"})


def test_a_page_may_name_a_feed_that_does_not_answer_just_now(desk: Desk) -> None:
    page = b'<html><link rel="alternate" type="application/rss+xml" title="Talk" href="/feed"></html>'
    desk.server.on("/", bad.answer(page))
    desk.server.on("/feed", bad.answer(b"", status=500))
    identity = desk.follow("/").identify()
    assert (identity.remote_id, identity.name) == (desk.server.url + "/feed", "Talk")
    desk.server.on("/feed", bad.answer(b"", status=404))
    with pytest.raises(Invalid):
        desk.follow("/").identify()


def test_the_owners_blog_is_added_while_its_front_page_is_away(desk: Desk) -> None:
    desk.feed(POST, site="http://127.0.0.1:9/")
    assert desk.follow(role="own").identify().settings["comments_url"] == ""


@pytest.mark.parametrize(("status", "reason"), [(401, "needs-token"), (403, "members")])
def test_a_closed_feed_asks_for_no_sign_in(desk: Desk, status: int, reason: str) -> None:
    desk.server.on("/feed", bad.answer(b"", status=status))
    with pytest.raises(ChannelError) as caught:
        desk.follow().identify()
    assert caught.value.reason == reason
