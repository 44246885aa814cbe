"""The window narrow and wide, light and dark, compact, and with its menus."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from gui.actions import PLANS
from gui.main_window import MainWindow
from gui.theme import Theme
from services.events import AccountChanged
from services.model import State
from tests.fakes_gui import FakeShop
from tests.gui.window_help import press, shown_ids


def test_narrow_is_a_rail_and_narrower_one_pane_at_a_time(
    shop: FakeShop, make_window: Callable[..., MainWindow], qtbot: QtBot
) -> None:
    window = make_window(shop, width=1280)
    assert (window.left.width(), window.inbox.width()) == (224, 384)
    assert not window.left.is_rail
    window.resize(900, 700)
    assert window.left.is_rail
    assert window.left.width() == 56
    assert window.right.isVisible()
    window.resize(640, 700)
    assert not window.right.isVisible()
    window.inbox.list.step(1)
    assert window.right.isVisible()
    assert not window.inbox.isVisible()
    press(window, Qt.Key.Key_Escape)
    assert window.inbox.isVisible()
    assert not window.right.isVisible()
    window.resize(1280, 800)
    qtbot.waitUntil(lambda: (window.left.width(), window.inbox.width()) == (224, 384), timeout=20_000)


def test_the_theme_reaches_rows_and_grounds(window: MainWindow, theme: Theme) -> None:
    def lightness() -> list[int]:
        rows, views = window.inbox.list.grab().toImage(), window.left.list.grab().toImage()
        # Beside the text of a row, and the paper under the last source.
        return [rows.pixelColor(300, 95).lightness(), views.pixelColor(100, views.height() - 5).lightness()]

    assert min(lightness()) > 200
    theme.set_choice("dark")
    assert max(lightness()) < 80


def test_the_next_start_has_the_same_widths(
    shop: FakeShop, make_window: Callable[..., MainWindow], qtbot: QtBot
) -> None:
    window = make_window(shop)
    qtbot.wait(10)
    window.panes.setSizes([260, 420, 600])
    shop.settings.update(**window.geometry_settings())
    again = make_window(shop)
    qtbot.waitUntil(lambda: (again.left.width(), again.inbox.width()) == (260, 420), timeout=20_000)


def test_compact_rows_are_lower(window: MainWindow, shop: FakeShop, theme: Theme) -> None:
    full = window.inbox.list.rowHeight(0)
    window.inbox.set_compact(True)
    assert (full, window.inbox.list.rowHeight(0)) == (theme.px(100), theme.px(62))
    assert not window.inbox.list.grab().isNull()


def test_hovering_offers_three_actions(window: MainWindow, shop: FakeShop, qtbot: QtBot) -> None:
    view = window.inbox.list
    row = view.visualRect(window.inbox.model.index(3, 0))
    QTest.mouseMove(view.viewport(), row.center())
    qtbot.waitUntil(lambda: window.inbox.delegate.hover_row == 3, timeout=20_000)
    done = window.inbox.delegate.hover_rects(row)[0]
    assert min(done.width(), done.height()) >= 32
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=done.center())
    qtbot.waitUntil(lambda: 4 not in shown_ids(window), timeout=20_000)
    assert shop.store.rows_by_id[4].state is State.DONE
    # The one that was open, if any, stays; nothing was opened by the click.
    assert view.open_id() == 0


def test_alt_shows_the_menu_as_a_bar(window: MainWindow) -> None:
    bar = window.menuBar()
    assert not bar.isVisible()
    QTest.keyPress(window, Qt.Key.Key_Alt)
    QTest.keyRelease(window, Qt.Key.Key_Alt)
    assert bar.isVisible()
    QTest.keyPress(window, Qt.Key.Key_Alt)
    QTest.keyPress(window, Qt.Key.Key_F, Qt.KeyboardModifier.AltModifier)
    QTest.keyRelease(window, Qt.Key.Key_Alt)
    assert bar.isVisible()


def test_the_menu_holds_every_action(window: MainWindow) -> None:
    found = {
        action.objectName()
        for menu in window.left.menu.menu().findChildren(QMenu)
        for action in menu.actions()
    }
    found |= {action.objectName() for action in window.left.menu.menu().actions()}
    assert {plan.name for plan in PLANS} <= found


def test_a_source_added_to_a_narrow_window_stays_out_of_the_rail(
    shop: FakeShop, make_window: Callable[..., MainWindow], qtbot: QtBot
) -> None:
    accounts, shop.store.account_list = shop.store.account_list, []
    window = make_window(shop, width=900)
    assert window.left.is_rail
    shop.store.account_list = accounts
    shop.events.publish(AccountChanged(1))
    qtbot.waitUntil(lambda: window.views.rowCount() == 17, timeout=20_000)
    hidden = [window.left.list.isRowHidden(row) for row in range(17)]
    assert hidden == [False] * 8 + [True] * 9
    assert not window.grab().isNull()
    window.resize(1280, 800)
    assert not any(window.left.list.isRowHidden(row) for row in range(17))
