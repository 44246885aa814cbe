"""Marks by one key, each with its undo; folded words; the spam view. A real store, the real window."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QPushButton

from gui.conversation.bubble import UNFOLD
from gui.inbox.model import RowRole
from gui.main_window import MainWindow
from services.app import Shopbell
from services.channels import Registry
from services.credentials import Credentials
from services.model import State, Verdict
from tests.fakes import FakeClock
from tests.toy import ToyNetwork, toy_channel

ABUSE = Verdict(0.1, label="abuse")
FOLDED = "This message may be abusive"


class Shop:
    """Three customers; ``learned`` what the triage was told each time."""

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


@pytest.fixture
def open_app(tmp_path: Path) -> Iterator[Callable[..., tuple[Shopbell, ToyNetwork]]]:
    made: list[Shopbell] = []

    def open_one(**facts: Any) -> tuple[Shopbell, ToyNetwork]:
        clock = FakeClock()
        network = ToyNetwork(clock)
        credentials = Credentials("marks")
        credentials.keep_for_session()
        app = Shopbell.open(
            tmp_path / "profile",
            clock=clock,
            credentials=credentials,
            channels=Registry([toy_channel(network, **facts)]),
        )
        made.append(app)
        app.accounts.add("toy", {}, {"token": "good"}, name="Toy town")
        for number, (name, text) in enumerate(
            (("marta", "The cake was late"), ("jonas", "Lovely buns"), ("bot", "Buy followers")), 1
        ):
            clock.advance(minutes=1)
            network.customer(str(number), text, author=name)
        app.engine.sync_once()
        return app, network

    yield open_one
    for app in made:
        app.close()


@pytest.fixture
def open_shop(
    open_app: Callable[..., tuple[Shopbell, ToyNetwork]], make_window: Any, qtbot: Any
) -> Callable[..., Shop]:
    """The window ends before the application does."""

    def open_one(**facts: Any) -> Shop:
        app, network = open_app(**facts)
        window = make_window(app)
        shop = Shop(app, network, window, qtbot)
        shop.until(lambda: window.inbox.model.rowCount() == 3)
        return shop

    return open_one


@pytest.fixture
def shop(open_shop: Callable[..., Shop]) -> Shop:
    return open_shop()


def test_one_key_says_complaint_and_z_takes_it_back(shop: Shop) -> None:
    before = shop.app.store.rows([shop.id("2")])
    shop.choose("2")
    shop.press(Qt.Key.Key_C)
    shop.until(shop.said)
    assert shop.said() == "Marked as a complaint"
    assert shop.taught() == [("Lovely buns", "complaint")]
    assert shop.app.store.conversation(shop.id("2")).is_complaint
    assert shop.window.actions_["undo"].isEnabled()
    shop.press(Qt.Key.Key_Z)
    shop.until(lambda: not shop.taught())
    after = shop.app.store.rows([shop.id("2")])
    assert after[shop.id("2")].is_complaint is before[shop.id("2")].is_complaint
    shop.until(lambda: not shop.said())
    assert not shop.window.actions_["undo"].isEnabled()


def test_not_a_complaint_leaves_the_view_and_comes_back_by_the_button(shop: Shop) -> None:
    shop.app.inbox.label(shop.id("1"), "complaint")
    shop.window.show_view("complaints")
    shop.until(lambda: shop.window.inbox.model.row_of(shop.id("1")) >= 0)
    shop.choose("1")
    shop.press(Qt.Key.Key_C, Qt.KeyboardModifier.ShiftModifier)
    shop.until(lambda: shop.window.inbox.model.row_of(shop.id("1")) < 0)
    bar = shop.window.inbox.mark_bar
    assert bar is not None
    assert bar.back.accessibleName() == "Undo: Marked as no complaint"
    shop.qtbot.mouseClick(bar.back, Qt.MouseButton.LeftButton)
    shop.until(lambda: shop.window.inbox.model.row_of(shop.id("1")) >= 0)
    assert shop.taught() == [("The cake was late", "complaint")]


def test_spam_by_one_key_teaches_and_comes_back(shop: Shop) -> None:
    shop.choose("3")
    shop.press(Qt.Key.Key_Exclam)
    shop.until(lambda: shop.state("3") is State.SPAM)
    assert shop.taught() == [("Buy followers", "spam")]
    shop.until(lambda: shop.window.inbox.model.row_of(shop.id("3")) < 0)
    shop.press(Qt.Key.Key_Z)
    shop.until(lambda: shop.state("3") is State.NEW)
    assert shop.taught() == []
    shop.until(lambda: shop.window.inbox.model.row_of(shop.id("3")) >= 0)


def test_what_the_network_was_told_stays_told_there(open_shop: Callable[..., Shop]) -> None:
    shop = open_shop(spam=True)
    shop.choose("3")
    shop.press(Qt.Key.Key_Exclam)
    shop.until(lambda: shop.network.moderated)
    shop.until(shop.said)
    shop.press(Qt.Key.Key_Z)
    told = "Taken back here. The network was told, and keeps it as spam."
    shop.until(lambda: shop.said() == told)
    bar = shop.window.inbox.mark_bar
    assert bar is not None
    assert not bar.back.isVisible()
    assert (shop.state("3"), shop.taught()) == (State.DONE, [])


def test_several_at_once_are_one_undo(shop: Shop) -> None:
    shop.choose("1", "2")
    shop.press(Qt.Key.Key_E)
    shop.until(lambda: shop.said() == "2 done")
    assert [shop.state(one) for one in ("1", "2", "3")] == [State.DONE, State.DONE, State.NEW]
    shop.press(Qt.Key.Key_Z)
    shop.until(lambda: shop.state("1") is State.NEW)
    assert shop.state("2") is State.NEW


def test_what_the_head_does_is_taken_back_by_the_same_key(shop: Shop) -> None:
    shop.choose("1")
    talk = shop.window.conversation
    assert talk is not None
    talk.deeds.act("spam")
    shop.until(lambda: shop.state("1") is State.SPAM)
    shop.until(shop.said)
    shop.press(Qt.Key.Key_Z)
    shop.until(lambda: shop.state("1") is State.NEW)


def test_not_spam_puts_back_and_teaches(shop: Shop) -> None:
    shop.app.moderation.mark_spam([shop.id("3")])
    shop.window.show_view("spam")
    shop.until(lambda: shop.window.inbox.model.row_of(shop.id("3")) >= 0)
    shop.choose("3")
    shop.press(Qt.Key.Key_S, Qt.KeyboardModifier.ShiftModifier)
    shop.until(lambda: shop.state("3") is State.NEW)
    assert shop.taught() == [("Buy followers", "not-spam")]
    shop.until(lambda: shop.window.inbox.model.rowCount() == 0)


def test_muted_by_one_key_and_heard_again(shop: Shop) -> None:
    shop.choose("1")
    shop.press(Qt.Key.Key_M)
    shop.until(lambda: [one.name for one in shop.app.inbox.muted()] == ["Marta"])
    shop.until(lambda: shop.state("1") is State.DONE)
    shop.until(shop.said)
    assert shop.said() == "This person is muted, everywhere"
    shop.press(Qt.Key.Key_Z)
    shop.until(lambda: not shop.app.inbox.muted())
    shop.until(lambda: shop.state("1") is State.NEW)


def test_muted_words_are_folded_in_the_thread(shop: Shop) -> None:
    talk = shop.window.conversation
    assert talk is not None
    shop.app.inbox.mute(1, "marta")
    talk.open(shop.id("1"))
    shop.until(lambda: talk.messages.bubbles())
    bubble = talk.messages.bubbles()[0]
    assert bubble._text.plain() == "Marta is muted"
    assert "cake" not in bubble.accessibleName()
    assert talk.subject is not None
    keys = [action.text() for action in talk.head.more_menu.actions()]
    assert "Hear Marta again" in keys
    talk.deeds.act("hear")
    shop.until(lambda: talk.messages.bubbles()[0]._text.plain() == "The cake was late")


def test_abusive_words_are_folded_in_row_and_thread(shop: Shop) -> None:
    talk = shop.window.conversation
    assert talk is not None
    message = shop.app.store.thread(shop.id("1")).messages[0]
    shop.app.store.rescore({message.id: ABUSE})
    shop.window.inbox.model.reload()
    index = shop.window.inbox.model.index(shop.window.inbox.model.row_of(shop.id("1")), 0)
    assert index.data(RowRole).is_abusive
    spoken = index.data(Qt.ItemDataRole.AccessibleTextRole)
    assert FOLDED in spoken
    assert "cake" not in spoken
    shop.choose("1")
    shop.until(lambda: talk.messages.bubbles())
    bubble = talk.messages.bubbles()[0]
    assert (bubble._text.plain(), "cake" in bubble.accessibleName()) == (FOLDED, False)
    show = next(one for one in bubble._meta._buttons if "Show anyway" in one.text())
    shop.qtbot.mouseClick(show, Qt.MouseButton.LeftButton)
    assert bubble._text.plain() == "The cake was late"
    assert "cake" in bubble.accessibleName()
    bubble._act(UNFOLD)
    assert bubble._text.plain() == FOLDED


def test_folding_can_be_switched_off(shop: Shop) -> None:
    talk = shop.window.conversation
    assert talk is not None
    message = shop.app.store.thread(shop.id("1")).messages[0]
    shop.app.store.rescore({message.id: ABUSE})
    shop.app.settings.update(fold_abusive=False)
    shop.window.inbox.set_folding(False)
    shop.window.inbox.model.reload()
    index = shop.window.inbox.model.index(shop.window.inbox.model.row_of(shop.id("1")), 0)
    assert "The cake was late" in index.data(Qt.ItemDataRole.AccessibleTextRole)
    shop.choose("1")
    shop.until(lambda: talk.messages.bubbles())
    assert talk.messages.bubbles()[0]._text.plain() == "The cake was late"


def test_an_abusive_complaint_stays_a_complaint_and_does_not_repeat_itself(shop: Shop) -> None:
    talk = shop.window.conversation
    assert talk is not None
    message = shop.app.store.thread(shop.id("1")).messages[0]
    shop.app.store.rescore({message.id: Verdict(0.95, True, ("cake was late",), label="abuse")})
    shop.window.show_view("complaints")
    shop.until(lambda: shop.window.inbox.model.row_of(shop.id("1")) >= 0)
    shop.choose("1")
    shop.until(lambda: talk.strip.isVisible())
    assert "cake" not in talk.strip.accessibleName()
    index = shop.window.inbox.model.index(0, 0)
    assert "cake" not in index.data(Qt.ItemDataRole.AccessibleTextRole)


# --- the spam view


def _fill_spam(shop: Shop) -> None:
    shop.app.moderation.mark_spam([shop.id("2"), shop.id("3")])
    shop.window.show_view("spam")
    shop.until(lambda: shop.window.inbox.model.rowCount() == 2)
    # What was changed is compared with the list a moment later.
    shop.until(lambda: not shop.window.inbox.model._settle.isActive())


def _answer(shop: Shop, words: str) -> None:
    emptying = shop.window.desk._emptying
    assert emptying is not None
    box = emptying.question
    assert isinstance(box, QMessageBox)
    assert "Nobody is told" in box.informativeText()
    button = next(one for one in box.buttons() if one.text() == words)
    shop.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_nobody_waits_in_spam(shop: Shop) -> None:
    _fill_spam(shop)
    spoken = shop.window.inbox.model.index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert "waits" not in spoken
    assert "Buy followers" in spoken


def test_spam_is_emptied_after_a_question_and_ten_seconds(shop: Shop) -> None:
    _fill_spam(shop)
    line = shop.window.inbox.spam_line
    assert line is not None
    assert line.isVisible()
    line.empty_button.click()
    _answer(shop, "Empty spam")
    shop.until(shop.said)
    assert shop.said().startswith("2 in spam go in 10 seconds")
    assert shop.window.inbox.model.rowCount() == 0
    assert shop.app.store.counts().spam == 2, "nothing has happened yet"
    emptying = shop.window.desk._emptying
    assert emptying is not None
    emptying._soon.setInterval(0)
    shop.until(lambda: shop.app.store.counts().spam == 0)
    assert shop.network.moderated == []
    assert shop.window.desk.marks.newest is None
    assert sorted(shop.taught()) == [("Buy followers", "spam"), ("Lovely buns", "spam")]


def test_emptying_can_be_taken_back(shop: Shop) -> None:
    _fill_spam(shop)
    shop.window.actions_["empty_spam"].trigger()
    _answer(shop, "Empty spam")
    shop.until(lambda: shop.window.inbox.model.rowCount() == 0)
    assert shop.window.actions_["undo"].isEnabled()
    shop.window.activateWindow()
    shop.until(shop.window.isActiveWindow)
    shop.qtbot.keyClick(shop.window, Qt.Key.Key_Z)
    shop.until(lambda: shop.window.inbox.model.rowCount() == 2)
    emptying = shop.window.desk._emptying
    assert emptying is not None
    assert not emptying._soon.isActive()
    assert shop.app.store.counts().spam == 2


def test_keeping_the_spam_changes_nothing(shop: Shop) -> None:
    _fill_spam(shop)
    shop.window.actions_["empty_spam"].trigger()
    _answer(shop, "Keep it")
    assert shop.window.inbox.model.rowCount() == 2
    assert shop.window.desk.marks.newest is None


def test_only_spam_has_the_line_and_its_own_choice(shop: Shop) -> None:
    _fill_spam(shop)
    buttons = shop.window.inbox.head._buttons
    assert [name for name, one in buttons.items() if not one.isHidden()] == ["done", "not_spam"]
    shop.app.settings.update(clear_spam=True)
    shop.window.show_view("spam")
    line = shop.window.inbox.spam_line
    assert line is not None
    assert line.text.text() == "Spam older than 30 days is cleared by itself."
    shop.window.show_view("new")
    assert not line.isVisible()
    assert "not_spam" not in [name for name, one in buttons.items() if not one.isHidden()]


def test_the_keys_are_in_the_list_of_keys(shop: Shop, theme: Any, qtbot: Any) -> None:
    from gui.dialogs.keys import KeysDialog

    dialog = KeysDialog(shop.window.actions_, theme, shop.window)
    rows = dict(dialog._rows(shop.window.actions_, "conversation"))
    wanted = {
        "This is a complaint": "C",
        "Not a complaint": "Shift+C",
        "Spam": "!",
        "Not spam": "Shift+S",
        "Mute this person": "M",
    }
    assert {name: rows.get(name) for name in wanted} == wanted
    dialog.deleteLater()


def test_every_button_has_a_name(shop: Shop) -> None:
    _fill_spam(shop)
    shop.choose("2")
    shop.press(Qt.Key.Key_E)
    shop.until(shop.said)
    bar, line = shop.window.inbox.mark_bar, shop.window.inbox.spam_line
    assert bar is not None
    assert line is not None
    for one in (*bar.findChildren(QPushButton), *line.findChildren(QPushButton)):
        assert one.accessibleName()
