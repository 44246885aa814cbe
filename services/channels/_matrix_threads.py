"""Reading one conversation again, for the check before an answer leaves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from services.channels._chat import TOGETHER
from services.channels._matrix_api import Api
from services.channels._matrix_messages import (
    Belonging,
    Place,
    Us,
    answered_by,
    message_of,
    newest_edit,
    replaced_by,
    sent_at,
    thread_of,
)
from services.channels._shapes import Json, part_of, text_of
from services.channels.base import ThreadRef
from services.model import Message

_PAGES = 2


def reread(api: Api, us: Us, conversation: ThreadRef, now: datetime) -> Sequence[Message]:
    """What was said since the message to be answered, as far as it belongs to the conversation."""
    context = conversation.reply_context
    room_id, parent = text_of(context, "room_id"), conversation.parent_id
    if not room_id or not parent:
        return ()
    is_direct = context.get("is_direct") is True
    found = api.after(room_id, parent, pages=_PAGES)
    names = {
        text_of(one, "state_key"): text_of(part_of(one, "content"), "displayname") for one in found.people
    }
    place = Place(room_id, is_direct=is_direct, people=names)
    known = set(conversation.message_ids)
    chosen = found.events
    if not is_direct:
        chosen = _belonging([found.event, *chosen] if found.event else chosen, us, known, found.event, now)
    made = []
    for event in chosen:
        event_id = text_of(event, "event_id")
        if event_id in conversation.message_ids or replaced_by(event):
            continue
        edit = newest_edit(event, *(one for one in found.events if replaced_by(one) == event_id))
        where = Belonging(conversation.key, answered_by(event) or thread_of(event))
        made.append(message_of(event, us, place, where, now, edit))
    return [one for one in made if one is not None]


def _belonging(events: list[Json], us: Us, known: set[str], asked: Json, now: datetime) -> list[Json]:
    """Answers to what is known, what stands in the same thread of a customer, and further lines of the one
    who asked."""
    asker, last = text_of(asked, "sender"), sent_at(asked, now) if asked else None
    chosen: list[Json] = []
    for event in events:
        event_id, sender, at = text_of(event, "event_id"), text_of(event, "sender"), sent_at(event, now)
        parent, root = answered_by(event), thread_of(event)
        is_known = event_id in known or parent in known or (bool(root) and root in known)
        is_next = (
            not parent
            and root == thread_of(asked)
            and sender == asker
            and not us.wrote(event)
            and last is not None
            and timedelta(0) <= at - last <= TOGETHER
        )
        if not (is_known or is_next):
            continue
        chosen.append(event)
        known.add(event_id)
        if sender == asker:
            last = at
    return chosen
