# ruff: noqa: E501 - markup stands as it is sent
"""A desk with one feed account on a server that does as it is told."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import Any

import pytest

from services.channels.base import Batch, Identity, Tools
from services.channels.feeds import Feeds
from services.channels.web import WebShared
from services.model import Message
from tests.fakes import FakeClock
from tests.hostile import server as bad
from tests.hostile.server import HostileServer


@dataclass
class Post:
    """One item of the feed a test writes."""

    guid: str
    title: str = "Rolls"
    text: str = "Hard as stone."
    link: str = ""
    author: str = "Marta"
    sent: datetime | None = None
    more: str = ""


def document(
    posts: list[Post], title: str = "Town talk", head: str = "", site: str = "https://talk.example/"
) -> bytes:
    items = "".join(
        f"<item><guid isPermaLink='false'>{p.guid}</guid><title>{p.title}</title><link>{p.link or site + p.guid}</link>"
        f"<description>&lt;p&gt;{p.text}&lt;/p&gt;</description><dc:creator>{p.author}</dc:creator>"
        + (f"<pubDate>{format_datetime(p.sent)}</pubDate>" if p.sent else "")
        + f"{p.more}</item>"
        for p in posts
    )
    return (
        '<?xml version="1.0"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:slash="http://purl.org/rss/1.0/modules/slash/" xmlns:wfw="http://wellformedweb.org/CommentAPI/" '
        f'xmlns:thr="http://purl.org/syndication/thread/1.0"><channel><title>{title}</title><link>{site}</link>{head}{items}</channel></rss>'
    ).encode()


@dataclass
class Desk:
    """Polls as the poller does: the cursor goes through JSON, settings that change are taken over, ``more`` is followed."""

    server: HostileServer
    shared: WebShared
    clock: FakeClock
    settings: dict[str, Any] = field(default_factory=dict)
    cursor: Any = field(default_factory=dict)
    last: Batch = field(default_factory=Batch)
    batches: list[Batch] = field(default_factory=list)
    channel: Feeds | None = None

    @property
    def tools(self) -> Tools:
        return Tools(self.shared.web(allow_http=True), self.clock)

    def feed(
        self,
        posts: list[Post],
        path: str = "/feed",
        etag: str = "",
        headers: dict[str, str] | None = None,
        **more: Any,
    ) -> str:
        body = document(posts, **more)
        kinds = {"Content-Type": "application/rss+xml", **(headers or {})}
        return self.server.on(path, bad.conditional(body, etag) if etag else bad.answer(body, kinds))

    def follow(self, path: str = "/feed", **settings: str) -> Desk:
        self.settings = {"url": self.server.url + path, **settings}
        return self

    def identify(self) -> Identity:
        identity = Feeds(self.settings, {}, self.tools).identify()
        self.settings.update(identity.settings)
        return identity

    def look(self, *, forgetful: bool = False) -> list[Message]:
        """``forgetful``: a new channel object for every step, as after a restart."""
        found: list[Message] = []
        self.batches = []
        self.channel = self.channel or Feeds(self.settings, {}, self.tools)
        for _ in range(200):
            if forgetful:
                self.channel = Feeds(self.settings, {}, self.tools)
            self.last = self.channel.poll(self.cursor)
            self.batches.append(self.last)
            self.cursor = json.loads(json.dumps(self.last.cursor))
            found += self.last.messages
            if self.last.settings:
                self.settings.update(self.last.settings)
                self.channel = Feeds(self.settings, {}, self.tools)
            if not self.last.more:
                return found
        raise AssertionError("it never ends")


@pytest.fixture
def desk() -> Iterator[Desk]:
    clock = FakeClock()
    shared = WebShared(clock)
    with HostileServer() as server:
        yield Desk(server, shared, clock)
    shared.close()


Write = Callable[..., list[Post]]
