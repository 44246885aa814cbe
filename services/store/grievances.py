"""Who complains: rows for telling a spike from a usual day; what they mean is decided in
``services.spikes``."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from services.clock import parse_iso
from services.store.codec import iso, load
from services.store.shapes import Grievance

MOST = 20_000
"""Complaints of four weeks that are looked at; beyond that the newest say enough."""
FEW = 500

_COMPLAINTS = (
    " FROM message_status s JOIN conversations c ON c.id = s.conversation_id"
    " LEFT JOIN handles h ON h.account_id = s.account_id AND h.author_id = s.author_id"
    " WHERE s.direction = 'inbound' AND s.is_addressed = 1 AND s.sent_at >= :since"
    " AND (s.label = 'complaint' OR (s.label IS NULL AND s.is_complaint = 1))"
    " AND c.state <> 'spam' AND coalesce(h.muted, 0) = 0"
)


def times(connection: sqlite3.Connection, since: datetime) -> tuple[tuple[int, datetime], ...]:
    """Conversation and time of each complaint written since then, newest first."""
    rows = connection.execute(
        f"SELECT s.conversation_id, s.sent_at{_COMPLAINTS} ORDER BY s.sent_at DESC LIMIT :most",
        {"since": iso(since), "most": MOST},
    )
    return tuple((row["conversation_id"], parse_iso(row["sent_at"])) for row in rows)


def first_heard(connection: sqlite3.Connection) -> datetime | None:
    """When the oldest message of a customer was written."""
    found: str | None = connection.execute(
        "SELECT min(sent_at) FROM message_status WHERE direction = 'inbound' AND is_addressed = 1"
    ).fetchone()[0]
    return parse_iso(found) if found else None


def said(connection: sqlite3.Connection, since: datetime) -> tuple[Grievance, ...]:
    """The complaints written since then with their words, newest first."""
    rows = connection.execute(
        "SELECT s.conversation_id, s.sent_at, s.topic, s.account_id, m.title, m.text, m.context_json"
        + _COMPLAINTS.replace(" WHERE", " LEFT JOIN messages m ON m.id = s.id WHERE", 1)
        + " ORDER BY s.sent_at DESC LIMIT :few",
        {"since": iso(since), "few": FEW},
    )
    return tuple(_grievance(row) for row in rows)


def _grievance(row: sqlite3.Row) -> Grievance:
    context = load(row["context_json"]) if row["context_json"] else {}
    title, words = str(context.get("title") or ""), str(context.get("text") or "")
    place = str(context.get("remote_id") or context.get("url") or title or words)
    return Grievance(
        conversation_id=row["conversation_id"],
        sent_at=parse_iso(row["sent_at"]),
        text=f"{row['title'] or ''} {row['text'] or ''}".strip(),
        post=f"{row['account_id']}:{place}" if place else "",
        post_words=title or words,
        topic=row["topic"],
    )


def other_texts(connection: sqlite3.Connection, before: datetime) -> tuple[str, ...]:
    """What customers wrote before, the newest few hundred."""
    rows = connection.execute(
        "SELECT m.text FROM message_status s JOIN messages m ON m.id = s.id WHERE s.direction = 'inbound'"
        " AND s.is_addressed = 1 AND s.sent_at < :before ORDER BY s.sent_at DESC LIMIT :few",
        {"before": iso(before), "few": FEW},
    )
    return tuple(row["text"] for row in rows)
