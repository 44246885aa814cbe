"""Answering: in the right place, once, within the forum's limits."""

from __future__ import annotations

import pytest

from services.channels.base import ThreadRef
from services.errors import NotAllowed, RateLimited, Refused, SignInNeeded, Unclear, Unreachable
from services.model import Direction
from tests.channels.discourse.conftest import OpenDesk
from tests.channels.discourse.desk import Desk
from tests.channels.discourse.shown import Post

SORRY = "We are so sorry, a new one leaves today."


@pytest.fixture
def asked(desk: Desk) -> Post:
    opened = desk.forum.start("bob", "Mugs", "Which mugs are good ones?")
    said = desk.forum.say("ann", "@rosie mine arrived broken.", opened)
    desk.look()
    return said


def test_an_answer_stands_below_what_it_answers(desk: Desk, asked: Post) -> None:
    sent = desk.channel().send(desk.reply_to(asked, SORRY))
    (ours,) = desk.forum.written_by("rosie")
    assert (ours.raw, ours.topic, ours.answers) == (SORRY, asked.topic, asked.number)
    assert (sent.remote_id, sent.sent_at, sent.text) == (str(ours.id), ours.at, "")
    assert sent.url == f"{desk.server.url}/t/mugs/{asked.topic}/{ours.number}"
    assert not sent.is_pending
    heard = {m.remote_id: m for m in desk.look()}
    assert heard[sent.remote_id].parent_id == str(asked.id), "so that it is known again"


def test_an_answer_to_a_private_message_stays_in_it(desk: Desk) -> None:
    said = desk.forum.start("dora", "A cake", "Do you bake for weddings?", to=["rosie"])
    desk.look()
    desk.channel().send(desk.reply_to(said, "Yes, gladly."))
    (ours,) = desk.forum.written_by("rosie")
    assert ours.topic == said.topic
    assert desk.forum.topics[ours.topic].private_with is not None


def test_what_became_public_meanwhile_is_not_answered(desk: Desk) -> None:
    said = desk.forum.start("dora", "A cake", "Do you bake for weddings?", to=["rosie"])
    desk.look()
    desk.forum.topics[said.topic].private_with = None
    with pytest.raises(Refused) as caught:
        desk.channel().send(desk.reply_to(said, "Your number is 4711, see you."))
    assert caught.value.reason == "would-be-public"
    assert desk.ours() == []


def test_an_answer_follows_a_post_that_was_moved(desk: Desk, asked: Post) -> None:
    other = desk.forum.start("bob", "Broken things", "All of them go here.")
    asked.topic, asked.number = other.topic, 2
    desk.forum.topics[other.topic].highest = 2
    desk.channel().send(desk.reply_to(asked, SORRY))
    (ours,) = desk.forum.written_by("rosie")
    assert (ours.topic, ours.answers) == (other.topic, 2)


def test_an_answer_that_followed_a_moved_post_is_found_there(desk: Desk, asked: Post) -> None:
    reply = desk.reply_to(asked, SORRY)
    other = desk.forum.start("bob", "Broken things", "All of them go here.")
    asked.topic, asked.number = other.topic, 2
    desk.forum.topics[other.topic].highest = 2
    desk.server.fault("reset-after", "/posts.json", method="POST")
    with pytest.raises(Unclear):
        desk.channel().send(reply)
    desk.clock.advance(minutes=10)
    found = desk.channel().find_sent(reply)
    assert found.sent is not None
    assert desk.ours() == [SORRY]


@pytest.mark.parametrize("how", ["deleted", "by-author", "topic"])
def test_what_was_deleted_meanwhile_is_not_answered(desk: Desk, asked: Post, how: str) -> None:
    reply = desk.reply_to(asked, SORRY)
    if how == "deleted":
        asked.deleted = True
    elif how == "by-author":
        asked.user_deleted = True
    else:
        desk.forum.topics[asked.topic].deleted = True
    with pytest.raises(Refused) as caught:
        desk.channel().send(reply)
    assert caught.value.reason == "gone"
    assert desk.ours() == []


def test_a_closed_topic_is_not_answered(desk: Desk, asked: Post) -> None:
    reply = desk.reply_to(asked, SORRY)
    desk.forum.topics[asked.topic].closed = True
    with pytest.raises(Refused) as caught:
        desk.channel().send(reply)
    assert caught.value.reason == "closed"
    assert desk.asked("POST") == []


def test_a_closed_topic_is_not_remembered_as_closed_by_the_check_before_sending(
    desk: Desk, asked: Post
) -> None:
    desk.forum.topics[asked.topic].closed = True
    message = desk.seen[str(asked.id)]
    ref = ThreadRef(message.conversation_key, (message.remote_id,), message.remote_id, message.reply_context)
    read = desk.channel().thread(ref)
    assert [(one.remote_id, one.can_reply) for one in read] == [(str(asked.id), True)]


def test_too_short_and_too_long_are_told_before_anything_leaves(desk: Desk, asked: Post) -> None:
    channel = desk.channel()
    desk.server.log.clear()
    for text, reason, detail in (
        ("Sorry.", "too-short", {"limit": 20}),
        (":slight_smile::slight_smile::heart:....", "too-short", {"limit": 20}),
        ("x" * 32_003, "too-long", {"limit": 32_000, "over": 3}),
        (" \n ", "empty", {}),
    ):
        with pytest.raises(Refused) as caught:
            channel.send(desk.reply_to(asked, text))
        assert caught.value.reason == reason
        assert detail.items() <= caught.value.detail.items()
    assert desk.server.log == []
    assert channel.limits().max_length == 32_000


def test_the_forums_own_limits_are_asked_for(open_desk: OpenDesk) -> None:
    desk = open_desk()
    desk.forum.settings.update(min_post_length=3, max_post_length=100, min_personal_message_post_length=2)
    desk.sign_in()
    said = desk.forum.start("ann", "Mug", "Hello @rosie, my mug is broken.")
    desk.look()
    assert desk.channel().limits().max_length == 100
    desk.channel().send(desk.reply_to(said, "Ok!"))
    assert desk.ours() == ["Ok!"]


def test_markdown_is_sent_as_typed(desk: Desk, asked: Post) -> None:
    words = "We are *so* sorry & make it good <3\n\nSee you soon"
    sent = desk.channel().send(desk.reply_to(asked, words))
    assert desk.ours() == [words]
    assert sent.text == "We are so sorry & make it good <3\n\nSee you soon"


@pytest.mark.parametrize("fault", ["reset-after", "reset-body", "truncate"])
def test_a_connection_cut_after_the_post_was_made_sends_once(desk: Desk, asked: Post, fault: str) -> None:
    reply = desk.reply_to(asked, SORRY)
    desk.server.fault(fault, "/posts.json", method="POST")
    with pytest.raises(Unclear):
        desk.channel().send(reply)
    found = desk.channel().find_sent(reply)
    assert found.sent is not None
    assert found.sent.remote_id == str(desk.forum.written_by("rosie")[0].id)
    # Sent again all the same: the forum takes the same words only once, and they are found.
    assert desk.channel().send(reply).remote_id == found.sent.remote_id
    assert desk.ours() == [SORRY]


def test_absent_is_said_only_when_the_forum_cannot_be_at_it_any_more(desk: Desk, asked: Post) -> None:
    reply = desk.reply_to(asked, SORRY)
    desk.server.fault("reset", "/posts.json", method="POST")
    channel = desk.channel()
    with pytest.raises(Unclear):
        channel.send(reply)
    assert not channel.find_sent(reply).is_absent
    assert not desk.channel().find_sent(reply).is_absent
    desk.clock.advance(95)
    assert desk.channel().find_sent(reply).is_absent


def test_a_second_attempt_has_its_own_grace(desk: Desk, asked: Post) -> None:
    reply = desk.reply_to(asked, SORRY)
    desk.clock.advance(minutes=10)
    desk.server.fault("reset", "/posts.json", method="POST")
    channel = desk.channel()
    with pytest.raises(Unclear):
        channel.send(reply)
    assert not channel.find_sent(reply).is_absent


def test_an_answer_is_found_at_the_end_of_a_long_topic(desk: Desk, asked: Post) -> None:
    for n in range(150):
        desk.forum.say("bob", f"Line {n}", asked, quiet=True)
    reply = desk.reply_to(asked, "We are **so** sorry :slight_smile:")
    desk.forum.say("rosie", reply.text, asked, to=asked)
    found = desk.channel().find_sent(reply)
    assert found.sent is not None
    lost = desk.reply_to(asked, "Something else altogether.")
    desk.clock.advance(95)
    assert desk.channel().find_sent(lost).is_absent


def test_the_same_words_to_somebody_else_wait(desk: Desk, asked: Post) -> None:
    other = desk.forum.start("cem", "Plates", "@rosie my plate is broken, too.")
    desk.look()
    desk.channel().send(desk.reply_to(asked, SORRY))
    with pytest.raises(RateLimited) as caught:
        desk.channel().send(desk.reply_to(other, SORRY))
    assert caught.value.reason == "same-words"
    assert caught.value.until is not None
    desk.clock.advance((caught.value.until - desk.clock.now()).total_seconds())
    desk.channel().send(desk.reply_to(other, SORRY))
    assert desk.ours() == [SORRY, SORRY]


def test_what_a_moderator_must_see_first_is_pending(desk: Desk, asked: Post) -> None:
    desk.forum.approves = True
    reply = desk.reply_to(asked, SORRY)
    sent = desk.channel().send(reply)
    assert sent.is_pending
    assert sent.remote_id == "", "it is no post yet"
    desk.clock.advance(minutes=5)
    found = desk.channel().find_sent(reply)
    assert found.sent is not None
    assert found.sent.is_pending


def test_a_key_that_may_only_read(open_desk: OpenDesk) -> None:
    desk = open_desk()
    desk.forum.keys[0].scopes = frozenset({"read", "notifications", "session_info"})
    said = desk.forum.start("ann", "Mug", "Hello @rosie, my mug is broken.")
    desk.sign_in().look()
    with pytest.raises(NotAllowed) as caught:
        desk.channel().send(desk.reply_to(said, SORRY))
    assert caught.value.detail["permission"] == "forum:write"


def test_a_revoked_key_is_told_from_a_missing_right(desk: Desk, asked: Post) -> None:
    reply = desk.reply_to(asked, SORRY)
    desk.forum.keys[0].revoked = True
    with pytest.raises(SignInNeeded):
        desk.channel().send(reply)


def test_a_forum_that_can_only_be_read_holds_the_answer(desk: Desk, asked: Post) -> None:
    desk.server.read_only = True
    with pytest.raises(Unreachable) as caught:
        desk.channel().send(desk.reply_to(asked, SORRY))
    assert (caught.value.reason, caught.value.sent) == ("read-only", False)


def test_trouble_before_the_answer_left_is_no_doubt(desk: Desk, asked: Post) -> None:
    reply = desk.reply_to(asked, SORRY)
    desk.server.fault("status", "/t/*", status=502)
    with pytest.raises(Unreachable) as caught:
        desk.channel().send(reply)
    assert not caught.value.sent
    desk.server.fault("status", "/posts.json", method="POST", status=504)
    with pytest.raises(Unclear):
        desk.channel().send(reply)


def test_refused_with_words_of_the_forum(desk: Desk, asked: Post) -> None:
    body = b'{"action":"create_post","errors":["Sorry, new users can only put one link in a post."]}'
    desk.server.fault(
        "body", "/posts.json", method="POST", status=422, body=body, content_type="application/json"
    )
    with pytest.raises(Refused) as caught:
        desk.channel().send(desk.reply_to(asked, SORRY))
    assert caught.value.reason == "rejected"
    assert "one link" in caught.value.detail["said"]


def test_the_thread_is_read_again_before_sending(desk: Desk, asked: Post) -> None:
    known = tuple(desk.seen)
    message = desk.seen[str(asked.id)]
    ref = ThreadRef(message.conversation_key, known, message.remote_id, message.reply_context)
    assert [m.remote_id for m in desk.channel().thread(ref)] == [str(asked.id)]
    more = desk.forum.say("ann", "Forget it, I found the other one.", asked)
    ours = desk.forum.say("rosie", "We send a new one.", asked, to=asked)
    found = {m.remote_id: m for m in desk.channel().thread(ref)}
    assert found[str(more.id)].is_addressed
    assert found[str(ours.id)].direction is Direction.OUTBOUND
    assert found[str(ours.id)].parent_id == str(asked.id)


def test_the_thread_below_our_own_topic_is_only_this_one(desk: Desk) -> None:
    own = desk.forum.start("rosie", "Opening hours", "We open at seven.")
    bob, cem = desk.forum.say("bob", "On Sundays, too?", own), desk.forum.say("cem", "Too late for me.", own)
    desk.look()
    message = desk.seen[str(bob.id)]
    desk.forum.say("cem", "Really too late.", own, to=cem)
    desk.forum.say("bob", "Hello?", own, to=bob)
    ref = ThreadRef(message.conversation_key, (message.remote_id,), message.remote_id, message.reply_context)
    assert [m.text for m in desk.channel().thread(ref)] == ["On Sundays, too?", "Hello?"]


def test_liking(desk: Desk, asked: Post) -> None:
    desk.channel().moderate("like", str(asked.id), {})
    assert desk.forum.likes == {(desk.server.rosie.id, asked.id)}
    with pytest.raises(Refused):
        desk.channel().moderate("like", str(asked.id), {})
    with pytest.raises(Refused):
        desk.channel().moderate("hide", str(asked.id), {})
