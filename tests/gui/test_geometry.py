"""The window at its place again, on the screens that are there now."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QGuiApplication

from gui import geometry
from gui.main_window import MainWindow
from gui.theme import Theme
from tests.fakes_gui import FakeShop


def screen() -> QRect:
    return QGuiApplication.primaryScreen().availableGeometry()


def made(shop: FakeShop, theme: Theme, **settings: object) -> MainWindow:
    shop.settings.update(**settings)
    return MainWindow(shop, theme)  # type: ignore[arg-type]


def end(window: MainWindow) -> None:
    window.stop()
    window.deleteLater()


def test_a_place_on_a_screen_that_went_away_is_on_one_that_is_there(shop: FakeShop, theme: Theme) -> None:
    window = made(shop, theme, window_place=(9_000, -4_000, 640, 500, 0, 30))
    assert screen().contains(window.geometry())
    assert window.size().width() == 640
    assert window.geometry().top() >= screen().top() + 30
    end(window)


def test_maximised_stays_maximised_and_knows_where_to_go_back_to(
    shop: FakeShop, theme: Theme, make_window: Callable[..., MainWindow]
) -> None:
    window = made(shop, theme, window_place=(60, 80, 640, 500, 1, 30))
    window.closing.connect(lambda event: event.accept())
    window.show()
    assert window.isMaximized()
    kept = geometry.kept(window, window.panes)
    assert kept["window_place"][:5] == (60, 80, 640, 500, 1)  # type: ignore[index]
    window.hide()
    window.raise_up()
    assert window.isMaximized()
    end(window)


def test_of_a_window_that_was_never_shown_nothing_is_kept(shop: FakeShop, theme: Theme) -> None:
    window = made(shop, theme, window_place=(60, 80, 640, 500, 0, 30))
    assert window.geometry_settings() == {}
    end(window)


def test_nonsense_in_the_settings_is_as_on_the_first_day(shop: FakeShop, theme: Theme) -> None:
    window = made(shop, theme, window_place=(1, 2, 0))
    assert window.size() == geometry.first_size(screen().size())
    end(window)


def test_a_hidden_window_comes_back_into_sight(
    shop: FakeShop, window: MainWindow, make_window: Callable[..., MainWindow]
) -> None:
    window.resize(640, 500)
    window.hide()
    # As when its screen is unplugged meanwhile.
    window.move(5_000, 5_000)
    window.raise_up()
    assert screen().contains(window.geometry())
    assert window.windowState() == Qt.WindowState.WindowNoState


def test_panes_from_a_larger_screen_leave_the_conversation_its_room(
    shop: FakeShop, make_window: Callable[..., MainWindow]
) -> None:
    shop.settings.update(pane_widths=(600, 1_800))
    window = make_window(shop, width=1_280)
    assert window.panes.sizes()[2] >= window.right.minimumWidth() > 0
    assert window.width() == 1_280
