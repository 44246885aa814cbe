"""A signed-in channel on a real WordPress, and what is asked of it."""

from __future__ import annotations

from typing import Any

from services.app import Shopbell
from services.channels.base import Reply, Tools
from services.channels.web import WebShared
from services.channels.wordpress import WordPress
from services.clock import SystemClock
from services.model import Account, Message

opened: list[WebShared] = []


def tools(*secrets: str) -> Tools:
    shared = WebShared(SystemClock(), proxies={})
    opened.append(shared)
    return Tools(shared.web(secrets=secrets), shared.clock)


def channel(site: Any, user: str = "shop", password: str = "", **settings: Any) -> WordPress:
    """Signed in with a password of its own."""
    password = password or site.make_password(user)
    made = WordPress({"url": site.url, "user": user, **settings}, {"app_password": password}, tools(password))
    return WordPress({**made.settings, **made.identify().settings}, {"app_password": password}, made.tools)


def look(one: WordPress, cursor: Any = None) -> tuple[dict[str, Message], list[str], Any]:
    found: dict[str, Message] = {}
    gone: list[str] = []
    cursor = cursor or {}
    for _ in range(60):
        batch = one.poll(cursor)
        found |= {m.remote_id: m for m in batch.messages}
        gone += [c.remote_id for c in batch.changes]
        cursor = batch.cursor
        if not batch.more:
            return found, gone, cursor
    raise AssertionError("polling never ends")


def reply_to(message: Message, text: str) -> Reply:
    return Reply(
        text=text, private=False, key=f"key-{text}", parent_id=message.remote_id, parent_author_handle="",
        parent_author_id=message.author.id, conversation_key=message.conversation_key,
        reply_context=message.reply_context, attempt_started=SystemClock().now(),
    )  # fmt: skip


def in_database(site: Any, number: str | int) -> dict[str, str]:
    found: dict[str, str] = site.php(f"answer(get_comment({number}));")
    return found


def add(app: Shopbell, site: Any) -> Account:
    return app.accounts.add(
        "wordpress", {"url": site.url, "user": "shop"}, {"app_password": site.make_password()}
    )
