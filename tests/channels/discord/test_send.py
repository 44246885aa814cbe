"""An answer stands there once, whatever became of the connection, under the message it answers."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest

from services.channels.base import ABSENT, UNKNOWN, ThreadRef
from services.errors import NotAllowed, RateLimited, Refused, SignInNeeded, Unclear, Unreachable
from services.model import Message
from tests.channels.chat_desk import ChatDesk, only
from tests.channels.chat_server import Said
from tests.channels.discord.standin import ANN, BOB, BOT, SEND, VIEW, too_many

POST = "/messages$"


@pytest.fixture
def complaint(desk: ChatDesk) -> Message:
    return next(m for m in desk.seen.values() if "mouldy" in m.text)


def test_an_answer_is_a_reply_that_wakes_nobody_else(desk: ChatDesk, complaint: Message) -> None:
    sent = desk.channel().send(desk.reply_to(complaint, "We are so sorry, @everyone."))
    (body,) = desk.standin.sent
    assert body["content"] == "We are so sorry, @everyone."
    assert body["allowed_mentions"] == {"parse": [], "replied_user": True}
    assert body["message_reference"]["message_id"] == complaint.remote_id
    assert body["message_reference"]["fail_if_not_exists"] is False
    assert len(body["nonce"]) <= 25
    assert body["enforce_nonce"] is True
    assert sent.remote_id == body["_message"]["id"]
    assert sent.url.endswith(f"/{desk.standin.general}/{sent.remote_id}")
    ours = only(desk.look())
    assert (ours.remote_id, ours.parent_id) == (sent.remote_id, complaint.remote_id)
    assert ours.direction.value == "outbound"
    assert ours.conversation_key == complaint.conversation_key


def test_requests_say_who_asks(desk: ChatDesk) -> None:
    assert all(one.headers["user-agent"].startswith("DiscordBot (") for one in desk.standin.log)
    assert all(one.headers["authorization"].startswith("Bot ") for one in desk.standin.log)


@pytest.mark.parametrize("letter", ["a", "ش", "😀"])
def test_too_long_is_refused_before_it_leaves(desk: ChatDesk, complaint: Message, letter: str) -> None:
    desk.channel().send(desk.reply_to(complaint, letter * 2000))
    asked = len(desk.standin.log)
    with pytest.raises(Refused) as caught:
        desk.channel().send(desk.reply_to(complaint, letter * 2001))
    assert (caught.value.reason, caught.value.detail["over"]) == ("too-long", 1)
    assert len(desk.standin.log) == asked


def test_what_was_meant_for_two_is_not_said_to_all(desk: ChatDesk, complaint: Message) -> None:
    with pytest.raises(Refused) as caught:
        desk.channel().send(desk.reply_to(complaint, "Your order 4711", private=True))
    assert caught.value.reason == "would-be-public"
    assert desk.standin.sent == []


def test_a_question_that_was_deleted_meanwhile_is_not_answered(desk: ChatDesk, complaint: Message) -> None:
    desk.standin.messages[desk.standin.general].clear()
    with pytest.raises(Refused) as caught:
        desk.channel().send(desk.reply_to(complaint, "Sorry"))
    assert caught.value.reason == "gone"
    assert desk.standin.sent == []


# --- once


def test_a_repeat_within_minutes_is_the_same_message(desk: ChatDesk, complaint: Message) -> None:
    desk.standin.fault(POST, method="POST", cut="after")
    reply = desk.reply_to(complaint, "Sorry")
    with pytest.raises(Unclear):
        desk.channel().send(reply)
    desk.clock.advance(20)
    again = desk.channel().send(reply)
    assert [one["_message"]["id"] for one in desk.standin.sent] == [again.remote_id]
    desk.clock.advance(hours=2)
    assert desk.channel().send(reply).remote_id == again.remote_id, "found, not sent"
    assert len(desk.standin.sent) == 1


@pytest.mark.parametrize("later", [timedelta(seconds=5), timedelta(hours=3)])
def test_what_arrived_is_found(desk: ChatDesk, complaint: Message, later: timedelta) -> None:
    desk.standin.fault(POST, method="POST", cut="after")
    reply = desk.reply_to(complaint, "Sorry, <@1> :)")
    with pytest.raises(Unclear):
        desk.channel().send(reply)
    for number in range(230):
        desk.standin.say(BOB, f"noise {number}", desk.standin.general)
    desk.clock.advance(later.total_seconds())
    found = desk.channel().find_sent(reply)
    assert found.sent is not None
    assert found.sent.remote_id == desk.standin.sent[0]["_message"]["id"]


def test_what_did_not_arrive_is_absent_only_when_everything_was_read(
    desk: ChatDesk, complaint: Message
) -> None:
    desk.standin.fault(POST, method="POST", cut="before")
    reply = desk.reply_to(complaint, "Sorry")
    with pytest.raises(Unclear):
        desk.channel().send(reply)
    assert desk.channel().find_sent(reply) == ABSENT, "a repeat is harmless"
    desk.clock.advance(hours=1)
    assert desk.channel().find_sent(reply) == ABSENT, "all was read"
    for number in range(1100):
        desk.standin.say(BOB, f"noise {number}", desk.standin.general)
    assert desk.channel().find_sent(reply) == UNKNOWN, "too much to read"
    with pytest.raises(Unclear):
        desk.channel().send(reply)
    assert desk.standin.sent == []


def test_a_closed_room_proves_nothing(desk: ChatDesk, complaint: Message) -> None:
    desk.standin.fault(POST, method="POST", cut="after")
    reply = desk.reply_to(complaint, "Sorry")
    with pytest.raises(Unclear):
        desk.channel().send(reply)
    desk.standin.rights[desk.standin.general] = VIEW | SEND
    desk.clock.advance(hours=1)
    assert desk.channel().find_sent(reply) == UNKNOWN
    with pytest.raises(Unclear):
        desk.channel().send(reply)
    assert len(desk.standin.sent) == 1


def test_the_same_words_said_before_are_not_this_answer(desk: ChatDesk, complaint: Message) -> None:
    desk.channel().send(desk.reply_to(complaint, "Sorry", key="first"))
    desk.clock.advance(hours=2)
    reply = desk.reply_to(complaint, "Sorry", key="second")
    desk.standin.fault(POST, method="POST", cut="before")
    with pytest.raises(Unclear):
        desk.channel().send(reply)
    desk.clock.advance(hours=1)
    assert desk.channel().find_sent(reply) == UNKNOWN, "neither found nor absent: the owner decides"


def test_a_clock_that_is_wrong_makes_no_double(desk: ChatDesk, complaint: Message) -> None:
    ahead = desk.clock.now() + timedelta(minutes=30)
    reply = desk.reply_to(complaint, "Sorry", attempt_started=ahead)
    desk.channel().send(reply)
    later = desk.reply_to(complaint, "Sorry", attempt_started=ahead)
    desk.clock.advance(hours=2)
    assert desk.channel().find_sent(later).is_absent is False


def test_what_never_left_is_known_not_to_have_left(desk: ChatDesk, complaint: Message) -> None:
    reply = desk.reply_to(complaint, "Sorry")
    channel = desk.channel()
    desk.standin.stop()
    with pytest.raises(Unreachable) as caught:
        channel.send(reply)
    assert caught.value.sent is False


@pytest.mark.parametrize(
    "answer",
    [
        Said(200, b"<html>fine</html>", {"Content-Type": "text/html"}),
        Said(200, {}),
        Said(200, [1]),
        Said(204),
        Said(502, b"<html>", {"Content-Type": "text/html"}),
        Said(500, {"message": "500: Internal Server Error", "code": 0}),
        Said(307, b"", {"Location": "/elsewhere"}),
    ],
)
def test_an_answer_that_says_nothing_is_unclear(desk: ChatDesk, complaint: Message, answer: Said) -> None:
    desk.standin.fault(POST, method="POST", answer=answer)
    with pytest.raises(Unclear):
        desk.channel().send(desk.reply_to(complaint, "Sorry"))


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [
        (404, 10003, "gone"),
        (404, 10008, "gone"),
        (400, 50006, "empty"),
        (403, 50007, "blocked"),
        (400, 50083, "closed"),
        (403, 160005, "closed"),
        (400, 200000, "spam"),
        (403, 0, "not-allowed"),
        (400, 0, "rejected"),
    ],
)
def test_refusals(desk: ChatDesk, complaint: Message, status: int, code: int, reason: str) -> None:
    desk.standin.fault(POST, method="POST", answer=Said(status, {"code": code, "message": "said"}))
    with pytest.raises(Refused) as caught:
        desk.channel().send(desk.reply_to(complaint, "Sorry"))
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"content": {"_errors": [{"code": "BASE_TYPE_MAX_LENGTH", "message": "long"}]}}, "too-long"),
        ({"message_reference": {"_errors": [{"code": "REPLIES_UNKNOWN_MESSAGE"}]}}, "gone"),
        ({"content": ["?"]}, "rejected"),
        ("odd", "rejected"),
    ],
)
def test_an_invalid_form_says_which_field(
    desk: ChatDesk, complaint: Message, fault: object, reason: str
) -> None:
    desk.standin.fault(POST, method="POST", answer=Said(400, {"code": 50035, "errors": fault}))
    with pytest.raises(Refused) as caught:
        desk.channel().send(desk.reply_to(complaint, "Sorry"))
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("code", "permission"), [(50013, "send-messages"), (50001, "view-channel"), (160002, "read-history")]
)
def test_a_right_that_is_missing_waits_for_it(
    desk: ChatDesk, complaint: Message, code: int, permission: str
) -> None:
    desk.standin.fault(POST, method="POST", answer=Said(403, {"code": code, "message": "no"}))
    with pytest.raises(NotAllowed) as caught:
        desk.channel().send(desk.reply_to(complaint, "Sorry"))
    assert caught.value.detail["permission"] == permission


@pytest.mark.parametrize(
    ("answer", "wait"),
    [
        (too_many(2.5), timedelta(seconds=2.5)),
        (too_many(64.0, header="65", is_global=True), timedelta(seconds=64)),
        (too_many(None, header="30"), timedelta(seconds=30)),
        (too_many(None), None),
    ],
)
def test_a_pause_that_is_asked_for(
    desk: ChatDesk, complaint: Message, answer: Said, wait: timedelta | None
) -> None:
    desk.standin.fault(POST, method="POST", answer=answer)
    with pytest.raises(RateLimited) as caught:
        desk.channel().send(desk.reply_to(complaint, "Sorry"))
    assert caught.value.until == (desk.clock.now() + wait if wait else None)
    desk.clock.advance(minutes=1)
    desk.channel().send(desk.reply_to(complaint, "Sorry"))
    assert len(desk.standin.sent) == 1


def test_a_token_revoked_meanwhile(desk: ChatDesk, complaint: Message) -> None:
    desk.standin.is_revoked = True
    with pytest.raises(SignInNeeded):
        desk.channel().send(desk.reply_to(complaint, "Sorry"))


# --- the check before sending


def test_what_was_said_meanwhile_is_seen(desk: ChatDesk, complaint: Message) -> None:
    say, room = desk.standin.say, desk.standin.general
    asked = desk.standin.messages[room][0]
    say(BOB, "nothing to do with it", room)
    say(ANN, "and it smelled", room)
    ours = say(BOT, "We are sorry", room, answers=asked)
    say(ANN, "thank you", room, answers=ours)
    reference = ThreadRef(
        complaint.conversation_key, (complaint.remote_id,), complaint.remote_id, complaint.reply_context
    )
    texts = [m.text for m in desk.channel().thread(reference)]
    assert texts == [complaint.text, "and it smelled", "We are sorry", "thank you"]
    keys = {m.conversation_key for m in desk.channel().thread(reference)}
    assert keys == {complaint.conversation_key}
    assert {m.remote_id for m in desk.look()} >= {ours["id"]}


def test_a_thread_is_read_again_whole(desk: ChatDesk) -> None:
    thread = desk.standin.add_thread(desk.standin.general, ANN, "Cake", "mine was wrong")
    first = only(desk.look())
    desk.standin.say(BOB, "mine too", thread)
    reference = ThreadRef(thread, (first.remote_id,), first.remote_id, first.reply_context)
    assert [m.text for m in desk.channel().thread(reference)] == ["mine was wrong", "mine too"]


# --- the smaller things


def test_files_are_saved_from_a_fresh_address(desk: ChatDesk) -> None:
    picture = {
        "id": "5",
        "filename": "b.jpg",
        "size": 3,
        "url": "https://127.0.0.1:9/old",
        "content_type": "image/png",
    }
    said = desk.standin.say(ANN, "see", desk.standin.general, attachments=[picture])
    message = only(desk.look())
    said["attachments"][0]["url"] = f"{desk.standin.url}/api/v10/fresh?ex=1"
    desk.standin.fault("/fresh$", answer=Said(200, b"\x89PNG", {"Content-Type": "image/png"}))
    into = io.BytesIO()
    desk.channel().save_attachment(message.remote_id, message.attachments[0], message.reply_context, into)
    assert into.getvalue() == b"\x89PNG"
    assert "authorization" not in desk.standin.log[-1].headers, "the token is for the API alone"
    said["attachments"].clear()
    with pytest.raises(Refused):
        desk.channel().save_attachment(message.remote_id, message.attachments[0], message.reply_context, into)


def test_liking_and_deleting(desk: ChatDesk, complaint: Message) -> None:
    desk.channel().moderate("like", complaint.remote_id, complaint.reply_context)
    assert desk.standin.reactions == [f"{complaint.remote_id} 👍"]
    sent = desk.channel().send(desk.reply_to(complaint, "Sorry"))
    desk.channel().moderate("delete", sent.remote_id, {})
    with pytest.raises(Refused) as gone:
        desk.channel().moderate("delete", sent.remote_id, {})
    assert gone.value.reason == "gone"
    assert len(desk.standin.messages[desk.standin.general]) == 1
    with pytest.raises(NotAllowed) as caught:
        desk.channel().moderate("delete", complaint.remote_id, complaint.reply_context)
    assert caught.value.detail["permission"] == "manage-messages"
    with pytest.raises(Refused):
        desk.channel().moderate("hide", complaint.remote_id, complaint.reply_context)
