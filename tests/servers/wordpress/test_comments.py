"""A real WordPress: heard without holes, answered once, moderated."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from services.app import Shopbell
from services.errors import RateLimited, Refused
from services.model import Direction, MessageState, OutboxState
from tests.servers.wordpress.browser import comment_by_form
from tests.servers.wordpress.help import add, channel, in_database, look, reply_to

pytestmark = pytest.mark.servers


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
