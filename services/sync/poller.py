"""One poll of one account: fetch, make safe, judge, store, tell. The only way from a channel into the
store."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from services import turns
from services.channels.base import Batch, Channel
from services.clock import Clock
from services.errors import BadAnswer, ChannelError, ShopbellError, StoreError
from services.events import AccountChanged, EventHub, MessagesChanged, ReplyChanged, SyncProgress
from services.insults import is_abusive
from services.model import Account, Attachment, Author, Context, Direction, Message, OutboxItem, Verdict
from services.sanitize import clamp_time, clean_html, clean_text, html_to_text
from services.store import Applied, Store, digest
from services.sync import schedule
from services.sync.overruled import Overruled
from services.triage import Triage

log = logging.getLogger(__name__)
R = TypeVar("R", Message, Author, Context)

MOST_STEPS = 2000
"""A channel that still says ``more`` after this many steps is stuck; what it brought is kept."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A customer message that is new and not part of a quiet first fetch: what the alert policy looks at."""

    conversation_id: int
    account: Account
    message: Message
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class PollResult:
    """What one poll of one account brought. ``error`` None: the network answered, all of it."""

    account_id: int
    new: int = 0
    updated: int = 0
    error: ShopbellError | None = None


def made_safe(message: Message, now: datetime) -> Message:
    """Everything a stranger wrote, cleaned once on the way in; dates outside reason become ``now``."""
    html = clean_html(message.html, message.url) if message.html else ""
    text = clean_text(message.text) if message.text else (html_to_text(html) if html else "")
    context = message.context and _replaced(
        message.context,
        title=clean_text(message.context.title)[:500],
        text=clean_text(message.context.text)[:2000],
        author=clean_text(message.context.author)[:200],
    )
    return _replaced(
        message,
        html=html,
        text=text,
        title=clean_text(message.title)[:500].strip(),
        author=_replaced(
            message.author,
            name=clean_text(message.author.name)[:200].strip(),
            handle=clean_text(message.author.handle)[:300].strip(),
        ),
        context=context if isinstance(context, Context) else None,
        attachments=tuple(map(_named_safely, message.attachments)) if message.attachments else (),
        sent_at=clamp_time(message.sent_at, now, now),
    )


def _replaced(record: R, **values: Any) -> R:
    """The record itself where every value is what it has already, as with most: making a new one costs more
    than looking."""
    for name, value in values.items():
        has = getattr(record, name)
        if has is not value and (has != value or not isinstance(value, str)):
            return replace(record, **values)
    return record


def _named_safely(attachment: Attachment) -> Attachment:
    return replace(
        attachment,
        name=clean_text(attachment.name)[:255].strip(),
        description=clean_text(attachment.description)[:2000].strip(),
    )


class Poller:
    """``on_arrivals`` gets the live customer messages of one stored step, in the polling thread."""

    def __init__(
        self,
        store: Store,
        triage: Triage,
        events: EventHub,
        clock: Clock,
        *,
        backfill: timedelta,
        on_arrivals: Callable[[tuple[Arrival, ...]], None],
        on_trouble: Callable[[Account, ChannelError], None],
        on_heard: Callable[[int], None] = lambda account_id: None,
        on_bounced: Callable[[OutboxItem], None] = lambda item: None,
        dice: schedule.Dice = random.random,
        is_stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        self._store = store
        self._triage = triage
        self._events = events
        self._clock = clock
        self._backfill = backfill
        self._on_arrivals = on_arrivals
        self._on_trouble = on_trouble
        self._on_heard = on_heard
        self._on_bounced = on_bounced
        self._dice = dice
        self._is_stopping = is_stopping
        self.overruled = Overruled()

    def poll(self, account: Account, channel: Channel) -> PollResult:
        """Asks until nothing more is waiting. A failure becomes the account's freshness; what arrived before
        it is kept."""
        new = updated = 0
        freshness = self._store.freshness(account.id)
        first = freshness.backfilling
        since = self._clock.now() - self._backfill if first else None
        asked: timedelta | None = None
        trouble: ChannelError | None = None
        try:
            cursor = self._store.cursor(account.id)
            for _ in range(MOST_STEPS):
                if self._is_stopping():
                    return PollResult(account.id, new, updated)
                moment = self.overruled.now()
                batch = channel.poll(cursor)
                current = self.overruled.corrected(account.id, batch.messages, moment)
                applied = self.store_step(account, replace(batch, messages=current), backfill_since=since)
                new += len(applied.new)
                updated += applied.updated
                asked, trouble = batch.next_after, batch.trouble
                if first and (new or batch.more):
                    self._events.publish(SyncProgress(0, 1, account.id, new))
                if not batch.more:
                    break
                if batch.cursor is None or (batch.cursor == cursor and not batch.messages):
                    raise BadAnswer("no-progress")
                cursor = batch.cursor
        except StoreError:
            if not self._is_stopping():
                log.exception("%s: could not be stored", account.kind)
            raise
        except ChannelError as error:
            return self._failed(account, channel, freshness.failures, error, new, updated)
        except Exception as error:
            log.exception("%s: the channel failed in a way it must not", account.kind)
            bug = BadAnswer("bug", fault=type(error).__name__)
            return self._failed(account, channel, freshness.failures, bug, new, updated)
        now = self._clock.now()
        due = schedule.after_success(now, channel.interval, asked, self._dice)
        self._store.heard(account.id, next_poll=due, backfilling=False, trouble=trouble)
        self._on_heard(account.id)
        self._events.publish(AccountChanged(account.id))
        return PollResult(account.id, new, updated, trouble)

    def store_step(self, account: Account, batch: Batch, *, backfill_since: datetime | None) -> Applied:
        """Cleans, judges and stores one batch with its cursor, then tells whoever listens."""
        now = self._clock.now()
        with turns.heavy:
            messages, verdicts = self._considered(account.id, batch.messages, now)
            bounces = tuple(replace(one, detail=clean_text(one.detail)) for one in batch.bounces)
            applied = self._store.apply(
                account.id,
                replace(batch, messages=messages, bounces=bounces),
                verdicts,
                backfill_since=backfill_since,
            )
        if batch.handle and batch.handle != account.handle:
            self._store.update_account(account.id, handle=batch.handle)
        if applied.conversations:
            self._events.publish(MessagesChanged(applied.conversations, applied.added, account.id))
        if applied.bounced:
            self._tell_bounced(applied.bounced, is_quiet=backfill_since is not None or not batch.live)
        if applied.strangers:
            log.info("%s: %d replies came back that are not ours", account.kind, applied.strangers)
        by_id = {message.remote_id: message for message in messages}
        arrivals = tuple(
            Arrival(
                one.conversation_id, account, by_id[one.remote_id], verdicts.get(one.remote_id, Verdict())
            )
            for one in applied.new
            if one.is_live
            and one.conversation_id in applied.added
            and one.remote_id in by_id
            and by_id[one.remote_id].direction is Direction.INBOUND
            and by_id[one.remote_id].is_addressed
        )
        if arrivals:
            self._on_arrivals(arrivals)
        return applied

    def _tell_bounced(self, outbox_ids: tuple[int, ...], *, is_quiet: bool) -> None:
        for outbox_id in outbox_ids:
            item = self._store.outbox_item(outbox_id)
            self._events.publish(ReplyChanged(item.id, item.conversation_id))
            if not is_quiet:
                self._on_bounced(item)

    def _considered(
        self, account_id: int, given: Sequence[Message], now: datetime
    ) -> tuple[tuple[Message, ...], Mapping[str, Verdict]]:
        """Made safe, and judged where they are new or changed."""
        messages = tuple([made_safe(message, now) for message in given])
        inbound = [m for m in messages if m.direction is Direction.INBOUND and m.is_addressed]
        known = self._store.known(account_id, [m.remote_id for m in inbound])
        verdicts: dict[str, Verdict] = {}
        for one in inbound:
            if one.remote_id not in known or known[one.remote_id] != digest(one):
                # A newsletter that says "sorry" is nobody's complaint.
                verdict = Verdict() if one.is_automatic else self._judged(one)
                if one.is_junk and not verdict.is_spam:
                    # What the network's own filter put aside is spam until the owner says otherwise.
                    verdict = replace(verdict, is_spam=True)
                verdicts[one.remote_id] = verdict
        return messages, verdicts

    def _judged(self, message: Message) -> Verdict:
        """What insults outright is called so, whatever else it is."""
        verdict = self._triage.judge(message)
        is_abuse = not verdict.is_spam and is_abusive(f"{message.title}\n{message.text}")
        return replace(verdict, label="abuse") if is_abuse else verdict

    def _failed(
        self, account: Account, channel: Channel, failures: int, error: ChannelError, new: int, updated: int
    ) -> PollResult:
        now = self._clock.now()
        due = schedule.after_failure(now, channel.interval, failures, error, self._dice)
        self._store.failed(account.id, error.kind, error.detail, next_poll=due)
        log.info("%s: %s %s", account.kind, error.kind, error.reason)
        self._events.publish(AccountChanged(account.id))
        self._on_trouble(account, error)
        return PollResult(account.id, new, updated, error)
