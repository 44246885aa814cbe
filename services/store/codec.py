"""Between rows and records: times as ISO text, JSON as text, rows to the dataclasses of ``model``."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from services.clock import parse_iso
from services.model import (
    NOTHING,
    Account,
    Conversation,
    Freshness,
    JsonObject,
    MessageKind,
    OutboxState,
    State,
)

if TYPE_CHECKING:
    from services.model import Attachment, Context, Message, OutboxItem, Template

Row = sqlite3.Row


def iso(moment: datetime) -> str:
    """As ``services.clock.iso``, three times as fast; ten thousand messages bring thirty thousand times."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="milliseconds")[:-6] + "Z"


def maybe_iso(moment: datetime | None) -> str | None:
    return None if moment is None else iso(moment)


def maybe_time(text: str | None) -> datetime | None:
    return None if text is None else parse_iso(text)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, datetime):
        return iso(value)
    raise TypeError(f"{type(value).__name__} has no place in the store")


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=_plain)


def dump(value: Any) -> str:
    return _ENCODER.encode(value)


def load(text: str | None) -> JsonObject:
    return json.loads(text) if text and text != "{}" else NOTHING


def words(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text)) if text != "[]" else ()


def id_list(ids: Collection[Any]) -> str:
    """For ``IN (SELECT value FROM json_each(:ids))``: one statement whatever the number."""
    return json.dumps(list(ids))


def dump_context(context: Context | None) -> str | None:
    if context is None:
        return None
    return dump(
        {
            "title": context.title,
            "text": context.text,
            "url": context.url,
            "author": context.author,
            "sent_at": maybe_iso(context.sent_at),
            "remote_id": context.remote_id,
            "is_ours": context.is_ours,
        }
    )


def load_context(text: str | None) -> Context | None:
    if not text:
        return None
    from services.model import Context

    values = dict(json.loads(text))
    return Context(**{**values, "sent_at": maybe_time(values.get("sent_at"))})


def dump_attachments(attachments: tuple[Attachment, ...]) -> str | None:
    """Three values each, and three more where there is a file behind it; rows of before have three."""
    return dump([_attachment(one) for one in attachments]) if attachments else None


def _attachment(one: Attachment) -> list[Any]:
    file = [one.name, one.size, one.part] if one.name or one.part or one.size is not None else []
    return [one.kind, one.url, one.description, *file]


def load_attachments(text: str | None) -> tuple[Attachment, ...]:
    if not text:
        return ()
    from services.model import Attachment

    return tuple(Attachment(*one) for one in json.loads(text))


CONTEXT, ADDRESSED, AUTOMATIC = 0, 1, 2
"""What the column ``is_addressed`` holds: a stranger's part of a thread, somebody who speaks to us, a program
that does. Only the middle one ever waits for an answer."""


def addressing(message: Message) -> int:
    if not message.is_addressed:
        return CONTEXT
    return AUTOMATIC if message.is_automatic else ADDRESSED


def _hash(*parts: Any) -> str:
    # Brings in OpenSSL, which the first paint has no use for.
    from hashlib import blake2b

    return blake2b("\x1f".join(map(str, parts)).encode("utf-8", "replace"), digest_size=8).hexdigest()


def digest(message: Message) -> str:
    """``WORDS:REST``. WORDS differ when the message was edited; REST when something beside the words
    changed."""
    rest: tuple[Any, ...] = (
        message.html,
        message.url,
        message.private,
        message.stars,
        message.state,
        message.can_reply,
        message.why_not,
        message.reply_until,
        message.parent_id,
        message.is_addressed,
        message.author.name,
        message.author.handle,
    )
    if message.is_automatic:
        rest += ("automatic",)
    if message.reply_context:
        rest += (dump(message.reply_context),)
    if message.attachments:
        rest += (dump_attachments(message.attachments),)
    if message.context:
        rest += (dump_context(message.context),)
    return f"{_hash(message.version, message.title, message.text)}:{_hash(*rest)}"


def account(row: Row) -> Account:
    return Account(
        id=row["id"],
        kind=row["kind"],
        name=row["name"],
        handle=row["handle"],
        remote_id=row["remote_id"],
        url=row["url"],
        settings=load(row["settings_json"]),
        paused=bool(row["paused"]),
        created_at=parse_iso(row["created_at"]),
    )


def freshness(row: Row) -> Freshness:
    return Freshness(
        heard=maybe_time(row["heard"]),
        failing_since=maybe_time(row["failing_since"]),
        error_kind=row["error_kind"],
        error_detail=load(row["error_detail_json"]),
        next_poll=maybe_time(row["next_poll"]),
        failures=row["failures"],
        backfilling=bool(row["backfilling"]),
    )


def conversation(row: Row) -> Conversation:
    """From a row of ``conversations`` with ``outbox_state`` and ``has_draft`` beside it."""
    return Conversation(
        id=row["id"],
        account_id=row["account_id"],
        kind=MessageKind(row["kind"]),
        state=State(row["state"]),
        customer_name=row["customer_name"],
        customer_handle=row["customer_handle"],
        title=row["title"],
        snippet=row["snippet"],
        last_at=parse_iso(row["last_at"]),
        waiting_since=maybe_time(row["waiting_since"]),
        is_complaint=bool(row["is_complaint"]),
        score=row["score"],
        reasons=words(row["reasons_json"]),
        topic=row["topic"],
        unread=row["unread"],
        messages=row["messages"],
        url=row["url"],
        private=bool(row["private"]),
        reply_until=maybe_time(row["reply_until"]),
        snoozed_until=maybe_time(row["snoozed_until"]),
        answered_at=maybe_time(row["answered_at"]),
        answered_elsewhere=bool(row["answered_elsewhere"]),
        outbox_state=OutboxState(row["outbox_state"]) if row["outbox_state"] else None,
        has_draft=bool(row["has_draft"]),
        stars=row["stars"],
        is_labelled=bool(row["is_labelled"]),
        previous_id=row["previous_id"],
        urgency=row["urgency"],
        urgent_because=words(row["because_json"]),
        is_abusive=bool(row["abusive"]),
    )


def outbox_item(row: Row) -> OutboxItem:
    from services.model import OutboxItem

    return OutboxItem(
        id=row["id"],
        conversation_id=row["conversation_id"],
        account_id=row["account_id"],
        state=OutboxState(row["state"]),
        text=row["text"],
        private=bool(row["private"]),
        key=row["key"],
        parent_remote_id=row["parent_remote_id"],
        created_at=parse_iso(row["created_at"]),
        hold_until=parse_iso(row["hold_until"]),
        seen_id=row["seen_id"],
        first_attempt_at=maybe_time(row["first_attempt_at"]),
        attempts=row["attempts"],
        next_try_at=maybe_time(row["next_try_at"]),
        close_after=bool(row["close_after"]),
        force=bool(row["force"]),
        remote_id=row["remote_id"],
        url=row["url"],
        sent_at=maybe_time(row["sent_at"]),
        error_kind=row["error_kind"],
        error_detail=load(row["error_detail_json"]),
        template=row["template"],
    )


def template(row: Row) -> Template:
    from services.model import Template

    return Template(
        id=row["id"],
        name=row["name"],
        text=row["text"],
        shortcut=row["shortcut"],
        language=row["language"],
        used=row["used"],
    )
