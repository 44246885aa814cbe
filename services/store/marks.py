"""What the owner does to conversations. Every function returns the ids whose row or thread changed."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping
from datetime import datetime

from services.clock import parse_iso
from services.errors import Invalid
from services.model import MessageKind, State, Verdict
from services.store import messages
from services.store.codec import id_list, iso, maybe_iso
from services.store.conversations import resolve
from services.store.picture import GONE, worst
from services.store.placing import absorb
from services.store.shapes import Label
from services.store.standing import restand

LABELS = ("complaint", "not-complaint", "spam", "not-spam")

_LAST_WORD = "UPDATE conversations SET word = :word, word_upto = :upto, snoozed_until = :until WHERE id = :id"


def mark(
    connection: sqlite3.Connection, ids: Collection[int], state: State, until: datetime | None, now: datetime
) -> frozenset[int]:
    """Raises NotFound for an id that does not exist; then nothing has changed."""
    found = frozenset(resolve(connection, one) for one in ids)
    changed = found
    for one in found:
        changed |= _mark_one(connection, one, state, until, now)
    return changed | restand(connection, found, now)


def _mark_one(
    connection: sqlite3.Connection, one: int, state: State, until: datetime | None, now: datetime
) -> frozenset[int]:
    """Its row still has to be written anew; returns what changed on the way."""
    upto: int = connection.execute(
        "SELECT coalesce(max(id), 0) FROM message_status WHERE conversation_id = ?", (one,)
    ).fetchone()[0]
    said = {"id": one, "word": state.value, "upto": upto, "until": None}
    if state in (State.NEW, State.SNOOZED):
        # Without a word, the rules say whether anybody waits; if nobody does, the last question counts again.
        connection.execute(_LAST_WORD, said | {"word": None, "upto": 0})
        changed = restand(connection, [one], now)
        if _waiting_since(connection, one) is None:
            _reopen(connection, one, now)
        if state is State.SNOOZED:
            connection.execute(_LAST_WORD, said | {"until": maybe_iso(until)})
        return changed
    connection.execute(_LAST_WORD, said)
    if state is not State.SPAM:
        connection.execute(
            "UPDATE message_status SET settled = 1, reopened_at = NULL WHERE conversation_id = ?", (one,)
        )
    return mark_read(connection, [one], now)


def _waiting_since(connection: sqlite3.Connection, one: int) -> str | None:
    found: str | None = connection.execute(
        "SELECT waiting_since FROM conversations WHERE id = ?", (one,)
    ).fetchone()[0]
    return found


def _reopen(connection: sqlite3.Connection, one: int, now: datetime) -> None:
    """Prefers a message that still stands; the owner may also reopen what was deleted or written by somebody
    muted."""
    connection.execute(
        "UPDATE message_status SET reopened_at = :now, settled = 0 WHERE id = (SELECT id FROM message_status"
        " WHERE conversation_id = :id AND direction = 'inbound' AND kind <> :follow"
        " ORDER BY is_addressed = 1 DESC, is_addressed DESC, state IN ('deleted', 'hidden'), sent_at DESC,"
        " id DESC LIMIT 1)",
        {"now": iso(now), "id": one, "follow": MessageKind.FOLLOW.value},
    )


def mark_read(connection: sqlite3.Connection, ids: Collection[int], now: datetime) -> frozenset[int]:
    given = {"ids": id_list({resolve(connection, one) for one in ids}), "now": iso(now)}
    found = frozenset(
        row["conversation_id"]
        for row in connection.execute(
            "UPDATE message_status SET read_at = :now WHERE read_at IS NULL"
            " AND conversation_id IN (SELECT value FROM json_each(:ids)) RETURNING conversation_id",
            given,
        ).fetchall()
    )
    return found | restand(connection, found, now)


def label_all(
    connection: sqlite3.Connection, ids: Collection[int], what: str | None, now: datetime
) -> frozenset[int]:
    changed: set[int] = set()
    for one in ids:
        changed |= label(connection, one, what, now)
    return frozenset(changed)


def label(
    connection: sqlite3.Connection, conversation_id: int, what: str | None, now: datetime
) -> frozenset[int]:
    """The label goes to the messages that decide: a complaint to the worst, the others to all that wait (or
    the last)."""
    if what is not None and what not in LABELS:
        raise Invalid("no-such-label", field="label", label=what)
    one = resolve(connection, conversation_id)
    _take_back(connection, one)
    changed = restand(connection, [one], now) | {one}
    if what is not None:
        facts = connection.execute(
            "SELECT s.id, s.label, s.is_complaint, s.score, s.answered_at, s.settled, s.reopened_at, s.state,"
            " coalesce(m.title || char(10) || m.text, '') AS text"
            " FROM message_status s LEFT JOIN messages m ON m.id = s.id WHERE s.conversation_id = ?"
            " AND s.direction = 'inbound' AND s.is_addressed > 0 ORDER BY s.sent_at, s.id",
            (one,),
        ).fetchall()
        waits = [
            fact
            for fact in facts
            if fact["reopened_at"]
            or (not fact["answered_at"] and not fact["settled"] and fact["state"] not in GONE)
        ]
        deciding = waits or facts[-1:]
        bad = worst(deciding)
        for fact in [bad] if what == "complaint" and bad is not None else deciding:
            connection.execute("UPDATE message_status SET label = ? WHERE id = ?", (what, fact["id"]))
            connection.execute(
                "INSERT INTO labels VALUES (?, ?, ?, ?)", (fact["id"], fact["text"].strip(), what, iso(now))
            )
        if what == "spam":
            changed |= _mark_one(connection, one, State.SPAM, None, now)
        elif what == "not-spam":
            connection.execute(
                "UPDATE conversations SET word = NULL, word_upto = 0 WHERE id = ? AND word = 'spam'", (one,)
            )
    return changed | restand(connection, [one], now)


def _take_back(connection: sqlite3.Connection, one: int) -> None:
    was_spam = connection.execute(
        "SELECT 1 FROM message_status WHERE conversation_id = ? AND label = 'spam' LIMIT 1", (one,)
    ).fetchone()
    if was_spam is not None:
        connection.execute(
            "UPDATE conversations SET word = NULL, word_upto = 0 WHERE id = ? AND word = 'spam'", (one,)
        )
    connection.execute(
        "DELETE FROM labels WHERE message_id IN (SELECT id FROM message_status WHERE conversation_id = ?)",
        (one,),
    )
    connection.execute(
        "UPDATE message_status SET label = NULL WHERE conversation_id = ? AND label IS NOT NULL", (one,)
    )


def labels(connection: sqlite3.Connection) -> tuple[Label, ...]:
    return tuple(
        Label(row["message_id"], row["text"], row["label"], parse_iso(row["labelled_at"]))
        for row in connection.execute(
            "SELECT message_id, text, label, labelled_at FROM labels ORDER BY message_id"
        )
    )


def wake(connection: sqlite3.Connection, now: datetime) -> frozenset[int]:
    due = [
        row["id"]
        for row in connection.execute(
            "SELECT id FROM conversations WHERE state = 'snoozed' AND snoozed_until <= ?", (iso(now),)
        )
    ]
    return restand(connection, due, now)


def merge(connection: sqlite3.Connection, into: int, other: int, now: datetime) -> frozenset[int]:
    into, other = resolve(connection, into), resolve(connection, other)
    accounts = connection.execute(
        "SELECT count(DISTINCT account_id) FROM conversations WHERE id IN (?, ?)", (into, other)
    ).fetchone()[0]
    if accounts > 1:
        raise Invalid("different-accounts", field="other")
    touched = absorb(connection, into, other)
    return touched | restand(connection, touched, now)


def rescore(connection: sqlite3.Connection, verdicts: Mapping[int, Verdict], now: datetime) -> frozenset[int]:
    for message_id, verdict in verdicts.items():
        messages.set_verdict(connection, message_id, verdict)
    homes = {
        row["conversation_id"]
        for row in connection.execute(
            "SELECT DISTINCT conversation_id FROM message_status WHERE id IN (SELECT value FROM"
            " json_each(:ids))"
            " AND conversation_id IS NOT NULL",
            {"ids": id_list(verdicts)},
        )
    }
    return restand(connection, homes, now)
