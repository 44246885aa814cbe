"""The threads: one timer that knows what is due, four workers that ask the networks, one sender."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from services.channels.base import Channel
from services.channels.web import WebShared
from services.clock import Clock
from services.errors import ShopbellError, StoreError, Unreachable
from services.events import AccountChanged, EventHub, StoreTrouble, SyncProgress
from services.model import Account, OutboxItem, OutboxState
from services.store import Store
from services.sync import schedule
from services.sync.listening import Listeners
from services.sync.poller import Poller, PollResult
from services.sync.sender import Sender, SendReport
from services.sync.waking import SLICE_S, Waking
from services.sync.workers import Workers, report

log = logging.getLogger(__name__)

POOL = 4
LOCK_PATIENCE_S = 20.0
TELL_AGAIN_S = 600.0
"""How long the owner is not told again that the same thing is wrong with the disk."""
LONGEST_NAP = 30.0
"""Seconds the timer sleeps at most: after the computer slept, or the clock was set, it notices within
this."""


@dataclass
class SyncReport:
    """What ``sync`` did: one result per account asked, and the replies that ended."""

    accounts: list[PollResult] = field(default_factory=list)
    sent: list[OutboxItem] = field(default_factory=list)
    failed: list[OutboxItem] = field(default_factory=list)
    seconds: float = 0.0


_OPEN = frozenset((OutboxState.HOLDING, OutboxState.SENDING, OutboxState.UNCLEAR))
"""What the sender may have something to do with."""


class Engine:
    """``sender_lock`` makes the lock between processes; it returns None while another process sends."""

    def __init__(
        self,
        store: Store,
        events: EventHub,
        clock: Clock,
        web: WebShared,
        poller: Poller,
        sender: Sender,
        channel_for: Callable[[Account], Channel],
        sender_lock: Callable[[float], AbstractContextManager[bool]],
        *,
        stopping: threading.Event,
        on_minute: Callable[[datetime], None] = lambda now: None,
        can_listen: Callable[[Account], bool] = lambda account: False,
        dice: schedule.Dice = random.random,
        waking: Waking | None = None,
    ) -> None:
        self._store = store
        self._events = events
        self._clock = clock
        self._web = web
        self._poller = poller
        self._sender = sender
        self._channel_for = channel_for
        self._sender_lock = sender_lock
        self._stopping = stopping
        self._on_minute = on_minute
        self._dice = dice
        self.waking = waking or Waking(clock, dice)
        self._is_woken = threading.Event()
        self._workers = Workers(POOL, "poll")
        self._wake = threading.Condition()
        self._send_wake = threading.Event()
        self._in_flight: set[int] = set()
        self._asked_now: set[int] = set()
        self._called: set[int] = set()
        self._round: dict[int, bool] = {}
        self._paused_until: datetime | None = None
        self._offline: dict[int, bool] = {}
        self._trouble_told: dict[str, float] = {}
        self._threads: list[threading.Thread] = []
        self.listeners = Listeners(store, events, clock, channel_for, can_listen, self._has_news, dice=dice)

    # --- life

    def start(self) -> None:
        for name, run in (("timer", self._timer), ("sender", self._send_loop)):
            thread = threading.Thread(target=run, name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self, timeout: float = 1.0) -> None:
        """Ends requests under way, lets running transactions finish, leaves everything else to the next
        start."""
        self._stopping.set()
        self.listeners.stop()
        self._web.cancel()
        self.wake()
        self._send_wake.set()
        end = self._clock.monotonic() + timeout
        self._workers.stop(timeout)
        for thread in self._threads:
            thread.join(max(0.05, end - self._clock.monotonic()))
        self.listeners.join(max(0.05, end - self._clock.monotonic()))

    # --- wishes

    def check_now(self, account_id: int | None = None) -> None:
        """Asks one account or all of them at once, whatever the schedule says."""
        wanted = (
            [a.id for a in self._store.accounts() if not a.paused] if account_id is None else [account_id]
        )
        with self._wake:
            self._asked_now.update(wanted)
            self._wake.notify_all()
        if account_id is not None:
            self.listeners.restart(account_id)

    def _has_news(self, account_id: int) -> None:
        """From a network that is listened to. While the owner wants quiet it waits for the end of that."""
        with self._wake:
            self._called.add(account_id)
            self._wake.notify_all()

    def pause(self, until: datetime | None) -> None:
        self._paused_until = until
        self.wake()

    @property
    def paused_until(self) -> datetime | None:
        until = self._paused_until
        return until if until is not None and until > self._clock.now() else None

    def is_checking(self) -> bool:
        return bool(self._in_flight)

    @property
    def is_offline(self) -> bool:
        """Nothing at all can be reached: every account last failed before a single byte left."""
        return bool(self._offline) and all(self._offline.values())

    def woke(self) -> None:
        """The system says that the computer slept until now; where none does, the timer finds out."""
        self._is_woken.set()
        self.wake()

    def wake(self) -> None:
        with self._wake:
            self._wake.notify_all()

    def wake_sender(self) -> None:
        self._send_wake.set()

    # --- the timer

    def _timer(self) -> None:
        self._safely(self.listeners.start)
        last_minute: datetime | None = None
        last: datetime | None = None
        news = self.waking.look(0.0)
        while not self._stopping.is_set():
            now = self._clock.now()
            if self._is_woken.is_set() or news:
                has_slept = self._is_woken.is_set() or news == "woke"
                self._is_woken.clear()
                self._safely(partial(self._start_over, has_slept))
            # What was planned under a later time would wait until that comes again.
            is_reset = last is None or last - now > schedule.CLOCK_STEP
            last = now
            if last_minute is None or abs(now - last_minute) >= timedelta(minutes=1):
                last_minute = now
                self._safely(self._look_for_file)
                self._safely(partial(self._on_minute, now))
            nap = LONGEST_NAP
            try:
                nap = self._start_due(now, after_reset=is_reset)
            except StoreError:
                if not self._stopping.is_set():
                    log.exception("the schedule could not be read")
            news = self._nap(nap)

    def _nap(self, seconds: float) -> str:
        """Until somebody wants something, or the time is over; what ``waking`` noticed meanwhile. In slices,
        which cost nothing but a look at two clocks."""
        news = ""
        while seconds > 0 and not news and not self._stopping.is_set():
            napped, is_asked = min(seconds, SLICE_S), True
            with self._wake:
                called = set() if self.paused_until is not None else self._called
                if not (self._asked_now | called) - self._in_flight and not self._is_woken.is_set():
                    is_asked = self._wake.wait(napped)
            news = self.waking.look(napped)
            if is_asked:
                break
            seconds -= napped
        return news

    def _start_over(self, has_slept: bool) -> None:
        """After sleep, or without a network for a while: connections kept from before are dead although
        nobody said so."""
        log.info("the computer woke up" if has_slept else "the network is back")
        self._web.drop_idle()
        accounts, freshness = self._store.accounts(), self._store.freshness_all()
        self.waking.plan(accounts, freshness, self.listeners.followed(), has_slept=has_slept)
        self.wake_sender()

    def _start_due(self, now: datetime, *, after_reset: bool) -> float:
        """Submits what is due, returns the seconds until something else is."""
        is_paused = self.paused_until is not None
        with self._wake:
            if not is_paused:
                self._asked_now |= self._called
                self._called = set()
            asked, self._asked_now = self._asked_now, self._asked_now & self._in_flight
            # Whose poll ends from now on was due before it, as far as what is read below can tell.
            busy = frozenset(self._in_flight)
        freshness = self._store.freshness_all()
        nap = LONGEST_NAP
        for account in self._store.accounts():
            state = freshness.get(account.id)
            if account.id in busy or state is None:
                continue
            left = self.waking.left(account.id)
            is_due = left == 0 or (left is None and schedule.is_due(state, now, after_reset=after_reset))
            is_resting = is_paused or account.paused
            if account.id in asked or (is_due and not is_resting):
                if self.waking.begun(account.id):
                    self.listeners.restart(account.id)
                self._submit(account)
            elif left is not None and not is_resting:
                nap = min(nap, max(0.05, left))
            elif state.next_poll is not None and not account.paused:
                nap = min(nap, max(0.2, (state.next_poll - now).total_seconds()))
        return nap

    def _submit(self, account: Account) -> None:
        with self._wake:
            if not self._in_flight:
                self._round = {}
            self._in_flight.add(account.id)
            self._round[account.id] = False
        self._progress()
        self._workers.submit(self._job, account).add_done_callback(report)

    def _job(self, account: Account) -> None:
        try:
            self.poll(account)
        finally:
            with self._wake:
                self._in_flight.discard(account.id)
                self._round[account.id] = True
                self._wake.notify_all()
            self.listeners.polled(account.id)
            self._progress()

    def _progress(self) -> None:
        with self._wake:
            checked, total = sum(self._round.values()), len(self._round)
        self._events.publish(SyncProgress(checked, total))

    def poll(self, account: Account) -> PollResult:
        """One account, in the calling thread. A missing credential is a failure like any other."""
        was_failing = self._store.freshness(account.id).failing_since is not None
        try:
            channel = self._channel_for(account)
        except ShopbellError as error:
            now = self._clock.now()
            due = now + schedule.jittered(schedule.LONGEST_RETRY, self._dice)
            self._store.failed(account.id, error.kind, error.detail, next_poll=due)
            self._events.publish(AccountChanged(account.id))
            return PollResult(account.id, error=error)
        try:
            result = self._poller.poll(account, channel)
        except StoreError as error:
            self._store_trouble(error)
            return PollResult(account.id, error=error)
        is_out_of_reach = isinstance(result.error, Unreachable) and not result.error.sent
        self._offline[account.id] = is_out_of_reach
        if is_out_of_reach and self.waking.failed(account.id):
            self.wake()
        if was_failing and result.error is None:
            self.wake_sender()
        return result

    def _look_for_file(self) -> None:
        if not self._store.is_there():
            self._store_trouble(StoreError("gone"))

    def _store_trouble(self, error: StoreError) -> None:
        """Told once in a while: every account of every round fails for the same reason."""
        now = self._clock.monotonic()
        if (
            not self._stopping.is_set()
            and now - self._trouble_told.get(error.kind, -TELL_AGAIN_S) >= TELL_AGAIN_S
        ):
            self._trouble_told[error.kind] = now
            self._events.publish(StoreTrouble(error))

    # --- the sender

    def _send_loop(self) -> None:
        while not self._stopping.is_set():
            self._safely(self.send_due)
            self._send_wake.wait(self._until_next_reply())
            self._send_wake.clear()

    def _until_next_reply(self) -> float:
        now = self._clock.now()
        times = [
            max(item.hold_until, item.next_try_at or item.hold_until)
            for item in self._store.outbox({OutboxState.HOLDING})
        ]
        if not times:
            return LONGEST_NAP
        return min(LONGEST_NAP, max(0.05, (min(times) - now).total_seconds()))

    def send_due(self, *, ignore_backoff: bool = False, only: int | None = None) -> SendReport:
        """Sends what is due; ``only`` one waits a while for another process that is sending, else that one
        does it."""
        if only is None and not self._store.outbox(_OPEN):
            # Nearly always, and a lock between processes is not free.
            return SendReport()
        with self._sender_lock(0.0 if only is None else LOCK_PATIENCE_S) as is_ours:
            if not is_ours:
                return SendReport()
            return self._sender.run_due(ignore_backoff=ignore_backoff, only=only)

    # --- one round for scripts

    def sync_once(self, account_id: int | None = None, *, due_only: bool = False) -> SyncReport:
        """Polls every account (or one) until nothing more is waiting, then sends what is due; blocks until
        done."""
        began = self._clock.monotonic()
        now = self._clock.now()
        freshness = self._store.freshness_all()
        chosen = [
            account
            for account in self._store.accounts()
            if (account_id is None or account.id == account_id)
            and (account_id is not None or not account.paused)
            and (not due_only or schedule.is_due(freshness[account.id], now, after_reset=True))
        ]
        futures: list[Future[PollResult]] = [self._workers.submit(self.poll, account) for account in chosen]
        done = SyncReport(accounts=[future.result() for future in futures])
        replies = self.send_due(ignore_backoff=not due_only)
        done.sent, done.failed = replies.sent, replies.failed
        done.seconds = self._clock.monotonic() - began
        return done

    def _safely(self, job: Callable[[], object]) -> None:
        try:
            job()
        except Exception:
            if not self._stopping.is_set():
                log.exception("a background step failed")
