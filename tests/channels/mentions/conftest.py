"""A desk with one account of web mentions in front of its stand-in."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from services.channels.base import Batch, Identity, Tools
from services.channels.mentions import Mentions
from services.channels.web import WebShared
from services.model import Message
from tests.channels.mentions.standin import Standin
from tests.fakes import FakeClock


@dataclass
class Desk:
    """Adds and polls as the program does: identity and cursor go through JSON, ``more`` is followed."""

    standin: Standin
    shared: WebShared
    clock: FakeClock
    settings: dict[str, Any] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    cursor: Any = field(default_factory=dict)
    last: Batch = field(default_factory=Batch)

    @property
    def tools(self) -> Tools:
        def keep(changes: Mapping[str, str]) -> None:
            self.secrets.update(changes)

        return replace(Tools(self.shared.web(), self.clock), keep_secrets=keep)

    def add(self, secrets: Mapping[str, str] | None = None, **settings: str) -> Identity:
        self.secrets = dict(secrets or {})
        self.settings = dict(settings) if "url" in settings else {"api": self.standin.url, **settings}
        identity = Mentions(self.settings, self.secrets, self.tools).identify()
        self.settings.update(json.loads(json.dumps(dict(identity.settings))))
        return identity

    def look(self, *, forgetful: bool = False) -> list[Message]:
        """``forgetful``: a new channel object for every step, as after a restart."""
        channel = Mentions(self.settings, self.secrets, self.tools)
        found: list[Message] = []
        for _ in range(200):
            if forgetful:
                channel = Mentions(self.settings, self.secrets, self.tools)
            self.last = channel.poll(self.cursor)
            self.cursor = json.loads(json.dumps(dict(self.last.cursor or {})))
            found += self.last.messages
            if not self.last.more:
                return found
        raise AssertionError("it never ends")


@pytest.fixture
def desk() -> Iterator[Desk]:
    clock = FakeClock()
    standin = Standin(clock)
    standin.start()
    shared = WebShared(clock)
    yield Desk(standin, shared, clock)
    shared.close()
    standin.stop()
