"""One message as the columns of its two rows, and the statements that take them."""

from __future__ import annotations

from typing import Any

from services.model import Direction, Message, MessageState, Verdict
from services.store.codec import (
    addressing,
    digest,
    dump,
    dump_attachments,
    dump_context,
    iso,
    maybe_iso,
)

INTO_STATUS = """
    INSERT INTO message_status (account_id, remote_id, conversation_id, thread_key, parent_id, author_id,
    kind, direction, state,
        is_addressed, sent_at, digest, read_at, elsewhere, score, is_complaint, reasons_json, topic,
        abusive)
    VALUES (:account_id, :remote_id, :conversation_id, :thread_key, :parent_id, :author_id,
    :kind, :direction, :state,
        :is_addressed, :sent_at, :digest, :read_at, :elsewhere, :score, :is_complaint, :reasons_json, :topic,
        :abusive)
"""
INTO_MESSAGES = """
    INSERT INTO messages (id, text, title, author_name, author_handle, html, url, author_url, avatar_url,
    private, language, stars,
        context_json, attachments_json, reply_context_json, can_reply, why_not, reply_until, edited_at)
    VALUES (:id, :text, :title, :author_name, :author_handle, :html, :url, :author_url, :avatar_url, :private,
    :language, :stars,
        :context_json, :attachments_json, :reply_context_json, :can_reply, :why_not, :reply_until, :edited_at)
    ON CONFLICT (id) DO UPDATE SET text = excluded.text, title = excluded.title, author_name =
    excluded.author_name,
        author_handle = excluded.author_handle, html = excluded.html, url = excluded.url, author_url =
        excluded.author_url,
        avatar_url = excluded.avatar_url, private = excluded.private, language = excluded.language, stars =
        excluded.stars,
        context_json = coalesce(excluded.context_json, messages.context_json), attachments_json =
        excluded.attachments_json,
        reply_context_json = excluded.reply_context_json, can_reply = excluded.can_reply, why_not =
        excluded.why_not,
        reply_until = excluded.reply_until, edited_at = coalesce(excluded.edited_at, messages.edited_at)
"""
INTO_HANDLES = """
    INSERT INTO handles (account_id, author_id, name, handle, url, avatar_url, followers) VALUES (?, ?, ?, ?,
    ?, ?, ?)
    ON CONFLICT (account_id, author_id) DO UPDATE SET name = excluded.name, handle = excluded.handle, url =
    excluded.url,
        avatar_url = excluded.avatar_url, followers = coalesce(excluded.followers, handles.followers)
    WHERE (handles.name, handles.handle, handles.url, handles.avatar_url)
        <> (excluded.name, excluded.handle, excluded.url, excluded.avatar_url)
        OR handles.followers IS NOT coalesce(excluded.followers, handles.followers)
"""


def status_of(message: Message, verdict: Verdict, *, read_at: str | None, elsewhere: bool) -> dict[str, Any]:
    """The columns of ``message_status``, but for the numbers of account, message and conversation."""
    return {
        "remote_id": message.remote_id,
        "thread_key": message.conversation_key,
        "parent_id": message.parent_id,
        "author_id": message.author.id,
        "kind": message.kind.value,
        "direction": message.direction.value,
        "state": first_state(message),
        "is_addressed": addressing(message),
        "sent_at": iso(message.sent_at),
        "digest": digest(message),
        "read_at": read_at,
        "elsewhere": int(elsewhere),
        "score": verdict.score,
        "is_complaint": int(verdict.is_complaint),
        "reasons_json": dump(list(verdict.reasons)) if verdict.reasons else "[]",
        "topic": verdict.topic,
        "abusive": int(verdict.label == "abuse"),
    }


def content_of(message: Message) -> dict[str, Any]:
    """The columns of ``messages``, but for the id."""
    author = message.author
    return {
        "text": message.text,
        "title": message.title,
        "author_name": author.name,
        "author_handle": author.handle,
        "html": message.html,
        "url": message.url,
        "author_url": author.url,
        "avatar_url": author.avatar_url,
        "private": int(message.private),
        "language": message.language,
        "stars": message.stars,
        "context_json": dump_context(message.context),
        "attachments_json": dump_attachments(message.attachments),
        "reply_context_json": dump(message.reply_context) if message.reply_context else None,
        "can_reply": int(message.can_reply),
        "why_not": message.why_not,
        "reply_until": maybe_iso(message.reply_until),
        "edited_at": maybe_iso(message.edited_at),
    }


def first_state(message: Message) -> str:
    if message.direction is Direction.OUTBOUND and message.state is MessageState.RECEIVED:
        return MessageState.SENT.value
    return message.state.value
