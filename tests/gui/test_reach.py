"""What can be done is in reach of the keys, and its name is what stands on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QLabel, QMenu, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from gui.dialogs.settings_dialog import SettingsDialog
from gui.main_window import MainWindow
from gui.theme import Theme
from services.app import Shopbell
from services.credentials import Credentials
from tests.fakes_gui import FakeShop


def open_menu(window: MainWindow) -> list[str]:
    (menu,) = [one for one in window.inbox.findChildren(QMenu) if one.isVisible()]
    words = [one.text().replace("&", "") for one in menu.actions()]
    menu.close()
    return words


@pytest.mark.qt_log_ignore("This plugin does not support grabbing")
@pytest.mark.parametrize("reason", [QContextMenuEvent.Reason.Keyboard, QContextMenuEvent.Reason.Mouse])
def test_a_row_has_a_menu_by_the_menu_key_and_the_other_button(
    window: MainWindow, qtbot: QtBot, reason: QContextMenuEvent.Reason
) -> None:
    rows = window.inbox.list
    rows.step(1)
    second = rows.visualRect(rows.rows.index(1, 0)).center()
    is_by_key = reason is QContextMenuEvent.Reason.Keyboard
    where = QPoint(0, 0) if is_by_key else second
    target: QWidget = rows if is_by_key else rows.viewport()
    QApplication.sendEvent(target, QContextMenuEvent(reason, where, target.mapToGlobal(where)))
    qtbot.waitUntil(lambda: any(one.isVisible() for one in window.inbox.findChildren(QMenu)))
    words = open_menu(window)
    assert {"Done", "Not a complaint", "Spam", "Mute this person"} <= set(words)
    # Nothing that is so already.
    assert not {"This is a complaint", "Not spam", "Still waits for an answer"} & set(words)
    assert rows.open_id() == rows.rows.id_at(0 if is_by_key else 1)


def test_below_the_rows_there_is_no_menu(window: MainWindow) -> None:
    rows = window.inbox.list
    where = QPoint(20, rows.viewport().height() - 1)
    window.show_view("snoozed")
    assert rows.rowAt(where.y()) < 0
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, where, rows.viewport().mapToGlobal(where))
    QApplication.sendEvent(rows.viewport(), event)
    assert not [one for one in window.inbox.findChildren(QMenu) if one.isVisible()]


def test_the_keyboard_leaves_a_narrow_conversation_for_the_rows(
    shop: FakeShop, make_window: Callable[..., MainWindow], qtbot: QtBot
) -> None:
    window = make_window(shop, width=640)
    window.activateWindow()
    window.inbox.list.step(1)
    talk = window.conversation
    assert talk is not None
    qtbot.waitUntil(lambda: talk.subject is not None and talk.isVisible(), timeout=5000)
    talk.head.done_button.setFocus()
    window.show_view("spam")
    assert not talk.isVisible()
    assert window.focusWidget() in (window.inbox.list, window.left.list)


def test_a_setting_is_called_by_its_words(tmp_path: Path, theme: Theme, qtbot: QtBot) -> None:
    app = Shopbell.open(tmp_path / "profile", credentials=Credentials("reach", session_only=True))
    try:
        dialog = SettingsDialog(app, theme, page="notifications")
        qtbot.addWidget(dialog)
        bell = next(one for one in dialog.findChildren(QPushButton) if one.text() == "Ring the test bell")
        assert bell.accessibleName() == "Ring the test bell"
        assert bell.accessibleDescription().startswith("Does it work?")
        buddies = {
            one.text(): one.buddy().accessibleName() for one in dialog.findChildren(QLabel) if one.buddy()
        }
        assert buddies["Everything else"] == "Everything else"
    finally:
        app.close()
