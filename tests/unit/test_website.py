"""Paste my website: what a shop's own page names, and what of it could be added."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from services import cli
from services.app import Shopbell
from services.channels import Registry, discover
from services.channels._networks_later import later
from services.channels.base import Effort, Suggestion, Tools, WebPage
from services.credentials import Credentials
from services.errors import BadAnswer, Invalid, Unreachable
from services.website import Proposal, Proposals, Website
from tests.fakes import FakeClock
from tests.hostile import server as bad
from tests.hostile.server import HostileServer
from tests.toy import ToyNetwork, toy_channel

FEED = (
    b'<?xml version="1.0"?><rss version="2.0"><channel><title>Talk</title><link>http://x.example/</link>'
    b"</channel></rss>"
)


@pytest.fixture
def server() -> Iterator[HostileServer]:
    with HostileServer() as made:
        yield made


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Shopbell]:
    opened = Shopbell.open(tmp_path / "profile", credentials=Credentials("test", session_only=True))
    yield opened
    opened.close()


def page(server: HostileServer, body: str, path: str = "/", head: str = "", **headers: str) -> str:
    html = f"<!doctype html><html><head><title>Rosie's Bakery</title>{head}</head><body>{body}</body></html>"
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return server.on(path, bad.answer(html.encode(), told))


def places(found: Proposals) -> dict[tuple[str, str], Proposal]:
    return {(one.network, one.title): one for one in found.places}


def named(found: Proposals, kind: str) -> list[Suggestion]:
    return [one for one in found.suggestions if one.kind == kind]


WHOLE = """
<a rel="me" href="https://bread.example/@rosies">Mastodon</a> <a href="https://mastodon.social/@rosie">us</a>
<a href="mailto:hello@rosies.example?subject=Hi">write</a>
<a href="https://www.facebook.com/RosiesBakery">f</a> <a href="https://facebook.com/rosiesbakery/">f</a>
<a href="https://www.instagram.com/rosies.bakery/"><img alt="" src="/i.png"></a>
<a href="https://twitter.com/rosies">X</a> <a href="https://wa.me/41791234567">WhatsApp</a>
<a href="https://www.facebook.com/sharer/sharer.php?u=x">share</a>
<a href="https://twitter.com/intent/tweet?text=x">tweet</a> <a href="https://www.youtube.com/watch?v=1">film</a>
"""
LINKS = (
    '<link rel="alternate" type="application/rss+xml" title="News" href="/feed/">'
    '<link rel="alternate" type="application/rss+xml" title="Comments" href="/comments/feed/">'
)


def test_everything_a_page_names(app: Shopbell, server: HostileServer) -> None:
    found = app.website.behind(page(server, WHOLE, head=LINKS))
    assert found.title == "Rosie's Bakery"
    assert [one.settings["url"] for one in named(found, "feeds")] == [
        server.url + "/feed/",
        server.url + "/comments/feed/",
    ]
    assert [one.title for one in named(found, "mastodon")] == [
        "@rosies@bread.example",
        "@rosie@mastodon.social",
    ]
    assert [one.settings for one in named(found, "email")] == [{"address": "hello@rosies.example"}]
    (mention,) = named(found, "mentions")
    assert str(mention.settings["words"]).startswith("Rosie's Bakery")
    waiting = {(one.network, one.title): one.effort for one in found.waiting}
    assert waiting == {
        ("Facebook", "RosiesBakery"): Effort.DAYS,
        ("Instagram", "rosies.bakery"): Effort.DAYS,
        ("X", "rosies"): Effort.MONEY,
        ("WhatsApp", "41791234567"): Effort.MONEY,
    }
    efforts = [list(Effort).index(one.effort) for one in found.places if one.suggestion]
    assert efforts == sorted(efforts), "the quick ones first"


def test_the_page_is_read_once(app: Shopbell, server: HostileServer) -> None:
    page(server, WHOLE, head=LINKS)
    app.website.behind(server.url + "/")
    paths = [one.target for one in server.requests if one.target == "/"]
    assert len(paths) <= 1 + sum(
        1 for one in app.channels.all() if not one.recognise(WebPage(server.url, "Rosie's Bakery"))
    )


def test_a_second_page_is_asked(app: Shopbell, server: HostileServer) -> None:
    page(server, '<a href="/kontakt.html">Kontakt</a>')
    page(server, '<a href="https://www.instagram.com/rosies/">Insta</a>', "/kontakt.html")
    assert ("Instagram", "rosies") in places(app.website.behind(server.url + "/"))
    server.on("/kontakt.html", bad.answer(b"", status=500))
    assert ("Instagram", "rosies") not in places(app.website.behind(server.url + "/"))


def test_structured_data_and_scripts_are_read_as_links(app: Shopbell, server: HostileServer) -> None:
    data = {
        "@graph": [
            {"@type": "Bakery", "sameAs": ["https://www.tiktok.com/@rosies", 5], "email": "a@b.example"}
        ]
    }
    script = '<script>var x = {"ig": "https:\\/\\/www.instagram.com\\/rosies\\/"}</script>'
    data_script = '<script type="application/ld+json">'
    head = f"{data_script}{json.dumps(data)}</script>{data_script}{{</script>"
    found = app.website.behind(page(server, f"<div id=app></div>{script}", head=head))
    assert {("TikTok", "rosies"), ("Instagram", "rosies")} <= places(found).keys()
    assert [one.title for one in named(found, "email")] == ["a@b.example"]


def test_a_network_with_a_channel_waits_no_more(app: Shopbell, server: HostileServer) -> None:
    toy = toy_channel(ToyNetwork(FakeClock()))

    class Spoken(toy):  # type: ignore[misc, valid-type]
        @classmethod
        def recognise(cls, seen: WebPage) -> list[Suggestion]:
            return [
                Suggestion("toy", {"name": one.url}, one.url) for one in seen.links if "instagram" in one.url
            ]

    address = page(server, WHOLE)
    app.website._registry = Registry([*discover().all(), Spoken])
    found = app.website.behind(address)
    assert "Instagram" not in {one.network for one in found.waiting}
    assert "Facebook" in {one.network for one in found.waiting}


def test_a_channel_of_films_is_a_feed_and_waits_no_more(app: Shopbell, server: HostileServer) -> None:
    number = "UC0123456789abcdefghij_-"
    address = page(server, f'<a href="https://www.youtube.com/channel/{number}">Films</a>', head=LINKS)
    found = app.website.behind(address)
    assert "YouTube" not in {one.network for one in found.waiting}
    (films,) = [one for one in named(found, "feeds") if "youtube" in str(one.settings["url"])]
    assert films.settings == {"url": f"https://www.youtube.com/feeds/videos.xml?channel_id={number}"}
    assert films.title.startswith("YouTube")
    assert not films.is_default, "most likely the shop's own"


def test_what_is_added_is_marked(app: Shopbell, server: HostileServer) -> None:
    server.on("/feed/", bad.answer(FEED, {"Content-Type": "application/rss+xml"}))
    address = page(server, "", head=LINKS)
    app.accounts.add("feeds", {"url": server.url + "/feed/"}, {})
    added = {
        one.suggestion.settings["url"]: one.is_added
        for one in app.website.behind(address).places
        if one.suggestion and one.suggestion.kind == "feeds"
    }
    assert added == {server.url + "/feed/": True, server.url + "/comments/feed/": False}


@pytest.mark.parametrize(
    "told", ["text/html; charset=iso-8859-1", "text/html", "text/html; charset=nonsense"]
)
def test_wrong_encodings(app: Shopbell, server: HostileServer, told: str) -> None:
    html = "<html><title>Bäckerei</title><a href='https://www.instagram.com/b%C3%A4ckerei'>ä</a></html>"
    server.on("/", bad.answer(html.encode("iso-8859-1"), {"Content-Type": told}))
    found = app.website.behind(server.url + "/")
    assert found.title == "Bäckerei"
    assert ("Instagram", "bäckerei") in places(found)


def test_a_page_in_wide_characters(app: Shopbell, server: HostileServer) -> None:
    server.on(
        "/", bad.answer("<html><title>Bäckerei</title>".encode("utf-16"), {"Content-Type": "text/html"})
    )
    assert app.website.behind(server.url + "/").title == "Bäckerei"


def test_a_feed_is_what_it_is(app: Shopbell, server: HostileServer) -> None:
    server.on("/feed", bad.answer(FEED, {"Content-Type": "application/rss+xml"}))
    found = app.website.behind(server.url + "/feed")
    assert [one.settings for one in named(found, "feeds")] == [{"url": server.url + "/feed"}]


def test_hostile_pages(app: Shopbell, server: HostileServer) -> None:
    nested = "<a href='http://[broken'>" * 500 + "<a href='javascript:alert(1)'>x</a>" + "<div>" * 5000
    server.on("/", bad.answer(f"<html>{nested}<a href='//instagram.com/rosies'".encode() + b"\x00\xff>"))
    app.website.behind(server.url + "/")
    server.on("/", bad.answer(b"", {"Content-Type": "text/html"}))
    assert app.website.behind(server.url + "/").waiting == []
    server.on("/", bad.stream(12))
    with pytest.raises(BadAnswer, match="too-large"):
        app.website.behind(server.url + "/")


def test_a_page_that_never_answers_is_waited_for_once(app: Shopbell, server: HostileServer) -> None:
    def nobody(*_: object) -> Tools:
        raise AssertionError("a channel would wait as long again")

    server.on("/", bad.hang)
    website = Website(app.store, app.channels, nobody, lambda: app.web.web(allow_http=True), page_s=0.3)
    with pytest.raises(Unreachable, match="timeout"):
        website.behind(server.url + "/")


def test_what_cannot_be_read(app: Shopbell, server: HostileServer) -> None:
    with pytest.raises(BadAnswer, match="not-found"):
        app.website.behind(server.url + "/gone")
    server.on("/", bad.reset_now)
    with pytest.raises(Unreachable):
        app.website.behind(server.url + "/")
    with pytest.raises(Invalid, match="empty"):
        app.website.propose(" ")


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://www.facebook.com/pages/category/Bakery/Rosies-123/", ("Facebook", "Rosies-123")),
        ("https://g.page/r/CabcDEF/review", ("Google reviews", "CabcDEF")),
        ("https://www.google.com/maps/place/Rosie's+Bakery/@47.3,8.5", ("Google reviews", "Rosie's Bakery")),
        ("https://de.trustpilot.com/review/rosies.example", ("Trustpilot", "rosies.example")),
        ("https://www.linkedin.com/company/rosies/about/", ("LinkedIn", "rosies")),
        ("https://www.youtube.com/@rosies", ("YouTube", "rosies")),
        ("https://api.whatsapp.com/send?phone=4179", ("WhatsApp", "send")),
    ],
)
def test_places_on_other_networks(url: str, place: tuple[str, str]) -> None:
    found = later(url)
    assert found is not None
    assert found.network.title == place[0]


@pytest.mark.parametrize(
    "url",
    [
        "https://www.facebook.com/",
        "https://www.facebook.com/tr?id=1",
        "https://www.youtube.com/embed/abc",
        "https://x.com/share?url=x",
        "https://www.google.com/recaptcha/api.js",
        "https://notfacebook.example/rosies",
        "https://www.instagram.com/p/abc/",
        "https://rosies.example/",
    ],
)
def test_nobodys_place(url: str) -> None:
    assert later(url) is None


def test_the_command(tmp_path: Path, server: HostileServer) -> None:
    def run(*words: str) -> tuple[int, str, str]:
        out, err = StringIO(), StringIO()
        options = cli.parser().parse_args([*words, "--profile", str(tmp_path)])
        code = cli.run(
            options,
            lambda profile: Shopbell.open(profile, credentials=Credentials("test", session_only=True)),
            cli.Streams(StringIO(), out, err),
        )
        return code, out.getvalue(), err.getvalue()

    address = page(server, WHOLE, head=LINKS)
    code, out, _ = run("accounts", "propose", address, "--json")
    document: dict[str, Any] = json.loads(out)
    assert code == 0
    assert document["url"] == address
    by_network = {one["network"]: one for one in document["proposals"]}
    assert by_network["Facebook"]["available"] is False
    assert by_network["Facebook"]["effort"] == "days"
    assert by_network["Facebook"]["kind"] is None
    mastodon = by_network["Mastodon"]
    assert (mastodon["kind"], mastodon["effort"], mastodon["added"]) == ("mastodon", "1 minute", False)
    code, out, _ = run("accounts", "propose", address)
    assert code == 0
    assert "not spoken yet" in out
    code, _, err = run("accounts", "propose", server.url + "/gone")
    assert code == 1
    assert err == f"shopbell: {server.url}/gone has nothing at this address.\n"
