"""How the tests of the window read its list and press its keys."""

from __future__ import annotations

from datetime import timedelta

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from gui.main_window import MainWindow
from services.model import Freshness
from tests.bakery import NOW
from tests.fakes_gui import FakeShop

SIGN_IN = Freshness(
    heard=NOW - timedelta(hours=17),
    failing_since=NOW - timedelta(hours=16),
    error_kind="sign-in-needed",
    error_detail={"reason": "revoked"},
    backfilling=False,
)
SILENT = Freshness(
    heard=NOW - timedelta(hours=1),
    failing_since=NOW - timedelta(minutes=54),
    error_kind="unreachable",
    error_detail={"reason": "timeout"},
    backfilling=False,
)


def shown_ids(window: MainWindow) -> list[int]:
    return list(window.inbox.model.ids())


def press(
    window: MainWindow, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
) -> None:
    target = window.focusWidget() or window
    QTest.keyClick(target, key, modifiers)


def trouble(shop: FakeShop, window: MainWindow, account_id: int, fresh: Freshness) -> None:
    shop.store.fresh[account_id] = fresh
    window.book.read()
