"""Answers: under the right message, as they were written, once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.channels.base import ABSENT, UNKNOWN, ThreadRef
from services.errors import NotAllowed, RateLimited, Refused, SignInNeeded, Unclear
from services.model import Direction, Message
from tests.channels.chat_desk import ChatDesk, only
from tests.channels.chat_server import Said
from tests.channels.matrix.standin import ANN, BOB, CAKES, SHOP, TOM, too_many

CHAT = "!chat:bakery.test"
SEND = "/send/"


@pytest.fixture
def complaint(desk: ChatDesk) -> Message:
    return next(m for m in desk.seen.values() if m.author.id == ANN)


@pytest.fixture
def direct(desk: ChatDesk) -> Message:
    desk.standin.make_direct(CHAT, ANN)
    desk.standin.make_room(CHAT, "", ANN)
    desk.standin.say(ANN, "Between us: it was mouldy", CHAT)
    return only(desk.look())


def test_an_answer_stands_under_its_question(desk: ChatDesk, complaint: Message) -> None:
    sent = desk.channel().send(desk.reply_to(complaint, "So sorry, *Ann* <3"))
    (event,) = desk.standin.sent
    assert event["event_id"] == sent.remote_id
    assert event["content"] == {
        "msgtype": "m.text",
        "body": "So sorry, *Ann* <3",
        "m.mentions": {"user_ids": [ANN]},
        "m.relates_to": {"m.in_reply_to": {"event_id": complaint.remote_id}},
    }
    assert sent.url == f"https://matrix.to/#/{CAKES}/{sent.remote_id}"
    own = only(desk.look())
    assert (own.direction, own.remote_id, own.parent_id) == (
        Direction.OUTBOUND,
        sent.remote_id,
        complaint.remote_id,
    )
    assert own.conversation_key == complaint.conversation_key


def test_an_answer_in_a_thread_stays_there(desk: ChatDesk) -> None:
    root = desk.standin.say(ANN, "Is there gluten in it?")
    question = desk.standin.say(BOB, "I ask, too", thread=root)
    bob = next(m for m in desk.look() if m.remote_id == question)
    desk.channel().send(desk.reply_to(bob, "Yes"))
    relation = desk.standin.sent[0]["content"]["m.relates_to"]
    assert relation == {
        "rel_type": "m.thread",
        "event_id": root,
        "is_falling_back": False,
        "m.in_reply_to": {"event_id": question},
    }


@pytest.mark.parametrize(
    "text", ["😡", "שלום", "a" * 60_000, "é" * 30_000, "line\nline", '"quoted" \\ & <b>']
)
def test_any_text_arrives_as_it_was_written(desk: ChatDesk, complaint: Message, text: str) -> None:
    assert len(text.encode()) <= (desk.channel().limits().max_length or 0)
    desk.channel().send(desk.reply_to(complaint, text))
    assert desk.standin.sent[0]["content"]["body"] == text


@pytest.mark.parametrize("text", ["a" * 60_001, "é" * 30_001, "😡" * 15_001, "\n" + '"' * 40_000])
def test_too_long_is_refused_before_anything_leaves(desk: ChatDesk, complaint: Message, text: str) -> None:
    desk.standin.log.clear()
    with pytest.raises(Refused) as caught:
        desk.channel().send(desk.reply_to(complaint, text))
    assert caught.value.reason == "too-long"
    assert desk.standin.log == []


def test_no_words_are_no_answer(desk: ChatDesk, complaint: Message) -> None:
    with pytest.raises(Refused) as caught:
        desk.channel().send(desk.reply_to(complaint, " \n"))
    assert caught.value.reason == "empty"


def test_a_private_answer_never_goes_to_a_room(desk: ChatDesk, complaint: Message) -> None:
    with pytest.raises(Refused) as caught:
        desk.channel().send(desk.reply_to(complaint, "Between us", private=True))
    assert caught.value.reason == "would-be-public"
    assert desk.standin.sent == []


def test_a_private_answer_leaves_only_while_the_two_are_alone(desk: ChatDesk, direct: Message) -> None:
    assert direct.private
    desk.channel().send(desk.reply_to(direct, "Sorry"))
    desk.standin.member(CHAT, BOB, "join")
    with pytest.raises(Refused) as caught:
        desk.channel().send(desk.reply_to(direct, "Here is my number", key="another"))
    assert caught.value.reason == "would-be-public"
    assert [one["content"]["body"] for one in desk.standin.sent] == ["Sorry"]


def test_what_was_deleted_meanwhile_is_not_answered(desk: ChatDesk, complaint: Message) -> None:
    desk.standin.redact(complaint.remote_id, sender=ANN)
    with pytest.raises(Refused) as caught:
        desk.channel().send(desk.reply_to(complaint, "Sorry"))
    assert caught.value.reason == "gone"
    assert desk.standin.sent == []


# --- once


@pytest.mark.parametrize("later", [timedelta(seconds=20), timedelta(hours=2)])
def test_a_repeat_is_the_same_message(desk: ChatDesk, complaint: Message, later: timedelta) -> None:
    desk.standin.fault(SEND, cut="after")
    reply = desk.reply_to(complaint, "Sorry")
    with pytest.raises(Unclear):
        desk.channel().send(reply)
    desk.clock.advance(later.total_seconds())
    again = desk.channel().send(reply)
    assert [one["event_id"] for one in desk.standin.sent] == [again.remote_id]


def test_a_late_repeat_on_a_server_that_forgot_the_number(desk: ChatDesk, complaint: Message) -> None:
    desk.standin.fault(SEND, cut="after")
    reply = desk.reply_to(complaint, "Sorry")
    with pytest.raises(Unclear):
        desk.channel().send(reply)
    desk.standin.transactions.clear()
    desk.clock.advance(hours=2)
    assert desk.channel().send(reply).remote_id == desk.standin.sent[0]["event_id"]
    assert len(desk.standin.sent) == 1


def test_a_new_token_does_not_send_again(desk: ChatDesk, complaint: Message) -> None:
    desk.standin.fault(SEND, cut="after")
    reply = desk.reply_to(complaint, "Sorry")
    with pytest.raises(Unclear):
        desk.channel().send(reply)
    desk.standin.tokens = {"syt_other": SHOP}
    desk.secrets = dict(desk.standin.secrets)
    found = desk.channel().find_sent(reply)
    assert found.sent is not None
    assert found.sent.remote_id == desk.standin.sent[0]["event_id"]


@pytest.mark.parametrize("later", [timedelta(seconds=5), timedelta(hours=3)])
def test_what_arrived_is_found(desk: ChatDesk, complaint: Message, later: timedelta) -> None:
    desk.standin.fault(SEND, cut="after")
    reply = desk.reply_to(complaint, "Sorry")
    with pytest.raises(Unclear):
        desk.channel().send(reply)
    for number in range(1500):
        desk.standin.say(BOB, f"noise {number}")
    desk.clock.advance(later.total_seconds())
    found = desk.channel().find_sent(reply)
    assert found.sent is not None
    assert found.sent.remote_id == desk.standin.sent[0]["event_id"]


def test_absent_is_said_only_when_it_is_proven(desk: ChatDesk, complaint: Message) -> None:
    desk.standin.fault(SEND, cut="before")
    reply = desk.reply_to(complaint, "Sorry")
    with pytest.raises(Unclear):
        desk.channel().send(reply)
    assert desk.channel().find_sent(reply) == ABSENT
    desk.clock.advance(hours=1)
    assert desk.channel().find_sent(reply) == ABSENT, "all that we said was read"
    for number in range(1200):
        desk.standin.say(SHOP, f"news {number}")
    assert desk.channel().find_sent(reply) == UNKNOWN, "too much to read"
    with pytest.raises(Unclear):
        desk.channel().send(reply)
    assert desk.standin.sent == []


def test_the_same_words_said_before_prove_nothing(desk: ChatDesk, complaint: Message) -> None:
    desk.standin.say(SHOP, "Sorry", answers=complaint.remote_id)
    desk.clock.advance(minutes=30)
    reply = desk.reply_to(complaint, "Sorry")
    desk.clock.advance(hours=1)
    assert desk.channel().find_sent(reply) == UNKNOWN


def test_the_same_words_under_another_message_are_another_answer(desk: ChatDesk, complaint: Message) -> None:
    other = next(m for m in desk.seen.values() if m.author.id == BOB)
    reply = desk.reply_to(complaint, "Sorry")
    desk.standin.say(SHOP, "Sorry", answers=other.remote_id)
    desk.clock.advance(hours=1)
    assert desk.channel().find_sent(reply) == ABSENT


# --- what the server says to it


@pytest.mark.parametrize(
    ("said", "error", "reason"),
    [
        (Said(401, {"errcode": "M_UNKNOWN_TOKEN", "soft_logout": True}), SignInNeeded, "401"),
        (Said(403, {"errcode": "M_FORBIDDEN", "error": "not in room"}), NotAllowed, "scope"),
        (Said(403, {"errcode": "M_USER_DEACTIVATED"}), SignInNeeded, "deactivated"),
        (Said(403, {"errcode": "M_GUEST_ACCESS_FORBIDDEN"}), SignInNeeded, "guest"),
        (Said(403, {"errcode": "M_CONSENT_NOT_GIVEN", "consent_uri": "https://x"}), NotAllowed, "consent"),
        (Said(413, {"errcode": "M_TOO_LARGE"}), Refused, "too-long"),
        (Said(404, {"errcode": "M_NOT_FOUND"}), Refused, "gone"),
        (Said(400, {"errcode": "M_BAD_JSON"}), Refused, "rejected"),
        (Said(500, {"errcode": "M_UNKNOWN"}), Unclear, "server"),
        (Said(502, b"<html>"), Unclear, "server"),
        (Said(200, b"<html>"), Unclear, "not-json"),
        (Said(200, {}), Unclear, "no-id"),
        (Said(302, b"", {"Location": "https://elsewhere.example/"}), Unclear, "redirected"),
        (too_many(), RateLimited, ""),
    ],
)
def test_refusals(
    desk: ChatDesk, complaint: Message, said: Said, error: type[Exception], reason: str
) -> None:
    desk.standin.fault(SEND, answer=said)
    with pytest.raises(error) as caught:
        desk.channel().send(desk.reply_to(complaint, "Sorry"))
    assert caught.value.reason == reason  # type: ignore[attr-defined]
    assert desk.standin.token not in repr(caught.value.detail)  # type: ignore[attr-defined]


@pytest.mark.parametrize("said", [too_many(milliseconds=90_000), too_many(seconds=90)])
def test_a_pause_is_as_long_as_it_was_asked_for(desk: ChatDesk, complaint: Message, said: Said) -> None:
    desk.standin.fault(SEND, answer=said)
    with pytest.raises(RateLimited) as caught:
        desk.channel().send(desk.reply_to(complaint, "Sorry"))
    assert caught.value.until == desk.clock.now() + timedelta(seconds=90)


def test_without_the_right_to_speak(desk: ChatDesk, complaint: Message) -> None:
    desk.standin.put(CAKES, "m.room.power_levels", {"events_default": 50, "users": {TOM: 100}})
    with pytest.raises(NotAllowed) as caught:
        desk.channel().send(desk.reply_to(complaint, "Sorry"))
    assert caught.value.detail["permission"] == "send-messages"


# --- the check before sending


def reread(desk: ChatDesk, message: Message, *known: str) -> list[Message]:
    ref = ThreadRef(
        message.conversation_key, (message.remote_id, *known), message.remote_id, message.reply_context
    )
    return list(desk.channel().thread(ref))


def test_what_was_said_meanwhile_is_seen(desk: ChatDesk, complaint: Message) -> None:
    desk.standin.say(BOB, "unrelated")
    desk.standin.say(ANN, "It is fine, forget it")
    desk.standin.say(TOM, "Welcome", answers=complaint.remote_id)
    desk.standin.say(SHOP, "We will call you", answers=complaint.remote_id)
    found = reread(desk, complaint)
    assert [m.text for m in found] == ["It is fine, forget it", "Welcome", "We will call you"]
    assert {m.conversation_key for m in found} == {complaint.conversation_key}
    assert found[0].author.name == "Ann Lee"
    assert found[-1].direction is Direction.OUTBOUND


def test_a_long_thread_is_read_in_bounds(desk: ChatDesk, complaint: Message) -> None:
    for number in range(1000):
        desk.standin.say(ANN, f"and {number}", answers=complaint.remote_id)
    desk.standin.log.clear()
    assert len(reread(desk, complaint)) >= 100
    assert len(desk.standin.log) <= 4


# --- the owner's deeds


def test_liking_twice_is_once(desk: ChatDesk, complaint: Message) -> None:
    for _ in range(2):
        desk.channel().moderate("like", complaint.remote_id, complaint.reply_context)
    reactions = [e for e in desk.standin.rooms[CAKES].events if e["type"] == "m.reaction"]
    assert [one["content"]["m.relates_to"]["event_id"] for one in reactions] == [complaint.remote_id]


def test_deleting_needs_the_right_to(desk: ChatDesk, complaint: Message) -> None:
    with pytest.raises(NotAllowed) as caught:
        desk.channel().moderate("delete", complaint.remote_id, complaint.reply_context)
    assert caught.value.detail["permission"] == "manage-messages"
    own = desk.channel().send(desk.reply_to(complaint, "Oops"))
    desk.channel().moderate("delete", own.remote_id, complaint.reply_context)
    assert desk.standin.find(own.remote_id)["content"] == {}
    with pytest.raises(Refused):
        desk.channel().moderate("hide", complaint.remote_id, complaint.reply_context)
