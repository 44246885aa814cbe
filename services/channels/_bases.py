"""What several channels do in the same words, as bases of theirs; they declare nothing by themselves."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol

from services.channels.base import Channel, Found, Reply, Sent, Suggestion, ThreadRef, Tools, WebPage
from services.model import JsonObject, Message


class Answering(Protocol):
    """Everything about answers in one object, made when it is first needed."""

    def thread(self, conversation: ThreadRef) -> Sequence[Message]: ...
    def send(self, reply: Reply) -> Sent: ...
    def find_sent(self, reply: Reply) -> Found: ...
    def moderate(self, action: str, message_id: str, reply_context: JsonObject) -> None: ...


class AnsweringChannel(Channel):
    """Hands what belongs to answering to ``answers``."""

    @property
    @abstractmethod
    def answers(self) -> Answering: ...

    def thread(self, conversation: ThreadRef) -> Sequence[Message]:
        return self.answers.thread(conversation)

    def send(self, reply: Reply) -> Sent:
        return self.answers.send(reply)

    def find_sent(self, reply: Reply) -> Found:
        return self.answers.find_sent(reply)

    def moderate(self, action: str, message_id: str, reply_context: JsonObject) -> None:
        self.answers.moderate(action, message_id, reply_context)


class LinkedChannel(Channel):
    """Known by its links alone, on a page and typed."""

    @classmethod
    @abstractmethod
    def behind(cls, urls: Sequence[str]) -> Sequence[Suggestion]:
        """The places that these addresses lead to."""

    @classmethod
    def recognise(cls, page: WebPage) -> Sequence[Suggestion]:
        return cls.behind([link.url for link in page.links])

    @classmethod
    def suggest(cls, address: str, tools: Tools) -> Sequence[Suggestion]:
        typed = address.strip()
        return cls.behind([typed if "://" in typed else f"https://{typed}"])
