"""People who ring no more, wherever they write.

Muted is a person, not a row: whoever is recognised as the same on another account of the same network is
muted there, too, and so is who comes later, or again after an account was removed and added anew. The same
person has the same id where ids are long enough to belong to one network rather than to one server, or the
same handle where it names its server (``anna@shop.example``) or goes with the same profile page. A bare name
is not enough: there is an "anna" on every forum.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable
from datetime import datetime

from services.clock import parse_iso
from services.errors import NotFound
from services.model import Author
from services.store.codec import Row, iso
from services.store.owned import MutedPerson
from services.store.standing import restand

LONG_ID = 8
"""Characters. Shorter ids are counted up from one on every server."""

_THEIRS = """
    SELECT id FROM conversations WHERE account_id = :account AND author_id = :author
    UNION SELECT c.id FROM conversations c JOIN message_status s ON s.conversation_id = c.id
    WHERE c.shelf = 'new' AND c.account_id = :account AND s.author_id = :author
"""


def mute(
    connection: sqlite3.Connection, account_id: int, author_id: str, on: bool, now: datetime
) -> frozenset[int]:
    """Returns the conversations that changed. Raises NotFound for an account that is not there."""
    account = connection.execute("SELECT kind FROM accounts WHERE id = ?", (account_id,)).fetchone()
    if account is None:
        raise NotFound("account", account_id)
    connection.execute(
        "INSERT INTO handles (account_id, author_id, name, handle, url, avatar_url)"
        " VALUES (?, ?, '', '', '', '') ON CONFLICT (account_id, author_id) DO NOTHING",
        (account_id, author_id),
    )
    one = connection.execute(
        "SELECT * FROM handles WHERE account_id = ? AND author_id = ?", (account_id, author_id)
    ).fetchone()
    kind: str = account["kind"]
    if on:
        connection.execute(
            "INSERT INTO muted_people (kind, account_id, author_id, handle, name, url, muted_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (account_id, author_id) DO UPDATE SET"
            " handle = excluded.handle, name = excluded.name, url = excluded.url",
            (kind, account_id, author_id, _folded(one["handle"]), one["name"], one["url"], iso(now)),
        )
    else:
        for person in _of_kind(connection, kind):
            if _is_same(person, account_id, author_id, one["handle"], one["url"]):
                connection.execute("DELETE FROM muted_people WHERE id = ?", (person.id,))
    return _settle(connection, kind, author_id, one["handle"], now)


def unmute(connection: sqlite3.Connection, person_id: int, now: datetime) -> frozenset[int]:
    """By the number in ``muted``. Raises NotFound."""
    row = connection.execute("DELETE FROM muted_people WHERE id = ? RETURNING *", (person_id,)).fetchone()
    if row is None:
        raise NotFound("person", person_id)
    person = _person(row)
    for other in _of_kind(connection, person.kind):
        if _is_same(other, person.account_id, person.author_id, person.handle, person.url):
            connection.execute("DELETE FROM muted_people WHERE id = ?", (other.id,))
    return _settle(connection, person.kind, person.author_id, person.handle, now)


def muted(connection: sqlite3.Connection) -> tuple[MutedPerson, ...]:
    """Newest first; who was muted on two accounts is there once."""
    found: list[MutedPerson] = []
    for row in connection.execute("SELECT * FROM muted_people ORDER BY muted_at DESC, id DESC"):
        one = _person(row)
        if not any(
            other.kind == one.kind and _is_same(other, one.account_id, one.author_id, one.handle, one.url)
            for other in found
        ):
            found.append(one)
    return tuple(found)


def recognise(connection: sqlite3.Connection, account_id: int, authors: Iterable[Author]) -> None:
    """Who is about to say something may be somebody who was muted elsewhere."""
    known = [
        _person(row)
        for row in connection.execute(
            "SELECT p.* FROM muted_people p JOIN accounts a ON a.kind = p.kind WHERE a.id = ?", (account_id,)
        )
    ]
    if not known:
        return
    connection.executemany(
        "UPDATE handles SET muted = 1 WHERE account_id = ? AND author_id = ? AND muted = 0",
        [
            (account_id, one.id)
            for one in authors
            if any(_is_same(person, account_id, one.id, one.handle, one.url) for person in known)
        ],
    )


def _settle(
    connection: sqlite3.Connection, kind: str, author_id: str, handle: str, now: datetime
) -> frozenset[int]:
    """Brings the handles of this person in step with the list, and their conversations with the handles."""
    known = _of_kind(connection, kind)
    changed: set[int] = set()
    for row in connection.execute(
        "SELECT h.* FROM handles h JOIN accounts a ON a.id = h.account_id WHERE a.kind = :kind AND"
        " (h.author_id = :author OR (h.handle <> '' AND h.handle = :handle COLLATE NOCASE) OR h.muted = 1)",
        {"kind": kind, "author": author_id, "handle": handle},
    ).fetchall():
        where = (row["account_id"], row["author_id"])
        is_muted = any(_is_same(person, *where, row["handle"], row["url"]) for person in known)
        if is_muted != bool(row["muted"]):
            connection.execute(
                "UPDATE handles SET muted = ? WHERE account_id = ? AND author_id = ?", (int(is_muted), *where)
            )
            changed |= _conversations(connection, *where)
    return restand(connection, changed, now) | changed


def _conversations(connection: sqlite3.Connection, account_id: int, author_id: str) -> set[int]:
    given = {"account": account_id, "author": author_id}
    return {row["id"] for row in connection.execute(_THEIRS, given)}


def _of_kind(connection: sqlite3.Connection, kind: str) -> Collection[MutedPerson]:
    rows = connection.execute("SELECT * FROM muted_people WHERE kind = ?", (kind,))
    return [_person(row) for row in rows]


def _is_same(person: MutedPerson, account_id: int, author_id: str, handle: str, url: str) -> bool:
    """Both are of the same kind of account."""
    if author_id == person.author_id and (account_id == person.account_id or len(author_id) >= LONG_ID):
        return True
    handle = _folded(handle)
    if not handle or handle != _folded(person.handle):
        return False
    return "@" in handle[1:] or bool(url and url == person.url)


def _folded(handle: str) -> str:
    return handle.strip().casefold()


def _person(row: Row) -> MutedPerson:
    return MutedPerson(
        row["id"],
        row["kind"],
        row["name"],
        row["handle"],
        row["url"],
        row["account_id"],
        row["author_id"],
        parse_iso(row["muted_at"]),
    )
