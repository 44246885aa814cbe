"""The lists of the inbox: ids in view order by key page, the rows behind them, and how many there are."""

from __future__ import annotations

import json
import sqlite3
from array import array
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from services.errors import Invalid, NotFound
from services.model import Conversation, Counts, Page
from services.store import codec
from services.store.codec import id_list, iso

CLOSING = timedelta(hours=6)
"""A conversation closes soon when its network takes answers for no longer than this."""

ROW = """
    SELECT c.*, (
        SELECT o.state FROM outbox o WHERE o.conversation_id = c.id AND o.state IN ('unclear', 'failed',
        'sending', 'holding')
        ORDER BY CASE o.state WHEN 'unclear' THEN 0 WHEN 'failed' THEN 1 WHEN 'sending' THEN 2 ELSE 3 END
        LIMIT 1
    ) AS outbox_state, EXISTS (SELECT 1 FROM drafts d WHERE d.conversation_id = c.id) AS has_draft
    FROM conversations c
"""


class View(NamedTuple):
    """``keys`` end with the id, which makes them unique. The literals let SQLite see that its partial indexes
    fit."""

    where: str
    keys: tuple[str, ...]
    newest_first: bool = True
    types: tuple[type, ...] = (str, int)


def _shelf(name: str) -> View:
    return View(f"shelf = '{name}'", ("last_at", "id"))


# Calm is 100 less the urgency: the most urgent first, of equally urgent ones who waits longest. A complaint
# is never calmer than 50, says ``services.urgency``; it is not asked, for the first paint needs this file.
VIEWS: Mapping[str, View] = {
    "new": View("shelf = 'new'", ("calm", "waiting_since", "id"), False, (int, str, int)),
    "complaints": View(
        "shelf = 'new' AND calm <= 50", ("calm", "waiting_since", "id"), False, (int, str, int)
    ),
    "closing": View(
        "shelf = 'new' AND reply_until IS NOT NULL AND reply_until >= :now AND reply_until <= :soon",
        ("reply_until", "id"),
        False,
    ),
    **{name: _shelf(name) for name in ("waiting", "snoozed", "done", "hello", "spam")},
    # Every time is later than no text: so that the index is searched, not scanned.
    "all": View("shelf IS NOT NULL AND last_at > ''", ("last_at", "id")),
}


def view(name: str) -> View:
    try:
        return VIEWS[name]
    except KeyError:
        raise Invalid("no-such-view", field="view", view=name) from None


def ids_statement(name: str, *, by_account: bool, after: bool) -> str:
    one = view(name)
    where = [one.where]
    if by_account:
        where.append("account_id = :account")
    if after:
        keys = ", ".join(f":key{at}" for at in range(len(one.keys)))
        where.append(f"({', '.join(one.keys)}) {'<' if one.newest_first else '>'} ({keys})")
    order = ", ".join(f"{key} DESC" if one.newest_first else key for key in one.keys)
    columns, limits = ", ".join(one.keys), " AND ".join(where)
    return f"SELECT {columns} FROM conversations WHERE {limits} ORDER BY {order} LIMIT :limit"  # noqa: S608 - names of ours


def ids(
    connection: sqlite3.Connection,
    name: str,
    now: datetime,
    *,
    account_id: int | None,
    after: tuple[Any, ...] | None,
    limit: int,
) -> tuple[array[int], tuple[Any, ...] | None]:
    """One page of ids, and the key to hand in for the next one (None: that was the last)."""
    given: dict[str, Any] = {
        "account": account_id,
        "limit": limit,
        "now": iso(now),
        "soon": iso(now + CLOSING),
    }
    for at, value in enumerate(after or ()):
        given[f"key{at}"] = value
    statement = ids_statement(name, by_account=account_id is not None, after=after is not None)
    cursor = connection.cursor()
    # A million ids are read after every start: plain tuples take half the time of rows with names. One at a
    # time, because twenty thousand of them together are three megabytes that the process never gives back.
    cursor.row_factory = None
    found, last = array("q"), None
    for last in cursor.execute(statement, given):
        found.append(last[-1])
    return found, last if len(found) == limit else None


def rows(connection: sqlite3.Connection, wanted: Sequence[int]) -> dict[int, Conversation]:
    found = connection.execute(
        f"{ROW} WHERE c.id IN (SELECT value FROM json_each(:ids)) AND c.shelf IS NOT NULL",  # noqa: S608 - a constant of ours
        {"ids": id_list(wanted)},
    )
    return {row["id"]: codec.conversation(row) for row in found}


def one(connection: sqlite3.Connection, conversation_id: int) -> Conversation:
    """Also one that is in no list, and the one that a merged conversation became part of."""
    row = connection.execute(f"{ROW} WHERE c.id = ?", (resolve(connection, conversation_id),)).fetchone()
    return codec.conversation(row)


def resolve(connection: sqlite3.Connection, conversation_id: int) -> int:
    """Follows the signpost of a merged conversation. Raises NotFound."""
    row = connection.execute(
        "SELECT coalesce(merged_into, id) AS id FROM conversations WHERE id = ?", (conversation_id,)
    ).fetchone()
    if row is None:
        raise NotFound("conversation", conversation_id)
    found: int = row["id"]
    return found


def write_key(key: tuple[Any, ...] | None) -> str:
    return "" if key is None else "~".join(map(str, key))


def read_key(name: str, text: str) -> tuple[Any, ...] | None:
    if not text:
        return None
    types = view(name).types
    parts = text.split("~")
    try:
        if len(parts) != len(types):
            raise ValueError
        return tuple(kind(part) for kind, part in zip(types, parts, strict=True))
    except ValueError:
        raise Invalid("no-such-page", field="after") from None


def page(
    connection: sqlite3.Connection,
    name: str,
    now: datetime,
    *,
    account_id: int | None,
    after: str,
    limit: int,
) -> Page:
    found, key = ids(
        connection, name, now, account_id=account_id, after=read_key(name, after), limit=check_limit(limit)
    )
    by_id = rows(connection, found)
    return Page(tuple(by_id[one] for one in found if one in by_id), write_key(key))


def check_limit(limit: int) -> int:
    if limit < 1:
        raise Invalid("not-positive", field="limit")
    return min(limit, 10_000)


def counts(connection: sqlite3.Connection, now: datetime, closing_before: datetime | None) -> Counts:
    # Added up by SQLite and handed over as one row: every row that Python fetches gives other threads a turn,
    # and the window, which asks this, has to wait for its own again.
    added, per_account = connection.execute(
        "SELECT (SELECT json_group_array(json_array(shelf, is_complaint, total)) FROM (SELECT shelf,"
        " is_complaint, sum(number) AS total FROM counts GROUP BY shelf, is_complaint)),"
        " (SELECT json_group_array(json_array(account_id, total)) FROM (SELECT account_id, sum(number)"
        " AS total FROM counts WHERE shelf = 'new' GROUP BY account_id HAVING sum(number) > 0))"
    ).fetchone()
    shelves: dict[str, int] = {}
    complaints = 0
    for shelf, is_complaint, number in json.loads(added):
        shelves[shelf] = shelves.get(shelf, 0) + number
        complaints += number if shelf == "new" and is_complaint else 0
    by_account: dict[int, int] = dict(json.loads(per_account))
    return Counts(
        complaints=complaints,
        closing=_closing(connection, now, closing_before or now + CLOSING, None),
        by_account=by_account,
        **{name: shelves.get(name, 0) for name in ("new", "waiting", "snoozed", "done", "hello", "spam")},
    )


def _closing(connection: sqlite3.Connection, now: datetime, before: datetime, account_id: int | None) -> int:
    found: int = connection.execute(
        "SELECT count(*) FROM conversations WHERE shelf = 'new' AND reply_until IS NOT NULL AND"
        " reply_until >= :now"
        " AND reply_until <= :soon AND (:account IS NULL OR account_id = :account)",
        {"now": iso(now), "soon": iso(before), "account": account_id},
    ).fetchone()[0]
    return found


def size(connection: sqlite3.Connection, name: str, now: datetime, account_id: int | None) -> int:
    view(name)
    if name == "closing":
        return _closing(connection, now, now + CLOSING, account_id)
    shelf = {"all": None, "complaints": "new"}.get(name, name)
    found: int | None = connection.execute(
        "SELECT sum(number) FROM counts WHERE (:shelf IS NULL OR shelf = :shelf) AND (:account IS"
        " NULL OR account_id = :account)"
        " AND (:calm IS NULL OR is_complaint = 1)",
        {"shelf": shelf, "account": account_id, "calm": 1 if name == "complaints" else None},
    ).fetchone()[0]
    return found or 0
