"""A real WordPress: found, signed in to, heard, answered once, moderated."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from services.app import Shopbell
from services.channels.base import Reply, Tools
from services.channels.web import WebShared
from services.channels.wordpress import WordPress
from services.clock import SystemClock
from services.errors import Invalid, RateLimited, Refused, SignInNeeded
from services.model import Account, Direction, Message, MessageState, OutboxState
from tests.servers.wordpress.browser import Browser, comment_by_form

pytestmark = pytest.mark.servers


_opened: list[WebShared] = []


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    while _opened:
        _opened.pop().close()


def tools(*secrets: str) -> Tools:
    shared = WebShared(SystemClock(), proxies={})
    _opened.append(shared)
    return Tools(shared.web(secrets=secrets), shared.clock)


def channel(site: Any, user: str = "shop", password: str = "", **settings: Any) -> WordPress:
    """Signed in with a password of its own."""
    password = password or site.make_password(user)
    made = WordPress({"url": site.url, "user": user, **settings}, {"app_password": password}, tools(password))
    return WordPress({**made.settings, **made.identify().settings}, {"app_password": password}, made.tools)


def look(one: WordPress, cursor: Any = None) -> tuple[dict[str, Message], list[str], Any]:
    found: dict[str, Message] = {}
    gone: list[str] = []
    cursor = cursor or {}
    for _ in range(60):
        batch = one.poll(cursor)
        found |= {m.remote_id: m for m in batch.messages}
        gone += [c.remote_id for c in batch.changes]
        cursor = batch.cursor
        if not batch.more:
            return found, gone, cursor
    raise AssertionError("polling never ends")


def reply_to(message: Message, text: str) -> Reply:
    return Reply(
        text=text, private=False, key=f"key-{text}", parent_id=message.remote_id, parent_author_handle="",
        parent_author_id=message.author.id, conversation_key=message.conversation_key,
        reply_context=message.reply_context, attempt_started=SystemClock().now(),
    )  # fmt: skip


def in_database(site: Any, number: str | int) -> dict[str, str]:
    found: dict[str, str] = site.php(f"answer(get_comment({number}));")
    return found


def add(app: Shopbell, site: Any) -> Account:
    return app.accounts.add(
        "wordpress", {"url": site.url, "user": "shop"}, {"app_password": site.make_password()}
    )


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


# --- hearing and answering


def test_a_complaint_is_answered_once(site: Any, app: Shopbell) -> None:
    post = site.make_post("Bread of the week")
    number = comment_by_form(site, post, "Marta", "My loaf was burnt and cold, I am very disappointed!")
    account = add(app, site)
    app.engine.sync_once()
    (row,) = [
        c for c in app.inbox.page("complaints", limit=100).conversations if "burnt and cold" in c.snippet
    ]
    item = app.inbox.reply(row.id, "We are so sorry, Marta. <Fresh> bread & a cake are yours.", hold_s=0)
    app.engine.sync_once()
    assert app.store.outbox_item(item.id).state is OutboxState.SENT
    made = in_database(site, app.store.outbox_item(item.id).remote_id)
    assert (made["comment_parent"], made["comment_post_ID"], made["user_id"]) == (str(number), str(post), "1")
    below = site.php(f"answer(count(get_comments(['parent' => {number}])));")
    assert below == 1
    page = requests.get(f"{site.url}/?p={post}", timeout=30).text
    assert "&lt;Fresh&gt; bread &amp; a cake" in page.replace("&#038;", "&amp;")
    again = app.inbox.reply(row.id, "We are so sorry, Marta. <Fresh> bread & a cake are yours.", hold_s=0)
    app.engine.sync_once()
    app.engine.sync_once()
    assert site.php(f"answer(count(get_comments(['parent' => {number}])));") == 1
    assert app.store.outbox_item(again.id).state in (OutboxState.SENT, OutboxState.FAILED)
    thread = app.inbox.open(row.id)
    assert [m.direction for m in thread.messages].count(Direction.OUTBOUND) == 1
    assert thread.context is not None
    assert thread.context.title == "Bread of the week"
    assert account.handle == urlsplit(site.url).netloc


def test_the_same_reply_sent_again_is_already_there(site: Any) -> None:
    post = site.make_post("Twice")
    number = comment_by_form(site, post, "Ben", "Where is my order?")
    one = channel(site)
    heard, _, _ = look(one)
    reply = reply_to(heard[str(number)], 'It left today, Ben\'s & ours: 2 < 3 "soon" :) 🥖 שלום')
    sent = one.send(reply)
    assert one.send(reply).remote_id == sent.remote_id
    found = one.find_sent(reply)
    assert found.sent is not None
    assert found.sent.remote_id == sent.remote_id
    assert one.find_sent(reply_to(heard[str(number)], "Another text")).is_absent
    assert site.php(f"answer(count(get_comments(['parent' => {number}])));") == 1


TEXTS = ["❤️🥖", "שלום, הלחם היה שרוף", "Sorry. " * 1400, "a\n\nb\nc", "?!", "AT&T &amp; <b>co</b>"]


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text[:5])
def test_words_stand_there_as_they_were_written(site: Any, text: str) -> None:
    post = site.make_post("Words")
    number = comment_by_form(site, post, "Ben", f"Tell me {len(text)}")
    one = channel(site)
    heard, _, cursor = look(one)
    sent = one.send(reply_to(heard[str(number)], text))
    again, _, _ = look(one, cursor)
    assert again[sent.remote_id].direction is Direction.OUTBOUND
    assert "".join(again[sent.remote_id].text.split()) == "".join(text.split())
    assert one.find_sent(reply_to(heard[str(number)], text)).sent is not None


def test_a_comment_that_waits_is_heard_and_published_by_its_answer(site: Any) -> None:
    post = site.make_post("Waiting")
    site.php("update_option('comment_moderation', '1');")
    try:
        number = comment_by_form(site, post, "Eve", "Do you open on Monday?")
    finally:
        site.php("update_option('comment_moderation', '');")
    one = channel(site)
    heard, _, cursor = look(one)
    assert heard[str(number)].state is MessageState.PENDING
    sent = one.send(reply_to(heard[str(number)], "We do, from seven."))
    assert in_database(site, number)["comment_approved"] == "1"
    assert in_database(site, sent.remote_id)["comment_approved"] == "1"
    again, _, _ = look(one, cursor)
    assert again[str(number)].state is MessageState.RECEIVED
    assert again[sent.remote_id].direction is Direction.OUTBOUND
    assert again[sent.remote_id].conversation_key == str(number)


def test_moderation_here_and_there(site: Any) -> None:
    post = site.make_post("Moderated")
    numbers = [comment_by_form(site, post, f"V{i}", f"Hello from visitor {i}") for i in range(4)]
    one = channel(site)
    heard, _, cursor = look(one)
    assert heard.keys() >= {str(n) for n in numbers}
    for action, number, state in (
        ("hide", numbers[0], "0"),
        ("spam", numbers[1], "spam"),
        ("delete", numbers[2], "trash"),
    ):
        one.moderate(action, str(number), {})
        one.moderate(action, str(number), {})
        assert in_database(site, number)["comment_approved"] == state
    again, gone, cursor = look(one, cursor)
    assert again[str(numbers[0])].state is MessageState.PENDING
    assert set(gone) == {str(numbers[1]), str(numbers[2])}
    one.moderate("approve", str(numbers[0]), {})
    site.php(f"wp_untrash_comment({numbers[2]}); wp_delete_comment({numbers[3]}, true);")
    again, gone, cursor = look(one, cursor)
    assert again[str(numbers[0])].state is MessageState.RECEIVED
    assert again[str(numbers[2])].text == "Hello from visitor 2"
    assert gone == [str(numbers[3])]
    with pytest.raises(Refused) as caught:
        one.moderate("spam", str(numbers[3]), {})
    assert caught.value.reason == "gone"
    site.php(f"wp_update_comment(['comment_ID' => {numbers[0]}, 'comment_content' => 'Hello again']);")
    assert look(one, cursor)[0][str(numbers[0])].text == "Hello again"


def test_what_cannot_be_answered_is_refused(site: Any) -> None:
    post = site.make_post("Closed")
    first = comment_by_form(site, post, "Ann", "First")
    other = comment_by_form(site, post, "Bob", "Second")
    one = channel(site)
    heard, _, _ = look(one)
    with pytest.raises(Refused) as caught:
        one.send(reply_to(heard[str(first)], "€" * 30_000))
    assert caught.value.reason == "too-long"
    site.php(f"wp_trash_comment({other});")
    with pytest.raises(Refused) as caught:
        one.send(reply_to(heard[str(other)], "Hello Bob"))
    assert caught.value.reason == "gone"
    site.php(f"wp_update_post(['ID' => {post}, 'comment_status' => 'closed']);")
    with pytest.raises(Refused) as caught:
        one.send(reply_to(heard[str(first)], "Hello Ann"))
    assert caught.value.reason == "closed"
    assert site.php(f"answer(count(get_comments(['post_id' => {post}, 'user_id' => 1])));") == 0


def test_an_author_hears_what_he_may_and_is_told_so(site: Any) -> None:
    site.make_user("paul", "author")
    post = site.make_post("Not Paul's")
    first = comment_by_form(site, post, "Ann", "To whom it may concern")
    other = comment_by_form(site, post, "Ben", "Me, too")
    paul = channel(site, "paul")
    assert (paul.settings["sees"], paul.settings["note"]) == ("own", "approved-only")
    heard, _, _ = look(paul)
    assert heard.keys() >= {str(first), str(other)}
    assert heard[str(first)].author.id == "name:ann"
    paul.send(reply_to(heard[str(first)], "Hello Ann"))
    with pytest.raises(RateLimited):
        paul.send(reply_to(heard[str(other)], "Hello Ben"))
    site.php("(new WP_User(get_user_by('login', 'paul')->ID))->set_role('subscriber');")
    batch = paul.poll({})
    assert batch.settings["sees"] == "public"
    site.php("(new WP_User(get_user_by('login', 'paul')->ID))->set_role('editor');")
    paul = channel(site, "paul")
    heard, _, cursor = look(paul)
    assert heard[str(first)].author.handle == "ann@mail.example"
    site.php("(new WP_User(get_user_by('login', 'paul')->ID))->set_role('author');")
    batch = paul.poll(cursor)
    assert (batch.settings["sees"], batch.settings["note"]) == ("own", "approved-only")


def test_hundreds_are_heard_without_a_hole(site: Any) -> None:
    post = site.make_post("Crowd")
    site.php(
        f"for ($i = 0; $i < 260; $i++) wp_insert_comment(['comment_post_ID' => {post}, 'comment_author' =>"
        " 'V', 'comment_content' => \"Number $i\", 'comment_date_gmt' =>"
        " gmdate('Y-m-d H:i:s', time() - 600 + $i)]);"
    )
    one = channel(site)
    heard, _, cursor = look(one)
    numbers = {m.text for m in heard.values() if m.text.startswith("Number ")}
    assert numbers == {f"Number {i}" for i in range(260)}
    site.php(
        f"for ($i = 260; $i < 330; $i++) wp_insert_comment(['comment_post_ID' => {post}, 'comment_author' =>"
        " 'V', 'comment_content' => \"Number $i\"]);"
    )
    later, gone, cursor = look(one, cursor)
    assert {m.text for m in later.values()} == {f"Number {i}" for i in range(260, 330)}
    assert look(one, cursor)[:2] == ({}, [])
    assert gone == []
    site.php(f"wp_delete_post({post}, true);")


def test_a_pingback_is_a_mention(site: Any) -> None:
    post = site.make_post("Linked")
    number = site.php(
        f"answer(wp_insert_comment(['comment_post_ID' => {post}, 'comment_type' => 'pingback',"
        " 'comment_author' => 'Another blog', 'comment_author_url' => 'https://blog.example/x',"
        " 'comment_content' => 'They bake well']));"
    )
    heard, _, _ = look(channel(site))
    message = heard[str(number)]
    assert (message.kind, message.can_reply, message.why_not) == ("mention", False, "no-answers")
    assert message.author.url == "https://blog.example/x"
