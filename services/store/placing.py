"""Which conversation a message belongs to, whatever the order in which messages arrive.

Inbound: that of the place it shares with other accounts, else the conversation of its key, else its parent's,
else that of an answer to it, else a new one.
Outbound: its parent's, else that of its key, else none: it waits as an orphan until one of them comes. Direct
exchanges have one key and a new conversation after seven silent days. What arrives late may show that two
conversations are one; the other is then merged and stays as a signpost.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from services.clock import parse_iso
from services.model import Direction, Message, MessageKind
from services.store.codec import Row, id_list, iso
from services.store.sharing import Shared
from services.waiting import DIRECT_GAP, direct_groups

_BRIEF = (
    "id, remote_id, conversation_id, thread_key, parent_id, kind, direction, state, is_addressed, sent_at,"
    " digest"
)


class Places:
    """Finds and makes conversations for one slice of messages of one account. Lives within one
    transaction."""

    def __init__(self, connection: sqlite3.Connection, account_id: int, messages: Sequence[Message]) -> None:
        self.connection = connection
        self.account_id = account_id
        self.touched: set[int] = set()
        ids = {one.remote_id for one in messages}
        parents = {one.parent_id for one in messages if one.parent_id}
        keys = {one.conversation_key or one.remote_id for one in messages}
        self.known: dict[str, Row] = self._by_remote(ids | parents)
        self._children: dict[str, list[int]] = {}
        for row in connection.execute(
            "SELECT id, parent_id FROM message_status WHERE account_id = :account AND parent_id <> ''"
            " AND parent_id IN (SELECT value FROM json_each(:ids))",
            {"account": account_id, "ids": id_list(ids)},
        ):
            self._children.setdefault(row["parent_id"], []).append(row["id"])
        self._keys: dict[str, list[int]] = {}
        for row in connection.execute(
            "SELECT key, conversation_id FROM conversation_keys WHERE account_id = :account"
            " AND key IN (SELECT value FROM json_each(:keys))",
            {"account": account_id, "keys": id_list(keys)},
        ):
            self._keys.setdefault(row["key"], []).append(row["conversation_id"])
        self._orphans: set[str] = {
            row["thread_key"]
            for row in connection.execute(
                "SELECT thread_key FROM message_status WHERE account_id = :account AND"
                " conversation_id IS NULL"
                " AND thread_key IN (SELECT value FROM json_each(:keys))",
                {"account": account_id, "keys": id_list(keys)},
            )
        }
        self.shared = Shared(connection, account_id, messages)
        self.direct_keys: set[str] = set()
        self._fresh: set[str] = set()
        """Stored in this slice; their rows are read when somebody asks."""

    def _by_remote(self, ids: set[str]) -> dict[str, Row]:
        return {
            row["remote_id"]: row
            for row in self.connection.execute(
                f"SELECT {_BRIEF} FROM message_status WHERE account_id = :account"  # noqa: S608 - names of ours
                " AND remote_id IN (SELECT value FROM json_each(:ids))",
                {"account": self.account_id, "ids": id_list(ids)},
            )
        }

    def row(self, remote_id: str) -> Row | None:
        if remote_id in self._fresh:
            self._fresh.discard(remote_id)
            return self.refresh(remote_id)
        return self.known.get(remote_id)

    def is_free(self, message: Message) -> bool:
        """Nothing that is stored has to do with this message."""
        key = message.conversation_key or message.remote_id
        return not (
            message.remote_id in self.known
            or message.remote_id in self._children
            or self._keys.get(key)
            or key in self._orphans
        )

    def stored_alone(self, message: Message, conversation_id: int) -> None:
        """After a message that ``is_free`` was stored with a conversation and a key of its own."""
        self._fresh.add(message.remote_id)
        self._keys[message.conversation_key or message.remote_id] = [conversation_id]

    def refresh(self, remote_id: str) -> Row | None:
        found = self._by_remote({remote_id}).get(remote_id)
        if found is not None:
            self.known[remote_id] = found
        return found

    # --- where

    def find(self, message: Message) -> tuple[int | None, bool]:
        """The conversation (None: an orphan) and whether it was made just now."""
        is_direct = message.kind is MessageKind.DIRECT and bool(message.conversation_key)
        if message.direction is Direction.OUTBOUND:
            found = self._parents(message.parent_id)
            if found is None:
                found = self._keyed(message, is_direct)
            if found is None and message.parent_id and not is_direct:
                found = self._child_conversation(message.remote_id)
            return found, False
        found = self.shared.home(message)
        if found is None:
            found = self._keyed(message, is_direct)
        if found is None and not is_direct:
            found = self._parents(message.parent_id)
            if found is None:
                found = self._child_conversation(message.remote_id)
        if found is not None:
            return found, False
        return self._make(message), True

    def _parents(self, parent_id: str) -> int | None:
        row = self.row(parent_id) if parent_id else None
        return None if row is None else row["conversation_id"]

    def _keyed(self, message: Message, is_direct: bool) -> int | None:
        found = self._keys.get(message.conversation_key or message.remote_id, [])
        if not is_direct:
            return found[0] if found else None
        groups = direct_groups(self._spans(found), message.sent_at)
        for other in groups[1:]:
            self.absorb(groups[0], other)
        return groups[0] if groups else None

    def _spans(self, ids: Sequence[int]) -> list[tuple[int, datetime, datetime]]:
        """Of those that hold messages: id, first and last time."""
        rows = self.connection.execute(
            "SELECT c.id, (SELECT min(sent_at) FROM message_status WHERE conversation_id = c.id) AS first_at,"
            " (SELECT max(sent_at) FROM message_status WHERE conversation_id = c.id) AS last_at"
            " FROM conversations c WHERE c.id IN (SELECT value FROM json_each(:ids))",
            {"ids": id_list(ids)},
        )
        return [
            (one["id"], parse_iso(one["first_at"]), parse_iso(one["last_at"]))
            for one in rows
            if one["first_at"]
        ]

    def _child_conversation(self, remote_id: str) -> int | None:
        """A conversation that begins with an answer to this message is the same conversation."""
        for child in self._rows(self._children.get(remote_id, ())):
            has_home = child["conversation_id"] is not None
            if has_home and child["direction"] == "inbound" and child["kind"] != MessageKind.DIRECT:
                found: int = child["conversation_id"]
                return found
        return None

    def _rows(self, ids: Sequence[int]) -> list[Row]:
        if not ids:
            return []
        return self.connection.execute(
            f"SELECT {_BRIEF} FROM message_status WHERE id IN (SELECT value FROM json_each(:ids))"  # noqa: S608
            " ORDER BY sent_at, id",
            {"ids": id_list(ids)},
        ).fetchall()

    def _make(self, message: Message) -> int:
        moment = iso(message.sent_at)
        made = self.connection.execute(
            "INSERT INTO conversations (account_id, kind, author_id, first_at, last_at)"
            " VALUES (?, ?, ?, ?, ?)",
            (self.account_id, message.kind.value, message.author.id, moment, moment),
        ).lastrowid
        assert made is not None
        return made

    # --- after a message was stored

    def stored(self, message: Message, message_id: int, conversation_id: int | None) -> None:
        """Brings together what this message connects. Call after its row is in ``message_status``."""
        self.known.pop(message.remote_id, None)
        self._fresh.add(message.remote_id)
        if message.parent_id:
            self._children.setdefault(message.parent_id, []).append(message_id)
        key = message.conversation_key
        if conversation_id is None:
            if key:
                self._orphans.add(key)
            return
        self.touched.add(conversation_id)
        if message.direction is Direction.INBOUND:
            self._register(key or message.remote_id, conversation_id)
            self.shared.note(message, conversation_id)
            self._adopt_by_key(message, key or message.remote_id, conversation_id)
            conversation_id = self._join_parent(message, conversation_id)
        elif key and message.kind is MessageKind.DIRECT:
            self._close_gaps(key, conversation_id, message.sent_at)
        self._gather_children(message.remote_id, conversation_id)

    def _join_parent(self, message: Message, conversation_id: int) -> int:
        """An answer and what it answers are one conversation, whatever keys they came with; not so across the
        silent days of a direct exchange."""
        parent = self.row(message.parent_id) if message.parent_id else None
        home: int | None = None if parent is None else parent["conversation_id"]
        if parent is not None and home is None:
            # Our own top-level post is nobody's answer and belongs to no single conversation.
            if parent["parent_id"]:
                self._move(parent, conversation_id)
        elif home is not None and home != conversation_id and message.kind is not MessageKind.DIRECT:
            self.absorb(home, conversation_id)
            return home
        return conversation_id

    def _register(self, key: str, conversation_id: int) -> None:
        found = self._keys.setdefault(key, [])
        if conversation_id not in found:
            found.append(conversation_id)
            self.connection.execute(
                "INSERT INTO conversation_keys VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                (self.account_id, key, conversation_id),
            )

    def _adopt_by_key(self, message: Message, key: str, conversation_id: int) -> None:
        if message.kind is MessageKind.DIRECT:
            self.direct_keys.add(key)
            self._adopt_near(key, conversation_id, message.sent_at)
        elif key in self._orphans:
            self._orphans.discard(key)
            for row in self._orphans_of(key):
                self._move(row, conversation_id)

    def _orphans_of(self, key: str) -> list[Row]:
        return self.connection.execute(
            f"SELECT {_BRIEF} FROM message_status WHERE account_id = ? AND conversation_id IS NULL"  # noqa: S608
            " AND thread_key = ?",
            (self.account_id, key),
        ).fetchall()

    def _adopt_near(self, key: str, conversation_id: int, moment: datetime) -> None:
        """Each adopted answer reaches seven days further; ``_move`` goes on from there."""
        near = (iso(moment - DIRECT_GAP), iso(moment + DIRECT_GAP))
        for row in self._orphans_of(key):
            current = self.row(row["remote_id"]) or self.refresh(row["remote_id"])
            is_free = current is None or current["conversation_id"] is None
            if is_free and near[0] <= row["sent_at"] <= near[1]:
                self._move(row, conversation_id)

    def _gather_children(self, remote_id: str, conversation_id: int) -> None:
        for child in self._rows(self._children.get(remote_id, ())):
            if child["conversation_id"] == conversation_id:
                continue
            if child["direction"] == "outbound":
                self._move(child, conversation_id)
            elif child["kind"] != MessageKind.DIRECT and child["conversation_id"] is not None:
                self.absorb(conversation_id, child["conversation_id"])

    def _move(self, row: Row, conversation_id: int) -> None:
        """One message goes to another conversation, and what hangs on it follows."""
        left: int | None = row["conversation_id"]
        self.connection.execute(
            "UPDATE message_status SET conversation_id = ? WHERE id = ?", (conversation_id, row["id"])
        )
        self.refresh(row["remote_id"])
        self.touched.add(conversation_id)
        if left is not None:
            self.touched.add(left)
        if row["kind"] == MessageKind.DIRECT and row["thread_key"]:
            self._close_gaps(row["thread_key"], conversation_id, parse_iso(row["sent_at"]))
        if row["remote_id"] not in self._children:
            self._children[row["remote_id"]] = [
                one["id"]
                for one in self.connection.execute(
                    "SELECT id FROM message_status WHERE account_id = ? AND parent_id = ? AND"
                    " parent_id <> ''",
                    (self.account_id, row["remote_id"]),
                )
            ]
        self._gather_children(row["remote_id"], conversation_id)

    def _close_gaps(self, key: str, conversation_id: int, moment: datetime) -> None:
        """Direct conversations less than seven days from this moment, on both sides, have become one."""
        ids = self._keys.get(key)
        if ids is None:
            ids = self._keys[key] = [
                one["conversation_id"]
                for one in self.connection.execute(
                    "SELECT conversation_id FROM conversation_keys WHERE account_id = ? AND key = ?",
                    (self.account_id, key),
                )
            ]
        self.direct_keys.add(key)
        for other in direct_groups(self._spans(ids), moment):
            if other != conversation_id:
                self.absorb(conversation_id, other)
        self._adopt_near(key, conversation_id, moment)

    def absorb(self, into: int, other: int) -> None:
        self.touched |= absorb(self.connection, into, other)
        for ids in self._keys.values():
            if other in ids:
                ids.remove(other)
                if into not in ids:
                    ids.append(into)
        for remote_id, row in list(self.known.items()):
            if row["conversation_id"] == other:
                self.refresh(remote_id)

    def link_direct(self) -> None:
        """Later conversations of one direct exchange point to the one before."""
        for key in self.direct_keys:
            spans = self._spans(self._keys.get(key, []))
            before: int | None = None
            for one, _, _ in sorted(spans, key=lambda span: span[1:]):
                self.connection.execute(
                    "UPDATE conversations SET previous_id = :before WHERE id = :id AND previous_id"
                    " IS NOT :before",
                    {"before": before, "id": one},
                )
                before = one


_ABSORB = (
    "UPDATE message_status SET conversation_id = :into WHERE conversation_id = :other",
    """INSERT INTO conversation_keys SELECT account_id, key, :into FROM conversation_keys
       WHERE conversation_id = :other ON CONFLICT DO NOTHING""",
    "DELETE FROM conversation_keys WHERE conversation_id = :other",
    "UPDATE outbox SET conversation_id = :into WHERE conversation_id = :other",
    """INSERT INTO drafts SELECT :into, text, saved_at FROM drafts WHERE conversation_id = :other
       ON CONFLICT (conversation_id) DO UPDATE SET text = drafts.text || char(10) || excluded.text""",
    "DELETE FROM drafts WHERE conversation_id = :other",
    "UPDATE conversations SET merged_into = :into WHERE merged_into = :other",
    "UPDATE conversations SET merged_into = :into WHERE id = :other",
)


def absorb(connection: sqlite3.Connection, into: int, other: int) -> frozenset[int]:
    """All of ``other`` becomes part of ``into``; ``other`` stays as an empty signpost, for whoever still
    holds its number."""
    if into == other:
        return frozenset()
    pair = {"into": into, "other": other}
    for statement in _ABSORB:
        connection.execute(statement, pair)
    return frozenset((into, other))
