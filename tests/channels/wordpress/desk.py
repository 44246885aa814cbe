"""A shop owner's account on the stand-in, polled as the application does it: the cursor goes through JSON."""

from __future__ import annotations

import json
from typing import Any

from services.channels.base import Batch, Reply, Tools
from services.channels.web import Web, WebShared
from services.channels.wordpress import WordPress
from services.model import JsonObject, Message
from tests.channels.wordpress.records import Comment
from tests.channels.wordpress.site import Site
from tests.fakes import FakeClock


class Desk:
    """``look`` polls until nothing more is waiting. ``seen`` keeps the last version of every message."""

    def __init__(self, role: str = "administrator", **site: Any) -> None:
        self.clock = FakeClock()
        self.site = Site(self.clock, **site)
        self.rosie = self.site.make_user("rosie", role, "Rosie")
        self.post = self.site.make_post("Sourdough & rye")
        self.site.start()
        self.shared = WebShared(self.clock, proxies={})
        self.settings: dict[str, Any] = {"url": self.site.url, "user": "rosie"}
        self.secrets = {"app_password": self.site.make_password(self.rosie)}
        self.cursor: JsonObject = {}
        self.seen: dict[str, Message] = {}
        self.gone: list[str] = []
        self.web: Web = self.shared.web(secrets=self.secrets.values())

    def close(self) -> None:
        self.site.stop()
        self.shared.close()

    def channel(self) -> WordPress:
        """A new one, as after a restart."""
        return WordPress(self.settings, self.secrets, Tools(self.web, self.clock))

    def sign_in(self, **settings: Any) -> Desk:
        self.settings |= settings
        self.settings |= self.channel().identify().settings
        return self

    def step(self) -> Batch:
        batch = self.channel().poll(self.cursor)
        self.cursor = json.loads(json.dumps(batch.cursor))
        self.settings |= batch.settings
        return batch

    def look(self) -> list[Message]:
        """What is new or changed since the last look."""
        found: dict[str, Message] = {}
        for _ in range(200):
            batch = self.step()
            found |= {m.remote_id: m for m in batch.messages}
            self.gone += [one.remote_id for one in batch.changes]
            if not batch.more:
                self.seen |= found
                return list(found.values())
        raise AssertionError("polling never ends")

    def say(self, text: str, who: str = "marta", **more: Any) -> Comment:
        return self.site.say(who, text, self.post, **more)

    def reply_to(self, comment: Comment, text: str, **more: Any) -> Reply:
        """``comment`` must have been heard before."""
        message = self.seen[str(comment.id)]
        values: dict[str, Any] = {
            "text": text,
            "private": False,
            "key": f"key-{comment.id}",
            "parent_id": message.remote_id,
            "parent_author_handle": message.author.handle,
            "parent_author_id": message.author.id,
            "conversation_key": message.conversation_key,
            "reply_context": json.loads(json.dumps(dict(message.reply_context))),
            "attempt_started": self.clock.now(),
        }
        return Reply(**(values | more))

    def answers(self) -> list[Comment]:
        return self.site.written_by(self.rosie)


def only(messages: list[Message]) -> Message:
    assert len(messages) == 1, [m.text for m in messages]
    return messages[0]
