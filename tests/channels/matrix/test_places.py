"""Where a server is, and what links lead to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from services.channels._matrix_places import find_base, link_to, named_rooms, read_server
from services.channels.base import PageLink, WebPage
from services.channels.matrix import Matrix
from services.channels.web import WebShared
from services.errors import BadAnswer, Invalid, Unreachable
from tests.channels.chat_desk import ChatDesk
from tests.channels.chat_server import Asked, ChatServer, Said
from tests.channels.matrix.standin import Standin
from tests.fakes import FakeClock


@pytest.mark.parametrize(
    ("typed", "base"),
    [
        ("example.org", "https://example.org"),
        ("HTTPS://Example.ORG/", "https://example.org"),
        ("http://example.org", "https://example.org"),
        ("https://matrix.example.org:8448/_matrix/client/v3", "https://matrix.example.org:8448"),
        ("https://example.org/chat/", "https://example.org/chat"),
        ("@rosie:example.org", "https://example.org"),
        ("@rosie:example.org:8448", "https://example.org:8448"),
        ("https://matrix.to/#/@rosie:example.org", "https://example.org"),
        ("127.0.0.1:8008", "http://127.0.0.1:8008"),
        ("http://localhost:8008/", "http://localhost:8008"),
    ],
)
def test_servers_as_people_type_them(typed: str, base: str) -> None:
    assert read_server({"server": typed}) == base


@pytest.mark.parametrize("typed", ["", "two words", "ftp://example.org", "https://a:b@example.org", "nodots"])
def test_what_is_no_server(typed: str) -> None:
    with pytest.raises(Invalid) as caught:
        read_server({"server": typed})
    assert caught.value.detail["field"] == "server"


class Website(ChatServer):
    """The shop's domain, which says where its server is."""

    told: object = None

    def handle(self, asked: Asked) -> Said:
        if asked.path == "/.well-known/matrix/client" and self.told is not None:
            return Said(200, self.told)
        return Said(404, b"<html>not here</html>")


@pytest.fixture
def website() -> Iterator[Website]:
    made = Website()
    made.start()
    yield made
    made.stop()


@pytest.fixture
def standin() -> Iterator[Standin]:
    made = Standin()
    made.start()
    yield made
    made.stop()


@pytest.fixture
def shared() -> Iterator[WebShared]:
    made = WebShared(FakeClock(), proxies={})
    yield made
    made.close()


def test_a_domain_says_where_its_server_is(website: Website, standin: Standin, shared: WebShared) -> None:
    website.told = {"m.homeserver": {"base_url": standin.url + "/"}}
    assert find_base(shared.web(), {"server": website.url}) == standin.url


@pytest.mark.parametrize(
    "told",
    [
        None,
        [],
        {},
        {"m.homeserver": None},
        {"m.homeserver": {"base_url": 7}},
        {"m.homeserver": {"base_url": "http://matrix.example.org"}},
        {"m.homeserver": {"base_url": "https://matrix.example.org"}},
        {"m.homeserver": {"base_url": "ftp://127.0.0.1"}},
        {"m.homeserver": {"base_url": "http://[broken"}},
    ],
)
def test_a_server_that_says_nothing_of_use_is_taken_as_it_was_typed(
    standin: Standin, shared: WebShared, told: object
) -> None:
    standin.well_known = told
    assert find_base(shared.web(), {"server": standin.url.upper()}) == standin.url


def test_another_server_is_none(website: Website, shared: WebShared) -> None:
    with pytest.raises(Invalid) as caught:
        find_base(shared.web(), {"server": website.url})
    assert caught.value.reason == "not-a-server"
    website.stop()
    with pytest.raises(Unreachable):
        find_base(shared.web(), {"server": website.url})


def test_the_found_address_is_kept(fresh_desk: ChatDesk) -> None:
    identity = fresh_desk.sign_in()
    assert identity.settings["base_url"] == fresh_desk.standin.url
    assert (identity.name, identity.handle) == ("Rosie's Bakery", "@shop:bakery.test")
    fresh_desk.look()
    fresh_desk.standin.log.clear()
    fresh_desk.look()
    assert not fresh_desk.standin.paths("well-known|versions|whoami")


def test_without_it_a_poll_finds_the_server_by_itself(fresh_desk: ChatDesk, website: Website) -> None:
    assert fresh_desk.look()
    fresh_desk.settings["server"] = website.url
    with pytest.raises(BadAnswer) as caught:
        fresh_desk.look()
    assert caught.value.reason == "another-network"


def test_a_server_that_moved_is_followed_where_the_domain_says(
    fresh_desk: ChatDesk, website: Website, standin: Standin
) -> None:
    old = fresh_desk.standin
    website.told = {"m.homeserver": {"base_url": old.url}}
    fresh_desk.sign_in(server=website.url)
    fresh_desk.look()
    old.stop()
    with pytest.raises(Unreachable):
        fresh_desk.look()
    website.told = {"m.homeserver": {"base_url": standin.url}}
    standin.tokens = {"syt_strangers": "@shop:elsewhere.test"}
    with pytest.raises(Unreachable):
        fresh_desk.look()
    standin.tokens = {old.token: "@shop:bakery.test"}
    standin.say("@ann:bakery.test", "said in the new place")
    assert "said in the new place" in {m.text for m in fresh_desk.look()}
    assert fresh_desk.settings["base_url"] == standin.url


def test_rooms_as_people_name_them() -> None:
    typed = "#a:x.test, https://matrix.to/#/!b:x.test?via=x.test;matrix:r/c:x.test\n!newroomid"
    assert named_rooms({"room": typed}) == ["#a:x.test", "!b:x.test", "#c:x.test", "!newroomid"]
    assert named_rooms({"room": "https://app.element.io/#/room/#a:x.test"}) == ["#a:x.test"]
    assert named_rooms({}) == []


def test_links_to_messages() -> None:
    assert link_to("!a:x.test", "$e/1?") == "https://matrix.to/#/!a:x.test/$e%2F1%3F"


def test_a_shops_page_is_recognised() -> None:
    links = [
        "https://matrix.to/#/@rosie:bakery.test",
        "https://matrix.to/#/%23cakes:bakery.test",
        "https://matrix.to/",
        "https://example.org/#/room",
        "matrix:u/tom:bakery.test",
        "http://[broken",
    ]
    page = WebPage("https://bakery.test/", links=tuple(PageLink(one) for one in links))
    found = [(one.title, dict(one.settings)) for one in Matrix.recognise(page)]
    assert found == [
        ("#cakes:bakery.test", {"server": "bakery.test", "room": "#cakes:bakery.test"}),
        ("@rosie:bakery.test", {"server": "bakery.test"}),
        ("@tom:bakery.test", {"server": "bakery.test"}),
    ]
