"""Messages on their way in: one batch of a channel becomes rows, in slices of at most a hundred, the cursor
with the last."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from services.errors import NotFound
from services.model import Direction, Message, MessageState, Verdict
from services.store.codec import (
    ADDRESSED,
    Row,
    addressing,
    digest,
    dump,
    dump_attachments,
    dump_context,
    id_list,
    iso,
    load,
    maybe_iso,
)
from services.store.placing import Places
from services.store.recognition import confirm, recognise
from services.store.shapes import Applied, NewMessage, Step
from services.store.standing import restand

SLICE = 100
"""Messages per transaction: long ones would make the other writers, and quitting, wait."""


_STATUS = """
    INSERT INTO message_status (account_id, remote_id, conversation_id, thread_key, parent_id, author_id,
    kind, direction, state,
        is_addressed, sent_at, digest, read_at, elsewhere, score, is_complaint, reasons_json, topic)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_CONTENT = """
    INSERT INTO messages (id, text, title, author_name, author_handle, html, url, author_url, avatar_url,
    private, language, stars,
        context_json, attachments_json, reply_context_json, can_reply, why_not, reply_until, edited_at)
    VALUES (:id, :text, :title, :author_name, :author_handle, :html, :url, :author_url, :avatar_url, :private,
    :language, :stars,
        :context_json, :attachments_json, :reply_context_json, :can_reply, :why_not, :reply_until, :edited_at)
    ON CONFLICT (id) DO UPDATE SET text = excluded.text, title = excluded.title, author_name =
    excluded.author_name,
        author_handle = excluded.author_handle, html = excluded.html, url = excluded.url, author_url =
        excluded.author_url,
        avatar_url = excluded.avatar_url, private = excluded.private, language = excluded.language, stars =
        excluded.stars,
        context_json = coalesce(excluded.context_json, messages.context_json), attachments_json =
        excluded.attachments_json,
        reply_context_json = excluded.reply_context_json, can_reply = excluded.can_reply, why_not =
        excluded.why_not,
        reply_until = excluded.reply_until, edited_at = coalesce(excluded.edited_at, messages.edited_at)
"""
_HANDLE = """
    INSERT INTO handles (account_id, author_id, name, handle, url, avatar_url, followers) VALUES (?, ?, ?, ?,
    ?, ?, ?)
    ON CONFLICT (account_id, author_id) DO UPDATE SET name = excluded.name, handle = excluded.handle, url =
    excluded.url,
        avatar_url = excluded.avatar_url, followers = coalesce(excluded.followers, handles.followers)
    WHERE (handles.name, handles.handle, handles.url, handles.avatar_url)
        <> (excluded.name, excluded.handle, excluded.url, excluded.avatar_url)
        OR handles.followers IS NOT coalesce(excluded.followers, handles.followers)
"""


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
        for message in messages:
            row = self.places.row(message.remote_id)
            if row is None and message.direction is Direction.OUTBOUND:
                row = self._confirmed(message)
            if row is None:
                self._insert(message)
            else:
                self._update(message, row)
        for remote_id in deletions:
            self._delete(remote_id)
        self.places.link_direct()
        touched = self.places.touched
        changed = restand(self.connection, touched, self.now, quiet_before=self.quiet_before)
        homes = self._homes()
        return Applied(
            new=tuple(
                NewMessage(one, homes[one], remote_id, is_live)
                for one, remote_id, is_live in self.new
                if homes.get(one)
            ),
            updated=self.updated,
            deleted=self.deleted,
            conversations=changed | frozenset(touched),
            added=frozenset(homes[one] for one, _, _ in self.new if one in self.added and homes.get(one)),
        )

    def _homes(self) -> dict[int, int]:
        """Where the new messages are at the end; later ones may have moved them."""
        rows = self.connection.execute(
            "SELECT id, conversation_id FROM message_status WHERE id IN (SELECT value FROM json_each(:ids))",
            {"ids": id_list([one for one, _, _ in self.new])},
        )
        return {row["id"]: row["conversation_id"] for row in rows}

    def _keep_handles(self, messages: Sequence[Message]) -> None:
        latest = {one.author.id: one.author for one in messages if one.direction is Direction.INBOUND}
        self.connection.executemany(
            _HANDLE,
            [
                (self.account_id, one.id, one.name, one.handle, one.url, one.avatar_url, one.followers)
                for one in latest.values()
            ],
        )

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
        addressed = addressing(message)
        waits = is_inbound and addressed == ADDRESSED and not self._is_muted(message.author.id)
        is_ours_from_here = not is_inbound and recognise(self.connection, self.account_id, message)
        cursor = self.connection.execute(
            _STATUS,
            (
                self.account_id,
                message.remote_id,
                conversation_id,
                message.conversation_key,
                message.parent_id,
                message.author.id,
                message.kind.value,
                message.direction.value,
                _first_state(message),
                addressed,
                iso(message.sent_at),
                digest(message),
                None if waits else iso(self.now),
                int(not is_inbound and not is_ours_from_here),
                verdict.score,
                int(verdict.is_complaint),
                dump(list(verdict.reasons)) if verdict.reasons else "[]",
                verdict.topic,
            ),
        )
        message_id = cursor.lastrowid
        assert message_id is not None
        self.connection.execute(_CONTENT, _content(message_id, message))
        # What ended before a first quiet fetch is done, whatever it looks like.
        is_old = self.quiet_before is not None and message.sent_at < self.quiet_before
        is_spam = is_made and verdict.is_spam and not is_old and not self._has_talked(message.author.id)
        if is_spam:
            self.connection.execute(
                "UPDATE conversations SET word = 'spam', word_upto = ? WHERE id = ?",
                (message_id, conversation_id),
            )
        if waits:
            self.added.add(message_id)
        self.new.append((message_id, message.remote_id, self.is_live and waits and not is_spam))
        self.places.stored(message, message_id, conversation_id)

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
            self.connection.execute(_CONTENT, _content(row["id"], message))
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


def _first_state(message: Message) -> str:
    if message.direction is Direction.OUTBOUND and message.state is MessageState.RECEIVED:
        return MessageState.SENT.value
    return message.state.value


def _next_state(was: str, message: Message, is_edited: bool) -> str:
    told = _first_state(message)
    if told not in (MessageState.RECEIVED, MessageState.SENT):
        return told
    if was in (MessageState.FAILED, MessageState.HIDDEN):
        # A network goes on showing us what came back, and what we put out of the others' sight.
        return was
    if is_edited and was != MessageState.PENDING:
        return MessageState.EDITED.value
    return was if was == MessageState.EDITED else told


def _content(message_id: int, message: Message) -> dict[str, object]:
    author = message.author
    return {
        "id": message_id,
        "text": message.text,
        "title": message.title,
        "author_name": author.name,
        "author_handle": author.handle,
        "html": message.html,
        "url": message.url,
        "author_url": author.url,
        "avatar_url": author.avatar_url,
        "private": int(message.private),
        "language": message.language,
        "stars": message.stars,
        "context_json": dump_context(message.context),
        "attachments_json": dump_attachments(message.attachments),
        "reply_context_json": dump(message.reply_context) if message.reply_context else None,
        "can_reply": int(message.can_reply),
        "why_not": message.why_not,
        "reply_until": maybe_iso(message.reply_until),
        "edited_at": maybe_iso(message.edited_at),
    }


def set_verdict(connection: sqlite3.Connection, message_id: int, verdict: Verdict) -> None:
    connection.execute(
        "UPDATE message_status SET score = ?, is_complaint = ?, reasons_json = ?, topic = ? WHERE id = ?",
        (verdict.score, int(verdict.is_complaint), dump(list(verdict.reasons)), verdict.topic, message_id),
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
