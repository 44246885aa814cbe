"""A profile with many messages, for measuring lists, search and the start.

``fill`` writes rows as the store writes them, but in bulk: indexes, triggers and the full-text index are
taken away first and made once at the end, so that a million messages take minutes instead of hours. It is
the only place outside ``services/store`` that knows its tables; a test compares its rows with what the store
itself would write.

    python -m bench.fill FOLDER NUMBER
"""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.measure import Session
from services.app import Shopbell
from services.model import Author, Direction, Message, MessageKind
from services.sample.chatter import opening, sentence
from services.store import digest, filling
from services.store.codec import iso

ACCOUNTS = 20
EVERY_S = 61
"""Between two messages; a million of them are two years."""
BLOCK = 20_000
COMPLAINT_EVERY = 25
_SAY = ("late", "cold", "rude")
_FAR = timedelta(hours=20)
"""Further away would count as written under a wrong clock, and all would be asked at once."""


def message(number: int, at: datetime) -> Message:
    """The same for the same number; holds words that are in every message, in one of a thousand, in one."""
    name = f"{sentence(number * 3).split()[-1].strip('.').title()} Customer{number % 5003}"
    text = (
        f"{opening(number)} {sentence(number)} {sentence(number + 7)} bread rare{number % 1000} only{number}"
    )
    return Message(
        remote_id=f"m{number}",
        kind=MessageKind.MENTION,
        direction=Direction.INBOUND,
        author=Author(
            f"a{number % 5003}", name, f"@customer{number % 5003}@example.social", "https://example.social/u"
        ),
        text=text,
        html=f"<p>{text}</p>",
        sent_at=at,
        conversation_key=f"c{number}",
        url=f"https://example.social/@customer/{number}",
        language="en",
    )


def _rows(count: int, newest: datetime, first_account: int) -> Iterator[dict[str, object]]:
    """One message in a conversation of its own, which waits for an answer; oldest first."""
    oldest = newest - timedelta(seconds=EVERY_S * count)
    for number in range(count):
        one = message(number, oldest + timedelta(seconds=EVERY_S * (number + 1)))
        complains = number % COMPLAINT_EVERY == 0
        moment = iso(one.sent_at)
        yield {
            "id": number + 1,
            "account": first_account + number % ACCOUNTS,
            "remote": one.remote_id,
            "key": one.conversation_key,
            "author": one.author.id,
            "name": one.author.name,
            "handle": one.author.handle,
            "author_url": one.author.url,
            "at": moment,
            "digest": digest(one),
            "text": one.text,
            "snippet": " ".join(one.text.split())[:300],
            "html": one.html,
            "url": one.url,
            "complains": int(complains),
            "score": 0.8 if complains else 0.1,
            "reasons": json.dumps([_SAY[number % 3]]) if complains else "[]",
        }


_INSERT = {
    "conversations": """
        INSERT INTO conversations (id, account_id, kind, state, shelf, author_id, customer_name,
            customer_handle, snippet, url, first_at, last_at, waiting_since, is_complaint, score,
            reasons_json, unread, messages)
        VALUES (:id, :account, 'mention', 'new', 'new', :author, :name, :handle, :snippet, :url, :at, :at,
            :at, :complains, :score, :reasons, 1, 1)
    """,
    "message_status": """
        INSERT INTO message_status (id, account_id, remote_id, conversation_id, thread_key, parent_id,
            author_id, kind, direction, state, is_addressed, sent_at, digest, score, is_complaint,
            reasons_json)
        VALUES (:id, :account, :remote, :id, :key, '', :author, 'mention', 'inbound', 'received', 1, :at,
            :digest, :score, :complains, :reasons)
    """,
    "messages": """
        INSERT INTO messages (id, text, title, author_name, author_handle, html, url, author_url, avatar_url,
            private, language, can_reply, why_not)
        VALUES (:id, :text, '', :name, :handle, :html, :url, :author_url, '', 0, 'en', 1, '')
    """,
    "conversation_keys": "INSERT INTO conversation_keys VALUES (:account, :key, :id)",
    "handles": """
        INSERT INTO handles (account_id, author_id, name, handle, url, avatar_url)
        VALUES (:account, :author, :name, :handle, :author_url, '') ON CONFLICT DO NOTHING
    """,
}


def _bulk(path: Path, count: int, newest: datetime, first_account: int) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("PRAGMA cache_size=-262144")
        connection.execute("BEGIN IMMEDIATE")
        aside = connection.execute(
            "SELECT type, name, sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL"
        ).fetchall()
        for kind, name, _ in aside:
            connection.execute(f'DROP {kind} "{name}"')
        block: list[dict[str, object]] = []
        for row in _rows(count, newest, first_account):
            block.append(row)
            if len(block) == BLOCK:
                _write(connection, block)
                block.clear()
        _write(connection, block)
        connection.execute(
            "INSERT INTO counts SELECT shelf, is_complaint, account_id, count(*) FROM conversations"
            " GROUP BY 1, 2, 3"
        )
        for _, _, sql in aside:
            connection.execute(sql)
        connection.execute("INSERT INTO messages_fts (messages_fts) VALUES ('rebuild')")
        filling.urgencies(connection, lambda _done, _all: None)
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _write(connection: sqlite3.Connection, block: list[dict[str, object]]) -> None:
    for statement in _INSERT.values():
        connection.executemany(statement, block)


def fill(profile: Path, count: int, *, now: datetime | None = None) -> Path:
    """A profile whose inbox holds ``count`` conversations of one message each. Its accounts were just heard
    and are not asked again for twenty hours."""
    newest = now or datetime.now(UTC)
    app = Shopbell.open(profile)
    try:
        app.settings.update(first_start_done=True, shop_name="Rosie's Bakery")
        accounts = [
            app.store.add_account(
                "feeds",
                f"Source {number}",
                url=f"https://example.invalid/{number}",
                settings={"url": f"https://example.invalid/{number}/feed"},
            )
            for number in range(ACCOUNTS)
        ]
        for one in accounts:
            app.store.heard(one.id, next_poll=newest + _FAR, backfilling=False)
        database = app.paths.database
    finally:
        app.close()
    _bulk(database, count, newest, accounts[0].id)
    return profile


def make_due(profile: Path) -> None:
    """Every account is asked when the program starts, which loads the network code; in vain, for their hosts
    do not exist."""
    with closing(sqlite3.connect(profile / "shopbell.db")) as connection, connection:
        connection.execute("UPDATE freshness SET next_poll = NULL")


def filled(session: Session, count: int) -> Path:
    """Made once for all benchmarks of a run."""

    def make() -> Path:
        began = time.monotonic()
        profile = fill(session.folder / f"filled-{count}", count)
        print(
            f"  filled a profile with {count:,} messages in {time.monotonic() - began:.0f} s", file=sys.stderr
        )
        return profile

    found = session.once(f"filled-{count}", make)
    assert isinstance(found, Path)
    return found


if __name__ == "__main__":
    fill(Path(sys.argv[1]), int(sys.argv[2]))
