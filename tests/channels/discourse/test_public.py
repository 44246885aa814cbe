"""Without a key: the posts that everybody can see."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.errors import BadAnswer, Refused, SignInNeeded
from services.model import Direction
from tests.channels.discourse.conftest import OpenDesk
from tests.channels.discourse.desk import Desk, only

DAY = timedelta(days=1)


@pytest.fixture
def desk(open_desk: OpenDesk) -> Desk:
    """Watching the whole forum, with Rosie's name there."""
    desk = open_desk()
    desk.forum.start("ann", "Bread", "Which bread is best now?", at=desk.clock.now() - 2 * DAY, category=4)
    desk.watch(user="rosie")
    desk.look()
    return desk


def test_every_post_is_heard_with_its_topic(desk: Desk) -> None:
    opened = desk.forum.start("bob", "Mugs", "My mug is broken.")
    answer = desk.forum.say("cem", "Mine, too.", opened, to=opened)
    ours = desk.forum.say("rosie", "We are so sorry.", opened, to=opened)
    heard = {m.remote_id: m for m in desk.look()}
    assert set(heard) == {str(opened.id), str(answer.id), str(ours.id)}
    assert {m.conversation_key for m in heard.values()} == {str(opened.topic)}
    assert heard[str(answer.id)].parent_id == str(opened.id)
    assert heard[str(opened.id)].is_addressed
    assert heard[str(ours.id)].direction is Direction.OUTBOUND
    assert (heard[str(opened.id)].can_reply, heard[str(opened.id)].why_not) == (False, "needs-token")
    assert desk.channel().reply_page(heard[str(answer.id)].url).endswith(f"/t/mugs/{opened.topic}/2")


def test_private_messages_are_not_seen(desk: Desk) -> None:
    desk.forum.start("dora", "A cake", "Do you bake for weddings?", to=["rosie"])
    assert desk.look() == []


def test_more_than_a_page_without_holes(desk: Desk) -> None:
    opened = desk.forum.start("bob", "Mugs", "My mug is broken.")
    said = [opened, *(desk.forum.say("bob", f"Line {n}", opened) for n in range(170))]
    assert {m.remote_id for m in desk.look()} == {str(one.id) for one in said}
    assert desk.look() == []


def test_what_comes_while_pages_are_read_is_not_lost(desk: Desk) -> None:
    opened = desk.forum.start("bob", "Mugs", "My mug is broken.")
    said = [opened, *(desk.forum.say("bob", f"Line {n}", opened) for n in range(120))]
    heard = {m.remote_id for m in desk.step().messages}
    said.append(desk.forum.say("bob", "One more", opened))
    heard |= {m.remote_id for m in desk.look()}
    heard |= {m.remote_id for m in desk.look()}
    assert heard == {str(one.id) for one in said}


def test_the_first_look_goes_back_fourteen_days(open_desk: OpenDesk) -> None:
    desk = open_desk()
    now = desk.clock.now()
    for n in range(200, 0, -1):
        desk.forum.start("ann", f"Topic {n}", f"Number {n}", at=now - n * DAY / 8)
    desk.watch()
    heard = desk.look()
    assert 110 <= len(heard) <= 112
    assert all(m.sent_at >= now - 14 * DAY for m in heard)


def test_edits_and_deletions(desk: Desk) -> None:
    opened = desk.forum.start("bob", "Mugs", "My mug is broken.")
    second = desk.forum.say("cem", "Mine, too.", opened)
    desk.look()
    desk.forum.edit(opened, "My mug is fine after all.")
    second.deleted = True
    assert only(desk.look()).text == "My mug is fine after all."
    assert desk.gone == [str(second.id)]
    assert desk.look() == []
    assert desk.gone == []


@pytest.mark.parametrize("path", ["/c/support/5", "/c/support/5/l/latest?order=created", "/tag/mugs.rss"])
def test_a_category_or_tag(open_desk: OpenDesk, path: str) -> None:
    desk = open_desk()
    now = desk.clock.now()
    for n in range(35):
        desk.forum.start(
            "ann", f"Mug {n}", f"Mug number {n}", category=5, tags=("mugs",), at=now - n * DAY / 4
        )
    desk.forum.start("ann", "Old", "Long ago", category=5, tags=("mugs",), at=now - 90 * DAY, pinned=True)
    desk.forum.start("ann", "Bread", "Which bread is best?", category=4)
    desk.watch(path)
    assert desk.channel().identify().name in ("Rosie's forum: support", "Rosie's forum: mugs")
    assert {m.text for m in desk.look()} == {f"Mug number {n}" for n in range(35)}
    topic = next(one for one in desk.forum.topics.values() if one.title == "Mug 34")
    desk.forum.say("bob", "Mine, too.", topic)
    assert only(desk.look()).text == "Mine, too."
    desk.server.log.clear()
    assert desk.look() == []
    assert len(desk.server.log) == 1


def test_one_topic(open_desk: OpenDesk) -> None:
    desk = open_desk()
    opened = desk.forum.start("ann", "Mugs", "My mug is broken.")
    desk.forum.start("ann", "Bread", "Which bread is best?")
    desk.watch(f"/t/mugs/{opened.topic}/1")
    assert desk.channel().identify().name == "Mugs"
    assert only(desk.look()).remote_id == str(opened.id)
    second = desk.forum.say("bob", "Mine, too.", opened)
    assert only(desk.look()).remote_id == str(second.id)
    second.deleted = True
    desk.look()
    assert desk.gone == [str(second.id)]


def test_a_topic_that_is_gone_says_so(open_desk: OpenDesk) -> None:
    desk = open_desk()
    opened = desk.forum.start("ann", "Mugs", "My mug is broken.")
    desk.watch(f"/t/{opened.topic}")
    desk.look()
    desk.forum.topics[opened.topic].deleted = True
    desk.look()
    assert desk.gone == [str(opened.id)]
    with pytest.raises(BadAnswer) as caught:
        desk.look()
    assert caught.value.reason == "not-found"


def test_a_forum_for_members_only(open_desk: OpenDesk) -> None:
    desk = open_desk()
    desk.server.login_required = True
    with pytest.raises(SignInNeeded) as caught:
        desk.watch()
    assert caught.value.reason == "needs-token"
    desk.secrets = dict(desk.server.secrets)
    assert desk.sign_in().settings["username"] == "rosie"


def test_a_forum_that_closes_later(desk: Desk) -> None:
    desk.server.login_required = True
    with pytest.raises(SignInNeeded) as caught:
        desk.look()
    assert caught.value.reason == "needs-token"


def test_nothing_is_sent_without_a_key(desk: Desk) -> None:
    opened = desk.forum.start("bob", "Mugs", "My mug is broken.")
    desk.look()
    with pytest.raises(Refused) as caught:
        desk.channel().send(desk.reply_to(opened, "We are so sorry about this."))
    assert caught.value.reason == "needs-token"
    assert desk.ours() == []


def test_one_odd_post_does_not_stop_the_others(desk: Desk) -> None:
    opened = desk.forum.start("bob", "Mugs", "My mug is broken.")
    body = (
        b'{"latest_posts":[null,{"id":"x"},{"id":901},{"id":902,"cooked":7,"created_at":"yesterday",'
        b'"topic_id":null,"username":null},{"id":%d,"topic_id":%d,"post_number":1,"cooked":"<p>Real</p>",'
        b'"username":"bob","created_at":"2026-11-24T06:00:00.000Z"}]}' % (opened.id, opened.topic)
    )
    desk.server.fault("body", "/posts.json", body=body, content_type="application/json")
    assert "Real" in {m.text for m in desk.look()}


@pytest.mark.parametrize("path", ["", "/latest", "/t/mugs/{topic}/2", "/posts.rss"])
def test_a_forum_that_shows_only_its_feeds(open_desk: OpenDesk, path: str) -> None:
    desk = open_desk()
    desk.server.only_feeds = True
    now = desk.clock.now()
    opened = desk.forum.start("ann", "Mugs", "My mug is broken.", at=now - DAY)
    desk.forum.start("ann", "Long ago", "Nobody remembers.", at=now - 30 * DAY)
    desk.forum.start("dora", "A cake", "Do you bake for weddings?", to=["rosie"])
    desk.watch(path.format(topic=opened.topic), user="rosie")
    message = only(desk.look())
    assert (message.text, message.title, message.author.handle) == ("My mug is broken.", "Mugs", "ann")
    assert message.sent_at == opened.at.replace(microsecond=0)
    assert (message.can_reply, message.why_not) == (False, "needs-token")
    desk.forum.edit(opened, "My mug is fine after all.")
    desk.forum.say("rosie", "Good to hear.", opened)
    heard = {m.text: m for m in desk.look()}
    assert set(heard) == {"My mug is fine after all.", "Good to hear."}
    assert heard["My mug is fine after all."].remote_id == message.remote_id
    assert heard["Good to hear."].direction is Direction.OUTBOUND
    assert len({m.conversation_key for m in heard.values()}) == 1
    assert desk.look() == []
    desk.server.only_feeds = False
    desk.server.login_required = True
    with pytest.raises(BadAnswer):
        desk.look()
