"""What one can do with the inbox, for the window and the commands alike: list, search, open, mark, reply,
undo, merge."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from services.channels.base import Channel, Reply
from services.clock import Clock
from services.errors import Invalid, NotFound, Refused
from services.events import EventHub, MessagesChanged, ReplyChanged
from services.model import (
    Account,
    Counts,
    Direction,
    OutboxItem,
    OutboxState,
    Page,
    State,
    Thread,
    ThreadMessage,
)
from services.replies.length import Length, check_length
from services.store import Store

if TYPE_CHECKING:
    from services.store.owned import MutedPerson, Remembered

CLOSING_WITHIN = timedelta(hours=6)
"""A conversation whose network stops taking answers within this is "closing soon"."""


class Inbox:
    """Writes return when they are on disk. ``wake_sender`` tells the engine that something may leave;
    ``relearn`` lets the triage learn what the owner said, which takes up to a second."""

    def __init__(
        self,
        store: Store,
        events: EventHub,
        clock: Clock,
        channel_for: Callable[[Account], Channel],
        *,
        hold_s: Callable[[], int],
        wake_sender: Callable[[], None] = lambda: None,
        relearn: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._events = events
        self._clock = clock
        self._channel_for = channel_for
        self._hold_s = hold_s
        self._wake_sender = wake_sender
        self._relearn = relearn

    # --- looking

    def page(self, view: str, *, account_id: int | None = None, after: str = "", limit: int = 50) -> Page:
        return self._store.page(view, account_id=account_id, after=after, limit=limit)

    def search(
        self,
        query: str,
        *,
        view: str = "all",
        account_id: int | None = None,
        after: str = "",
        limit: int = 50,
    ) -> Page:
        """Newest first; the last word may be the beginning of one."""
        return self._store.search(query, view=view, account_id=account_id, after=after, limit=limit)

    def open(self, conversation_id: int, *, limit: int = 500) -> Thread:
        return self._store.thread(conversation_id, limit=limit)

    def counts(self) -> Counts:
        return self._store.counts(closing_before=self._clock.now() + CLOSING_WITHIN)

    # --- marking

    def mark(self, ids: Collection[int], state: State, *, until: datetime | None = None) -> None:
        """``until`` belongs to ``snoozed``."""
        if state is State.SNOOZED and until is None:
            raise Invalid("missing", field="until")
        self._changed(self._store.mark(ids, state, until=until))

    def mark_read(self, ids: Collection[int]) -> None:
        self._changed(self._store.mark_read(ids))

    def label(self, conversation_id: int, label: str | None) -> None:
        """``complaint``, ``not-complaint``, ``spam``, ``not-spam``, or None to take the owner's word back.
        The next message is judged with what was learned from it."""
        self.label_all([conversation_id], label)

    def label_all(self, ids: Collection[int], label: str | None, *, learn: bool = True) -> None:
        """Of all or none of them. Raises NotFound. ``learn`` false: the caller calls ``learn`` later."""
        self._changed(self._store.label_all(ids, label))
        if learn:
            self._relearn()

    def learn(self) -> None:
        """Takes up to a second."""
        self._relearn()

    def remember(self, ids: Collection[int]) -> Remembered:
        """How they stand, before a mark or a label: what ``put_back`` takes."""
        return self._store.remember(ids)

    def put_back(self, was: Remembered) -> None:
        """Undo of everything said of them since then; what customers wrote meanwhile stays."""
        changed, is_taught = self._store.put_back(was)
        self._changed(changed)
        if is_taught:
            self._relearn()

    def clear_spam(self, ids: Collection[int]) -> int:
        """Drops the texts of those that are in spam now; tells nobody. Returns how many it were."""
        cleared = self._store.clear_spam(ids)
        self._changed(cleared)
        return len(cleared)

    def merge(self, into: int, other: int) -> None:
        """Two conversations that are one to the customer."""
        self._changed(self._store.merge(into, other))

    def mute(self, account_id: int, author_id: str, *, on: bool = True) -> None:
        """Silent from now on, on every account where the same person is recognised."""
        self._changed(self._store.mute(account_id, author_id, on=on))

    def muted(self) -> tuple[MutedPerson, ...]:
        return self._store.muted_people()

    def unmute(self, person_id: int) -> None:
        """By the number in ``muted``. Raises NotFound."""
        self._changed(self._store.unmute(person_id))

    # --- answering

    def save_draft(self, conversation_id: int, text: str) -> None:
        """The row of the list shows that a draft is kept, so it counts as a change when there was none
        before."""
        had = bool(self._store.draft(conversation_id))
        self._store.save_draft(conversation_id, text)
        if had != bool(text.strip()):
            self._changed(frozenset({conversation_id}))

    def answerable(self, thread: Thread, *, to: str = "") -> ThreadMessage:
        """The customer message a reply would answer: ``to`` (a remote id), else the newest one. Raises
        Refused when there is none."""
        candidates = [
            m
            for m in thread.messages
            if m.direction is Direction.INBOUND
            and m.outbox_id is None
            and m.is_addressed
            and (not to or m.remote_id == to)
        ]
        alive = [m for m in candidates if m.state != "deleted"]
        people = [m for m in alive if not m.is_automatic]
        if not alive:
            raise Refused("gone")
        return (people or alive)[-1]

    def outgoing(
        self, thread: Thread, text: str, *, private: bool | None = None, to: str = ""
    ) -> tuple[Reply, Length]:
        """The reply as it would leave, and its length in the network's own count. No network."""
        conversation = thread.conversation
        parent = self.answerable(thread, to=to)
        channel = self._channel_for(self._store.account(conversation.account_id))
        reply = Reply.sketch(parent, text, private=parent.private if private is None else private)
        length = check_length(text, channel.limits_for(reply), prefix=channel.prefix(reply))
        return reply, length

    def reply(
        self,
        conversation_id: int,
        text: str,
        *,
        private: bool | None = None,
        hold_s: float | None = None,
        close_after: bool = False,
        template: str = "",
        to: str = "",
        force: bool = False,
        seen_id: int | None = None,
    ) -> OutboxItem:
        """Queues a reply; it leaves when its hold is over. ``seen_id``: the newest local message id the owner
        had on screen (default: all).

        Raises Invalid (``empty``) or Refused (``too-long`` with ``over`` and ``limit``, ``closed``, ``gone``,
        ``copy-and-open``, ``one-answer``, or the message's own reason) before anything is queued.
        """
        text = text.strip()
        if not text:
            raise Invalid("empty", field="text")
        thread = self._store.thread(conversation_id)
        account = self._store.account(thread.conversation.account_id)
        parent = self.answerable(thread, to=to)
        channel_type = type(self._channel_for(account))
        abilities = channel_type.abilities
        reply, length = self.outgoing(thread, text, private=private, to=to)
        now = self._clock.now()
        if not (abilities.private_reply if reply.private else abilities.public_reply):
            raise Refused("copy-and-open" if abilities.copy_and_open else "not-allowed")
        if not parent.can_reply:
            raise Refused(parent.why_not or "not-allowed")
        if parent.reply_until is not None and parent.reply_until <= now:
            raise Refused("closed", since=parent.reply_until.isoformat())
        if parent.private and not reply.private:
            raise Refused("would-be-public")
        if (
            abilities.replies_per_message is not None
            and _answers(thread, parent) >= abilities.replies_per_message
        ):
            raise Refused("one-answer")
        if length.over > 0:
            unit = {"unit": "bytes"} if length.in_bytes else {}
            raise Refused("too-long", over=length.over, limit=length.limit, **unit)
        hold = self._hold_s() if hold_s is None else hold_s
        newest = max((m.id for m in thread.messages if m.outbox_id is None), default=0)
        item = self._store.queue_reply(
            conversation_id,
            text,
            private=reply.private,
            key=_new_key(),
            parent_remote_id=parent.remote_id,
            hold_until=now + timedelta(seconds=hold),
            seen_id=newest if seen_id is None else seen_id,
            close_after=close_after,
            template=template,
            force=force,
        )
        self._reply_changed(item)
        self._wake_sender()
        return item

    def undo(self, outbox_id: int) -> OutboxItem | None:
        """Takes a reply back while it is held; its text becomes the draft again. None: too late."""
        item = self._store.cancel_reply(outbox_id)
        if item is not None:
            self._reply_changed(item)
        return item

    def send_now(self, outbox_id: int) -> None:
        self._store.release_reply(outbox_id)
        self._reply_changed(self._store.outbox_item(outbox_id))
        self._wake_sender()

    def resolve(self, outbox_id: int, *, is_there: bool) -> OutboxItem:
        """The owner's word on an unclear or stopped reply: it is there, or send it again."""
        item = self._store.outbox_item(outbox_id)
        if item.state not in (OutboxState.UNCLEAR, OutboxState.FAILED):
            raise Invalid("not-open", field="outbox")
        # What came back was taken by the network once: under the same key it would be called a repeat.
        came_back = item.state is OutboxState.FAILED and bool(item.remote_id)
        key = _new_key() if came_back and not is_there else ""
        item = self._store.resolve_reply(outbox_id, is_there=is_there, key=key)
        self._reply_changed(item)
        self._wake_sender()
        return item

    def discard(self, outbox_id: int) -> OutboxItem | None:
        """A reply that did not leave goes back into the draft ("Edit")."""
        return self.undo(outbox_id)

    # --- telling

    def _changed(self, ids: frozenset[int]) -> None:
        if ids:
            self._events.publish(MessagesChanged(ids))

    def _reply_changed(self, item: OutboxItem) -> None:
        self._events.publish(ReplyChanged(item.id, item.conversation_id))
        self._changed(frozenset({item.conversation_id}))


def _new_key() -> str:
    """Tells one reply from every other, on the network too."""
    from uuid import uuid4

    return str(uuid4())


def _answers(thread: Thread, parent: ThreadMessage) -> int:
    ours = (
        m
        for m in thread.messages
        if m.direction is Direction.OUTBOUND and m.state not in ("deleted", "failed")
    )
    return sum(m.parent_id == parent.remote_id for m in ours)


_LONGEST_ID = 18
"""Digits; the database counts no further than 63 bits."""


def conversation_id(text: str) -> int:
    """A conversation's id as the commands print it. Raises NotFound for anything else."""
    return local_id(text, "conversation")


def local_id(text: str, what: str) -> int:
    """An id as the commands print it. Raises NotFound for anything else."""
    if not text.isascii() or not text.isdecimal() or len(text) > _LONGEST_ID:
        raise NotFound(what, text)
    return int(text)
