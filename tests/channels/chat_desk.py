"""A shop's account in front of a stand-in, polled as the application does it: a new object for every step,
and the cursor through JSON each time."""

from __future__ import annotations

import json
from typing import Any

from services.channels.base import Batch, ChannelType, Reply, Tools
from services.channels.web import WebShared
from services.model import Deletion, JsonObject, Message
from tests.fakes import FakeClock

MOST_STEPS = 300


class ChatDesk:
    """``look`` polls until nothing more is waiting. ``seen`` keeps the last version of every message."""

    def __init__(self, kind: ChannelType, standin: Any, clock: FakeClock) -> None:
        self.kind = kind
        self.standin = standin
        self.clock = clock
        self.standin.start()
        self.shared = WebShared(clock, proxies={})
        self.settings: dict[str, Any] = dict(standin.settings)
        self.secrets: dict[str, str] = dict(standin.secrets)
        self.cursor: JsonObject = {}
        self.seen: dict[str, Message] = {}
        self.gone: list[str] = []
        self.batches: list[Batch] = []

    def close(self) -> None:
        self.shared.close()
        self.standin.stop()

    def channel(self) -> Any:
        """A new one, as after a restart."""
        web = self.shared.web(secrets=self.secrets.values())
        return self.kind(self.settings, self.secrets, Tools(web, self.clock))

    def sign_in(self, **settings: Any) -> Any:
        self.settings |= settings
        identity = self.channel().identify()
        self.settings |= identity.settings
        if identity.note:
            self.settings["note"] = identity.note
        return identity

    def step(self, channel: Any = None) -> Batch:
        """``channel``: one that lives longer, as within one round of the application."""
        batch: Batch = (channel or self.channel()).poll(self.cursor)
        if batch.cursor is not None:
            self.cursor = json.loads(json.dumps(batch.cursor))
        self.settings.update(batch.settings)
        self.batches.append(batch)
        return batch

    def look(self) -> list[Message]:
        """What is new or changed since the last look, in the order of its coming."""
        found: dict[str, Message] = {}
        for _ in range(MOST_STEPS):
            batch = self.step()
            found |= {m.remote_id: m for m in batch.messages}
            self.seen |= found
            self.gone += [c.remote_id for c in batch.changes if isinstance(c, Deletion)]
            if not batch.more:
                return list(found.values())
        raise AssertionError("polling never ends")

    def reply_to(self, message: Message, text: str, **more: Any) -> Reply:
        values: dict[str, Any] = {
            "text": text,
            "private": message.private,
            "key": f"0b9f6f2e-6a55-4a0f-9d2c-{abs(hash(message.remote_id)) % 10**12:012d}",
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
