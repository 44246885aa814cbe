"""A real Synapse: signed in to, and heard without holes and within seconds."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
import requests

from services.channels.base import ABSENT
from services.errors import BadAnswer, NotAllowed, SignInNeeded
from services.model import Direction, MessageKind
from tests.servers.matrix.desk import Desk, raised

pytestmark = pytest.mark.servers

SEALED = {"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}


# --- signing in


def test_who_we_are(fresh: Desk, shop: Any) -> None:
    identity = fresh.channel().identify()
    assert (identity.remote_id, identity.name) == (shop.user_id, "Rosie's Bakery")


def test_a_wrong_token_and_one_that_was_taken_back(desk: Desk, shop: Any) -> None:
    right, desk.token = desk.token, "syt_nobody_knows_this"
    assert type(raised(desk.sign_in)) is SignInNeeded
    desk.token = right
    shop.call("POST", "/logout", {})
    assert type(raised(desk.look)) is SignInNeeded


def test_a_guest_is_told(fresh: Desk, server: Any) -> None:
    made = requests.post(f"{server.url}/_matrix/client/v3/register?kind=guest", json={}, timeout=30).json()
    fresh.token = made["access_token"]
    error = raised(fresh.sign_in)
    assert (type(error), error.reason) == (SignInNeeded, "guest")


def test_a_locked_out_person(desk: Desk, shop: Any) -> None:
    auth = {"type": "m.login.password", "password": shop.password}
    auth["identifier"] = {"type": "m.id.user", "user": shop.user_id}  # type: ignore[assignment]
    shop.call("POST", "/account/deactivate", {"auth": auth})
    assert type(raised(desk.look)) is SignInNeeded


# --- hearing


def test_what_is_said_comes_with_who_and_where(fresh: Desk, room: str, ann: Any) -> None:
    event = ann.say(room, "My cake was dry")
    fresh.settings["room"] = room
    message = fresh.sign_in().only()
    assert (message.remote_id, message.text, message.author.name) == (event, "My cake was dry", "Ann Lee")
    assert (message.title, message.kind) == ("Cakes", MessageKind.COMMENT)
    assert not fresh.batches[0].live
    assert fresh.look() == []


def test_by_its_alias(fresh: Desk, room: str, shop: Any, ann: Any) -> None:
    ann.say(room, "hello")
    alias = shop.call("GET", f"/rooms/{room}/state/m.room.canonical_alias")["alias"]
    fresh.settings["room"] = f"https://matrix.to/#/{alias}"
    assert fresh.sign_in().only().text == "hello"


def test_a_gap_is_filled(desk: Desk, room: str, ann: Any) -> None:
    for number in range(180):
        ann.say(room, f"line {number}")
    assert {m.text for m in desk.look()} == {f"line {number}" for number in range(180)}
    assert all(one.live for one in desk.batches[-2:])
    for _ in range(3):
        assert desk.look() == []
    ann.say(room, "one more")
    assert desk.only().text == "one more"


def test_a_room_with_a_thousand_messages(fresh: Desk, room: str, shop: Any, ann: Any) -> None:
    """Heard whole, and the answer to the first of them found behind all the others."""
    ann.say(room, "My cake was dry")
    complaint = fresh.sign_in().only()
    sent = fresh.channel().send(fresh.reply_to(complaint, "So sorry."))
    for number in range(1000):
        ann.say(room, f"line {number}")
    # Synapse answers a first sync that it has answered before out of its memory, to the same session only.
    fresh.cursor, fresh.batches, fresh.token = {}, [], shop.sign_in_again()
    assert {m.text for m in fresh.look()} >= {f"line {number}" for number in range(1000)}
    assert not any(one.live for one in fresh.batches if one.messages)
    found = fresh.channel().find_sent(fresh.reply_to(complaint, "So sorry."))
    assert found.sent is not None
    assert found.sent.remote_id == sent.remote_id
    long_ago = fresh.shared.clock.now() - timedelta(hours=2)
    late = fresh.reply_to(complaint, "Another answer", attempt_started=long_ago)
    assert fresh.channel().find_sent(late) == ABSENT


def test_a_message_is_heard_within_seconds(desk: Desk, room: str, ann: Any) -> None:
    heard: list[tuple[bool, float]] = []
    stopping = threading.Event()
    ear = threading.Thread(
        target=lambda: heard.append((desk.channel().listen(desk.cursor, stopping), time.monotonic()))
    )
    ear.start()
    ear.join(1.0)
    assert ear.is_alive(), "it waits"
    said_at = time.monotonic()
    ann.say(room, "now")
    ear.join(10)
    assert heard[0][0]
    assert heard[0][1] - said_at < 3
    assert desk.only().text == "now"


def test_waiting_ends_when_it_is_told_to(desk: Desk) -> None:
    stopping = threading.Event()
    threading.Timer(0.3, stopping.set).start()
    began = time.monotonic()
    assert desk.channel().listen(desk.cursor, stopping) is False
    assert time.monotonic() - began < 2


def test_edits_and_deletions(desk: Desk, room: str, ann: Any) -> None:
    event = ann.say(room, "The cake was dyr")
    assert desk.only().text == "The cake was dyr"
    edit = ann.edit(room, event, "The cake was dry")
    message = desk.only()
    assert (message.remote_id, message.text, message.version) == (event, "The cake was dry", edit)
    ann.redact(room, edit)
    assert desk.only().text == "The cake was dyr"
    ann.redact(room, event)
    assert desk.look() == []
    assert event in desk.gone


def test_edits_of_long_ago(desk: Desk, room: str, ann: Any) -> None:
    event = ann.say(room, "The cake was dyr")
    for number in range(130):
        ann.say(room, f"noise {number}")
    ann.edit(room, event, "The cake was dry")
    for number in range(70):
        ann.say(room, f"more noise {number}")
    found = {m.remote_id: m.text for m in desk.look()}
    assert len(found) == 201
    assert found[event] == "The cake was dry"


def test_threads_and_answers(desk: Desk, room: str, ann: Any, shop: Any) -> None:
    root = ann.say(room, "Is there gluten?")
    ann.say(room, "Shop?", thread=root)
    shop.say(room, "Yes", thread=root, answers=root)
    found = desk.look()
    assert {m.conversation_key for m in found} == {root}
    assert {m.direction for m in found} == {Direction.INBOUND, Direction.OUTBOUND}


def test_a_direct_chat(desk: Desk, shop: Any, ann: Any, server: Any) -> None:
    chat = ann.make_room(
        preset="trusted_private_chat", is_direct=True, invite=[shop.user_id], initial_state=[]
    )
    assert desk.look() == []
    assert desk.settings["note"] == "room-invite"
    shop.join(chat)
    ann.say(chat, "Between us")
    message = desk.only()
    assert (message.private, message.kind) == (True, MessageKind.DIRECT)
    sent = desk.channel().send(desk.reply_to(message, "Sorry"))
    assert sent.remote_id == ann.said(chat)[0]["event_id"]
    bob = server.register("bob")
    ann.invite(chat, bob.user_id)
    bob.join(chat)
    assert (
        raised(lambda: desk.channel().send(desk.reply_to(message, "My number"))).reason == "would-be-public"
    )


# --- rooms that are closed


def test_encrypted_rooms(fresh: Desk, shop: Any, ann: Any) -> None:
    sealed = shop.make_room("Sealed", initial_state=[SEALED])
    ann.join(sealed)
    ann.send(sealed, {"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "x"}, "m.room.encrypted")
    fresh.settings["room"] = sealed
    error = raised(fresh.sign_in)
    assert (type(error), error.reason, error.detail["name"]) == (BadAnswer, "encrypted-room", "Sealed")
    assert raised(fresh.look).reason == "encrypted-room"
    del fresh.settings["room"]
    assert fresh.sign_in().look() == []
    assert fresh.settings["note"] == "rooms-encrypted"


def test_a_room_that_becomes_encrypted(desk: Desk, room: str, shop: Any, ann: Any) -> None:
    ann.say(room, "the last open words")
    shop.set_state(room, "m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"})
    assert desk.only().text == "the last open words"
    assert desk.batches[-1].trouble.reason == "encrypted-room"


def test_rooms_we_are_not_in(fresh: Desk, ann: Any, shop: Any) -> None:
    fresh.settings["room"] = hers = ann.make_room("Hers")
    assert raised(fresh.sign_in).reason == "not-in-room"
    assert raised(fresh.look).reason == "not-in-room"
    ann.invite(hers, shop.user_id)
    assert raised(fresh.sign_in).reason == "invite-waits"
    assert raised(fresh.look).reason == "invite-waits"
    shop.join(hers)
    ann.say(hers, "welcome")
    assert fresh.sign_in().only().text == "welcome"
    shop.leave(hers)
    error = raised(fresh.look)
    assert (type(error), error.detail["name"]) == (NotAllowed, "Hers")
    shop.join(hers)
    ann.say(hers, "welcome back")
    assert "welcome back" in {m.text for m in fresh.look()}
    fresh.settings["room"] = "#nowhere:bakery.test"
    assert raised(fresh.sign_in).reason == "no-such-chat"


def test_a_room_joined_later(desk: Desk, ann: Any, shop: Any) -> None:
    hers = ann.make_room("Hers")
    for number in range(80):
        ann.say(hers, f"line {number}")
    shop.join(hers)
    before = len(desk.batches)
    assert {m.text for m in desk.look()} == {f"line {number}" for number in range(80)}
    assert not any(one.live for one in desk.batches[before:] if one.messages)
    ann.say(hers, "now")
    assert desk.only().text == "now"
