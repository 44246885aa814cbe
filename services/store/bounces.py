"""Replies that came back: what was called delivered has failed after all, and its customer waits again.

A bounce may overtake the news that the reply it belongs to has left. Such a one waits in ``meta`` as long as
some reply of the account has no id of the network yet; every other stranger is forgotten.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from services.model import State
from services.store import kept, marks
from services.store.accounts import BOUNCES
from services.store.codec import Row, dump
from services.store.picture import GONE
from services.store.shapes import Returned
from services.store.standing import restand

REASON = "bounced"
MOST_WAITING = 100
DETAIL = 1_000
"""Characters kept of what the network said."""

_NAMELESS = """
    SELECT 1 FROM outbox WHERE account_id = ? AND (state IN ('sending', 'unclear')
        OR (state = 'holding' AND attempts > 0) OR (state = 'sent' AND remote_id = '')) LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class CameBack:
    """``outbox`` are the replies that turned to ``failed`` just now; ``unknown`` how many bounces belong to
    nothing of ours."""

    outbox: tuple[int, ...] = ()
    conversations: frozenset[int] = frozenset()
    unknown: int = 0


def settle(
    connection: sqlite3.Connection,
    account_id: int,
    found: Iterable[Returned],
    now: datetime,
    *,
    is_quiet: bool = False,
) -> CameBack:
    """Takes new bounces and those that still wait for their reply; the same bounce again changes nothing.
    ``is_quiet``: part of a first fetch, so no conversation is pulled back out of the past."""
    waiting = _waiting(connection, account_id)
    new = {one.remote_id: one.detail[:DETAIL] for one in found if one.remote_id}
    if not new and not waiting:
        return CameBack()
    failed: list[int] = []
    touched: set[int] = set()
    left: dict[str, str] = {}
    for remote_id, detail in {**waiting, **new}.items():
        reply = _reply(connection, account_id, remote_id)
        message = _message(connection, account_id, remote_id)
        if reply is None and message is None:
            left[remote_id] = detail
            continue
        if reply is not None and reply["state"] == "sent":
            _fail(connection, reply["id"], detail)
            failed.append(reply["id"])
        if message is not None and message["direction"] == "outbound" and message["state"] != "failed":
            touched |= _take_back(connection, message, now, is_quiet=is_quiet)
    has_nameless = left and connection.execute(_NAMELESS, (account_id,)).fetchone() is not None
    _keep(connection, account_id, left if has_nameless else {}, waiting)
    return CameBack(tuple(failed), frozenset(touched), 0 if has_nameless else len(left))


def _reply(connection: sqlite3.Connection, account_id: int, remote_id: str) -> Row | None:
    row: Row | None = connection.execute(
        "SELECT id, state FROM outbox WHERE account_id = ? AND remote_id = ? ORDER BY id DESC LIMIT 1",
        (account_id, remote_id),
    ).fetchone()
    return row


def _message(connection: sqlite3.Connection, account_id: int, remote_id: str) -> Row | None:
    row: Row | None = connection.execute(
        "SELECT id, conversation_id, direction, state, sent_at FROM message_status"
        " WHERE account_id = ? AND remote_id = ?",
        (account_id, remote_id),
    ).fetchone()
    return row


def _fail(connection: sqlite3.Connection, outbox_id: int, detail: str) -> None:
    connection.execute(
        "UPDATE outbox SET state = 'failed', error_kind = 'refused', error_detail_json = ?,"
        " next_try_at = NULL WHERE id = ?",
        (dump({"reason": REASON, "said": detail}), outbox_id),
    )


def _take_back(
    connection: sqlite3.Connection, message: Row, now: datetime, *, is_quiet: bool
) -> frozenset[int]:
    connection.execute("UPDATE message_status SET state = 'failed' WHERE id = ?", (message["id"],))
    home: int | None = message["conversation_id"]
    if home is None:
        return frozenset()
    restand(connection, [home], now)
    row = connection.execute("SELECT word, waiting_since FROM conversations WHERE id = ?", (home,)).fetchone()
    waits_already = row["waiting_since"] is not None or row["word"] == State.SPAM
    if not (is_quiet or waits_already or _was_answered_later(connection, home, message["sent_at"])):
        # It was closed because of this answer, and the answer never arrived.
        marks.mark(connection, [home], State.NEW, None, now)
    return frozenset((home,))


def _was_answered_later(connection: sqlite3.Connection, home: int, moment: str) -> bool:
    return (
        connection.execute(
            "SELECT 1 FROM message_status WHERE conversation_id = :home AND direction = 'outbound'"
            " AND sent_at > :moment AND state NOT IN (SELECT value FROM json_each(:gone)) LIMIT 1",
            {"home": home, "moment": moment, "gone": json.dumps(GONE)},
        ).fetchone()
        is not None
    )


# --- those that came too early


def _key(account_id: int) -> str:
    return f"{BOUNCES}{account_id}"


def _waiting(connection: sqlite3.Connection, account_id: int) -> Mapping[str, str]:
    text = kept.get_meta(connection, _key(account_id))
    return json.loads(text) if text else {}


def _keep(
    connection: sqlite3.Connection, account_id: int, left: Mapping[str, str], before: Mapping[str, str]
) -> None:
    newest = dict(list(left.items())[-MOST_WAITING:])
    if newest != before:
        kept.set_meta(connection, _key(account_id), json.dumps(newest) if newest else None)
