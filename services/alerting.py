"""Feeds the alert policy with what happens and publishes what it decides. Holds its state; the policy itself
is pure (``alerts``)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

from services import alerts
from services.alerts import AlertState, Attention, Decision, Incoming
from services.clock import Clock
from services.errors import ChannelError, NotFound
from services.events import EventHub
from services.model import Account, Direction, MessageKind, OutboxItem
from services.settings import SettingsFile
from services.store import Store
from services.sync.poller import Arrival


class Alerting:
    """Called from polling and sending threads. ``attention`` tells what the owner looks at (the window sets
    it)."""

    def __init__(self, store: Store, settings: SettingsFile, events: EventHub, clock: Clock) -> None:
        self._store = store
        self._settings = settings
        self._events = events
        self._clock = clock
        self._state = AlertState()
        self._lock = threading.Lock()
        self.attention: Callable[[], Attention] = lambda: alerts.NOBODY_LOOKS

    def arrived(self, arrivals: tuple[Arrival, ...]) -> None:
        """New customer messages of one stored step; none of them part of a first fetch."""
        self._decide([_incoming(one) for one in arrivals])

    def minute(self, now: datetime) -> None:
        """Once a minute: the count of the rest may be due."""
        self._decide([])

    def trouble(self, account: Account, error: ChannelError) -> None:
        freshness = self._store.freshness(account.id)
        with self._lock:
            self._publish(
                alerts.account_trouble(
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
            self._state = alerts.account_recovered(account_id, self._state)

    def reply_trouble(self, item: OutboxItem) -> None:
        try:
            account = self._store.account(item.account_id)
            name = self._store.conversation(item.conversation_id).customer_name
        except NotFound:
            return
        came_back = item.error_detail.get("reason") == "bounced"
        with self._lock:
            self._publish(
                alerts.reply_trouble(
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

    def _decide(self, incoming: list[Incoming]) -> None:
        with self._lock:
            self._publish(
                alerts.decide(
                    incoming,
                    self._settings.current,
                    self._state,
                    self._clock.now(),
                    attention=self.attention(),
                )
            )

    def _publish(self, decision: Decision) -> None:
        raised, self._state = decision
        for alert in raised:
            self._events.publish(alert)


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
        is_follow=message.kind is MessageKind.FOLLOW,
    )
