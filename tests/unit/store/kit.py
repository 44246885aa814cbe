"""Builders for the store's tests: messages as a channel yields them, on a clock that stands still."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from services.model import NOTHING, Author, Deletion, Direction, JsonObject, Message, MessageKind, Verdict
from tests.fakes import TUESDAY

US = Author("us", "Crumb & Co", "@crumb")
COMPLAINT = Verdict(0.9, True, ("wrong", "cold"), "order")
PRAISE = Verdict(0.05, False, (), "praise")
SPAM = Verdict(0.1, False, (), "", True)


@dataclass(frozen=True)
class Step:
    """The shape of ``channels.base.Batch``, which the store must not import."""

    messages: tuple[Message, ...] = ()
    changes: tuple[Deletion, ...] = ()
    cursor: JsonObject = NOTHING
    settings: JsonObject = NOTHING
    live: bool = True
    bounces: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Told:
    """The shape of ``channels.base.Sent``."""

    remote_id: str
    sent_at: datetime
    url: str = ""
    text: str = ""
    is_pending: bool = False


@dataclass
class Builder:
    """``said("a", minutes=-10)``: a customer's message ten minutes before the clock's start."""

    start: datetime = TUESDAY
    defaults: dict[str, Any] = field(default_factory=dict)

    def said(
        self,
        remote_id: str,
        text: str = "Is it gluten free?",
        *,
        minutes: float = 0,
        days: float = 0,
        author: str | Author = "marta",
        **more: Any,
    ) -> Message:
        if isinstance(author, str):
            author = Author(author, author.title(), f"@{author}")
        values: dict[str, Any] = {
            "remote_id": remote_id,
            "kind": MessageKind.MENTION,
            "direction": Direction.INBOUND,
            "author": author,
            "text": text,
            "sent_at": self.start + timedelta(minutes=minutes, days=days),
        }
        return Message(**(values | self.defaults | more))

    def answered(self, remote_id: str, text: str = "It is.", parent: str = "", **more: Any) -> Message:
        return replace(
            self.said(remote_id, text, **more), direction=Direction.OUTBOUND, author=US, parent_id=parent
        )
