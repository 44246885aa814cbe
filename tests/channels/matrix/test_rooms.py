"""Which rooms are heard, what is said of the others, and waiting for the next message."""

from __future__ import annotations

import threading
import time

from services.words import note_sentence
from tests.channels.chat_desk import ChatDesk, only
from tests.channels.matrix.standin import ANN, CAKES, SHOP, TOM

CHAT = "!chat:bakery.test"


def test_who_may_not_speak_may_not_answer(desk: ChatDesk) -> None:
    desk.standin.put(CAKES, "m.room.power_levels", {"events_default": 50, "users": {TOM: 100}})
    desk.standin.say(ANN, "Hello?")
    message = only(desk.look())
    assert (message.can_reply, message.why_not) == (False, "no-voice")
    desk.standin.put(CAKES, "m.room.power_levels", {"events_default": 50, "users": {TOM: 100, SHOP: 50}})
    desk.standin.say(ANN, "Hello again?")
    assert only(desk.look()).can_reply


def test_creators_may_speak_in_new_rooms(desk: ChatDesk) -> None:
    desk.standin.make_room("!new", "New", ANN, room_version="12", additional_creators=[SHOP])
    desk.standin.put("!new", "m.room.power_levels", {"events_default": 50, "users": {}})
    desk.standin.say(ANN, "Hello?", "!new")
    assert only(desk.look()).can_reply


def test_only_the_named_rooms_are_heard(fresh_desk: ChatDesk) -> None:
    fresh_desk.standin.make_room(CHAT, "Chat", ANN)
    fresh_desk.standin.say(ANN, "elsewhere", CHAT)
    fresh_desk.sign_in(room="https://matrix.to/#/%23cakes:bakery.test?via=bakery.test")
    fresh_desk.look()
    assert {m.title for m in fresh_desk.seen.values()} == {"Cakes"}


def test_a_room_joined_later_is_heard_quietly_from_its_last_days_on(desk: ChatDesk) -> None:
    desk.standin.make_room(CHAT, "Chat")
    desk.standin.rooms[CHAT].events.clear()
    desk.standin.member(CHAT, ANN, "join")
    for number in range(120):
        desk.standin.say(ANN, f"line {number}", CHAT)
    desk.standin.member(CHAT, SHOP, "join")
    before = len(desk.batches)
    assert {m.text for m in desk.look()} == {f"line {number}" for number in range(120)}
    assert not any(one.live for one in desk.batches[before:] if one.messages)
    desk.standin.say(ANN, "now", CHAT)
    assert only(desk.look()).text == "now"
    assert desk.batches[-1].live


def test_an_invitation_is_told_and_never_accepted(desk: ChatDesk) -> None:
    desk.standin.member(CHAT, ANN, "join")
    desk.standin.member(CHAT, SHOP, "invite", by=ANN)
    assert desk.look() == []
    assert desk.settings["note"] == "room-invite"
    assert not desk.standin.paths("join/")
    desk.standin.member(CHAT, SHOP, "join")
    desk.standin.say(ANN, "welcome", CHAT)
    assert only(desk.look()).text == "welcome"
    assert desk.settings["note"] == ""


def test_encrypted_rooms_are_told_and_nothing_is_pretended(fresh_desk: ChatDesk) -> None:
    fresh_desk.standin.make_room(CHAT, "Secret", ANN)
    fresh_desk.standin.put(CHAT, "m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"})
    fresh_desk.standin.say(ANN, "", CHAT, kind="m.room.encrypted")
    assert fresh_desk.sign_in().note == "rooms-encrypted"
    fresh_desk.look()
    assert {m.title for m in fresh_desk.seen.values()} == {"Cakes"}
    assert (fresh_desk.settings["note"], fresh_desk.settings["note_name"]) == ("rooms-encrypted", "Secret")
    assert "Secret" in note_sentence("rooms-encrypted", "Matrix", "Secret")
    assert fresh_desk.batches[-1].trouble is None


def test_a_room_that_becomes_encrypted_is_told(desk: ChatDesk) -> None:
    desk.standin.say(ANN, "the last open words")
    desk.standin.put(CAKES, "m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"})
    desk.standin.say(ANN, "", kind="m.room.encrypted")
    assert only(desk.look()).text == "the last open words"
    trouble = desk.batches[-1].trouble
    assert trouble is not None
    assert (trouble.reason, trouble.detail["name"]) == ("encrypted-room", "Cakes")


# --- listening


def wait_for(desk: ChatDesk, what: threading.Event) -> list[bool]:
    heard: list[bool] = []
    desk.standin.log.clear()
    ear = threading.Thread(target=lambda: heard.append(desk.channel().listen(desk.cursor, what)))
    ear.start()
    while not desk.standin.paths("/sync"):
        time.sleep(0.01)
    threading.Thread(target=lambda: desk.standin.say(ANN, "now")).start()
    ear.join(10)
    return heard


def test_a_message_ends_the_waiting(desk: ChatDesk) -> None:
    began = time.monotonic()
    assert wait_for(desk, threading.Event()) == [True]
    assert time.monotonic() - began < 5
    assert only(desk.look()).text == "now"


def test_waiting_ends_when_it_is_told_to(desk: ChatDesk) -> None:
    stopping = threading.Event()
    threading.Timer(0.3, stopping.set).start()
    began = time.monotonic()
    assert desk.channel().listen(desk.cursor, stopping) is False
    assert time.monotonic() - began < 2
