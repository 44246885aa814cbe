"""The shop's account on a real server, and a line to it that can be cut."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest

from services.channels.base import Reply, Tools
from services.channels.matrix import Matrix
from services.channels.web import WebShared
from services.errors import ChannelError
from services.model import Message


@dataclass
class Desk:
    """The shop's account, looked at as the application does it."""

    person: Any
    shared: WebShared
    settings: dict[str, Any]
    token: str
    cursor: Any = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)
    batches: list[Any] = field(default_factory=list)

    def channel(self) -> Matrix:
        tools = Tools(self.shared.web(secrets=[self.token]), self.shared.clock)
        return Matrix(self.settings, {"access_token": self.token}, tools)

    def sign_in(self) -> Desk:
        self.settings |= self.channel().identify().settings
        return self

    def look(self) -> list[Message]:
        found: dict[str, Message] = {}
        for _ in range(100):
            batch = self.channel().poll(self.cursor)
            self.cursor = batch.cursor
            self.settings |= batch.settings
            found |= {m.remote_id: m for m in batch.messages}
            self.gone += [one.remote_id for one in batch.changes]
            self.batches.append(batch)
            if not batch.more:
                return list(found.values())
        raise AssertionError("polling never ends")

    def only(self) -> Message:
        found = self.look()
        assert len(found) == 1, [m.text for m in found]
        return found[0]

    def reply_to(self, message: Message, text: str, **more: Any) -> Reply:
        values: dict[str, Any] = {
            "text": text, "private": message.private, "key": f"key {message.remote_id} {text[:20]}",
            "parent_id": message.remote_id, "parent_author_handle": message.author.handle,
            "parent_author_id": message.author.id, "conversation_key": message.conversation_key,
            "reply_context": message.reply_context, "attempt_started": self.shared.clock.now(),
        }  # fmt: skip
        return Reply(**(values | more))


class Line:
    """Between us and the server: passes everything on, and cuts the answer to ``cut`` requests that hold a
    word."""

    def __init__(self, server: Any, word: bytes) -> None:
        self.word, self.cut = word, 0
        self._target = urlsplit(server.url)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                ours, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._pass, args=(ours,), daemon=True).start()

    def _pass(self, ours: socket.socket) -> None:
        with socket.create_connection((self._target.hostname, self._target.port)) as theirs, ours:
            threading.Thread(target=self._back, args=(theirs, ours), daemon=True).start()
            while data := ours.recv(65_536):
                self._is_doomed = self.cut > 0 and self.word in data
                theirs.sendall(data)

    _is_doomed = False

    def _back(self, theirs: socket.socket, ours: socket.socket) -> None:
        try:
            while data := theirs.recv(65_536):
                if self._is_doomed:
                    self.cut -= 1
                    ours.shutdown(socket.SHUT_RDWR)
                    return
                ours.sendall(data)
        except OSError:
            return


def raised(call: Callable[[], Any]) -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        call()
    return caught.value
