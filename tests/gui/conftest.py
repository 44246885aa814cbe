"""What the tests of the window share: the application in memory, the theme, the window itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication

from gui.main_window import MainWindow
from gui.theme import Theme
from tests.fakes_gui import FakeShop
from tests.gui.talk import Talk, make_talk


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[FakeShop]:
    """The bakery of the drawings: twelve conversations, eight sources."""
    one = FakeShop(tmp_path)
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
