"""A network of our own contract, for tests: everything in memory, every failure on demand."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, BinaryIO, ClassVar

from services.channels.base import (
    ABSENT,
    UNKNOWN,
    Abilities,
    Badge,
    Batch,
    Bounce,
    Channel,
    Effort,
    Field,
    Found,
    Identity,
    Limits,
    Reply,
    Sent,
    SignIn,
    SignInMethod,
    ThreadRef,
)
from services.errors import ChannelError, SignInNeeded
from services.model import Attachment, Author, Direction, JsonObject, Message, MessageKind

US = Author("shop", "Toy Shop", "@shop")


@dataclass
class ToyNetwork:
    """The far side. ``fail_send``: raised by the next sends, in order; (error, processed) tells whether the
    reply is there all the same."""

    clock: Any
    token: str = "good"
    keeps_keys: bool = True
    can_search: bool = True
    messages: list[Message] = field(default_factory=list)
    fail_poll: list[BaseException] = field(default_factory=list)
    fail_send: list[tuple[BaseException, bool]] = field(default_factory=list)
    fail_find: list[ChannelError] = field(default_factory=list)
    keys: dict[str, Message] = field(default_factory=dict)
    bounces: list[Bounce] = field(default_factory=list)
    polls: int = 0
    sends: int = 0
    listens: int = 0
    ears: int = 0
    """How many listen right now."""
    fail_listen: list[BaseException] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)
    files: dict[tuple[str, str], list[bytes | BaseException]] = field(default_factory=dict)
    """What a saved file is made of, by message and part; an error among the pieces breaks off there."""
    moderated: list[tuple[str, str, JsonObject]] = field(default_factory=list)
    fail_moderate: list[ChannelError] = field(default_factory=list)
    hang: threading.Event | None = None
    is_hanging: bool = False

    def customer(
        self,
        remote_id: str,
        text: str,
        *,
        author: str = "marta",
        at: datetime | None = None,
        key: str = "",
        **more: Any,
    ) -> Message:
        message = Message(
            remote_id=remote_id,
            kind=more.pop("kind", MessageKind.MENTION),
            direction=Direction.INBOUND,
            author=Author(author, author.title(), f"@{author}"),
            text=text,
            sent_at=at or self.clock.now(),
            conversation_key=key or remote_id,
            url=f"https://toy.example/{remote_id}",
            reply_context={"place": remote_id},
            **more,
        )
        with self.lock:
            self.messages.append(message)
        return message

    def say_again(self, message: Message, **changes: Any) -> Message:
        """The network shows it anew, with these changes."""
        changed = replace(message, **changes)
        with self.lock:
            self.messages.append(changed)
        return changed

    def ours(
        self, remote_id: str, text: str, *, parent: str, key: str, at: datetime | None = None
    ) -> Message:
        message = Message(
            remote_id=remote_id,
            kind=MessageKind.REPLY,
            direction=Direction.OUTBOUND,
            author=US,
            text=text,
            sent_at=at or self.clock.now(),
            conversation_key=key,
            parent_id=parent,
            url=f"https://toy.example/{remote_id}",
        )
        with self.lock:
            self.messages.append(message)
        return message

    def replies(self, text: str) -> list[Message]:
        """What the network holds of one text of ours: the number that must never be above one."""
        return [m for m in self.messages if m.direction is Direction.OUTBOUND and m.text == text]

    def accept(self, reply: Reply) -> Message:
        with self.lock:
            self.sends += 1
            if self.keeps_keys and reply.key in self.keys:
                return self.keys[reply.key]
            made = self.ours(
                f"our-{self.sends}", reply.text, parent=reply.parent_id, key=reply.conversation_key
            )
            self.keys[reply.key] = made
            return made


def toy_channel(network: ToyNetwork, *, kind: str = "toy", page: int = 50, **facts: Any) -> type[Channel]:
    """A channel class bound to a network, as a file in services/channels/ would define it."""

    class Toy(Channel):
        title = "Toy"
        badge = Badge(letters="To", hue=120)
        signin = SignIn(
            SignInMethod.TOKEN,
            (Field("place", "Place", required=False), Field("token", "Token", secret=True)),
            Effort.MINUTE,
        )
        abilities: ClassVar[Abilities] = Abilities(
            reads=frozenset({MessageKind.MENTION, MessageKind.DIRECT}),
            summary="Mentions",
            public_reply=True,
            private_reply=True,
            **facts,
        )
        interval = timedelta(minutes=1)

        def _check(self) -> None:
            if self._secrets.get("token") != network.token:
                raise SignInNeeded("token")

        def identify(self) -> Identity:
            self._check()
            return Identity("shop", "Toy Shop", "@shop", "https://toy.example")

        def limits(self) -> Limits:
            return Limits(max_length=100)

        def poll(self, cursor: JsonObject) -> Batch:
            self._check()
            if network.hang is not None:
                network.is_hanging = True
                network.hang.wait(15)
            with network.lock:
                network.polls += 1
                if network.fail_poll:
                    raise network.fail_poll.pop(0)
                start = int(cursor.get("seen", 0))
                found = network.messages[start : start + page]
                end = start + len(found)
                back, network.bounces = tuple(network.bounces), []
                return Batch(
                    tuple(found), cursor={"seen": end}, more=end < len(network.messages), bounces=back
                )

        def listen(self, cursor: JsonObject, stopping: threading.Event) -> bool:
            self._check()
            with network.lock:
                network.listens += 1
                network.ears += 1
                if network.fail_listen:
                    network.ears -= 1
                    raise network.fail_listen.pop(0)
            try:
                while not stopping.wait(0.01):
                    if len(network.messages) > int(cursor.get("seen", 0)):
                        return True
                return False
            finally:
                with network.lock:
                    network.ears -= 1

        def thread(self, conversation: ThreadRef) -> Sequence[Message]:
            self._check()
            with network.lock:
                return [m for m in network.messages if m.conversation_key == conversation.key]

        def moderate(self, action: str, message_id: str, reply_context: JsonObject) -> None:
            self._check()
            if network.fail_moderate:
                raise network.fail_moderate.pop(0)
            network.moderated.append((action, message_id, reply_context))

        def save_attachment(
            self, message_id: str, attachment: Attachment, reply_context: JsonObject, into: BinaryIO
        ) -> None:
            self._check()
            for piece in network.files[message_id, attachment.part]:
                if isinstance(piece, BaseException):
                    raise piece
                into.write(piece)

        def send(self, reply: Reply) -> Sent:
            self._check()
            if network.fail_send:
                error, processed = network.fail_send.pop(0)
                if processed:
                    network.accept(reply)
                raise error
            made = network.accept(reply)
            return Sent(made.remote_id, made.sent_at, made.url)

        def find_sent(self, reply: Reply) -> Found:
            if network.fail_find:
                raise network.fail_find.pop(0)
            if network.can_search:
                for message in network.messages:
                    if message.parent_id == reply.parent_id and message.text == reply.text:
                        return Found(Sent(message.remote_id, message.sent_at, message.url))
            return ABSENT if network.keeps_keys else UNKNOWN

    Toy.kind = kind
    return Toy


def edited(message: Message, text: str, at: datetime) -> Message:
    return replace(message, text=text, edited_at=at, version=at.isoformat())
