"""From alerts to the desktop: words, where a click leads, buttons, the bell beside the clock, the trial."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QDialog, QWidget
from pytestqt.qtbot import QtBot

from gui.bell_trial import BellTrial
from gui.main_window import MainWindow
from gui.notice_words import Notice, notice_of
from gui.notices import Notices
from gui.notify import Clicks, Recorder
from gui.palette import LIGHT
from gui.sound import ring
from gui.tray import Tray
from services.alerting import Unseen
from services.alerts import Attention
from services.events import AlertRaised, MessagesChanged
from services.model import State
from tests.fakes_gui import FakeAlerting as Quiet, FakeShop

NOW = datetime(2026, 11, 24, 12, 4, tzinfo=UTC)


class FakeAlerting(Quiet):
    """What was told and nobody has looked at; ``seen`` is what the owner saw."""

    def __init__(self) -> None:
        self.attention: Callable[[], Attention] = Attention
        self.unseen = Unseen()
        self.seen: list[Attention] = []
        self.done: frozenset[str] = frozenset()
        self.tags: frozenset[str] = frozenset()
        self.settled = 0

    def settle(self) -> None:
        self.settled += 1

    def look(self, attention: Attention) -> frozenset[str]:
        self.seen.append(attention)
        return self.done


@pytest.fixture
def noticed(shop: FakeShop, window: MainWindow) -> Iterator[tuple[Notices, Recorder, Clicks]]:
    shop.alerting = FakeAlerting()
    shop.settings.update(sound=False)
    recorder, clicks = Recorder(), Clicks()
    tray = Tray(window.actions_, "Rosie", window)
    notices = Notices(shop, window, tray, window, recorder, clicks)
    yield notices, recorder, clicks
    notices.close()


def test_a_complaint_is_told_and_its_click_opens_it(
    noticed: tuple[Notices, Recorder, Clicks], shop: FakeShop, window: MainWindow, qtbot: QtBot
) -> None:
    _, recorder, clicks = noticed
    alert = AlertRaised(
        "complaint", 2, 2, names=("Tom Hadley",), place="Google reviews", excerpt="Croissants were hard"
    )
    shop.run(shop.events.publish, alert).result()
    qtbot.waitUntil(lambda: len(recorder.shown) == 1, timeout=20_000)
    notice = recorder.shown[0]
    assert (notice.title, notice.body) == (
        "Complaint from Tom Hadley",
        "Google reviews: “Croissants were hard”",
    )
    window.hide()
    clicks.clicked.emit(notice)
    assert window.isVisible()
    assert window.conversation is not None
    assert window.conversation.conversation_id == 2
    assert window.inbox.list.open_id() == 2


def test_switched_off_notices_stay_silent(
    noticed: tuple[Notices, Recorder, Clicks], shop: FakeShop, qtbot: QtBot
) -> None:
    notices, recorder, _ = noticed
    shop.settings.update(notifications=False)
    notices.show(Notice("Complaint from Tom"))
    assert recorder.shown == []


def test_the_policy_learns_what_the_owner_looks_at(
    noticed: tuple[Notices, Recorder, Clicks], shop: FakeShop, window: MainWindow, qtbot: QtBot
) -> None:
    notices, _, _ = noticed
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=20_000)
    window.inbox.list.step(1)
    notices.look()
    alerting: FakeAlerting = shop.alerting  # type: ignore[attr-defined]
    assert alerting.attention() == Attention(True, 1, "new")
    assert alerting.seen[-1] == Attention(True, 1, "new")
    window.show_view("done", None)
    notices.look()
    assert alerting.attention().view == "done"
    window.show_view("new", 3)
    notices.look()
    assert (alerting.attention().view, alerting.attention().account_id) == ("all", 3)
    window.inbox.query = "bread"
    notices.look()
    assert alerting.attention().view == ""
    window.hide()
    notices.look()
    assert alerting.attention() == Attention()


def test_a_window_in_front_of_nobody_is_not_looked_at(
    noticed: tuple[Notices, Recorder, Clicks], shop: FakeShop, window: MainWindow, qtbot: QtBot
) -> None:
    notices, _, _ = noticed
    notices._look.stop()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=20_000)
    notices.look()
    shop.clock.advance(minutes=4)
    notices.look()
    assert notices.attention().is_window_active
    shop.clock.advance(minutes=2)
    notices.look()
    assert not notices.attention().is_window_active
    window.inbox.list.step(1)
    notices.look()
    assert notices.attention().is_window_active


def test_the_bell_beside_the_clock_stays_changed_until_it_was_looked_at(
    noticed: tuple[Notices, Recorder, Clicks], shop: FakeShop, window: MainWindow, qtbot: QtBot
) -> None:
    notices, recorder, _ = noticed
    notices._look.stop()
    tray, alerting = notices._tray, shop.alerting  # type: ignore[attr-defined]
    other = QWidget()
    qtbot.addWidget(other)
    other.show()
    other.activateWindow()
    qtbot.waitUntil(other.isActiveWindow, timeout=20_000)
    dots = []
    for unseen in (Unseen(), Unseen(others=2), Unseen(direct=1), Unseen(complaints=1, direct=1)):
        alerting.unseen = unseen
        notices.look()
        dots.append((tray.dot, tray.icon.toolTip()))
    assert dots == [
        ("", "Rosie"),
        (LIGHT.accent, "New messages"),
        (LIGHT.accent, "A private message waits"),
        (LIGHT.care, "A complaint waits"),
    ]
    pictures = [tray.icon.icon().pixmap(32, 32).toImage()]
    assert alerting.seen == []
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=20_000)
    alerting.unseen, alerting.done = Unseen(), frozenset({"complaint-1"})
    notices.look()
    pictures.append(tray.icon.icon().pixmap(32, 32).toImage())
    assert (tray.dot, tray.icon.toolTip()) == ("", "Rosie")
    assert pictures[0] != pictures[1]
    assert recorder.withdrawn == ["complaint-1"]


def test_what_was_answered_elsewhere_leaves_the_screen_though_nobody_looks(
    noticed: tuple[Notices, Recorder, Clicks], shop: FakeShop, window: MainWindow, qtbot: QtBot
) -> None:
    notices, recorder, _ = noticed
    notices._look.stop()
    window.hide()
    alerting: FakeAlerting = shop.alerting
    alerting.tags = frozenset({"complaint-1", "direct-2"})
    notices.look()
    assert (alerting.settled, recorder.withdrawn) == (0, [])
    with qtbot.waitSignal(window.bridge.happened, timeout=20_000):
        shop.events.publish(MessagesChanged(frozenset({1})))
    notices.look()
    qtbot.waitUntil(lambda: alerting.settled == 1, timeout=20_000)
    alerting.tags = frozenset({"direct-2"})
    notices.look()
    assert (alerting.settled, recorder.withdrawn) == (1, ["complaint-1"])


@pytest.mark.parametrize(
    ("alert", "view"),
    [
        (AlertRaised("complaint", count=3, names=("Tom", "Ann")), "complaints"),
        (AlertRaised("spike", count=4), "complaints"),
        (AlertRaised("several", count=4), "new"),
        (AlertRaised("waiting", count=4), "new"),
    ],
)
def test_a_notice_of_many_opens_their_list(
    noticed: tuple[Notices, Recorder, Clicks], window: MainWindow, alert: AlertRaised, view: str
) -> None:
    _, _, clicks = noticed
    window.hide()
    clicks.clicked.emit(notice_of(alert))
    assert window.isVisible()
    assert window.inbox.model.view == view


@pytest.mark.parametrize(
    ("unseen", "before", "after"),
    [
        (Unseen(), "done", "done"),
        (Unseen(complaints=1), "done", "complaints"),
        (Unseen(complaints=1), "new", "new"),
        (Unseen(direct=1), "complaints", "new"),
        (Unseen(others=3), "snoozed", "new"),
    ],
)
def test_the_icon_leads_to_what_it_is_changed_for(
    noticed: tuple[Notices, Recorder, Clicks],
    shop: FakeShop,
    window: MainWindow,
    unseen: Unseen,
    before: str,
    after: str,
) -> None:
    notices, _, _ = noticed
    window.show_view(before)
    window.hide()
    shop.alerting.unseen = unseen  # type: ignore[attr-defined]
    notices._tray.opened.emit()
    assert window.isVisible()
    assert window.inbox.model.view == after


def test_reply_opens_it_with_the_keyboard_in_the_answer(
    noticed: tuple[Notices, Recorder, Clicks], window: MainWindow, qtbot: QtBot
) -> None:
    _, _, clicks = noticed
    window.hide()
    clicks.asked.emit(Notice("Complaint from Tom", conversation_id=2, offers=("reply", "later")), "reply")
    assert window.isVisible()
    assert window.conversation is not None
    assert window.conversation.conversation_id == 2
    composer = window.conversation.composer
    qtbot.waitUntil(
        lambda: (focus := window.focusWidget()) is not None and composer.isAncestorOf(focus), timeout=20_000
    )


@pytest.mark.parametrize(("dialog", "stays"), [("keys", False), ("hours", True)])
def test_a_dialog_makes_room_for_what_was_clicked_unless_something_is_typed_there(
    noticed: tuple[Notices, Recorder, Clicks], window: MainWindow, dialog: str, stays: bool
) -> None:
    _, _, clicks = noticed
    assert window.sources is not None
    window.sources.show_dialog(dialog)
    assert QApplication.activeModalWidget() is not None
    clicks.clicked.emit(Notice("Complaint from Tom", conversation_id=2))
    assert window.conversation is not None
    assert window.conversation.conversation_id == 2
    assert (QApplication.activeModalWidget() is not None) == stays
    for one in window.findChildren(QDialog):
        one.reject()


def test_later_snoozes_an_hour_and_leaves_the_window_alone(
    noticed: tuple[Notices, Recorder, Clicks], shop: FakeShop, window: MainWindow, qtbot: QtBot
) -> None:
    _, _, clicks = noticed
    window.hide()
    clicks.asked.emit(Notice("Complaint from Tom", conversation_id=2, offers=("reply", "later")), "later")
    qtbot.waitUntil(lambda: shop.store.rows([2])[2].state is State.SNOOZED, timeout=20_000)
    assert shop.store.rows([2])[2].snoozed_until == shop.clock.now() + timedelta(hours=1)
    assert not window.isVisible()


def test_the_desktops_leave_is_handed_to_qt(
    noticed: tuple[Notices, Recorder, Clicks], window: MainWindow
) -> None:
    _, _, clicks = noticed
    clicks.token = "leave-1"
    clicks.clicked.emit(Notice("Complaint from Tom", conversation_id=2))
    assert os.environ.pop("XDG_ACTIVATION_TOKEN") == "leave-1"
    clicks.clicked.emit(Notice("Complaint from Tom", conversation_id=2))
    assert "XDG_ACTIVATION_TOKEN" not in os.environ


@pytest.mark.parametrize(
    ("settings", "was_shown", "words"),
    [
        ({"sound": False}, True, "The notice was shown. The sound is switched off."),
        (
            {"sound": False},
            False,
            (
                "This desktop shows no notifications: no service for them answers. The list still says what"
                " is new. The sound is switched off."
            ),
        ),
        (
            {"sound": False, "notifications": False},
            True,
            (
                "The notice was shown. The sound is switched off. Notifications are switched off, so a real"
                " one would not come."
            ),
        ),
        (
            {"sound": False, "quiet_hours": ("00:00", "24:00")},
            True,
            (
                "The notice was shown. The sound is switched off. It is quiet time now: a real one would wait"
                " for its end."
            ),
        ),
    ],
)
def test_the_test_bell_goes_the_real_way_and_says_what_became_of_it(
    noticed: tuple[Notices, Recorder, Clicks],
    shop: FakeShop,
    qtbot: QtBot,
    settings: dict[str, object],
    was_shown: bool,
    words: str,
) -> None:
    notices, recorder, clicks = noticed
    shop.settings.update(**settings)
    trial = BellTrial(shop, notices)
    trial.ring()
    qtbot.waitUntil(lambda: len(recorder.shown) == 1, timeout=20_000)
    assert recorder.shown[0].title == "Complaint from the test bell"
    with qtbot.waitSignal(trial.said, timeout=20_000) as said:
        (clicks.shown if was_shown else clicks.failed).emit(recorder.shown[0])
    assert said.args == [words]


@pytest.mark.skipif(sys.platform == "win32", reason="plays by a call of the system there")
def test_the_chosen_sound_is_played_by_what_the_system_has(
    noticed: tuple[Notices, Recorder, Clicks], shop: FakeShop, tmp_path: Path, qtbot: QtBot
) -> None:
    notices, _, _ = noticed
    heard = tmp_path / "heard"
    player = tmp_path / "bin" / "pw-play"
    player.parent.mkdir()
    player.write_text(f'#!/bin/sh\necho "$1" >> {heard}\n')
    player.chmod(0o755)
    shop.settings.update(sound=True, sound_name="chime")
    path = os.environ["PATH"]
    os.environ["PATH"] = f"{player.parent}{os.pathsep}{path}"
    try:
        notices.show(Notice("Complaint from Tom", rings=True))
        notices.show(Notice("5 new messages"))
        qtbot.waitUntil(lambda: heard.exists() and heard.read_text().endswith("\n"), timeout=20_000)
        assert [Path(line).name for line in heard.read_text().splitlines()] == ["chime.wav"]
        os.environ["PATH"] = str(tmp_path)
        assert not ring("bell")
    finally:
        os.environ["PATH"] = path
