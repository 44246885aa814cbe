"""Reading one conversation again, for the check before an answer leaves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from services.channels._chat import TOGETHER, Room
from services.channels._discord_api import Api, id_of
from services.channels._discord_messages import Place, Us, answered_by, is_blank, is_ours, message_of
from services.channels._shapes import Json, moment_of, part_of, text_of
from services.channels.base import ThreadRef
from services.model import Message


def reread(api: Api, us: Us, conversation: ThreadRef, now: datetime) -> Sequence[Message]:
    """What was said since the message to be answered, as far as it belongs to the conversation."""
    context = conversation.reply_context
    channel, parent = text_of(context, "channel_id"), conversation.parent_id
    if not channel or not parent.isdecimal():
        return ()
    is_thread, is_direct = context.get("is_thread") is True, context.get("is_direct") is True
    kind = "thread" if is_thread else "direct" if is_direct else "text"
    place = Place(channel, kind, guild_id=text_of(context, "guild_id"))
    page = [one for one in api.messages(channel, after=str(int(parent) - 1)) if not is_blank(one, us)]
    page.reverse()
    chosen = page if is_thread or is_direct else _belonging(page, us, set(conversation.message_ids), parent)
    made = [message_of(one, us, place, Room(), now, key=conversation.key) for one in chosen]
    return [one for one in made if one is not None]


def _belonging(page: list[Json], us: Us, known: set[str], parent: str) -> list[Json]:
    """Answers to what is known, and further lines of the one who asked."""
    asked = next((one for one in page if text_of(one, "id") == parent), None)
    asker = text_of(part_of(asked, "author"), "id") if asked else ""
    last = moment_of(asked, "timestamp") if asked else None
    chosen: list[Json] = []
    for one in page:
        answered, at = answered_by(one, us), moment_of(one, "timestamp")
        author = text_of(part_of(one, "author"), "id")
        is_known = text_of(one, "id") in known or (answered is not None and answered.id in known)
        is_next = (
            answered is None
            and author == asker
            and not is_ours(one, us)
            and at is not None
            and last is not None
            and timedelta(0) <= at - last <= TOGETHER
        )
        if not (is_known or is_next):
            continue
        chosen.append(one)
        known.add(text_of(one, "id"))
        if author == asker and at is not None:
            last = at
    return sorted(chosen, key=id_of)
