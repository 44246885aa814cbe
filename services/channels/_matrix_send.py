"""An answer in a Matrix room, and what became of it.

spec.matrix.org/latest/client-server-api (Sending events to a room, Size limits): a repeat with the same
transaction id and the same token gives back the message that is there. Servers keep those ids in memory for a
while only, so later the room itself is asked.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any

from services.alike import same_words
from services.channels._matrix_api import Api, path_of
from services.channels._matrix_messages import answered_by, is_redacted, replaced_by, sent_at, text_in
from services.channels._matrix_places import link_to
from services.channels._shapes import Json, is_missing, part_of, text_of
from services.channels.base import ABSENT, UNKNOWN, Found, Reply, Sent
from services.errors import BadAnswer, ChannelError, NotAllowed, Refused, SignInNeeded, Unclear

LONGEST = 60_000
"""Bytes of text. A whole event may have 65,536; what the server adds (hashes, signatures, what it follows)
stays well below the rest."""
_LARGEST_CONTENT = 62_000
_KEY_HOLDS = timedelta(minutes=15)
_CLOCKS_DIFFER = timedelta(minutes=2)
_MOST_PAGES = 10


def transaction_of(key: str) -> str:
    """Always the same for one reply, and safe in an address."""
    return f"shopbell.{hashlib.sha256(key.encode()).hexdigest()[:40]}"


def content_of(reply: Reply) -> dict[str, Any]:
    context = reply.reply_context
    relation: dict[str, Any] = {"m.in_reply_to": {"event_id": text_of(context, "event_id")}}
    if text_of(context, "thread"):
        relation |= {"rel_type": "m.thread", "event_id": text_of(context, "thread"), "is_falling_back": False}
    mentions = {"user_ids": [reply.parent_author_id]} if reply.parent_author_id.startswith("@") else {}
    return {"msgtype": "m.text", "body": reply.text, "m.mentions": mentions, "m.relates_to": relation}


def send(api: Api, reply: Reply, user_id: str, now: datetime) -> Sent:
    room_id, parent = _where(reply)
    if not room_id or not parent:
        raise Refused("gone")
    if reply.private and reply.reply_context.get("is_direct") is not True:
        raise Refused("would-be-public")
    if not reply.text.strip():
        raise Refused("empty")
    content = content_of(reply)
    size = len(json.dumps(content, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    over = max(len(reply.text.encode("utf-8", "surrogatepass")) - LONGEST, size - _LARGEST_CONTENT)
    if over > 0:
        raise Refused("too-long", over=over, limit=LONGEST, unit="bytes")
    started = reply.attempt_started
    if started is not None and not timedelta(0) <= now - started < _KEY_HOLDS:
        # A repeat that the server may not recognise any more.
        before = find(api, reply, user_id, now)
        if before.sent is not None:
            return before.sent
        if not before.is_absent:
            raise Unclear("not-found")
    _check_parent(api, room_id, parent)
    if reply.private:
        _check_privacy(api, room_id)
    steps = path_of(room_id, "send", "m.room.message", transaction_of(reply.key))
    made = api.change("PUT", f"/rooms{steps}", content)
    event_id = text_of(made, "event_id")
    if not event_id:
        raise Unclear("no-id")
    return Sent(event_id, now, link_to(room_id, event_id))


def _check_parent(api: Api, room_id: str, parent: str) -> None:
    """An answer to what was deleted would stand in the room without a question."""
    try:
        found = api.event(room_id, parent)
    except SignInNeeded:
        raise
    except ChannelError:
        # Whether it is there is not worth losing the answer for; sending says what is wrong.
        return
    if is_redacted(found):
        raise Refused("gone")


def _check_privacy(api: Api, room_id: str) -> None:
    """Somebody may have been let in since the customer wrote."""
    joined = api.ask(f"/rooms{path_of(room_id)}/joined_members").get("joined")
    if not isinstance(joined, dict) or len(joined) > 2:
        raise Refused("would-be-public")


def find(api: Api, reply: Reply, user_id: str, now: datetime) -> Found:
    """Reads what we said in the room after the question. Absent only where that was read to its end, or a
    repeat is harmless."""
    room_id, parent = _where(reply)
    if not room_id or not parent:
        return UNKNOWN
    started = reply.attempt_started or now
    is_repeatable = timedelta(0) <= now - started < _KEY_HOLDS
    try:
        found = api.after(room_id, parent, pages=_MOST_PAGES, senders=[user_id])
    except (BadAnswer, NotAllowed) as error:
        if isinstance(error, BadAnswer) and not is_missing(error):
            raise
        return ABSENT if is_repeatable else UNKNOWN
    is_old_one = False
    for event in found.events:
        if text_of(event, "sender") != user_id or replaced_by(event):
            continue
        known_as = text_of(part_of(event, "unsigned"), "transaction_id")
        if known_as == transaction_of(reply.key):
            return Found(sent=_sent(event, room_id, now))
        if known_as or not _is_this(event, reply):
            # A transaction of another reply; the server tells its own to nobody else.
            continue
        if sent_at(event, now) >= started - _CLOCKS_DIFFER:
            return Found(sent=_sent(event, room_id, now))
        is_old_one = True
    if is_repeatable:
        return ABSENT
    return ABSENT if found.is_all and not is_old_one else UNKNOWN


def _is_this(event: Json, reply: Reply) -> bool:
    return answered_by(event) == _where(reply)[1] and same_words(
        text_in(part_of(event, "content")), reply.text
    )


def _sent(event: Json, room_id: str, now: datetime) -> Sent:
    event_id = text_of(event, "event_id")
    return Sent(event_id, sent_at(event, now), link_to(room_id, event_id))


def _where(reply: Reply) -> tuple[str, str]:
    """(room, message that is answered)."""
    context = reply.reply_context
    return text_of(context, "room_id"), text_of(context, "event_id") or reply.parent_id
