"""Finding a site and being let in."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from services.channels._wordpress_signin import begin, leads_back
from services.channels._wordpress_site import (
    Site as Found,
    find_site,
    read_address,
    root_behind,
    route_at,
    secured,
)
from services.channels.base import PageLink, Tools, WebPage
from services.channels.wordpress import WordPress
from services.errors import Invalid, RateLimited, SignInNeeded, Unreachable
from services.signin import SignIn
from tests.channels.wordpress.conftest import OpenDesk
from tests.channels.wordpress.desk import Desk
from tests.channels.wordpress.records import come_back


def tools(desk: Desk) -> Tools:
    return Tools(desk.web, desk.clock)


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("Rosies.Example", "https://rosies.example/"),
        ("http://rosies.example/Blog/", "https://rosies.example/Blog/"),
        ("  HTTPS://www.rosies.example/a?b=c#d ", "https://www.rosies.example/a?b=c"),
        ("127.0.0.1:8080", "http://127.0.0.1:8080/"),
        ("https://localhost/x", "https://localhost/x"),
    ],
)
def test_an_address_as_owners_type_it(typed: str, address: str) -> None:
    assert read_address(typed) == address


@pytest.mark.parametrize(
    ("root", "address", "parameters"),
    [
        ("https://a.example/wp-json/", "https://a.example/wp-json/wp/v2/comments", []),
        ("https://a.example/b/?rest_route=/", "https://a.example/b/", [("rest_route", "/wp/v2/comments")]),
        (
            "https://a.example/index.php?rest_route=/",
            "https://a.example/index.php",
            [("rest_route", "/wp/v2/comments")],
        ),
    ],
)
def test_routes_under_both_kinds_of_root(root: str, address: str, parameters: list[tuple[str, str]]) -> None:
    assert route_at(root, "/wp/v2/comments") == (address, parameters)
    query = "?rest_route=/wp/v2/comments&page=2" if parameters else "?page=2"
    assert route_at(root_behind(address + query, "/wp/v2/comments"), "/wp/v2/comments") == (
        address,
        parameters,
    )
    assert root_behind("https://a.example/wp-login.php", "/wp/v2/comments") == ""


@pytest.mark.parametrize("below", ["", "/blog"])
@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("hides", [False, True])
@pytest.mark.parametrize("page", ["", "/", "/sourdough-&-rye/", "/no/such/page/"])
def test_it_is_found_from_any_page(
    open_desk: OpenDesk, below: str, plain: bool, hides: bool, page: str
) -> None:
    desk = open_desk(below=below, plain=plain, hides=hides)
    found = find_site(
        desk.web, desk.site.url.upper().replace("HTTP://", "") + page if not below else desk.site.url + page
    )
    assert found.home == desk.site.url
    assert found.name == "Rosie's Bread"
    assert found.authorize == f"{desk.site.url}/wp-admin/authorize-application.php"
    assert found.version == (7, 0)


def test_the_browser_hands_a_password_over_and_removing_takes_it_back(desk: Desk) -> None:
    kept: list[dict[str, str]] = []
    session = SignIn(
        WordPress,
        {"url": desk.site.url},
        tools(desk),
        lambda found, secrets: kept.append({**found, **secrets}),  # type: ignore[arg-type,func-returns-value]
    )
    asked = parse_qs(urlsplit(session.url).query)
    assert urlsplit(asked["success_url"][0]).hostname == "127.0.0.1"
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(session.wait, 30)
        status, target, _ = come_back(session.url)
        assert status == 302
        assert "password" not in requests.get(target, timeout=10).url
        waiting.result(30)
    assert kept == [{"url": desk.site.url, "user": "rosie", "app_password": list(desk.rosie.passwords)[-1]}]
    made = WordPress(
        {**desk.settings, "user": kept[0]["user"]}, {"app_password": kept[0]["app_password"]}, tools(desk)
    )
    assert made.identify().name == "Rosie"
    made.sign_out()
    assert kept[0]["app_password"] not in desk.rosie.passwords
    # A password that the owner made by hand may serve other programs.
    desk.channel().sign_out()
    assert desk.secrets["app_password"] in desk.rosie.passwords


def test_the_browser_says_no(desk: Desk) -> None:
    session = SignIn(WordPress, {"url": desk.site.url}, tools(desk), lambda found, secrets: None)  # type: ignore[arg-type,return-value]
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(session.wait, 30)
        requests.get(come_back(session.url, reject=True)[1], timeout=10)
        with pytest.raises(SignInNeeded) as caught:
            waiting.result(30)
    assert caught.value.reason == "denied"


def test_a_copied_password_is_taken_as_it_is_shown(desk: Desk) -> None:
    settings = {"url": desk.site.url, "user": "rosie"}
    request = WordPress.begin_signin(settings, "", tools(desk))
    assert request.shows_code
    page = come_back(request.url)[2]
    shown = page.partition("is: ")[2]
    granted = WordPress.finish_signin(settings, request, shown, tools(desk))
    assert granted.secrets["app_password"] in desk.rosie.passwords
    address = f"http://127.0.0.1:9/callback?state={request.state}&user_login=tom&password=abcdefgh"
    granted = WordPress.finish_signin(settings, request, address, tools(desk))
    assert (granted.settings["user"], granted.secrets["app_password"]) == ("tom", "abcdefgh")


@pytest.mark.parametrize(
    ("pasted", "error", "reason"),
    [
        ("", SignInNeeded, "no-code"),
        (
            "http://127.0.0.1:9/callback?state=another&user_login=tom&password=abcdefgh",
            SignInNeeded,
            "wrong-state",
        ),
        ("http://127.0.0.1:9/callback?success=false", SignInNeeded, "denied"),
        ("ünïcode-ünïcode", SignInNeeded, "wrong-code"),
    ],
)
def test_what_is_no_password(desk: Desk, pasted: str, error: type[Exception], reason: str) -> None:
    settings = {"url": desk.site.url, "user": "rosie"}
    request = WordPress.begin_signin(settings, "", tools(desk))
    with pytest.raises(error) as caught:
        WordPress.finish_signin(settings, request, pasted, tools(desk))
    assert caught.value.args[0] == reason


def test_the_page_shows_the_password_without_the_name(desk: Desk) -> None:
    with pytest.raises(Invalid) as caught:
        WordPress.begin_signin({"url": desk.site.url}, "", tools(desk))
    assert caught.value.reason == "needs-user"


def test_two_sign_ins_have_two_names(desk: Desk) -> None:
    names = [
        parse_qs(
            urlsplit(begin({"url": desk.site.url}, "http://127.0.0.1:9/callback", tools(desk)).url).query
        )["app_name"][0]
        for _ in range(2)
    ]
    assert names[0] != names[1]
    assert all(name.startswith("Shopbell ") for name in names)


def test_a_moved_site_is_the_same_account_when_the_old_address_leads_there(
    desk: Desk, open_desk: OpenDesk
) -> None:
    new = open_desk()
    before = desk.channel().identify()
    settings = {**desk.settings, **before.settings, "url": new.site.url}
    moved = WordPress(settings, new.secrets, tools(new))
    assert moved.identify().remote_id != before.remote_id, "somebody else's site"
    desk.site.moves_to = new.site.url
    assert moved.identify().remote_id == before.remote_id
    assert moved.identify().settings["api_root"] == new.site.root


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("http://a.example/wp-json/", "https://a.example/wp-json/"),
        ("https://a.example/", "https://a.example/"),
        ("http://127.0.0.1:80/", "http://127.0.0.1:80/"),
        ("/wp-json/", "/wp-json/"),
    ],
)
def test_addresses_that_a_site_gives_are_asked_safely(url: str, safe: str) -> None:
    assert secured(url) == safe


def test_a_dead_address_of_the_api_is_not_the_end(desk: Desk) -> None:
    desk.site.fault("link", "/", location="http://127.0.0.1:9", times=None)
    assert find_site(desk.web, desk.site.url).root == desk.site.root


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"status": 429}, RateLimited),
        ({"status": 500}, Unreachable),
        ({"status": 503}, Unreachable),
    ],
)
def test_a_page_that_says_nothing_of_the_site(
    desk: Desk, fault: dict[str, int], error: type[Exception]
) -> None:
    desk.site.fault("status", "/", **fault)
    with pytest.raises(error):
        find_site(desk.web, desk.site.url)


def page_of(**more: object) -> WebPage:
    values: dict[str, object] = {"url": "https://rosies.example/about", "title": "Rosie's Bread"}
    return WebPage(**(values | more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("page", "url"),
    [
        (
            page_of(headers={"link": '<https://rosies.example/wp-json/>; rel="https://api.w.org/"'}),
            "https://rosies.example/about",
        ),
        (
            page_of(
                links=(PageLink("https://rosies.example/blog/wp-json/", frozenset({"https://api.w.org/"})),)
            ),
            "https://rosies.example/blog",
        ),
        (page_of(meta={"generator": "WordPress 6.8"}), "https://rosies.example/about"),
        (page_of(html='<img src="https://rosies.example/wp-content/x.png">'), "https://rosies.example/about"),
        (page_of(html="<p>wp-content is a word</p>"), ""),
        (page_of(url="https://rosies.wordpress.com/", meta={"generator": "WordPress.com"}), ""),
    ],
)
def test_the_shops_own_page_gives_it_away(page: WebPage, url: str) -> None:
    found = WordPress.recognise(page)
    assert [one.settings["url"] for one in found] == ([url] if url else [])


@pytest.mark.parametrize(
    ("home", "version", "leads"),
    [
        ("https://a.example", (6, 9), False),
        ("https://a.example", (7, 0), True),
        ("https://a.example", (10, 0), True),
        ("https://a.example", None, True),
        ("http://127.0.0.1:8080", (6, 1), True),
    ],
)
def test_older_sites_do_not_lead_back(home: str, version: tuple[int, int] | None, leads: bool) -> None:
    assert leads_back(Found(f"{home}/wp-json/", home, version=version)) is leads


def test_a_page_that_shows_the_password_ends_the_waiting(desk: Desk) -> None:
    session = SignIn(
        WordPress,
        {"url": desk.site.url, "user": "rosie"},
        tools(desk),
        lambda found, secrets: (found, secrets),  # type: ignore[arg-type,return-value]
        by_code=True,
    )
    assert session.by_code
    with pytest.raises(Invalid) as caught:
        session.wait(1)
    assert caught.value.reason == "paste-the-code"
    assert session.paste("abcd efgh") == (
        {"url": desk.site.url, "user": "rosie"},
        {"app_password": "abcdefgh"},
    )
