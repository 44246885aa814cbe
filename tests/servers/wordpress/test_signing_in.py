"""A real WordPress: found from any page of it, signed in to through its own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from services.app import Shopbell
from services.channels.wordpress import WordPress
from services.errors import Invalid, NotAllowed, SignInNeeded
from tests.servers.wordpress.browser import Browser, comment_by_form
from tests.servers.wordpress.help import channel, in_database, look, reply_to, tools

pytestmark = pytest.mark.servers


# --- finding it


@pytest.mark.parametrize(
    "page",
    ["", "/", "/wp-login.php", "/wp-json/", "/no/such/page", "/feed/", "/2026/sourdough/", "/wp-admin/"],
)
def test_it_is_found_from_any_page(site: Any, page: str) -> None:
    (found,) = WordPress.suggest(site.url + page, tools())
    assert found.settings == {"url": site.url}
    assert found.title == "Corner Shop"


def test_it_is_found_in_a_folder_and_behind_plain_permalinks(open_site: Callable[..., Any]) -> None:
    blog = open_site(below="/blog", permalinks="")
    post = blog.make_post("Rye")
    for page in ("", "/", f"/?p={post}", "/wp-login.php", "/?rest_route=/"):
        (found,) = WordPress.suggest(blog.url + page, tools())
        assert found.settings == {"url": blog.url}
    number = comment_by_form(blog, post, "Marta", "My loaf was burnt.")
    signed_in = channel(blog)
    assert "rest_route" in str(signed_in.settings["api_root"])
    heard, _, _ = look(signed_in)
    assert heard[str(number)].context is not None
    assert heard[str(number)].context.title == "Rye"  # type: ignore[union-attr]
    sent = signed_in.send(reply_to(heard[str(number)], "So sorry."))
    assert in_database(blog, sent.remote_id)["comment_parent"] == str(number)
    blog.php("update_option('permalink_structure', '/%postname%/'); flush_rewrite_rules(false);")
    assert look(signed_in, {})[0].keys() >= {str(number)}


def test_application_passwords_that_are_off_are_told(open_site: Callable[..., Any]) -> None:
    public = open_site(type="production")
    with pytest.raises(Invalid) as caught:
        WordPress.begin_signin({"url": public.url}, "http://127.0.0.1:9/callback", tools())
    assert caught.value.reason == "passwords-off"


def test_its_comment_feed_is_offered_beside_it(site: Any, app: Shopbell) -> None:
    kinds = {one.kind for one in app.accounts.suggest(site.url)}
    assert kinds == {"wordpress", "feeds"}


def test_a_plugin_that_closes_the_api_to_strangers_lets_us_in(site: Any) -> None:
    post = site.make_post("Behind a plugin")
    number = comment_by_form(site, post, "Ann", "Hello behind there")
    password = site.make_password()
    site.plug_in(
        "closed",
        "add_filter('rest_authentication_errors', fn($error) => $error ?: (is_user_logged_in() ? $error :"
        " new WP_Error('rest_login_required', 'No.', ['status' => 401])));",
    )
    try:
        request = WordPress.begin_signin({"url": site.url}, "http://127.0.0.1:9/callback", tools())
        assert request.url.startswith(f"{site.url}/wp-admin/authorize-application.php?")
        one = channel(site, password=password)
        assert look(one)[0].keys() >= {str(number)}
        with pytest.raises(NotAllowed) as caught:
            channel(site, password="wrong")
        assert caught.value.reason == "api-blocked"
    finally:
        site.plug_in("closed", "")


# --- signing in


def test_the_browser_hands_over_a_password_that_removing_takes_back(site: Any, app: Shopbell) -> None:
    owner = Browser(site).sign_in()
    session = app.accounts.begin_signin("wordpress", {"url": site.url})
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(session.wait, 60)
        answer = owner.press(owner.open(session.url), "approve")
        assert answer.status_code == 302
        assert urlsplit(answer.headers["Location"]).hostname == "127.0.0.1"
        shown = requests.get(answer.headers["Location"], timeout=30)
        account = waiting.result(60)
    assert "password" not in shown.url
    assert "close this window" in shown.text
    assert app.engine.sync_once().accounts[0].error is None
    password = app.credentials.get(account.id)["app_password"]
    assert account.settings["user"] == "shop"
    again = app.accounts.begin_signin("wordpress", {"url": site.url}, renew=account.id)
    assert again.paste(owner.press(owner.open(again.url), "approve").headers["Location"]).id == account.id
    again.cancel()
    assert app.credentials.get(account.id)["app_password"] != password
    password = app.credentials.get(account.id)["app_password"]
    app.accounts.remove(account.id)
    me = requests.get(f"{site.url}/wp-json/wp/v2/users/me", auth=("shop", password), timeout=30)
    assert me.status_code == 401


def test_an_owner_who_says_no(site: Any, app: Shopbell) -> None:
    owner = Browser(site).sign_in()
    session = app.accounts.begin_signin("wordpress", {"url": site.url})
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(session.wait, 60)
        answer = owner.press(owner.open(session.url), "reject")
        requests.get(answer.headers["Location"], timeout=30)
        with pytest.raises(SignInNeeded) as caught:
            waiting.result(60)
    assert caught.value.reason == "denied"
    assert app.accounts.list() == ()


def test_the_page_without_a_way_back_shows_a_password_to_paste(site: Any, app: Shopbell) -> None:
    owner = Browser(site).sign_in()
    session = app.accounts.begin_signin("wordpress", {"url": site.url, "user": "shop"}, by_code=True)
    assert session.by_code
    page = owner.open(session.url)
    assert "You will be given a password to manually enter" in page
    assert "success_url" not in session.url
    account = session.paste(" ".join(["", *site.make_password().partition("a")]))
    assert account.handle == urlsplit(site.url).netloc


@pytest.mark.parametrize(
    ("user", "password"), [("shop", "abcd efgh ijkl mnop qrst uvwx"), ("nobody", "x" * 24)]
)
def test_a_wrong_password_is_refused_while_adding(site: Any, app: Shopbell, user: str, password: str) -> None:
    with pytest.raises(SignInNeeded):
        app.accounts.add("wordpress", {"url": site.url, "user": user}, {"app_password": password})
    assert app.accounts.list() == ()


def test_a_password_taken_back_between_two_polls_is_noticed(site: Any, app: Shopbell) -> None:
    site.make_user("tom", "administrator")
    password = site.make_password("tom")
    account = app.accounts.add("wordpress", {"url": site.url, "user": "tom"}, {"app_password": password})
    assert app.engine.sync_once().accounts[0].error is None
    site.revoke_passwords("tom")
    error = app.engine.sync_once().accounts[0].error
    assert type(error) is SignInNeeded
    post = site.make_post("While signed out")
    number = comment_by_form(site, post, "Ida", "Is anybody there?")
    app.accounts.renew(account.id, {}, {"app_password": site.make_password("tom")})
    assert app.engine.sync_once().accounts[0].error is None
    waiting = app.inbox.page("new", limit=100).conversations
    assert [c for c in waiting if "Is anybody there" in c.snippet]
    assert in_database(site, number)["comment_approved"] == "1"
