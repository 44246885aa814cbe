"""The window's life: one per profile, tray, notices, quitting; with the real application where it matters."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QApplication, QDialog, QSystemTrayIcon
from pytestqt.qtbot import QtBot

from gui.app import Program
from gui.first_start import FirstStart
from gui.notices import Notices
from gui.notify import Recorder
from gui.single import Single
from gui.theme import Theme
from gui.tray import Tray
from gui.trouble import TroubleDialog
from gui.unknown_errors import UnknownErrors
from services.app import Shopbell
from services.errors import DiskFull

NOW = datetime(2026, 11, 24, 12, 4, tzinfo=UTC)


# the whole program


@pytest.fixture
def program(tmp_path: Path, qtbot: QtBot) -> Iterator[Program]:
    app = Shopbell.open(tmp_path / "profile")
    app.settings.update(first_start_done=True)
    single = Single(app.paths.lock)
    assert single.is_first()
    one = Program(app, single)
    one.at_first_paint = []  # type: ignore[attr-defined]
    one.window.painted.connect(
        lambda: one.at_first_paint.append((one.tray, one.window.conversation))  # type: ignore[attr-defined]
    )
    with qtbot.waitSignal(one.window.painted, timeout=20_000):
        one.show()
    yield one
    one.quit()
    one.window.deleteLater()


def test_the_window_comes_first_and_the_rest_follows(program: Program, qtbot: QtBot) -> None:
    assert program.at_first_paint == [(None, None)]  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: program.window.conversation is not None, timeout=10_000)
    assert program.tray is not None
    assert program.window.empty.title.text() == "Where do customers speak to you?"


def test_started_hidden_everything_is_there_once(tmp_path: Path, qtbot: QtBot) -> None:
    app = Shopbell.open(tmp_path / "profile")
    app.settings.update(first_start_done=True)
    one = Program(app, None, is_hidden=True)
    one.show()
    qtbot.waitUntil(lambda: one.notices is not None, timeout=20_000)
    assert not one.window.isVisible()
    notices, tray = one.notices, one.tray
    with qtbot.waitSignal(one.window.painted, timeout=20_000):
        one.window.raise_up()
    qtbot.wait(0)
    assert (one.notices, one.tray) == (notices, tray)
    assert len(one.findChildren(Notices)) == 1
    one.quit()
    one.window.deleteLater()


def test_quitting_is_quick_and_keeps_the_place(program: Program, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: program.window.conversation is not None, timeout=10_000)
    program.window.resize(1200, 700)
    began = time.monotonic()
    program.quit()
    assert time.monotonic() - began < 1.0
    settings = program.app.settings.load()
    assert settings.window_place
    assert settings.last_closed
    again = Single(program.app.paths.lock)
    assert again.is_first()
    again.close()


def test_close_hides_where_there_is_a_tray_and_ends_where_there_is_none(
    program: Program, qtbot: QtBot
) -> None:
    qtbot.waitUntil(lambda: program.notices is not None, timeout=10_000)
    assert program.notices is not None
    recorder = Recorder()
    program.notices.notifier = recorder
    program.window.close()
    if QSystemTrayIcon.isSystemTrayAvailable():
        assert not program.window.isVisible()
        assert [one.title for one in recorder.shown] == ["Shopbell keeps listening"]
    else:
        assert program._is_ending


class Bell(Tray):
    is_there = True  # type: ignore[assignment]


def test_the_first_close_says_once_that_it_still_listens(program: Program, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: program.notices is not None, timeout=10_000)
    assert program.notices is not None
    assert program.tray is not None
    program.tray.__class__ = Bell
    recorder = Recorder()
    program.notices.notifier = recorder
    for _ in range(2):
        event = QCloseEvent()
        program.window.closing.emit(event)
        assert not event.isAccepted()
        assert not program.window.isVisible()
        qtbot.waitUntil(lambda: program.app.settings.current.close_hint_shown, timeout=20_000)
        program.window.raise_up()
    assert [one.title for one in recorder.shown] == ["Shopbell keeps listening"]


def test_the_greeting_of_the_first_start_waits_for_the_window(tmp_path: Path, qtbot: QtBot) -> None:
    app = Shopbell.open(tmp_path / "profile")
    one = Program(app, None, is_hidden=True)
    one.show()
    qtbot.waitUntil(lambda: app._is_started, timeout=20_000)
    assert one.window.findChildren(FirstStart) == []
    with qtbot.waitSignal(one.window.painted, timeout=20_000):
        one.window.raise_up()
    qtbot.waitUntil(lambda: len(one.window.findChildren(FirstStart)) == 1, timeout=20_000)
    one.window.findChildren(FirstStart)[0].reject()
    one.quit()
    one.window.deleteLater()


class LateBell(Tray):
    """Its desktop has a place for it only after some looks."""

    looks_left = 0

    @property
    def is_there(self) -> bool:
        self.looks_left -= 1
        return self.looks_left < 0


@pytest.mark.qt_log_ignore("systemTrayWindowChanged", extend=True)
def test_a_desktop_that_is_only_coming_gets_the_bell_later(program: Program, qtbot: QtBot) -> None:
    tray = LateBell(program.window.actions_, "Rosie's", program.window)
    tray.icon.hide()
    tray.looks_left = 2
    otherwise: list[bool] = []
    tray.wait_for_place(lambda: otherwise.append(True))
    assert not tray.icon.isVisible()
    qtbot.waitUntil(tray.icon.isVisible, timeout=20_000)
    assert otherwise == []


@pytest.mark.qt_log_ignore("systemTrayWindowChanged", extend=True)
def test_a_desktop_without_a_place_for_it_shows_the_window(program: Program, qtbot: QtBot) -> None:
    tray = LateBell(program.window.actions_, "Rosie's", program.window)
    tray.looks_left = 1_000
    otherwise: list[bool] = []
    tray.wait_for_place(lambda: otherwise.append(True), looks=1)
    qtbot.waitUntil(lambda: otherwise == [True], timeout=20_000)


@pytest.mark.expect_log("an error nobody foresaw")
def test_an_unforeseen_error_is_logged_and_shown_once(theme: Theme, qtbot: QtBot, qapp: QApplication) -> None:
    restarted: list[bool] = []
    errors = UnknownErrors(theme, lambda: restarted.append(True))
    errors.install()
    try:
        assert sys.excepthook == errors.handle
        for number in range(3):
            worker = threading.Thread(target=lambda number=number: 1 // (number - number))
            worker.start()
            worker.join(5)
        qtbot.waitUntil(lambda: errors._shown is not None, timeout=20_000)
        qtbot.wait(30)
        shown = [one for one in qapp.topLevelWidgets() if isinstance(one, QDialog) and one.isVisible()]
        assert len(shown) == 1
        dialog = shown[0]
        dialog.show_details.click()
        assert "ZeroDivisionError" in dialog.details.toPlainText()
        dialog.restart.click()
        assert restarted == [True]
        dialog.reject()
    finally:
        errors.remove()
    assert sys.excepthook != errors.handle


def test_known_errors_have_the_owners_words(
    program: Program, qtbot: QtBot, expect_log: Callable[..., None]
) -> None:
    expect_log("shown to the owner: disk-full")
    qtbot.waitUntil(lambda: program.notices is not None, timeout=10_000)
    for _ in range(2):
        program.window.failed.emit(DiskFull())
    shown = [one for one in program.window.findChildren(TroubleDialog) if one.isVisible()]
    assert [one.text.text() for one in shown] == [
        "The disk is full. Everything up to now is safe; nothing new can be kept."
    ]
    shown[0].accept()


# the end, and what comes close to it


def test_before_the_session_ends_everything_is_brought_to_the_disk(program: Program, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: program.notices is not None, timeout=10_000)
    talk = program.window.conversation
    assert talk is not None
    assert program.ending is not None
    saved: list[tuple[int, str]] = []
    talk.drafts._save = lambda number, text: saved.append((number, text))
    talk.drafts.later(7, "Dear Mar")
    program.ending.keep.emit()
    assert saved == [(7, "Dear Mar")]
    assert program.app.settings.load().window_place
    # Another program stopped the end of the session; this one goes on.
    assert program.window.isVisible()
    assert not program._is_ending


@pytest.mark.expect_log("not everything was kept: NotADirectoryError")
def test_a_step_that_fails_does_not_keep_the_program_from_ending(
    program: Program, qtbot: QtBot, tmp_path: Path
) -> None:
    qtbot.waitUntil(lambda: program.notices is not None, timeout=10_000)
    (tmp_path / "file").write_text("x")
    program.app.settings.path = tmp_path / "file" / "settings.json"
    program.quit()
    again = Single(program.app.paths.lock)
    assert again.is_first()
    again.close()
