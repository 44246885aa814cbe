"""What a forum, or what stands in front of it, may do to us."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.channels.web import WebShared
from services.errors import BadAnswer, ChannelError, NotAllowed, RateLimited, SignInNeeded, Unreachable
from tests.channels.discourse.conftest import OpenDesk
from tests.channels.discourse.desk import Desk, only


def test_a_key_taken_back_between_two_looks(desk: Desk) -> None:
    desk.forum.keys[0].revoked = True
    with pytest.raises(SignInNeeded):
        desk.look()
    desk.forum.keys[0].revoked = False
    desk.forum.start("ann", "Mug", "Hello @rosie, my mug is broken.")
    assert len(desk.look()) == 1


def test_a_key_that_may_not_read(open_desk: OpenDesk) -> None:
    desk = open_desk()
    desk.forum.keys[0].scopes = frozenset({"session_info"})
    desk.sign_in()
    with pytest.raises(NotAllowed) as caught:
        desk.look()
    assert caught.value.detail["permission"] == "forum:read"


@pytest.mark.parametrize("header", [True, False])
def test_a_pause_is_kept_to_the_second(desk: Desk, header: bool) -> None:
    desk.server.limits, desk.server.says_retry_after = True, header
    desk.forum.keys[0].used = [desk.clock.now() + timedelta(seconds=170)] * 20
    desk.forum.start("ann", "Mug", "Hello @rosie, my mug is broken.")
    with pytest.raises(RateLimited) as caught:
        desk.look()
    assert caught.value.until is not None
    left = (caught.value.until - desk.clock.now()).total_seconds()
    assert 49 <= left <= 51
    desk.clock.advance(left)
    assert len(desk.look(rest=False)) == 1


def test_a_pause_in_the_middle_loses_nothing(desk: Desk) -> None:
    said = [desk.forum.start("ann", f"Topic {n}", f"Hello @rosie, number {n}.") for n in range(5)]
    desk.server.fault("status", "/t/*", skip=2, status=429, retry_after="30")
    with pytest.raises(RateLimited):
        desk.look()
    heard = {m.remote_id for b in desk.batches for m in b.messages}
    assert 0 < len(heard) < 5
    desk.clock.advance(31)
    heard |= {m.remote_id for m in desk.look_until_quiet()}
    assert heard == {str(one.id) for one in said}


def test_a_pause_without_a_time(desk: Desk) -> None:
    desk.server.fault("status", "/notifications.json", status=429)
    with pytest.raises(RateLimited) as caught:
        desk.look()
    assert caught.value.until is None


def test_a_forum_that_moved_is_not_given_the_key(desk: Desk, open_desk: OpenDesk) -> None:
    thief = open_desk()
    desk.server.moves_to = thief.server.url.replace("127.0.0.1", "localhost")
    with pytest.raises(SignInNeeded) as caught:
        desk.look()
    assert (caught.value.reason, caught.value.detail["name"]) == ("moved", "localhost")
    assert thief.server.log == []


def test_a_forum_that_moved_is_the_same_account_when_signed_in_there(desk: Desk, open_desk: OpenDesk) -> None:
    before = desk.channel().identify()
    other = open_desk()
    desk.server.moves_to = other.server.url.replace("127.0.0.1", "localhost")
    with pytest.raises(SignInNeeded) as caught:
        desk.channel().identify()
    assert caught.value.reason == "moved", "a pasted key is not carried elsewhere"
    assert not any("session" in one for one in other.server.log)
    desk.settings["url"] = desk.server.moves_to
    desk.secrets = {"api_key": other.forum.user_key(other.server.rosie)}
    after = desk.channel().identify()
    assert after.remote_id == before.remote_id
    assert after.url == desk.server.moves_to
    desk.server.moves_to = ""
    assert desk.channel().identify().remote_id != before.remote_id, "the old place stands for itself"


@pytest.mark.parametrize(
    ("kind", "more", "error"),
    [
        ("bad-json", {}, BadAnswer),
        ("empty", {}, BadAnswer),
        ("garbage", {"size": 5000}, BadAnswer),
        ("body", {"body": b"<html><body>Just a moment</body></html>"}, BadAnswer),
        ("body", {"body": b"[]", "content_type": "application/json"}, BadAnswer),
        ("status", {"status": 500}, Unreachable),
        ("status", {"status": 502}, Unreachable),
        ("status", {"status": 403, "html": True}, NotAllowed),
        ("reset", {"times": 2}, Unreachable),
        ("loop", {"times": None}, Unreachable),
        ("bomb", {"size": 50_000_000}, BadAnswer),
    ],
)
def test_broken_answers_lose_nothing(desk: Desk, kind: str, more: dict[str, object], error: type) -> None:
    said = desk.forum.start("ann", "Mug", "Hello @rosie, my mug is broken.")
    desk.server.fault(kind, "/notifications.json", **more)
    with pytest.raises(ChannelError) as caught:
        desk.look()
    assert type(caught.value) is error
    desk.server.faults.clear()
    assert only(desk.look()).remote_id == str(said.id)


@pytest.mark.parametrize(
    ("kind", "more", "reason"),
    [
        ("body", {"body": b"<html>Just a moment</html>"}, "web-page"),
        ("bad-json", {}, "not-json"),
        ("status", {"status": 403, "html": True}, "api-blocked"),
        ("body", {"body": b"[1]", "content_type": "application/json"}, "not-a-document"),
        ("status", {"status": 418}, "status"),
    ],
)
def test_a_topic_that_cannot_be_read_stops_no_others_and_is_tried_again(
    desk: Desk, kind: str, more: dict[str, object], reason: str
) -> None:
    odd = desk.forum.start("ann", "Odd", "Hello @rosie, this one is odd.")
    good = desk.forum.start("bob", "Good", "Hello @rosie, this one is good.")
    desk.server.fault(kind, f"/t/{odd.topic}.json", times=None, **more)
    assert only(desk.look()).remote_id == str(good.id)
    trouble = desk.batches[-1].trouble
    assert trouble is not None
    assert trouble.reason == reason
    assert desk.look() == []
    desk.server.faults.clear()
    assert only(desk.look()).remote_id == str(odd.id)
    assert desk.batches[-1].trouble is None


def test_topics_behind_a_broken_server_wait(desk: Desk) -> None:
    said = desk.forum.start("ann", "Mug", "Hello @rosie, my mug is broken.")
    for _ in range(3):
        desk.server.fault("status", "/t/*", status=502)
        with pytest.raises(Unreachable):
            desk.look()
    assert only(desk.look()).remote_id == str(said.id)


def test_a_topic_that_nobody_may_see_any_more_is_let_go(desk: Desk) -> None:
    said = desk.forum.start("ann", "Mug", "Hello @rosie, my mug is broken.")
    desk.look()
    desk.forum.topics[said.topic].private_with = set()
    desk.look()
    assert desk.gone == [str(said.id)]
    assert desk.batches[-1].trouble is None


def test_odd_notifications_and_posts_do_not_stop_the_others(desk: Desk) -> None:
    good = desk.forum.start("bob", "Good", "Hello @rosie, this one is good.")
    body = (
        b'{"notifications":[null,{},{"id":"x","notification_type":1},{"id":9001,"notification_type":1,'
        b'"topic_id":"7a"},{"id":9002,"notification_type":2,"topic_id":%d,"post_number":null}]}' % good.topic
    )
    desk.server.fault("body", "/notifications.json", body=body, content_type="application/json")
    posts = (
        b'{"id":%d,"title":7,"details":[],"post_stream":{"stream":[%d,"x",null],"posts":[null,3,{"id":%d,'
        b'"cooked":"<p>Real</p>","username":"bob","user_id":5},{"post_number":2},{"id":77}]}}'
        % (good.topic, good.id, good.id)
    )
    desk.server.fault("body", f"/t/{good.topic}.json", body=posts, content_type="application/json")
    heard = {m.remote_id: m.text for m in desk.look()}
    assert heard[str(good.id)] == "Real"


def test_a_damaged_cursor_starts_anew(desk: Desk) -> None:
    said = desk.forum.start("ann", "Mug", "Hello @rosie, my mug is broken.")
    desk.look()
    desk.cursor = {"known": "x", "queue": [7, {"topic": "y"}], "topics": {"1": 3}, "walk": 5, "spent": {}}
    assert str(said.id) in {m.remote_id for m in desk.look()}


@pytest.mark.parametrize(
    "lacks",
    [
        {"/latest.json"},
        {"/site/basic-info.json"},
        {"/site/settings.json"},
        {"/site/basic-info.json", "/site/settings.json", "/latest.json", "/posts.json"},
        {r"/t/\d+/\d+\.json"},
    ],
)
def test_forums_that_offer_less(open_desk: OpenDesk, lacks: set[str]) -> None:
    desk = open_desk()
    desk.server.lacks = lacks
    said = desk.forum.start("ann", "Mug", "Hello @rosie, my mug is broken.")
    desk.sign_in()
    assert only(desk.look()).remote_id == str(said.id)
    desk.channel().send(desk.reply_to(said, "We are so sorry about this."))
    assert desk.ours() == ["We are so sorry about this."]
    assert [m.text for m in desk.look()] == ["We are so sorry about this."]


def test_no_secret_in_what_is_kept_or_raised(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.server.fault("status", "/notifications.json", status=418, body=desk.server.key.encode())
    with pytest.raises(BadAnswer) as caught:
        desk.look()
    assert desk.server.key not in f"{caught.value!r} {dict(caught.value.detail)}"
    desk.look()
    assert desk.server.key not in f"{desk.cursor} {desk.settings} {caplog.text}"


def test_quitting_ends_it_at_once(desk: Desk) -> None:
    shared = WebShared(desk.clock, proxies={})
    desk.web = shared.web()
    shared.cancel()
    with pytest.raises(Unreachable) as caught:
        desk.look()
    assert caught.value.reason == "cancelled"
    shared.close()
