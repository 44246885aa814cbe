"""What is heard: every message once, in its conversation, whatever happened while nobody listened."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from services.model import Direction, Message, MessageKind
from tests.channels.chat_desk import ChatDesk, only
from tests.channels.chat_server import Said
from tests.channels.matrix.standin import ANN, BOB, CAKES, SHOP, TOM

CHAT = "!chat:bakery.test"


def texts(messages: list[Message]) -> list[str]:
    return [m.text for m in sorted(messages, key=lambda m: m.sent_at)]


# --- the first look, and the next ones


def test_the_first_look_is_quiet_and_goes_back_fourteen_days(fresh_desk: ChatDesk) -> None:
    standin = fresh_desk.standin
    standin.rooms[CAKES].events = [e for e in standin.rooms[CAKES].events if "state_key" in e]
    for day in range(20, 0, -1):
        standin.say(ANN, f"{day} days ago", at=fresh_desk.clock.now() - timedelta(days=day - 0.5))
    fresh_desk.sign_in()
    fresh_desk.look()
    assert texts(list(fresh_desk.seen.values())) == [f"{day} days ago" for day in range(14, 0, -1)]
    assert not any(one.live for one in fresh_desk.batches if one.messages)


def test_a_message_says_who_where_and_what(desk: ChatDesk) -> None:
    event = desk.standin.say(
        ANN, "Any *rye*?", format="org.matrix.custom.html", formatted_body="Any <em>rye</em>?"
    )
    message = only(desk.look())
    assert desk.batches[-1].live
    assert (message.remote_id, message.text, message.html) == (event, "Any *rye*?", "Any <em>rye</em>?")
    assert (message.author.id, message.author.name, message.author.handle) == (ANN, "Ann Lee", ANN)
    assert (message.kind, message.direction) == (MessageKind.COMMENT, Direction.INBOUND)
    assert message.title == "Cakes"
    assert message.url == f"https://matrix.to/#/{CAKES}/{event}"
    assert message.sent_at == desk.clock.now()
    assert not message.private
    assert message.can_reply


def test_history_of_a_thousand_messages_comes_whole(fresh_desk: ChatDesk) -> None:
    for number in range(1000):
        fresh_desk.standin.say(ANN if number % 2 else BOB, f"line {number}")
    fresh_desk.sign_in()
    fresh_desk.look()
    heard = {m.text for m in fresh_desk.seen.values()}
    assert heard >= {f"line {number}" for number in range(1000)}
    assert all(len(one.messages) <= 500 for one in fresh_desk.batches)


@pytest.mark.parametrize("page", [7, 40, 1000])
def test_a_gap_is_filled_without_holes(desk: ChatDesk, page: int) -> None:
    desk.standin.largest_page = page
    for number in range(330):
        desk.standin.say(ANN, f"line {number}")
    desk.clock.advance(minutes=1)
    assert {m.text for m in desk.look()} == {f"line {number}" for number in range(330)}
    assert all(one.live for one in desk.batches if one.messages and one.messages[0].text.startswith("line"))
    desk.standin.say(BOB, "and one more")
    assert only(desk.look()).text == "and one more"


def test_a_crash_in_the_middle_of_a_gap_loses_nothing(desk: ChatDesk) -> None:
    desk.standin.largest_page = 40
    for number in range(400):
        desk.standin.say(ANN, f"line {number}")
    heard: set[str] = set()
    for count in range(60):
        before = desk.cursor
        batch = desk.step()
        if count % 3 == 1:
            # It was never stored: the program ended.
            desk.cursor = before
            continue
        heard |= {m.text for m in batch.messages}
        if not batch.more:
            break
    assert heard == {f"line {number}" for number in range(400)}


def test_what_is_said_while_a_gap_is_read_is_heard_after_it(desk: ChatDesk) -> None:
    desk.standin.largest_page = 20
    for number in range(150):
        desk.standin.say(ANN, f"line {number}")
    assert desk.step().more
    for number in range(150, 300):
        desk.standin.say(ANN, f"line {number}")
    heard = {m.text for b in desk.batches for m in b.messages} | {m.text for m in desk.look()}
    heard |= {m.text for m in desk.look()}
    assert heard >= {f"line {number}" for number in range(300)}


def test_away_for_a_month(desk: ChatDesk) -> None:
    for _ in range(30):
        desk.clock.advance(days=1)
        for number in range(4):
            desk.standin.say(ANN, f"line {number} at {desk.clock.now():%d %b}")
    assert len(desk.look()) == 120


def test_a_server_that_forgot_the_place_is_read_from_where_we_were(desk: ChatDesk) -> None:
    for number in range(120):
        desk.standin.say(ANN, f"line {number}")
    desk.standin.stream = "t"
    assert {m.text for m in desk.look()} == {f"line {number}" for number in range(120)}
    assert desk.look() == []


def test_a_gap_whose_place_was_forgotten_is_read_from_the_end_again(desk: ChatDesk) -> None:
    desk.standin.largest_page = 10
    for number in range(200):
        desk.standin.say(ANN, f"line {number}")
    assert desk.step().more
    desk.standin.stream = "t"
    desk.look()
    heard = {m.text for m in desk.seen.values()} | {m.text for b in desk.batches for m in b.messages}
    assert heard >= {f"line {number}" for number in range(200)}


def test_a_gap_that_cannot_be_read_is_told_and_silences_nothing(desk: ChatDesk) -> None:
    for number in range(60):
        desk.standin.say(ANN, f"line {number}")
    desk.standin.fault("/messages", answer=Said(400, {"errcode": "M_UNKNOWN", "error": "no"}), times=None)
    assert len(desk.look()) == 50
    trouble = desk.batches[-1].trouble
    assert trouble is not None
    assert (trouble.reason, trouble.detail["name"]) == ("room-gap", "Cakes")
    desk.standin.say(BOB, "still here")
    assert only(desk.look()).text == "still here"
    assert desk.batches[-1].trouble is None


def test_an_idle_look_is_one_small_request(desk: ChatDesk) -> None:
    desk.look()
    desk.standin.log.clear()
    assert desk.look() == []
    assert [one.split(" ")[1] for one in desk.standin.paths()] == ["/_matrix/client/v3/sync"]
    assert desk.standin.log[0].query["set_presence"] == "offline"
    assert json.dumps(dict(desk.cursor)) == json.dumps(dict(desk.batches[-1].cursor or {}))


# --- conversations


def test_lines_of_one_person_are_one_conversation(desk: ChatDesk) -> None:
    first = desk.standin.say(ANN, "The rolls")
    desk.clock.advance(minutes=3)
    desk.standin.say(ANN, "were cold")
    desk.standin.say(BOB, "Mine, too")
    found = {m.text: m.conversation_key for m in desk.look()}
    # Ann's complaint of a moment ago is still open.
    assert found["The rolls"] == found["were cold"]
    assert found["Mine, too"] != found["The rolls"]
    desk.clock.advance(minutes=30)
    later = desk.standin.say(ANN, "Hello again")
    assert only(desk.look()).conversation_key == later != first


def test_an_answer_of_ours_elsewhere_belongs_to_what_it_answers(desk: ChatDesk) -> None:
    question = next(m for m in desk.seen.values() if m.author.id == BOB)
    desk.standin.say(SHOP, "Yes, from eight.", answers=question.remote_id)
    answer = only(desk.look())
    assert answer.direction is Direction.OUTBOUND
    assert (answer.parent_id, answer.conversation_key) == (question.remote_id, question.conversation_key)
    desk.clock.advance(hours=1)
    desk.standin.say(BOB, "Thank you", answers=answer.remote_id)
    thanks = only(desk.look())
    assert (thanks.kind, thanks.conversation_key) == (MessageKind.REPLY, question.conversation_key)


def test_our_own_people_count_as_us(desk: ChatDesk) -> None:
    desk.settings["staff"] = "@tom:bakery.test, rosie"
    question = next(m for m in desk.seen.values() if m.author.id == BOB)
    desk.standin.say(TOM, "Yes, from eight.", answers=question.remote_id)
    assert only(desk.look()).direction is Direction.OUTBOUND


def test_a_comment_on_our_words_stands_below_them(desk: ChatDesk) -> None:
    news = desk.standin.say(SHOP, "New: rye bread\nFrom Monday on.")
    desk.look()
    desk.clock.advance(days=1)
    comment = desk.standin.say(ANN, "It was burnt", answers=news)
    found = only(desk.look())
    assert (found.kind, found.conversation_key) == (MessageKind.REPLY, comment)
    assert found.context is not None
    assert (found.context.title, found.context.is_ours) == ("New: rye bread", True)


def test_a_mention_is_one(desk: ChatDesk) -> None:
    desk.standin.say(ANN, "Rosie, are you there?", **{"m.mentions": {"user_ids": [SHOP]}})
    assert only(desk.look()).kind is MessageKind.MENTION


def test_a_customers_thread_is_one_conversation(desk: ChatDesk) -> None:
    desk.clock.advance(hours=1)
    root = desk.standin.say(ANN, "Is there gluten in the rye?")
    desk.standin.say(BOB, "I think so", thread=root)
    desk.clock.advance(hours=2)
    desk.standin.say(ANN, "Shop?", thread=root)
    desk.standin.say(SHOP, "Yes, there is", thread=root)
    found = desk.look()
    assert {m.conversation_key for m in found} == {root}
    assert {m.parent_id for m in found} == {"", root}


def test_below_our_own_words_each_customer_has_a_conversation(desk: ChatDesk) -> None:
    root = desk.standin.say(SHOP, "What shall we bake?")
    ann = desk.standin.say(ANN, "Rye", thread=root)
    bob = desk.standin.say(BOB, "Less salt. The last one was terrible", thread=root)
    desk.standin.say(ANN, "And spelt", thread=root)
    desk.standin.say(SHOP, "Sorry, Bob", thread=root, answers=bob)
    found = {m.text: m for m in desk.look()}
    assert found["Rye"].conversation_key == found["And spelt"].conversation_key == ann
    assert found["Less salt. The last one was terrible"].conversation_key == bob
    assert found["Sorry, Bob"].conversation_key == bob
    assert found["Rye"].context is not None


def test_a_direct_chat_is_private(desk: ChatDesk) -> None:
    desk.standin.make_direct(CHAT, ANN)
    desk.standin.make_room(CHAT, "", ANN)
    desk.standin.say(ANN, "Between us: it was mouldy", CHAT)
    message = only(desk.look())
    assert (message.kind, message.private) == (MessageKind.DIRECT, True)
    assert message.conversation_key == f"direct:{CHAT}"
    desk.standin.member(CHAT, BOB, "join")
    desk.standin.say(ANN, "Now Bob is here, too", CHAT)
    assert not only(desk.look()).private


# --- changes


def test_edits_keep_the_message(desk: ChatDesk) -> None:
    first = desk.standin.say(ANN, "The cake was dyr")
    desk.look()
    desk.clock.advance(minutes=1)
    edit = desk.standin.edit(first, "The cake was dry")
    found = only(desk.look())
    assert (found.remote_id, found.text, found.version) == (first, "The cake was dry", edit)
    assert found.edited_at == desk.clock.now()
    desk.clock.advance(minutes=1)
    desk.standin.edit(first, "The cake was very dry")
    assert only(desk.look()).text == "The cake was very dry"


@pytest.mark.parametrize("is_bundling", [True, False])
def test_edits_in_a_gap(desk: ChatDesk, is_bundling: bool) -> None:
    desk.standin.is_bundling = is_bundling
    desk.standin.largest_page = 30
    first = desk.standin.say(ANN, "The cake was dyr")
    for number in range(100):
        desk.standin.say(BOB, f"noise {number}")
    desk.clock.advance(minutes=1)
    desk.standin.edit(first, "The cake was dry")
    for number in range(70):
        desk.standin.say(BOB, f"more noise {number}")
    desk.look()
    assert [m.text for b in desk.batches for m in b.messages if m.remote_id == first] == ["The cake was dry"]


def test_a_stranger_cannot_change_a_customers_words(desk: ChatDesk) -> None:
    first = desk.standin.say(ANN, "All good")
    desk.look()
    desk.standin.edit(first, "All bad", sender=BOB)
    assert desk.look() == []


def test_an_edit_that_is_taken_back(desk: ChatDesk) -> None:
    first = desk.standin.say(ANN, "The cake was dry")
    edit = desk.standin.edit(first, "The cake was fine")
    assert only(desk.look()).text == "The cake was fine"
    desk.standin.redact(edit, sender=ANN)
    assert only(desk.look()).text == "The cake was dry"
    assert edit not in desk.gone


def test_what_is_deleted_is_told(desk: ChatDesk) -> None:
    first = desk.standin.say(ANN, "The cake was dry")
    desk.look()
    desk.standin.redact(first, sender=ANN)
    assert desk.look() == []
    assert first in desk.gone


def test_nothing_counts_as_a_change_between_two_looks(desk: ChatDesk) -> None:
    desk.clock.advance(timedelta(hours=3).total_seconds())
    assert desk.look() == []
    assert desk.gone == []
