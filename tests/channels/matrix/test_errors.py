"""Whatever a server answers ends in one of our errors; what was heard before it is kept."""

from __future__ import annotations

import random
import traceback
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from services.errors import (
    BadAnswer,
    ChannelError,
    Invalid,
    NotAllowed,
    RateLimited,
    SignInNeeded,
    Unreachable,
)
from tests.channels.chat_desk import ChatDesk, only
from tests.channels.chat_server import Said
from tests.channels.matrix.standin import ANN, BOB, CAKES, SHOP, Standin, too_many

HTML = {"Content-Type": "text/html"}
CHAT = "!chat:bakery.test"


def raised(call: Callable[[], Any]) -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        call()
    return caught.value


@pytest.mark.parametrize(
    ("answer", "error", "reason"),
    [
        (Said(401, {"errcode": "M_UNKNOWN_TOKEN", "soft_logout": True}), SignInNeeded, "401"),
        (Said(401, {"errcode": "M_USER_LOCKED", "soft_logout": True}), SignInNeeded, "suspended"),
        (Said(403, {"errcode": "M_USER_DEACTIVATED"}), SignInNeeded, "deactivated"),
        (Said(403, {"errcode": "M_FORBIDDEN", "error": "no"}), NotAllowed, "forbidden"),
        (Said(403, {"errcode": "M_RESOURCE_LIMIT_EXCEEDED"}), Unreachable, "server"),
        (too_many(), RateLimited, ""),
        (Said(404, {"errcode": "M_UNRECOGNIZED"}), BadAnswer, "not-found"),
        (Said(502, b"<html>bad gateway</html>", HTML), Unreachable, "server"),
        (Said(200, b"<html>sign in to the wifi</html>", HTML), BadAnswer, "not-json"),
        (Said(200, b""), BadAnswer, "not-json"),
        (Said(200, []), BadAnswer, "not-a-document"),
        (Said(200, None), BadAnswer, "not-a-document"),
        (Said(200, {"rooms": {}}), BadAnswer, "no-token"),
        (Said(200, {"next_batch": 7}), None, ""),
        (Said(301, b"", {"Location": "https://elsewhere.example/"}), BadAnswer, "moved"),
    ],
)
def test_a_poll_that_fails(desk: ChatDesk, answer: Said, error: Any, reason: str) -> None:
    fault = desk.standin.fault("/sync$", answer=answer, times=None)
    if error is None:
        assert desk.look() == []
    else:
        found = raised(desk.look)
        assert (type(found), found.reason) == (error, reason)
        assert desk.standin.token not in "".join(traceback.format_exception(found)) + repr(found.detail)
    fault.times = 0
    desk.standin.say(ANN, "still there?")
    assert only(desk.look()).text == "still there?"


def test_a_revoked_token_between_two_looks(desk: ChatDesk) -> None:
    desk.standin.tokens = {"syt_other": SHOP}
    assert type(raised(desk.look)) is SignInNeeded
    desk.standin.say(ANN, "meanwhile")
    desk.secrets = dict(desk.standin.secrets)
    assert only(desk.look()).text == "meanwhile"


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        (too_many(milliseconds=90_000), 90),
        (too_many(seconds=40), 40),
        (too_many(milliseconds=1, seconds=30), 30),
    ],
)
def test_a_pause_until(desk: ChatDesk, said: Said, seconds: int) -> None:
    desk.standin.fault("/sync$", answer=said)
    error = raised(desk.look)
    assert isinstance(error, RateLimited)
    assert error.until == desk.clock.now() + timedelta(seconds=seconds)
    desk.standin.say(ANN, "meanwhile")
    desk.clock.advance(seconds + 1)
    assert only(desk.look()).text == "meanwhile"


@pytest.mark.parametrize("answer", [too_many(seconds=5), Said(503, b"busy")])
def test_a_pause_in_the_middle_of_a_gap_loses_nothing(desk: ChatDesk, answer: Said) -> None:
    desk.standin.largest_page = 20
    for number in range(200):
        desk.standin.say(ANN, f"line {number}")
    heard = {m.text for m in desk.step().messages}
    fault = desk.standin.fault("/messages$", answer=answer, times=None)
    fault.times = None
    for _ in range(2):
        raised(desk.step)
    fault.times = 0
    desk.clock.advance(10)
    heard |= {m.text for m in desk.look()}
    assert heard == {f"line {number}" for number in range(200)}


def test_an_event_that_cannot_be_asked_for_stops_nothing(desk: ChatDesk) -> None:
    news = desk.standin.say(SHOP, "News")
    for number in range(60):
        desk.standin.say(BOB, f"noise {number}")
    desk.look()
    for cursor in desk.cursor["rooms"].values():
        cursor["talk"]["mine"] = []
    desk.standin.fault("/event/", answer=Said(500, {"errcode": "M_UNKNOWN"}), times=None)
    desk.standin.say(ANN, "about the news", answers=news)
    assert only(desk.look()).text == "about the news"


# --- rooms


def test_a_room_that_we_left(fresh_desk: ChatDesk) -> None:
    fresh_desk.sign_in(room=CAKES)
    fresh_desk.look()
    fresh_desk.standin.member(CAKES, SHOP, "leave", by=BOB)
    for _ in range(2):
        error = raised(fresh_desk.look)
        assert (type(error), error.reason, error.detail["name"]) == (NotAllowed, "not-in-room", "Cakes")
        fresh_desk.clock.advance(minutes=30)
    fresh_desk.standin.member(CAKES, SHOP, "join")
    fresh_desk.standin.say(ANN, "welcome back")
    assert "welcome back" in {m.text for m in fresh_desk.look()}


def test_one_closed_room_does_not_silence_the_others(fresh_desk: ChatDesk) -> None:
    fresh_desk.standin.make_room(CHAT, "Chat", ANN)
    fresh_desk.sign_in(room=f"{CHAT}, #cakes:bakery.test")
    fresh_desk.look()
    fresh_desk.standin.member(CHAT, SHOP, "ban", by=BOB)
    fresh_desk.standin.say(ANN, "here")
    assert only(fresh_desk.look()).text == "here"
    trouble = fresh_desk.batches[-1].trouble
    assert trouble is not None
    assert trouble.detail["name"] == "Chat"


def test_a_room_that_was_replaced(fresh_desk: ChatDesk) -> None:
    fresh_desk.sign_in(room=CAKES)
    fresh_desk.look()
    fresh_desk.standin.put(
        CAKES, "m.room.tombstone", {"body": "moved", "replacement_room": "!new:bakery.test"}
    )
    fresh_desk.look()
    trouble = fresh_desk.batches[-1].trouble
    assert trouble is not None
    assert trouble.reason == "room-replaced"


def test_an_alias_that_leads_elsewhere_now(fresh_desk: ChatDesk) -> None:
    fresh_desk.sign_in(room="#cakes:bakery.test")
    fresh_desk.look()
    fresh_desk.standin.make_room(CHAT, "Cakes, again", ANN)
    fresh_desk.standin.say(ANN, "in the new room", CHAT)
    fresh_desk.standin.aliases["#cakes:bakery.test"] = CHAT
    fresh_desk.clock.advance(minutes=30)
    assert "in the new room" in {m.text for m in fresh_desk.look()}


@pytest.mark.parametrize(
    ("room", "error", "reason"),
    [
        ("#nowhere:bakery.test", BadAnswer, "no-such-chat"),
        ("!nowhere:bakery.test", NotAllowed, "not-in-room"),
        ("!sealed:bakery.test", BadAnswer, "encrypted-room"),
        ("!invited:bakery.test", NotAllowed, "invite-waits"),
    ],
)
def test_a_named_room_that_cannot_be_heard_is_refused(
    fresh_desk: ChatDesk, room: str, error: Any, reason: str
) -> None:
    standin: Standin = fresh_desk.standin
    standin.make_room("!sealed:bakery.test", "Sealed", ANN)
    standin.put("!sealed:bakery.test", "m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"})
    standin.member("!invited:bakery.test", ANN, "join")
    standin.member("!invited:bakery.test", SHOP, "invite", by=ANN)
    found = raised(lambda: fresh_desk.sign_in(room=room))
    assert (type(found), found.reason) == (error, reason)
    fresh_desk.settings["room"] = room
    assert raised(fresh_desk.look).reason == reason


@pytest.mark.parametrize("room", ["cakes", "@ann:bakery.test", "https://bakery.test", "#cakes", ", ".join(
    f"!r{number}:x.test" for number in range(51))])  # fmt: skip
def test_what_is_no_room(fresh_desk: ChatDesk, room: str) -> None:
    with pytest.raises(Invalid) as caught:
        fresh_desk.sign_in(room=room)
    assert caught.value.detail["field"] == "room"


def test_a_guest_is_told(fresh_desk: ChatDesk) -> None:
    fresh_desk.standin.is_guest = True
    assert raised(fresh_desk.sign_in).reason == "guest"


@pytest.mark.parametrize(
    ("token", "reason"),
    [("", "no-token"), ("two words", "wrong-token"), ("syt_wrong", "401"), ("tökén", "wrong-token")],
)
def test_tokens_that_are_none(fresh_desk: ChatDesk, token: str, reason: str) -> None:
    fresh_desk.secrets["access_token"] = token
    error = raised(fresh_desk.sign_in)
    assert (type(error), error.reason) == (SignInNeeded, reason)


# --- odd messages

NESTED: tuple[Any, ...] = ([], [None], [[]], {}, {"event_id": None}, {"x": []})
JUNK: tuple[Any, ...] = (None, True, -1, 10**30, 1.5, "", "x", "\ud800", "\0", *NESTED)


def spoiled(value: Any, dice: random.Random) -> Any:
    if dice.random() < 0.12:
        return dice.choice(JUNK)
    if isinstance(value, dict):
        return {name: spoiled(one, dice) for name, one in value.items()}
    if isinstance(value, list):
        return [spoiled(one, dice) for one in value]
    return value


@pytest.mark.parametrize("seed", range(12))
def test_spoiled_answers_stop_no_other_message(desk: ChatDesk, seed: int) -> None:
    dice = random.Random(seed)
    relation = {"rel_type": "m.thread", "event_id": "$e9", "m.in_reply_to": {"event_id": "$e8"}}
    content = {
        "msgtype": "m.image",
        "body": "words",
        "filename": "f",
        "url": "mxc://a/b",
        "info": {"size": 3},
        "geo_uri": "geo:1,2",
        "format": "org.matrix.custom.html",
        "formatted_body": "<b>x</b>",
        "m.mentions": {"user_ids": [SHOP]},
        "m.poll": {"question": {"m.text": [{"body": "q"}]}, "answers": [{"m.text": [{"body": "a"}]}]},
        "m.new_content": {"body": "new"},
        "m.relates_to": relation,
        "redacts": "$e3",
    }
    unsigned = {"m.relations": {"m.replace": {"event_id": "$x", "sender": ANN, "content": content}}}
    kinds = (
        "m.room.message",
        "m.sticker",
        "m.room.redaction",
        "m.poll.start",
        "m.room.member",
        "m.room.name",
    )
    events = []
    for number in range(120):
        whole = {
            "type": dice.choice(kinds),
            "event_id": f"$odd{number}",
            "sender": ANN,
            "origin_server_ts": 1_790_000_000_000 + number,
            "content": content,
            "unsigned": unsigned,
            "state_key": "",
        }
        if dice.random() < 0.8:
            del whole["state_key"]
        events.append(spoiled(whole, dice))
    good = {
        "type": "m.room.message",
        "event_id": "$good",
        "sender": ANN,
        "origin_server_ts": int(desk.clock.now().timestamp() * 1000),
        "content": {"msgtype": "m.text", "body": "the last one"},
    }
    part = {"timeline": {"events": [*events, good], "prev_batch": "s1"}, "state": {"events": events}}
    told = {
        "next_batch": desk.cursor["since"],
        "rooms": {
            "join": {CAKES: part, "!odd": spoiled(part, dice), "!none": None},
            "invite": spoiled({"!i": {}}, dice),
            "leave": spoiled({"!l": {}}, dice),
        },
        "account_data": spoiled({"events": [{"type": "m.direct", "content": {ANN: ["!a"]}}]}, dice),
    }
    desk.standin.fault("/sync$", answer=Said(200, told))
    heard = {m.text for m in desk.step().messages}
    assert "the last one" in heard
    desk.look()
    desk.standin.say(BOB, "and then")
    assert "and then" in {m.text for m in desk.look()}


@pytest.mark.parametrize("seed", range(6))
def test_spoiled_cursors_are_read_as_far_as_they_can_be(desk: ChatDesk, seed: int) -> None:
    dice = random.Random(seed)
    whole = dict(desk.cursor)
    for _ in range(15):
        desk.cursor = spoiled(whole, dice)
        if not isinstance(desk.cursor, dict):
            continue
        desk.look()
        desk.standin.say(ANN, "heard")
        assert "heard" in {m.text for m in desk.look()}
        desk.clock.advance(60)
