"""A shop's mail account on the stand-in, polled as the application does it: a new channel for every step, the
cursor through JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from services.channels.base import Batch, Bounce, Reply, Tools
from services.channels.email import Email
from services.channels.web import WebShared
from services.clock import SystemClock
from services.model import JsonObject, Message
from tests.channels.email.standin import Standin

MOST_STEPS = 200


class Desk:
    """``look`` polls until nothing more is waiting; ``seen`` keeps every message by its id."""

    def __init__(self, *, empty: bool = True, implicit: bool = True) -> None:
        self.clock = SystemClock()
        self.standin = Standin(empty=empty, implicit=implicit)
        self.standin.start()
        self.shared = WebShared(self.clock, proxies={})
        self.settings: dict[str, Any] = dict(self.standin.settings)
        self.secrets: dict[str, str] = dict(self.standin.secrets)
        self.cursor: JsonObject = {}
        self.seen: dict[str, Message] = {}
        self.bounces: list[Bounce] = []

    def close(self) -> None:
        self.shared.close()
        self.standin.stop()

    @property
    def imap(self) -> Any:
        return self.standin.imap

    @property
    def smtp(self) -> Any:
        return self.standin.smtp

    def tools(self, backfill: timedelta = timedelta(days=14)) -> Tools:
        return Tools(self.shared.web(secrets=self.secrets.values()), self.clock, backfill=backfill)

    def channel(self, **settings: Any) -> Email:
        return Email({**self.settings, **settings}, self.secrets, self.tools())

    def sign_in(self) -> Desk:
        self.settings |= self.channel().identify().settings
        return self

    def step(self) -> Batch:
        batch = self.channel().poll(self.cursor)
        self.cursor = json.loads(json.dumps(batch.cursor))
        self.bounces += batch.bounces
        return batch

    def look(self) -> list[Message]:
        found: dict[str, Message] = {}
        for _ in range(MOST_STEPS):
            batch = self.step()
            found |= {one.remote_id: one for one in batch.messages}
            if not batch.more:
                self.seen |= found
                return list(found.values())
        raise AssertionError("polling never ends")

    def hear(self, mail: Any, folder: str = "INBOX", **more: Any) -> Message:
        """Delivers one mail and returns what it became."""
        self.standin.deliver(mail, folder, **more)
        (message,) = self.look()
        return message

    def reply_to(self, message: Message, text: str = "So sorry.", **more: Any) -> Reply:
        values: dict[str, Any] = {
            "text": text,
            "private": True,
            "key": f"key-{message.remote_id}",
            "parent_id": message.remote_id,
            "parent_author_handle": message.author.handle,
            "parent_author_id": message.author.id,
            "conversation_key": message.conversation_key,
            "reply_context": json.loads(json.dumps(dict(message.reply_context))),
            "attempt_started": datetime.now(UTC),
        }
        return Reply(**{**values, **more})
