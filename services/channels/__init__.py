"""Finds the channels: every public module in this folder that defines ``Channel`` classes. Nothing else names
one."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from functools import cache
from types import ModuleType

from services.channels.base import Channel, ChannelType, Effort
from services.errors import NotFound

_PLUMBING = frozenset({"base", "web", "oauth"})


def _channel_classes(module: ModuleType) -> Iterable[ChannelType]:
    for value in vars(module).values():
        if (
            isinstance(value, type)
            and issubclass(value, Channel)
            and value.__module__ == module.__name__
            and "kind" in vars(value)
        ):
            yield value


class Registry:
    """Channel classes by kind. ``add`` lets a test bring one of its own."""

    def __init__(self, channels: Iterable[ChannelType] = ()) -> None:
        self._by_kind: dict[str, ChannelType] = {}
        for channel in channels:
            self.add(channel)

    def add(self, channel: ChannelType) -> None:
        if channel.kind in self._by_kind:
            raise ValueError(f"two channels call themselves {channel.kind!r}")
        self._by_kind[channel.kind] = channel

    def get(self, kind: str) -> ChannelType:
        """Raises NotFound for a kind nobody declares (an account from a newer version)."""
        try:
            return self._by_kind[kind]
        except KeyError:
            raise NotFound("channel", kind) from None

    def all(self) -> tuple[ChannelType, ...]:
        """Sorted by effort, then title: the order of the cards."""
        order = list(Effort)
        return tuple(sorted(self._by_kind.values(), key=lambda c: (order.index(c.signin.effort), c.title)))

    def __contains__(self, kind: object) -> bool:
        return kind in self._by_kind


@cache
def _discover() -> tuple[ChannelType, ...]:
    found: list[ChannelType] = []
    for info in pkgutil.iter_modules(__path__):
        if info.name.startswith("_") or info.name in _PLUMBING:
            continue
        found.extend(_channel_classes(importlib.import_module(f"{__name__}.{info.name}")))
    return tuple(found)


def discover() -> Registry:
    """A fresh registry of every channel in this folder. Reads files once per process."""
    return Registry(_discover())
