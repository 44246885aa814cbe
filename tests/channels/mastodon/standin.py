"""The server that stands in for Mastodon where every channel is put through the same test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.clock import Clock
from services.sample import SampleShop


class Standin:
    """``start`` before anything else is asked. ``settings`` and ``secrets`` are what an owner would have
    handed in."""

    def __init__(self, clock: Clock | None = None, flavour: str = "mastodon") -> None:
        self.shop = SampleShop(clock, flavour=flavour)

    def start(self) -> str:
        return self.shop.start()

    def stop(self) -> None:
        self.shop.stop()

    @property
    def settings(self) -> Mapping[str, Any]:
        return {"server": self.shop.handle}

    @property
    def secrets(self) -> Mapping[str, str]:
        return {"access_token": self.shop.access_token}
