"""All that the conversation pane draws of one conversation, read in a worker and handed over whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from services.channels.base import Abilities, Badge, Limits, Reply
from services.errors import Refused
from services.model import Account, Direction, Thread, ThreadMessage


@dataclass(frozen=True, slots=True)
class Subject:
    """``parent`` is the customer message a reply would answer; None: there is none any more.

    ``prefix_public``/``prefix_private`` is what the channel puts before the text by itself. ``us`` is how
    the reply is signed there.
    """

    thread: Thread
    account: Account
    place: str
    badge: Badge
    abilities: Abilities
    us: str
    parent: ThreadMessage | None = None
    limits: Limits = field(default_factory=Limits)
    prefix_public: str = ""
    prefix_private: str = ""
    page_url: str = ""

    @property
    def id(self) -> int:
        return self.thread.conversation.id

    @property
    def customer(self) -> str:
        conversation = self.thread.conversation
        return conversation.customer_name or conversation.customer_handle

    @property
    def is_private(self) -> bool:
        """What the customer wrote is for the two only; an answer must never become public."""
        return self.parent.private if self.parent is not None else self.thread.conversation.private

    @property
    def can_switch(self) -> bool:
        return not self.is_private and self.abilities.public_reply and self.abilities.private_reply

    @property
    def is_copied(self) -> bool:
        """Answers are pasted by the owner on the network's own page."""
        able = self.abilities.private_reply if self.is_private else self.abilities.public_reply
        return not able and self.abilities.copy_and_open

    def prefix(self, private: bool) -> str:
        return self.prefix_private if private else self.prefix_public


def read_subject(app: Any, conversation_id: int, limit: int = 500) -> Subject:
    """Runs in a worker. Raises NotFound when the conversation is gone."""
    thread: Thread = app.inbox.open(conversation_id, limit=limit)
    account: Account = app.store.account(thread.conversation.account_id)
    kind = app.channels.get(account.kind)
    us = app.settings.current.shop_name or account.handle or account.name
    try:
        parent = app.inbox.answerable(thread)
    except Refused:
        parent = None
    channel = app.accounts.bare_channel(account)
    page = parent.url if parent is not None and parent.url else thread.conversation.url
    return Subject(
        thread=thread,
        account=account,
        place=kind.title,
        badge=kind.badge,
        abilities=kind.abilities,
        us=us,
        parent=parent,
        limits=_limits(channel, parent),
        prefix_public=_prefix(channel, parent, private=False),
        prefix_private=_prefix(channel, parent, private=True),
        page_url=channel.reply_page(page) if page else "",
    )


def _limits(channel: Any, parent: ThreadMessage | None) -> Limits:
    if parent is None:
        found: Limits = channel.limits()
    else:
        found = channel.limits_for(Reply.sketch(parent, "", private=parent.private))
    return found


def _prefix(channel: Any, parent: ThreadMessage | None, *, private: bool) -> str:
    if parent is None:
        return ""
    return channel.prefix(Reply.sketch(parent, "", private=private))


def their_messages(thread: Thread) -> list[ThreadMessage]:
    return [one for one in thread.messages if one.direction is Direction.INBOUND and one.is_addressed]
