"""The outbox to the network, each reply exactly once.

A row is claimed (``sending``, on disk) before the first byte leaves. Whatever happens after that, the row is
never sent again unless it is certain that nothing left, or the channel proves the reply absent, or the owner
says so.
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.channels.base import Batch, Channel, Reply, Sent, ThreadRef
from services.clock import Clock
from services.errors import (
    BadAnswer,
    ChannelError,
    KeyringError,
    NotAllowed,
    NotFound,
    RateLimited,
    Refused,
    ShopbellError,
    SignInNeeded,
    Unclear,
    Unreachable,
)
from services.events import EventHub, MessagesChanged, ReplyChanged
from services.model import Account, Author, Direction, OutboxItem, OutboxState, ThreadMessage
from services.store import Store
from services.sync import schedule
from services.sync.poller import Poller

log = logging.getLogger(__name__)

LOOK_AGAIN = timedelta(seconds=60)
"""How long an unclear reply is left alone before the network is asked about it again."""
MOST_ATTEMPTS = 6
"""Repeats of one reply (each of them proven harmless) before the owner is asked."""

ChannelFor = Callable[[Account, float | None], Channel]
"""Makes a channel for an account; the second argument is a total deadline in seconds for each of its
requests."""


@dataclass
class SendReport:
    """Rows that ended in this run, by outcome."""

    sent: list[OutboxItem] = field(default_factory=list)
    failed: list[OutboxItem] = field(default_factory=list)


class Sender:
    """Runs in one thread at a time; ``exclusive`` is a lock between processes that is held while rows are
    handled."""

    def __init__(
        self,
        store: Store,
        events: EventHub,
        clock: Clock,
        poller: Poller,
        channel_for: ChannelFor,
        *,
        reread_s: float = 2.0,
        dice: schedule.Dice = random.random,
        on_trouble: Callable[[OutboxItem], None] = lambda item: None,
    ) -> None:
        self._store = store
        self._events = events
        self._clock = clock
        self._poller = poller
        self._channel_for = channel_for
        self._reread_s = reread_s
        self._dice = dice
        self._on_trouble = on_trouble
        self._one_at_a_time = threading.Lock()
        self._looked_at: dict[int, datetime] = {}

    def run_due(self, *, ignore_backoff: bool = False, only: int | None = None) -> SendReport:
        """Resolves what an earlier run left open, then sends every row whose hold is over. ``only``: one
        outbox id."""
        report = SendReport()
        with self._one_at_a_time:
            self._resolve_left_over(report, at_once=ignore_backoff, only=only)
            if ignore_backoff:
                self._store.retry_replies_now()
            while due := [
                item
                for item in self._store.due_replies(self._clock.now())
                if (only is None or item.id == only) and item.id not in self._done(report)
            ]:
                for item in due:
                    self._guarded(item, report, self._deliver)
        return report

    @staticmethod
    def _done(report: SendReport) -> set[int]:
        return {item.id for item in (*report.sent, *report.failed)}

    def _guarded(self, item: OutboxItem, report: SendReport, step: Callable[[OutboxItem], None]) -> None:
        try:
            step(item)
        except Exception:
            log.exception("sending failed in a way it must not")
            if self._store.outbox_item(item.id).state is OutboxState.SENDING:
                self._store.reply_unclear(item.id, {"reason": "bug"})
        after = self._store.outbox_item(item.id)
        self._events.publish(ReplyChanged(after.id, after.conversation_id))
        self._events.publish(MessagesChanged(frozenset({after.conversation_id}), account_id=after.account_id))
        if after.state is OutboxState.SENT:
            report.sent.append(after)
        elif after.state in (OutboxState.FAILED, OutboxState.UNCLEAR):
            report.failed.append(after)
            if after.state is not item.state:
                self._on_trouble(after)

    # --- one reply

    def _deliver(self, item: OutboxItem) -> None:
        try:
            account = self._store.account(item.account_id)
            reply = self._reply(item)
            channel = self._channel_for(account, None)
        except NotFound:
            self._stop(item, Refused("gone"))
            return
        except (SignInNeeded, KeyringError) as error:
            self._hold_back(item, error)
            return
        if not item.force and (reason := self._changed_meanwhile(item, account, reply)):
            self._stop(item, Refused(reason))
            return
        claimed = self._store.claim_reply(item.id, self._clock.now())
        if claimed is None:
            return
        self._events.publish(ReplyChanged(item.id, item.conversation_id))
        self._send(claimed, account, channel, self._reply(claimed))

    def _send(self, item: OutboxItem, account: Account, channel: Channel, reply: Reply) -> None:
        try:
            sent = channel.send(reply)
        except Refused as error:
            self._store.reply_failed(item.id, error.kind, error.detail)
        except (RateLimited, SignInNeeded, NotAllowed) as error:
            self._hold_back(item, error)
        except Unreachable as error:
            if error.sent:
                self._find_out(item, account, channel, reply, error.reason)
            else:
                self._hold_back(item, error)
        except Unclear as error:
            self._find_out(item, account, channel, reply, error.reason)
        except BadAnswer:
            self._find_out(item, account, channel, reply)
        else:
            self._confirm(item, account, sent)

    def _find_out(
        self, item: OutboxItem, account: Account, channel: Channel, reply: Reply, why: str = ""
    ) -> None:
        """The request may have been processed: ask the network whether the reply is there. ``why`` this is
        not known is what the owner reads when it stays so."""
        self._looked_at[item.id] = self._clock.now()
        try:
            found = channel.find_sent(reply)
        except ChannelError as error:
            self._store.reply_unclear(item.id, {"reason": error.reason or error.kind})
            return
        if found.sent is not None:
            self._confirm(item, account, found.sent)
        elif found.is_absent and item.attempts < MOST_ATTEMPTS:
            again = schedule.retry_send(self._clock.now(), item.attempts, self._dice)
            self._store.reply_back(item.id, next_try_at=again, error_kind=Unreachable.kind)
        else:
            before = str(item.error_detail.get("reason") or "")
            self._store.reply_unclear(item.id, {"reason": why or before or "not-found"})

    def _confirm(self, item: OutboxItem, account: Account, sent: Sent) -> None:
        us = Author(account.remote_id or "us", account.our_name, account.handle, account.url)
        self._store.reply_sent(item.id, sent, us)

    def _hold_back(self, item: OutboxItem, error: ShopbellError) -> None:
        now = self._clock.now()
        if isinstance(error, RateLimited) and error.until is not None:
            again = schedule.resend(now, error.until, max(1, item.attempts), self._dice)
        else:
            again = schedule.retry_send(now, item.attempts, self._dice)
        self._store.reply_back(item.id, next_try_at=again, error_kind=error.kind, error_detail=error.detail)

    def _stop(self, item: OutboxItem, error: Refused) -> None:
        self._store.reply_stopped(item.id, error.kind, error.detail)

    # --- what earlier runs left open

    def _resolve_left_over(self, report: SendReport, *, at_once: bool, only: int | None) -> None:
        """``sending`` rows belong to a process that is gone (we hold the lock); ``unclear`` ones are looked
        up again now and then."""
        now = self._clock.now()
        for item in self._store.outbox({OutboxState.SENDING, OutboxState.UNCLEAR}):
            looked = self._looked_at.get(item.id)
            is_rested = looked is None or now - looked >= LOOK_AGAIN or now < looked
            if (only is None or item.id == only) and (
                item.state is OutboxState.SENDING or at_once or is_rested
            ):
                self._guarded(item, report, self._resolve)

    def _resolve(self, item: OutboxItem) -> None:
        try:
            account = self._store.account(item.account_id)
            channel, reply = self._channel_for(account, None), self._reply(item)
        except NotFound:
            self._store.reply_unclear(item.id, {"reason": "gone"})
            return
        except (SignInNeeded, KeyringError) as error:
            self._store.reply_unclear(item.id, {"reason": error.reason or error.kind})
            return
        self._find_out(item, account, channel, reply)

    # --- the check before sending

    def _changed_meanwhile(self, item: OutboxItem, account: Account, reply: Reply) -> str:
        """``already-answered``, ``wrote-again`` or nothing. Re-reads the thread where the network allows, for
        two seconds at most."""
        thread = self._store.thread(item.conversation_id)
        ref = ThreadRef(
            key=reply.conversation_key,
            message_ids=tuple(m.remote_id for m in thread.messages if m.remote_id),
            parent_id=item.parent_remote_id,
            reply_context=reply.reply_context,
        )
        try:
            messages = tuple(self._channel_for(account, self._reread_s).thread(ref))
        except ChannelError as error:
            log.info("%s: the thread could not be re-read: %s", account.kind, error.kind)
            messages = ()
        if messages:
            self._poller.store_step(account, Batch(messages=messages), backfill_since=None)
            thread = self._store.thread(item.conversation_id)
        later = [m for m in thread.messages if m.id > item.seen_id and m.outbox_id is None]
        if any(m.direction is Direction.OUTBOUND and m.elsewhere for m in later):
            return "already-answered"
        if any(_is_customers(m) for m in later):
            return "wrote-again"
        return ""

    def _reply(self, item: OutboxItem) -> Reply:
        """Raises NotFound when the message to answer is no longer known: a reply without its place must not
        leave."""
        parent = self._store.message(item.conversation_id, item.parent_remote_id)
        if parent is None:
            raise NotFound("message", item.parent_remote_id)
        return Reply(
            text=item.text,
            private=item.private,
            key=item.key,
            parent_id=item.parent_remote_id,
            parent_author_handle=parent.author.handle,
            parent_author_id=parent.author.id,
            conversation_key=self._store.conversation_key(item.conversation_id, item.parent_remote_id),
            reply_context=parent.reply_context,
            attempt_started=item.first_attempt_at,
        )


def _is_customers(message: ThreadMessage) -> bool:
    return (
        message.direction is Direction.INBOUND
        and message.is_addressed
        and not message.is_automatic
        and message.state != "deleted"
    )
