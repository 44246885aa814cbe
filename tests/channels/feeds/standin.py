"""The server that stands in for a feed where every channel is put through the same test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.clock import Clock
from services.sample import SampleShop


class Standin:
    """The comments of the sample shop's blog."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.shop = SampleShop(clock)

    def start(self) -> str:
        return self.shop.start()

    def stop(self) -> None:
        self.shop.stop()

    @property
    def settings(self) -> Mapping[str, Any]:
        return {"url": self.shop.feed_urls["comments"]}

    @property
    def secrets(self) -> Mapping[str, str]:
        return {}
