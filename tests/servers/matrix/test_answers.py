"""Answers through a real Synapse: as they were written, under the right message, once."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import requests

from services.app import Shopbell
from services.channels.base import ABSENT, ThreadRef
from services.channels.web import WebShared
from services.errors import ChannelError, NotAllowed, RateLimited, Refused, Unclear
from services.model import Direction, Message, OutboxState
from tests.servers.matrix.desk import Desk, Line, raised

pytestmark = pytest.mark.servers


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
    bob = server.register("bob")
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
