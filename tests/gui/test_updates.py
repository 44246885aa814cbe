"""A newer version in the window: off by default, quiet, and never more than a page in the browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QDialog
from pytestqt.qtbot import QtBot

from gui.app import Program
from gui.dialogs.settings_dialog import SettingsDialog
from gui.dialogs.update_page import LOOK_NOW
from gui.theme import Theme
from gui.update_words import state_words
from gui.updates import UpdateWatch
from services.app import Shopbell
from services.clock import iso
from services.updates import DOWNLOADS, Looked
from tests.bakery import NOW
from tests.gui.browser import Browser, make_browser
from tests.gui.dialogs.help import unnamed
from tests.hostile.server import HostileServer, answer

NEWS = {"version": "99.1.0", "news": ["Telegram groups", "<b>Search</b> finds more"]}


@pytest.fixture
def server() -> Iterator[HostileServer]:
    with HostileServer() as running:
        running.on("/latest.json", answer(json.dumps(NEWS).encode()))
        yield running


@pytest.fixture
def browser(qapp: Any) -> Iterator[Browser]:
    yield from make_browser()


@pytest.fixture
def app(tmp_path: Path, server: HostileServer) -> Shopbell:
    one = Shopbell.open(tmp_path / "profile")
    one.settings.update(first_start_done=True)
    one.updates.address = server.on("/latest.json", answer(json.dumps(NEWS).encode()))
    return one


@pytest.fixture
def program(app: Shopbell, qtbot: QtBot) -> Iterator[Program]:
    one = Program(app, None)
    with qtbot.waitSignal(one.window.painted, timeout=20_000):
        one.show()
    qtbot.waitUntil(lambda: one.window.sources is not None, timeout=20_000)
    yield one
    one.quit()
    one.window.deleteLater()


def watch_of(program: Program) -> UpdateWatch:
    assert program.window.sources is not None
    return program.window.sources.updates


def test_off_nothing_is_asked_and_nothing_shown(
    program: Program, server: HostileServer, qtbot: QtBot
) -> None:
    watch = watch_of(program)
    program.app.updates.look()
    watch.look()
    watch.refresh()
    qtbot.wait(50)
    assert watch.line is None
    assert len(server.asked("/latest.json")) == 1


def test_while_listening_is_off_nothing_is_asked_here_either(
    program: Program, server: HostileServer, qtbot: QtBot
) -> None:
    program.app.settings.update(look_for_updates=True, poll=False)
    watch = watch_of(program)
    watch.look()
    assert watch._jobs.waiting == 0
    program.app.settings.update(poll=True)
    watch.look()
    qtbot.waitUntil(lambda: len(server.asked("/latest.json")) == 1)
    qtbot.waitUntil(lambda: not watch._jobs.waiting)


def test_on_it_is_told_quietly_and_leads_to_the_page(
    program: Program, server: HostileServer, browser: Browser, qtbot: QtBot
) -> None:
    program.app.settings.update(look_for_updates=True)
    watch = watch_of(program)
    watch.look()
    qtbot.waitUntil(lambda: watch.line is not None and watch.line.isVisible())
    assert watch.line is not None
    assert watch.line.text.text() == "Shopbell 99.1.0 is there."
    assert not [one for one in program.window.findChildren(QDialog) if one.isVisible()]
    watch.look()
    qtbot.waitUntil(lambda: not watch._jobs.waiting)
    assert len(server.asked("/latest.json")) == 1
    watch.line.news.click()
    assert watch.dialog is not None
    assert unnamed(watch.dialog) == []
    assert unnamed(watch.line) == []
    assert watch.dialog.lines.text() == "• Telegram groups\n• <b>Search</b> finds more"
    watch.dialog.page.click()
    assert browser.opened == [DOWNLOADS]
    watch.line.shut.click()
    assert not watch.line.isVisible()


def test_a_failed_look_is_silent(program: Program, server: HostileServer, qtbot: QtBot) -> None:
    server.on("/latest.json", answer(status=500))
    program.app.settings.update(look_for_updates=True)
    watch = watch_of(program)
    watch.look()
    qtbot.waitUntil(lambda: bool(program.app.updates.known.error_kind))
    qtbot.waitUntil(lambda: not watch._jobs.waiting)
    assert watch.line is None
    assert not [one for one in program.window.findChildren(QDialog) if one.isVisible()]


def test_the_settings_ask_and_say_what_came_of_it(
    app: Shopbell, theme: Theme, server: HostileServer, qtbot: QtBot
) -> None:
    dialog = SettingsDialog(app, theme, page="updates")
    qtbot.addWidget(dialog)
    dialog.show()
    row = dialog.row(LOOK_NOW)
    assert row._sentence.text() == f"You have version {app.updates.running}. Not looked yet."
    assert not dialog.row("look_for_updates").control.isChecked()
    row.control.click()
    qtbot.waitUntil(lambda: row._sentence.text().startswith("Shopbell 99.1.0 is there. You have"))
    server.on("/latest.json", answer(status=500))
    row.control.click()
    qtbot.waitUntil(lambda: row._sentence.text().startswith("Could not look, "))
    assert row._sentence.text().endswith(": the download page does not work just now.")
    dialog.row("look_for_updates").control.click()
    qtbot.waitUntil(lambda: app.settings.current.look_for_updates)
    qtbot.waitUntil(lambda: not dialog._jobs.waiting)
    app.close()


@pytest.mark.parametrize(
    ("known", "words"),
    [
        (Looked(), "You have version 0.1.0. Not looked yet."),
        (Looked(at=iso(NOW), version="0.1.0"), "Version 0.1.0 is the newest. Looked"),
        (Looked(at=iso(NOW), version="0.2"), "Shopbell 0.2 is there. You have 0.1.0. Looked"),
        (
            Looked(at=iso(NOW), error_kind="unreachable", reason="dns", was_sent=False),
            "the download page was out of reach.",
        ),
        (
            Looked(at=iso(NOW), error_kind="unreachable", reason="tls"),
            "the connection to the download page was not safe.",
        ),
        (
            Looked(at=iso(NOW), error_kind="bad-answer", reason="not-json"),
            "the download page answered in a way Shopbell cannot read.",
        ),
        (
            Looked(at=iso(NOW), error_kind="bad-answer", reason="not-found"),
            "nothing has been put there yet.",
        ),
    ],
)
def test_what_is_known_in_words(known: Looked, words: str) -> None:
    assert words in state_words(known, "0.1.0", NOW + timedelta(minutes=5))
