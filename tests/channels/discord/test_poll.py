"""What is said on a server is heard without holes, and each thing belongs where it was said."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from services.errors import ChannelError
from services.model import Direction, MessageKind
from tests.channels.chat_desk import ChatDesk, only
from tests.channels.chat_server import Said
from tests.channels.discord.standin import ANN, BOB, BOT, GUILD, ROSIE, Standin, too_many


def test_what_was_said_is_heard(fresh_desk: ChatDesk) -> None:
    identity = fresh_desk.sign_in()
    assert (identity.remote_id, identity.name, identity.note) == (BOT["id"], "rosies-bot", "")
    found = {m.author.name: m for m in fresh_desk.look()}
    ann = found["Ann Lee"]
    assert ann.text == "The rye bread I bought was mouldy. This is disgusting."
    assert (ann.kind, ann.direction, ann.private) == (MessageKind.COMMENT, Direction.INBOUND, False)
    assert (ann.author.handle, ann.title) == ("@annlee", "#general")
    assert ann.url == f"https://discord.com/channels/{GUILD}/{fresh_desk.standin.general}/{ann.remote_id}"
    assert found["bob"].conversation_key != ann.conversation_key
    assert fresh_desk.look() == []


@pytest.mark.parametrize("newest_first", [False, True])
def test_more_than_a_page_leaves_no_hole(desk: ChatDesk, newest_first: bool) -> None:
    desk.standin.newest_first = newest_first
    said = []
    for number in range(437):
        said.append(f"line {number}")
        desk.standin.say(
            (ANN, BOB)[number % 2], said[-1], (desk.standin.general, desk.standin.help)[number % 3 == 0]
        )
        desk.clock.advance(7)
    found = desk.look()
    assert sorted(m.text for m in found) == sorted(said)
    assert len({m.remote_id for m in found}) == 437
    assert all(len(batch.messages) <= 500 for batch in desk.batches)
    assert desk.look() == []


def test_a_thousand_messages_of_history_and_where_it_ends(fresh_desk: ChatDesk) -> None:
    standin: Standin = fresh_desk.standin
    fresh_desk.clock.advance(days=20)
    for number in range(1000):
        standin.say(BOB, f"old {number}", standin.general)
        fresh_desk.clock.advance(60)
    fresh_desk.clock.advance(days=-20)
    fresh_desk.clock.advance(days=20)
    fresh_desk.sign_in()
    found = fresh_desk.look()
    assert len(found) == 1000, "what is older than fourteen days is left where it is"
    assert all(not batch.live for batch in fresh_desk.batches if batch.messages)
    standin.say(ANN, "and now something new", standin.general)
    assert only(fresh_desk.look()).text == "and now something new"
    assert fresh_desk.batches[-1].live


def test_a_thread_of_a_thousand_answers_is_one_conversation(desk: ChatDesk) -> None:
    forum = desk.standin.add_channel("questions", 15)
    thread = desk.standin.add_thread(forum, ANN, "Mouldy bread", "It was mouldy.")
    for number in range(1000):
        desk.standin.say((ANN, BOB)[number % 2], f"answer {number}", thread)
        desk.clock.advance(1)
    desk.clock.advance(minutes=11)
    found = desk.look()
    assert len(found) == 1001
    assert len({m.conversation_key for m in found}) == 1
    assert found[-1].title == "Mouldy bread"


def test_an_edit_and_a_deletion_are_seen(desk: ChatDesk) -> None:
    said = desk.standin.say(ANN, "the bread was mouldi", desk.standin.general)
    other = desk.standin.say(BOB, "mine was fine", desk.standin.general)
    before = {m.remote_id: m for m in desk.look()}
    desk.clock.advance(30)
    desk.standin.edit(said, "the bread was mouldy")
    after = only(desk.look())
    assert after.remote_id == said["id"]
    assert after.text == "the bread was mouldy"
    assert after.version != before[said["id"]].version
    assert after.edited_at == desk.clock.now()
    assert after.conversation_key == before[said["id"]].conversation_key
    desk.standin.remove(other)
    assert desk.look() == []
    assert desk.gone == [other["id"]]
    desk.look()
    assert desk.gone == [other["id"]]


def test_everything_deleted_is_not_taken_for_closed(desk: ChatDesk) -> None:
    for message in list(desk.standin.messages[desk.standin.general]):
        desk.standin.remove(message)
    desk.look()
    desk.standin.say(ANN, "hello?", desk.standin.general)
    assert only(desk.look()).text == "hello?"


# --- who talks to whom


def test_answers_and_lines_of_one_person_belong_together(desk: ChatDesk) -> None:
    say, room = desk.standin.say, desk.standin.general
    question = say(ANN, "my cake was wrong", room)
    desk.clock.advance(60)
    say(BOB, "what time do you open?", room)
    say(ANN, "it had the wrong name", room)
    say(BOB, "mine too", room, answers=question)
    desk.clock.advance(minutes=30)
    say(ANN, "something else entirely", room)
    cake, opening, name, too, other = desk.look()
    assert cake.conversation_key == name.conversation_key == too.conversation_key
    assert len({cake.conversation_key, opening.conversation_key, other.conversation_key}) == 3
    assert too.parent_id == cake.remote_id


def test_naming_the_bot_is_a_mention(desk: ChatDesk) -> None:
    desk.standin.say(ANN, f"<@{BOT['id']}> help", desk.standin.general, mentions=[BOT])
    message = only(desk.look())
    assert message.kind is MessageKind.MENTION
    assert message.text == "@rosies-bot help"


def test_our_own_people_answer_for_us(desk: ChatDesk) -> None:
    desk.settings["staff"] = "@Rosie"
    room = desk.standin.general
    question = desk.standin.say(ANN, "my cake was wrong", room)
    desk.standin.say(ROSIE, "so sorry, Ann", room, answers=question)
    asked, answered = desk.look()
    assert answered.direction is Direction.OUTBOUND
    assert (answered.parent_id, answered.conversation_key) == (asked.remote_id, asked.conversation_key)
    desk.standin.say(ROSIE, "we bake until six", room)
    loose = only(desk.look())
    assert loose.conversation_key == loose.remote_id, "it must not pass for an answer to Ann"
    desk.standin.say(ROSIE, f"<@{ANN['id']}> write to us, please", room, mentions=[ANN])
    assert only(desk.look()).conversation_key == asked.conversation_key


def test_comments_on_what_we_posted_are_conversations_of_their_own(desk: ChatDesk) -> None:
    desk.settings["staff"] = ROSIE["id"]
    room = desk.standin.general
    post = desk.standin.say(ROSIE, "New: rye bread", room)
    desk.standin.say(ANN, "mine was stale", room, answers=post)
    desk.standin.say(BOB, "mine was fine", room, answers=post)
    _, stale, fine = desk.look()
    assert stale.conversation_key != fine.conversation_key
    assert stale.context is not None
    assert (stale.context.text, stale.context.is_ours) == ("New: rye bread", True)
    assert stale.kind is MessageKind.REPLY


def test_threads_and_forum_posts_are_one_conversation_each(desk: ChatDesk) -> None:
    standin: Standin = desk.standin
    desk.clock.advance(minutes=11)
    start = standin.say(ANN, "my cake was wrong", standin.general)
    thread = standin.add_thread(standin.general, BOB, "Cake", "which one?", start=start)
    standin.say(ANN, "the chocolate one", thread)
    desk.clock.advance(minutes=11)
    first, which, chocolate = desk.look()
    assert first.conversation_key == which.conversation_key == chocolate.conversation_key == start["id"]
    assert which.parent_id == start["id"]
    assert which.title == "Cake"
    forum = standin.add_channel("questions", 15)
    standin.add_thread(forum, BOB, "Opening hours?", "When on Sunday?")
    desk.clock.advance(minutes=11)
    question = only(desk.look())
    assert question.kind is MessageKind.POST
    assert question.title == "Opening hours?"


def test_a_thread_that_we_opened_holds_a_conversation_for_each(desk: ChatDesk) -> None:
    desk.settings["staff"] = ROSIE["id"]
    forum = desk.standin.add_channel("news", 15)
    thread = desk.standin.add_thread(forum, ROSIE, "Rye bread", "We bake rye bread now.")
    desk.standin.say(ANN, "mine was stale", thread)
    desk.standin.say(BOB, "mine was fine", thread)
    desk.clock.advance(minutes=11)
    _, stale, fine = desk.look()
    assert stale.conversation_key != fine.conversation_key
    desk.settings["staff"] = "rosie"
    thread = desk.standin.add_thread(forum, ROSIE, "Cake", "We bake cake now.")
    desk.look()
    for person in (ANN, BOB):
        desk.clock.advance(minutes=11)
        desk.standin.say(person, "mine was dry", thread)
        own = only(desk.look())
        assert own.conversation_key == own.remote_id, "known by the name of who opened it"


def test_more_threads_than_one_round_takes_are_all_heard(desk: ChatDesk) -> None:
    forum = desk.standin.add_channel("questions", 15)
    for number in range(75):
        desk.standin.add_thread(forum, ANN, f"Question {number}", f"text {number}")
        desk.clock.advance(1)
    desk.clock.advance(minutes=11)
    heard = set()
    for _ in range(3):
        heard |= {m.text for m in desk.look()}
        desk.clock.advance(45)
    assert len(heard) == 75


@pytest.mark.parametrize("seed", range(6))
def test_whatever_breaks_nothing_is_lost(desk: ChatDesk, seed: int) -> None:
    dice = random.Random(seed)
    said: set[str] = set()
    rooms = [desk.standin.general, desk.standin.help]
    rooms.append(desk.standin.add_thread(rooms[0], ANN, "Thread", "opening"))
    for number in range(60):
        desk.clock.advance(dice.randrange(1, 90))
        for _ in range(dice.choice((0, 1, 3, 130)) if number % 9 == 0 else dice.randrange(3)):
            said.add(desk.standin.say(dice.choice((ANN, BOB)), "x", dice.choice(rooms))["id"])
        if dice.random() < 0.4:
            pattern = dice.choice(("messages$", "channels$", "guilds$", "active$", "."))
            answer = dice.choice((too_many(1.0), Said(502), Said(200, b"<html>"), None))
            more = {"answer": answer} if answer else {"cut": dice.choice(("before", "after"))}
            desk.standin.fault(pattern, times=dice.randrange(1, 4), **more)
        try:
            if dice.random() < 0.3:
                desk.channel().poll(desk.cursor)  # the program ends before this is stored
            desk.look()
        except ChannelError:
            pass
    desk.standin.faults.clear()
    desk.clock.advance(minutes=11)
    desk.look()
    assert said <= set(desk.seen)
    assert desk.gone == []


def test_what_was_said_in_a_thread_that_was_put_away_meanwhile(desk: ChatDesk) -> None:
    thread = desk.standin.add_thread(desk.standin.general, ANN, "Late", "was anybody there?")
    desk.clock.advance(hours=2)
    desk.standin.archive(thread)
    desk.clock.advance(hours=2)
    assert only(desk.look()).text == "was anybody there?"
    assert desk.look() == []


def test_events_are_not_messages_and_programs_are_marked(desk: ChatDesk) -> None:
    room = desk.standin.general
    for kind in (1, 3, 6, 7, 8, 12, 18, 22, 46):
        desk.standin.say(ANN, "joined", room, type=kind)
    desk.standin.say({**BOB, "id": "9", "bot": True}, "Rain at noon", room)
    desk.standin.say({"id": "8", "username": "Hook"}, "Order 12", room, webhook_id="8")
    assert [(m.text, m.is_automatic) for m in desk.look()] == [("Rain at noon", True), ("Order 12", True)]


# --- texts


def test_signs_become_words(desk: ChatDesk) -> None:
    room = desk.standin.help
    text = (
        f"<@{ANN['id']}> and <@!{BOB['id']}> see <#{room}>, ask <@&55>: <:bread:123> <a:hot:4> "
        "<t:1764000000:R> <https://rosie.example/a?b=1> </order:77> <not a sign> @everyone"
    )
    desk.standin.say(ROSIE, text, room, mentions=[ANN, BOB])
    assert only(desk.look()).text == (
        "@Ann Lee and @bob see #help, ask @bakers: :bread: :hot: 2025-11-24 16:00 UTC "
        "https://rosie.example/a?b=1 /order <not a sign> @everyone"
    )


@pytest.mark.parametrize(
    "text",
    ["لم يكن الخبز طازجا", "😡" * 400, "x" * 10_000, "a\u202eb"],
    ids=["rtl", "emoji", "long", "bidi"],
)
def test_any_text_arrives_as_it_is(desk: ChatDesk, text: str) -> None:
    desk.standin.say(ANN, text, desk.standin.general)
    assert only(desk.look()).text == text


def test_pictures_forwards_polls_and_stickers_are_shown(desk: ChatDesk) -> None:
    say, room = desk.standin.say, desk.standin.general
    picture = {
        "id": "1",
        "filename": "b.jpg",
        "size": 9,
        "url": "https://cdn.example/b.jpg",
        "content_type": "image/jpeg",
    }
    say(ANN, "", room, attachments=[picture])
    say(ANN, "", room, sticker_items=[{"id": "1", "name": "angry", "format_type": 1}])
    say(ANN, "", room, message_snapshots=[{"message": {"content": "forwarded", "attachments": [picture]}}])
    poll = {"question": {"text": "Better?"}, "answers": [{"answer_id": 1, "poll_media": {"text": "no"}}]}
    say(ANN, "", room, poll=poll)
    say(ANN, "", room, embeds=[{"title": "A page", "description": "about bread"}])
    seen, sticker, forward, asked, embed = desk.look()
    assert [(a.kind, a.name, a.part, a.size) for a in seen.attachments] == [("image", "b.jpg", "1", 9)]
    assert sticker.attachments[0].description == "angry"
    assert (forward.text, len(forward.attachments)) == ("forwarded", 1)
    assert asked.text == "Better?\n- no"
    assert embed.text == "A page\nabout bread"


def test_odd_messages_do_not_stop_the_others(desk: ChatDesk) -> None:
    room = desk.standin.general
    desk.standin.say(ANN, "before", room)
    for odd in (
        {"author": None},
        {"author": "?", "mentions": 3, "attachments": {"a": 1}},
        {"timestamp": "soon", "edited_timestamp": 5},
        {"type": "x", "message_reference": []},
        {"referenced_message": 7, "type": 19, "message_reference": {"message_id": None}},
    ):
        desk.standin.say(ANN, "odd", room).update(odd)
    desk.standin.fault(
        f"channels/{desk.standin.help}/messages", answer=Said(200, [None, 3, {}, {"id": "x"}, {"id": "12"}])
    )
    desk.standin.say(ANN, "after", room)
    texts = [m.text for m in desk.look()]
    assert texts.count("odd") == 5
    assert {"before", "after"} <= set(texts)


# --- which channels


def test_channels_that_are_named_are_the_only_ones(fresh_desk: ChatDesk) -> None:
    standin: Standin = fresh_desk.standin
    url = f"https://discord.com/channels/{GUILD}/{standin.help}"
    fresh_desk.sign_in(channel=f" {url}/ , {standin.help}")
    assert only(fresh_desk.look()).author.name == "bob"
    standin.say(ANN, "not here", standin.general)
    standin.say(ANN, "but here", standin.help)
    thread = standin.add_thread(standin.help, ANN, "And", "in its threads")
    assert [m.text for m in fresh_desk.look()] == ["but here", "in its threads"]
    assert fresh_desk.batches[-1].live, "a new thread is news"
    standin.say(ANN, "again", thread)
    assert only(fresh_desk.look()).text == "again"


def test_a_thread_may_be_named_as_well(fresh_desk: ChatDesk) -> None:
    thread = fresh_desk.standin.add_thread(fresh_desk.standin.help, ANN, "Cake", "mine was wrong")
    fresh_desk.sign_in(channel=thread)
    assert only(fresh_desk.look()).text == "mine was wrong"
    fresh_desk.standin.say(ANN, "hello?", thread)
    assert only(fresh_desk.look()).text == "hello?"


def test_of_many_channels_the_ten_newest_are_heard_and_the_owner_is_told(fresh_desk: ChatDesk) -> None:
    for number in range(12):
        fresh_desk.clock.advance(1)
        room = fresh_desk.standin.add_channel(f"room-{number}")
        fresh_desk.standin.say(ANN, f"in {number}", room)
    assert fresh_desk.sign_in().note == "too-many-rooms"
    assert len(fresh_desk.look()) == 10


def test_a_new_channel_is_found_and_its_past_is_quiet(desk: ChatDesk) -> None:
    room = desk.standin.add_channel("new")
    desk.standin.say(ANN, "first!", room)
    assert desk.look() == []
    desk.clock.advance(minutes=11)
    found = desk.look()
    assert only(found).text == "first!"
    assert not next(
        batch for batch in desk.batches if batch.messages and batch.messages[0].text == "first!"
    ).live


def test_an_idle_round_asks_little(desk: ChatDesk) -> None:
    before = len(desk.standin.log)
    desk.clock.advance(45)
    desk.look()
    assert len(desk.standin.log) - before <= 3


def test_a_renamed_person_stays_the_same_person(desk: ChatDesk) -> None:
    desk.standin.say(ANN, "one", desk.standin.general)
    renamed = {**ANN, "username": "ann.new", "global_name": "Annie"}
    desk.standin.say(renamed, "two", desk.standin.general)
    one, two = desk.look()
    assert one.author.id == two.author.id
    assert (two.author.name, one.conversation_key) == ("Annie", two.conversation_key)


def test_a_round_that_was_broken_off_goes_on(desk: ChatDesk) -> None:
    for number in range(250):
        desk.standin.say(ANN, f"a{number}", desk.standin.general)
        desk.standin.say(BOB, f"b{number}", desk.standin.help)
        desk.clock.advance(timedelta(seconds=1).total_seconds())
    first = desk.step()
    assert first.more
    heard = {m.text for m in first.messages}
    heard |= {m.text for m in desk.look()}
    assert len(heard) == 500
