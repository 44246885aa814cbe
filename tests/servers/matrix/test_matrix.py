"""A real Synapse: signed in to, heard without holes and within seconds, answered once."""

from __future__ import annotations

import io
import itertools
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from services.app import Shopbell
from services.channels.base import ABSENT, Reply, ThreadRef, Tools
from services.channels.matrix import Matrix
from services.channels.web import WebShared
from services.clock import SystemClock
from services.errors import BadAnswer, ChannelError, NotAllowed, RateLimited, Refused, SignInNeeded, Unclear
from services.model import Direction, Message, MessageKind, OutboxState

pytestmark = pytest.mark.servers

_numbers = itertools.count(1)
SEALED = {"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}


@dataclass
class Desk:
    """The shop's account, looked at as the application does it."""

    person: Any
    shared: WebShared
    settings: dict[str, Any]
    token: str
    cursor: Any = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)
    batches: list[Any] = field(default_factory=list)

    def channel(self) -> Matrix:
        tools = Tools(self.shared.web(secrets=[self.token]), self.shared.clock)
        return Matrix(self.settings, {"access_token": self.token}, tools)

    def sign_in(self) -> Desk:
        self.settings |= self.channel().identify().settings
        return self

    def look(self) -> list[Message]:
        found: dict[str, Message] = {}
        for _ in range(100):
            batch = self.channel().poll(self.cursor)
            self.cursor = batch.cursor
            self.settings |= batch.settings
            found |= {m.remote_id: m for m in batch.messages}
            self.gone += [one.remote_id for one in batch.changes]
            self.batches.append(batch)
            if not batch.more:
                return list(found.values())
        raise AssertionError("polling never ends")

    def only(self) -> Message:
        found = self.look()
        assert len(found) == 1, [m.text for m in found]
        return found[0]

    def reply_to(self, message: Message, text: str, **more: Any) -> Reply:
        values: dict[str, Any] = {
            "text": text, "private": message.private, "key": f"key {message.remote_id} {text[:20]}",
            "parent_id": message.remote_id, "parent_author_handle": message.author.handle,
            "parent_author_id": message.author.id, "conversation_key": message.conversation_key,
            "reply_context": message.reply_context, "attempt_started": self.shared.clock.now(),
        }  # fmt: skip
        return Reply(**(values | more))


@pytest.fixture
def shared() -> Iterator[WebShared]:
    made = WebShared(SystemClock(), proxies={})
    yield made
    made.close()


@pytest.fixture
def shop(server: Any) -> Any:
    return server.register(f"shop{next(_numbers)}", "Rosie's Bakery")


@pytest.fixture
def ann(server: Any) -> Any:
    return server.register(f"ann{next(_numbers)}", "Ann Lee")


@pytest.fixture
def room(shop: Any, ann: Any) -> str:
    made: str = shop.make_room("Cakes", room_alias_name=f"cakes{next(_numbers)}")
    ann.join(made)
    return made


@pytest.fixture
def fresh(shop: Any, shared: WebShared) -> Desk:
    return Desk(shop, shared, {"server": shop.server.url}, shop.token)


@pytest.fixture
def desk(fresh: Desk, room: str) -> Desk:
    """Signed in, the first quiet look done."""
    fresh.sign_in().look()
    return fresh


def raised(call: Callable[[], Any]) -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        call()
    return caught.value


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


def test_a_gap_of_three_hundred(desk: Desk, room: str, ann: Any) -> None:
    for number in range(300):
        ann.say(room, f"line {number}")
    assert {m.text for m in desk.look()} == {f"line {number}" for number in range(300)}
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
    bob = server.register(f"bob{next(_numbers)}")
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


# --- answering


@pytest.fixture
def complaint(desk: Desk, room: str, ann: Any) -> Message:
    ann.say(room, "My cake was dry")
    return desk.only()


@pytest.mark.parametrize("text", ["So sorry 😡", "a" * 60_000, "é" * 30_000, '"\n' * 15_000, "שלום"])
def test_any_text_arrives_as_it_was_written(
    desk: Desk, complaint: Message, room: str, ann: Any, text: str
) -> None:
    assert len(text.encode()) <= (desk.channel().limits().max_length or 0)
    sent = desk.channel().send(desk.reply_to(complaint, text))
    shown = ann.said(room)[0]
    assert (shown["event_id"], shown["content"]["body"]) == (sent.remote_id, text)
    assert shown["content"]["m.relates_to"] == {"m.in_reply_to": {"event_id": complaint.remote_id}}
    own = desk.only()
    assert (own.direction, own.parent_id) == (Direction.OUTBOUND, complaint.remote_id)


def test_too_long_never_leaves(desk: Desk, complaint: Message, room: str, ann: Any) -> None:
    for text in ("a" * 60_001, '"' * 50_000):
        with pytest.raises(Refused) as caught:
            desk.channel().send(desk.reply_to(complaint, text))
        assert caught.value.reason == "too-long"
    assert len(ann.said(room)) == 1


class Line:
    """Between us and the server: passes everything on, and cuts the answer to ``cut`` requests that hold a
    word."""

    def __init__(self, server: Any, word: bytes) -> None:
        self.word, self.cut = word, 0
        self._target = urlsplit(server.url)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                ours, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._pass, args=(ours,), daemon=True).start()

    def _pass(self, ours: socket.socket) -> None:
        with socket.create_connection((self._target.hostname, self._target.port)) as theirs, ours:
            threading.Thread(target=self._back, args=(theirs, ours), daemon=True).start()
            while data := ours.recv(65_536):
                self._is_doomed = self.cut > 0 and self.word in data
                theirs.sendall(data)

    _is_doomed = False

    def _back(self, theirs: socket.socket, ours: socket.socket) -> None:
        try:
            while data := theirs.recv(65_536):
                if self._is_doomed:
                    self.cut -= 1
                    ours.shutdown(socket.SHUT_RDWR)
                    return
                ours.sendall(data)
        except OSError:
            return


@pytest.fixture
def line(server: Any) -> Iterator[Line]:
    made = Line(server, b"PUT /_matrix/client/v3/rooms")
    yield made
    made.close()


def test_a_cut_connection_sends_once(desk: Desk, complaint: Message, room: str, ann: Any, line: Line) -> None:
    desk.settings["base_url"] = line.url
    reply = desk.reply_to(complaint, "So sorry.")
    assert desk.channel().find_sent(reply) == ABSENT
    line.cut = 1
    with pytest.raises(Unclear):
        desk.channel().send(reply)
    found = desk.channel().find_sent(reply)
    assert found.sent is not None
    assert desk.channel().send(reply).remote_id == found.sent.remote_id
    late = desk.reply_to(complaint, "So sorry.", attempt_started=desk.shared.clock.now() - timedelta(hours=2))
    assert desk.channel().send(late).remote_id == found.sent.remote_id
    assert [one["content"]["body"] for one in ann.said(room)] == ["So sorry.", "My cake was dry"]


def test_another_session_finds_it_too(desk: Desk, complaint: Message, room: str, shop: Any, ann: Any) -> None:
    sent = desk.channel().send(desk.reply_to(complaint, "So sorry."))
    desk.token = shop.sign_in_again()
    found = desk.channel().find_sent(desk.reply_to(complaint, "So sorry."))
    assert found.sent is not None
    assert found.sent.remote_id == sent.remote_id


def test_what_was_said_meanwhile(desk: Desk, complaint: Message, room: str, ann: Any, server: Any) -> None:
    bob = server.register(f"bob{next(_numbers)}")
    bob.join(room)
    bob.say(room, "unrelated")
    ann.say(room, "Never mind")
    ref = ThreadRef(
        complaint.conversation_key, (complaint.remote_id,), complaint.remote_id, complaint.reply_context
    )
    (found,) = desk.channel().thread(ref)
    assert (found.text, found.author.name) == ("Never mind", "Ann Lee")


def test_what_was_deleted_is_not_answered(desk: Desk, complaint: Message, room: str, ann: Any) -> None:
    ann.redact(room, complaint.remote_id)
    assert raised(lambda: desk.channel().send(desk.reply_to(complaint, "Sorry"))).reason == "gone"


def test_without_the_right_to_speak(desk: Desk, server: Any, ann: Any, shop: Any) -> None:
    levels = {"events_default": 50}
    quiet = ann.make_room("News", power_level_content_override=levels)
    shop.join(quiet)
    ann.say(quiet, "Listen")
    message = desk.only()
    assert (message.can_reply, message.why_not) == (False, "no-voice")
    error = raised(lambda: desk.channel().send(desk.reply_to(message, "Sorry")))
    assert (type(error), error.detail["permission"]) == (NotAllowed, "send-messages")
    error = raised(lambda: desk.channel().moderate("delete", message.remote_id, message.reply_context))
    assert error.detail["permission"] == "manage-messages"


def test_liking_and_deleting(desk: Desk, complaint: Message, room: str, ann: Any) -> None:
    for _ in range(2):
        desk.channel().moderate("like", complaint.remote_id, complaint.reply_context)
    for _ in range(2):
        desk.channel().moderate("delete", complaint.remote_id, complaint.reply_context)
    assert ann.said(room)[0]["content"] == {}
    desk.look()
    assert complaint.remote_id in desk.gone


def test_files_are_saved(desk: Desk, room: str, ann: Any, server: Any) -> None:
    made = requests.post(
        f"{server.url}/_matrix/media/v3/upload", data=b"the bill", timeout=30,
        headers={"Authorization": f"Bearer {ann.token}", "Content-Type": "text/plain"},
    ).json()  # fmt: skip
    ann.send(room, {"msgtype": "m.file", "body": "bill.txt", "url": made["content_uri"], "info": {"size": 8}})
    message = desk.only()
    into = io.BytesIO()
    desk.channel().save_attachment(message.remote_id, message.attachments[0], message.reply_context, into)
    assert into.getvalue() == b"the bill"


def test_a_pause_that_synapse_asks_for(open_server: Callable[..., Any], shared: WebShared) -> None:
    strict = open_server(messages_per_second=0.2, messages_at_once=2)
    shop, ann = strict.register("shop"), strict.register("ann")
    room = shop.make_room("Cakes")
    ann.join(room)
    ann.say(room, "My cake was dry")
    desk = Desk(shop, shared, {"server": strict.url}, shop.token)
    message = desk.sign_in().only()
    error: ChannelError | None = None
    for number in range(12):
        try:
            desk.channel().send(desk.reply_to(message, f"Sorry {number}"))
        except RateLimited as caught:
            error = caught
            break
    assert isinstance(error, RateLimited)
    assert error.until is not None
    assert timedelta(0) < error.until - shared.clock.now() < timedelta(minutes=2)


# --- through the whole application


def test_heard_answered_and_delivered_once(
    app: Shopbell, server: Any, shop: Any, ann: Any, room: str, line: Line
) -> None:
    ann.say(room, "My birthday cake was dry and the name on it was wrong. Very disappointed.")
    account = app.accounts.add("matrix", {"server": line.url, "room": room}, {"access_token": shop.token})
    assert app.engine.sync_once().accounts[0].error is None
    row = app.inbox.page("complaints").conversations[0]
    line.cut = 1
    item = app.inbox.reply(row.id, "We are so sorry.", hold_s=0)
    for _ in range(3):
        app.engine.sync_once()
    assert app.store.outbox_item(item.id).state is OutboxState.SENT
    assert [one["content"]["body"] for one in ann.said(room)][:-1] == ["We are so sorry."]
    ann.say(room, "Thank you!", answers=ann.said(room)[0]["event_id"])
    app.engine.sync_once()
    assert [m.text for m in app.inbox.open(row.id).messages][1:] == ["We are so sorry.", "Thank you!"]
    shop.call("POST", "/logout", {})
    app.engine.sync_once()
    assert app.store.freshness(account.id).error_kind == "sign-in-needed"
