"""What the tests of the window share: the application in memory, the theme, the window itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication

from gui.main_window import MainWindow
from gui.theme import Theme
from services.app import Shopbell
from tests.fakes_gui import FakeShop
from tests.gui.marking import Town, open_app
from tests.gui.notification_service import Dunst
from tests.gui.talk import Talk, make_talk


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[FakeShop]:
    """The bakery of the drawings: twelve conversations, eight sources."""
    one = FakeShop(tmp_path)
    yield one
    one.close()


@pytest.fixture
def dunst(tmp_path: Path) -> Iterator[Dunst]:
    """A real notification daemon on the session bus; only for tests marked ``x11``."""
    one = Dunst(tmp_path)
    yield one
    one.close()


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[Theme]:
    qapp.setStyle("Fusion")
    one = Theme("light")
    one.apply()
    yield one
    qapp.setStyleSheet("")
    one.deleteLater()


@pytest.fixture
def apps() -> Iterator[list[Shopbell]]:
    """Applications that end after their windows."""
    made: list[Shopbell] = []
    yield made
    for one in made:
        one.close()


@pytest.fixture
def make_window(qtbot, theme: Theme) -> Iterator[Callable[..., MainWindow]]:
    made: list[MainWindow] = []

    def make(shop: FakeShop, *, width: int = 1280, height: int = 800, complete: bool = True) -> MainWindow:
        window = MainWindow(shop, theme)
        # The close button asks the program what to do; here there is none.
        window.closing.connect(lambda event: event.accept())
        window.resize(width, height)
        with qtbot.waitSignal(window.painted, timeout=20_000):
            window.show()
        if complete:
            window.complete()
            window.book.learn()
        made.append(window)
        return window

    yield make
    for window in made:
        window.stop()
        window.close()
        window.deleteLater()


@pytest.fixture
def window(shop: FakeShop, make_window: Callable[..., MainWindow]) -> MainWindow:
    return make_window(shop)


@pytest.fixture
def talk(tmp_path: Path, theme: Theme, qtbot: Any) -> Iterator[Talk]:
    yield from make_talk(tmp_path, theme, qtbot)


@pytest.fixture
def open_town(
    apps: list[Shopbell], make_window: Callable[..., MainWindow], tmp_path: Path, qtbot: Any
) -> Callable[..., Town]:
    def open_one(**facts: Any) -> Town:
        app, network = open_app(tmp_path / "profile", **facts)
        apps.append(app)
        town = Town(app, network, make_window(app), qtbot)
        town.until(lambda: town.window.inbox.model.rowCount() == 3)
        return town

    return open_one


@pytest.fixture
def town(open_town: Callable[..., Town]) -> Town:
    return open_town()
