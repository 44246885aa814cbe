"""Finds the channels: every public module in this folder that defines ``Channel`` classes. Nothing else names
one."""

from __future__ import annotations

import importlib
import pkgutil
import threading
from collections.abc import Iterable
from itertools import takewhile
from types import ModuleType

from services.channels.base import Channel, ChannelType, Effort
from services.errors import NotFound

_PLUMBING = frozenset({"base", "web", "oauth", "pages"})


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
    """Channel classes by kind. ``add`` lets a test bring one of its own. ``unread`` are modules of this
    folder, each read from the disk when a kind is asked for that it may declare: an owner of three networks
    pays for three. Any thread may ask."""

    def __init__(self, channels: Iterable[ChannelType] = (), *, unread: Iterable[str] = ()) -> None:
        self._by_kind: dict[str, ChannelType] = {}
        self._unread = list(unread)
        self._reading = threading.RLock()
        for channel in channels:
            self.add(channel)

    def add(self, channel: ChannelType) -> None:
        if channel.kind in self._by_kind:
            raise ValueError(f"two channels call themselves {channel.kind!r}")
        self._by_kind[channel.kind] = channel

    def get(self, kind: str) -> ChannelType:
        """Raises NotFound for a kind nobody declares (an account from a newer version)."""
        if kind not in self:
            raise NotFound("channel", kind)
        return self._by_kind[kind]

    def all(self) -> tuple[ChannelType, ...]:
        """Sorted by effort, then title: the order of the cards."""
        with self._reading:
            while self._unread:
                self._read(self._unread[0])
        order = list(Effort)
        return tuple(sorted(self._by_kind.values(), key=lambda c: (order.index(c.signin.effort), c.title)))

    def __contains__(self, kind: object) -> bool:
        if kind in self._by_kind:
            return True
        with self._reading:
            while kind not in self._by_kind and self._unread:
                self._read(max(self._unread, key=lambda name: _likeness(name, str(kind))))
        return kind in self._by_kind

    def _read(self, name: str) -> None:
        for channel in _channel_classes(importlib.import_module(f"{__name__}.{name}")):
            self.add(channel)
        self._unread.remove(name)


def _likeness(module: str, kind: str) -> tuple[bool, int]:
    """A kind is declared by the module of its name, or by one whose name begins like it."""
    wanted = kind.replace("-", "_")
    same = takewhile(lambda pair: pair[0] == pair[1], zip(module, wanted, strict=False))
    return module == wanted, sum(1 for _ in same)


def discover() -> Registry:
    """A fresh registry of every channel in this folder."""
    names = (info.name for info in pkgutil.iter_modules(__path__))
    return Registry(unread=[name for name in names if not name.startswith("_") and name not in _PLUMBING])
