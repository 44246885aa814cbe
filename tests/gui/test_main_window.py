"""The window as its owner uses it: by keys, in views and searches, while news come in."""

from __future__ import annotations

from datetime import timedelta

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QLineEdit, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from gui.actions import PLANS
from gui.geometry import SMALLEST, first_size
from gui.main_window import MainWindow
from services.events import MessagesChanged
from services.model import Freshness, State
from tests.bakery import NOW, conversation
from tests.fakes_gui import FakeShop
from tests.gui.window_help import SIGN_IN, press, shown_ids, trouble

# what stands where


def test_the_first_screen(window: MainWindow) -> None:
    assert window.windowTitle() == "Rosie’s Bakery"
    assert window.inbox.head.title.text() == "8 people wait for you"
    assert window.inbox.head.note.text() == "complaints first"
    assert window.freshness.words.text() == "All 8 heard, 1 min ago"
    assert window.left.list.currentIndex().data() == "New"
    counts = [window.views.entry(row).count for row in range(8)]
    assert counts == [8, 2, 1, 2, 1, 0, 0, 0]


def test_every_control_has_a_name(window: MainWindow, shop: FakeShop, qtbot: QtBot) -> None:
    trouble(shop, window, 1, SIGN_IN)
    window.inbox.list.step(1)
    qtbot.wait(50)
    kinds = (QAbstractButton, QLineEdit, QPlainTextEdit, QAbstractItemView)
    nameless = []
    for one in window.findChildren(QWidget):
        if not isinstance(one, kinds) or one.objectName().startswith("qt_"):
            continue
        face = QAccessible.queryAccessibleInterface(one)
        name = face.text(QAccessible.Text.Name) if face is not None else ""
        # A button that is not shown has no words yet; it gets them with its text.
        if not name and not (isinstance(one, QAbstractButton) and one.isHidden()):
            nameless.append(f"{type(one).__name__} in {type(one.parent()).__name__}")
    assert nameless == [], " ".join(nameless)


def test_no_two_actions_share_a_key(window: MainWindow) -> None:
    keys = [key for plan in PLANS for key in plan.keys]
    assert len(keys) == len(set(keys))
    assert all(action.text() for action in window.actions_)


# keys


def test_the_list_by_keys(window: MainWindow, qtbot: QtBot) -> None:
    window.inbox.list.setFocus()
    press(window, Qt.Key.Key_J)
    assert window.inbox.list.open_id() == 1
    press(window, Qt.Key.Key_J)
    press(window, Qt.Key.Key_Down)
    assert window.inbox.list.open_id() == 3
    press(window, Qt.Key.Key_K)
    assert window.inbox.list.open_id() == 2
    assert window.conversation is not None
    assert window.conversation.conversation_id == 2


def test_done_by_key_goes_on_with_the_next(window: MainWindow, shop: FakeShop, qtbot: QtBot) -> None:
    window.inbox.list.setFocus()
    press(window, Qt.Key.Key_J)
    press(window, Qt.Key.Key_E)
    qtbot.waitUntil(lambda: 1 not in shown_ids(window), timeout=20_000)
    assert shop.store.rows_by_id[1].state is State.DONE
    assert window.inbox.list.open_id() == 2
    qtbot.waitUntil(lambda: window.inbox.head.title.text() == "7 people wait for you", timeout=20_000)


def test_letters_typed_into_a_field_are_text(window: MainWindow, shop: FakeShop, qtbot: QtBot) -> None:
    window.inbox.list.step(1)
    window.inbox.search.setFocus()
    QTest.keyClicks(window.inbox.search, "je!")
    assert window.inbox.search.text() == "je!"
    assert shop.store.rows_by_id[1].state is State.NEW
    assert window.inbox.list.open_id() == 1


@pytest.mark.parametrize(
    ("key", "view"), [(Qt.Key.Key_2, "complaints"), (Qt.Key.Key_5, "snoozed"), (Qt.Key.Key_8, "spam")]
)
def test_views_by_keys(window: MainWindow, key: Qt.Key, view: str) -> None:
    press(window, key, Qt.KeyboardModifier.ControlModifier)
    assert window.inbox.model.view == view
    assert window.views.entry(window.left.list.currentIndex().row()).view == view


def test_several_at_once(window: MainWindow, shop: FakeShop, qtbot: QtBot) -> None:
    window.inbox.list.setFocus()
    press(window, Qt.Key.Key_J)
    press(window, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    press(window, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert window.inbox.head.currentIndex() == 1
    press(window, Qt.Key.Key_Exclam)
    qtbot.waitUntil(lambda: shown_ids(window)[:1] == [4], timeout=20_000)
    assert {shop.store.rows_by_id[n].state for n in (1, 2, 3)} == {State.SPAM}
    assert window.inbox.head.currentIndex() == 0


def test_snooze_asks_until_when(window: MainWindow, shop: FakeShop, qtbot: QtBot) -> None:
    menu = window.desk.snooze_menu([4])
    menu.actions()[0].trigger()
    qtbot.waitUntil(lambda: 4 not in shown_ids(window), timeout=20_000)
    row = shop.store.rows_by_id[4]
    assert row.state is State.SNOOZED
    assert row.snoozed_until == NOW + timedelta(hours=1)
    menu.deleteLater()


# search


def test_search_as_one_types(window: MainWindow, qtbot: QtBot) -> None:
    press(window, Qt.Key.Key_Slash)
    assert window.inbox.search.hasFocus()
    QTest.keyClicks(window.inbox.search, "rye town")
    qtbot.waitUntil(lambda: shown_ids(window) == [6], timeout=20_000)
    assert window.inbox.head.title.text() == "1 found"
    press(window, Qt.Key.Key_Down)
    assert window.inbox.list.hasFocus()
    assert window.inbox.list.open_id() == 6
    press(window, Qt.Key.Key_Slash)
    press(window, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: len(shown_ids(window)) == 8, timeout=20_000)


def test_search_without_result(window: MainWindow, qtbot: QtBot) -> None:
    window.inbox.search.setText("rhy")
    qtbot.waitUntil(lambda: shown_ids(window) == [], timeout=20_000)
    assert window.inbox.head.title.text() == "Nothing found"
    assert window.empty.title.text() == "Nothing found for “rhy”."


def test_a_search_does_not_move_when_somebody_writes(
    window: MainWindow, shop: FakeShop, qtbot: QtBot
) -> None:
    window.inbox.search.setText("the")
    qtbot.waitUntil(lambda: window.inbox.query == "the", timeout=20_000)
    before = shown_ids(window)
    assert before
    shop.store.put(conversation(71, snippet="the newest of all", last_at=NOW + timedelta(seconds=1)))
    shop.run(shop.events.publish, MessagesChanged(frozenset({71}), frozenset({71}))).result()
    qtbot.waitUntil(window.inbox.new_rows.isVisible, timeout=20_000)
    assert shown_ids(window) == before
    window.inbox.new_rows.click()
    assert 71 in shown_ids(window)
    assert not window.inbox.new_rows.isVisible()


def test_the_same_search_after_another_view(window: MainWindow, qtbot: QtBot) -> None:
    for _ in range(2):
        window.inbox.search.setText("rye town")
        qtbot.waitUntil(lambda: shown_ids(window) == [6], timeout=20_000)
        window.show_view("done")
        assert shown_ids(window) != [6]


# before anything is chosen


def test_nobody_chosen_yet_offers_to_start(window: MainWindow, qtbot: QtBot) -> None:
    assert window.right.currentWidget() is window.empty
    assert window.empty.title.text() == "8 people wait for you."
    assert window.empty.action.text() == "Start with Marta Lindqvist"
    window.empty.action.click()
    assert window.inbox.list.open_id() == 1
    assert window.conversation is not None
    assert window.right.currentWidget() is window.conversation


@pytest.mark.parametrize("part", ["inbox", "left"])
def test_enter_opens_the_first(window: MainWindow, part: str) -> None:
    getattr(window, part).list.setFocus()
    press(window, Qt.Key.Key_Return)
    assert window.inbox.list.open_id() == 1


def test_the_first_fetch_simply_appears(window: MainWindow, shop: FakeShop, qtbot: QtBot) -> None:
    shop.store.fresh[1] = Freshness(backfilling=True)
    window.book.read()
    shop.store.put(conversation(72, is_complaint=True, waiting_since=NOW - timedelta(days=3)))
    shop.run(shop.events.publish, MessagesChanged(frozenset({72}), frozenset({72}), 1)).result()
    qtbot.waitUntil(lambda: shown_ids(window)[0] == 72, timeout=20_000)
    assert not window.inbox.new_rows.isVisible()


def test_the_first_fetch_waits_for_who_reads_already(
    window: MainWindow, shop: FakeShop, qtbot: QtBot
) -> None:
    shop.store.fresh[1] = Freshness(backfilling=True)
    window.book.read()
    window.inbox.list.step(1)
    shop.store.put(conversation(73, is_complaint=True, waiting_since=NOW - timedelta(days=3)))
    shop.run(shop.events.publish, MessagesChanged(frozenset({73}), frozenset({73}), 1)).result()
    qtbot.waitUntil(window.inbox.new_rows.isVisible, timeout=20_000)
    assert shown_ids(window)[0] == 1


def test_the_first_window_fits_the_screen() -> None:
    assert first_size(QSize(1920, 1080)) == QSize(1280, 800)
    assert first_size(QSize(1280, 800)) == QSize(1272, 752)
    assert first_size(QSize(400, 300)) == SMALLEST


# events from other threads


def test_a_new_complaint_waits_above(window: MainWindow, shop: FakeShop, qtbot: QtBot) -> None:
    window.inbox.list.step(1)
    top = window.inbox.list.rowAt(0)
    shop.store.put(conversation(70, is_complaint=True, waiting_since=NOW - timedelta(days=3)))
    shop.run(shop.events.publish, MessagesChanged(frozenset({70}), frozenset({70}))).result()
    qtbot.waitUntil(window.inbox.new_rows.isVisible, timeout=20_000)
    assert window.inbox.new_rows.text() == "1 new, show"
    assert window.inbox.list.rowAt(0) == top
    assert shown_ids(window)[0] == 1
    assert window.inbox.head.title.text() == "9 people wait for you"
    window.inbox.new_rows.click()
    assert shown_ids(window)[:2] == [70, 1]
    assert window.inbox.list.open_id() == 1
    assert window.inbox.list.currentIndex().row() == 1


def test_a_reply_that_arrives_leaves_its_conversation_open(
    window: MainWindow, shop: FakeShop, qtbot: QtBot
) -> None:
    window.inbox.list.step(1)
    open_id = window.inbox.list.open_id()
    opened: list[int] = []
    window.inbox.opened.connect(opened.append)
    window.inbox.model.may_move = lambda: True
    shop.store.change(open_id, state=State.WAITING, waiting_since=None)
    shop.run(shop.events.publish, MessagesChanged(frozenset({open_id}))).result()
    qtbot.waitUntil(lambda: window.inbox.counts.new == 7, timeout=20_000)
    qtbot.wait(400)
    assert opened == []
    assert window.inbox.list.open_id() == open_id
    assert open_id in shown_ids(window)
    window.inbox.list.step(1)
    assert opened[0] != open_id
    qtbot.waitUntil(lambda: open_id not in shown_ids(window), timeout=20_000)
    assert opened == [window.inbox.list.open_id()]


def test_a_busy_poll_costs_one_pass(window: MainWindow, shop: FakeShop, qtbot: QtBot) -> None:
    passes: list[object] = []
    window.bridge.happened.connect(passes.append)

    def publish() -> None:
        for number in range(500):
            shop.events.publish(MessagesChanged(frozenset({number % 8 + 1}), account_id=1))

    with qtbot.waitSignal(window.bridge.happened, timeout=20_000):
        shop.run(publish).result()
    seen: set[int] = set()

    def everything_arrived() -> bool:
        seen.update(*(event.conversations for events in passes for event in events))  # type: ignore[attr-defined]
        return seen == set(range(1, 9)) and not window.bridge._waiting

    qtbot.waitUntil(everything_arrived, timeout=20_000)
    assert len(passes) <= 3
