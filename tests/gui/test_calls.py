"""Addresses of our own, and other starts: they show something in the open window, and change nothing."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gui.app import Program
from gui.calls import Calls
from gui.single import Call
from services.app import Shopbell
from services.deep_link import conversation_address, profile_mark
from tests.gui.marking import Town


@pytest.fixture
def calls(town: Town) -> Calls:
    ended: list[bool] = []
    made = Calls(town.app, town.window, lambda: ended.append(True), town.window)
    made.ended = ended  # type: ignore[attr-defined]
    return made


def everything(app: Shopbell) -> object:
    """What an address must not change."""
    rows = app.inbox.page("all", limit=50).conversations
    texts = [(row.id, row.state, app.store.draft(row.id)) for row in rows]
    return texts, app.store.outbox(), app.settings.current, app.store.accounts()


def test_an_address_opens_its_conversation(town: Town, calls: Calls) -> None:
    mark = profile_mark(town.app.paths.profile_id())
    before = everything(town.app)
    for number, address in enumerate(
        (conversation_address(town.id("2"), mark), f"shopbell:conversation/{town.id('1')}"), 1
    ):
        town.window.hide()
        calls.follow(address)
        wanted = town.id("2" if number == 1 else "1")
        town.until(lambda wanted=wanted: town.window.conversation.conversation_id == wanted)
        assert town.window.isVisible()
    assert everything(town.app) == before


def test_the_inbox_and_the_list_of_networks_open(town: Town, calls: Calls) -> None:
    town.window.show_view("done")
    calls.follow("shopbell:inbox")
    town.until(lambda: town.window.inbox.model.view == "new")
    calls.follow("shopbell:add-source")
    town.until(lambda: town.window.sources._open is not None and town.window.sources._open.isVisible())
    assert type(town.window.sources._open).__name__ == "AddSourceDialog"
    town.window.sources._open.reject()


@pytest.mark.parametrize(
    "address",
    [
        "shopbell:conversation/999999",
        "shopbell:conversation/1?profile=000000000000",
        "shopbell:conversation/..%2f1",
        "shopbell:reply/1?text=SECRETWORD",
        "shopbell:conversation/1\0SECRETWORD",
        "shopbell:conversation/1?profile=SECRETWORD",
        "shopbell:" + "SECRETWORD" * 10_000,
    ],
)
def test_one_that_leads_nowhere_is_ignored_and_not_repeated(
    town: Town, calls: Calls, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    before = everything(town.app)
    town.window.hide()
    calls.follow(address)
    town.until(lambda: "was ignored" in caplog.text)
    town.until(lambda: not calls._jobs.waiting)
    assert not town.window.isVisible()
    assert "SECRETWORD" not in caplog.text
    assert everything(town.app) == before


def test_another_start_raises_the_window_and_opens_what_it_was_started_for(town: Town, calls: Calls) -> None:
    town.window.hide()
    calls.heard(Call())
    assert town.window.isVisible()
    town.window.showMinimized()
    calls.heard(Call("open", f"shopbell:conversation/{town.id('3')}"))
    assert not town.window.isMinimized()
    town.until(lambda: town.window.conversation.conversation_id == town.id("3"))
    calls.heard(Call("quit"))
    assert calls.ended == [True]  # type: ignore[attr-defined]


def test_the_leave_of_the_desktop_is_where_qt_looks_for_it(
    town: Town, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_ACTIVATION_TOKEN", raising=False)
    calls.heard(Call("show", "", "token-7"))
    assert os.environ["XDG_ACTIVATION_TOKEN"] == "token-7"
    monkeypatch.delenv("XDG_ACTIVATION_TOKEN")


def test_a_start_with_an_address_opens_it_after_the_first_paint(tmp_path: Path, qtbot: object) -> None:
    from tests.gui.marking import open_app

    app, _ = open_app(tmp_path / "profile")
    app.settings.update(first_start_done=True)
    wanted = app.store.find_conversation(1, "2")
    program = Program(app, None, link=f"shopbell:conversation/{wanted}")
    program.show()
    qtbot.waitUntil(  # type: ignore[attr-defined]
        lambda: (
            program.window.conversation is not None and program.window.conversation.conversation_id == wanted
        ),
        timeout=20_000,
    )
    program.quit()
    program.window.deleteLater()


OPENED = """
import json, sys
from PySide6.QtCore import QCoreApplication, QTimer, QUrl
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QWidget
from gui.app import make_application

app = make_application(["shopbell"])
told, closed = [], []

def ask(text):
    QCoreApplication.sendEvent(app, QFileOpenEvent(QUrl(text)))

class Window(QWidget):
    def closeEvent(self, event):
        closed.append(app.is_leaving)
        if not app.is_leaving:
            event.ignore()

ask("shopbell:inbox")
early = app.take_links()
app.link_asked.connect(told.append)
ask("shopbell:conversation/..%2f1")
window = Window()
window.show()
QTimer.singleShot(0, window.close)
QTimer.singleShot(50, QCoreApplication.quit)
app.exec()
print(json.dumps([early, told, closed]))
"""


def test_what_the_system_asks_of_the_whole_program(project: Path) -> None:
    """macOS hands addresses over as events, and asks every window before it ends the program."""
    done = subprocess.run(
        [sys.executable, "-c", OPENED], cwd=project, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    early, told, closed = json.loads(done.stdout)
    assert early == ["shopbell:inbox"]
    assert told == ["shopbell:conversation/..%2F1"]
    assert closed == [False, True]
