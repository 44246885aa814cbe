"""The application of the dialogs: real, with a key store in memory, and the sample shop to speak to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QDialog

from gui.dialogs.add_source import AddSourceDialog
from gui.theme import Theme
from services.app import Shopbell
from services.credentials import Credentials
from services.sample.shop import SampleShop
from tests.fakes import FakeKeyring
from tests.gui.browser import Browser, make_browser


@pytest.fixture
def browser(qapp: Any) -> Iterator[Browser]:
    yield from make_browser()


@pytest.fixture(scope="module")
def sample() -> Iterator[SampleShop]:
    with SampleShop() as shop:
        yield shop


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Shopbell]:
    one = Shopbell.open(tmp_path / "profile", credentials=Credentials("dialogs", FakeKeyring()))
    yield one
    one.close()


@pytest.fixture
def show(qtbot: Any) -> Iterator[Callable[[QDialog], Any]]:
    shown: list[QDialog] = []

    def make(dialog: QDialog) -> Any:
        dialog.show()
        qtbot.waitExposed(dialog)
        shown.append(dialog)
        return dialog

    yield make
    for dialog in shown:
        dialog.close()
        dialog.deleteLater()


@pytest.fixture
def adding(app: Shopbell, theme: Theme, show: Any, browser: Browser) -> AddSourceDialog:
    return show(AddSourceDialog(app, theme))
