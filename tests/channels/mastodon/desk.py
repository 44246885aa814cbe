"""A shop owner's account on the sample server, polled as the application does it: the cursor goes through
JSON each time."""

from __future__ import annotations

import json
from typing import Any

from services.channels.base import Batch, Channel, Reply, Tools
from services.channels.mastodon import Mastodon
from services.channels.web import Web, WebShared
from services.model import Deletion, JsonObject, Message
from services.sample import SampleShop
from services.sample.records import Status
from tests.fakes import FakeClock

FLAVOURS = ("mastodon", "gotosocial", "pleroma", "pixelfed")
MOST_STEPS = 200


class Desk:
    """``look`` polls until nothing more is waiting. ``seen`` keeps the last version of every message by its
    id."""

    def __init__(self, flavour: str = "mastodon", *, kind: type[Channel] = Mastodon, **shop: Any) -> None:
        self.clock = FakeClock()
        shop.setdefault("count", 0)
        self.shop = SampleShop(self.clock, flavour=flavour, **shop)
        self.shop.start()
        if not shop["count"] and shop["count"] is not None:
            # Nobody has ever written or followed.
            self.shop.world.notifications.clear()
        self.shared = WebShared(self.clock, proxies={})
        self.kind = kind
        self.settings: dict[str, Any] = {"server": self.shop.handle}
        self.secrets: dict[str, str] = {"access_token": self.shop.access_token}
        self.cursor: JsonObject = {}
        self.seen: dict[str, Message] = {}
        self.gone: list[str] = []
        self.web: Web = self.shared.web(secrets=self.secrets.values())

    def close(self) -> None:
        self.shop.stop()
        self.shared.close()

    def tools(self, **more: Any) -> Tools:
        return Tools(self.web, self.clock, **more)

    def channel(self) -> Any:
        """A new one, as after a restart."""
        return self.kind(self.settings, self.secrets, self.tools())

    def sign_in(self, **settings: Any) -> Desk:
        self.settings |= settings
        self.settings |= self.channel().identify().settings
        return self

    def step(self) -> Batch:
        batch: Batch = self.channel().poll(self.cursor)
        self.cursor = json.loads(json.dumps(batch.cursor))
        return batch

    def look(self) -> list[Message]:
        """What is new or changed since the last look."""
        found: dict[str, Message] = {}
        for _ in range(MOST_STEPS):
            batch = self.step()
            found |= {m.remote_id: m for m in batch.messages}
            self.gone += [c.remote_id for c in batch.changes if isinstance(c, Deletion)]
            if not batch.more:
                self.seen |= found
                return list(found.values())
        raise AssertionError("polling never ends")

    def paths(self) -> list[str]:
        return [f"{s.method} {s.path}" for s in self.shop.requests()]

    def reply_to(self, status: Status | Message, text: str, **more: Any) -> Reply:
        """``status`` must have been heard before."""
        identifier = status.id if isinstance(status, Status) else status.remote_id
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
