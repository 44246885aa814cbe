"""A shop owner's account on the stand-in, polled as the application does it: the cursor goes through JSON."""

from __future__ import annotations

import json
from typing import Any

from services.channels.base import Batch, Reply, Tools
from services.channels.discourse import Discourse
from services.channels.web import Web, WebShared
from services.model import JsonObject, Message
from tests.channels.discourse.forum import Forum
from tests.channels.discourse.shown import Post
from tests.channels.discourse.standin import Standin
from tests.fakes import FakeClock


class Desk:
    """``look`` polls until nothing more is waiting. ``seen`` keeps the last version of every message."""

    def __init__(self, **server: Any) -> None:
        self.clock = FakeClock()
        server.setdefault("empty", True)
        self.server = Standin(self.clock, **server)
        self.server.start()
        self.forum: Forum = self.server.forum
        self.shared = WebShared(self.clock, proxies={})
        self.settings: dict[str, Any] = dict(self.server.settings)
        self.secrets: dict[str, str] = dict(self.server.secrets)
        self.cursor: JsonObject = {}
        self.seen: dict[str, Message] = {}
        self.gone: list[str] = []
        self.batches: list[Batch] = []
        self.web: Web = self.shared.web(secrets=self.secrets.values())

    def close(self) -> None:
        self.server.stop()
        self.shared.close()

    def channel(self) -> Discourse:
        """A new one, as after a restart."""
        return Discourse(self.settings, self.secrets, Tools(self.web, self.clock))

    def sign_in(self, **settings: Any) -> Desk:
        self.settings |= settings
        self.settings |= self.channel().identify().settings
        return self

    def watch(self, path: str = "", **settings: Any) -> Desk:
        """Without a key."""
        self.secrets = {}
        return self.sign_in(url=self.server.url + path, **settings)

    def step(self) -> Batch:
        batch = self.channel().poll(self.cursor)
        self.cursor = json.loads(json.dumps(batch.cursor))
        self.settings |= batch.settings
        self.batches.append(batch)
        return batch

    def look(self, *, rest: bool = True) -> list[Message]:
        """What is new or changed since the last look. ``rest``: waits first, as between two polls."""
        if rest:
            self.clock.advance(minutes=3)
        found: dict[str, Message] = {}
        self.gone = []
        for _ in range(200):
            batch = self.step()
            found |= {m.remote_id: m for m in batch.messages}
            self.gone += [one.remote_id for one in batch.changes]
            if not batch.more:
                self.seen |= found
                return list(found.values())
        raise AssertionError("polling never ends")

    def look_until_quiet(self) -> list[Message]:
        """Through as many rounds as the forum's limits take."""
        found = self.look()
        while self.batches[-1].next_after is not None:
            self.clock.advance(self.batches[-1].next_after.total_seconds())
            found += self.look(rest=False)
        return found

    def reply_to(self, post: Post, text: str, **more: Any) -> Reply:
        """``post`` must have been heard before."""
        message = self.seen[str(post.id)]
        values: dict[str, Any] = {
            "text": text,
            "private": message.private,
            "key": f"key-{post.id}",
            "parent_id": message.remote_id,
            "parent_author_handle": message.author.handle,
            "parent_author_id": message.author.id,
            "conversation_key": message.conversation_key,
            "reply_context": json.loads(json.dumps(dict(message.reply_context))),
            "attempt_started": self.clock.now(),
        }
        return Reply(**(values | more))

    def ours(self) -> list[str]:
        return [one.raw for one in self.forum.written_by("rosie")]

    def asked(self, *parts: str) -> list[str]:
        """Requests since the log was cleared whose path holds one of these."""
        return [one for one in self.server.log if not parts or any(part in one for part in parts)]


def only(messages: list[Message]) -> Message:
    assert len(messages) == 1, [m.text for m in messages]
    return messages[0]
