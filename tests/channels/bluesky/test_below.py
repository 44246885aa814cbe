"""What stands below a post without anybody being notified: our own answers from elsewhere, and what the
writer of a post adds to it. Also servers that know less than the usual ones."""

from __future__ import annotations

import pytest

from services.channels.base import ABSENT, ThreadRef
from services.errors import Unclear, Unreachable
from services.model import Direction
from tests.channels.bluesky.desk import Desk, only, texts
from tests.channels.bluesky.world import Post

FEED = "app.bsky.feed.getAuthorFeed"
PUT = "com.atproto.repo.putRecord"
RECORD = "com.atproto.repo.getRecord"
THREAD = "app.bsky.feed.getPostThread"


def asked(desk: Desk, text: str = "my cake is broken") -> Post:
    post = desk.world.mention("ann.test", text)
    desk.look()
    return post


def test_what_the_writer_adds_below_a_mention_is_heard(desk: Desk) -> None:
    first = asked(desk)
    second = desk.world.post("ann.test", "and nobody picks up the phone", to=first, tell=False)
    desk.world.post("bob.test", "poor you", to=first, tell=False)
    heard = only(desk.look())
    assert (heard.remote_id, heard.direction, heard.is_addressed) == (second.uri, Direction.INBOUND, True)
    assert heard.conversation_key == desk.seen[first.uri].conversation_key
    assert desk.look() == []
    third = desk.world.post("ann.test", "hello?", to=second, tell=False)
    assert only(desk.look()).remote_id == third.uri


def test_what_others_say_to_each_other_stays_there(desk: Desk) -> None:
    first = asked(desk)
    aside = desk.world.post("bob.test", "poor you", to=first, tell=False)
    desk.world.post("ann.test", "thank you, Bob", to=aside, tell=False)
    assert desk.look() == []


def test_a_thread_is_read_only_when_it_has_grown(desk: Desk) -> None:
    first = asked(desk)
    desk.look()
    before = desk.net.count(THREAD)
    desk.look()
    assert desk.net.count(THREAD) == before
    desk.world.post("bob.test", "poor you", to=first, tell=False)
    desk.look()
    desk.look()
    assert desk.net.count(THREAD) == before + 1


def test_what_the_writer_adds_stops_an_answer(desk: Desk) -> None:
    first = asked(desk)
    desk.world.post("ann.test", "never mind, it is here", to=first, tell=False)
    key = desk.seen[first.uri].conversation_key
    thread = desk.channel().thread(ThreadRef(key, parent_id=first.uri, message_ids=(first.uri,)))
    assert {m.text: m.is_addressed for m in thread}["never mind, it is here"] is True


def test_what_we_answer_speaks_to_us_whatever_it_says(desk: Desk) -> None:
    first = asked(desk)
    del first.record["facets"]
    desk.world.post("ann.test", "never mind, it is here", to=first, tell=False)
    key = desk.seen[first.uri].conversation_key
    thread = desk.channel().thread(ThreadRef(key, parent_id=first.uri, message_ids=(first.uri,)))
    assert [m.is_addressed for m in thread] == [True, True]


def test_without_a_list_of_our_own_posts_answers_are_found_below_the_questions(desk: Desk) -> None:
    desk.net.missing.add(FEED)
    first = asked(desk)
    second = desk.world.mention("bob.test", "and mine is late")
    desk.look()
    desk.world.post(desk.world.me, "a new one is on its way", to=first)
    answer = only(desk.look())
    assert (answer.direction, answer.parent_id) == (Direction.OUTBOUND, first.uri)
    assert desk.look() == []
    desk.world.post(desk.world.me, "so sorry", to=second)
    assert texts(desk.look()) == ["so sorry"]


@pytest.mark.parametrize("fault", ["reset-after", "status"])
def test_without_records_a_post_is_looked_up_as_it_is_shown(desk: Desk, fault: str) -> None:
    desk.net.missing.add(RECORD)
    reply = desk.reply_to(asked(desk), "It left this morning")
    desk.net.fault(fault, PUT, status=502)
    with pytest.raises((Unclear, Unreachable)):
        desk.channel().send(reply)
    found = desk.channel().find_sent(reply)
    if fault == "status":
        assert found == ABSENT
    else:
        assert found.sent is not None
        assert found.sent.remote_id == next(p.uri for p in desk.net.own_posts() if "reply" in p.record)
