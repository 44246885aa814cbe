"""Direct messages and watched words: what is said in private, and what is said without being said to us."""

from __future__ import annotations

from datetime import timedelta

from services.model import MessageKind
from tests.channels.bluesky.conftest import OpenDesk
from tests.channels.bluesky.desk import Desk, texts

HOUR = timedelta(hours=1)


# --- direct messages


def test_long_exchanges_are_read_to_their_end(desk: Desk) -> None:
    for number in range(230):
        desk.world.direct("dora.test", f"line {number}", ago=timedelta(seconds=300 - number))
    assert len(desk.look()) == 230
    for number in range(15):
        desk.world.direct(f"p{number}.test", "me too")
    assert len(desk.look()) == 15
    assert desk.look() == []


def test_many_conversations_at_the_first_look(open_desk: OpenDesk) -> None:
    desk = open_desk()
    for number in range(120):
        desk.world.direct(f"p{number}.test", f"from {number}", ago=timedelta(minutes=number + 1))
    desk.sign_in()
    assert len(desk.look()) == 120


def test_deleted_direct_messages_groups_and_system_words(desk: Desk) -> None:
    said = desk.world.direct("dora.test", "wrong window")
    (message,) = desk.look()
    convo = desk.world.convo("dora.test")
    said.pop("text")
    said["$type"] = "chat.bsky.convo.defs#deletedMessageView"
    desk.world.say(convo, desk.world.me, {"$type": "chat.bsky.convo.defs#systemMessageView", "data": {}})
    convo.rev = desk.world.number()
    group = desk.world.convo("eve.test")
    group.is_group = True
    desk.world.say(group, group.members[1], {"text": "hello all"})
    assert desk.look() == []
    assert desk.gone == [message.remote_id]


def test_a_server_that_knows_no_requests(open_desk: OpenDesk) -> None:
    desk = open_desk(empty=False)
    desk.net.has_requests = False
    desk.sign_in()
    assert "The cake never came" in texts(desk.look())
    before = desk.net.count("listConvoRequests")
    desk.look()
    assert desk.net.count("listConvoRequests") == before


def test_without_the_permission_the_rest_goes_on(open_desk: OpenDesk) -> None:
    desk = open_desk(empty=False)
    desk.net.passwords = {"abcd-efgh-ijkl-mnop": "com.atproto.appPass"}
    identity = desk.channel().identify()
    assert identity.note == "no-direct-messages"
    desk.settings |= identity.settings
    found = desk.look()
    assert len(found) == 5
    asked = desk.net.count("listConvos")
    desk.world.mention("ann.test", "hello")
    desk.clock.advance(60)
    assert texts(desk.look()) == ["@rosies.test hello"]
    assert desk.net.count("listConvos") == asked, "said once, not asked with every look"
    desk.net.passwords = {"abcd-efgh-ijkl-mnop": "com.atproto.appPassPrivileged"}
    desk.clock.advance(hours=1)
    desk.look()
    assert "The cake never came" in {m.text for m in desk.seen.values()}
    assert desk.settings["note"] == ""


def test_after_signing_in_with_the_permission_they_are_asked_for_at_once(open_desk: OpenDesk) -> None:
    desk = open_desk(empty=False)
    desk.net.passwords = {"abcd-efgh-ijkl-mnop": "com.atproto.appPass"}
    desk.settings |= desk.channel().identify().settings
    desk.look()
    assert "The cake never came" not in {m.text for m in desk.seen.values()}
    desk.net.passwords = {"abcd-efgh-ijkl-mnop": "com.atproto.appPassPrivileged"}
    desk.settings |= desk.channel().identify().settings
    assert "The cake never came" in texts(desk.look())


def test_a_server_that_has_little_more_than_notifications(open_desk: OpenDesk) -> None:
    desk = open_desk(watch="bread")
    for method in ("chat.bsky.*", "app.bsky.feed.*", "app.bsky.actor.getProfile"):
        words = b'{"error": "MethodNotImplemented", "message": "Method Not Implemented"}'
        desk.net.fault("status", method, status=501, body=words, times=None)
    desk.sign_in()
    assert desk.settings["note"] == ""
    bread = desk.world.post(desk.world.me, "New bread")
    desk.world.post("ann.test", "is it rye?", to=bread)
    desk.world.mention("bob.test", "hello")
    desk.world.follow("finn.test")
    found = desk.look()
    assert texts(found) == ["", "@rosies.test hello", "is it rye?"]
    assert desk.look() == []


# --- watched words


def test_watched_words_are_found_once(open_desk: OpenDesk) -> None:
    desk = open_desk(watch="Rosie's bread, sourdough")
    desk.world.post("ann.test", "rosie's bread is stale", ago=HOUR)
    desk.world.mention("bob.test", "sourdough again?", ago=HOUR)
    desk.world.post(desk.world.me, "sourdough is back", ago=HOUR)
    desk.sign_in()
    found = desk.look()
    assert texts(found) == ["@rosies.test sourdough again?", "rosie's bread is stale"]
    assert {m.kind for m in found} == {MessageKind.MENTION}
    assert desk.look() == []
    searches = desk.net.count("searchPosts")
    desk.clock.advance(60)
    desk.look()
    assert desk.net.count("searchPosts") == searches, "at a human pace"
    desk.world.post("cem.test", "the sourdough was wet")
    desk.clock.advance(minutes=5)
    assert texts(desk.look()) == ["the sourdough was wet"]
    assert desk.batches[-1].live


def test_a_word_added_later_is_looked_up_quietly(desk: Desk) -> None:
    desk.world.post("ann.test", "that bakery again", ago=HOUR)
    desk.settings["watch"] = "bakery"
    desk.clock.advance(60)
    assert texts(desk.look()) == ["that bakery again"]
    assert not any(batch.live for batch in desk.batches if batch.messages)


def test_a_server_without_search_is_still_heard(open_desk: OpenDesk) -> None:
    desk = open_desk(watch="bread")
    desk.net.has_search = False
    desk.world.mention("ann.test", "no bread today?")
    desk.sign_in()
    assert texts(desk.look()) == ["@rosies.test no bread today?"]
