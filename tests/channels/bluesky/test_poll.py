"""What customers say on Bluesky, heard once and put where it belongs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.errors import Unreachable
from services.model import Direction, MessageKind
from tests.channels.bluesky.conftest import OpenDesk
from tests.channels.bluesky.desk import Desk, only, texts

HOUR = timedelta(hours=1)


def test_the_first_look_brings_everything_quietly(open_desk: OpenDesk) -> None:
    desk = open_desk(empty=False).sign_in()
    found = {m.text: m for m in desk.look()}
    assert not any(batch.live for batch in desk.batches if batch.messages)
    comment = found["Mine was burnt and cold, I want my money back"]
    assert (comment.kind, comment.direction) == (MessageKind.REPLY, Direction.INBOUND)
    assert comment.conversation_key == comment.remote_id
    assert comment.context is not None
    assert (comment.context.text, comment.context.is_ours) == ("Fresh sourdough today", True)
    answer = found["So sorry! Come by and we replace it."]
    assert (answer.direction, answer.parent_id) == (Direction.OUTBOUND, comment.remote_id)
    assert answer.conversation_key == comment.conversation_key
    mention = found["@rosies.test my parcel is broken and nobody answers"]
    assert (mention.kind, mention.language) == (MessageKind.MENTION, "en")
    assert '<a href="https://bsky.app/profile/did:plc:shop' in mention.html
    quote = found["best bread in town"]
    assert quote.kind is MessageKind.QUOTE
    assert quote.context is not None
    assert quote.context.text == "Fresh sourdough today"
    direct = found["The cake never came"]
    assert (direct.kind, direct.private) == (MessageKind.DIRECT, True)
    assert "Do you bake for weddings?" in found
    assert [m.author.handle for m in found.values() if m.kind is MessageKind.FOLLOW] == ["@finn.test"]
    assert len(found) == 7


def test_what_comes_later_is_live_and_comes_once(desk: Desk) -> None:
    post = desk.world.mention("ann.test", "is this bread vegan?")
    desk.clock.advance(60)
    message = only(desk.look())
    assert (message.remote_id, message.author.name) == (post.uri, "Ann")
    assert message.url == f"https://bsky.app/profile/{post.author.did}/post/{post.uri.rpartition('/')[2]}"
    assert desk.batches[-1].live
    assert desk.look() == []


def test_what_is_older_than_the_backfill_stays_there(open_desk: OpenDesk) -> None:
    desk = open_desk()
    desk.world.mention("ann.test", "long ago", ago=timedelta(days=20))
    desk.world.direct("ann.test", "long ago in private", ago=timedelta(days=20))
    desk.world.mention("ann.test", "last week", ago=timedelta(days=6))
    desk.sign_in()
    assert texts(desk.look()) == ["@rosies.test last week"]
    assert desk.look() == []


@pytest.mark.parametrize("page_limit", [100, 7, 1])
def test_no_page_hides_anything(open_desk: OpenDesk, page_limit: int) -> None:
    desk = open_desk().sign_in()
    desk.net.page_limit = page_limit
    for number in range(23):
        desk.world.mention("ann.test", f"before {number}", ago=(30 - number) * HOUR)
    assert len(desk.look()) == 23
    for number in range(40):
        desk.world.mention("ann.test", f"after {number}", ago=timedelta(minutes=40 - number))
    assert len(desk.look()) == 40
    assert desk.look() == []


def test_a_thousand_messages_while_we_were_away(desk: Desk) -> None:
    for number in range(1000):
        desk.world.mention("ann.test", f"number {number}", ago=timedelta(seconds=1000 - number))
        if number == 500:
            desk.world.follow("finn.test", ago=timedelta(seconds=500))
    found = desk.look()
    assert len({m.remote_id for m in found}) == 1001
    assert max(len(batch.messages) for batch in desk.batches) <= 500
    assert desk.look() == []


def test_what_arrives_while_a_gap_is_closed_is_not_lost(desk: Desk) -> None:
    for number in range(700):
        desk.world.mention("ann.test", f"number {number}", ago=timedelta(seconds=1000 - number))
    assert desk.step().more
    desk.world.mention("bob.test", "in between")
    found = desk.look()
    heard = {m.text for batch in desk.batches for m in batch.messages}
    assert "@rosies.test in between" in heard
    assert len(heard) == 701
    assert found


def test_a_cursor_the_server_no_longer_takes(desk: Desk) -> None:
    for number in range(700):
        desk.world.mention("ann.test", f"number {number}", ago=timedelta(seconds=1000 - number))
    assert desk.step().more
    notes = dict(desk.cursor["notes"])
    assert notes["below"]
    desk.cursor = {**desk.cursor, "notes": {**notes, "below": "of another server"}}
    desk.look()
    assert len({m.remote_id for batch in desk.batches for m in batch.messages}) == 700


def test_one_that_becomes_visible_late_is_found(desk: Desk) -> None:
    for number in range(30):
        desk.world.mention("ann.test", f"number {number}", ago=timedelta(seconds=300 - number))
    desk.look()
    desk.world.mention("bob.test", "held up", ago=timedelta(seconds=280))
    assert texts(desk.look()) == ["@rosies.test held up"]


def test_each_first_comment_is_a_conversation_however_deep_it_goes(desk: Desk) -> None:
    world = desk.world
    bread = world.post(world.me, "New bread")
    more = world.post(world.me, "and it is dark", to=bread)
    one = world.post("ann.test", "is it fresh?", to=bread)
    two = world.post("bob.test", "is it rye?", to=more)
    answer = world.post(world.me, "it is", to=two)
    deep = world.post("bob.test", "then I take it", to=answer)
    aside = world.post("cem.test", "me too", to=deep)
    desk.clock.advance(60)
    found = {m.remote_id: m for m in desk.look()}
    assert found[one.uri].conversation_key == one.uri
    assert {found[p.uri].conversation_key for p in (two, answer, deep, aside)} == {two.uri}
    assert found[two.uri].context is not None
    assert found[two.uri].context.text == "and it is dark"  # type: ignore[union-attr]
    assert found[answer.uri].direction is Direction.OUTBOUND
    assert bread.uri not in found


def test_the_place_of_a_late_answer_is_asked_for(open_desk: OpenDesk) -> None:
    desk = open_desk()
    world = desk.world
    bread = world.post(world.me, "New bread", ago=timedelta(days=30))
    comment = world.post("ann.test", "is it fresh?", to=bread, ago=timedelta(days=29))
    at = comment
    for number in range(6):
        at = world.post(("bob.test", "cem.test")[number % 2], f"{number}", to=at, ago=timedelta(days=28))
    answer = world.post(world.me, "very", to=at, ago=timedelta(days=20))
    late = world.post("ann.test", "it was not", to=answer)
    desk.sign_in()
    message = only(desk.look())
    assert (message.remote_id, message.conversation_key) == (late.uri, comment.uri)
    assert message.context is not None
    assert message.context.text == "New bread"


def test_somebody_elses_thread_is_one_conversation(desk: Desk) -> None:
    world = desk.world
    start = world.post("ann.test", "where do you buy bread?")
    tip = world.mention("bob.test", "try these", to=start)
    answer = world.post(world.me, "thank you", to=tip)
    back = world.post("ann.test", "I will", to=answer)
    found = {m.remote_id: m for m in desk.look()}
    assert {found[p.uri].conversation_key for p in (tip, answer, back)} == {start.uri}
    assert found[tip.uri].kind is MessageKind.MENTION
    assert found[back.uri].kind is MessageKind.REPLY


@pytest.mark.parametrize("first", ["mention", "reply"])
def test_an_answer_that_names_us_is_one_message(desk: Desk, first: str) -> None:
    start = desk.world.post("bob.test", "who bakes rye?")
    ours = desk.world.post(desk.world.me, "we do", to=start)
    between = desk.world.post("bob.test", "do you?", to=ours, tell=False)
    post = desk.world.mention("ann.test", "is it true?", to=between)
    desk.world.notes[-2:] = sorted(desk.world.notes[-2:], key=lambda n: n.reason != first)
    for number, note in enumerate(desk.world.notes):
        note.number = number
    message = only([m for m in desk.look() if m.remote_id == post.uri])
    assert (message.kind, message.conversation_key) == (MessageKind.REPLY, start.uri)
    assert len([n for n in desk.world.notes if n.uri == post.uri]) == 2


def test_an_answer_from_the_phone_is_ours(desk: Desk) -> None:
    asked = desk.world.mention("ann.test", "open on Monday?")
    desk.look()
    desk.world.post(desk.world.me, "yes", to=asked)
    desk.world.direct("dora.test", "hello")
    desk.world.direct("dora.test", "hello to you", ours=True)
    found = {m.text: m for m in desk.look()}
    assert found["yes"].direction is Direction.OUTBOUND
    assert found["yes"].conversation_key == asked.uri
    assert found["hello to you"].direction is Direction.OUTBOUND
    assert found["hello"].conversation_key == found["hello to you"].conversation_key


def test_deleted_and_changed_posts(desk: Desk) -> None:
    wrong = desk.world.mention("ann.test", "you are thieves")
    other = desk.world.mention("bob.test", "where is it")
    desk.look()
    desk.world.edit(other, "@rosies.test where is my cake")
    desk.world.delete(wrong)
    message = only(desk.look())
    assert (message.remote_id, message.text) == (other.uri, "@rosies.test where is my cake")
    assert message.version != ""
    assert desk.gone == [wrong.uri]
    assert desk.look() == []
    assert desk.gone == [wrong.uri]


def test_the_older_ones_are_looked_after_in_turns(desk: Desk) -> None:
    posts = [desk.world.mention("ann.test", f"{n}", ago=timedelta(minutes=200 - n)) for n in range(120)]
    desk.look()
    desk.world.delete(posts[0])
    for _ in range(6):
        desk.clock.advance(minutes=6)
        desk.look()
    assert desk.gone == [posts[0].uri]


def test_who_blocks_us_has_not_deleted_anything(desk: Desk) -> None:
    post = desk.world.mention("ann.test", "never again")
    desk.look()
    post.author.blocks_us = True
    desk.clock.advance(60)
    assert desk.look() == []
    assert desk.gone == []


def test_a_post_that_was_gone_before_we_saw_it(desk: Desk) -> None:
    post = desk.world.mention("ann.test", "oops")
    post.is_gone = True
    hidden = desk.world.mention("bob.test", "you will hear from me")
    hidden.author.blocks_us = True
    assert texts(desk.look()) == ["@rosies.test you will hear from me"]


def test_what_a_gate_and_a_block_forbid_is_said(desk: Desk) -> None:
    desk.world.mention("ann.test", "no answers here").replies_off = True
    message = only(desk.look())
    assert (message.can_reply, message.why_not) == (False, "closed")


def test_pictures_bring_their_descriptions(desk: Desk) -> None:
    desk.world.mention("ann.test", "look at this", images=["a burnt loaf", ""])
    message = only(desk.look())
    assert [(a.kind, a.description) for a in message.attachments] == [
        ("image", "a burnt loaf"),
        ("image", ""),
    ]


@pytest.mark.parametrize(
    "text", ["🥐🥐🥐", "שלום, הלחם היה שרוף", "ä" * 10_000, "<b>no markup</b> & co", "line\n\nline\nline"]
)
def test_any_text_comes_through(desk: Desk, text: str) -> None:
    desk.world.mention("ann.test", text)
    message = only(desk.look())
    assert message.text == f"@rosies.test {text}"
    assert "<b>" not in message.html


def test_a_quote_without_a_word_is_heard(desk: Desk) -> None:
    bread = desk.world.post(desk.world.me, "New bread")
    desk.world.post("ann.test", "", quote=bread)
    message = only(desk.look())
    assert message.kind is MessageKind.QUOTE
    assert message.attachments[0].description == "New bread"


def test_odd_entries_do_not_stop_the_others(desk: Desk) -> None:
    world = desk.world
    for record in (
        {},
        {"text": 5},
        {"$type": "app.bsky.feed.post"},
        {"text": None, "facets": [1, {"index": 3}]},
    ):
        odd = world.mention("odd.test", "x")
        odd.record = dict(record)
        world.notes[-1].record = dict(record)
    world.notes[-2].reason = "verified"
    world.mention("ann.test", "I am real")
    assert "@rosies.test I am real" in texts(desk.look())


def test_a_thread_of_a_thousand_below_one_another(desk: Desk) -> None:
    world = desk.world
    at = world.post(world.me, "Say something")
    first = at = world.post("ann.test", "0", to=at)
    for number in range(1, 999):
        at = world.post(world.me if number % 5 == 4 else "ann.test", str(number), to=at)
    found = desk.look()
    assert len(found) == 999
    assert {m.conversation_key for m in found if m.direction is Direction.INBOUND} == {first.uri}
    assert {m.conversation_key for m in found} <= {first.uri, ""}, "what was answered decides"


# --- trouble on the way


def test_trouble_with_one_part_does_not_hold_up_another(desk: Desk) -> None:
    desk.net.fault("status", "chat.bsky.convo.listConvos", status=502, times=None)
    desk.world.mention("ann.test", "hello?")
    assert texts(list(desk.step().messages)) == ["@rosies.test hello?"]
    with pytest.raises(Unreachable):
        desk.step()
    desk.net.faults.clear()
    desk.world.direct("dora.test", "and here")
    assert texts(desk.look()) == ["and here"]


def test_a_break_in_the_middle_of_a_long_look_leaves_no_hole(desk: Desk) -> None:
    for number in range(250):
        desk.world.mention("ann.test", f"number {number}", ago=timedelta(seconds=1000 - number))
    desk.net.fault("status", "app.bsky.notification.listNotifications", status=502, skip=1)
    with pytest.raises(Unreachable):
        desk.step()
    assert len(desk.look()) == 250


def test_an_idle_look_costs_few_requests(desk: Desk) -> None:
    desk.world.mention("ann.test", "hello")
    desk.look()
    desk.net.log.clear()
    desk.clock.advance(60)
    desk.look()
    assert len(desk.net.log) <= 5
