"""An answer in a channel of Discord, and what became of it.

discord/discord-api-docs (resources/message, Create Message): with ``enforce_nonce`` a repeat within "the past
few minutes" gives back the message that is there. After that the channel itself shows whether it is.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from services.alike import same_words
from services.channels._discord_api import PAGE, UNKNOWN_MESSAGE, Api, code_of, id_of
from services.channels._discord_links import LONGEST
from services.channels._discord_messages import Place, text_in, url_of
from services.channels._shapes import Json, moment_of, part_of, text_of
from services.channels.base import ABSENT, UNKNOWN, Found, Reply, Sent
from services.errors import BadAnswer, ChannelError, NotAllowed, Refused, SignInNeeded, Unclear

_NONCE_HOLDS = timedelta(seconds=90)
_CLOCKS_DIFFER = timedelta(minutes=1)
_MOST_PAGES = 10


def nonce_of(key: str) -> str:
    """At most 25 characters, always the same for one reply."""
    return base64.b32encode(hashlib.sha256(key.encode()).digest()).decode()[:25].lower()


def send(api: Api, reply: Reply, bot_id: str, now: datetime) -> Sent:
    channel, parent = _where(reply)
    if not channel:
        raise Refused("gone")
    if reply.private and reply.reply_context.get("is_direct") is not True:
        raise Refused("would-be-public")
    if not reply.text.strip():
        raise Refused("empty")
    over = len(reply.text) - LONGEST
    if over > 0:
        raise Refused("too-long", over=over, limit=LONGEST)
    started = reply.attempt_started
    if started is not None and not timedelta(0) <= now - started < _NONCE_HOLDS:
        # A repeat that Discord may not recognise any more.
        before = find(api, reply, bot_id, now)
        if before.sent is not None:
            return before.sent
        if not before.is_absent:
            raise Unclear("not-found")
    if parent:
        _check_parent(api, channel, parent)
    body: dict[str, Any] = {
        "content": reply.text,
        "nonce": nonce_of(reply.key),
        "enforce_nonce": True,
        # Words like @everyone must wake nobody.
        "allowed_mentions": {"parse": [], "replied_user": True},
    }
    if parent:
        body["message_reference"] = {
            "message_id": parent,
            "channel_id": channel,
            "fail_if_not_exists": False,
        }
    made = api.change("POST", f"/channels/{channel}/messages", body)
    if not isinstance(made, Mapping) or not text_of(made, "id"):
        raise Unclear("no-id")
    return _sent(made, reply, now)


def _check_parent(api: Api, channel: str, parent: str) -> None:
    """An answer to what was deleted would stand in the room without a question."""
    try:
        api.message(channel, parent)
    except SignInNeeded:
        raise
    except BadAnswer as error:
        if code_of(error) == UNKNOWN_MESSAGE:
            raise Refused("gone", code=UNKNOWN_MESSAGE) from None
    except ChannelError:
        # Whether it is there is not worth losing the answer for; sending says what is wrong.
        return


def find(api: Api, reply: Reply, bot_id: str, now: datetime) -> Found:
    """Reads everything that was said after the question. Absent only where that was read to its end, and the
    room is one that shows what was said."""
    channel, parent = _where(reply)
    if not channel or not parent:
        return UNKNOWN
    started = reply.attempt_started or now
    is_repeatable = timedelta(0) <= now - started < _NONCE_HOLDS
    at, has_seen, is_old_one = parent, False, False
    for _ in range(_MOST_PAGES):
        page = api.messages(channel, after=at)
        page = [one for one in page if id_of(one) > int(at)]
        if len(page) >= PAGE and _has_hole(api, channel, page, int(at)):
            return UNKNOWN
        has_seen = has_seen or bool(page)
        for one in page:
            if not _is_this(one, reply, bot_id):
                continue
            made_at = moment_of(one, "timestamp") or now
            if text_of(one, "nonce") == nonce_of(reply.key) or made_at >= started - _CLOCKS_DIFFER:
                return Found(sent=_sent(one, reply, now))
            is_old_one = True
        if len(page) < PAGE:
            break
        at = text_of(page[0], "id")
    else:
        return ABSENT if is_repeatable else UNKNOWN
    if is_repeatable:
        return ABSENT
    if is_old_one or not (has_seen or _shows_history(api, channel, parent)):
        return UNKNOWN
    return ABSENT


def _has_hole(api: Api, channel: str, page: list[Json], at: int) -> bool:
    older = api.messages(channel, before=text_of(page[-1], "id"), limit=1)
    return bool(older) and id_of(older[0]) > at


def _shows_history(api: Api, channel: str, parent: str) -> bool:
    try:
        api.message(channel, parent)
    except (BadAnswer, NotAllowed):
        return False
    return True


def _is_this(message: Json, reply: Reply, bot_id: str) -> bool:
    if text_of(part_of(message, "author"), "id") != bot_id:
        return False
    if text_of(message, "nonce") == nonce_of(reply.key):
        return True
    above = text_of(part_of(message, "message_reference"), "message_id")
    # What it answers is left out where that was deleted meanwhile.
    return above in (_where(reply)[1], "") and same_words(text_in(message, {}), reply.text)


def _where(reply: Reply) -> tuple[str, str]:
    """(channel, message that is answered)."""
    context = reply.reply_context
    parent = text_of(context, "message_id") or reply.parent_id
    return text_of(context, "channel_id"), parent if parent.isdecimal() else ""


def _sent(message: Json, reply: Reply, now: datetime) -> Sent:
    channel, _ = _where(reply)
    place = Place(channel, "text", guild_id=text_of(reply.reply_context, "guild_id"))
    shown = text_of(message, "content")
    return Sent(
        remote_id=text_of(message, "id"),
        sent_at=moment_of(message, "timestamp") or now,
        url=url_of(text_of(message, "id"), place),
        text="" if not shown or shown == reply.text else text_in(message, {}),
    )
