"""Shopbell: opens a profile folder and ties the rooms together. The one thing the window and the commands
hold."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from services.clock import Clock, SystemClock
from services.hub import EventHub
from services.model import Account
from services.paths import Paths
from services.settings import SettingsFile
from services.store import Store
from services.triage import Triage

if TYPE_CHECKING:
    from services.accounts import Accounts
    from services.alerting import Alerting
    from services.attachments import Attachments
    from services.channels import Registry
    from services.channels.base import Channel, ChannelType, Tools
    from services.channels.web import WebShared
    from services.credentials import Credentials
    from services.errors import ChannelError
    from services.inbox import Inbox
    from services.moderation import Moderation
    from services.replies.templates import Templates
    from services.sync.engine import Engine
    from services.sync.poller import Poller
    from services.sync.workers import Workers
    from services.teaching import Teaching
    from services.updates import Updates
    from services.website import Website

log = logging.getLogger(__name__)
T = TypeVar("T")

FIRST_COPY_MINUTE, COPY_EVERY_MINUTES = 10, 60
"""When a good copy of the database is made, if the last one is a day old: not while the owner waits for the
window."""

OLD_SPAM = timedelta(days=30)
"""Cleared by itself where the owner wants that."""


class _Room(Generic[T]):
    """Built when first asked for, and once, even when two threads ask at the same moment (``cached_property``
    has no lock from Python 3.12 on). Afterwards it is an ordinary attribute."""

    def __init__(self, build: Callable[[Shopbell], T]) -> None:
        self._build = build
        self.__doc__ = build.__doc__

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type[Any]) -> _Room[T]: ...
    @overload
    def __get__(self, instance: Shopbell, owner: type[Any]) -> T: ...
    def __get__(self, instance: Shopbell | None, owner: type[Any]) -> _Room[T] | T:
        if instance is None:
            return self
        with instance._building:
            if self._name not in instance.__dict__:
                instance.__dict__[self._name] = self._build(instance)
            built: T = instance.__dict__[self._name]
            return built


class Shopbell:
    """Made by ``open``. What the first paint does not need is imported and built when first used: importing
    all of it takes as long as Qt does."""

    def __init__(
        self,
        paths: Paths,
        store: Store,
        settings: SettingsFile,
        clock: Clock,
        *,
        credentials: Credentials | None,
        channels: Registry | None,
        web: WebShared | None,
    ) -> None:
        self.paths = paths
        self.store = store
        self.settings = settings
        self.clock = clock
        self.events = EventHub()
        self.tells_the_owner = True
        """False, said before anything is fetched: there is no window here, alerts are left for one."""
        self.triage = Triage(self._told)
        self._given_credentials = credentials
        self._given_channels = channels
        self._given_web = web
        self._stopping = threading.Event()
        self._building = threading.RLock()
        self._is_started = False
        self._minutes = 0

    @classmethod
    def open(
        cls,
        profile: Path | None = None,
        *,
        clock: Clock | None = None,
        credentials: Credentials | None = None,
        channels: Registry | None = None,
        web: WebShared | None = None,
    ) -> Shopbell:
        """``profile`` None: the platform's data folder. Raises StoreError (newer, damaged, busy, full) and
        Invalid (bad folder)."""
        clock = clock or SystemClock()
        paths = Paths.open(profile)
        settings = SettingsFile(paths.settings)
        settings.load()
        store = Store.open(paths.database, clock)
        return cls(
            paths,
            store,
            settings,
            clock,
            credentials=credentials,
            channels=channels,
            web=web,
        )

    # --- rooms built when first used

    @_Room
    def _errands(self) -> Workers:
        from services.sync.workers import Workers

        return Workers(3, "errand")

    @_Room
    def templates(self) -> Templates:
        from services.replies.templates import Templates

        return Templates(self.store, self.settings)

    @_Room
    def channels(self) -> Registry:
        from services.channels import discover

        return self._given_channels or discover()

    @_Room
    def credentials(self) -> Credentials:
        from services.credentials import Credentials

        return self._given_credentials or Credentials(self.paths.profile_id())

    @_Room
    def web(self) -> WebShared:
        from services.channels.web import WebShared

        return self._given_web or WebShared(self.clock)

    @_Room
    def accounts(self) -> Accounts:
        from services.accounts import Accounts

        return Accounts(
            self.store,
            self.credentials,
            self.channels,
            self.events,
            self._tools,
            check_now=lambda account_id: self.engine.check_now(account_id) if self._is_started else None,
        )

    @_Room
    def website(self) -> Website:
        from services.website import Website

        return Website(self.store, self.channels, self._tools, lambda: self.web.web(allow_http=True))

    @_Room
    def updates(self) -> Updates:
        from services.updates import Updates

        return Updates(self.paths.updates, lambda: self.web.web(), self.clock)

    @_Room
    def alerting(self) -> Alerting:
        from services.alerting import Alerting

        return Alerting(self.store, self.settings, self.events, self.clock, leaves=not self.tells_the_owner)

    @_Room
    def poller(self) -> Poller:
        from services.sync.poller import Poller

        return Poller(
            self.store,
            self.triage,
            self.events,
            self.clock,
            backfill=self.backfill,
            on_arrivals=self.alerting.arrived,
            on_trouble=self._account_trouble,
            on_heard=self.alerting.recovered,
            on_bounced=self.alerting.reply_trouble,
            is_stopping=self._stopping.is_set,
        )

    @_Room
    def engine(self) -> Engine:
        from services.sync.engine import Engine
        from services.sync.sender import Sender

        sender = Sender(
            self.store,
            self.events,
            self.clock,
            self.poller,
            self._sender_channel,
            on_trouble=self.alerting.reply_trouble,
        )
        return Engine(
            self.store,
            self.events,
            self.clock,
            self.web,
            self.poller,
            sender,
            self.accounts.channel,
            self._sender_lock,
            stopping=self._stopping,
            on_minute=self._every_minute,
            can_listen=self._can_listen,
        )

    @_Room
    def inbox(self) -> Inbox:
        from services.inbox import Inbox

        return Inbox(
            self.store,
            self.events,
            self.clock,
            self._bare_channel,
            hold_s=lambda: self.settings.current.hold_s,
            wake_sender=lambda: self.engine.wake_sender() if self._is_started else None,
            relearn=self.relearn,
        )

    @_Room
    def teaching(self) -> Teaching:
        from services.teaching import Teaching

        return Teaching(self.store, self.events, relearn=self.relearn)

    @_Room
    def moderation(self) -> Moderation:
        from services.moderation import Moderation

        return Moderation(
            self.store,
            self.events,
            self.accounts.channel,
            lambda account: self.channels.get(account.kind).abilities,
            overrule=self.poller.overruled.by_owner,
            relearn=self.relearn,
        )

    @_Room
    def attachments(self) -> Attachments:
        from services.attachments import Attachments

        return Attachments(
            self.store,
            self.accounts.channel,
            lambda account: self.channels.get(account.kind).abilities,
        )

    # --- life

    @property
    def backfill(self) -> timedelta:
        return timedelta(days=self.settings.current.backfill_days)

    def start(self) -> None:
        """Starts polling and sending. Call it after the first paint: it loads the network code."""
        if not self._is_started:
            self._is_started = True
            self.engine.start()

    def close(self, timeout: float = 1.0) -> None:
        """Ends requests under way, waits for running transactions, leaves everything else to the next
        start."""
        self._stopping.set()
        if self._is_started:
            self.engine.stop(timeout)
        elif "web" in self.__dict__:
            self.web.cancel()
        if "_errands" in self.__dict__:
            self._errands.stop(timeout)
        if "alerting" in self.__dict__:
            self.alerting.keep()
        self.store.close()

    def run(self, job: Callable[..., T], *args: Any, **kwargs: Any) -> Future[T]:
        """Runs an errand of the owner away from the calling thread. An exception nobody asks for is
        logged."""
        future = self._errands.submit(job, *args, **kwargs)
        future.add_done_callback(_unless_ours)
        return future

    def moderate(self, message_id: int, action: str) -> int:
        """What the owner does to a message on its network; see ``services.moderation``. Blocks."""
        return self.moderation.moderate(message_id, action)

    def relearn(self) -> None:
        """Lets the triage learn what the owner said of messages. Takes up to a second."""
        self.triage.relearn()

    def _told(self) -> list[tuple[str, str]]:
        from services.teaching import told

        return told(self.store)

    # --- how the rooms reach each other

    def _tools(self, channel: ChannelType, secrets: Mapping[str, str], deadline_s: float | None) -> Tools:
        from services.channels.base import Tools

        web = self.web.web(
            allow_http=channel.plain_http, secrets=tuple(secrets.values()), deadline_s=deadline_s
        )
        return Tools(web, self.clock, backfill=self.backfill)

    def _bare_channel(self, account: Account) -> Channel:
        return self.accounts.bare_channel(account)

    def _sender_channel(self, account: Account, deadline_s: float | None) -> Channel:
        return self.accounts.channel(account, deadline_s)

    def _account_trouble(self, account: Account, error: ChannelError) -> None:
        if self.engine.waking.is_news(error):
            self.alerting.trouble(account, error)

    def _can_listen(self, account: Account) -> bool:
        return account.kind in self.channels and self.channels.get(account.kind).abilities.listens

    @contextmanager
    def _sender_lock(self, wait_s: float = 0.0) -> Iterator[bool]:
        """One process at a time sends from a profile; the operating system frees the lock of a process that
        died."""
        from filelock import FileLock, Timeout

        lock = FileLock(self.paths.profile / "sender.lock", timeout=wait_s)
        try:
            lock.acquire()
        except Timeout:
            yield False
            return
        try:
            yield True
        finally:
            lock.release()

    def _every_minute(self, now: datetime) -> None:
        woken = self.store.wake_snoozed(now)
        if woken:
            from services.events import MessagesChanged

            self.events.publish(MessagesChanged(woken))
            self.alerting.woke(woken)
        self.alerting.minute(now)
        self._minutes += 1
        if self._minutes % COPY_EVERY_MINUTES == FIRST_COPY_MINUTE:
            self.run(self.store.keep_copy, older_than=timedelta(days=1))
            if self.settings.current.clear_spam:
                self.run(self._clear_old_spam, now)

    def _clear_old_spam(self, now: datetime) -> None:
        cleared = self.store.clear_old_spam(now - OLD_SPAM)
        if cleared:
            from services.events import MessagesChanged

            self.events.publish(MessagesChanged(cleared))


def _unless_ours(future: Future[Any]) -> None:
    from services.errors import ShopbellError
    from services.sync.workers import report

    if not future.cancelled() and not isinstance(future.exception(), ShopbellError):
        report(future)
