"""The list: ids only, a few rows in memory, nothing moves under the pointer."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from gui.badges import Badges
from gui.book import Book
from gui.icons import Icons
from gui.inbox.delegate import ConversationDelegate
from gui.inbox.model import KEPT, InboxModel, RowRole
from gui.inbox.view import ConversationList
from gui.theme import Theme
from services.errors import DatabaseBusy
from services.model import Conversation, State
from tests.bakery import NOW, conversation
from tests.fakes_gui import FakeShop, FakeStore


def ids(model: InboxModel) -> list[int]:
    return list(model.ids())


@pytest.fixture
def book(shop: FakeShop, qapp: object) -> Book:
    one = Book(shop)
    one.learn()
    return one


@pytest.fixture
def model(shop: FakeShop, book: Book) -> InboxModel:
    one = InboxModel(shop, book)
    one.show_view("new")
    return one


def test_longest_waiting_complaint_first(model: InboxModel) -> None:
    names = [model.data(model.index(row, 0)) for row in range(3)]
    assert names == ["Marta Lindqvist", "Tom Hadley", "Inês Duarte"]


def test_the_model_keeps_qts_rules(model: InboxModel, shop: FakeShop, qtbot: QtBot) -> None:
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    shop.store.put(conversation(50, waiting_since=NOW - timedelta(days=3)))
    model.changed({50})
    qtbot.waitUntil(lambda: 50 in ids(model), timeout=20_000)
    model.let_go([50, 3])
    model.show_view("waiting")
    model.show_found(shop.store.ordered("all"))
    assert tester.model() is model


def test_only_the_rows_named_in_a_change_are_read_again(model: InboxModel, shop: FakeShop) -> None:
    for row in range(model.rowCount()):
        model.conversation(row)
    shop.store.asked.clear()
    shop.store.change(2, unread=0)
    changed: list[int] = []
    model.dataChanged.connect(lambda first, last, roles: changed.append(first.row()))
    model.changed({2})
    assert changed == [1]
    assert shop.store.asked == ["rows"]
    row = model.conversation(1)
    assert row is not None
    assert row.unread == 0


def test_new_rows_wait_until_the_owner_asks(model: InboxModel, shop: FakeShop, qtbot: QtBot) -> None:
    model.may_move = lambda: False
    model.free_from = lambda: 5
    before = ids(model)
    counts: list[int] = []
    model.waiting_rows.connect(counts.append)
    shop.store.put(
        conversation(60, is_complaint=True, waiting_since=NOW - timedelta(days=2)),
        conversation(61, waiting_since=NOW - timedelta(seconds=5)),
    )
    model.changed({60, 61})
    qtbot.waitUntil(lambda: 61 in ids(model), timeout=20_000)
    # The one below the screen may come at once, the one above may not.
    assert ids(model) == [*before, 61]
    assert counts == [1]
    model.show_waiting()
    assert ids(model) == [60, *before, 61]
    assert counts == [1, 0]


def test_rows_that_no_longer_belong_stay_while_somebody_looks(
    model: InboxModel, shop: FakeShop, qtbot: QtBot
) -> None:
    looks = [True]
    model.may_move = lambda: not looks[0]
    shop.store.change(2, state=State.WAITING, waiting_since=None, answered_at=NOW)
    model.changed({2})
    settled: list[object] = []
    model.dataChanged.connect(lambda *_: settled.append(1))
    qtbot.waitUntil(lambda: bool(model._leaving), timeout=20_000)
    row = model.conversation(1)
    assert row is not None
    assert (row.id, row.state) == (2, State.WAITING)
    looks[0] = False
    model.tidy()
    assert 2 not in ids(model)


def test_what_the_owner_moved_goes_at_once(model: InboxModel) -> None:
    removed: list[tuple[int, int]] = []
    model.rowsRemoved.connect(lambda parent, first, last: removed.append((first, last)))
    model.let_go([1, 3])
    assert ids(model)[:2] == [2, 4]
    assert removed == [(2, 2), (0, 0)]


def test_a_row_that_is_gone_from_the_store_is_empty_not_an_error(model: InboxModel, shop: FakeShop) -> None:
    del shop.store.rows_by_id[8]
    last = model.rowCount() - 1
    assert model.data(model.index(last, 0), RowRole) is None
    assert model.data(model.index(last, 0), Qt.ItemDataRole.AccessibleTextRole) == ""


def test_a_busy_store_is_told_and_leaves_the_list_as_it_is(shop: FakeShop, book: Book) -> None:
    class Busy(FakeStore):
        def view_ids(self, *args: object, **named: object) -> Any:
            raise DatabaseBusy

    model = InboxModel(shop, book)
    model.show_view("new")
    before = ids(model)
    shop.store = Busy(shop.store.rows_by_id)
    told: list[object] = []
    model.trouble.connect(told.append)
    model.reload()
    assert [type(one) for one in told] == [DatabaseBusy]
    assert ids(model) == before


class Million(FakeStore):
    """A store with as many conversations as one likes; rows are made when asked for."""

    count = 1_000_000

    def view_ids(self, view: str, *, account_id: Any = None, after: Any = None, limit: int = 5000) -> Any:
        start = after[0] if after else 0
        end = min(start + limit, self.count)
        return array("q", range(start + 1, end + 1)), ((end,) if end < self.count else None)

    def rows(self, ids: Sequence[int]) -> dict[int, Conversation]:
        self.asked.append("rows")
        return {one: conversation(one) for one in ids}


class Counting(InboxModel):
    calls = 0

    def data(self, index: Any, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        Counting.calls += 1
        return super().data(index, role)


def test_a_million_rows_cost_the_view_next_to_nothing(
    shop: FakeShop, book: Book, theme: Theme, qtbot: QtBot
) -> None:
    shop.store = Million()
    icons = Icons(theme)
    model = Counting(shop, book)
    delegate = ConversationDelegate(theme, icons, Badges(theme, icons), book)
    from PySide6.QtWidgets import QWidget

    home = QWidget()
    qtbot.addWidget(home)
    view = ConversationList(model, delegate, theme, home)
    view.resize(384, 700)
    home.resize(384, 700)
    Counting.calls = 0
    home.show()
    model.show_view("new")
    qtbot.waitUntil(lambda: model.rowCount() == Million.count, timeout=60_000)
    for row in (500_000, 999_999, 3):
        view.scrollTo(model.index(row, 0))
        view.repaint()
        qtbot.wait(1)
    assert Counting.calls < 3_000
    assert len(model._kept) <= KEPT
    # Each jump reads a screenful, not the way there.
    assert len(shop.store.asked) < 40


def test_the_rest_of_a_long_view_comes_from_a_worker(shop: FakeShop, book: Book, qtbot: QtBot) -> None:
    shop.store.put(*(conversation(n, waiting_since=NOW - timedelta(minutes=n)) for n in range(100, 1200)))
    model = InboxModel(shop, book)
    model.show_view("new")
    assert model.rowCount() == 200
    qtbot.waitUntil(lambda: model.rowCount() == 1108, timeout=20_000)
    assert len(set(ids(model))) == 1108


def test_a_change_while_the_rest_is_loading_adds_nothing_twice(
    shop: FakeShop, book: Book, qtbot: QtBot
) -> None:
    shop.store.put(*(conversation(n, waiting_since=NOW - timedelta(minutes=n)) for n in range(100, 1200)))
    model = InboxModel(shop, book)
    model.show_view("new")
    model.changed({100, 101, 1199})
    qtbot.waitUntil(lambda: model.rowCount() >= 1108, timeout=20_000)
    qtbot.waitUntil(lambda: not model._changed, timeout=20_000)
    qtbot.wait(50)
    assert sorted(ids(model)) == sorted(row.id for row in shop.store.ordered("new"))


def test_the_spoken_sentence_begins_with_the_name(model: InboxModel) -> None:
    said = model.data(model.index(0, 0), Qt.ItemDataRole.AccessibleTextRole)
    assert said.startswith("Marta Lindqvist. complaint, wrong order. waits 12 hours 52 minutes. ")
    said = model.data(model.index(2, 0), Qt.ItemDataRole.AccessibleTextRole)
    assert "unread" in said
    assert f"answer before {(NOW + timedelta(hours=4, minutes=20)).astimezone():%H:%M}" in said
    assert "Instagram" in said
