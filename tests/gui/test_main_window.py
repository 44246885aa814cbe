"""The window as its owner uses it: by keys, narrow and wide, with sources in trouble, with nothing to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QLineEdit, QMenu, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from gui.actions import PLANS
from gui.geometry import SMALLEST, first_size
from gui.main_window import MainWindow
from gui.theme import Theme
from services.events import AccountChanged, MessagesChanged, SyncProgress
from services.model import Freshness, State
from tests.bakery import NOW, conversation
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


# what stands where


def test_the_first_screen(window: MainWindow) -> None:
    assert window.windowTitle() == "Rosie’s Bakery"
    assert window.inbox.head.title.text() == "8 people wait for you"
    assert window.inbox.head.note.text() == "complaints first"
    assert window.freshness.words.text() == "All 8 heard, 1 min ago"
    assert window.left.list.currentIndex().data() == "New"
    counts = [window.views.entry(row).count for row in range(8)]
    assert counts == [8, 2, 1, 2, 1, 0, 0, 0]


def test_every_control_has_a_name(window: MainWindow, shop: FakeShop, qtbot: QtBot) -> None:
    trouble(shop, window, 1, SIGN_IN)
    window.inbox.list.step(1)
    qtbot.wait(50)
    kinds = (QAbstractButton, QLineEdit, QPlainTextEdit, QAbstractItemView)
    nameless = []
    for one in window.findChildren(QWidget):
        if not isinstance(one, kinds) or one.objectName().startswith("qt_"):
            continue
        face = QAccessible.queryAccessibleInterface(one)
        name = face.text(QAccessible.Text.Name) if face is not None else ""
        # A button that is not shown has no words yet; it gets them with its text.
        if not name and not (isinstance(one, QAbstractButton) and one.isHidden()):
            nameless.append(f"{type(one).__name__} in {type(one.parent()).__name__}")
    assert nameless == [], " ".join(nameless)


def test_no_two_actions_share_a_key(window: MainWindow) -> None:
    keys = [key for plan in PLANS for key in plan.keys]
    assert len(keys) == len(set(keys))
    assert all(action.text() for action in window.actions_)


# keys


def test_the_list_by_keys(window: MainWindow, qtbot: QtBot) -> None:
    window.inbox.list.setFocus()
    press(window, Qt.Key.Key_J)
    assert window.inbox.list.open_id() == 1
    press(window, Qt.Key.Key_J)
    press(window, Qt.Key.Key_Down)
    assert window.inbox.list.open_id() == 3
    press(window, Qt.Key.Key_K)
    assert window.inbox.list.open_id() == 2
    assert window.conversation is not None
    assert window.conversation.conversation_id == 2


def test_done_by_key_goes_on_with_the_next(window: MainWindow, shop: FakeShop, qtbot: QtBot) -> None:
    window.inbox.list.setFocus()
    press(window, Qt.Key.Key_J)
    press(window, Qt.Key.Key_E)
    qtbot.waitUntil(lambda: 1 not in shown_ids(window), timeout=3000)
    assert shop.store.rows_by_id[1].state is State.DONE
    assert window.inbox.list.open_id() == 2
    qtbot.waitUntil(lambda: window.inbox.head.title.text() == "7 people wait for you", timeout=3000)


def test_letters_typed_into_a_field_are_text(window: MainWindow, shop: FakeShop, qtbot: QtBot) -> None:
    window.inbox.list.step(1)
    window.inbox.search.setFocus()
    QTest.keyClicks(window.inbox.search, "je!")
    assert window.inbox.search.text() == "je!"
    assert shop.store.rows_by_id[1].state is State.NEW
    assert window.inbox.list.open_id() == 1


@pytest.mark.parametrize(
    ("key", "view"), [(Qt.Key.Key_2, "complaints"), (Qt.Key.Key_5, "snoozed"), (Qt.Key.Key_8, "spam")]
)
def test_views_by_keys(window: MainWindow, key: Qt.Key, view: str) -> None:
    press(window, key, Qt.KeyboardModifier.ControlModifier)
    assert window.inbox.model.view == view
    assert window.views.entry(window.left.list.currentIndex().row()).view == view


def test_several_at_once(window: MainWindow, shop: FakeShop, qtbot: QtBot) -> None:
    window.inbox.list.setFocus()
    press(window, Qt.Key.Key_J)
    press(window, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    press(window, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert window.inbox.head.currentIndex() == 1
    press(window, Qt.Key.Key_Exclam)
    qtbot.waitUntil(lambda: shown_ids(window)[:1] == [4], timeout=3000)
    assert {shop.store.rows_by_id[n].state for n in (1, 2, 3)} == {State.SPAM}
    assert window.inbox.head.currentIndex() == 0


def test_snooze_asks_until_when(window: MainWindow, shop: FakeShop, qtbot: QtBot) -> None:
    menu = window.desk.snooze_menu([4])
    menu.actions()[0].trigger()
    qtbot.waitUntil(lambda: 4 not in shown_ids(window), timeout=3000)
    row = shop.store.rows_by_id[4]
    assert row.state is State.SNOOZED
    assert row.snoozed_until == NOW + timedelta(hours=1)
    menu.deleteLater()


# search


def test_search_as_one_types(window: MainWindow, qtbot: QtBot) -> None:
    press(window, Qt.Key.Key_Slash)
    assert window.inbox.search.hasFocus()
    QTest.keyClicks(window.inbox.search, "rye town")
    qtbot.waitUntil(lambda: shown_ids(window) == [6], timeout=3000)
    assert window.inbox.head.title.text() == "1 found"
    press(window, Qt.Key.Key_Down)
    assert window.inbox.list.hasFocus()
    assert window.inbox.list.open_id() == 6
    press(window, Qt.Key.Key_Slash)
    press(window, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: len(shown_ids(window)) == 8, timeout=3000)


def test_search_without_result(window: MainWindow, qtbot: QtBot) -> None:
    window.inbox.search.setText("rhy")
    qtbot.waitUntil(lambda: shown_ids(window) == [], timeout=3000)
    assert window.inbox.head.title.text() == "Nothing found"
    assert window.empty.title.text() == "Nothing found for “rhy”."


def test_a_search_does_not_move_when_somebody_writes(
    window: MainWindow, shop: FakeShop, qtbot: QtBot
) -> None:
    window.inbox.search.setText("the")
    qtbot.waitUntil(lambda: window.inbox.query == "the", timeout=3000)
    before = shown_ids(window)
    assert before
    shop.store.put(conversation(71, snippet="the newest of all", last_at=NOW + timedelta(seconds=1)))
    shop.run(shop.events.publish, MessagesChanged(frozenset({71}), frozenset({71}))).result()
    qtbot.waitUntil(window.inbox.new_rows.isVisible, timeout=3000)
    assert shown_ids(window) == before
    window.inbox.new_rows.click()
    assert 71 in shown_ids(window)
    assert not window.inbox.new_rows.isVisible()


def test_the_same_search_after_another_view(window: MainWindow, qtbot: QtBot) -> None:
    for _ in range(2):
        window.inbox.search.setText("rye town")
        qtbot.waitUntil(lambda: shown_ids(window) == [6], timeout=3000)
        window.show_view("done")
        assert shown_ids(window) != [6]


# before anything is chosen


def test_nobody_chosen_yet_offers_to_start(window: MainWindow, qtbot: QtBot) -> None:
    assert window.right.currentWidget() is window.empty
    assert window.empty.title.text() == "8 people wait for you."
    assert window.empty.action.text() == "Start with Marta Lindqvist"
    window.empty.action.click()
    assert window.inbox.list.open_id() == 1
    assert window.conversation is not None
    assert window.right.currentWidget() is window.conversation


@pytest.mark.parametrize("part", ["inbox", "left"])
def test_enter_opens_the_first(window: MainWindow, part: str) -> None:
    getattr(window, part).list.setFocus()
    press(window, Qt.Key.Key_Return)
    assert window.inbox.list.open_id() == 1


def test_the_first_fetch_simply_appears(window: MainWindow, shop: FakeShop, qtbot: QtBot) -> None:
    shop.store.fresh[1] = Freshness(backfilling=True)
    window.book.read()
    shop.store.put(conversation(72, is_complaint=True, waiting_since=NOW - timedelta(days=3)))
    shop.run(shop.events.publish, MessagesChanged(frozenset({72}), frozenset({72}), 1)).result()
    qtbot.waitUntil(lambda: shown_ids(window)[0] == 72, timeout=3000)
    assert not window.inbox.new_rows.isVisible()


def test_the_first_fetch_waits_for_who_reads_already(
    window: MainWindow, shop: FakeShop, qtbot: QtBot
) -> None:
    shop.store.fresh[1] = Freshness(backfilling=True)
    window.book.read()
    window.inbox.list.step(1)
    shop.store.put(conversation(73, is_complaint=True, waiting_since=NOW - timedelta(days=3)))
    shop.run(shop.events.publish, MessagesChanged(frozenset({73}), frozenset({73}), 1)).result()
    qtbot.waitUntil(window.inbox.new_rows.isVisible, timeout=3000)
    assert shown_ids(window)[0] == 1


def test_the_first_window_fits_the_screen() -> None:
    assert first_size(QSize(1920, 1080)) == QSize(1280, 800)
    assert first_size(QSize(1280, 800)) == QSize(1272, 752)
    assert first_size(QSize(400, 300)) == SMALLEST


# events from other threads


def test_a_new_complaint_waits_above(window: MainWindow, shop: FakeShop, qtbot: QtBot) -> None:
    window.inbox.list.step(1)
    top = window.inbox.list.rowAt(0)
    shop.store.put(conversation(70, is_complaint=True, waiting_since=NOW - timedelta(days=3)))
    shop.run(shop.events.publish, MessagesChanged(frozenset({70}), frozenset({70}))).result()
    qtbot.waitUntil(window.inbox.new_rows.isVisible, timeout=3000)
    assert window.inbox.new_rows.text() == "1 new, show"
    assert window.inbox.list.rowAt(0) == top
    assert shown_ids(window)[0] == 1
    assert window.inbox.head.title.text() == "9 people wait for you"
    window.inbox.new_rows.click()
    assert shown_ids(window)[:2] == [70, 1]
    assert window.inbox.list.open_id() == 1
    assert window.inbox.list.currentIndex().row() == 1


def test_a_reply_that_arrives_leaves_its_conversation_open(
    window: MainWindow, shop: FakeShop, qtbot: QtBot
) -> None:
    window.inbox.list.step(1)
    open_id = window.inbox.list.open_id()
    opened: list[int] = []
    window.inbox.opened.connect(opened.append)
    window.inbox.model.may_move = lambda: True
    shop.store.change(open_id, state=State.WAITING, waiting_since=None)
    shop.run(shop.events.publish, MessagesChanged(frozenset({open_id}))).result()
    qtbot.waitUntil(lambda: window.inbox.counts.new == 7, timeout=3000)
    qtbot.wait(400)
    assert opened == []
    assert window.inbox.list.open_id() == open_id
    assert open_id in shown_ids(window)
    window.inbox.list.step(1)
    assert opened[0] != open_id
    qtbot.waitUntil(lambda: open_id not in shown_ids(window), timeout=3000)
    assert opened == [window.inbox.list.open_id()]


def test_a_busy_poll_costs_one_pass(window: MainWindow, shop: FakeShop, qtbot: QtBot) -> None:
    passes: list[object] = []
    window.bridge.happened.connect(passes.append)

    def publish() -> None:
        for number in range(500):
            shop.events.publish(MessagesChanged(frozenset({number % 8 + 1}), account_id=1))

    with qtbot.waitSignal(window.bridge.happened, timeout=3000):
        shop.run(publish).result()
    qtbot.wait(80)
    assert len(passes) <= 3
    seen = set().union(*(event.conversations for events in passes for event in events))  # type: ignore[attr-defined]
    assert seen == set(range(1, 9))


# sources


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
    qtbot.waitUntil(lambda: window.freshness.words.text() == "Checking 3 of 8", timeout=3000)
    shop.events.publish(SyncProgress(8, 8))
    qtbot.waitUntil(lambda: window.freshness.words.text().startswith("All 8 heard"), timeout=3000)


def test_the_arrow_and_f5_check_now(window: MainWindow, shop: FakeShop) -> None:
    window.freshness.arrow.click()
    press(window, Qt.Key.Key_F5)
    assert shop.engine.checked == [None, None]


def test_a_renamed_source_is_read_anew(window: MainWindow, shop: FakeShop, qtbot: QtBot) -> None:
    shop.store.account_list[0] = replace(shop.store.account_list[0], name="Our page")
    shop.events.publish(AccountChanged(1))
    qtbot.waitUntil(lambda: window.views.entry(9).text == "Our page", timeout=3000)


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


# widths and themes


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
    qtbot.waitUntil(lambda: (window.left.width(), window.inbox.width()) == (224, 384), timeout=3000)


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
    qtbot.waitUntil(lambda: (again.left.width(), again.inbox.width()) == (260, 420), timeout=3000)


def test_compact_rows_are_lower(window: MainWindow, shop: FakeShop, theme: Theme) -> None:
    full = window.inbox.list.rowHeight(0)
    window.inbox.set_compact(True)
    assert (full, window.inbox.list.rowHeight(0)) == (theme.px(100), theme.px(62))
    assert not window.inbox.list.grab().isNull()


def test_hovering_offers_three_actions(window: MainWindow, shop: FakeShop, qtbot: QtBot) -> None:
    view = window.inbox.list
    row = view.visualRect(window.inbox.model.index(3, 0))
    QTest.mouseMove(view.viewport(), row.center())
    qtbot.waitUntil(lambda: window.inbox.delegate.hover_row == 3, timeout=3000)
    done = window.inbox.delegate.hover_rects(row)[0]
    assert min(done.width(), done.height()) >= 32
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=done.center())
    qtbot.waitUntil(lambda: 4 not in shown_ids(window), timeout=3000)
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
    qtbot.waitUntil(lambda: window.views.rowCount() == 17, timeout=3000)
    hidden = [window.left.list.isRowHidden(row) for row in range(17)]
    assert hidden == [False] * 8 + [True] * 9
    assert not window.grab().isNull()
    window.resize(1280, 800)
    assert not any(window.left.list.isRowHidden(row) for row in range(17))
