"""The window with sources in trouble, checked by hand, renamed, or none at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from gui.main_window import MainWindow
from services.events import AccountChanged, SyncProgress
from services.model import State
from tests.bakery import NOW
from tests.fakes_gui import FakeShop
from tests.gui.window_help import SIGN_IN, SILENT, press, shown_ids, trouble


def test_a_source_that_wants_a_sign_in(window: MainWindow, shop: FakeShop, qtbot: QtBot) -> None:
    trouble(shop, window, 1, SIGN_IN)
    strip = window.inbox.trouble_strip
    assert strip.isVisible()
    assert strip.title.text().startswith("Facebook: nothing heard since ")
    assert strip.strong.isVisible()
    assert window.inbox.head.note.text() == "that we know of"
    assert window.freshness.words.text() == "7 of 8 heard, 1 min ago"
    row = window.views.row_of("", 1)
    assert window.views.entry(row).word == "sign in"
    window.left.list.setCurrentIndex(window.views.index(row))
    assert window.right.currentWidget() is window.source_page
    assert window.source_page is not None
    assert window.source_page.title.text().startswith("Facebook went silent on ")
    assert "It asks for a fresh sign-in." in window.source_page.text.text()
    assert window.source_page.text.text().endswith("Nothing you have here is lost.")
    assert len(shown_ids(window)) == 8
    trouble(shop, window, 1, replace(SIGN_IN, error_kind="", failing_since=None, heard=NOW))
    assert not strip.isVisible()


def test_a_silent_source_offers_to_check(window: MainWindow, shop: FakeShop) -> None:
    trouble(shop, window, 5, SILENT)
    strip = window.inbox.trouble_strip
    assert strip.title.text().startswith("Mastodon does not answer")
    assert not strip.strong.isVisible()
    strip.again.click()
    assert shop.engine.checked == [5]


def test_a_short_hiccup_is_no_trouble(window: MainWindow, shop: FakeShop) -> None:
    trouble(shop, window, 5, replace(SILENT, failing_since=NOW - timedelta(minutes=2)))
    assert not window.inbox.trouble_strip.isVisible()
    assert window.freshness.words.text().startswith("All 8 heard")


def test_choosing_a_healthy_source_shows_its_conversations(window: MainWindow) -> None:
    window.left.list.setCurrentIndex(window.views.index(window.views.row_of("", 2)))
    assert sorted(shown_ids(window)) == [2, 10]
    assert window.inbox.head.title.text() == "Google reviews"


def test_checking_shows_only_after_a_second(window: MainWindow, shop: FakeShop, qtbot: QtBot) -> None:
    shop.events.publish(SyncProgress(3, 8))
    qtbot.wait(60)
    assert window.freshness.words.text().startswith("All 8 heard")
    qtbot.waitUntil(lambda: window.freshness.words.text() == "Checking 3 of 8", timeout=20_000)
    shop.events.publish(SyncProgress(8, 8))
    qtbot.waitUntil(lambda: window.freshness.words.text().startswith("All 8 heard"), timeout=20_000)


def test_the_arrow_and_f5_check_now(window: MainWindow, shop: FakeShop) -> None:
    window.freshness.arrow.click()
    press(window, Qt.Key.Key_F5)
    assert shop.engine.checked == [None, None]


def test_a_renamed_source_is_read_anew(window: MainWindow, shop: FakeShop, qtbot: QtBot) -> None:
    shop.store.account_list[0] = replace(shop.store.account_list[0], name="Our page")
    shop.events.publish(AccountChanged(1))
    qtbot.waitUntil(lambda: window.views.entry(9).text == "Our page", timeout=20_000)


# nothing to do


def test_everyone_has_an_answer(shop: FakeShop, make_window: Callable[..., MainWindow]) -> None:
    for row in list(shop.store.rows_by_id.values()):
        if row.state is State.NEW:
            del shop.store.rows_by_id[row.id]
    window = make_window(shop)
    assert window.inbox.head.title.text() == "Nobody waits"
    assert window.empty.title.text() == "Everyone has an answer."
    assert (
        window.empty.text.text()
        == "All 8 sources were heard a minute ago. The bell rings when somebody writes."
    )
    assert window.empty.action.text() == "See the 2 you answered"
    window.empty.action.click()
    assert window.inbox.model.view == "waiting"
    trouble(shop, window, 1, SIGN_IN)
    window.show_view("new")
    assert window.empty.title.text() == "Nobody waits, as far as we heard."
    assert window.empty.action.text() == "Sign in again"


def test_without_a_source(shop: FakeShop, make_window: Callable[..., MainWindow]) -> None:
    shop.store.account_list.clear()
    shop.store.rows_by_id.clear()
    window = make_window(shop)
    assert window.empty.title.text() == "Where do customers speak to you?"
    assert window.empty.action.text() == "Add a source"
    assert window.freshness.words.text() == "No source yet"
