"""Hearing: notifications without holes, topics, private messages, edits, deletions, our own words."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.model import Direction, MessageKind, MessageState
from tests.channels.discourse.conftest import OpenDesk
from tests.channels.discourse.desk import Desk, only
from tests.channels.discourse.forum import LIKED

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
QUOTE = '[quote="rosie, post:1, topic:7"]\nThe loaf was burnt, very disappointed\n[/quote]\n\n'


def test_a_mention_is_heard_with_its_topic(desk: Desk) -> None:
    opened = desk.forum.start("bob", "Bread of the week", "Which bread is *best* now?")
    said = desk.forum.say("ann", "Ask @rosie, hers are :slight_smile:", opened)
    heard = {m.remote_id: m for m in desk.look()}
    message = heard[str(said.id)]
    assert (message.kind, message.direction) == (MessageKind.MENTION, Direction.INBOUND)
    assert message.text == "Ask @rosie, hers are :slight_smile:"
    assert message.title == "Bread of the week"
    assert message.url == f"{desk.server.url}/t/bread-of-the-week/{opened.topic}/2"
    assert (message.author.name, message.author.handle) == ("Ann", "ann")
    assert message.author.url == f"{desk.server.url}/u/ann"
    assert message.author.avatar_url == f"{desk.server.url}/letter_avatar_proxy/v4/letter/a/96.png"
    assert message.is_addressed
    assert not message.private
    assert message.context is not None
    assert message.context.text == "Which bread is best now?"
    assert (message.context.author, message.context.is_ours) == ("Bob", False)
    assert not heard[str(opened.id)].is_addressed, "the opening post was said to nobody of us"
    assert message.conversation_key == heard[str(opened.id)].conversation_key


def test_what_is_quoted_is_not_what_is_said(desk: Desk) -> None:
    opened = desk.forum.start("bob", "Bread", "Which bread is best now?")
    desk.forum.say("ann", QUOTE + "I liked it.", opened)
    message = next(m for m in desk.look() if m.author.handle == "ann")
    assert message.kind is MessageKind.QUOTE
    assert message.text == "I liked it."
    assert "burnt" in message.html


def test_a_private_message_is_private(desk: Desk) -> None:
    said = desk.forum.start("dora", "A cake", "Do you bake for weddings?", to=["rosie"])
    message = only(desk.look())
    assert (message.kind, message.private) == (MessageKind.DIRECT, True)
    assert message.remote_id == str(said.id)
    more = desk.forum.say("dora", "In June, that is.", said)
    assert only(desk.look()).remote_id == str(more.id)


def test_several_answers_folded_into_one_notification_are_all_heard(desk: Desk) -> None:
    own = desk.forum.start("rosie", "Opening hours", "We open at seven.")
    said = [desk.forum.say("bob", f"Answer number {n} of mine", own) for n in range(3)]
    rosies = [one for one in desk.forum.notifications if one.user == desk.server.rosie.id]
    assert len(rosies) == 1, "as the forum does it"
    assert {m.text for m in desk.look()} == {one.raw for one in said}


def test_below_our_topic_every_first_answer_is_a_conversation(desk: Desk) -> None:
    own = desk.forum.start("rosie", "Opening hours", "We open at seven.")
    bob = desk.forum.say("bob", "On Sundays, too?", own)
    cem = desk.forum.say("cem", "Too late for me.", own)
    ours = desk.forum.say("rosie", "Sorry, no earlier.", own, to=cem)
    dan = desk.forum.say("dan", "Same here!", own, to=ours)
    heard = {m.remote_id: m for m in desk.look()}
    assert str(own.id) not in heard
    keys = {name: heard[str(post.id)].conversation_key for name, post in
            {"bob": bob, "cem": cem, "ours": ours, "dan": dan}.items()}  # fmt: skip
    assert keys["cem"] == keys["ours"] == keys["dan"] != keys["bob"]
    assert heard[str(ours.id)].direction is Direction.OUTBOUND
    assert heard[str(ours.id)].parent_id == str(cem.id)
    assert heard[str(dan.id)].parent_id == str(ours.id)
    context = heard[str(bob.id)].context
    assert context is not None
    assert context.is_ours
    assert context.text == "We open at seven."


def test_our_own_answer_in_the_browser_is_found(desk: Desk) -> None:
    opened = desk.forum.start("ann", "Mug", "Hello @rosie, my mug is broken.")
    desk.look()
    ours = desk.forum.say("rosie", "We send you a new one.", opened, to=opened)
    message = only(desk.look())
    assert (message.direction, message.state) == (Direction.OUTBOUND, MessageState.SENT)
    assert message.remote_id == str(ours.id)
    assert message.parent_id == str(opened.id)


def test_our_own_answer_in_a_private_message_is_found(desk: Desk) -> None:
    opened = desk.forum.start("dora", "A cake", "Do you bake for weddings?", to=["rosie"])
    desk.look()
    desk.forum.say("rosie", "Yes, gladly.", opened, to=opened)
    assert only(desk.look()).direction is Direction.OUTBOUND


def test_a_customer_who_adds_something_without_answering_is_heard(desk: Desk) -> None:
    opened = desk.forum.start("ann", "Mug", "Hello @rosie, my mug is broken.")
    desk.look()
    more = desk.forum.say("ann", "And nobody writes back!", opened, quiet=True)
    stranger = desk.forum.say("eve", "Mugs break all the time.", opened, quiet=True)
    heard = {m.remote_id: m for m in desk.look()}
    assert heard[str(more.id)].is_addressed
    assert not heard[str(stranger.id)].is_addressed


def test_an_edit_is_heard_even_when_the_forum_does_not_count_it(desk: Desk) -> None:
    opened = desk.forum.start("ann", "Mug", "Hello @rosie, my mug is broken.")
    before = only(desk.look())
    desk.forum.edit(opened, "Hello @rosie, my mug is fine after all.", counted=False)
    after = only(desk.look())
    assert after.text.endswith("fine after all.")
    assert after.version != before.version
    assert after.edited_at is None
    desk.forum.edit(opened, "Hello @rosie, thank you.")
    again = only(desk.look())
    assert again.edited_at == desk.forum.posts[opened.id].edited
    assert desk.look() == []


def test_deletions_are_heard(desk: Desk) -> None:
    opened = desk.forum.start("ann", "Mug", "Hello @rosie, my mug is broken.")
    second = desk.forum.say("ann", "Really @rosie, it is.", opened)
    third = desk.forum.say("ann", "Hello? @rosie", opened)
    desk.look()
    second.deleted = True
    third.user_deleted = True
    desk.look()
    assert sorted(desk.gone) == sorted([str(second.id), str(third.id)])
    desk.forum.topics[opened.topic].deleted = True
    desk.look()
    assert desk.gone == [str(opened.id)]


def test_a_post_hidden_by_flags_keeps_its_words(desk: Desk) -> None:
    opened = desk.forum.start("ann", "Mug", "Hello @rosie, my mug is broken.")
    desk.look()
    opened.hidden = True
    assert desk.look() == []
    assert desk.gone == []


def test_the_forums_own_notes_are_no_messages(desk: Desk) -> None:
    opened = desk.forum.start("ann", "Mug", "Hello @rosie, my mug is broken.")
    desk.forum.say("mod", "closed this", opened, kind=3)
    desk.forum.say("mod", "between us staff", opened, kind=4)
    assert [m.remote_id for m in desk.look()] == [str(opened.id)]


def test_a_closed_topic_cannot_be_answered(desk: Desk) -> None:
    opened = desk.forum.start("ann", "Mug", "Hello @rosie, my mug is broken.", closed=True)
    message = only(desk.look())
    assert (message.remote_id, message.can_reply, message.why_not) == (str(opened.id), False, "closed")


def test_a_topic_that_is_closed_and_opened_again(desk: Desk) -> None:
    opened = desk.forum.start("ann", "Mug", "Hello @rosie, my mug is broken.")
    topic = desk.forum.topics[opened.topic]
    assert only(desk.look()).can_reply
    for closed in (True, False):
        topic.closed = closed
        heard = [m for _ in range(10) for m in desk.look()]
        assert [(m.remote_id, m.can_reply) for m in heard] == [(str(opened.id), not closed)]


def test_likes_and_unknown_kinds_are_left_alone(desk: Desk) -> None:
    opened = desk.forum.start("ann", "Bread", "Which bread is best now?")
    for kind in (LIKED, 12, 999):
        desk.forum.notify(desk.server.rosie, kind, opened.topic, 1)
    desk.forum.notify(desk.server.rosie, 2, None, None)
    assert desk.look() == []


def test_sixty_notifications_at_once_stay_within_the_limit(desk: Desk) -> None:
    desk.server.limits = True
    said = [desk.forum.start("ann", f"Topic {n}", f"Hello @rosie, this is number {n}.") for n in range(65)]
    heard = desk.look_until_quiet()
    assert {m.remote_id for m in heard} == {str(one.id) for one in said}
    key = desk.forum.keys[0]
    for moment in key.used:
        within = [one for one in key.used if moment - timedelta(seconds=60) < one <= moment]
        assert len(within) <= desk.server.per_minute
    assert any(batch.next_after for batch in desk.batches)


def test_an_idle_day_stays_within_the_daily_limit(desk: Desk) -> None:
    for n in range(10):
        desk.forum.start("ann", f"Topic {n}", f"Hello @rosie, this is number {n}.")
    desk.look_until_quiet()
    desk.server.log.clear()
    for _ in range(20):
        desk.look()
    a_day = len(desk.server.log) / 20 * (DAY / desk.channel().interval)
    assert a_day < 2400


def test_pages_of_notifications_overlap(open_desk: OpenDesk) -> None:
    desk = open_desk().sign_in()
    topics = [
        desk.forum.start(
            "ann", f"Topic {n}", f"@rosie {n}", at=desk.clock.now() - HOUR + timedelta(seconds=n)
        )
        for n in range(150)
    ]
    first = desk.step()
    assert first.more
    # Three of the first page go while the second is fetched, and pull the others up.
    newest = [one for one in desk.forum.notifications if one.user == desk.server.rosie.id][-3:]
    for one in newest:
        desk.forum.notifications.remove(one)
    heard = {m.remote_id for b in (first,) for m in b.messages}
    heard |= {m.remote_id for m in desk.look_until_quiet()}
    assert heard == {str(one.id) for one in topics}


@pytest.mark.parametrize("total", [True, False])
@pytest.mark.parametrize("size", [1, 7, 30])
def test_short_pages_of_notifications_leave_no_holes(open_desk: OpenDesk, size: int, total: bool) -> None:
    desk = open_desk()
    desk.server.page, desk.server.tells_total = size, total
    said = [desk.forum.start("ann", f"Topic {n}", f"Hello @rosie, number {n}.") for n in range(9)]
    desk.sign_in()
    assert {m.remote_id for m in desk.look_until_quiet()} == {str(one.id) for one in said}
    more = [desk.forum.start("bob", f"More {n}", f"Hello @rosie, more {n}.") for n in range(9)]
    assert {m.remote_id for m in desk.look_until_quiet()} == {str(one.id) for one in more}


def test_a_forum_that_hands_out_posts_one_by_one(desk: Desk) -> None:
    desk.server.lacks = {r"/t/\d+/posts\.json"}
    opened = desk.forum.start("ann", "A talk", "How it began.", to=["rosie"])
    for n in range(30):
        desk.forum.say("ann", f"Line {n}", opened)
    assert len({m.remote_id for m in desk.look_until_quiet()}) == 31


def test_the_first_look_is_quiet_to_its_end_and_goes_back_fourteen_days(open_desk: OpenDesk) -> None:
    desk = open_desk()
    now = desk.clock.now()
    old = desk.forum.start("ann", "Long ago", "Hello @rosie, this was long ago.", at=now - 20 * DAY)
    for n in range(30):
        desk.forum.start("ann", f"Topic {n}", f"Hello @rosie, number {n}.", at=now - n * HOUR)
    desk.sign_in()
    heard = desk.look_until_quiet()
    assert len(heard) == 30
    assert str(old.id) not in {m.remote_id for m in heard}
    assert all(not batch.live for batch in desk.batches if batch.messages)
    desk.forum.start("ann", "Now", "Hello @rosie, this is new.")
    desk.batches.clear()
    only(desk.look())
    assert all(batch.live for batch in desk.batches if batch.messages)


def test_a_topic_of_a_thousand_posts(desk: Desk) -> None:
    now = desk.clock.now()
    opened = desk.forum.start("ann", "A long talk", "How it began.", to=["rosie"], at=now - 5 * DAY)
    for n in range(999):
        desk.forum.say("ann", f"Line {n}", opened, quiet=True, at=now - 4 * DAY + timedelta(minutes=n))
    last = desk.forum.say("ann", "Are you there?", opened)
    heard = desk.look_until_quiet()
    assert len({m.remote_id for m in heard}) == 1001
    desk.server.log.clear()
    desk.forum.say("ann", "Hello?", last)
    assert only(desk.look()).text == "Hello?"
    assert len(desk.server.log) < 8
    assert len(str(desk.cursor)) < 20_000


def test_what_somebody_said_before_speaking_to_us_waits_for_nobody(desk: Desk) -> None:
    topic = desk.forum.start("ann", "Mugs", "Which mugs do you all like?")
    for number in range(1000):
        desk.forum.say("ann", f"Post number {number} of a long talk.", topic, quiet=True)
    asked = desk.forum.say("ann", "@rosie, my mug is still broken!", topic)
    desk.sign_in().look_until_quiet()
    assert len(desk.seen) == 1002
    assert [one.remote_id for one in desk.seen.values() if one.is_addressed] == [str(asked.id)]
    added = desk.forum.say("ann", "And the handle came off, too.", topic, quiet=True)
    heard = desk.look_until_quiet()
    assert [(one.remote_id, one.is_addressed) for one in heard] == [(str(added.id), True)]


def test_of_a_long_strange_topic_only_what_is_new_is_read(desk: Desk) -> None:
    now = desk.clock.now()
    opened = desk.forum.start("bob", "For years", "How it began.", at=now - 900 * DAY)
    for n in range(500):
        desk.forum.say("bob", f"Line {n}", opened, quiet=True, at=now - 800 * DAY + n * DAY)
    named = desk.forum.say("ann", "Ask @rosie about it.", opened)
    heard = desk.look()
    assert {m.remote_id for m in heard} == {str(opened.id), str(named.id)}
    assert len(desk.asked("/t/")) <= 3


def test_a_server_that_hands_out_few_posts_at_a_time(desk: Desk) -> None:
    desk.server.most_ids = 20
    opened = desk.forum.start("ann", "A long talk", "How it began.", to=["rosie"])
    for n in range(120):
        desk.forum.say("ann", f"Line {n}", opened)
    assert len({m.remote_id for m in desk.look_until_quiet()}) == 121


def test_a_category_we_watch(desk: Desk) -> None:
    desk.forum.watching.add((desk.server.rosie.id, -4))
    said = desk.forum.start("ann", "Bread", "Which bread is best now?")
    message = only(desk.look())
    assert (message.remote_id, message.is_addressed, message.kind) == (str(said.id), True, MessageKind.POST)


def test_the_chat_is_heard_and_answered_there(desk: Desk) -> None:
    desk.server.chat_to(desk.server.rosie, "ann", "Hi @rosie, are you open?")
    message = only(desk.look())
    assert message.text == "Hi @rosie, are you open?"
    assert (message.can_reply, message.why_not) == (False, "copy-and-open")


def test_words_in_other_scripts_signs_and_great_length(desk: Desk) -> None:
    words = ("@rosie מתי אתם פותחים?", "@rosie ❤️🥖", "@rosie " + "crumbs " * 1500)
    for n, text in enumerate(words):
        desk.forum.start("ann", f"Topic {n}", text)
    assert {m.text for m in desk.look()} == {text.strip() for text in words}


def test_pictures_and_files_come_along(desk: Desk) -> None:
    cooked = (
        '<p>Look @rosie</p><div class="lightbox-wrapper"><a class="lightbox" href="/uploads/a.jpeg">'
        '<img src="/uploads/a_690.jpeg" alt="mug" width="690"><div class="meta">690x388 12 KB</div></a></div>'
        '<p><a class="attachment" href="/uploads/bill.pdf">bill.pdf</a> (20 KB)</p>'
    )
    desk.forum.start("ann", "Mug", "Look @rosie")
    next(iter(desk.forum.posts.values())).cooked = cooked
    message = only(desk.look())
    assert message.text == "Look @rosie\n\nbill.pdf (20 KB)"
    image, file = message.attachments
    assert (image.kind, image.url, image.description) == (
        "image",
        f"{desk.server.url}/uploads/a_690.jpeg",
        "mug",
    )
    assert (file.kind, file.name) == ("file", "bill.pdf")


def test_colleagues_speak_for_the_shop_where_we_are_staff(desk: Desk) -> None:
    desk.server.rosie.admin = True
    desk.sign_in()
    desk.forum.member("tom", admin=True)
    opened = desk.forum.start("ann", "Mug", "Hello @rosie, my mug is broken.")
    desk.forum.say("tom", "We send you a new one.", opened, to=opened)
    heard = desk.look()
    assert [m.direction for m in heard] == [Direction.INBOUND, Direction.OUTBOUND]


def test_an_opening_post_told_to_us_after_the_answer_keeps_its_place(desk: Desk) -> None:
    opened = desk.forum.start("ann", "Help", "Where can I buy good bread?")
    desk.forum.say("rosie", "With us, of course.", opened, to=opened)
    thanks = desk.forum.say("ann", "Thank you, I will come.", opened, to=desk.server.ours()[0])
    heard = {m.remote_id: m for m in desk.look()}
    assert heard[str(thanks.id)].kind is MessageKind.REPLY
    assert {m.conversation_key for m in heard.values()} == {str(opened.topic)}
