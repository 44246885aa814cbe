"""One thread per account whose network can tell at once that something new is there.

It fetches nothing itself: it asks for a poll, and the schedule goes on polling beside it as a safety net."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable
from datetime import timedelta
from time import monotonic

from services.channels.base import Channel
from services.clock import Clock
from services.errors import ChannelError, NotAllowed, NotFound, ShopbellError, SignInNeeded, StoreError
from services.events import AccountChanged, Event
from services.hub import EventHub
from services.model import Account, Freshness
from services.store import Store
from services.sync import schedule

log = logging.getLogger(__name__)

GAP_S = 3.0
"""Between two polls of one account that a network asks for; what comes in between is in the second."""
SHORTEST_S = 1.0
"""A channel that says "ask anew" faster than this does not wait, and would keep a processor busy."""
POLL_PATIENCE_S = 120.0
"""How long an asked-for poll may take before the network is listened to again all the same."""


class _Ear:
    """The listening of one account. ``stopping`` is for the channel, ``woken`` for our own waits."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.stopping = threading.Event()
        self.woken = threading.Event()
        self.thread: threading.Thread | None = None

    def stop(self) -> None:
        self.stopping.set()
        self.woken.set()

    def rest(self, seconds: float) -> None:
        self.stopping.wait(max(0.0, seconds))


class Listeners:
    """``can_listen`` knows the kinds, ``ask`` wants a poll of one account now. Starts with ``start``; from
    then on follows what happens to the accounts by itself."""

    def __init__(
        self,
        store: Store,
        events: EventHub,
        clock: Clock,
        channel_for: Callable[[Account], Channel],
        can_listen: Callable[[Account], bool],
        ask: Callable[[int], None],
        *,
        dice: schedule.Dice = random.random,
        gap_s: float = GAP_S,
    ) -> None:
        self._store = store
        self._events = events
        self._clock = clock
        self._channel_for = channel_for
        self._can_listen = can_listen
        self._ask = ask
        self._dice = dice
        self._gap_s = gap_s
        self._ears: dict[int, _Ear] = {}
        self._old: list[_Ear] = []
        self._lock = threading.Lock()
        self._is_stopped = False
        self._unsubscribe: Callable[[], None] = lambda: None

    # --- which accounts

    def start(self) -> None:
        self._unsubscribe = self._events.listen(self._happened)
        for account in self._store.accounts():
            self.follow(account.id)

    def stop(self) -> None:
        """Every ear is told; ``join`` waits for them."""
        self._unsubscribe()
        with self._lock:
            self._is_stopped = True
            self._old += self._ears.values()
            self._ears = {}
        for ear in self._old:
            ear.stop()

    def join(self, timeout: float) -> None:
        end = monotonic() + timeout
        for ear in self._old:
            if ear.thread is not None and ear.thread is not threading.current_thread():
                ear.thread.join(max(0.0, end - monotonic()))

    def restart(self, account_id: int) -> None:
        """Its credentials may be new, or the owner wants to know now: what is kept open is opened anew."""
        self._end(account_id)
        self.follow(account_id)

    def polled(self, account_id: int) -> None:
        """The poll that was asked for is over."""
        ear = self._ears.get(account_id)
        if ear is not None:
            ear.woken.set()

    def followed(self) -> frozenset[int]:
        """The accounts that are listened to."""
        with self._lock:
            return frozenset(self._ears)

    def count(self) -> int:
        return len(self._ears)

    def _happened(self, event: Event) -> None:
        if isinstance(event, AccountChanged):
            self.follow(event.account_id)

    def follow(self, account_id: int) -> None:
        """Starts, ends or leaves alone, as the account now is. A read by key and no more, because whoever
        publishes waits for it."""
        try:
            account = self._store.account(account_id)
            is_wanted = self._is_wanted(account, self._store.freshness(account_id))
        except NotFound:
            self._end(account_id)
            return
        except StoreError:
            # Closing; or the disk is in trouble, which others tell.
            return
        ear = self._ears.get(account_id)
        if ear is not None and (not is_wanted or _place(ear.account) != _place(account)):
            self._end(account_id)
            ear = None
        if ear is None and is_wanted:
            self._begin(account)

    def _is_wanted(self, account: Account, freshness: Freshness) -> bool:
        """Not before the first quiet fetch is over, and not while the owner has to sign in again."""
        return (
            not account.paused
            and not freshness.backfilling
            and freshness.error_kind not in ("sign-in-needed", "not-allowed")
            and self._can_listen(account)
        )

    def _begin(self, account: Account) -> None:
        with self._lock:
            if self._is_stopped or account.id in self._ears:
                return
            ear = self._ears[account.id] = _Ear(account)
            self._old = [one for one in self._old if one.thread is not None and one.thread.is_alive()]
            ear.thread = threading.Thread(
                target=self._run, args=(ear,), name=f"listen-{account.id}", daemon=True
            )
            ear.thread.start()

    def _end(self, account_id: int) -> None:
        with self._lock:
            ear = self._ears.pop(account_id, None)
            if ear is not None:
                self._old.append(ear)
        if ear is not None:
            ear.stop()

    # --- in the thread

    def _run(self, ear: _Ear) -> None:
        channel: Channel | None = None
        failures = 0
        while not ear.stopping.is_set():
            began = monotonic()
            try:
                channel = channel or self._channel_for(ear.account)
                has_news = channel.listen(self._store.cursor(ear.account.id), ear.stopping)
            except Exception as error:  # noqa: BLE001 - a thread must not end because of one channel
                if ear.stopping.is_set():
                    return
                channel = None
                failures = self._failed(ear, error, failures)
                continue
            failures = 0
            if ear.stopping.is_set():
                return
            if has_news:
                self._poll(ear)
            elif monotonic() - began < SHORTEST_S:
                ear.rest(SHORTEST_S)

    def _poll(self, ear: _Ear) -> None:
        """Asks for it and waits until it is over: before that the network would only say the same again."""
        asked = monotonic()
        ear.woken.clear()
        if ear.stopping.is_set():
            return
        self._ask(ear.account.id)
        ear.woken.wait(POLL_PATIENCE_S)
        ear.rest(self._gap_s - (monotonic() - asked))
        if ear.stopping.is_set():
            return
        try:
            freshness = self._store.freshness(ear.account.id)
        except ShopbellError:
            return
        if freshness.error_kind and freshness.next_poll is not None:
            # It could not be fetched; asking again at once would only trouble a network in trouble.
            ear.rest((freshness.next_poll - self._clock.now()).total_seconds())

    def _failed(self, ear: _Ear, error: Exception, failures: int) -> int:
        """Rests as long as the schedule would. Returns how many failures there were in a row."""
        known = error if isinstance(error, ChannelError) else None
        kind = ear.account.kind
        if isinstance(error, ShopbellError):
            log.info("%s: listening: %s %s", kind, error.kind, error.reason)
        else:
            log.error("%s: listening failed in a way it must not", kind, exc_info=error)
        if isinstance(error, SignInNeeded | NotAllowed) and not failures:
            # Only a poll can say so where the owner sees it.
            self._ask(ear.account.id)
        now = self._clock.now()
        again = schedule.after_failure(now, timedelta(0), failures, known, self._dice)
        ear.rest((again - now).total_seconds())
        return failures + 1


def _place(account: Account) -> tuple[object, ...]:
    """What makes an open connection another one when it changes."""
    return account.kind, account.remote_id, dict(account.settings)
