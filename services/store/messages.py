"""Messages on their way in: one batch of a channel becomes rows, in slices of at most a hundred, the cursor
with the last."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby

from services.errors import NotFound
from services.model import Direction, Message, MessageState, Verdict
from services.store import lone, people, urgent
from services.store.codec import (
    ADDRESSED,
    Row,
    addressing,
    digest,
    dump,
    id_list,
    iso,
    load,
)
from services.store.message_rows import (
    INTO_HANDLES,
    INTO_MESSAGES,
    INTO_STATUS,
    content_of,
    first_state,
    status_of,
)
from services.store.placing import Places
from services.store.recognition import confirm, recognise
from services.store.shapes import Applied, NewMessage, Step
from services.store.standing import restand

SLICE = 100
"""Messages per transaction: long ones would make the other writers, and quitting, wait."""


def slices(batch: Step) -> list[tuple[Message, ...]]:
    """Oldest first, so that local ids follow time; at least one slice, which carries the cursor."""
    ordered = sorted(batch.messages, key=lambda one: one.sent_at)
    return [tuple(ordered[at : at + SLICE]) for at in range(0, len(ordered), SLICE)] or [()]


class Intake:
    """One slice inside one transaction."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        account_id: int,
        verdicts: Mapping[str, Verdict],
        now: datetime,
        *,
        is_live: bool,
        quiet_before: datetime | None,
    ) -> None:
        self.connection = connection
        self.account_id = account_id
        self.verdicts = verdicts
        self.now = now
        self.is_live = is_live
        self.quiet_before = quiet_before
        self.new: list[tuple[int, str, bool]] = []
        self.added: set[int] = set()
        self.others: frozenset[int] = frozenset()
        self.updated = 0
        self.deleted = 0
        self._muted: set[str] | None = None

    def take(self, messages: Sequence[Message], deletions: Collection[str]) -> Applied:
        if (
            self.connection.execute(
                "SELECT 1 FROM accounts WHERE id = ? AND removing = 0", (self.account_id,)
            ).fetchone()
            is None
        ):
            raise NotFound("account", self.account_id)
        self.places = Places(self.connection, self.account_id, messages)
        self._keep_handles(messages)
        made: dict[int, int] = {}
        free = lone.among(messages, self.places, self.verdicts)
        # In runs, so that the numbers follow time.
        for is_free, run in groupby(messages, key=lambda one: one.remote_id in free):
            if is_free:
                made |= self._insert_alone(list(run))
            else:
                for message in run:
                    self._take(message)
        for remote_id in deletions:
            self._delete(remote_id)
        self.places.link_direct()
        touched = self.places.touched
        # What a first quiet fetch adds to another account's conversation settles nothing there.
        foreign = touched & self.places.shared.foreign
        changed = restand(
            self.connection, touched - foreign, self.now, quiet_before=self.quiet_before
        ) | restand(self.connection, foreign, self.now)
        changed |= restand(
            self.connection, urgent.all_waiting_of(self.connection, self._known_otherwise), self.now
        )
        homes = made | self._homes([one for one, _, _ in self.new if one not in made])
        return Applied(
            new=tuple(
                NewMessage(one, homes[one], remote_id, is_live)
                for one, remote_id, is_live in self.new
                if homes.get(one)
            ),
            updated=self.updated,
            deleted=self.deleted,
            conversations=changed | self.others | frozenset(touched) | frozenset(made.values()),
            added=frozenset(homes[one] for one, _, _ in self.new if one in self.added and homes.get(one)),
        )

    def _take(self, message: Message) -> None:
        if self.places.shared.is_known(message):
            # Another search brought it before: it is kept, and rings no second time.
            message = replace(message, is_addressed=False)
        row = self.places.row(message.remote_id)
        if row is None and message.direction is Direction.OUTBOUND:
            row = self._confirmed(message)
        if row is None:
            self._insert(message)
        else:
            self._update(message, row)

    def _homes(self, ids: Collection[int]) -> dict[int, int]:
        """Where the new messages are at the end; later ones may have moved them."""
        if not ids:
            return {}
        rows = self.connection.execute(
            "SELECT id, conversation_id FROM message_status WHERE id IN (SELECT value FROM json_each(:ids))",
            {"ids": id_list(ids)},
        )
        return {row["id"]: row["conversation_id"] for row in rows}

    def _keep_handles(self, messages: Sequence[Message]) -> None:
        latest = {one.author.id: one.author for one in messages if one.direction is Direction.INBOUND}
        self._known_otherwise = urgent.known_otherwise(self.connection, self.account_id, latest.values())
        self.connection.executemany(
            INTO_HANDLES,
            [
                (self.account_id, one.id, one.name, one.handle, one.url, one.avatar_url, one.followers)
                for one in latest.values()
            ],
        )
        people.recognise(self.connection, self.account_id, latest.values())

    def _is_muted(self, author_id: str) -> bool:
        if self._muted is None:
            self._muted = {
                row["author_id"]
                for row in self.connection.execute(
                    "SELECT author_id FROM handles WHERE account_id = ? AND muted = 1", (self.account_id,)
                )
            }
        return author_id in self._muted

    def _confirmed(self, message: Message) -> Row | None:
        """The row of a reply that the owner called sent, now that the network shows it."""
        if confirm(self.connection, self.account_id, message):
            return self.places.refresh(message.remote_id)
        return None

    # --- one message

    def _insert(self, message: Message) -> None:
        conversation_id, is_made = self.places.find(message)
        is_inbound = message.direction is Direction.INBOUND
        verdict = self.verdicts.get(message.remote_id, _NO_VERDICT) if is_inbound else _NO_VERDICT
        is_ours_from_here = not is_inbound and recognise(self.connection, self.account_id, message)
        status = status_of(
            message,
            verdict,
            read_at=self._read_at(message),
            elsewhere=not is_inbound and not is_ours_from_here,
        )
        cursor = self.connection.execute(
            INTO_STATUS, status | {"account_id": self.account_id, "conversation_id": conversation_id}
        )
        message_id = cursor.lastrowid
        assert message_id is not None
        self.connection.execute(INTO_MESSAGES, content_of(message) | {"id": message_id})
        # What ended before a first quiet fetch is done, whatever it looks like.
        is_old = self.quiet_before is not None and message.sent_at < self.quiet_before
        is_spam = is_made and verdict.is_spam and not is_old and not self._has_talked(message.author.id)
        if is_spam:
            self.connection.execute(
                "UPDATE conversations SET word = 'spam', word_upto = ? WHERE id = ?",
                (message_id, conversation_id),
            )
        waits = status["read_at"] is None
        if waits:
            self.added.add(message_id)
        self.new.append((message_id, message.remote_id, self.is_live and waits and not is_spam))
        self.places.stored(message, message_id, conversation_id)

    def _read_at(self, message: Message) -> str | None:
        """Nothing for what waits for an answer; the rest nobody has to read."""
        waits = (
            message.direction is Direction.INBOUND
            and addressing(message) == ADDRESSED
            and not self._is_muted(message.author.id)
        )
        return None if waits else iso(self.now)

    def _insert_alone(self, messages: Sequence[Message]) -> dict[int, int]:
        """Messages that have to do with nothing else. Returns message -> conversation."""
        newcomers = []
        for message in messages:
            verdict = self.verdicts.get(message.remote_id, _NO_VERDICT)
            status = status_of(message, verdict, read_at=self._read_at(message), elsewhere=False)
            newcomers.append(lone.Newcomer(message, status, content_of(message)))
        made, others = lone.store(
            self.connection,
            self.account_id,
            newcomers,
            {(self.account_id, one) for one in self._muted or ()},
            self.now,
            quiet_before=self.quiet_before,
        )
        self.others |= others
        for one, (message_id, conversation_id) in zip(newcomers, made, strict=True):
            waits = one.status["read_at"] is None
            if waits:
                self.added.add(message_id)
            self.new.append((message_id, one.message.remote_id, self.is_live and waits))
            self.places.stored_alone(one.message, conversation_id)
        return dict(made)

    def _has_talked(self, author_id: str) -> bool:
        return (
            self.connection.execute(
                "SELECT 1 FROM conversations WHERE account_id = ? AND author_id = ? AND answered_at"
                " IS NOT NULL LIMIT 1",
                (self.account_id, author_id),
            ).fetchone()
            is not None
        )

    def _update(self, message: Message, row: Row) -> None:
        fresh = digest(message)
        was = row["state"]
        if fresh == row["digest"] and (was != MessageState.DELETED or message.state is MessageState.DELETED):
            return
        is_first_sight = row["digest"] == ""
        is_edited = not is_first_sight and fresh.partition(":")[0] != row["digest"].partition(":")[0]
        content = self.connection.execute("SELECT text FROM messages WHERE id = ?", (row["id"],)).fetchone()
        if is_edited and content is not None and content["text"] != message.text:
            self.connection.execute(
                "INSERT INTO earlier_texts (message_id, text, replaced_at) VALUES (?, ?, ?)",
                (row["id"], content["text"], iso(self.now)),
            )
        # What was pruned comes back only when it says something new.
        if is_edited or content is not None:
            self.connection.execute(INTO_MESSAGES, content_of(message) | {"id": row["id"]})
        addressed = addressing(message) or row["is_addressed"]
        becomes_ours = addressed == ADDRESSED and not row["is_addressed"] and row["direction"] == "inbound"
        values = {
            "id": row["id"],
            "state": _next_state(was, message, is_edited),
            "digest": fresh,
            "is_addressed": addressed,
            "parent_id": message.parent_id or row["parent_id"],
            "thread_key": row["thread_key"] or message.conversation_key,
        }
        self.connection.execute(
            "UPDATE message_status SET state = :state, digest = :digest, is_addressed ="
            " :is_addressed, parent_id = :parent_id,"
            " thread_key = :thread_key WHERE id = :id",
            values,
        )
        verdict = self.verdicts.get(message.remote_id)
        if verdict is not None and row["direction"] == "inbound":
            set_verdict(self.connection, row["id"], verdict)
        if becomes_ours and self.is_live:
            self.connection.execute("UPDATE message_status SET read_at = NULL WHERE id = ?", (row["id"],))
            self.new.append((row["id"], message.remote_id, not self._is_muted(message.author.id)))
            self.added.add(row["id"])
        self.updated += 1
        self._place_again(message, row)

    def _place_again(self, message: Message, row: Row) -> None:
        home: int | None = row["conversation_id"]
        if home is None:
            home, _ = self.places.find(message)
            if home is not None:
                self.connection.execute(
                    "UPDATE message_status SET conversation_id = ? WHERE id = ?", (home, row["id"])
                )
                self.places.stored(message, row["id"], home)
        self.places.refresh(message.remote_id)
        if home is not None:
            self.places.touched.add(home)

    def _delete(self, remote_id: str) -> None:
        row = self.places.refresh(remote_id)
        if row is None or row["state"] == MessageState.DELETED:
            return
        self.connection.execute("UPDATE message_status SET state = 'deleted' WHERE id = ?", (row["id"],))
        self.deleted += 1
        if row["conversation_id"] is not None:
            self.places.touched.add(row["conversation_id"])


_NO_VERDICT = Verdict()


def _next_state(was: str, message: Message, is_edited: bool) -> str:
    told = first_state(message)
    if told not in (MessageState.RECEIVED, MessageState.SENT):
        return told
    if was in (MessageState.FAILED, MessageState.HIDDEN):
        # A network goes on showing us what came back, and what we put out of the others' sight.
        return was
    if is_edited and was != MessageState.PENDING:
        return MessageState.EDITED.value
    return was if was == MessageState.EDITED else told


def set_verdict(connection: sqlite3.Connection, message_id: int, verdict: Verdict) -> None:
    connection.execute(
        "UPDATE message_status SET score = ?, is_complaint = ?, reasons_json = ?, topic = ?, abusive = ?"
        " WHERE id = ?",
        (
            verdict.score,
            int(verdict.is_complaint),
            dump(list(verdict.reasons)),
            verdict.topic,
            int(verdict.label == "abuse"),
            message_id,
        ),
    )


def known(connection: sqlite3.Connection, account_id: int, remote_ids: Collection[str]) -> Mapping[str, str]:
    rows = connection.execute(
        "SELECT remote_id, digest FROM message_status WHERE account_id = :account"
        " AND remote_id IN (SELECT value FROM json_each(:ids))",
        {"account": account_id, "ids": id_list(remote_ids)},
    )
    return {row["remote_id"]: row["digest"] for row in rows}


def keep_cursor(connection: sqlite3.Connection, account_id: int, batch: Step) -> None:
    if batch.cursor is not None:
        connection.execute(
            "UPDATE freshness SET cursor_json = :cursor WHERE account_id = :id AND cursor_json <> :cursor",
            {"cursor": dump(batch.cursor), "id": account_id},
        )
    if batch.settings:
        row = connection.execute("SELECT settings_json FROM accounts WHERE id = ?", (account_id,)).fetchone()
        merged = dump({**load(row["settings_json"]), **batch.settings})
        connection.execute("UPDATE accounts SET settings_json = ? WHERE id = ?", (merged, account_id))
