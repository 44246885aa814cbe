"""Full-text search: FTS5, and LIKE over the newest messages where FTS5 is missing or knows no words (emoji,
Chinese).

The one file that would differ on another database. The index holds text, title, name and handle of every
message, newest
found first by its row number; nothing here ever reads all messages, whatever is typed.
"""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from collections.abc import Sequence

from services.errors import Invalid
from services.model import Page
from services.store import conversations
from services.store.codec import Row, id_list

TERMS = 8
CANDIDATES = 3_000
"""Filters are tried on at most so many of the newest hits."""
RANKED = 500
"""Relevance is computed over at most so many of the newest hits."""
USUAL_LENGTH = 200
"""Characters of an ordinary message."""
BLOCK = 200
WINDOW = 600
"""How many of the newest messages with the prefix's first letter are looked at before all words with the
prefix are merged."""
_SAMPLE = 100
"""After so many of them it shows whether the others would do."""
LIKE_WINDOW = 5_000
"""How many of the newest messages are read where there is no index to ask."""

_TABLE = """
    CREATE VIRTUAL TABLE messages_fts USING fts5 (
        text, title, author_name, author_handle, content = 'messages', content_rowid = 'id',
        tokenize = 'unicode61 remove_diacritics 2', prefix = '1'
    )
"""
_TRIGGERS = """
    CREATE TRIGGER messages_fts_in AFTER INSERT ON messages BEGIN
        INSERT INTO messages_fts (rowid, text, title, author_name, author_handle)
        VALUES (new.id, new.text, new.title, new.author_name, new.author_handle);
    END;
    CREATE TRIGGER messages_fts_out AFTER DELETE ON messages BEGIN
        INSERT INTO messages_fts (messages_fts, rowid, text, title, author_name, author_handle)
        VALUES ('delete', old.id, old.text, old.title, old.author_name, old.author_handle);
    END;
    CREATE TRIGGER messages_fts_change AFTER UPDATE OF text, title, author_name, author_handle ON messages
    WHEN (old.text, old.title, old.author_name, old.author_handle) IS NOT (new.text, new.title,
    new.author_name, new.author_handle)
    BEGIN
        INSERT INTO messages_fts (messages_fts, rowid, text, title, author_name, author_handle)
        VALUES ('delete', old.id, old.text, old.title, old.author_name, old.author_handle);
        INSERT INTO messages_fts (rowid, text, title, author_name, author_handle)
        VALUES (new.id, new.text, new.title, new.author_name, new.author_handle);
    END;
"""


def is_available(connection: sqlite3.Connection) -> bool:
    return bool(connection.execute("SELECT sqlite_compileoption_used('ENABLE_FTS5')").fetchone()[0])


def has_index(connection: sqlite3.Connection) -> bool:
    return (
        connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'messages_fts'").fetchone() is not None
    )


def install(connection: sqlite3.Connection) -> None:
    """Makes the index where it can be made; inside the caller's transaction."""
    if has_index(connection) or not is_available(connection):
        return
    connection.execute(_TABLE)
    for trigger in _TRIGGERS.split("END;"):
        if trigger.strip():
            connection.execute(trigger + "END;")
    connection.execute("INSERT INTO messages_fts (messages_fts) VALUES ('rebuild')")


def check(connection: sqlite3.Connection) -> bool:
    """Whether the index agrees with the messages."""
    if not has_index(connection):
        return True
    try:
        connection.execute("INSERT INTO messages_fts (messages_fts, rank) VALUES ('integrity-check', 1)")
    except sqlite3.DatabaseError:
        return False
    return True


def terms(query: str) -> list[str]:
    """Words of the query that the index could know, without anything that FTS5 might take for an operator."""
    clean = query.replace("\0", " ").encode("utf-8", "ignore").decode("utf-8")
    return [word for word in clean.split() if any(char.isalnum() for char in word)][:TERMS]


def expression(words: Sequence[str]) -> str:
    """Every word quoted, the last one as a prefix."""
    quoted = ['"' + word.replace('"', '""') + '"' for word in words]
    return " ".join(quoted) + "*"


def _needs_like(query: str) -> bool:
    """Scripts written without spaces are one long word to the index."""
    return any(
        "\u2e80" <= char <= "\u9fff" or "\uac00" <= char <= "\ud7a3" or "\u0e00" <= char <= "\u0eff"
        for char in query
    )


def search(
    connection: sqlite3.Connection, query: str, *, view: str, account_id: int | None, after: str, limit: int
) -> Page:
    """Distinct conversations, each at its newest hit, newest first; at most ``limit`` a page."""
    limit = conversations.check_limit(limit)
    below = _read_key(after)
    words = terms(query)
    if not query.strip():
        return Page()
    if words and has_index(connection) and not _needs_like(query):
        found, last = _indexed(connection, words, view, account_id, below, limit)
    else:
        found, last = _like(connection, query.strip(), view, account_id, below, limit)
    return _page(connection, found, last)


def _read_key(after: str) -> int | None:
    if not after:
        return None
    if not after.isdecimal():
        raise Invalid("no-such-page", field="after")
    return int(after)


def _filter(view: str, account_id: int | None) -> str:
    one = conversations.view(view)
    where = [one.where if view not in ("closing",) else "shelf = 'new' AND reply_until IS NOT NULL"]
    if account_id is not None:
        where.append("c.account_id = :account")
    return " AND ".join(where)


_BLOCK = (
    "SELECT rowid AS id FROM messages_fts WHERE messages_fts MATCH :query AND rowid < :below"
    " ORDER BY rowid DESC LIMIT :block"
)


_WINDOW = """
    SELECT f.rowid AS id, m.text, m.title, m.author_name, m.author_handle FROM messages_fts f JOIN messages m
    ON m.id = f.rowid
    WHERE f.messages_fts MATCH :query AND f.rowid < :below ORDER BY f.rowid DESC LIMIT :block
"""


def _fold(text: str) -> str:
    """As the index folds: lower case, without accents."""
    if text.isascii():
        return text.lower()
    return "".join(
        char for char in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(char)
    )


def _beginning(word: str, after: str = "") -> re.Pattern[str]:
    """Where a word begins so. What must not stand before it is asked last: a pattern that begins with plain
    letters is looked for ten times as fast."""
    plain = re.escape(word)
    return re.compile(f"{plain}(?<![^\\W_]{plain}){after}")


def _newest_with_prefix(
    connection: sqlite3.Connection, words: Sequence[str], below: int, wanted: int
) -> list[int] | None:
    """The newest hits of a common prefix; None where it is not common among the newest messages.

    FTS5 merges every word with a prefix before it gives the first row: 30 ms for a million hits. An index of
    all prefixes
    would double the cost of storing. A common prefix is found at once among the newest messages with its
    first letter, which
    the small index knows; a rare one is cheap to merge."""
    last = _fold(words[-1])
    if len(last) < 2 or not last.isalnum():
        return None
    query = expression([*words[:-1], last[0]])
    begins = _beginning(last)
    found: list[int] = []
    rows = connection.execute(_WINDOW, {"query": query, "below": below, "block": WINDOW})
    for number, row in enumerate(rows):
        if number == _SAMPLE and len(found) * WINDOW < wanted * _SAMPLE:
            return None
        if begins.search(_fold("\n".join(row[1:]))):
            found.append(row["id"])
            if len(found) == wanted:
                return found
    return None


def _homes(
    connection: sqlite3.Connection, ids: Sequence[int], view: str, account_id: int | None
) -> dict[int, int]:
    return {
        row["id"]: row["conversation_id"]
        for row in connection.execute(
            "SELECT s.id, s.conversation_id FROM message_status s"  # noqa: S608 - literals of ours
            " JOIN conversations c ON c.id = s.conversation_id"
            f" WHERE s.id IN (SELECT value FROM json_each(:ids)) AND {_filter(view, account_id)}",
            {"ids": id_list(ids), "account": account_id},
        )
    }


def _indexed(
    connection: sqlite3.Connection,
    words: Sequence[str],
    view: str,
    account_id: int | None,
    below: int | None,
    limit: int,
) -> tuple[list[int], int | None]:
    query = expression(words)
    found: list[int] = []
    seen: set[int] = set()
    first_below = below
    at = below if below is not None else 1 << 62
    tried = 0
    # A page is full after one block unless many hits share a conversation or do not pass the filter.
    while tried < CANDIDATES:
        block = min(BLOCK, max(limit + 1, 20) if not tried else BLOCK)
        near = _newest_with_prefix(connection, words, at, block) if not tried else None
        hits = near or [
            row["id"] for row in connection.execute(_BLOCK, {"query": query, "below": at, "block": block})
        ]
        homes = _homes(connection, hits, view, account_id)
        for hit in hits:
            home = homes.get(hit)
            if home is not None and home not in seen and not _was_shown(connection, query, home, first_below):
                if len(found) == limit:
                    return found, at
                found.append(home)
            if home is not None:
                seen.add(home)
            at = hit
        tried += len(hits)
        if len(hits) < block:
            return found, None
    return found, at


def _was_shown(connection: sqlite3.Connection, query: str, conversation_id: int, below: int | None) -> bool:
    """On later pages: an earlier page holds a conversation that has a newer hit."""
    if below is None:
        return False
    newer = connection.execute(
        "SELECT id FROM message_status WHERE conversation_id = ? AND id >= ?", (conversation_id, below)
    ).fetchall()
    return any(
        connection.execute(
            "SELECT 1 FROM messages_fts WHERE messages_fts MATCH :query AND rowid = :id",
            {"query": query, "id": row["id"]},
        ).fetchone()
        for row in newer
    )


def _like(
    connection: sqlite3.Connection,
    query: str,
    view: str,
    account_id: int | None,
    below: int | None,
    limit: int,
) -> tuple[list[int], int | None]:
    pattern = (
        "%" + query.replace("\0", "").replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    )
    rows: list[Row] = connection.execute(
        "SELECT id FROM (SELECT id, text, title, author_name, author_handle FROM messages"
        " WHERE id < :below ORDER BY id DESC LIMIT :window)"
        " WHERE text LIKE :like ESCAPE '\\' OR title LIKE :like ESCAPE '\\' OR author_name LIKE"
        " :like ESCAPE '\\'"
        " OR author_handle LIKE :like ESCAPE '\\' ORDER BY id DESC LIMIT :most",
        {
            "below": below if below is not None else 1 << 62,
            "window": LIKE_WINDOW,
            "like": pattern.encode("utf-8", "ignore").decode(),
            "most": CANDIDATES,
        },
    ).fetchall()
    hits = [row["id"] for row in rows]
    homes = _homes(connection, hits, view, account_id)
    found: list[int] = []
    at: int | None = None
    for hit in hits:
        if hit in homes and homes[hit] not in found:
            if len(found) == limit:
                return found, at
            found.append(homes[hit])
        at = hit
    return found, None


def _page(connection: sqlite3.Connection, found: Sequence[int], last: int | None) -> Page:
    by_id = conversations.rows(connection, found)
    rows = [by_id[one] for one in found if one in by_id]
    # Row numbers follow arrival; a backfill arrives newest first, so within the page time decides.
    rows.sort(key=lambda row: (row.last_at, row.id), reverse=True)
    return Page(tuple(rows), "" if last is None else str(last))


def relevant(connection: sqlite3.Connection, query: str, *, limit: int) -> Page:
    """Best first, among the newest hits. FTS5's own bm25 counts every hit of every word before the first row:
    a second for the commonest words of a million messages."""
    words = terms(query)
    if not words or not has_index(connection) or _needs_like(query):
        return search(connection, query, view="all", account_id=None, after="", limit=limit)
    newest = _newest_with_prefix(connection, words, 1 << 62, WINDOW // 3) or [
        row["id"]
        for row in connection.execute(_BLOCK, {"query": expression(words), "below": 1 << 62, "block": RANKED})
    ]
    patterns = [_beginning(_fold(word), r"(?![^\W_])") for word in words[:-1]]
    patterns.append(_beginning(_fold(words[-1])))
    scores = {
        row["id"]: _score(row, patterns)
        for row in connection.execute(
            "SELECT id, substr(text, 1, 4000) AS text, title, author_name, author_handle FROM messages"
            " WHERE id IN (SELECT value FROM json_each(:ids))",
            {"ids": id_list(newest)},
        )
    }
    most = conversations.check_limit(limit) * 4
    hits = sorted(scores, key=lambda one: (scores[one], one), reverse=True)[:most]
    homes = _homes(connection, hits, "all", None)
    ordered = list(dict.fromkeys(homes[hit] for hit in hits if hit in homes))[:limit]
    by_id = conversations.rows(connection, ordered)
    return Page(tuple(by_id[one] for one in ordered if one in by_id))


def _score(row: Row, patterns: Sequence[re.Pattern[str]]) -> float:
    """As bm25 weighs one document: more of the words in fewer words is better, title and names count more."""
    text = _fold(row["text"])
    beside = _fold(f"{row['title']}\n{row['author_name']}\n{row['author_handle']}")
    length = 0.25 + 0.75 * len(text) / USUAL_LENGTH
    score = 0.0
    for pattern in patterns:
        found = len(pattern.findall(text)) + 3 * len(pattern.findall(beside))
        score += found * 2.2 / (found + 1.2 * length)
    return score
