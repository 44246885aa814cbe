"""The JSON shapes of the headless commands, made from our records. Times ISO 8601 UTC, ids strings."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from services.clock import iso
from services.errors import NotFound
from services.model import Account, Context, Conversation, Freshness, OutboxItem, State, Thread, ThreadMessage
from services.urgency import of_row
from services.words import error_words, note_sentence, reply_sentence, with_remedy

if TYPE_CHECKING:
    from services.app import Shopbell
    from services.website import Proposal, Proposals


def when(moment: datetime | None) -> str | None:
    return iso(moment) if moment else None


def account_document(app: Shopbell, account: Account, freshness: Freshness) -> dict[str, Any]:
    title = app.channels.get(account.kind).title if account.kind in app.channels else account.kind
    sentence = None
    if freshness.error_kind:
        words = error_words(
            freshness.error_kind,
            freshness.error_detail,
            account.name,
            title,
            heard=freshness.heard,
            now=app.clock.now(),
        )
        sentence = with_remedy(words, freshness.error_kind, str(freshness.error_detail.get("reason") or ""))
    return {
        "id": str(account.id),
        "kind": account.kind,
        "name": account.name,
        "handle": account.handle,
        "url": account.url,
        "paused": account.paused,
        "freshness": {
            "heard": when(freshness.heard),
            "failing_since": when(freshness.failing_since),
            "error_kind": freshness.error_kind or None,
            "error": sentence,
        },
    }


def proposals_document(found: Proposals) -> dict[str, Any]:
    return {
        "url": found.url or None,
        "title": found.title,
        "proposals": [
            {
                "kind": place.suggestion.kind if place.suggestion else None,
                "network": place.network,
                "title": place.title,
                "settings": dict(place.suggestion.settings) if place.suggestion else {},
                "hint": place.suggestion.hint if place.suggestion else "",
                "effort": place.effort.value,
                "url": place.url or None,
                "available": place.suggestion is not None,
                "added": place.is_added,
                "is_default": bool(place.suggestion and place.suggestion.is_default),
                "tried": dict(place.suggestion.tried) if place.suggestion else {},
                "steps": _steps(place),
                "steps_url": (place.suggestion.help_url or None) if place.suggestion else None,
                "account": _account_of(place),
            }
            for place in found.places
        ],
    }


def _steps(place: Proposal) -> str | None:
    """What the owner does first."""
    return note_sentence(place.suggestion.advice, place.network) or None if place.suggestion else None


def _account_of(place: Proposal) -> str | None:
    """The id of the account that is there and could watch it."""
    known = place.suggestion.account if place.suggestion else None
    return None if known is None else str(known)


def conversation_document(row: Conversation, channel: str, now: datetime) -> dict[str, Any]:
    """``urgent_because``: keys of ``services.urgency.REASONS``, the heaviest first."""
    urgency = of_row(row, now)
    return {
        "id": str(row.id),
        "account": str(row.account_id),
        "channel": channel,
        "kind": row.kind.value,
        "customer": {"name": row.customer_name, "handle": row.customer_handle},
        "title": row.title,
        "snippet": row.snippet,
        "state": row.state.value,
        # Nobody owes spam an answer; the store keeps the time for when it turns out to be none.
        "waiting_since": when(row.waiting_since if row.state is not State.SPAM else None),
        "last_at": when(row.last_at),
        "complaint": {
            "score": round(row.score, 4),
            "is_complaint": row.is_complaint,
            "reasons": list(row.reasons),
        },
        "urgency": urgency.value,
        "urgent_because": list(urgency.because),
        "abusive": row.is_abusive,
        "unread": row.unread,
        "messages": row.messages,
        "private": row.private,
        "url": row.url,
        "reply_until": when(row.reply_until),
        "snoozed_until": when(row.snoozed_until),
        "answered_at": when(row.answered_at),
    }


def thread_document(app: Shopbell, thread: Thread) -> dict[str, Any]:
    account = app.store.account(thread.conversation.account_id)
    return {
        **conversation_document(thread.conversation, account.kind, app.clock.now()),
        "context": _context_document(thread.context),
        "draft": thread.draft,
        "thread": [message_document(message) for message in thread.messages],
    }


def _context_document(context: Context | None) -> dict[str, Any] | None:
    if context is None:
        return None
    return {
        "title": context.title,
        "text": context.text,
        "url": context.url,
        "author": context.author,
        "sent_at": when(context.sent_at),
        "is_ours": context.is_ours,
    }


def message_document(message: ThreadMessage) -> dict[str, Any]:
    return {
        "id": str(message.id) if message.outbox_id is None else f"outbox-{message.outbox_id}",
        "remote_id": message.remote_id or None,
        "direction": message.direction.value,
        "author": {"name": message.author.name, "handle": message.author.handle, "url": message.author.url},
        "text": message.text,
        "html": message.html,
        "sent_at": when(message.sent_at),
        "url": message.url,
        "kind": message.kind.value,
        "private": message.private,
        "state": message.state,
        "title": message.title,
        "stars": message.stars,
        "parent": message.parent_id or None,
        "earlier": list(message.earlier),
        "elsewhere": message.elsewhere,
        "automatic": message.is_automatic,
        "abusive": message.is_abusive,
        "muted": message.is_muted,
        "attachments": [
            {
                "kind": a.kind,
                "url": a.url,
                "description": a.description,
                "name": a.name,
                "size": a.size,
                "can_save": bool(a.part),
            }
            for a in message.attachments
        ],
    }


def _names(app: Shopbell, account_id: int) -> tuple[str, str]:
    """The owner's name for the account, and its network's."""
    try:
        account = app.store.account(account_id)
    except NotFound:
        return "", ""
    return account.name, app.channels.get(account.kind).title if account.kind in app.channels else ""


def outbox_document(app: Shopbell, item: OutboxItem) -> dict[str, Any]:
    sentence = None
    if item.error_kind:
        name, title = _names(app, item.account_id)
        sentence = reply_sentence(item.error_kind, item.error_detail, name, title, now=app.clock.now())
    return {
        "id": str(item.id),
        "conversation": str(item.conversation_id),
        "account": str(item.account_id),
        "state": item.state.value,
        "text": item.text,
        "private": item.private,
        "hold_until": when(item.hold_until),
        "remote_id": item.remote_id or None,
        "url": item.url or None,
        "sent_at": when(item.sent_at),
        "error_kind": item.error_kind or None,
        "error": sentence,
        "said": str(item.error_detail.get("said") or "") or None,
    }
