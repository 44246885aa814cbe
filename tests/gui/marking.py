"""A real shop in the real window for the tests of marks: three customers on a network in memory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt

from gui.main_window import MainWindow
from services.app import Shopbell
from services.channels import Registry
from services.credentials import Credentials
from services.model import State
from tests.fakes import FakeClock
from tests.toy import ToyNetwork, toy_channel


def open_app(folder: Path, **facts: Any) -> tuple[Shopbell, ToyNetwork]:
    """``facts`` are abilities of the network."""
    clock = FakeClock()
    network = ToyNetwork(clock)
    credentials = Credentials("marks")
    credentials.keep_for_session()
    channels = Registry([toy_channel(network, **facts)])
    app = Shopbell.open(folder, clock=clock, credentials=credentials, channels=channels)
    app.accounts.add("toy", {}, {"token": "good"}, name="Toy town")
    for number, (name, text) in enumerate(
        (("marta", "The cake was late"), ("jonas", "Lovely buns"), ("bot", "Buy followers")), 1
    ):
        clock.advance(minutes=1)
        network.customer(str(number), text, author=name)
    app.engine.sync_once()
    return app, network


class Town:
    """Customers are named by the remote id of what they wrote: 1, 2, 3."""

    def __init__(self, app: Shopbell, network: ToyNetwork, window: MainWindow, qtbot: Any) -> None:
        self.app, self.network, self.window, self.qtbot = app, network, window, qtbot

    def id(self, remote_id: str) -> int:
        found = self.app.store.find_conversation(1, remote_id)
        assert found is not None
        return found

    def state(self, remote_id: str) -> State:
        return self.app.store.conversation(self.id(remote_id)).state

    def choose(self, *remote_ids: str) -> None:
        rows = self.window.inbox.list
        rows.setFocus()
        self.until(lambda: rows.choose(self.id(remote_ids[0])))
        for one in remote_ids[1:]:
            index = rows.rows.index(rows.rows.row_of(self.id(one)), 0)
            rows.selectionModel().select(index, rows.selectionModel().SelectionFlag.Select)
        talk = self.window.conversation
        assert talk is not None
        self.until(lambda: talk.subject is not None and talk.subject.id == self.id(remote_ids[0]))

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        self.qtbot.keyClick(self.window.inbox.list, key, modifier)

    def until(self, true: Callable[[], object]) -> None:
        self.qtbot.waitUntil(lambda: bool(true()), timeout=20_000)

    def said(self) -> str:
        bar = self.window.inbox.mark_bar
        return bar.words.text() if bar is not None and bar.isVisible() else ""

    def taught(self) -> list[tuple[str, str]]:
        return [(one.text, one.label) for one in self.app.teaching.corrections()]
