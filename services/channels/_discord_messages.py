"""From a message of Discord to ours: who, what, and what an answer needs to know.

Shapes: discord/discord-api-docs (resources/message, resources/user, reference on message formatting).
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from services.channels._chat import Answered, Room
from services.channels._shapes import Json, moment_of, number_of, part_of, parts_of, text_of
from services.model import (
    NOTHING,
    Attachment,
    Author,
    Context,
    Direction,
    Message,
    MessageKind,
    MessageState,
)

_SITE = "https://discord.com"
# default, reply, command, menu command: what somebody says. The others are events (joins, pins, boosts ...).
_SAID = frozenset({0, 19, 20, 23})
_REPLY = 19
_LAST_KNOWN = 46
"""Later numbers are newer than this program: what carries words is shown, rather than lost."""
_SIGN = re.compile(
    r"<(?:(?P<who>@[!&]?)(?P<id>\d+)|#(?P<room>\d+)|a?:(?P<emoji>\w+):\d+|t:(?P<time>-?\d{1,12})(?::\w)?"
    r"|(?P<link>https?://[^\s<>]+)|(?P<command>/[^:<>]+):\d+)>"
)
_SNAPPED = ("content", "attachments", "embeds", "sticker_items", "poll", "components")


class Place(NamedTuple):
    """A channel or a thread. ``kind``: text, forum, thread or direct. ``is_ours``: a thread that one of us
    opened. ``parent_id``: the channel a thread belongs to."""

    id: str
    kind: str
    name: str = ""
    guild_id: str = ""
    parent_id: str = ""
    is_ours: bool = False
    last_id: str = ""
    rooms: Mapping[str, str] = NOTHING
    """Names of channels by id, and of roles by & and id, for texts that mention one."""


class Us(NamedTuple):
    """Who is one of us: the bot, and ids or user names of the shop's own people."""

    bot_id: str
    staff: frozenset[str] = frozenset()


def is_said(message: Json) -> bool:
    kind = number_of(message, "type")
    is_new = kind is not None and kind > _LAST_KNOWN
    return kind is None or kind in _SAID or (is_new and bool(text_of(message, "content")))


def is_blank(message: Json, us: Us) -> bool:
    """Somebody said something, and Discord does not show it to this bot (resources/message: ``content`` and
    its like are empty without the intent)."""
    if text_of(part_of(message, "author"), "id") == us.bot_id or not is_said(message):
        return False
    shown = (*_SNAPPED, "stickers", "message_snapshots", "activity", "call", "shared_client_theme")
    return not any(message.get(name) for name in shown)


def is_ours(message: Json, us: Us) -> bool:
    author = part_of(message, "author")
    if text_of(author, "id") == us.bot_id:
        return True
    if text_of(message, "webhook_id") or author.get("bot") is True:
        return False
    return bool({text_of(author, "id"), text_of(author, "username").lower()} & us.staff)


def author_of(message: Json) -> Author:
    author = part_of(message, "author")
    username, tag = text_of(author, "username"), text_of(author, "discriminator")
    handle = f"{username}#{tag}" if tag.strip("0") and author.get("bot") is not True else username
    author_id = text_of(author, "id") or "unknown"
    return Author(
        id=author_id,
        name=text_of(author, "global_name") or username,
        handle=f"@{handle}" if handle else "",
        url=f"{_SITE}/users/{author_id}" if author_id.isdecimal() else "",
    )


def digest_of(message: Json) -> str:
    """Changes when the author edits; not when Discord adds the preview of a link."""
    parts = [text_of(message, "content"), text_of(message, "edited_timestamp")]
    parts += [text_of(one, "id") for one in parts_of(message, "attachments")]
    return f"{zlib.crc32(chr(0).join(parts).encode('utf-8', 'replace')):08x}"


def text_in(message: Json, rooms: Mapping[str, str]) -> str:
    """Plain words: mentions by name, emoji and times as text."""
    words = _readable(text_of(message, "content"), message, rooms)
    for snapshot in parts_of(message, "message_snapshots"):
        forwarded = part_of(snapshot, "message")
        words = "\n".join(
            one for one in (words, _readable(text_of(forwarded, "content"), forwarded, rooms)) if one
        )
    poll = part_of(message, "poll")
    if poll:
        asked = [text_of(part_of(poll, "question"), "text")]
        asked += [f"- {text_of(part_of(one, 'poll_media'), 'text')}" for one in parts_of(poll, "answers")]
        words = "\n".join(one for one in (words, *asked) if one)
    if not words:
        embeds = parts_of(message, "embeds")
        words = "\n".join(text_of(one, name) for one in embeds for name in ("title", "description"))
    return words.strip()


def _readable(content: str, message: Json, rooms: Mapping[str, str]) -> str:
    people = {
        text_of(one, "id"): text_of(one, "global_name") or text_of(one, "username")
        for one in parts_of(message, "mentions")
    }
    named = {text_of(one, "id"): text_of(one, "name") for one in parts_of(message, "mention_channels")}

    def put(sign: re.Match[str]) -> str:
        if sign["who"] == "@&":
            return f"@{rooms.get('&' + sign['id']) or sign['id']}"
        if sign["who"]:
            return f"@{people.get(sign['id']) or sign['id']}"
        if sign["room"]:
            return f"#{rooms.get(sign['room']) or named.get(sign['room']) or sign['room']}"
        if sign["emoji"]:
            return f":{sign['emoji']}:"
        if sign["time"]:
            return _time(sign["time"])
        return sign["link"] or sign["command"] or sign[0]

    return _SIGN.sub(put, content)


def _time(seconds: str) -> str:
    try:
        return f"{datetime.fromtimestamp(int(seconds), UTC):%Y-%m-%d %H:%M} UTC"
    except (ValueError, OverflowError, OSError):
        return seconds


def attachments_of(message: Json) -> tuple[Attachment, ...]:
    sources = [message, *(part_of(one, "message") for one in parts_of(message, "message_snapshots"))]
    found = [
        Attachment(
            _kind_of(text_of(one, "content_type")),
            text_of(one, "url"),
            description=text_of(one, "description"),
            name=text_of(one, "filename"),
            size=number_of(one, "size"),
            part=text_of(one, "id"),
        )
        for source in sources
        for one in parts_of(source, "attachments")
    ]
    stickers = parts_of(message, "sticker_items")
    found += [Attachment("image", "", description=text_of(one, "name")) for one in stickers]
    if not found and not text_in(message, {}):
        # Something that this program does not know yet is still something that somebody posted.
        found.append(Attachment("unknown", ""))
    return tuple(found)


def _kind_of(content_type: str) -> str:
    kind = content_type.partition("/")[0].lower()
    return kind if kind in ("image", "video", "audio") else "file"


def answered_by(message: Json, us: Us) -> Answered | None:
    if number_of(message, "type") not in (_REPLY, None):
        return None
    reference = part_of(message, "message_reference")
    above = part_of(message, "referenced_message")
    answered = text_of(reference, "message_id")
    if not answered or number_of(reference, "type") == 1:
        return None
    return Answered(
        answered,
        is_ours=bool(above) and is_ours(above, us),
        parent_id=text_of(part_of(above, "message_reference"), "message_id"),
    )


def context_of(message: Json, us: Us, place: Place) -> Context | None:
    """Our own words to everybody above a comment on them."""
    above = part_of(message, "referenced_message")
    text = text_in(above, place.rooms)
    if not text or not is_ours(above, us) or part_of(above, "message_reference"):
        return None
    first_line = text.partition("\n")[0]
    return Context(
        title=first_line if len(first_line) <= 80 else f"{first_line[:79].rstrip()}…",
        text=text,
        url=url_of(text_of(above, "id"), place),
        author=author_of(above).name,
        sent_at=moment_of(above, "timestamp"),
        remote_id=text_of(above, "id"),
        is_ours=True,
    )


def url_of(message_id: str, place: Place) -> str:
    return f"{_SITE}/channels/{place.guild_id or '@me'}/{place.id}/{message_id}"


def _speaks_to_us(message: Json, us: Us, answered: Answered | None) -> bool:
    if answered is not None and answered.is_ours:
        return True
    return any(text_of(one, "id") == us.bot_id for one in parts_of(message, "mentions"))


def message_of(
    message: Json, us: Us, place: Place, room: Room, now: datetime, *, key: str = ""
) -> Message | None:
    """None for events. ``key``: the conversation, where it is known already."""
    identifier = text_of(message, "id")
    if not is_said(message) or not identifier.isdecimal():
        return None
    ours, answered, author = is_ours(message, us), answered_by(message, us), author_of(message)
    sent_at = moment_of(message, "timestamp") or now
    parent_id = answered.id if answered else ""
    is_own_thread = place.kind == "thread" and not place.is_ours
    if is_own_thread and not parent_id and identifier != place.id:
        # A thread begins with the message that has its number.
        parent_id = place.id
    if not key:
        if place.kind == "direct":
            key = f"direct:{place.id}"
        elif is_own_thread:
            key = place.id
        elif ours:
            spoken_to = [text_of(one, "id") for one in parts_of(message, "mentions")]
            key = room.ours(identifier, answered, spoken_to)
        else:
            key = room.customer(identifier, author.id, sent_at, answered)
    edited_at = moment_of(message, "edited_timestamp")
    is_program = bool(text_of(message, "webhook_id")) or part_of(message, "author").get("bot") is True
    private = place.kind == "direct"
    return Message(
        remote_id=identifier,
        kind=_kind(message, us, place, answered, ours=ours),
        direction=Direction.OUTBOUND if ours else Direction.INBOUND,
        author=author,
        text=text_in(message, place.rooms),
        sent_at=sent_at,
        conversation_key=key,
        parent_id=parent_id,
        url=url_of(identifier, place),
        title=_title(place),
        private=private,
        context=context_of(message, us, place) if not ours and key == identifier else None,
        attachments=attachments_of(message),
        reply_context=_reply_context(identifier, place),
        edited_at=edited_at,
        version=text_of(message, "edited_timestamp"),
        state=MessageState.SENT if ours else MessageState.RECEIVED,
        is_automatic=is_program and not ours,
    )


def _reply_context(message_id: str, place: Place) -> dict[str, str | bool]:
    told = {"channel_id": place.id, "message_id": message_id, "guild_id": place.guild_id}
    if place.kind == "direct":
        return told | {"is_direct": True}
    return told | {"is_thread": True} if place.kind == "thread" and not place.is_ours else dict(told)


def _title(place: Place) -> str:
    if place.kind == "direct" or not place.name:
        return ""
    return place.name if place.kind == "thread" else f"#{place.name}"


def _kind(message: Json, us: Us, place: Place, answered: Answered | None, *, ours: bool) -> MessageKind:
    if place.kind == "direct":
        return MessageKind.DIRECT
    if ours:
        return MessageKind.REPLY
    if _speaks_to_us(message, us, answered):
        return MessageKind.REPLY if answered else MessageKind.MENTION
    if place.kind == "thread" and text_of(message, "id") == place.id:
        return MessageKind.POST
    return MessageKind.COMMENT
