"""What the window knows of the accounts by heart: name, badge, network, freshness.

Badges and names of networks are declared by the channels, and reading all of those from disk costs more
than the first paint may; until ``learn`` they are those of the last start, kept with the data.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QObject, Signal

from gui.badges import Sign
from gui.jobs import Jobs
from gui.pace import Pace
from services.errors import NotFound, StoreError
from services.model import Account, Freshness

if TYPE_CHECKING:
    from services.app import Shopbell
    from services.channels.base import Badge

GREY = Sign(shape="pin")
SIGN_IN_KINDS = frozenset({"sign-in-needed", "not-allowed", "keyring-missing", "keyring-locked"})
KEPT_AS = "window.badges"
SOON_MS, APART_MS = 100, 1000
SILENT_AFTER = timedelta(minutes=5)
"""A network that does not answer is worth a word when it stays so; most hiccups are over at the next poll."""
PART_MISSED_AFTER = timedelta(days=3)
"""The same of one of several places that an account asks, while the others are heard."""


class Known(NamedTuple):
    """One account as the window shows it. ``network`` is the channel's title; ``trouble`` one of sign-in,
    silent, waiting, paused, or empty."""

    account: Account
    freshness: Freshness
    badge: Sign
    network: str
    trouble: str = ""

    @property
    def name(self) -> str:
        return self.account.name or self.network


class Book(QObject):
    changed = Signal()

    def __init__(self, app: Shopbell, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._app = app
        self._known: dict[int, Known] = {}
        self._signs: dict[str, tuple[Sign, str]] | None = None
        self._has_learned = False
        self._jobs = Jobs(app.run, self)
        self._is_reading = self._is_stale = False
        self._soon = Pace(SOON_MS, APART_MS, self._read_in_worker, self)
        self.is_offline = False
        self.offline_since: datetime | None = None

    def read(self) -> None:
        """A dozen rows by key; quick enough for the GUI thread while nothing else goes on."""
        self._take(self._app.store.freshness_all(), self._app.store.accounts())

    def _take(self, freshness_of: Mapping[int, Freshness], accounts: Sequence[Account]) -> None:
        fresh: dict[int, Known] = {}
        now = self._app.clock.now()
        for account in accounts:
            freshness = freshness_of.get(account.id) or Freshness()
            badge, network = self._sign(account.kind)
            trouble = trouble_of(account, freshness, now)
            fresh[account.id] = Known(account, freshness, badge, network, trouble)
        self.is_offline = self._has_learned and bool(self._app.engine.is_offline)
        self.offline_since = (self.offline_since or now) if self.is_offline else None
        self._known = fresh
        self.changed.emit()

    def refresh(self) -> None:
        """Accounts changed: read soon, in a worker, and once for all that change meanwhile. While hundreds
        are asked this thread would wait for its turn after each of their rows."""
        if self._is_reading:
            self._is_stale = True
        else:
            self._soon.ask()

    def _read_in_worker(self) -> None:
        self._is_reading, self._is_stale = True, False
        store = self._app.store
        self._jobs.start(
            lambda: (store.freshness_all(), store.accounts()), then=self._has_read, failed=self._has_failed
        )

    def _has_read(self, found: tuple[Mapping[int, Freshness], Sequence[Account]]) -> None:
        self._is_reading = False
        self._take(*found)
        if self._is_stale:
            self._soon.ask()

    def _has_failed(self, error: Exception) -> None:
        """The store says so itself where it matters; the book stays as it was."""
        self._is_reading = False
        if not isinstance(error, StoreError):
            raise error

    def learn(self) -> None:
        """The channels are read from disk now: their badges count, and are kept for the next start."""
        self._has_learned = True
        signs: dict[str, tuple[Sign, str]] = {}
        for kind in {one.account.kind for one in self}:
            with suppress(NotFound):
                channel = self._app.channels.get(kind)
                signs[kind] = sign_of(channel.badge), channel.title
        self._signs = signs
        kept = json.dumps({kind: [*sign, title] for kind, (sign, title) in signs.items()})
        if self._app.store.get_meta(KEPT_AS) != kept:
            self._app.run(self._app.store.set_meta, KEPT_AS, kept)
        self.read()

    def _sign(self, kind: str) -> tuple[Sign, str]:
        if self._has_learned and kind not in (self._signs or {}):
            try:
                channel = self._app.channels.get(kind)
            except NotFound:
                return GREY, kind
            return sign_of(channel.badge), channel.title
        if self._signs is None:
            self._signs = self._kept()
        return self._signs.get(kind, (GREY, kind))

    def _kept(self) -> dict[str, tuple[Sign, str]]:
        try:
            kept = json.loads(self._app.store.get_meta(KEPT_AS) or "{}")
            return {
                kind: (Sign(letters, shape, hue), title)
                for kind, (letters, shape, hue, title) in kept.items()
            }
        except (ValueError, TypeError, AttributeError, StoreError):
            return {}

    def get(self, account_id: int) -> Known | None:
        return self._known.get(account_id)

    def __iter__(self) -> Iterator[Known]:
        return iter(self._known.values())

    def __len__(self) -> int:
        return len(self._known)

    def troubled(self) -> list[Known]:
        """Those that need the owner first, then the silent ones, then those that were asked to wait."""
        order = {"sign-in": 0, "silent": 1, "waiting": 2}
        return sorted((one for one in self if one.trouble in order), key=lambda one: order[one.trouble])


def sign_of(badge: Badge) -> Sign:
    return Sign(badge.letters, badge.shape, badge.hue)


def is_heard_in_part(freshness: Freshness) -> bool:
    """The last poll worked, and one of the places that the account asks did not answer."""
    return bool(freshness.error_kind and freshness.error_detail.get("in_part"))


def trouble_of(account: Account, freshness: Freshness, now: datetime) -> str:
    """sign-in, silent, waiting, paused, or empty."""
    if account.paused:
        return "paused"
    if is_heard_in_part(freshness):
        # The rest is heard; what stays away for days is worth a word all the same.
        since = freshness.failing_since
        return "silent" if since is not None and now - since >= PART_MISSED_AFTER else ""
    if freshness.error_kind in SIGN_IN_KINDS:
        return "sign-in"
    if freshness.error_kind == "rate-limited":
        return "waiting"
    if freshness.failing_since is not None and now - freshness.failing_since >= SILENT_AFTER:
        return "silent"
    return ""
