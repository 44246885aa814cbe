"""Facts behind the figures of ``bench`` that hold on any machine, however busy."""

from __future__ import annotations

import sqlite3
from array import array
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QModelIndex, QObject, Qt
from PySide6.QtWidgets import QHeaderView, QTableView

from bench.fill import fill
from gui.inbox.model import InboxModel
from services.app import Shopbell
from services.clock import SystemClock
from services.sample.shop import SampleShop
from services.store.standing import restand

FEEDS = 200
MILLION = 1_000_000
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def test_unchanged_feeds_are_one_request_and_304_each(tmp_path: Path) -> None:
    with SampleShop() as shop:
        app = Shopbell.open(tmp_path / "profile")
        try:
            for number in range(FEEDS):
                address = f"{shop.url}/bench/feed/{number}.rss?entries=2"
                app.store.add_account("feeds", f"Feed {number}", settings={"url": address})
            first = app.engine.sync_once()
            assert sum(one.new for one in first.accounts) == 2 * FEEDS
            shop.forget_requests()
            again = app.engine.sync_once()
        finally:
            app.close()
        assert [one.error for one in again.accounts if one.error] == []
        seen = [one for one in shop.requests() if one.path.startswith("/bench/")]
    assert Counter(one.status for one in seen) == {304: FEEDS}
    assert len({one.path for one in seen}) == FEEDS


class Counting(InboxModel):
    """The model of the window, counting what the view asks it."""

    asked = 0

    def data(self, index: Any, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        self.asked += 1
        return super().data(index, role)


class _Store:
    """A view of a million ids, page by page; no row of them exists any more."""

    def view_ids(
        self, view: str, *, account_id: int | None = None, after: Any = None, limit: int = 5000
    ) -> tuple[array[int], Any]:
        start = 0 if after is None else after[0]
        end = min(start + limit, MILLION)
        return array("q", range(start + 1, end + 1)), (end,) if end < MILLION else None

    def rows(self, ids: list[int]) -> dict[int, Any]:
        return {}


class _App:
    clock = SystemClock()

    def __init__(self, run: Callable[..., Any]) -> None:
        self.store = _Store()
        self.run = run


def test_a_million_rows_cost_the_view_few_questions(qtbot: Any) -> None:
    from gui.book import Book
    from services.sync.workers import Workers

    workers = Workers(1, "test")
    app: Any = _App(workers.submit)
    owner = QObject()
    model = Counting(app, Book(app, owner), owner)
    view = QTableView()
    qtbot.addWidget(view)
    view.horizontalHeader().hide()
    view.verticalHeader().hide()
    view.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    view.verticalHeader().setDefaultSectionSize(100)
    view.setModel(model)
    view.resize(384, 700)
    try:
        with qtbot.waitExposed(view):
            view.show()
        model.show_view("new")
        qtbot.waitUntil(lambda: model.rowCount() == MILLION, timeout=60_000)
        for row in (0, MILLION // 2, MILLION - 1):
            view.scrollTo(model.index(row, 0))
            view.viewport().repaint()
        assert model.rowCount(QModelIndex()) == MILLION
        assert 0 < model.asked < 3000
    finally:
        view.setModel(None)
        model.stop()
        workers.stop(5)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fill(tmp_path_factory.mktemp("filled") / "profile", 300, now=NOW)


def test_the_filled_profile_is_what_the_store_would_have_written(filled: Path) -> None:
    app = Shopbell.open(filled)
    try:
        assert app.store.check() == []
        counts = app.store.counts()
        assert (counts.new, counts.complaints) == (300, 12)
        assert app.store.view_size("new") == len(app.store.view_ids("new", limit=1000)[0]) == 300
        assert len(app.store.search("only299").conversations) == 1
        database = app.paths.database
    finally:
        app.close()
    with closing(sqlite3.connect(database)) as connection:
        connection.row_factory = sqlite3.Row
        assert restand(connection, range(1, 301), NOW) == frozenset()
