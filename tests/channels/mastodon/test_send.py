"""Answers leave once, to the right people, never seen by more than the question was."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from services.channels.base import ABSENT, UNKNOWN
from services.errors import (
    BadAnswer,
    ChannelError,
    NotAllowed,
    RateLimited,
    Refused,
    SignInNeeded,
    Unclear,
    Unreachable,
)
from services.sample.records import Status
from tests.channels.mastodon.conftest import OpenDesk
from tests.channels.mastodon.desk import Desk, only

POST = "/api/v1/statuses"
MARTA = "marta@loaf.example"
LONG_LINK = "https://bakery.example/a/very/long/path/to/the/form/for/refunds"


def heard(desk: Desk, text: str = "my cake says Bernd", who: str = MARTA, **more: Any) -> Status:
    status = desk.shop.say(who, text, **more)
    desk.look()
    return status


def sent_status(desk: Desk) -> Status:
    statuses = desk.shop.owner_statuses()
    assert len(statuses) == 1, [s.text for s in statuses]
    return statuses[0]


def test_a_reply_arrives_under_what_it_answers_and_mentions_its_author(desk: Desk) -> None:
    asked = heard(desk, language="de")
    sent = desk.channel().send(desk.reply_to(asked, "Das tut mir leid, Marta."))
    status = sent_status(desk)
    assert status.text == "@marta@loaf.example Das tut mir leid, Marta."
    assert status.reply_to == asked.id
    assert status.visibility == "public"
    assert status.language == "de"
    assert (sent.remote_id, sent.sent_at, sent.url) == (status.id, status.at, status.url)
    assert sent.text.endswith("Das tut mir leid, Marta.")
    assert not sent.is_pending


@pytest.mark.parametrize("visibility", ["public", "unlisted", "private", "direct"])
def test_a_reply_is_seen_by_no_more_people_than_the_question(desk: Desk, visibility: str) -> None:
    desk.shop.person("marta@loaf.example").followed_by_shop = True
    asked = heard(desk, visibility=visibility)
    desk.channel().send(desk.reply_to(asked, "Sorry!"))
    assert sent_status(desk).visibility == visibility


def test_taken_private_it_goes_to_the_author_alone(desk: Desk) -> None:
    desk.shop.person("theo@supper.example")
    asked = heard(desk, "@theo@supper.example look what they sold me")
    desk.channel().send(desk.reply_to(asked, "May I write to you?", private=True))
    status = sent_status(desk)
    assert status.visibility == "direct"
    assert status.text == "@marta@loaf.example May I write to you?"
    assert status.private_to == {asked.author.id, desk.shop.world.shop.id}


def test_everybody_in_an_open_thread_is_mentioned_but_not_ourselves(desk: Desk) -> None:
    desk.shop.person("theo@supper.example")
    asked = heard(desk, "@theo@supper.example look what they sold me")
    desk.channel().send(desk.reply_to(asked, "Sorry, both."))
    assert sent_status(desk).text == "@marta@loaf.example @theo@supper.example Sorry, both."


@pytest.mark.parametrize(
    ("text", "prefix"),
    [
        ("Sorry @marta@loaf.example.", ""),
        ("@Marta@Loaf.example, sorry", ""),
        ("Sorry @marta", "@marta@loaf.example "),
        ("Sorry @marta@loaf.example.org", "@marta@loaf.example "),
        ("x@marta@loaf.example", "@marta@loaf.example "),
    ],
)
def test_a_mention_the_owner_typed_is_not_put_in_twice(plain_desk: Desk, text: str, prefix: str) -> None:
    asked = heard(plain_desk)
    assert plain_desk.channel().prefix(plain_desk.reply_to(asked, text)) == prefix


def test_a_content_warning_is_kept(desk: Desk) -> None:
    asked = heard(desk, spoiler="allergies")
    desk.channel().send(desk.reply_to(asked, "We are sorry."))
    assert sent_status(desk).spoiler == "allergies"


def test_a_greeting_answers_no_status(desk: Desk) -> None:
    desk.shop.follow("joy@choir.example")
    follow = only(desk.look())
    desk.channel().send(desk.reply_to(follow, "Welcome!"))
    status = sent_status(desk)
    assert (status.reply_to, status.text) == (None, "@joy@choir.example Welcome!")
    assert desk.channel().find_sent(desk.reply_to(follow, "Welcome!")).sent is not None


def test_the_limit_counts_as_the_server_counts(desk: Desk) -> None:
    """The longest text that fits leaves, one more is refused before a byte of it has left."""
    asked = heard(desk)
    channel = desk.channel()
    limits = channel.limits()
    assert limits.max_length == desk.shop.world.flavour.max_characters
    link = "https://bakery.example/" + "a" * 60
    mention = "@marta" if limits.mention_domain_free else "@marta@loaf.example"
    used = len(mention) + 1 + (limits.link_length or len(link)) + 1
    fits = f"{link} " + "é" * (limits.max_length - used)
    with pytest.raises(Refused) as caught:
        channel.send(desk.reply_to(asked, fits + "!!!"))
    assert (caught.value.reason, caught.value.detail["over"]) == ("too-long", 3)
    assert caught.value.detail["limit"] == limits.max_length
    assert "POST /api/v1/statuses" not in desk.paths()
    channel.send(desk.reply_to(asked, fits))
    assert len(sent_status(desk).text) >= limits.max_length


def test_a_warning_counts_too(desk: Desk) -> None:
    asked = heard(desk, spoiler="w" * 30)
    limit = desk.channel().limits().max_length
    with pytest.raises(Refused) as caught:
        desk.channel().send(desk.reply_to(asked, "a" * (limit - 25)))
    assert caught.value.reason == "too-long"


def test_when_the_server_counts_otherwise_its_refusal_is_understood(desk: Desk) -> None:
    asked = heard(desk)
    desk.settings["max_characters"] = 100_000
    with pytest.raises(Refused) as caught:
        desk.channel().send(desk.reply_to(asked, "a" * 6000))
    assert caught.value.reason == "too-long"
    assert desk.shop.owner_statuses() == []


def test_what_was_deleted_meanwhile_cannot_be_answered(desk: Desk) -> None:
    asked = heard(desk, key="gone")
    desk.shop.delete("gone")
    with pytest.raises(Refused) as caught:
        desk.channel().send(desk.reply_to(asked, "Sorry!"))
    assert caught.value.reason == "gone"


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"kind": "status", "status": 401}, SignInNeeded),
        ({"kind": "status", "status": 403}, NotAllowed),
        ({"kind": "status", "status": 403, "body": b'{"error":"you may not reply to this"}'}, Refused),
        ({"kind": "status", "status": 404}, Refused),
        ({"kind": "status", "status": 422}, Refused),
        ({"kind": "status", "status": 400}, Refused),
        ({"kind": "status", "status": 429, "retry_after": "20"}, RateLimited),
        ({"kind": "status", "status": 503, "retry_after": "20"}, RateLimited),
        ({"kind": "status", "status": 500}, Unclear),
        ({"kind": "status", "status": 502}, Unclear),
        ({"kind": "status", "status": 504}, Unclear),
        ({"kind": "bad-json"}, Unclear),
        ({"kind": "empty"}, Unclear),
        ({"kind": "body", "body": b"{}", "content_type": "application/json"}, Unclear),
        ({"kind": "reset"}, Unclear),
        ({"kind": "reset-after"}, Unclear),
        ({"kind": "reset-body"}, Unclear),
        ({"kind": "redirect", "location": "/elsewhere"}, Unclear),
    ],
)
def test_a_send_that_fails(plain_desk: Desk, fault: dict[str, Any], error: type[ChannelError]) -> None:
    asked = heard(plain_desk)
    plain_desk.shop.fault(path=POST, method="POST", **fault)
    with pytest.raises(error):
        plain_desk.channel().send(plain_desk.reply_to(asked, "Sorry!"))


def test_when_nothing_listens_it_is_certain_that_nothing_left(plain_desk: Desk) -> None:
    asked = heard(plain_desk)
    plain_desk.shop.stop()
    with pytest.raises(Unreachable) as caught:
        plain_desk.channel().send(plain_desk.reply_to(asked, "Sorry!"))
    assert not caught.value.sent


def test_a_token_without_the_right_to_write_is_told_so(plain_desk: Desk) -> None:
    asked = heard(plain_desk)
    plain_desk.secrets = {"access_token": plain_desk.shop.new_token("read")}
    with pytest.raises(NotAllowed) as caught:
        plain_desk.channel().send(plain_desk.reply_to(asked, "Sorry!"))
    assert caught.value.detail["permission"] == "write:statuses"


# --- after a send whose outcome is not known


@pytest.mark.parametrize("visibility", ["public", "direct"])
def test_a_reply_whose_answer_was_lost_is_found_and_stands_there_once(desk: Desk, visibility: str) -> None:
    asked = heard(desk, visibility=visibility)
    reply = desk.reply_to(asked, f"Sorry, Marta! See {LONG_LINK} 🥐")
    desk.shop.fault("reset-after", POST, method="POST")
    with pytest.raises(Unclear):
        desk.channel().send(reply)
    desk.clock.advance(seconds=20)
    found = desk.channel().find_sent(reply)
    assert found.sent is not None
    assert found.sent.remote_id == sent_status(desk).id


def test_a_reply_that_never_got_there_may_be_repeated_only_where_that_is_harmless(desk: Desk) -> None:
    asked = heard(desk)
    reply = desk.reply_to(asked, "Sorry!")
    desk.shop.fault("reset", POST, method="POST")
    with pytest.raises(Unclear):
        desk.channel().send(reply)
    keeps_keys = desk.shop.world.flavour.keeps_idempotency
    assert desk.channel().find_sent(reply) == (ABSENT if keeps_keys else UNKNOWN)
    desk.clock.advance(minutes=51)
    assert desk.channel().find_sent(reply) == UNKNOWN


def test_the_same_key_twice_is_one_status_where_keys_are_kept(desk: Desk) -> None:
    asked = heard(desk)
    reply = desk.reply_to(asked, "Sorry!")
    first, second = desk.channel().send(reply), desk.channel().send(reply)
    if desk.shop.world.flavour.keeps_idempotency:
        assert first.remote_id == second.remote_id == sent_status(desk).id
    assert desk.shop.posts_received() == {reply.key: 2}


def test_an_earlier_answer_with_the_same_words_is_not_taken_for_this_one(desk: Desk) -> None:
    asked = heard(desk)
    desk.channel().send(desk.reply_to(asked, "Sorry!"))
    desk.clock.advance(minutes=10)
    assert desk.channel().find_sent(desk.reply_to(asked, "Sorry!", key="another")).sent is None


def test_other_words_or_another_place_are_not_it(desk: Desk) -> None:
    asked = heard(desk)
    other = heard(desk, "and mine says Otto", who="ines@praca.example")
    desk.channel().send(desk.reply_to(asked, "Sorry!"))
    desk.channel().send(desk.reply_to(other, "Oh no!"))
    assert desk.channel().find_sent(desk.reply_to(asked, "Oh no!")).sent is None
    assert desk.channel().find_sent(desk.reply_to(other, "Oh no!")).sent is not None


def test_a_customer_who_repeats_our_words_is_not_us(desk: Desk) -> None:
    asked = heard(desk)
    desk.shop.say("theo", "@marta@loaf.example Sorry!", reply_to=asked.id, mention=False)
    assert desk.channel().find_sent(desk.reply_to(asked, "Sorry!")).sent is None


def test_behind_many_newer_posts_it_is_found_through_the_thread(plain_desk: Desk) -> None:
    asked = heard(plain_desk)
    plain_desk.channel().send(plain_desk.reply_to(asked, "Sorry!"))
    for number in range(130):
        plain_desk.shop.post_as_shop(f"post {number}")
    assert plain_desk.channel().find_sent(plain_desk.reply_to(asked, "Sorry!")).sent is not None


@pytest.mark.parametrize("status", [401, 429, 500])
def test_when_the_search_itself_fails_nothing_is_claimed(desk: Desk, status: int) -> None:
    asked = heard(desk)
    desk.shop.fault("status", "/api/v1/accounts/*", status=status, times=None)
    with pytest.raises(ChannelError):
        desk.channel().find_sent(desk.reply_to(asked, "Sorry!"))


def test_a_revoked_token_proves_nothing(desk: Desk) -> None:
    asked = heard(desk, visibility="direct")
    reply = desk.reply_to(asked, "Sorry!")
    desk.channel().send(reply)
    desk.shop.revoke_tokens()
    with pytest.raises(SignInNeeded):
        desk.channel().find_sent(reply)


# --- the check before sending, and the rest


def thread_ref(desk: Desk, status: Status) -> Any:
    from services.channels.base import ThreadRef

    message = desk.seen[status.id]
    known = tuple(m.remote_id for m in desk.seen.values() if m.conversation_key == message.conversation_key)
    return ThreadRef(message.conversation_key, known, status.id, message.reply_context)


@pytest.mark.parametrize("visibility", ["public", "direct"])
def test_the_thread_shows_what_was_said_since(open_desk: OpenDesk, visibility: str) -> None:
    desk = open_desk().sign_in()
    asked = heard(desk, visibility=visibility, key="ask")
    answer = desk.shop.answer_from_phone("ask", "Already on it.")
    again = desk.shop.say("marta@loaf.example", "still waiting", reply_to=answer.id, visibility=visibility)
    messages = {m.remote_id: m for m in desk.channel().thread(thread_ref(desk, asked))}
    assert {answer.id, again.id} <= set(messages)
    assert {m.conversation_key for m in messages.values()} == {desk.seen[asked.id].conversation_key}
    assert messages[again.id].is_addressed


def test_the_thread_sees_an_answer_beside_the_message_answered(desk: Desk) -> None:
    desk.shop.post_as_shop("Rye is back.", key="post")
    first = heard(desk, reply_to="post", key="first")
    second = heard(desk, "and another thing", reply_to="first")
    answer = desk.shop.answer_from_phone("first", "Sorry!")
    assert answer.id in {m.remote_id for m in desk.channel().thread(thread_ref(desk, second))}
    ours = {m.remote_id for m in desk.channel().thread(thread_ref(desk, first))}
    assert desk.shop.status("post").id not in ours


def test_what_customers_say_to_each_other_waits_for_nobody(plain_desk: Desk) -> None:
    asked = heard(plain_desk, key="ask")
    plain_desk.shop.say("theo", "@marta@loaf.example same here", reply_to="ask", mention=False, key="same")
    aside = plain_desk.shop.say("marta@loaf.example", "@theo really?", reply_to="same", mention=False)
    messages = {m.remote_id: m for m in plain_desk.channel().thread(thread_ref(plain_desk, asked))}
    assert list(messages) == [aside.id]
    assert not messages[aside.id].is_addressed


def test_a_thread_the_server_keeps_to_itself_is_no_error(desk: Desk) -> None:
    asked = heard(desk)
    desk.shop.fault("status", "*/context", status=404)
    assert desk.channel().thread(thread_ref(desk, asked)) == []


def test_like_and_delete(desk: Desk) -> None:
    asked = heard(desk)
    channel = desk.channel()
    channel.moderate("like", asked.id, desk.seen[asked.id].reply_context)
    assert desk.shop.world.shop.id in asked.favourited_by
    sent = channel.send(desk.reply_to(asked, "Sorry!"))
    channel.moderate("delete", sent.remote_id, {})
    assert desk.shop.owner_statuses() == []
    with pytest.raises(Refused):
        channel.moderate("hide", asked.id, {})


def test_an_answer_that_waits_for_approval_says_so(plain_desk: Desk) -> None:
    asked = heard(plain_desk)
    body = (
        b'{"id":"77","created_at":"2026-11-24T07:04:00Z","content":"<p>Sorry!</p>","pending_approval":true}'
    )
    plain_desk.shop.fault("body", POST, method="POST", body=body, content_type="application/json")
    assert plain_desk.channel().send(plain_desk.reply_to(asked, "Sorry!")).is_pending


def test_a_search_that_cannot_be_read_is_no_proof(desk: Desk) -> None:
    asked = heard(desk)
    desk.shop.fault("bad-json", "*/context")
    with pytest.raises(BadAnswer):
        desk.channel().find_sent(desk.reply_to(asked, "Sorry!"))


def test_clocks_that_differ_by_half_a_minute_do_not_hide_it(desk: Desk) -> None:
    asked = heard(desk)
    reply = desk.reply_to(asked, "Sorry!", attempt_started=desk.clock.now() + timedelta(seconds=30))
    desk.channel().send(reply)
    assert desk.channel().find_sent(reply).sent is not None
