"""Where the keyboard goes: Tab reads the window as one reads it, and nothing that vanishes takes it away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from gui.conversation.undo_bar import Held
from gui.main_window import MainWindow
from services.events import MessagesChanged
from services.model import Freshness
from tests.fakes_gui import FakeShop


def tab_chain(start: QWidget) -> list[QWidget]:
    chain, one = [start], start.nextInFocusChain()
    while one is not start:
        chain.append(one)
        one = one.nextInFocusChain()
    return chain


def test_tab_goes_from_the_views_to_the_answer(window: MainWindow, qtbot: QtBot) -> None:
    window.inbox.list.step(1)
    talk = window.conversation
    assert talk is not None
    qtbot.waitUntil(lambda: talk.subject is not None, timeout=3000)
    chain = tab_chain(window.left.list)
    stops = [
        window.left.list,
        window.freshness.words,
        window.inbox.search,
        window.inbox.list,
        talk.head.done_button,
        talk.composer.world.switch,
        talk.composer.editor,
        talk.composer.send_button,
    ]
    places = [chain.index(one) for one in stops]
    assert places == sorted(places)


@pytest.mark.parametrize("has_chosen", [False, True])
def test_the_first_rows_get_the_keyboard_unless_it_is_used(
    shop: FakeShop, make_window: Callable[..., MainWindow], qtbot: QtBot, has_chosen: bool
) -> None:
    kept = dict(shop.store.rows_by_id)
    shop.store.rows_by_id.clear()
    shop.store.fresh[1] = Freshness(backfilling=True)
    window = make_window(shop)
    window.activateWindow()
    window.take_keyboard()
    assert window.left.list.hasFocus()
    if has_chosen:
        QTest.keyClick(window.left.list, Qt.Key.Key_Down)
        QTest.keyClick(window.left.list, Qt.Key.Key_Up)
    shop.store.rows_by_id.update(kept)
    shop.run(shop.events.publish, MessagesChanged(frozenset(kept), frozenset(kept), 1)).result()
    qtbot.waitUntil(lambda: window.inbox.model.rowCount() == 8, timeout=3000)
    assert window.conversation is not None
    assert window.conversation.head.back_button.isHidden()
    assert (window.left.list if has_chosen else window.inbox.list).hasFocus()


def test_narrow_the_messages_have_the_keyboard_not_a_button(
    shop: FakeShop, make_window: Callable[..., MainWindow], qtbot: QtBot
) -> None:
    window = make_window(shop, width=640)
    window.activateWindow()
    window.inbox.list.setFocus()
    window.inbox.list.step(1)
    talk = window.conversation
    assert talk is not None
    qtbot.waitUntil(lambda: talk.subject is not None, timeout=3000)
    assert QApplication.focusWidget() is talk.messages
    assert talk.head.back_button.isVisible()
    talk.head.back_button.click()
    assert window.inbox.list.isVisible()
    assert QApplication.focusWidget() is window.inbox.list


def test_the_last_reply_can_be_taken_back_when_nobody_is_left(window: MainWindow, qtbot: QtBot) -> None:
    window.inbox.list.step(1)
    talk = window.conversation
    assert talk is not None
    qtbot.waitUntil(lambda: talk.subject is not None, timeout=3000)
    now = datetime.now(UTC)
    talk.undo_bar.add(Held(1, 1, "Marta", False, now, now + timedelta(minutes=1)))
    assert talk.undo_bar.isVisible()
    window.inbox.list.forget()
    window.open_conversation(0)
    assert window.right.currentWidget() is window.empty
    qtbot.waitUntil(talk.undo_bar.isVisible, timeout=3000)
    window.inbox.list.step(1)
    qtbot.waitUntil(lambda: talk.subject is not None, timeout=3000)
    qtbot.waitUntil(talk.undo_bar.isVisible, timeout=3000)
    assert talk.isAncestorOf(talk.undo_bar)
    qtbot.waitUntil(talk.composer.isVisible, timeout=3000)
    bar, composer = (one.mapTo(talk, QPoint(0, 0)).y() for one in (talk.undo_bar, talk.composer))
    assert bar < composer
