"""docs/adding-a-channel.md followed to the letter: its code, a real server, the whole program."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from services.app import Shopbell
from services.channels import Registry
from services.channels.base import Channel
from services.credentials import Credentials
from services.errors import SignInNeeded
from services.model import OutboxState, State
from tests.fakes import FakeClock

KEY = "a-key-for-the-guest-book"


class Book:
    """The far side of the tutorial's guest book."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []
        book = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
                pass

            def _answer(self, status: int, document: object) -> None:
                body = json.dumps(document).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self) -> None:
                if self.headers.get("Authorization") != f"Bearer {KEY}":
                    self._answer(401, {})
                elif self.path == "/me":
                    self._answer(200, {"id": "owner", "name": "Rosie"})
                else:
                    after = parse_qs(urlsplit(self.path).query).get("after", [""])[0]
                    found = [e for e in book.entries if not after or int(e["id"]) > int(after)]
                    self._answer(200, {"entries": found[:2], "more": len(found) > 2})

            def do_POST(self) -> None:
                wish = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self._answer(200, book.write("owner", "Rosie", wish["text"], wish["answers"]))

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()

    def write(self, author: str, name: str, text: str, answers: str = "") -> dict[str, Any]:
        entry = {
            "id": str(len(self.entries) + 1),
            "author": {"id": author, "name": name},
            "text": text,
            "at": f"2026-11-24T06:{len(self.entries):02d}:00Z",
            "answers": answers,
        }
        self.entries.append(entry)
        return entry

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def book() -> Iterator[Book]:
    made = Book()
    yield made
    made.close()


@pytest.fixture(scope="module")
def guest_book_class(tmp_path_factory: pytest.TempPathFactory) -> type[Channel]:
    """The file a reader of the page ends up with."""
    page = (Path(__file__).parents[2] / "docs" / "adding-a-channel.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", page, re.S)
    assert len(blocks) == 4
    names: dict[str, Any] = {"__name__": "guestbook"}
    exec(compile("\n".join(blocks), "guestbook.py", "exec"), names)
    found = names["GuestBook"]
    assert isinstance(found, type)
    return found


@pytest.fixture
def app(tmp_path: Path, guest_book_class: type[Channel]) -> Iterator[Shopbell]:
    credentials = Credentials("tutorial")
    credentials.keep_for_session()
    made = Shopbell.open(
        tmp_path / "profile",
        clock=FakeClock(),
        credentials=credentials,
        channels=Registry([guest_book_class]),
    )
    yield made
    made.close()


def test_it_is_read_answered_and_found_again(app: Shopbell, book: Book) -> None:
    for n in range(5):
        book.write(f"guest{n}", f"Guest {n}", f"Entry {n}")
    book.write("owner", "Rosie", "Thank you!", answers="1")
    app.accounts.add("guestbook", {"url": book.url}, {"key": KEY})
    assert app.engine.sync_once().accounts[0].new == 6
    states = {row.customer_name: row.state for row in app.inbox.page("all").conversations}
    assert states.pop("Guest 0") is State.WAITING
    assert set(states.values()) == {State.NEW}
    row = next(r for r in app.inbox.page("new").conversations if r.customer_name == "Guest 3")
    item = app.inbox.reply(row.id, "So glad you liked it", hold_s=0)
    app.engine.send_due()
    assert app.store.outbox_item(item.id).state is OutboxState.SENT
    assert [e["text"] for e in book.entries if e["answers"] == "4"] == ["So glad you liked it"]
    app.engine.sync_once()
    assert len(app.inbox.open(row.id).messages) == 2


def test_a_wrong_key_leaves_nothing_behind(app: Shopbell, book: Book) -> None:
    with pytest.raises(SignInNeeded):
        app.accounts.add("guestbook", {"url": book.url}, {"key": "wrong"})
    assert app.store.accounts() == ()
