"""The whole program and a real notification daemon: real windows, a real bus, a network in memory."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from gui.app import Program
from gui.dialogs.settings_dialog import SettingsDialog
from gui.notice_words import trial_alert
from gui.single import Single
from services.app import Shopbell
from services.channels import Registry
from services.clock import SystemClock
from services.credentials import Credentials
from services.model import State
from tests.gui.notification_service import Dunst
from tests.toy import ToyNetwork, toy_channel

pytestmark = [
    pytest.mark.x11,
    pytest.mark.keyring,
    pytest.mark.skipif(shutil.which("dunst") is None, reason="needs dunst"),
]
WITHIN_S = 2.0
TERRIBLE = "Terrible <b>service</b> & a wrong cake <img src=x>, nobody answered. I want my money back!"


@pytest.fixture
def network() -> ToyNetwork:
    return ToyNetwork(SystemClock())


@pytest.fixture
def program(tmp_path: Path, dunst: Dunst, network: ToyNetwork, qtbot: QtBot) -> Iterator[Program]:
    """Started hidden, its source heard once, nothing to be told."""
    credentials = Credentials("test-dunst")
    credentials.keep_for_session()
    app = Shopbell.open(
        tmp_path / "profile", credentials=credentials, channels=Registry([toy_channel(network)])
    )
    app.settings.update(first_start_done=True, sound=False)
    app.accounts.add("toy", {}, {"token": "good"})
    app.engine.sync_once()
    single = Single(app.paths.lock)
    assert single.is_first()
    one = Program(app, single, is_hidden=True)
    one.show()
    qtbot.waitUntil(lambda: one.notices is not None and app._is_started, timeout=20_000)
    assert not one.window.isVisible()
    yield one
    one.quit()
    one.window.deleteLater()


@pytest.fixture
def complain(program: Program, network: ToyNetwork, dunst: Dunst, qtbot: QtBot) -> Callable[..., float]:
    """Lets people write, has the network asked, and returns how long after that poll the screen showed
    ``expected`` notices."""
    count = 0
    shown: list[object] = []
    assert program.notices is not None
    program.notices._clicks.shown.connect(shown.append)

    def say(*people: str, expected: int = 1, **more: object) -> float:
        nonlocal count
        for one in people:
            count += 1
            network.customer(f"m{count}", TERRIBLE, author=one, **more)  # type: ignore[arg-type]
        polls, told = network.polls, len(shown)
        program.app.engine.check_now()
        qtbot.waitUntil(lambda: network.polls > polls, timeout=20_000)
        began = time.monotonic()
        qtbot.waitUntil(lambda: len(shown) > told or not expected, timeout=20_000)
        qtbot.waitUntil(lambda: dunst.displayed == expected, timeout=20_000)
        return time.monotonic() - began

    return say


def conversation_id(program: Program, author: str) -> int:
    rows = program.app.inbox.page("all").conversations
    return next(row.id for row in rows if row.customer_name == author.title())


def test_a_complaint_is_on_the_screen_at_once_and_its_click_opens_it(
    program: Program, dunst: Dunst, complain: Callable[..., float], qtbot: QtBot
) -> None:
    assert complain("marta") < WITHIN_S
    window = program.window
    dunst.click()
    qtbot.waitUntil(lambda: window.isVisible() and window.isActiveWindow(), timeout=20_000)
    assert window.conversation is not None
    assert window.conversation.conversation_id == conversation_id(program, "marta")
    assert dunst.displayed == 0
    ((title, body, drawn),) = dunst.texts()
    assert title == "Complaint from Marta"
    assert body.startswith("Toy: “Terrible &lt;b&gt;service&lt;/b&gt; &amp; a wrong cake &lt;img")
    # What is drawn: our text is no markup; the bold title is the daemon's own.
    assert drawn == f"<b>Complaint from Marta</b>\n{body}"


def test_several_are_one_notice_and_take_the_place_of_earlier_ones(
    program: Program, dunst: Dunst, complain: Callable[..., float]
) -> None:
    program.app.settings.update(tell_spikes=False)
    complain("marta")
    complain("tom", "ida")
    complain("rosa")
    titles = [title for title, _, _ in dunst.texts()]
    assert titles == ["4 complaints in the last hour"]


def test_private_messages_and_the_rest_stand_beside(
    dunst: Dunst, network: ToyNetwork, complain: Callable[..., float]
) -> None:
    network.customer("d1", "When do you open?", author="ines", private=True)
    network.customer("e1", "Nice shop", author="bob")
    complain("marta", expected=3)
    titles = {title for title, _, _ in dunst.texts()}
    assert titles == {"Complaint from Marta", "Message from Ines", "1 new message"}


def test_later_snoozes_for_an_hour_and_shows_no_window(
    program: Program, dunst: Dunst, complain: Callable[..., float], qtbot: QtBot
) -> None:
    complain("marta")
    dunst.choose("Later")
    one = conversation_id(program, "marta")
    app = program.app
    qtbot.waitUntil(lambda: app.store.conversation(one).state is State.SNOOZED, timeout=20_000)
    assert dunst.buttons() == {"Open", "Reply", "Later"}
    until = app.store.conversation(one).snoozed_until
    assert until is not None
    assert timedelta(minutes=59) < until - app.clock.now() <= timedelta(hours=1)
    assert not program.window.isVisible()
    qtbot.waitUntil(lambda: dunst.displayed == 0, timeout=20_000)


def test_reply_opens_it_with_the_keyboard_in_the_answer(
    program: Program, dunst: Dunst, complain: Callable[..., float], qtbot: QtBot
) -> None:
    complain("marta")
    dunst.choose("Reply")
    window = program.window
    qtbot.waitUntil(
        lambda: (
            window.conversation is not None
            and (focus := window.focusWidget()) is not None
            and window.conversation.composer.isAncestorOf(focus)
        ),
        timeout=20_000,
    )
    assert window.conversation is not None
    assert window.conversation.conversation_id == conversation_id(program, "marta")


def test_what_the_owner_hides_is_not_on_the_screen(
    program: Program, dunst: Dunst, complain: Callable[..., float]
) -> None:
    program.app.settings.update(hide_text=True)
    complain("marta")
    assert [one[:2] for one in dunst.texts()] == [("A complaint on Toy", "Text hidden, as you asked.")]


def test_what_the_owner_sees_in_the_list_is_not_told_and_leaves_the_screen(
    program: Program, dunst: Dunst, complain: Callable[..., float], network: ToyNetwork, qtbot: QtBot
) -> None:
    complain("marta")
    program.window.raise_up()
    qtbot.waitUntil(lambda: dunst.displayed == 0, timeout=20_000)
    assert program.tray is not None
    assert program.tray.dot == ""
    complain("tom", expected=0)
    app = program.app
    qtbot.waitUntil(
        lambda: app.store.counts().complaints == 2 and not app.engine.is_checking(), timeout=20_000
    )
    # What is told comes in order: had there been a notice of Tom, it would be there before this one.
    app.events.publish(trial_alert())
    qtbot.waitUntil(lambda: dunst.displayed > 0, timeout=20_000)
    assert [title for title, _, _ in dunst.texts()] == [
        "Complaint from the test bell",
        "Complaint from Marta",
    ]


def test_a_click_brings_a_minimised_window_back(
    program: Program, dunst: Dunst, complain: Callable[..., float], qtbot: QtBot
) -> None:
    window = program.window
    window.raise_up()
    qtbot.waitUntil(window.isActiveWindow, timeout=20_000)
    window.showMinimized()
    qtbot.waitUntil(lambda: not window.isActiveWindow(), timeout=20_000)
    assert program.notices is not None
    qtbot.waitUntil(lambda: not program.notices.attention().is_window_active, timeout=20_000)
    complain("marta")
    dunst.click()
    qtbot.waitUntil(lambda: window.isActiveWindow() and not window.isMinimized(), timeout=20_000)
    assert window.conversation is not None
    assert window.conversation.conversation_id == conversation_id(program, "marta")


def test_what_was_answered_elsewhere_leaves_the_screen(
    program: Program, dunst: Dunst, complain: Callable[..., float], network: ToyNetwork, qtbot: QtBot
) -> None:
    complain("marta")
    tray = program.tray
    assert tray is not None
    qtbot.waitUntil(lambda: tray.dot != "", timeout=20_000)
    network.ours("o1", "So sorry, Marta!", parent="m1", key="m1")
    program.app.engine.check_now()
    qtbot.waitUntil(lambda: dunst.displayed == 0, timeout=20_000)
    qtbot.waitUntil(lambda: tray.dot == "", timeout=20_000)


def test_no_insult_is_on_the_screen(
    program: Program, dunst: Dunst, network: ToyNetwork, qtbot: QtBot
) -> None:
    network.customer("m1", "You arseholes, the cake was wrong and nobody answered. Refund!", author="tom")
    program.app.engine.check_now()
    qtbot.waitUntil(lambda: dunst.displayed == 1, timeout=20_000)
    ((title, body, drawn),) = dunst.texts()
    assert title == "An abusive message from Tom"
    assert "arsehole" not in f"{body}{drawn}"
    assert "cake" not in f"{body}{drawn}"


def test_the_test_bell_of_the_settings_is_on_the_screen(program: Program, dunst: Dunst, qtbot: QtBot) -> None:
    program.window.raise_up()
    dialog = SettingsDialog(program.app, program.theme, program.window, page="notifications")
    qtbot.addWidget(dialog)
    dialog.open()
    control = dialog.row("bell").control
    assert isinstance(control, QPushButton)
    control.click()
    qtbot.waitUntil(lambda: dunst.displayed == 1, timeout=20_000)
    qtbot.waitUntil(lambda: dialog._said.text().startswith("The notice was shown."), timeout=20_000)
    assert [one[0] for one in dunst.texts()] == ["Complaint from the test bell"]
    dialog.reject()
