"""From a handle to its server, and from the shop's own page to a handle."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from services.channels._bluesky_facets import facets_for, html_of
from services.channels._bluesky_identity import find_home, home_in, home_of, read_handle, read_server
from services.channels._shapes import Json
from services.channels._walk import Mark, Walk
from services.channels._word_search import read_words
from services.channels.base import PageLink, Tools, WebPage
from services.channels.bluesky import Bluesky
from services.channels.web import WebShared
from services.clock import iso
from services.errors import BadAnswer, Invalid, Unreachable
from services.sample.exchange import Request, Response
from services.sample.faults import Fault, Faults
from services.sample.server import Server
from tests.fakes import TUESDAY, FakeClock

DID = "did:plc:abcdefghijklmnopqrstuvwx"


class Directory:
    """Resolver and directory of DIDs in one. ``home`` is the server in the document."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.faults = Faults()
        self.latency_s = 0.0
        self.home = "https://pds.example"
        self.server = Server(self)
        self.server.start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def answer(self, request: Request) -> Response:
        if request.path == "/xrpc/com.atproto.identity.resolveHandle":
            if request.params.get("handle") != "rosies.example":
                return Response(400, b'{"error": "InvalidRequest", "message": "Unable to resolve handle"}')
            return Response(200, json.dumps({"did": DID}).encode())
        service = {"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": self.home}
        return Response(200, json.dumps({"id": DID, "service": [{"id": "#other"}, service]}).encode())

    def finished(self, request: Request, status: int, size: int) -> None:
        pass


@pytest.fixture
def directory() -> Iterator[Directory]:
    made = Directory()
    yield made
    made.server.stop()


@pytest.fixture
def tools() -> Iterator[Tools]:
    shared = WebShared(FakeClock(), proxies={})
    yield Tools(shared.web(), shared.clock)
    shared.close()


def test_handle_did_document_server(directory: Directory, tools: Tools) -> None:
    directory.home = f"{directory.url}/pds"
    home = find_home("rosies.example", "", tools.web, appview=directory.url, directory=directory.url)
    assert (home.did, home.server) == (DID, directory.url)
    assert home_of(DID, tools.web, directory=directory.url) == directory.url


def test_nobody_of_that_name(directory: Directory, tools: Tools) -> None:
    with pytest.raises(Invalid) as caught:
        find_home("nobody.invalid", "", tools.web, appview=directory.url, directory=directory.url)
    assert (caught.value.reason, caught.value.detail["name"]) == ("no-such-handle", "nobody.invalid")


def test_a_resolver_in_trouble_is_not_nobody(directory: Directory, tools: Tools) -> None:
    directory.faults.add(Fault("status", status=502))
    with pytest.raises(Unreachable):
        find_home("nobody.invalid", "", tools.web, appview=directory.url, directory=directory.url)


def test_a_document_without_a_server(directory: Directory, tools: Tools) -> None:
    directory.home = "not an address"
    with pytest.raises(BadAnswer) as caught:
        home_of(DID, tools.web, directory=directory.url)
    assert caught.value.reason == "no-home"


@pytest.mark.parametrize(
    ("endpoint", "beside", "home"),
    [
        ("https://pds.example/", "https://plc.directory/x", "https://pds.example"),
        ("http://pds.example", "https://plc.directory/x", ""),
        ("http://127.0.0.1:99", "https://plc.directory/x", ""),
        ("https://pds.example", "http://127.0.0.1:99/x", ""),
        ("http://127.0.0.1:98", "http://127.0.0.1:99/x", "http://127.0.0.1:98"),
    ],
)
def test_where_a_document_may_lead(endpoint: str, beside: str, home: str) -> None:
    kind = "AtprotoPersonalDataServer"
    document = {"service": [{"id": f"{DID}#atproto_pds", "type": kind, "serviceEndpoint": endpoint}]}
    assert home_in(document, beside) == home


@pytest.mark.parametrize("document", [None, [], {"service": 3}, {"service": [None, {}, {"type": 1}]}])
def test_documents_of_any_shape(document: object) -> None:
    assert home_in(document, "https://plc.directory/x") == ""


@pytest.mark.parametrize(
    ("typed", "handle"),
    [
        ("rosies", "rosies.bsky.social"),
        ("@Rosies.Example", "rosies.example"),
        ("at://rosies.example", "rosies.example"),
        ("https://bsky.app/profile/rosies.example/", "rosies.example"),
        (f"https://bsky.app/profile/{DID}", DID),
        ("bsky.app/profile/rosies.example", "rosies.example"),
        ("www.bsky.app/profile/@rosies.example/", "rosies.example"),
        ("rosie@mail.example", "rosie@mail.example"),
    ],
)
def test_handles(typed: str, handle: str) -> None:
    assert read_handle(typed) == handle


def test_servers() -> None:
    assert read_server("PDS.Example/xrpc") == "https://pds.example"
    assert read_server("http://pds.example") == "https://pds.example"
    assert read_server("127.0.0.1:8080") == "http://127.0.0.1:8080"
    assert read_server("https://localhost:8443/") == "https://localhost:8443"


# --- the shop's own page


def test_links_of_the_shops_page_are_recognised() -> None:
    urls = [
        "https://bsky.app/profile/rosies.example",
        "https://bsky.app/profile/rosies.example?ref=footer",
        "https://bsky.app/profile/rosies.example/post/3kabc",
        "https://bsky.app/",
        "https://elsewhere.example/profile/rosies.example",
        f"https://bsky.app/profile/{DID}",
    ]
    page = WebPage("https://rosies.example", links=tuple(PageLink(url) for url in urls))
    found = Bluesky.recognise(page)
    assert [one.settings["handle"] for one in found] == ["rosies.example", DID]
    assert (found[0].title, found[0].kind, found[0].is_default) == ("@rosies.example", "bluesky", True)


@pytest.mark.parametrize(
    ("typed", "handle"),
    [
        ("@rosies.example", "rosies.example"),
        ("rosies.bsky.social", "rosies.bsky.social"),
        ("https://bsky.app/profile/Rosies.example", "rosies.example"),
        ("https://rosies.example", ""),
        ("rosie@mail.example", ""),
        ("@rosies@mastodon.example", ""),
    ],
)
def test_what_could_be_added_behind_an_address(tools: Tools, typed: str, handle: str) -> None:
    found = Bluesky.suggest(typed, tools)
    assert [one.settings["handle"] for one in found] == ([handle] if handle else [])


def test_how_to_get_a_password_is_told_first(tools: Tools) -> None:
    told = Bluesky.prepare({"handle": "rosies.example"}, tools)
    assert (told.advice, told.help_url) == ("app-password", "https://bsky.app/settings/app-passwords")
    with pytest.raises(Invalid):
        Bluesky.prepare({"handle": "no handle"}, tools)


def test_words_to_watch() -> None:
    assert read_words(" bread,,Rosie's  bakery, bread\n#brot ") == ["bread", '"Rosie\'s bakery"', "#brot"]
    assert read_words("") == []
    assert len(read_words(",".join(map(str, range(50))))) == 10


# --- links in texts


@pytest.mark.parametrize(
    ("text", "linked"),
    [
        ("see https://a.example/x?y=1&z=2.", ["https://a.example/x?y=1&z=2"]),
        ("(https://a.example/w_(x))", ["https://a.example/w_(x)"]),
        ("shop.com, or www.shop.com/help!", ["shop.com", "www.shop.com/help"]),
        ("mail me@shop.com and v1.2.3", []),
        ("#one #2 #drei# ## #vier.", ["#one", "#drei", "#vier"]),
        ("שלום https://a.example שלום", ["https://a.example"]),
        ("🥐https://a.example", ["https://a.example"]),
        ("nobody @ann.example", []),
    ],
)
def test_what_becomes_a_link(text: str, linked: list[str]) -> None:
    raw = text.encode()
    found = [
        raw[one["index"]["byteStart"] : one["index"]["byteEnd"]].decode()
        for one in facets_for(text, lambda handle: "")
    ]
    assert found == linked


def test_facets_of_strangers() -> None:
    def facet(start: object, end: object, uri: str) -> Json:
        feature = {"$type": "app.bsky.richtext.facet#link", "uri": uri}
        return {"index": {"byteStart": start, "byteEnd": end}, "features": [feature]}

    record = {
        "text": "é <b>here</b> now",
        "facets": [
            facet(3, 6, 'https://a.example/"x'),
            facet(4, 8, "https://overlap.example"),
            facet(10, 999, "https://beyond.example"),
            facet("1", 2, "https://odd.example"),
            facet(7, 11, "javascript:alert(1)"),
            "nothing",
        ],
    }
    assert html_of(record) == ('<p>é <a href="https://a.example/&quot;x">&lt;b&gt;</a>here&lt;/b&gt; now</p>')


# --- lists


class Listing:
    """Entries newest first, ``size`` a page, the cursor an index that moves with the list."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.entries: list[Json] = []
        self.pages = 0

    def add(self, *names: str, minutes_ago: float = 0) -> None:
        for name in names:
            self.entries.append({"name": name, "at": iso(TUESDAY - timedelta(minutes=minutes_ago))})
        self.entries.sort(key=lambda e: str(e["at"]))

    def page(self, cursor: str) -> tuple[list[Json], str]:
        self.pages += 1
        rest = [
            e for e in self.entries[::-1] if not cursor or (e["at"], e["name"]) < tuple(cursor.split("|"))
        ]
        rest.sort(key=lambda e: (e["at"], e["name"]), reverse=True)
        shown = rest[: self.size]
        more = len(rest) > len(shown)
        return shown, f"{shown[-1]['at']}|{shown[-1]['name']}" if more else ""


def mark(entry: Json) -> Mark:
    return Mark(str(entry["name"]), str(entry["at"]))


def read_all(listing: Listing, kept: object) -> tuple[list[str], object]:
    found: list[str] = []
    for _ in range(500):
        walk = Walk(kept, TUESDAY - timedelta(days=14))
        entries, more = walk.read(listing.page, mark)
        found += [str(e["name"]) for e in entries]
        kept = json.loads(json.dumps(walk.state()))
        if not more:
            return found, kept
    raise AssertionError("it never ends")


@pytest.mark.parametrize("size", [1, 2, 9, 50])
@pytest.mark.parametrize("count", [0, 1, 5, 320])
def test_every_entry_is_read_once(size: int, count: int) -> None:
    listing = Listing(size)
    for number in range(count):
        listing.add(f"old {number}", minutes_ago=1000 - number)
    first, kept = read_all(listing, None)
    assert sorted(first) == sorted(str(e["name"]) for e in listing.entries)
    for number in range(count):
        listing.add(f"new {number}", minutes_ago=400 - number)
    later, kept = read_all(listing, kept)
    assert sorted(later) == sorted(f"new {number}" for number in range(count))
    assert read_all(listing, kept)[0] == []


def test_the_known_ones_may_all_be_gone() -> None:
    listing = Listing(10)
    listing.add(*(f"old {n}" for n in range(5)), minutes_ago=60)
    _, kept = read_all(listing, None)
    listing.entries.clear()
    listing.add("much too old", minutes_ago=60 * 24 * 20)
    listing.add("new", minutes_ago=1)
    assert read_all(listing, kept)[0] == ["new"]


@pytest.mark.parametrize(
    "kept", [3, [], {"trail": 7}, {"trail": [["a"], None]}, {"below": None, "fresh": {}}]
)
def test_a_broken_trail_begins_anew(kept: object) -> None:
    listing = Listing(10)
    listing.add("one")
    assert read_all(listing, kept)[0] == ["one"]
