"""A shop owner's account on the server that stands in for Bluesky, polled as the application does it: a new
object for each step, the cursor through JSON, secrets kept beside the account."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from services.channels.base import Batch, Reply, Tools
from services.channels.bluesky import Bluesky
from services.channels.web import WebShared
from services.model import JsonObject, Message
from tests.channels.bluesky.standin import Standin
from tests.channels.bluesky.world import Post, World
from tests.fakes import FakeClock

MOST_STEPS = 200


class Desk:
    """``look`` polls until nothing more is waiting. ``seen`` keeps the last version of every message."""

    def __init__(self, *, empty: bool = True, **settings: Any) -> None:
        self.clock = FakeClock()
        self.net = Standin(self.clock, empty=empty)
        self.net.start()
        self.shared = WebShared(self.clock, proxies={})
        self.settings: dict[str, Any] = {**self.net.settings, **settings}
        self.secrets: dict[str, str] = dict(self.net.secrets)
        self.cursor: JsonObject = {}
        self.seen: dict[str, Message] = {}
        self.gone: list[str] = []
        self.batches: list[Batch] = []

    @property
    def world(self) -> World:
        return self.net.world

    def close(self) -> None:
        self.net.stop()
        self.shared.close()

    def tools(self) -> Tools:
        def keep(changes: Mapping[str, str]) -> None:
            self.secrets |= changes

        web = self.shared.web(secrets=self.secrets.values())
        return Tools(web, self.clock, keep_secrets=keep, current_secrets=lambda: dict(self.secrets))

    def channel(self) -> Bluesky:
        """A new one, as after a restart."""
        return Bluesky(dict(self.settings), dict(self.secrets), self.tools())

    def sign_in(self, **settings: Any) -> Desk:
        self.settings |= settings
        self.settings |= self.channel().identify().settings
        return self

    def step(self) -> Batch:
        batch = self.channel().poll(self.cursor)
        self.cursor = json.loads(json.dumps(batch.cursor))
        self.settings |= batch.settings
        self.batches.append(batch)
        return batch

    def look(self) -> list[Message]:
        """What is new or changed since the last look."""
        found: dict[str, Message] = {}
        for _ in range(MOST_STEPS):
            batch = self.step()
            found |= {m.remote_id: m for m in batch.messages}
            self.gone += [c.remote_id for c in batch.changes]
            if not batch.more:
                self.seen |= found
                return list(found.values())
        raise AssertionError("polling never ends")

    def reply_to(self, what: Post | Message | str, text: str, **more: Any) -> Reply:
        """``what`` must have been heard before."""
        identifier = what if isinstance(what, str) else what.uri if isinstance(what, Post) else what.remote_id
        message = self.seen[identifier]
        values: dict[str, Any] = {
            "text": text,
            "private": message.private,
            "key": f"key-{identifier}",
            "parent_id": message.remote_id,
            "parent_author_handle": message.author.handle,
            "parent_author_id": message.author.id,
            "conversation_key": message.conversation_key,
            "reply_context": json.loads(json.dumps(dict(message.reply_context))),
            "attempt_started": self.clock.now(),
        }
        return Reply(**(values | more))


def only(messages: list[Message]) -> Message:
    assert len(messages) == 1, [m.text for m in messages]
    return messages[0]


def texts(messages: list[Message]) -> list[str]:
    return sorted(m.text for m in messages)
