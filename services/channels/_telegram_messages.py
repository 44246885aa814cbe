"""From a message of Telegram's Bot API to ours: who, what, where, and what an answer needs to know.

Shapes: core.telegram.org/bots/api (Message, User, Chat, MessageEntity). A message is known by its number
within its chat only; chats that a business lends to the bot count apart from those with the bot itself.
"""

from __future__ import annotations

import html as html_escapes
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from services.channels._chat import Answered, Room
from services.channels._shapes import Json, epoch_of, number_of, part_of, parts_of, text_of
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

BUSINESS_WINDOW = timedelta(hours=24)
"""How long after its last message a chat that a business lends to the bot takes answers."""
_ANONYMOUS_ADMIN = "1087968824"

# Things that happen in a chat without anybody saying something.
_EVENTS = frozenset(
    "new_chat_members new_chat_member left_chat_member new_chat_title new_chat_photo delete_chat_photo "
    "group_chat_created supergroup_chat_created channel_chat_created message_auto_delete_timer_changed "
    "migrate_to_chat_id migrate_from_chat_id pinned_message successful_payment refunded_payment users_shared "
    "user_shared chat_shared connected_website write_access_allowed passport_data proximity_alert_triggered "
    "boost_added chat_background_set forum_topic_created forum_topic_edited forum_topic_closed "
    "forum_topic_reopened general_forum_topic_hidden general_forum_topic_unhidden giveaway_created giveaway "
    "giveaway_winners giveaway_completed video_chat_scheduled video_chat_started video_chat_ended "
    "video_chat_participants_invited voice_chat_started voice_chat_ended web_app_data gift unique_gift "
    "paid_message_price_changed direct_message_price_changed checklist_tasks_done checklist_tasks_added "
    "suggested_post_approved suggested_post_declined suggested_post_paid chat_owner_changed".split()
)
# Field -> what kind of thing it is; each of them may be fetched by its file_id.
_FILES = {
    "animation": "video",
    "video": "video",
    "video_note": "video",
    "voice": "audio",
    "audio": "audio",
    "document": "file",
    "sticker": "image",
}
# What Telegram writes in a customer's name when they open the chat for the first time.
_START = re.compile(r"/start(?: \S+)?")
_MARKS = {"bold": "b", "italic": "i", "underline": "u", "strikethrough": "s", "code": "code", "pre": "pre"}


class Us(NamedTuple):
    """Who is one of us. ``owners``: business connection -> the user who lends the bot their chats."""

    bot_id: str
    username: str = ""
    staff: frozenset[str] = frozenset()
    owners: Mapping[str, str] = NOTHING


def remote_id(message: Json) -> str:
    prefix = "b:" if text_of(message, "business_connection_id") else ""
    return f"{prefix}{text_of(part_of(message, 'chat'), 'id')}:{text_of(message, 'message_id')}"


def is_event(message: Json) -> bool:
    return not _EVENTS.isdisjoint(message)


def is_private(message: Json) -> bool:
    return text_of(part_of(message, "chat"), "type") == "private" or bool(
        part_of(message, "direct_messages_topic")
    )


def is_ours(message: Json, us: Us) -> bool:
    """Written by the bot, by the business itself, or by one of the shop's own people."""
    sender, connection = part_of(message, "from"), text_of(message, "business_connection_id")
    sender_id = text_of(sender, "id")
    if sender_id and sender_id == us.bot_id:
        return True
    if connection:
        chat_id = text_of(part_of(message, "chat"), "id")
        owner = us.owners.get(connection, "")
        # The chat is named after the customer; whoever else writes there is the business.
        return sender_id == owner if owner else bool(sender_id) and sender_id != chat_id
    if is_private(message):
        return False
    through = text_of(part_of(message, "sender_chat"), "id")
    if through and (
        through == text_of(part_of(message, "chat"), "id") or message.get("is_automatic_forward") is True
    ):
        return True
    if sender_id == _ANONYMOUS_ADMIN and not through:
        return True
    return bool({sender_id, text_of(sender, "username").lower()} & us.staff)


def author_of(message: Json) -> Author:
    sender, through = part_of(message, "from"), part_of(message, "sender_chat")
    if text_of(through, "id"):
        name, username = text_of(through, "title"), text_of(through, "username")
        sender_id = text_of(through, "id")
    else:
        name = f"{text_of(sender, 'first_name')} {text_of(sender, 'last_name')}".strip()
        username = text_of(sender, "username")
        sender_id = text_of(sender, "id") or text_of(part_of(message, "chat"), "id")
    return Author(
        id=sender_id or "unknown",
        name=name or username,
        handle=f"@{username}" if username else "",
        url=f"https://t.me/{username}" if username else "",
    )


def text_in(message: Json) -> str:
    poll = part_of(message, "poll")
    asked = "\n".join(
        [text_of(poll, "question"), *(f"- {text_of(one, 'text')}" for one in parts_of(poll, "options"))]
    )
    words = text_of(message, "text") or text_of(message, "caption")
    return words or (asked.strip() if poll else "") or text_of(part_of(message, "dice"), "emoji")


def html_in(message: Json) -> str:
    """The text with its links and marks, where it has any. Places are counted in UTF-16 units."""
    text = text_of(message, "text") or text_of(message, "caption")
    entities = parts_of(message, "entities") or parts_of(message, "caption_entities")
    end = len(text.encode("utf-16-le", "surrogatepass")) // 2
    opened: dict[int, list[str]] = {}
    closed: dict[int, list[str]] = {}
    for entity in entities:
        start, length = number_of(entity, "offset"), number_of(entity, "length")
        kind = text_of(entity, "type")
        if start is None or length is None or not 0 <= start < end or length <= 0:
            continue
        if kind == "text_link":
            first, last = f'<a href="{html_escapes.escape(text_of(entity, "url"))}">', "</a>"
        elif kind in _MARKS:
            first, last = f"<{_MARKS[kind]}>", f"</{_MARKS[kind]}>"
        else:
            continue
        opened.setdefault(start, []).append(first)
        closed.setdefault(min(start + length, end), []).insert(0, last)
    if not opened:
        return ""
    pieces: list[str] = []
    at = 0
    for char in text:
        pieces += closed.pop(at, [])
        pieces += opened.pop(at, [])
        pieces.append("<br>" if char == "\n" else html_escapes.escape(char))
        at += 1 if ord(char) < 0x10000 else 2
    pieces += closed.pop(at, [])
    return "".join(pieces)


def attachments_of(message: Json) -> tuple[Attachment, ...]:
    found: list[Attachment] = []
    sizes = parts_of(message, "photo")
    if sizes:
        found.append(_file("image", sizes[-1]))
    for name, kind in _FILES.items():
        # An animation comes as a document, too.
        told = part_of(message, name)
        if told and not (name == "document" and part_of(message, "animation")):
            found.append(_file(kind, told))
    place = part_of(message, "venue", "location") or part_of(message, "location")
    latitude, longitude = place.get("latitude"), place.get("longitude")
    if isinstance(latitude, int | float) and isinstance(longitude, int | float):
        where = f"{latitude:.5f}, {longitude:.5f}"
        url = f"https://www.openstreetmap.org/?mlat={latitude:.5f}&mlon={longitude:.5f}"
        found.append(Attachment("location", url, text_of(part_of(message, "venue"), "title") or where))
    contact = part_of(message, "contact")
    if contact:
        names = [text_of(contact, name) for name in ("first_name", "last_name", "phone_number")]
        found.append(Attachment("contact", "", " ".join(one for one in names if one)))
    if not found and not text_in(message):
        # Something that this program does not know yet is still something that a customer sent.
        found.append(Attachment("unknown", ""))
    return tuple(found)


def _file(kind: str, told: Json) -> Attachment:
    return Attachment(
        kind,
        "",
        description=text_of(told, "emoji"),
        name=text_of(told, "file_name"),
        size=number_of(told, "file_size"),
        part=text_of(told, "file_id"),
    )


def url_of(message: Json) -> str:
    """Groups and channels have addresses for their messages, private chats do not."""
    chat, number = part_of(message, "chat"), text_of(message, "message_id")
    chat_id, username = text_of(chat, "id"), text_of(chat, "username")
    if text_of(chat, "type") not in ("supergroup", "channel"):
        return ""
    if username:
        return f"https://t.me/{username}/{number}"
    return f"https://t.me/c/{chat_id[4:]}/{number}" if chat_id.startswith("-100") else ""


def private_key(message: Json) -> str:
    chat_id = text_of(part_of(message, "chat"), "id")
    topic = text_of(part_of(message, "direct_messages_topic"), "topic_id")
    if text_of(message, "business_connection_id"):
        return f"business:{chat_id}"
    return f"chat:{chat_id}:{topic}" if topic else f"chat:{chat_id}"


def answered_by(message: Json, us: Us) -> Answered | None:
    """What it replies to. In a forum every message replies to the one that opened its topic, which means
    nothing."""
    above = part_of(message, "reply_to_message")
    if not text_of(above, "message_id") or "forum_topic_created" in above:
        return None
    # Telegram shows one level only: a reply within the reply is never there.
    return Answered(remote_id(above), is_ours=is_ours(above, us), parent_id="")


def context_of(message: Json, us: Us) -> Context | None:
    """Our own words above a comment on them."""
    above = part_of(message, "reply_to_message")
    text = text_in(above)
    by_bot = text_of(part_of(above, "from"), "id") == us.bot_id
    # What the bot says is an answer: it stands in the conversation itself.
    if not text or by_bot or not is_ours(above, us) or "forum_topic_created" in above:
        return None
    first_line = text.partition("\n")[0]
    return Context(
        title=first_line if len(first_line) <= 80 else f"{first_line[:79].rstrip()}…",
        text=text,
        url=url_of(above),
        author=author_of(above).name,
        sent_at=epoch_of(above, "date"),
        remote_id=remote_id(above),
        is_ours=True,
    )


def _speaks_to_us(message: Json, us: Us, answered: Answered | None) -> bool:
    if answered is not None and answered.is_ours:
        return True
    name = us.username
    return bool(name) and re.search(rf"(?i)@{re.escape(name)}\b", text_in(message)) is not None


def reply_context(message: Json) -> dict[str, Any]:
    """What an answer to this message needs to know."""
    chat = part_of(message, "chat")
    told = {
        "chat_id": text_of(chat, "id"),
        "message_id": text_of(message, "message_id"),
        "is_private": is_private(message),
        "business": text_of(message, "business_connection_id"),
        "thread": text_of(message, "message_thread_id") if message.get("is_topic_message") is True else "",
        "topic": text_of(part_of(message, "direct_messages_topic"), "topic_id"),
    }
    return {name: value for name, value in told.items() if value}


def message_of(message: Json, us: Us, room: Room, now: datetime) -> Message | None:
    """None for what is no message of anybody: events, and what cannot be told apart (no chat, no number)."""
    if not number_of(message, "message_id") or number_of(part_of(message, "chat"), "id") is None:
        return None
    if is_event(message) or message.get("is_automatic_forward") is True:
        return None
    ours, private = is_ours(message, us), is_private(message)
    author, answered = author_of(message), answered_by(message, us)
    identifier, sent_at = remote_id(message), epoch_of(message, "date") or now
    edited_at = epoch_of(message, "edit_date")
    if private:
        key, kind = private_key(message), MessageKind.DIRECT
    elif ours:
        key, kind = room.ours(identifier, answered, spoken_to(message)), MessageKind.REPLY
    else:
        key = room.customer(identifier, author.id, sent_at, answered)
        to_us = _speaks_to_us(message, us, answered)
        kind = MessageKind.COMMENT if not to_us else MessageKind.REPLY if answered else MessageKind.MENTION
    is_bot = part_of(message, "from").get("is_bot") is True and not part_of(message, "sender_chat")
    is_lent = bool(text_of(message, "business_connection_id"))
    return Message(
        remote_id=identifier,
        kind=kind,
        direction=Direction.OUTBOUND if ours else Direction.INBOUND,
        author=author,
        text=text_in(message),
        html=html_in(message),
        sent_at=sent_at,
        conversation_key=key,
        parent_id=answered.id if answered else "",
        url=url_of(message),
        title="" if private else text_of(part_of(message, "chat"), "title"),
        private=private,
        context=context_of(message, us) if not private and not ours and key == identifier else None,
        attachments=attachments_of(message),
        reply_context=reply_context(message),
        reply_until=sent_at + BUSINESS_WINDOW if is_lent and not ours else None,
        edited_at=edited_at,
        version=text_of(message, "edit_date"),
        state=MessageState.SENT if ours else MessageState.RECEIVED,
        is_automatic=not ours and (is_bot or (private and _START.fullmatch(text_in(message)) is not None)),
    )


def spoken_to(message: Json) -> Sequence[str]:
    """Ids of the people whom a text names without their having a public name."""
    return [
        text_of(part_of(one, "user"), "id")
        for one in parts_of(message, "entities")
        if text_of(one, "type") == "text_mention"
    ]
