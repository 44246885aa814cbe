"""An answer leaves once, goes where the question was asked, and is refused before it leaves when it cannot
arrive."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest

from services.channels.base import UNKNOWN, ThreadRef
from services.errors import NotAllowed, RateLimited, Refused, SignInNeeded, Unclear, Unreachable
from services.model import Message
from tests.channels.chat_desk import ChatDesk, only
from tests.channels.chat_server import Said
from tests.channels.telegram.standin import ANN, BOB, GROUP, ROSIE, too_many


@pytest.fixture
def complaint(desk: ChatDesk) -> Message:
    return next(m for m in desk.seen.values() if "cake" in m.text)


@pytest.fixture
def in_group(desk: ChatDesk) -> Message:
    desk.standin.say(ANN, "@rosiesbakery_bot my cake was wrong", chat=GROUP)
    return only(desk.look())


def test_an_answer_goes_to_the_one_who_asked(desk: ChatDesk, complaint: Message) -> None:
    sent = desk.channel().send(desk.reply_to(complaint, "We are <b>so</b> sorry, _Ann_."))
    (body,) = desk.standin.sent
    assert (body["chat_id"], body["text"]) == (901, "We are <b>so</b> sorry, _Ann_.")
    assert "parse_mode" not in body
    assert body["reply_parameters"]["message_id"] == 1
    assert sent.remote_id == f"901:{body['_message']['message_id']}"
    assert sent.sent_at == desk.clock.now()
    assert desk.look() == [], "what the bot says does not come back"


def test_an_answer_in_a_group_stands_under_its_question(desk: ChatDesk, in_group: Message) -> None:
    sent = desk.channel().send(desk.reply_to(in_group, "So sorry!"))
    (body,) = desk.standin.sent
    assert body["reply_parameters"]["allow_sending_without_reply"] is False
    assert sent.url.startswith("https://t.me/bakeryfriends/")
    desk.standin.say(ANN, "thank you", chat=GROUP, answers=body["_message"])
    thanks = only(desk.look())
    assert thanks.parent_id == sent.remote_id, "the conversation goes on"
    assert thanks.context is None


def test_an_answer_in_a_topic_stays_in_it(desk: ChatDesk) -> None:
    desk.standin.say(ANN, "dry", chat=GROUP, message_thread_id=9, is_topic_message=True)
    desk.channel().send(desk.reply_to(only(desk.look()), "Sorry"))
    assert desk.standin.sent[0]["message_thread_id"] == 9


def test_an_answer_to_a_business_chat_goes_through_its_connection(desk: ChatDesk) -> None:
    lent = desk.standin.lend(ROSIE)
    chat = {"id": 901, "type": "private", "first_name": "Ann"}
    desk.standin.say(ANN, "wrong", chat=chat, kind="business_message", business_connection_id=lent)
    lent_message = only(desk.look())
    sent = desk.channel().send(desk.reply_to(lent_message, "Sorry"))
    (body,) = desk.standin.sent
    assert body["business_connection_id"] == lent
    assert sent.remote_id.startswith("b:901:")
    desk.standin.connections.clear()
    with pytest.raises(Refused) as caught:
        desk.channel().send(desk.reply_to(lent_message, "Once more"))
    assert caught.value.reason == "closed"


def test_what_was_meant_for_two_is_not_said_to_a_group(desk: ChatDesk, in_group: Message) -> None:
    with pytest.raises(Refused) as caught:
        desk.channel().send(desk.reply_to(in_group, "Your order 4711", private=True))
    assert caught.value.reason == "would-be-public"
    assert desk.standin.sent == []


@pytest.mark.parametrize("letter", ["a", "ش", "😀"])
def test_too_long_is_refused_before_it_leaves(desk: ChatDesk, complaint: Message, letter: str) -> None:
    desk.channel().send(desk.reply_to(complaint, letter * 4096))
    asked = len(desk.standin.log)
    with pytest.raises(Refused) as caught:
        desk.channel().send(desk.reply_to(complaint, letter * 4097))
    assert (caught.value.reason, caught.value.detail["over"]) == ("too-long", 1)
    assert len(desk.standin.log) == asked
    assert desk.standin.sent[0]["text"] == letter * 4096


def test_nothing_is_refused_too(desk: ChatDesk, complaint: Message) -> None:
    with pytest.raises(Refused) as caught:
        desk.channel().send(desk.reply_to(complaint, " \n "))
    assert caught.value.reason == "empty"


@pytest.mark.parametrize("cut", ["before", "after"])
def test_a_cut_connection_is_unclear_and_never_claimed_absent(
    desk: ChatDesk, complaint: Message, cut: str
) -> None:
    desk.standin.fault("sendMessage", cut=cut)
    reply = desk.reply_to(complaint, "Sorry")
    with pytest.raises(Unclear):
        desk.channel().send(reply)
    assert len(desk.standin.sent) == (cut == "after")
    assert desk.channel().find_sent(reply) == UNKNOWN
    desk.clock.advance(days=1)
    assert desk.channel().find_sent(reply) == UNKNOWN


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
        Said(200, {"ok": True, "result": {}}),
        Said(200, {"ok": True, "result": True}),
        Said(200, {"ok": True}),
        Said(200, [1]),
        Said(502, b"<html>bad gateway</html>", {"Content-Type": "text/html"}),
        Said(500, {"ok": False, "error_code": 500, "description": "Internal Server Error"}),
        Said(307, b"", {"Location": "/elsewhere"}),
    ],
)
def test_an_answer_that_says_nothing_is_unclear(desk: ChatDesk, complaint: Message, answer: Said) -> None:
    desk.standin.fault("sendMessage", answer=answer)
    with pytest.raises(Unclear):
        desk.channel().send(desk.reply_to(complaint, "Sorry"))


@pytest.mark.parametrize(
    ("code", "said", "reason"),
    [
        (403, "Forbidden: bot was blocked by the user", "blocked"),
        (403, "Forbidden: user is deactivated", "blocked"),
        (403, "Forbidden: bot can't initiate conversation with a user", "blocked"),
        (403, "Forbidden: bot was kicked from the supergroup chat", "not-allowed"),
        (403, "Forbidden: something new", "not-allowed"),
        (400, "Bad Request: message to be replied not found", "gone"),
        (400, "Bad Request: chat not found", "gone"),
        (400, "Bad Request: message is too long", "too-long"),
        (400, "Bad Request: TOPIC_CLOSED", "closed"),
        (400, "Bad Request: BUSINESS_PEER_USAGE_MISSING", "closed"),
        (400, "Bad Request: something new", "rejected"),
    ],
)
def test_refusals(desk: ChatDesk, complaint: Message, code: int, said: str, reason: str) -> None:
    told = {"ok": False, "error_code": code, "description": said}
    desk.standin.fault("sendMessage", answer=Said(code, told))
    with pytest.raises(Refused) as caught:
        desk.channel().send(desk.reply_to(complaint, "Sorry"))
    assert caught.value.reason == reason
    assert caught.value.detail["said"] == said


def test_a_right_that_is_missing_waits_for_it(desk: ChatDesk, in_group: Message) -> None:
    told = {
        "ok": False,
        "error_code": 400,
        "description": "Bad Request: not enough rights to send text messages to the chat",
    }
    desk.standin.fault("sendMessage", answer=Said(400, told))
    with pytest.raises(NotAllowed) as caught:
        desk.channel().send(desk.reply_to(in_group, "Sorry"))
    assert caught.value.detail["permission"] == "send-messages"


def test_a_question_that_was_deleted_meanwhile(desk: ChatDesk, complaint: Message, in_group: Message) -> None:
    desk.standin.messages.pop((GROUP["id"], 1))
    with pytest.raises(Refused) as caught:
        desk.channel().send(desk.reply_to(in_group, "Sorry"))
    assert caught.value.reason == "gone"
    desk.standin.messages.pop((901, 1))
    desk.standin.messages[901, 5] = {"chat": {"id": 901, "type": "private"}, "message_id": 5}
    desk.channel().send(desk.reply_to(complaint, "Sorry"))
    assert len(desk.standin.sent) == 1, "to one person it can still be said"


def test_a_group_that_became_larger_is_followed_once(desk: ChatDesk) -> None:
    small = {"id": -55, "type": "group", "title": "Small"}
    desk.standin.say(ANN, "@rosiesbakery_bot hello?", chat=small)
    question = only(desk.look())
    desk.standin.migrated[-55] = -100555
    sent = desk.channel().send(desk.reply_to(question, "Hello"))
    assert sent.remote_id.startswith("-100555:")
    assert len(desk.standin.sent) == 1
    assert "reply_parameters" not in desk.standin.sent[0]
    desk.standin.migrated[-100555] = -100556
    with pytest.raises(Refused):
        desk.channel().send(desk.reply_to(question, "Hello"))
    assert len(desk.standin.sent) == 1


@pytest.mark.parametrize(
    ("seconds", "wait"), [(7, timedelta(seconds=7)), (None, None), (10**9, timedelta(days=1))]
)
def test_a_pause_that_is_asked_for(
    desk: ChatDesk, complaint: Message, seconds: int | None, wait: timedelta | None
) -> None:
    desk.standin.fault("sendMessage", answer=too_many(seconds))
    with pytest.raises(RateLimited) as caught:
        desk.channel().send(desk.reply_to(complaint, "Sorry"))
    assert caught.value.until == (desk.clock.now() + wait if wait else None)
    desk.channel().send(desk.reply_to(complaint, "Sorry"))
    assert len(desk.standin.sent) == 1


def test_a_token_revoked_meanwhile(desk: ChatDesk, complaint: Message) -> None:
    desk.standin.is_revoked = True
    with pytest.raises(SignInNeeded):
        desk.channel().send(desk.reply_to(complaint, "Sorry"))


# --- the check before sending


def test_what_the_customer_wrote_meanwhile_is_seen_and_not_confirmed(
    desk: ChatDesk, complaint: Message, in_group: Message
) -> None:
    reference = ThreadRef(complaint.conversation_key, (complaint.remote_id,), complaint.remote_id)
    assert list(desk.channel().thread(reference)) == []
    desk.standin.say(ANN, "forget it, all is well")
    desk.standin.say(BOB, "another matter")
    meanwhile = only(list(desk.channel().thread(reference)))
    assert meanwhile.text == "forget it, all is well"
    assert [m.remote_id for m in desk.look()][:1] == [meanwhile.remote_id]
    group = ThreadRef(in_group.conversation_key, (in_group.remote_id,), in_group.remote_id)
    assert list(desk.channel().thread(group)) == []


# --- the smaller things


def test_files_are_saved(desk: ChatDesk) -> None:
    desk.standin.files["F-1"] = ("documents/my bill.pdf", b"%PDF" + bytes(range(256)))
    desk.standin.say(ANN, document={"file_id": "F-1", "file_name": "bill.pdf"})
    desk.standin.say(ANN, document={"file_id": "F-2", "file_name": "huge.zip"})
    bill, huge = desk.look()
    into = io.BytesIO()
    desk.channel().save_attachment(bill.remote_id, bill.attachments[0], bill.reply_context, into)
    assert into.getvalue() == b"%PDF" + bytes(range(256))
    with pytest.raises(Refused) as caught:
        desk.channel().save_attachment(huge.remote_id, huge.attachments[0], huge.reply_context, into)
    assert caught.value.reason == "no-file"


def test_liking_and_deleting(desk: ChatDesk, complaint: Message) -> None:
    desk.channel().moderate("like", complaint.remote_id, complaint.reply_context)
    assert desk.standin.reactions == [(901, 1, "👍")]
    sent = desk.channel().send(desk.reply_to(complaint, "Sorry"))
    desk.channel().moderate("delete", sent.remote_id, {})
    assert (901, int(sent.remote_id.partition(":")[2])) not in desk.standin.messages
    with pytest.raises(Refused) as gone:
        desk.channel().moderate("delete", sent.remote_id, {})
    assert gone.value.reason == "gone"
    with pytest.raises(Refused):
        desk.channel().moderate("delete", "b:901:1", {})
    with pytest.raises(Refused):
        desk.channel().moderate("hide", complaint.remote_id, {})
