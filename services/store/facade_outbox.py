"""The part of ``Store`` that keeps what the owner writes: drafts, templates and the outbox."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from services.model import NOTHING, JsonObject, OutboxState
from services.store import conversations
from services.store.rooms import Later, Room

if TYPE_CHECKING:
    from services.model import Author, OutboxItem, Template
    from services.store import bounces, kept, outbox
    from services.store.shapes import Confirmation
else:
    bounces, kept, outbox = map(Later, ("bounces", "kept", "outbox"))


class OutboxRoom(Room):
    """Every change of an outbox row is on the disk before its method returns."""

    def draft(self, conversation_id: int) -> str:
        with self._database.read() as connection:
            return kept.draft(connection, conversation_id)

    def save_draft(self, conversation_id: int, text: str) -> None:
        self._write(
            lambda connection, now: kept.save_draft(
                connection, conversations.resolve(connection, conversation_id), text, now
            )
        )

    def templates(self) -> tuple[Template, ...]:
        with self._database.read() as connection:
            return kept.templates(connection)

    def save_template(self, template: Template) -> Template:
        return self._write(lambda connection, _: kept.save_template(connection, template))

    def remove_template(self, template_id: int) -> None:
        self._write(lambda connection, _: kept.remove_template(connection, template_id))

    def used_template(self, template_id: int) -> None:
        self._write(lambda connection, _: kept.used_template(connection, template_id))

    def get_meta(self, key: str) -> str | None:
        with self._database.read() as connection:
            return kept.get_meta(connection, key)

    def set_meta(self, key: str, value: str | None) -> None:
        """None removes it. Never a secret."""
        self._write(lambda connection, _: kept.set_meta(connection, key, value))

    # --- outbox

    def queue_reply(
        self,
        conversation_id: int,
        text: str,
        *,
        private: bool,
        key: str,
        parent_remote_id: str,
        hold_until: datetime,
        seen_id: int,
        close_after: bool = False,
        template: str = "",
        force: bool = False,
    ) -> OutboxItem:
        """On the disk when this returns; clears the draft. The same key again gives the row that is there."""
        return self._write(
            lambda connection, now: outbox.queue(
                connection,
                conversation_id,
                text,
                private=private,
                key=key,
                parent_remote_id=parent_remote_id,
                hold_until=hold_until,
                seen_id=seen_id,
                close_after=close_after,
                template=template,
                force=force,
                now=now,
            ),
            durable=True,
        )

    def outbox(self, states: Collection[OutboxState] | None = None) -> tuple[OutboxItem, ...]:
        with self._database.read() as connection:
            return outbox.items(connection, states)

    def outbox_item(self, outbox_id: int) -> OutboxItem:
        with self._database.read() as connection:
            return outbox.item(connection, outbox_id)

    def due_replies(self, now: datetime) -> tuple[OutboxItem, ...]:
        with self._database.read() as connection:
            return outbox.due(connection, now)

    def retry_replies_now(self) -> None:
        """Forgets how long replies that did not leave were to wait, except where the network named a time."""
        self._write(lambda connection, _: outbox.retry_now(connection), durable=True)

    def doubt_replies(self) -> None:
        """After a copy of an earlier day was put back, before anybody sends from it."""
        self._write(lambda connection, _: outbox.doubt(connection), durable=True)

    def claim_reply(self, outbox_id: int, now: datetime) -> OutboxItem | None:
        """``holding`` -> ``sending``, on the disk before this returns. None: undone, not due, or somebody
        else has it."""
        return self._write(lambda connection, _: outbox.claim(connection, outbox_id, now), durable=True)

    def reply_sent(self, outbox_id: int, sent: Confirmation, author: Author) -> frozenset[int]:
        """``author`` is us, as the network names us. Returns the conversations that changed. When news that
        it came back was here before, it is ``failed`` at once."""

        def job(connection: sqlite3.Connection, now: datetime) -> frozenset[int]:
            changed = outbox.sent(connection, outbox_id, sent, author, now)
            account_id = outbox.item(connection, outbox_id).account_id
            return changed | bounces.settle(connection, account_id, (), now).conversations

        return self._write(job, durable=True)

    def reply_back(
        self,
        outbox_id: int,
        *,
        next_try_at: datetime | None,
        error_kind: str = "",
        error_detail: JsonObject = NOTHING,
    ) -> OutboxItem:
        """``sending`` or ``unclear`` -> ``holding``: it is certain that nothing arrived."""
        return self._write(
            lambda connection, _: outbox.back(connection, outbox_id, next_try_at, error_kind, error_detail),
            durable=True,
        )

    def reply_failed(self, outbox_id: int, error_kind: str, error_detail: JsonObject = NOTHING) -> OutboxItem:
        return self._write(
            lambda connection, _: outbox.fail(connection, outbox_id, error_kind, error_detail), durable=True
        )

    def reply_stopped(
        self, outbox_id: int, error_kind: str, error_detail: JsonObject = NOTHING
    ) -> OutboxItem:
        """Answered meanwhile, or the customer wrote again: the owner decides. Nothing has left."""
        return self.reply_failed(outbox_id, error_kind, error_detail)

    def reply_unclear(self, outbox_id: int, error_detail: JsonObject = NOTHING) -> OutboxItem:
        return self._write(
            lambda connection, _: outbox.unclear(connection, outbox_id, error_detail), durable=True
        )

    def cancel_reply(self, outbox_id: int) -> OutboxItem | None:
        """Undo; also takes back one that failed. None: too late."""
        return self._write(lambda connection, now: outbox.cancel(connection, outbox_id, now), durable=True)

    def resolve_reply(self, outbox_id: int, *, is_there: bool, key: str = "") -> OutboxItem:
        """The owner looked: it is there, or send it again (with a new ``key``, where one is given)."""
        return self._write(
            lambda connection, now: outbox.resolve_unclear(
                connection, outbox_id, is_there=is_there, key=key, now=now
            )[0],
            durable=True,
        )

    def release_reply(self, outbox_id: int) -> OutboxItem:
        """Ends the hold now."""
        return self._write(lambda connection, now: outbox.release(connection, outbox_id, now), durable=True)
