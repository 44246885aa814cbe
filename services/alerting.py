"""Feeds the alert policy with what happens and publishes what it decides. Holds its state; the policy itself
is pure (``alerts``, ``alerts_trouble``, ``still_waiting``, ``spikes``)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from services import alerts, alerts_trouble, spikes
from services.alerts import AlertState, Attention, Decision, Incoming, Shown, Spike
from services.clock import Clock
from services.errors import ChannelError, NotFound
from services.events import EventHub
from services.hours import is_quiet
from services.model import Account, Conversation, Direction, MessageKind, OutboxItem, State
from services.settings import SettingsFile
from services.still_waiting import Waiting, WaitState, remind
from services.store import Store
from services.sync.poller import Arrival

if TYPE_CHECKING:
    from services.alert_memory import AlertMemory

_WATCHED = 2000


@dataclass(frozen=True, slots=True)
class Unseen:
    """How many messages nobody has looked at, for the icon beside the clock."""

    complaints: int = 0
    direct: int = 0
    others: int = 0


class Alerting:
    """Called from polling and sending threads. ``attention`` tells what the owner looks at (the window sets
    it). ``leaves``: this program has no window; what it fetches is left for the one that has."""

    def __init__(
        self, store: Store, settings: SettingsFile, events: EventHub, clock: Clock, *, leaves: bool = False
    ) -> None:
        self._store = store
        self._settings = settings
        self._events = events
        self._clock = clock
        self._leaves = leaves
        self._state = AlertState()
        self._waits = WaitState()
        self._watched: dict[int, datetime] = {}
        self._is_spiking = False
        self._memory: AlertMemory | None = None
        self._lock = threading.Lock()
        self.attention: Callable[[], Attention] = lambda: alerts.NOBODY_LOOKS

    def remember(self, path: Path) -> None:
        """For whoever really tells the owner (the window): goes on where the last start ended, and keeps what
        the next one must know in this file."""
        from services.alert_memory import AlertMemory

        memory = AlertMemory(path)
        with self._lock:
            kept = memory.load()
            self._memory = memory
            self._waits = WaitState(kept.told, kept.told_at)
            self._watched = {**dict(kept.watched), **self._watched}
            self._is_spiking = kept.is_spiking
            long_ago = self._clock.now() - alerts.MERGE_WITHIN
            unseen = self._stored(kept.unseen)
            self._state = replace(
                self._state,
                held=(*self._stored(kept.held), *self._state.held),
                shown=(
                    *(Shown(one, one.kind, long_ago) for one in unseen if one.kind != alerts.REST),
                    *self._state.shown,
                ),
                counted=(*(one for one in unseen if one.kind == alerts.REST), *self._state.counted),
            )

    # --- what happens

    def arrived(self, arrivals: tuple[Arrival, ...]) -> None:
        """New customer messages of one stored step; none of them part of a first fetch."""
        incoming = [_incoming(one) for one in arrivals]
        if self._leaves:
            told = [
                (one.account.id, one.message.remote_id)
                for one, what in zip(arrivals, incoming, strict=True)
                if what.is_worth_it
            ]
            if told:
                self._store.leave_arrivals(told)
            return
        self._tell(incoming)

    def collect(self) -> None:
        """What programs without a window fetched in the meantime; of that, what still waits."""
        found = self._store.take_arrivals()
        if not found:
            return
        accounts = {one.id: one.name for one in self._store.accounts()}
        waiting = {row.id for row in self._waiting({one.conversation_id for one in found})}
        self._tell(
            [
                Incoming(
                    key=f"{one.account_id}:{one.remote_id}",
                    conversation_id=one.conversation_id,
                    account_id=one.account_id,
                    place=accounts.get(one.account_id, ""),
                    name=one.name,
                    text=one.text,
                    sent_at=one.sent_at,
                    is_complaint=one.is_complaint,
                    is_private=one.private,
                    is_automatic=one.is_automatic,
                    is_follow=one.kind is MessageKind.FOLLOW,
                    is_abusive=one.is_abusive,
                )
                for one in found
                if one.conversation_id in waiting
            ]
        )

    def _tell(self, incoming: list[Incoming]) -> None:
        with self._lock:
            now = self._clock.now()
            for one in incoming:
                if one.is_worth_it:
                    self._watched[one.conversation_id] = now
            for old in list(self._watched)[:-_WATCHED]:
                del self._watched[old]
            self._decide(incoming, now)
            self._keep()

    def minute(self, now: datetime) -> None:
        """Once a minute: the count of the rest may be due, quiet hours over, somebody still waiting."""
        with self._lock:
            self._decide([], now)
            self._remind(now)
            if self._is_spiking:
                self._is_spiking = self._people(now) >= spikes.LEAST
            self._keep()

    def woke(self, conversations: Collection[int]) -> None:
        """The owner put these off, and their time is over."""
        with self._lock:
            now = self._clock.now()
            back = [
                replace(one, key=f"back:{one.conversation_id}:{now}", is_back=True)
                for one in self._stored(conversations)
            ]
            # This is their reminder.
            told = (*self._waits.told, *((one.conversation_id, one.sent_at) for one in back))
            self._waits = replace(self._waits, told=told)
            self._decide(back, now)
            self._keep()

    def trouble(self, account: Account, error: ChannelError) -> None:
        freshness = self._store.freshness(account.id)
        with self._lock:
            self._publish(
                alerts_trouble.account_trouble(
                    account.id,
                    account.name,
                    error.kind,
                    self._settings.current,
                    self._state,
                    self._clock.now(),
                    failing_since=freshness.failing_since,
                    heard=freshness.heard,
                    attention=self.attention(),
                )
            )

    def recovered(self, account_id: int) -> None:
        with self._lock:
            self._state = alerts_trouble.account_recovered(account_id, self._state)

    def reply_trouble(self, item: OutboxItem) -> None:
        try:
            account = self._store.account(item.account_id)
            name = self._store.conversation(item.conversation_id).customer_name
        except NotFound:
            return
        came_back = item.error_detail.get("reason") == "bounced"
        with self._lock:
            self._publish(
                alerts_trouble.reply_trouble(
                    item.id,
                    item.conversation_id,
                    account.id,
                    account.name,
                    name,
                    item.state.value,
                    "bounced" if came_back else item.error_kind,
                    self._settings.current,
                    self._state,
                    occasion=item.key if came_back else "",
                    attention=self.attention(),
                )
            )

    # --- what the owner looks at

    @property
    def unseen(self) -> Unseen:
        """May be asked at any time from any thread."""
        unseen = self._state.unseen
        complaints = sum(one.is_complaint for one in unseen)
        direct = sum(one.is_private and not one.is_complaint for one in unseen)
        return Unseen(complaints, direct, len(unseen) - complaints - direct)

    @property
    def tags(self) -> frozenset[str]:
        """The notices that still have something to say. As ``unseen``."""
        return self._state.tags

    def settle(self) -> None:
        """What was answered or put away just now, here or elsewhere, needs no notice. Reads the store."""
        if self._state.unseen:
            with self._lock:
                self._settle()

    def look(self, attention: Attention) -> frozenset[str]:
        """The owner sees this now. Returns the tags of the notices that have done their work. Never waits:
        where a poll is deciding just now, the next look does it."""
        if not self._state.unseen or not self._lock.acquire(blocking=False):
            return frozenset()
        try:
            before = self._state.tags
            self._state = alerts.looked(self._state, attention)
            return before - self._state.tags
        finally:
            self._lock.release()

    def keep(self) -> None:
        """At the end: what was looked at since the last minute is not unseen at the next start."""
        with self._lock:
            self._keep()

    # --- under the lock

    def _decide(self, incoming: list[Incoming], now: datetime) -> None:
        self._settle()
        settings, attention = self._settings.current, self.attention()
        spike = None
        complains = [one for one in (*incoming, *self._state.held) if one.is_complaint and one.is_worth_it]
        may_ring = settings.quiet_lets_complaints or not is_quiet(settings, now)
        if complains and may_ring and settings.tell_spikes and not self._is_spiking:
            spike = self._spike(now)
        decision = alerts.decide(incoming, settings, self._state, now, attention=attention, spike=spike)
        self._is_spiking |= any(one.kind == "spike" for one in decision[0])
        self._publish(decision)

    def _publish(self, decision: Decision) -> None:
        raised, self._state = decision
        for alert in raised:
            self._events.publish(alert)

    def _settle(self) -> None:
        """What was answered or put away in the meantime is told to nobody."""
        ids = {one.conversation_id for one in self._state.unseen}
        if ids:
            waiting = {row.id for row in self._waiting(ids)}
            self._state = alerts.settled(self._state, ids - waiting)

    def _waiting(self, ids: Collection[int]) -> list[Conversation]:
        return [row for row in self._store.rows(list(ids)).values() if row.state is State.NEW]

    def _remind(self, now: datetime) -> None:
        if not self._watched:
            return
        rows = self._store.rows(list(self._watched))
        accounts = {one.id: one.name for one in self._store.accounts()}
        waiting = []
        for one, heard_at in list(self._watched.items()):
            row = rows.get(one)
            if row is None or row.state not in (State.NEW, State.SNOOZED):
                del self._watched[one]
            elif row.state is State.NEW and row.waiting_since is not None and row.outbox_state is None:
                waiting.append(
                    Waiting(
                        row.id,
                        row.account_id,
                        accounts.get(row.account_id, ""),
                        row.customer_name or row.customer_handle,
                        row.waiting_since,
                        heard_at,
                        row.is_complaint,
                    )
                )
        settings = self._settings.current
        alert, self._waits = remind(waiting, settings, self._waits, now, attention=self.attention())
        if alert is not None:
            self._publish(alerts.with_sound([alert], settings, self._state, now))

    def _people(self, now: datetime) -> int:
        """How many complained just now."""
        times, _ = self._store.complaint_times(now - spikes.WINDOW)
        return len({one for one, _ in times})

    def _spike(self, now: datetime) -> Spike | None:
        people = self._people(now)
        if people < spikes.LEAST:
            return None
        since = now - spikes.WINDOW
        times, first = self._store.complaint_times(since - spikes.HISTORY)
        if not spikes.is_spike(people, spikes.usual(times, first, now)):
            return None
        grievances, others = self._store.grievances(since)
        return spikes.spike_of(grievances, others)

    # --- over a restart

    def _keep(self) -> None:
        if self._memory is None:
            return
        from services.alert_memory import Kept

        held = {one.conversation_id for one in self._state.held}
        unseen = {one.conversation_id for one in self._state.unseen} - held
        self._memory.keep(
            Kept(
                unseen=tuple(sorted(unseen)),
                held=tuple(sorted(held)),
                watched=tuple(self._watched.items()),
                told=self._waits.told,
                told_at=self._waits.told_at,
                is_spiking=self._is_spiking,
            )
        )

    def _stored(self, ids: Iterable[int]) -> tuple[Incoming, ...]:
        """As much of them as the list knows; those that wait no more are left out."""
        accounts = {one.id: one.name for one in self._store.accounts()}
        return tuple(
            Incoming(
                key=f"kept:{row.id}",
                conversation_id=row.id,
                account_id=row.account_id,
                place=accounts.get(row.account_id, ""),
                name=row.customer_name or row.customer_handle,
                text=row.snippet,
                sent_at=row.waiting_since or row.last_at,
                is_complaint=row.is_complaint,
                is_private=row.private,
                is_abusive=row.is_abusive,
            )
            for row in self._waiting(list(ids))
        )


def _incoming(one: Arrival) -> Incoming:
    message = one.message
    return Incoming(
        key=f"{one.account.id}:{message.remote_id}",
        conversation_id=one.conversation_id,
        account_id=one.account.id,
        place=one.account.name,
        name=message.author.name or message.author.handle,
        text=message.text or message.title,
        sent_at=message.sent_at,
        is_complaint=one.verdict.is_complaint,
        is_private=message.private,
        is_own=message.direction is Direction.OUTBOUND,
        is_spam=one.verdict.is_spam,
        is_automatic=message.is_automatic,
        is_follow=message.kind is MessageKind.FOLLOW,
        is_abusive=one.verdict.label == "abuse",
    )
