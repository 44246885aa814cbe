"""What a bot hears: nothing is confirmed before it was stored, nothing is missed, and each thing belongs
where it was said."""

from __future__ import annotations

import random
import threading
from datetime import timedelta
from typing import Any

import pytest

from services.errors import BadAnswer, ChannelError
from services.model import Direction, MessageKind
from tests.channels.chat_desk import ChatDesk, only
from tests.channels.chat_server import Said
from tests.channels.telegram.standin import ANN, BOB, GROUP, ROSIE, too_many
from tests.fakes import TUESDAY


def test_what_was_written_to_the_bot_is_heard(fresh_desk: ChatDesk) -> None:
    identity = fresh_desk.sign_in()
    assert (identity.remote_id, identity.name, identity.handle) == (
        "77",
        "Rosie's Bakery",
        "@rosiesbakery_bot",
    )
    ann, bob = fresh_desk.look()
    assert ann.text.startswith("My birthday cake was dry")
    assert (ann.kind, ann.direction, ann.private) == (MessageKind.DIRECT, Direction.INBOUND, True)
    assert (ann.author.name, ann.author.handle, ann.author.url) == (
        "Ann Lee",
        "@annlee",
        "https://t.me/annlee",
    )
    assert ann.remote_id == "901:1"
    assert ann.conversation_key != bob.conversation_key
    assert ann.sent_at == TUESDAY.replace(microsecond=0)
    assert bob.author.handle == ""


def test_nothing_is_confirmed_before_it_was_stored(fresh_desk: ChatDesk) -> None:
    fresh_desk.sign_in()
    first = fresh_desk.channel().poll({})
    again = fresh_desk.channel().poll({})
    assert [m.remote_id for m in first.messages] == [m.remote_id for m in again.messages]
    assert len(fresh_desk.standin.queue) == 2
    fresh_desk.cursor = dict(first.cursor or {})
    assert fresh_desk.look() == []
    assert fresh_desk.standin.queue == []


def test_a_long_queue_is_read_whole_and_in_order(desk: ChatDesk) -> None:
    for number in range(1045):
        desk.standin.say(ANN, f"line {number}")
        desk.clock.advance(1)
    found = desk.look()
    assert [m.text for m in found] == [f"line {number}" for number in range(1045)]
    assert len({m.conversation_key for m in found}) == 1
    assert desk.look() == []


@pytest.mark.parametrize("seed", range(6))
def test_whatever_breaks_nothing_is_lost(desk: ChatDesk, seed: int) -> None:
    dice = random.Random(seed)
    said = []
    for number in range(60):
        desk.clock.advance(dice.randrange(1, 90))
        for _ in range(dice.choice((0, 1, 130)) if number % 9 == 0 else dice.randrange(3)):
            message = desk.standin.say(dice.choice((ANN, BOB)), "x", chat=dice.choice((None, GROUP)))
            said.append(f"{message['chat']['id']}:{message['message_id']}")
        if dice.random() < 0.4:
            answer = dice.choice((too_many(1), Said(502), Said(200, b"<html>"), None))
            more = {"answer": answer} if answer else {"cut": dice.choice(("before", "after"))}
            desk.standin.fault("bot", times=dice.randrange(1, 4), **more)
        try:
            if dice.random() < 0.3:
                desk.channel().poll(desk.cursor)  # the program ends before this is stored
            desk.look()
        except ChannelError:
            pass
    desk.standin.faults.clear()
    desk.look()
    assert set(said) <= set(desk.seen)


def test_numbers_that_begin_anew_after_a_week_lose_nothing(desk: ChatDesk) -> None:
    import itertools

    desk.clock.advance(days=8)
    desk.look()
    desk.standin.numbers = itertools.count(12)
    desk.standin.say(ANN, "me again")
    assert only(desk.look()).text == "me again"
    desk.standin.say(ANN, "and again")
    assert only(desk.look()).text == "and again"


def test_an_edit_is_the_same_message_with_new_words(desk: ChatDesk) -> None:
    said = desk.standin.say(ANN, "the cake was dyr")
    before = only(desk.look())
    desk.clock.advance(30)
    desk.standin.edit(said, "the cake was dry")
    after = only(desk.look())
    assert after.remote_id == before.remote_id
    assert (after.text, after.sent_at) == ("the cake was dry", before.sent_at)
    assert after.version != before.version
    assert after.edited_at == desk.clock.now()


def test_away_for_more_than_a_day_is_told_for_a_week(desk: ChatDesk) -> None:
    desk.clock.advance(hours=23)
    desk.look()
    assert not desk.settings.get("note")
    desk.standin.say(ANN, "nobody fetched this in time")
    desk.clock.advance(hours=24, seconds=1)
    assert desk.look() == []
    assert desk.settings["note"] == "kept-for-a-day"
    desk.clock.advance(hours=20)
    desk.look()
    assert desk.settings["note"] == "kept-for-a-day"
    for _ in range(8):
        desk.clock.advance(hours=23)
        desk.look()
    assert desk.settings["note"] == ""


# --- groups


def test_in_a_group_answers_and_lines_of_one_person_belong_together(desk: ChatDesk) -> None:
    say = desk.standin.say
    question = say(ANN, "@rosiesbakery_bot my cake was wrong", chat=GROUP)
    desk.clock.advance(60)
    say(BOB, "what time do you open?", chat=GROUP)
    desk.clock.advance(60)
    say(ANN, "it had the wrong name", chat=GROUP)
    say(BOB, "mine too", chat=GROUP, answers=question)
    desk.clock.advance(minutes=30)
    say(ANN, "something else entirely", chat=GROUP)
    cake, opening, name, too, other = desk.look()
    assert cake.conversation_key == name.conversation_key == too.conversation_key
    assert len({cake.conversation_key, opening.conversation_key, other.conversation_key}) == 3
    assert (cake.kind, opening.kind) == (MessageKind.MENTION, MessageKind.COMMENT)
    assert too.parent_id == cake.remote_id
    assert not cake.private
    assert cake.url == f"https://t.me/bakeryfriends/{question['message_id']}"


def test_a_name_that_only_begins_like_ours_is_no_mention(desk: ChatDesk) -> None:
    desk.standin.say(ANN, "ask @rosiesbakery_bot2 instead", chat=GROUP)
    assert only(desk.look()).kind is MessageKind.COMMENT


def test_our_own_people_answer_for_us(desk: ChatDesk) -> None:
    desk.settings["staff"] = "@ROSIE, 12"
    question = desk.standin.say(ANN, "my cake was wrong", chat=GROUP)
    desk.standin.say(ROSIE, "so sorry, Ann", chat=GROUP, answers=question)
    asked, answered = desk.look()
    assert answered.direction is Direction.OUTBOUND
    assert (answered.parent_id, answered.conversation_key) == (asked.remote_id, asked.conversation_key)
    desk.standin.say(ROSIE, "we bake until six", chat=GROUP)
    loose = only(desk.look())
    assert loose.direction is Direction.OUTBOUND
    assert loose.conversation_key == loose.remote_id, "it must not pass for an answer to Ann"


def test_anonymous_admins_and_the_linked_channel_are_us(desk: ChatDesk) -> None:
    anonymous = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
    question = desk.standin.say(ANN, "my cake was wrong", chat=GROUP)
    desk.standin.say(anonymous, "so sorry", chat=GROUP, answers=question, sender_chat=GROUP)
    assert [m.direction for m in desk.look()] == [Direction.INBOUND, Direction.OUTBOUND]
    channel = {"id": -100777, "type": "channel", "title": "Rosie's Bakery"}
    service = {"id": 777000, "is_bot": False, "first_name": "Telegram"}
    post = desk.standin.say(
        service, "New: rye bread", chat=GROUP, sender_chat=channel, is_automatic_forward=True
    )
    desk.standin.say(ANN, "mine was stale", chat=GROUP, answers=post)
    desk.standin.say(BOB, "mine was fine", chat=GROUP, answers=post)
    stale, fine = desk.look()
    assert stale.conversation_key != fine.conversation_key
    assert stale.context is not None
    assert (stale.context.text, stale.context.is_ours) == ("New: rye bread", True)
    assert stale.kind is MessageKind.REPLY


def test_other_bots_are_programs(desk: ChatDesk) -> None:
    desk.standin.say({"id": 4, "is_bot": True, "first_name": "Weather"}, "Rain at noon", chat=GROUP)
    message = only(desk.look())
    assert message.is_automatic
    assert message.direction is Direction.INBOUND


def test_opening_the_chat_asks_for_no_answer(desk: ChatDesk) -> None:
    for text in ("/start", "/start from-the-window", "/start me with an answer", "/startle"):
        desk.standin.say(ANN, text)
    assert [m.is_automatic for m in desk.look()] == [True, True, False, False]


def test_the_opening_of_a_topic_is_nothing_to_answer(desk: ChatDesk) -> None:
    opening = desk.standin.say(ROSIE, chat=GROUP, forum_topic_created={"name": "Cakes", "icon_color": 1})
    more: dict[str, Any] = {"message_thread_id": opening["message_id"], "is_topic_message": True}
    desk.standin.say(ANN, "dry cake", chat=GROUP, answers=opening, **more)
    desk.standin.say(BOB, "nice cake", chat=GROUP, answers=opening, **more)
    dry, nice = desk.look()
    assert dry.parent_id == ""
    assert dry.conversation_key != nice.conversation_key
    assert dry.reply_context["thread"] == str(opening["message_id"])


# --- what is not plain text


def test_pictures_and_files_are_described(desk: ChatDesk) -> None:
    say = desk.standin.say
    sizes = [{"file_id": "small", "file_size": 10}, {"file_id": "large", "file_size": 99}]
    say(ANN, photo=sizes, caption="look at this")
    say(ANN, document={"file_id": "D", "file_name": "bill.pdf", "file_size": 5})
    say(ANN, voice={"file_id": "V", "duration": 3})
    say(ANN, sticker={"file_id": "S", "emoji": "😡"})
    say(ANN, location={"latitude": 52.5, "longitude": 13.4})
    say(ANN, contact={"first_name": "Ann", "phone_number": "+49 30 1"})
    say(ANN, poll={"question": "Better bread?", "options": [{"text": "yes"}, {"text": "no"}]})
    say(ANN, story={"id": 1})
    photo, bill, voice, sticker, place, contact, poll, unknown = desk.look()
    assert photo.text == "look at this"
    assert [(a.kind, a.part, a.size) for a in photo.attachments] == [("image", "large", 99)]
    assert [(a.kind, a.name) for a in bill.attachments] == [("file", "bill.pdf")]
    assert voice.attachments[0].kind == "audio"
    assert sticker.attachments[0].description == "😡"
    assert "mlat=52.50000" in place.attachments[0].url
    assert contact.attachments[0].description == "Ann +49 30 1"
    assert poll.text == "Better bread?\n- yes\n- no"
    assert unknown.attachments[0].kind == "unknown", "something was sent, whatever it was"


def test_events_are_not_messages(desk: ChatDesk) -> None:
    desk.standin.say(ANN, chat=GROUP, new_chat_members=[dict(BOB)])
    desk.standin.say(ANN, chat=GROUP, pinned_message={"message_id": 1})
    assert desk.look() == []
    assert desk.standin.queue
    desk.look()
    assert desk.standin.queue == []


def test_links_and_marks_keep_their_places_behind_emoji(desk: ChatDesk) -> None:
    entities = [
        {"type": "bold", "offset": 3, "length": 4},
        {"type": "text_link", "offset": 8, "length": 4, "url": "https://rosie.example/?a=1&b=2"},
        {"type": "italic", "offset": 400, "length": 4},
        {"type": "bold"},
    ]
    desk.standin.say(ANN, "🎂 cake page <b>", entities=entities)
    message = only(desk.look())
    assert message.text == "🎂 cake page <b>"
    assert message.html == ('🎂 <b>cake</b> <a href="https://rosie.example/?a=1&amp;b=2">page</a> &lt;b&gt;')


@pytest.mark.parametrize(
    "text",
    ["لم تكن الكعكة طازجة", "😡" * 400, "x" * 10_000, "a\u202eb"],
    ids=["rtl", "emoji", "long", "bidi"],
)
def test_any_text_arrives_as_it_is(desk: ChatDesk, text: str) -> None:
    desk.standin.say(ANN, text)
    assert only(desk.look()).text == text


def test_odd_updates_do_not_stop_the_others(desk: ChatDesk) -> None:
    desk.standin.say(ANN, "before")
    for odd in (
        {"message": None},
        {"message": {"message_id": "x", "chat": 5}},
        {"message": {"message_id": 5, "chat": {"id": 901, "type": "private"}, "from": "?", "date": "soon"}},
        {"message": {"message_id": 6, "chat": {"id": 901, "type": "private"}, "text": ["a"], "entities": 3}},
        {"deleted_business_messages": {"message_ids": "all"}},
        {"business_connection": {"id": None}},
        {"something_new": {"a": 1}},
    ):
        desk.standin.push(odd)
    desk.standin.say(ANN, "after")
    texts = [m.text for m in desk.look()]
    assert texts[0] == "before"
    assert texts[-1] == "after"


def test_updates_without_numbers_are_not_taken_for_a_queue(desk: ChatDesk) -> None:
    desk.standin.fault("getUpdates", answer=Said(200, {"ok": True, "result": [{"message": {}}]}))
    with pytest.raises(BadAnswer):
        desk.step()


# --- chats that a business lends to the bot


def test_business_chats_are_private_and_close_after_a_day(desk: ChatDesk) -> None:
    lent = desk.standin.lend(ROSIE)
    chat = {"id": 901, "type": "private", "first_name": "Ann"}
    question = desk.standin.say(
        ANN, "wrong cake", chat=chat, kind="business_message", business_connection_id=lent
    )
    asked = only(desk.look())
    assert asked.private
    assert asked.reply_until == asked.sent_at + timedelta(hours=24)
    assert asked.remote_id == f"b:901:{question['message_id']}"
    desk.standin.say(
        ROSIE, "so sorry", chat=chat, kind="business_message", business_connection_id=lent, answers=question
    )
    answered = only(desk.look())
    assert answered.direction is Direction.OUTBOUND
    assert answered.conversation_key == asked.conversation_key
    desk.standin.push(
        {
            "deleted_business_messages": {
                "business_connection_id": lent,
                "chat": chat,
                "message_ids": [question["message_id"]],
            }
        }
    )
    desk.look()
    assert desk.gone == [asked.remote_id]


def test_an_answer_in_the_second_of_its_question_answers_it(desk: ChatDesk) -> None:
    chat, lent = {"id": ANN["id"], "type": "private", "first_name": "Ann"}, desk.standin.lend(ROSIE)

    def say(user: Any, text: str) -> None:
        desk.standin.say(user, text, chat=chat, kind="business_message", business_connection_id=lent)

    desk.look()
    say(ANN, "wrong cake")
    question = only(desk.look())
    say(ROSIE, "so sorry")
    answer = only(desk.look())
    assert (answer.sent_at, answer.parent_id) == (question.sent_at, question.remote_id)
    desk.clock.advance(1)
    say(ROSIE, "it is on its way again")
    assert only(desk.look()).parent_id == ""


def test_a_business_connection_made_before_is_looked_up_once(desk: ChatDesk) -> None:
    desk.standin.lend(ROSIE)
    desk.standin.queue.clear()
    chat = {"id": 901, "type": "private", "first_name": "Ann"}
    for user in (ANN, ROSIE, ANN):
        desk.standin.say(user, "hm", chat=chat, kind="business_message", business_connection_id="BC-1")
    assert [m.direction.value for m in desk.look()] == ["inbound", "outbound", "inbound"]
    assert len(desk.standin.paths("getBusinessConnection")) == 1


# --- listening


def test_listening_ends_when_something_is_written_and_confirms_nothing(desk: ChatDesk) -> None:
    stopping = threading.Event()
    heard: list[bool] = []
    thread = threading.Thread(target=lambda: heard.append(desk.channel().listen(desk.cursor, stopping)))
    thread.start()
    with desk.standin.lock:
        assert desk.standin.lock.wait_for(lambda: desk.standin.polls == 2, 5)
    desk.standin.say(ANN, "anybody there?")
    thread.join(5)
    assert heard == [True]
    assert only(desk.look()).text == "anybody there?"


def test_listening_stops_when_it_is_told_to(desk: ChatDesk) -> None:
    stopping = threading.Event()
    stopping.set()
    assert desk.channel().listen(desk.cursor, stopping) is False


def test_a_poll_may_interrupt_the_listening(desk: ChatDesk) -> None:
    stopping = threading.Event()
    heard: list[bool] = []
    thread = threading.Thread(target=lambda: heard.append(desk.channel().listen(desk.cursor, stopping)))
    thread.start()
    with desk.standin.lock:
        assert desk.standin.lock.wait_for(lambda: desk.standin.polls == 2, 5)
    assert desk.look() == []
    stopping.set()
    thread.join(5)
    assert heard == [False]
