"""What the window knows of the accounts by heart: name, badge, network, freshness."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from services.channels.base import Abilities, Badge
from services.errors import NotFound
from services.model import MessageKind

if TYPE_CHECKING:
    from services.app import Shopbell
    from services.model import Account, Freshness

GREY = Badge(shape="pin")
SIGN_IN_KINDS = frozenset({"sign-in-needed", "not-allowed", "keyring-missing", "keyring-locked"})
SILENT_AFTER = timedelta(minutes=5)
"""A network that does not answer is worth a word when it stays so; most hiccups are over at the next poll."""


@dataclass(frozen=True, slots=True)
class Known:
    """One account as the window shows it. ``network`` is the channel's title; ``trouble`` one of sign-in,
    silent, waiting, paused, or empty."""

    account: Account
    freshness: Freshness
    badge: Badge
    network: str
    abilities: Abilities
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
        self.is_offline = False
        self.offline_since: datetime | None = None

    def read(self) -> None:
        """A dozen rows by key; quick enough for the GUI thread."""
        fresh: dict[int, Known] = {}
        now = self._app.clock.now()
        for account, freshness in self._app.accounts.list():
            badge, network, abilities = self._channel(account.kind)
            trouble = ""
            if account.paused:
                trouble = "paused"
            elif freshness.error_kind in SIGN_IN_KINDS:
                trouble = "sign-in"
            elif freshness.error_kind == "rate-limited":
                trouble = "waiting"
            elif freshness.failing_since is not None and now - freshness.failing_since >= SILENT_AFTER:
                trouble = "silent"
            fresh[account.id] = Known(account, freshness, badge, network, abilities, trouble)
        self.is_offline = (
            bool(getattr(self._app.engine, "is_offline", False)) if self._app_started() else False
        )
        self.offline_since = (self.offline_since or now) if self.is_offline else None
        self._known = fresh
        self.changed.emit()

    def _app_started(self) -> bool:
        # The engine loads the network code; before the first paint nobody may touch it.
        return "engine" in self._app.__dict__

    def _channel(self, kind: str) -> tuple[Badge, str, Abilities]:
        try:
            channel = self._app.channels.get(kind)
        except NotFound:
            return GREY, kind, Abilities(frozenset[MessageKind]())
        return channel.badge, channel.title, channel.abilities

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
