"""Hearing: every comment once, in its thread, with what is above it; and what becomes of it later."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.model import Direction, MessageKind, MessageState
from tests.channels.wordpress.conftest import OpenDesk
from tests.channels.wordpress.desk import Desk, only


def test_a_comment_and_what_is_around_it(desk: Desk) -> None:
    first = desk.say("My loaf was burnt.\n\nAnd cold.")
    answer = desk.say("Mine, too", "ben", under=first)
    deeper = desk.say("And mine", "ida", under=answer)
    heard = {m.remote_id: m for m in desk.look()}
    message = heard[str(first.id)]
    assert (message.text, message.parent_id) == ("My loaf was burnt.\n\nAnd cold.", "")
    assert {m.conversation_key for m in heard.values()} == {str(first.id)}
    assert heard[str(deeper.id)].parent_id == str(answer.id)
    assert message.kind is MessageKind.COMMENT
    assert (message.author.name, message.author.handle) == ("Marta", "marta@mail.example")
    assert message.author.id == "mail:marta@mail.example"
    assert message.url == f"{desk.site.url}/sourdough-&-rye/#comment-{first.id}"
    assert message.context is not None
    assert (message.context.title, message.context.is_ours) == ("Sourdough & rye", True)
    assert message.context.text == "Fresh every morning."
    assert message.sent_at == desk.clock.now(), "the site's own hour is nine hours ahead"


def test_the_thread_is_found_when_it_began_long_ago(desk: Desk) -> None:
    old = desk.say("First of all", at=desk.clock.now() - timedelta(days=60))
    middle = desk.say("Second", "ben", under=old, at=desk.clock.now() - timedelta(days=50))
    desk.cursor = {}
    desk.look()
    assert str(old.id) not in desk.seen
    late = desk.say("I still wait", "ida", under=middle)
    assert only(desk.look()).conversation_key == str(old.id)
    assert desk.seen[str(late.id)].parent_id == str(middle.id)


def test_ours_are_outbound_whoever_of_us_wrote_them(open_desk: OpenDesk) -> None:
    desk = open_desk()
    colleague = desk.site.make_user("tom", "editor")
    guest = desk.site.make_user("guest", "author")
    desk.sign_in()
    first = desk.say("Are you open?")
    desk.say("Yes", "rosie", under=first, author=desk.rosie.id)
    desk.say("Yes, we are", "tom", under=first, author=colleague.id)
    desk.say("I hope so", "guest", under=first, author=guest.id)
    sides = {m.text: m.direction for m in desk.look()}
    assert sides["Yes"] is sides["Yes, we are"] is Direction.OUTBOUND
    assert sides["Are you open?"] is sides["I hope so"] is Direction.INBOUND
    desk.rosie.name = "Rosie's Bread"
    second = desk.say("On Monday, too?", "ida")
    desk.say("Yes, on Monday", "rosie", under=second, author=desk.rosie.id)
    assert {m.text: m.direction for m in desk.look()}["Yes, on Monday"] is Direction.OUTBOUND


def test_waiting_published_hidden_trashed_and_back(desk: Desk) -> None:
    comment = desk.say("Hello", status="hold")
    assert only(desk.look()).state is MessageState.PENDING
    for status, state in (("approved", MessageState.RECEIVED), ("hold", MessageState.PENDING)):
        comment.status = status
        assert only(desk.look()).state is state
    for status in ("spam", "trash"):
        comment.status = status
        assert desk.look() == []
        assert desk.gone == [str(comment.id)]
        comment.status = "approved"
        assert only(desk.look()).state is MessageState.RECEIVED
        desk.gone.clear()
    desk.site.forget(comment)
    assert desk.look() == []
    assert desk.gone == [str(comment.id)]


def test_an_edit_is_heard_also_of_a_comment_that_is_no_longer_among_the_newest(desk: Desk) -> None:
    first = desk.say("My lofa")
    for number in range(60):
        desk.say(f"Hello {number}", f"v{number}")
    desk.look()
    first.raw = "My loaf"
    removed = desk.site.comments[first.id + 2]
    desk.site.forget(removed)
    found = [m for _ in range(6) for m in desk.look()]
    assert [m.text for m in found] == ["My loaf"]
    assert desk.gone == [str(removed.id)]


def test_hundreds_arrive_once_and_in_steps(open_desk: OpenDesk) -> None:
    desk = open_desk().sign_in()
    for number in range(350):
        desk.say(f"Hello {number}", at=desk.clock.now() - timedelta(minutes=400 - number))
    batch = desk.step()
    assert (len(batch.messages), batch.more) == (100, True)
    assert len(desk.look()) == 250
    for number in range(95):
        desk.say(f"Later {number}")
    assert len(desk.look()) == 95
    assert desk.look() == []


@pytest.mark.parametrize("is_live", [False, True])
def test_pages_that_slide_leave_no_hole(open_desk: OpenDesk, is_live: bool) -> None:
    desk = open_desk().sign_in()
    if is_live:
        desk.look()
    comments = [desk.say(f"Hello {n}", at=desk.clock.now() - timedelta(minutes=900 - n)) for n in range(330)]
    size = 30 if is_live else 100
    heard = {m.remote_id for m in desk.step().messages}
    assert len(heard) == size
    # Three that were read go away, one comes: what follows slides up by two.
    for gone in comments[-3:]:
        desk.site.forget(gone)
    heard.add(str(desk.say("New").id))
    heard |= {m.remote_id for m in desk.step().messages}
    for gone in comments[-6:-3]:
        gone.status = "spam"
    heard |= {m.remote_id for m in desk.look()}
    heard |= {m.remote_id for m in desk.look()}
    assert heard >= {str(c.id) for c in comments}
    assert set(desk.gone) <= {str(c.id) for c in comments[-6:]}


def test_what_is_older_than_the_first_look_reaches_stays_there(open_desk: OpenDesk) -> None:
    desk = open_desk().sign_in()
    desk.say("Long ago", at=desk.clock.now() - timedelta(days=30))
    desk.say("Yesterday", at=desk.clock.now() - timedelta(days=1))
    assert only(desk.look()).text == "Yesterday"
    assert desk.look() == []


def test_reviews_have_stars_and_pings_are_mentions(open_desk: OpenDesk) -> None:
    desk = open_desk()
    desk.site.namespaces.append("wc/v3")
    desk.sign_in()
    mug = desk.site.make_post("Mug", kind="product")
    review = desk.site.say("ann", "It broke", mug, kind="review", rating=2)
    desk.site.say("a blog", "They bake well", desk.post, kind="pingback")
    desk.site.say("shop", "Order 7 was sent", desk.post, kind="order_note")
    heard = {m.text: m for m in desk.look()}
    assert heard.keys() == {"It broke", "They bake well"}
    assert (heard["It broke"].kind, heard["It broke"].stars) == (MessageKind.REVIEW, 2)
    assert heard["It broke"].context is not None
    assert heard["It broke"].context.title == "Mug"
    assert (heard["They bake well"].kind, heard["They bake well"].can_reply) == (MessageKind.MENTION, False)
    answer = desk.site.say("ben", "Mine, too", mug, under=review)
    assert only(desk.look()).conversation_key == str(review.id)
    assert desk.seen[str(answer.id)].kind is MessageKind.COMMENT


def test_an_idle_look_asks_once(desk: Desk) -> None:
    desk.say("Hello")
    desk.look()
    desk.look()
    desk.site.asked.clear()
    desk.look()
    assert desk.site.routes() == ["GET /wp/v2/comments"]


def test_a_site_that_counts_nothing_is_read_to_its_end(open_desk: OpenDesk) -> None:
    desk = open_desk().sign_in()
    desk.site.counts = False
    for number in range(230):
        desk.say(f"Hello {number}")
    assert len(desk.look()) == 230
    assert desk.look() == []


@pytest.mark.parametrize("text", ["❤️🥖", "שלום, הלחם היה שרוף", "x" * 10_000, "<script>alert(1)</script>hi"])
def test_words_of_all_kinds(desk: Desk, text: str) -> None:
    desk.say(text)
    heard = only(desk.look())
    assert heard.text == text.replace("<script>alert(1)</script>", "")


def test_a_thread_of_a_thousand(open_desk: OpenDesk) -> None:
    desk = open_desk().sign_in()
    first = above = desk.say("First")
    for number in range(999):
        above = desk.say(f"And {number}", f"v{number}", under=above if number < 10 else first)
    heard = desk.look()
    assert len(heard) == 1000
    assert {m.conversation_key for m in heard} == {str(first.id)}


def test_posts_that_cannot_be_listed_are_asked_for_one_by_one(desk: Desk) -> None:
    desk.site.fault("status", "/wp-json/wp/v2/posts", status=403, times=None)
    desk.say("Hello")
    context = only(desk.look()).context
    assert context is not None
    assert context.title == "Sourdough & rye"


def test_posts_that_cannot_be_read_at_all_leave_their_address(desk: Desk) -> None:
    desk.site.fault("status", "/wp-json/wp/v2/posts*", status=403, times=None)
    desk.say("Hello")
    context = only(desk.look()).context
    assert context is not None
    assert (context.title, context.url) == ("", f"{desk.site.url}/sourdough-&-rye/")


def test_rights_that_nobody_tells_are_tried(open_desk: OpenDesk) -> None:
    desk = open_desk("author")
    desk.site.tells_rights = False
    desk.sign_in()
    assert desk.settings["sees"] == "everything"
    desk.say("Hello")
    assert only(desk.look()).text == "Hello"
    assert desk.settings["note"] == "approved-only"
