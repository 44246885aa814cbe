"""From the owner's address to a token in the keyring, with a browser that follows the real pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
import requests

from services.channels._mastodon_api import find_server, read_address
from services.channels.base import AuthorizeRequest
from services.channels.mastodon import Mastodon
from services.channels.oauth import LoopbackListener, SignInSession
from services.errors import Invalid, SignInNeeded, Unreachable
from tests.channels.mastodon.conftest import OpenDesk
from tests.channels.mastodon.desk import FLAVOURS, Desk


class Browser:
    """Opens a page and presses one of its buttons, cookies and all."""

    def __init__(self) -> None:
        self._session = requests.Session()
        self._session.trust_env = False

    def press(self, url: str, button: str) -> str:
        """Returns the text of the page the browser ends at."""
        page = self._session.get(url, timeout=10)
        assert page.status_code == 200, page.text
        for form in re.findall(r"<form\b.*?</form>", page.text, re.DOTALL):
            if re.search(rf">\s*{button}\s*<", form):
                return self._submit(page.url, form)
        raise AssertionError(f"no button {button}: {page.text[-300:]}")

    def _submit(self, base: str, form: str) -> str:
        tag = re.match(r"<form\b[^>]*>", form)
        assert tag
        action = re.search(r'action="([^"]*)"', tag[0])
        fields = {}
        for field in re.findall(r"<input\b[^>]*>", form):
            name, value = re.search(r'name="([^"]*)"', field), re.search(r'value="([^"]*)"', field)
            if name:
                fields[unescape(name[1])] = unescape(value[1]) if value else ""
        target = urljoin(base, unescape(action[1]) if action else "")
        return self._session.post(target, data=fields, timeout=10).text

    def close(self) -> None:
        self._session.close()


@pytest.fixture
def browser() -> Iterator[Browser]:
    made = Browser()
    yield made
    made.close()


def begin(desk: Desk, redirect_uri: str) -> AuthorizeRequest:
    return Mastodon.begin_signin({"server": desk.shop.handle}, redirect_uri, desk.tools())


def sign_in(desk: Desk, browser: Browser, button: str = "Allow") -> AuthorizeRequest:
    """The whole way; leaves the token in ``desk.secrets``."""
    listener = LoopbackListener()
    request = begin(desk, listener.redirect_uri)
    session = SignInSession(request.url, request.state, listener)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(session.wait, 20)
        try:
            browser.press(session.url, button)
            code = waiting.result(10)
        finally:
            session.cancel()
    granted = Mastodon.finish_signin({}, request, code, desk.tools())
    desk.secrets = dict(granted.secrets)
    return request


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_the_whole_way_through_the_browser(open_desk: OpenDesk, browser: Browser, flavour: str) -> None:
    desk = open_desk(flavour)
    request = sign_in(desk, browser)
    assert desk.secrets["access_token"] != desk.shop.access_token
    desk.sign_in()
    assert desk.settings["server_url"] == desk.shop.url
    desk.shop.say("marta", "hello")
    assert [m.text for m in desk.look()] == ["@rosies hello"]
    for secret in (
        desk.secrets["access_token"],
        request.keep["client_secret"],
        request.keep["code_verifier"],
    ):
        assert secret not in repr(request)
        assert secret not in repr(desk.channel())


def test_a_denial_ends_the_waiting(open_desk: OpenDesk, browser: Browser) -> None:
    with pytest.raises(SignInNeeded) as caught:
        sign_in(open_desk(), browser, "Deny")
    assert caught.value.reason == "denied"


def test_the_page_asks_for_a_login_and_carries_the_challenge(open_desk: OpenDesk) -> None:
    desk = open_desk()
    request = begin(desk, "http://127.0.0.1:5/callback")
    query = {name: values[0] for name, values in parse_qs(urlsplit(request.url).query).items()}
    assert query["force_login"] == "true"
    assert query["code_challenge_method"] == "S256"
    assert query["state"] == request.state
    assert query["redirect_uri"] == "http://127.0.0.1:5/callback"
    assert request.keep["client_secret"] not in request.url
    assert request.keep["code_verifier"] not in request.url


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_where_the_browser_cannot_come_back_a_code_is_pasted(
    open_desk: OpenDesk, browser: Browser, flavour: str
) -> None:
    desk = open_desk(flavour)
    request = begin(desk, "")
    page = browser.press(request.url, "Allow")
    codes = re.findall(r"[\w-]{30,}", page)
    assert codes, page
    granted = Mastodon.finish_signin({}, request, f" {codes[0]}\n", desk.tools())
    desk.secrets = dict(granted.secrets)
    desk.sign_in()


def test_a_code_is_good_once(open_desk: OpenDesk) -> None:
    desk = open_desk()
    request = begin(desk, "http://127.0.0.1:5/callback")
    address = desk.shop.allow(request.url)
    Mastodon.finish_signin({}, request, address, desk.tools())
    with pytest.raises(SignInNeeded) as caught:
        Mastodon.finish_signin({}, request, address, desk.tools())
    assert caught.value.reason == "wrong-code"


def test_a_code_of_another_sign_in_is_refused_before_it_is_sent(open_desk: OpenDesk) -> None:
    desk = open_desk()
    mine, other = begin(desk, "http://127.0.0.1:5/callback"), begin(desk, "http://127.0.0.1:5/callback")
    with pytest.raises(SignInNeeded) as caught:
        Mastodon.finish_signin({}, mine, desk.shop.allow(other.url), desk.tools())
    assert caught.value.reason == "wrong-state"


def test_an_app_the_server_forgot_says_begin_again_and_beginning_again_works(
    open_desk: OpenDesk, browser: Browser
) -> None:
    desk = open_desk()
    request = begin(desk, "http://127.0.0.1:5/callback")
    address = desk.shop.allow(request.url)
    desk.shop.sign_in.forget_apps()
    with pytest.raises(SignInNeeded) as caught:
        Mastodon.finish_signin({}, request, address, desk.tools())
    assert caught.value.reason == "app-forgotten"
    sign_in(desk, browser)
    desk.sign_in()


def test_a_server_without_fine_scopes_is_asked_for_broad_ones(open_desk: OpenDesk) -> None:
    desk = open_desk()
    desk.shop.fault("status", "/api/v1/apps", status=422)
    request = begin(desk, "http://127.0.0.1:5/callback")
    assert request.keep["scope"] == "read write"
    Mastodon.finish_signin({}, request, desk.shop.allow(request.url), desk.tools())


def test_signing_out_ends_the_token_there(open_desk: OpenDesk, browser: Browser) -> None:
    desk = open_desk()
    sign_in(desk, browser)
    desk.sign_in()
    desk.channel().sign_out()
    with pytest.raises(SignInNeeded):
        desk.look()


def test_a_pasted_token_stays_the_owners(open_desk: OpenDesk) -> None:
    desk = open_desk().sign_in()
    desk.channel().sign_out()
    assert desk.step().more


def test_a_page_that_is_no_such_server(open_desk: OpenDesk) -> None:
    desk = open_desk()
    desk.shop.fault("status", "/api/v1/apps", status=404)
    with pytest.raises(Invalid) as caught:
        begin(desk, "")
    assert (caught.value.reason, caught.value.detail["field"]) == ("not-a-server", "server")


def test_a_server_that_is_not_there(open_desk: OpenDesk) -> None:
    desk = open_desk()
    desk.shop.stop()
    with pytest.raises(Unreachable):
        begin(desk, "")


# --- who we are there


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_identity_and_what_the_server_is(open_desk: OpenDesk, flavour: str) -> None:
    desk = open_desk(flavour)
    identity = desk.channel().identify()
    shop, server = desk.shop.world.shop, desk.shop.world.flavour
    assert identity.name == "Rosie's Bakery"
    assert identity.handle == desk.shop.handle
    assert identity.url == shop.url
    assert identity.remote_id == f"{shop.id}@{desk.shop.server_name}"
    assert identity.settings["account_id"] == shop.id
    assert identity.settings["flavour"] == flavour
    assert identity.settings["version"] == server.version
    assert identity.settings["max_characters"] == server.max_characters
    assert identity.settings["honours_idempotency"] is server.keeps_idempotency
    assert identity.settings["has_policy"] is (flavour == "mastodon")
    assert identity.note == ("notifications-filtered" if flavour == "mastodon" else "")


def test_a_policy_that_drops_is_told_apart(open_desk: OpenDesk) -> None:
    desk = open_desk()
    desk.shop.world.policy.for_new_accounts = "drop"
    assert desk.channel().identify().note == "notifications-dropped"
    desk.shop.world.policy.for_new_accounts = "accept"
    desk.shop.world.policy.for_private_mentions = "accept"
    desk.shop.world.policy.for_limited_accounts = "accept"
    assert desk.channel().identify().note == ""


@pytest.mark.parametrize(
    ("version", "flavour", "keeps"),
    [
        ("4.3.1+glitch", "mastodon", True),
        ("3.5.3", "mastodon", True),
        ("2.7.2 (compatible; Akkoma 3.13.2)", "pleroma", True),
        ("2.7.2 (compatible; Pleroma 2.6.0-soapbox)", "pleroma", True),
        ("0.17.3+git-abc", "gotosocial", False),
        ("3.5.3 (compatible; Pixelfed 0.12.4)", "pixelfed", False),
        ("2.8.0 (compatible; Friendica 2024.03)", "other", False),
        ("4.2.1 (compatible; Iceshrimp.NET/2025.1)", "other", False),
    ],
)
def test_the_software_is_known_by_its_version(
    open_desk: OpenDesk, version: str, flavour: str, keeps: bool
) -> None:
    desk = open_desk()
    desk.shop.fault("status", "/.well-known/nodeinfo", status=404, times=None)
    body = f'{{"version": "{version}", "domain": "bread.example"}}'.encode()
    desk.shop.fault("body", "/api/v2/instance", body=body, content_type="application/json")
    settings = desk.channel().identify().settings
    assert (settings["flavour"], settings["honours_idempotency"]) == (flavour, keeps)
    assert settings["max_characters"] == 500


# --- addresses


@pytest.mark.parametrize(
    ("typed", "base", "user"),
    [
        ("@rosies@bread.example", "https://bread.example", "rosies"),
        ("rosies@bread.example", "https://bread.example", "rosies"),
        ("  @Rosies@Bread.Example  ", "https://bread.example", "Rosies"),
        ("acct:rosies@bread.example", "https://bread.example", "rosies"),
        ("bread.example", "https://bread.example", ""),
        ("bread.example/@rosies", "https://bread.example", ""),
        ("https://bread.example/@rosies", "https://bread.example", "rosies"),
        ("https://bread.example/@rosies/1131", "https://bread.example", "rosies"),
        ("https://other.example/@rosies@bread.example", "https://bread.example", "rosies"),
        ("http://bread.example", "https://bread.example", ""),
        ("https://bread.example:8443/", "https://bread.example:8443", ""),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080", ""),
        ("@rosies@127.0.0.1:8080", "http://127.0.0.1:8080", "rosies"),
        ("https://127.0.0.1:8080", "https://127.0.0.1:8080", ""),
        ("localhost:8080", "http://localhost:8080", ""),
        ("@rosies@bäckerei.example", "https://bäckerei.example", "rosies"),
    ],
)
def test_an_address_is_read_as_people_write_it(typed: str, base: str, user: str) -> None:
    address = read_address(typed)
    assert (address.base_url, address.user) == (base, user)


NO_ADDRESSES = (
    "",
    "@",
    "rosies",
    "@rosies",
    "two words",
    "ftp://bread.example",
    "https://",
    "http://[x",
    "a@b@",
)


@pytest.mark.parametrize("typed", NO_ADDRESSES)
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(Invalid) as caught:
        read_address(typed)
    assert (caught.value.reason, caught.value.detail["field"]) == ("not-an-address", "server")


def webfinger(desk: Desk, href: str) -> str:
    body = f'{{"links": [{{"rel": "other"}}, {{"rel": "self", "href": "{href}"}}]}}'.encode()
    desk.shop.fault("body", "/.well-known/webfinger", body=body, content_type="application/jrd+json")
    return find_server(read_address(f"@rosies@{desk.shop.server_name}"), desk.web)


def test_the_server_may_have_another_name_than_the_handle(open_desk: OpenDesk) -> None:
    assert webfinger(open_desk(), "http://127.0.0.1:9/users/rosies") == "http://127.0.0.1:9"


@pytest.mark.parametrize(
    "href", ["https://social.bread.example/users/rosies", "javascript:1", "http://[", "", "https://@/"]
)
def test_a_machine_of_ours_does_not_send_us_elsewhere(open_desk: OpenDesk, href: str) -> None:
    desk = open_desk()
    assert webfinger(desk, href) == desk.shop.url


def test_a_handle_suggests_an_account_and_an_email_address_does_not(open_desk: OpenDesk) -> None:
    tools = open_desk().tools()
    handle = "@rosies@bread.example"
    assert [s.settings for s in Mastodon.suggest(handle, tools)] == [{"server": handle}]
    assert not Mastodon.suggest("rosies@bread.example", tools)


def test_a_page_suggests_the_profiles_it_calls_its_own(open_desk: OpenDesk) -> None:
    desk = open_desk()
    tools = desk.tools()
    profile = f"{desk.shop.url}/@rosies"
    page = (
        f'<html><head><link rel="me" href="{profile}"></head><body><a href="{profile}" rel="me noopener">'
        f'here</a><a rel="me" href="{desk.shop.url}/@nobody">not here</a>'
        f'<a rel="me" href="{desk.shop.url}/somewhere/else">no profile</a><a href="{profile}2">friend</a>'
    )
    claims = desk.shop.serve("/site", page.encode(), "text/html; charset=utf-8")
    bare = desk.shop.serve("/bare", b"<html><body>Hello</body></html>", "text/html")
    feed = desk.shop.serve("/a.rss", page.encode(), "application/rss+xml")
    handle = f"@rosies@{desk.shop.server_name}"
    assert [(s.title, s.settings) for s in Mastodon.suggest(claims, tools)] == [(handle, {"server": handle})]
    assert not Mastodon.suggest(bare, tools)
    assert not Mastodon.suggest(feed, tools)
    assert not Mastodon.suggest(f"{desk.shop.url}/missing", tools)


@pytest.mark.parametrize("pasted", ["two\nlines", "with space", "ünïcode"])
def test_what_cannot_be_a_token_is_not_sent(open_desk: OpenDesk, pasted: str) -> None:
    desk = open_desk()
    desk.secrets = {"access_token": pasted}
    with pytest.raises(SignInNeeded) as caught:
        desk.sign_in()
    assert caught.value.reason == "wrong-token"
