"""A command in another process, the open window, a real notification daemon, a real key store and the sample
shop's server."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from gui.app import Program
from gui.single import Single
from services.app import Shopbell
from services.sample import SampleShop
from tests.end2end.program import Program as Commands
from tests.gui.notification_service import Dunst

pytestmark = [
    pytest.mark.x11,
    pytest.mark.keyring,
    pytest.mark.skipif(shutil.which("dunst") is None, reason="needs dunst"),
]
WITHIN_S = 2.0
TERRIBLE = "Terrible. The marzipan cake was wrong and nobody answered. I want my money back!"


@pytest.fixture
def shop() -> Iterator[SampleShop]:
    with SampleShop() as made:
        yield made


@pytest.fixture
def commands(tmp_path: Path, shop: SampleShop) -> Commands:
    one = Commands(tmp_path / "profile")
    one.add_mastodon(shop.url, shop.access_token)
    one.good("sync")
    return one


@pytest.fixture
def program(commands: Commands, dunst: Dunst, qtbot: QtBot) -> Iterator[Program]:
    """Started hidden; it polls nothing by itself."""
    app = Shopbell.open(commands.profile)
    app.settings.update(first_start_done=True, sound=False)
    app.engine.pause(app.clock.now() + timedelta(hours=1))
    single = Single(app.paths.lock)
    assert single.is_first()
    one = Program(app, single, is_hidden=True)
    one.show()
    qtbot.waitUntil(lambda: one.notices is not None and app._is_started, timeout=20_000)
    yield one
    one.quit()
    one.window.deleteLater()


def test_what_a_command_fetched_is_on_the_screen_and_its_click_opens_it(
    commands: Commands, program: Program, shop: SampleShop, dunst: Dunst, qtbot: QtBot
) -> None:
    elsewhere = program.window.elsewhere
    assert elsewhere is not None
    qtbot.waitUntil(lambda: elsewhere._seen is not None and not elsewhere._jobs.waiting, timeout=20_000)
    assert dunst.displayed == 0, "the first fetch is quiet"
    shop.say("tom", TERRIBLE)
    assert [one["new"] for one in commands.good("sync")["accounts"]] == [1]
    began = time.monotonic()
    qtbot.waitUntil(lambda: dunst.displayed == 1, timeout=20_000)
    assert time.monotonic() - began < WITHIN_S
    window = program.window
    dunst.click()
    qtbot.waitUntil(lambda: window.isVisible() and window.isActiveWindow(), timeout=20_000)
    assert window.conversation is not None
    found = commands.good("inbox", "--query", "marzipan nobody")["conversations"]
    assert [row["id"] for row in found] == [str(window.conversation.conversation_id)]
    commands.good("sync")
    titles = [one[0] for one in dunst.texts()]
    assert len(titles) == 1
    assert titles[0].startswith("Complaint from ")
