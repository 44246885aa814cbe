"""From an event of a Matrix room to a message of ours: who, what, and what an answer needs to know.

spec.matrix.org/latest/client-server-api (Instant messaging, Event replacements, Rich replies, Threading).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from services.channels._matrix_api import SAID
from services.channels._matrix_places import link_to, server_of
from services.channels._shapes import Json, number_of, part_of, parts_of, text_of
from services.model import Attachment, Author, Context, Direction, Message, MessageKind, MessageState

_FILES = {"m.image": "image", "m.video": "video", "m.audio": "audio", "m.file": "file"}
# Programs talking to each other in the form of messages.
_MACHINERY = frozenset({"m.key.verification.request"})
_AUTOMATIC = frozenset({"m.notice", "m.server_notice"})
_QUOTED = re.compile(r"> (?:\* )?<@[^>\n]+>")
_QUOTE = re.compile(r"\s*<mx-reply>.*?</mx-reply>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Us:
    """Who is one of us: the account, and names of the shop's own people in lower case without @."""

    user_id: str
    staff: frozenset[str] = frozenset()

    def wrote(self, event: Json) -> bool:
        sender = text_of(event, "sender")
        if sender == self.user_id:
            return True
        name = sender.lstrip("@").lower()
        return bool({name, name.partition(":")[0]} & self.staff)


@dataclass(frozen=True, slots=True)
class Place:
    """A room as its messages show it. ``people``: what those who write there call themselves, by id."""

    id: str
    name: str = ""
    is_direct: bool = False
    may_speak: bool = True
    people: Mapping[str, str] = field(default_factory=dict, repr=False)


# --- what an event is


def is_said(event: Json) -> bool:
    if text_of(event, "type") not in SAID or "state_key" in event:
        return False
    return text_of(part_of(event, "content"), "msgtype") not in _MACHINERY


def is_redacted(event: Json) -> bool:
    return bool(part_of(event, "unsigned", "redacted_because")) or not part_of(event, "content")


def redacts(event: Json) -> str:
    """What an ``m.room.redaction`` takes away; room version 11 moved the name."""
    return text_of(event, "redacts") or text_of(part_of(event, "content"), "redacts")


def _relation(event: Json) -> Json:
    return part_of(event, "content", "m.relates_to")


def replaced_by(event: Json) -> str:
    """The message that this event is an edit of."""
    told = _relation(event)
    return text_of(told, "event_id") if text_of(told, "rel_type") == "m.replace" else ""


def thread_of(event: Json) -> str:
    """The message that began the thread this one is in."""
    told = _relation(event)
    return text_of(told, "event_id") if text_of(told, "rel_type") == "m.thread" else ""


def answered_by(event: Json, *, fallback: bool = False) -> str:
    """What it answers. ``fallback``: also where it only does so for programs that know no threads."""
    told = _relation(event)
    if text_of(told, "rel_type") == "m.replace":
        return ""
    if told.get("is_falling_back") is True and thread_of(event) and not fallback:
        return ""
    return text_of(part_of(told, "m.in_reply_to"), "event_id")


def mentioned_by(event: Json) -> list[str]:
    told = part_of(event, "content", "m.mentions").get("user_ids")
    return [one for one in told if isinstance(one, str)] if isinstance(told, list) else []


def sent_at(event: Json, now: datetime) -> datetime:
    """``origin_server_ts`` is in milliseconds and the sender's server may lie; never in the future."""
    milliseconds = number_of(event, "origin_server_ts")
    try:
        moment = datetime.fromtimestamp((milliseconds or 0) / 1000, UTC) if milliseconds else now
    except (ValueError, OverflowError, OSError):
        return now
    return min(moment, now)


def edit_in(event: Json) -> Json:
    """The newest edit that the server tells along with a message."""
    return part_of(event, "unsigned", "m.relations", "m.replace")


def newest_edit(event: Json, *edits: Json) -> Json:
    """The one of these that counts; empty where none does."""
    counting = [
        one
        for one in (edit_in(event), *edits)
        if text_of(one, "event_id")
        and text_of(one, "sender") == text_of(event, "sender")
        and part_of(one, "content", "m.new_content")
        and not part_of(one, "unsigned", "redacted_because")
    ]
    return max(counting, key=_when, default={})


def _when(event: Json) -> tuple[int, str]:
    return number_of(event, "origin_server_ts") or 0, text_of(event, "event_id")


# --- words


def author_of(event: Json, place: Place) -> Author:
    sender = text_of(event, "sender")
    name = place.people.get(sender, "") or sender.lstrip("@").partition(":")[0]
    url = link_to(sender) if server_of(sender) else ""
    return Author(id=sender or "unknown", name=name, handle=sender, url=url)


def text_in(content: Json, name: str = "") -> str:
    """``name``: who says it, for "waves"."""
    poll = part_of(content, "m.poll") or part_of(content, "org.matrix.msc3381.poll.start")
    if poll:
        asked = [_poll_text(part_of(poll, "question"))]
        return "\n".join([*asked, *(f"- {_poll_text(one)}" for one in parts_of(poll, "answers"))]).strip()
    body = text_of(content, "body")
    if part_of(content, "m.relates_to", "m.in_reply_to"):
        body = _without_quote(body)
    if text_of(content, "msgtype") in _FILES or text_of(content, "msgtype") == "m.location":
        # The body is the file's name, unless that is told beside it.
        named = text_of(content, "filename")
        body = body if named and named != body else ""
    if text_of(content, "msgtype") == "m.emote":
        body = f"* {name} {body}".strip()
    return body.strip()


def _poll_text(told: Json) -> str:
    words = text_of(told, "org.matrix.msc1767.text") or text_of(told, "body")
    for one in parts_of(told, "m.text"):
        words = words or text_of(one, "body")
    return words


def _without_quote(body: str) -> str:
    """Older programs put the words they answer in front. Only their exact form: a customer may quote, too."""
    if not _QUOTED.match(body):
        return body
    lines = body.split("\n")
    while lines and lines[0].startswith(">"):
        lines.pop(0)
    if lines and not lines[0].strip():
        lines.pop(0)
    return "\n".join(lines)


def html_in(content: Json) -> str:
    if text_of(content, "format") != "org.matrix.custom.html":
        return ""
    if text_of(content, "msgtype") in _FILES and not text_in(content):
        return ""
    return _QUOTE.sub("", text_of(content, "formatted_body"), count=1).strip()


def attachments_of(event: Json, content: Json) -> tuple[Attachment, ...]:
    kind = "image" if text_of(event, "type") == "m.sticker" else _FILES.get(text_of(content, "msgtype"), "")
    if kind:
        caption = text_in(content)
        body = text_of(content, "body")
        return (
            Attachment(
                kind,
                "",
                description=body if text_of(event, "type") == "m.sticker" else "",
                name=text_of(content, "filename") or ("" if caption else body),
                size=number_of(part_of(content, "info"), "size"),
                part=text_of(content, "url"),
            ),
        )
    if text_of(content, "msgtype") == "m.location":
        where = re.fullmatch(
            r"geo:(-?\d{1,3}(?:\.\d+)?),(-?\d{1,3}(?:\.\d+)?).*", text_of(content, "geo_uri")
        )
        url = f"https://www.openstreetmap.org/?mlat={where[1]}&mlon={where[2]}" if where else ""
        return (Attachment("location", url, text_of(content, "body")),)
    if not text_in(content):
        # Something that this program does not know yet is still something that a customer sent.
        return (Attachment("unknown", ""),)
    return ()


# --- a message


@dataclass(frozen=True, slots=True)
class Belonging:
    """Where a message stands: its conversation, what it answers, whether it speaks to us, and our own words
    above it."""

    key: str
    parent_id: str = ""
    speaks_to_us: bool = False
    above: Json = field(default_factory=dict)


def message_of(
    event: Json, us: Us, place: Place, where: Belonging, now: datetime, edit: Json | None = None
) -> Message | None:
    """None for what nobody said. ``edit``: the newest edit of it."""
    event_id = text_of(event, "event_id")
    if not event_id or not text_of(event, "sender") or not is_said(event) or is_redacted(event):
        return None
    changed = newest_edit(event, edit or {})
    content = part_of(event, "content")
    if changed:
        kept = {"m.relates_to": {k: v for k, v in _relation(event).items() if k != "m.in_reply_to"}}
        content = {**part_of(changed, "content", "m.new_content"), **kept}
    ours, author = us.wrote(event), author_of(event, place)
    return Message(
        remote_id=event_id,
        kind=_kind(event, us, place, where, ours=ours),
        direction=Direction.OUTBOUND if ours else Direction.INBOUND,
        author=author,
        text=text_in(content, author.name),
        html=html_in(content),
        sent_at=sent_at(event, now),
        conversation_key=where.key,
        parent_id=where.parent_id,
        url=link_to(place.id, event_id),
        title="" if place.is_direct else place.name,
        private=place.is_direct,
        context=_context(where.above, place, now) if not ours and where.key == event_id else None,
        attachments=attachments_of(event, content),
        reply_context=_reply_context(event, place),
        can_reply=place.may_speak,
        why_not="" if place.may_speak else "no-voice",
        edited_at=sent_at(changed, now) if changed else None,
        version=text_of(changed, "event_id"),
        state=MessageState.SENT if ours else MessageState.RECEIVED,
        is_automatic=not ours and text_of(content, "msgtype") in _AUTOMATIC,
    )


def _reply_context(event: Json, place: Place) -> dict[str, Any]:
    told: dict[str, Any] = {"room_id": place.id, "event_id": text_of(event, "event_id")}
    if thread_of(event):
        told["thread"] = thread_of(event)
    return told | {"is_direct": True} if place.is_direct else told


def _kind(event: Json, us: Us, place: Place, where: Belonging, *, ours: bool) -> MessageKind:
    if place.is_direct:
        return MessageKind.DIRECT
    if ours or where.speaks_to_us:
        return MessageKind.REPLY
    content = part_of(event, "content")
    said = text_of(content, "body") + text_of(content, "formatted_body")
    if us.user_id in mentioned_by(event) or (us.user_id and us.user_id in said):
        return MessageKind.MENTION
    return MessageKind.COMMENT


def _context(above: Json, place: Place, now: datetime) -> Context | None:
    """Our own words to everybody above a comment on them."""
    changed = newest_edit(above)
    text = text_in(part_of(changed, "content", "m.new_content") or part_of(above, "content"))
    if not text or answered_by(above) or is_redacted(above):
        return None
    first_line = text.partition("\n")[0]
    return Context(
        title=first_line if len(first_line) <= 80 else f"{first_line[:79].rstrip()}…",
        text=text,
        url=link_to(place.id, text_of(above, "event_id")),
        author=author_of(above, place).name,
        sent_at=sent_at(above, now),
        remote_id=text_of(above, "event_id"),
        is_ours=True,
    )
