"""A real shop for the tests of the conversation pane: real store, real sender, a network in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtWidgets import QApplication

from gui.bridge import Bridge
from gui.conversation.pane import ConversationPane
from gui.theme import Theme
from services.app import Shopbell
from services.channels import Registry
from services.credentials import Credentials
from services.events import MessagesChanged, ReplyChanged
from services.model import Account, OutboxState
from tests.fakes import FakeClock
from tests.toy import ToyNetwork, toy_channel


@dataclass
class Talk:
    """The shop, its far side and the pane. ``settle`` waits until no work is under way."""

    app: Shopbell
    clock: FakeClock
    network: ToyNetwork
    pane: ConversationPane
    account: Account
    qtbot: Any

    def hear(self) -> None:
        self.app.engine.sync_once()

    def open(self, remote_id: str) -> int:
        found = self.app.store.find_conversation(self.account.id, remote_id)
        assert found is not None
        self.pane.open(found)
        self.until(lambda: self.pane.subject is not None and self.pane.subject.id == found)
        return found

    def until(self, true: Callable[[], bool], timeout: int = 20_000) -> None:
        self.qtbot.waitUntil(true, timeout=timeout)

    def write(self, text: str) -> None:
        self.pane.composer.editor.setFocus()
        self.qtbot.keyClicks(self.pane.composer.editor, text)

    def lines(self) -> list[str]:
        """The line below every bubble, oldest first; empty where a later bubble carries it."""
        return [one.entry.meta.text if one.entry.meta else "" for one in self.pane.messages.bubbles()]

    def texts(self) -> list[str]:
        return [one.entry.message.text for one in self.pane.messages.bubbles()]

    def outbox(self, *states: OutboxState) -> list[str]:
        return [one.text for one in self.app.store.outbox(set(states) or None)]


class Listener(QObject):
    """What the window does with events, as far as the pane is concerned."""

    def __init__(self, pane: ConversationPane) -> None:
        super().__init__(pane)
        self._pane = pane

    @Slot(object)
    def happened(self, events: object) -> None:
        changed: set[int] = set()
        for event in events:  # type: ignore[attr-defined]
            if isinstance(event, MessagesChanged):
                changed |= event.conversations
            elif isinstance(event, ReplyChanged):
                changed.add(event.conversation_id)
        if changed:
            self._pane.refresh(frozenset(changed))


def make_talk(
    tmp_path: Path, theme: Theme, qtbot: Any, *, replies: bool = True, **facts: Any
) -> Iterator[Talk]:
    """``replies`` false: the network takes no answers from outside. ``facts`` are abilities of the
    network."""
    clock = FakeClock()
    network = ToyNetwork(clock)
    credentials = Credentials("talk")
    credentials.keep_for_session()
    channel = toy_channel(network, **facts)
    if not replies:
        channel.abilities = replace(channel.abilities, public_reply=False, private_reply=False)
    app = Shopbell.open(
        tmp_path / "profile",
        clock=clock,
        credentials=credentials,
        channels=Registry([channel]),
    )
    app.settings.update(shop_name="Rosie’s Bakery", owner_first_name="Ana")
    account = app.accounts.add("toy", {}, {"token": "good"}, name="Toy town")
    app.engine.sync_once()
    pane = ConversationPane(app, theme)
    listener = Listener(pane)
    bridge = Bridge(app.events, pane)
    bridge.happened.connect(listener.happened)
    pane.resize(700, 760)
    pane.show()
    qtbot.waitExposed(pane)
    yield Talk(app, clock, network, pane, account, qtbot)
    bridge.close()
    pane.finish()
    qtbot.waitUntil(lambda: pane._jobs.waiting == 0, timeout=20_000)
    QApplication.clipboard().clear()
    pane.close()
    pane.deleteLater()
    app.close()


def ask(
    talk: Talk, text: str = "The name on the cake was wrong. Nobody answered the phone!", **more: Any
) -> int:
    talk.network.customer("1", text, **more)
    talk.hear()
    return talk.open("1")


def queue(talk: Talk, text: str) -> None:
    talk.write(text)
    assert talk.pane.composer.send_button.isEnabled()
    talk.qtbot.mouseClick(talk.pane.composer.send_button, Qt.MouseButton.LeftButton)
    talk.until(lambda: talk.pane.undo_bar.isVisible())


def leave(talk: Talk) -> None:
    """The hold runs down and the sender does its work."""
    talk.clock.advance(11)
    talk.app.engine.send_due()
