"""What customers say on four kinds of server, heard once and completely."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.errors import RateLimited
from services.model import Direction, MessageKind
from tests.channels.mastodon.conftest import OpenDesk
from tests.channels.mastodon.desk import FLAVOURS, Desk, only

WEEK_OF_MENTIONS = 25


def test_a_mention_arrives_with_everything_the_owner_needs(desk: Desk) -> None:
    status = desk.shop.say("marta@loaf.example", "my cake says Bernd. I am Marta.", language="en")
    message = only(desk.look())
    assert message.remote_id == status.id
    assert message.kind is MessageKind.MENTION
    assert message.direction is Direction.INBOUND
    assert message.conversation_key == status.id
    assert message.text == "@rosies my cake says Bernd. I am Marta."
    assert message.author.handle == "@marta@loaf.example"
    assert message.author.id == status.author.id
    assert message.url == status.url
    assert message.language == "en"
    assert message.sent_at == status.at
    assert not message.private
    assert message.reply_context["visibility"] == "public"


def test_a_quiet_look_costs_two_requests_and_says_nothing(desk: Desk) -> None:
    desk.shop.say("marta", "is the rye still warm?")
    desk.look()
    desk.clock.advance(minutes=2)
    before = desk.cursor
    desk.shop.forget_requests()
    batch = desk.step()
    desk.shop.stop()
    assert (batch.messages, batch.changes, batch.more) == ((), (), False)
    assert desk.cursor == before
    me = desk.settings["account_id"]
    assert sorted(desk.paths()) == [f"GET /api/v1/accounts/{me}/statuses", "GET /api/v1/notifications"]


def test_a_comment_is_a_conversation_of_its_own_with_our_post_as_context(desk: Desk) -> None:
    post = desk.shop.post_as_shop("Rye is back.\nThree days of sourdough.", key="post")
    first = desk.shop.say("marta@loaf.example", "at last!", reply_to="post", key="first")
    desk.shop.say("ines@praca.example", "sold out again?", reply_to="post", key="second")
    messages = {m.author.handle: m for m in desk.look()}
    marta, ines = messages["@marta@loaf.example"], messages["@ines@praca.example"]
    assert marta.kind is ines.kind is MessageKind.REPLY
    assert marta.conversation_key == first.id != ines.conversation_key
    assert marta.parent_id == post.id
    assert marta.context is not None
    assert marta.context.is_ours
    assert marta.context.title == "Rye is back."
    assert marta.context.url == post.url
    assert marta.context.sent_at == post.at


def test_answers_below_a_comment_stay_in_its_conversation(desk: Desk) -> None:
    desk.shop.post_as_shop("Rye is back.", key="post")
    first = desk.shop.say("marta", "at last!", reply_to="post", key="first")
    desk.look()
    desk.shop.answer_from_phone("first", "Come early!")
    ours = only(desk.look())
    desk.shop.say("marta", "six is early enough?", reply_to=ours.remote_id, key="again")
    again = only(desk.look())
    assert ours.direction is Direction.OUTBOUND
    assert ours.parent_id == first.id
    assert [ours.conversation_key, again.conversation_key] == [first.id, first.id]
    assert again.kind is MessageKind.REPLY


def test_a_thread_that_was_never_seen_is_read_once(desk: Desk) -> None:
    """The customer's first comment did not mention us, so only the second one is a notification."""
    desk.shop.post_as_shop("Rye is back.", key="post")
    first = desk.shop.say("marta", "has anybody tried it?", reply_to="post", key="first", mention=False)
    desk.shop.world.notifications.clear()
    desk.shop.say("ines", "@marta I have. @rosies it is too salty!", reply_to="first", mention=False)
    message = only([m for m in desk.look() if m.direction is Direction.INBOUND])
    assert message.conversation_key == first.id
    assert message.context is not None
    assert message.context.title == "Rye is back."
    desk.shop.forget_requests()
    desk.shop.say("ines", "and so is the cake", reply_to=message.remote_id)
    assert only(desk.look()).conversation_key == first.id
    assert not [p for p in desk.paths() if p.endswith("/context")]


def test_in_a_strangers_thread_the_thread_is_the_conversation(desk: Desk) -> None:
    root = desk.shop.say("theo", "Where does one get good bread here?", mention=False, key="root")
    desk.shop.say("marta", "@theo try @rosies", reply_to="root", mention=False, key="tip")
    desk.shop.say("ines", "@theo not @rosies, they were rude to me", reply_to="root", mention=False)
    messages = desk.look()
    assert {m.conversation_key for m in messages} == {root.id}
    assert {m.kind for m in messages} == {MessageKind.MENTION}
    assert len(messages) == 2


def test_a_private_mention_is_private_and_one_exchange_per_person(desk: Desk) -> None:
    status = desk.shop.say(
        "hanna@wed.example", "may I ask about a wedding cake?", visibility="direct", key="ask"
    )
    first = only(desk.look())
    desk.shop.answer_from_phone("ask", "Of course.")
    ours = only(desk.look())
    desk.shop.say("hanna@wed.example", "another thing, next month", visibility="direct")
    second = only(desk.look())
    key = f"direct:{status.author.id}"
    assert [m.conversation_key for m in (first, ours, second)] == [key, key, key]
    assert all(m.kind is MessageKind.DIRECT and m.private for m in (first, ours, second))
    assert ours.direction is Direction.OUTBOUND


def test_a_quote_brings_the_quoted_post_along(plain_desk: Desk) -> None:
    plain_desk.shop.post_as_shop("Cakes for Advent.", key="post")
    status = plain_desk.shop.say("petra", "Ordering mine today.", quote="post")
    message = only(plain_desk.look())
    assert message.kind is MessageKind.QUOTE
    assert message.conversation_key == status.id
    assert message.context is not None
    assert message.context.title == "Cakes for Advent."


def test_a_follower_is_somebody_to_greet_and_stays_one_item(desk: Desk) -> None:
    desk.shop.follow("joy@choir.example")
    message = only(desk.look())
    person = desk.shop.person("joy@choir.example")
    assert message.kind is MessageKind.FOLLOW
    assert message.conversation_key == f"follow:{person.id}"
    desk.shop.follow("joy@choir.example")
    assert [m.remote_id for m in desk.look()] == [message.remote_id]


def test_favourites_boosts_and_unknown_kinds_are_no_messages(desk: Desk) -> None:
    desk.shop.post_as_shop("Rye is back.", key="post")
    person, post = desk.shop.person("theo"), desk.shop.status("post")
    desk.shop.world.favourite(person, post)
    desk.shop.world.boost(person, post)
    desk.shop.world.notify("added_to_collection", person, post)
    desk.shop.world.notify("poll", person, None)
    assert desk.look() == []
    desk.shop.say("theo", "hello")
    assert only(desk.look()).text == "@rosies hello"


def test_our_own_top_level_posts_are_no_messages(desk: Desk) -> None:
    desk.shop.post_as_shop("Closed on Monday.", key="one")
    status = desk.shop.status("one")
    desk.shop.world.post(desk.shop.world.shop, "And on Tuesday too.", reply_to=status)
    assert desk.look() == []


@pytest.mark.parametrize("many", [1, 39, 41, 130, 400])
def test_no_hole_however_much_came_between_two_looks(desk: Desk, many: int) -> None:
    sent = []
    for number in range(many):
        desk.clock.advance(seconds=3)
        sent.append(desk.shop.say(f"guest{number % 7}", f"message {number}").id)
    assert sorted(m.remote_id for m in desk.look()) == sorted(sent)
    assert desk.look() == []


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_an_account_nobody_ever_wrote_to_hears_its_first_messages(open_desk: OpenDesk, flavour: str) -> None:
    desk = open_desk(flavour).sign_in()
    assert desk.look() == []
    sent = [desk.shop.say("guest", f"message {n}").id for n in range(95)]
    assert sorted(m.remote_id for m in desk.look()) == sorted(sent)


def test_what_becomes_visible_late_is_still_heard(desk: Desk) -> None:
    for number in range(5):
        desk.shop.say("guest", f"message {number}")
    late = desk.shop.world.notifications.pop(-2)
    desk.look()
    desk.shop.world.notifications.insert(-1, late)
    assert late.status is not None
    assert only(desk.look()).remote_id == late.status.id


def test_what_the_server_set_aside_is_heard_too(plain_desk: Desk) -> None:
    """Mastodon filters private mentions of strangers: for a shop those are the customers."""
    status = plain_desk.shop.say("nobody@new.example", "is anybody there?", visibility="direct")
    assert plain_desk.shop.world.notifications[-1].filtered
    assert only(plain_desk.look()).remote_id == status.id


def test_the_first_look_goes_back_as_far_as_asked_and_ends(open_desk: OpenDesk) -> None:
    desk = open_desk().sign_in()
    start = desk.clock.now() - timedelta(days=20)
    sent = {
        desk.shop.say("guest", f"message {hours}", at=start + timedelta(hours=hours)).id: start
        + timedelta(hours=hours)
        for hours in range(0, 20 * 24, 2)
    }
    messages = desk.look()
    horizon = desk.clock.now() - timedelta(days=14)
    assert sorted(m.remote_id for m in messages) == sorted(i for i, at in sent.items() if at >= horizon)
    assert desk.look() == []


def test_the_first_look_is_cut_into_steps_and_goes_on_after_a_restart(open_desk: OpenDesk) -> None:
    desk = open_desk().sign_in()
    for number in range(300):
        desk.shop.say("guest", f"message {number}", at=desk.clock.now() - timedelta(minutes=300 - number))
    sizes, newest = [], []
    while True:
        batch = desk.step()
        if batch.messages:
            sizes.append(len(batch.messages))
            newest.append(max(m.sent_at for m in batch.messages))
        if not batch.more:
            break
    assert sum(sizes) == 300
    assert max(sizes) <= 80
    assert newest == sorted(newest, reverse=True)


def test_what_comes_during_the_first_look_is_not_lost(open_desk: OpenDesk) -> None:
    desk = open_desk().sign_in()
    said = [desk.shop.say("guest", f"message {number}").id for number in range(200)]
    heard = set()
    while (batch := desk.step()).more:
        heard |= {m.remote_id for m in batch.messages}
        said.append(desk.shop.say("guest", f"during step {len(said)}").id)
    heard |= {m.remote_id for m in batch.messages} | {m.remote_id for m in desk.look()}
    assert heard == set(said)
    assert len(said) > 203


def test_what_was_answered_from_the_phone_arrives_with_its_answer(open_desk: OpenDesk) -> None:
    desk = open_desk().sign_in()
    asked = desk.shop.say("marta", "open today?", key="ask")
    answer = desk.shop.answer_from_phone("ask", "Until six.")
    messages = {m.remote_id: m for m in desk.look()}
    assert messages[answer.id].direction is Direction.OUTBOUND
    assert messages[answer.id].parent_id == asked.id
    assert messages[answer.id].text == "@marta Until six."


def test_the_whole_week_is_heard_on_every_server(open_desk: OpenDesk) -> None:
    counts = {}
    for flavour in FLAVOURS:
        desk = open_desk(flavour, count=None).sign_in()
        messages = desk.look()
        counts[flavour] = sum(m.kind is not MessageKind.QUOTE for m in messages)
        horizon = desk.clock.now() - timedelta(days=14)
        notes = [n for n in desk.shop.world.notifications if n.type == "mention" and n.at >= horizon]
        told = {n.status.id for n in notes if n.status}
        assert told <= {m.remote_id for m in messages}
    assert len(set(counts.values())) == 1
    assert min(counts.values()) > WEEK_OF_MENTIONS


@pytest.mark.parametrize("status", [404, 410, 500, 403])
def test_a_thread_that_cannot_be_read_does_not_hold_the_message_back(desk: Desk, status: int) -> None:
    root = desk.shop.say("theo", "bread?", mention=False, key="root")
    desk.shop.say("marta", "@theo ask @rosies", reply_to="root", mention=False)
    desk.shop.fault("status", "*/context", status=status, times=None)
    message = only(desk.look())
    assert message.parent_id == root.id
    assert message.conversation_key in ("", root.id)


def test_a_pause_in_the_middle_keeps_what_was_heard_before_it(desk: Desk) -> None:
    desk.shop.say("theo", "bread?", mention=False, key="root")
    heard = desk.shop.say("marta", "@theo ask @rosies", reply_to="root", mention=False)
    desk.shop.fault("status", "*/context", status=429, retry_after="300")
    batch = desk.step()
    assert [m.remote_id for m in batch.messages] == [heard.id]
    with pytest.raises(RateLimited) as caught:
        desk.step()
    assert caught.value.until == desk.clock.now() + timedelta(seconds=300)
    desk.clock.advance(seconds=301)
    assert desk.look() == []


@pytest.mark.parametrize("is_first", [True, False])
def test_one_step_reads_a_bounded_number_of_threads(open_desk: OpenDesk, is_first: bool) -> None:
    """The network counts requests; a hundred threads at once are read in several steps, and none is lost."""
    desk = open_desk().sign_in()
    if not is_first:
        desk.look()
    roots = {}
    for number in range(100):
        root = desk.shop.say("theo", f"bread {number}?", mention=False, key=f"root-{number}")
        answer = desk.shop.say("marta", f"@theo ask @rosies {number}", reply_to=root.id, mention=False)
        roots[answer.id] = root.id
    heard: dict[str, str] = {}
    while True:
        batch = desk.step()
        heard |= {m.remote_id: m.conversation_key for m in batch.messages}
        assert len(batch.messages) <= 31
        if not batch.more:
            break
    assert heard == roots
    desk.shop.stop()
    assert len([p for p in desk.paths() if p.endswith("/context")]) == 100


def test_our_posts_are_fetched_for_context_after_a_restart(desk: Desk) -> None:
    desk.shop.post_as_shop("Rye is back.", key="post")
    desk.look()
    desk.shop.say("marta", "at last!", reply_to="post")
    message = only(desk.look())
    assert message.context is not None
    assert message.context.text == "Rye is back."


def test_a_link_is_written_out_and_a_warning_is_part_of_the_words(desk: Desk) -> None:
    desk.shop.say(
        "marta", "see https://shop.example/a/very/long/path/that/gets/shortened/on/screen", spoiler="rant"
    )
    text = only(desk.look()).text
    assert text.startswith("rant\n\n@rosies see ")
    assert "https://shop.example/a/very/long/path/that/gets/shortened/on/screen" in text


def test_settings_that_are_missing_are_found_out_and_handed_over(open_desk: OpenDesk) -> None:
    desk = open_desk()
    batch = desk.step()
    assert batch.settings == {"account_id": desk.shop.world.shop.id, "server_url": desk.shop.url}


def test_a_broken_cursor_is_no_crash(desk: Desk) -> None:
    desk.cursor = {
        "phase": 7,
        "notes": "x",
        "own": [[1]],
        "roots": [],
        "watch": "no",
        "since": "yesterday",
        "below": 0,
    }
    desk.shop.say("marta", "hello")
    desk.look()
    assert len(desk.seen) == 1
