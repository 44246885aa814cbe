"""Before there is a window: an old profile, a newer one, a backup on its way. With the real program and real
files."""

from __future__ import annotations

import re
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui import run
from gui.app import RESTORE
from gui.long_work import LongWork, watched
from gui.main_window import MainWindow
from gui.single import Call, Single
from gui.theme import Theme
from gui.trouble import TroubleDialog
from services.app import Shopbell
from services.errors import DiskFull, Stopped
from services.paths import Paths
from services.progress import CHANGING, COPYING, WAITING, Watch
from services.store import good_copies
from tests.left import DATA, missing, missing_of_backup, profile_of, said_now, schema_version, what_must_stay


@contextmanager
def every(milliseconds: int, look: Callable[[], None], qapp: QApplication) -> Iterator[None]:
    timer = QTimer(qapp, interval=milliseconds)
    timer.timeout.connect(look)
    timer.start()
    try:
        yield
    finally:
        timer.stop()


def shown(qapp: QApplication, kind: type) -> list:
    return [one for one in qapp.topLevelWidgets() if isinstance(one, kind) and one.isVisible()]


def goes_on(until: threading.Event, stage: str = CHANGING) -> Callable[[Watch], str]:
    """Work that is half done until ``until``."""

    def work(watch: Watch) -> str:
        while not until.wait(0.01):
            watch(stage, 0.5)
        return "done"

    return work


@pytest.fixture
def theme(qapp: QApplication) -> Theme:
    one = Theme("light")
    one.apply()
    return one


def test_what_is_over_in_a_moment_shows_nothing(theme: Theme, qtbot: QtBot, qapp: QApplication) -> None:
    seen: list[LongWork] = []
    with every(5, lambda: seen.extend(shown(qapp, LongWork)), qapp):
        assert watched(theme, "Title", "Words", lambda watch: 7) == 7
    assert seen == []


def test_it_says_what_it_does_and_comes_back(theme: Theme, qtbot: QtBot, qapp: QApplication) -> None:
    until, seen = threading.Event(), []

    def look() -> None:
        for one in shown(qapp, LongWork):
            seen.append((one.stage.text(), one.bar.value(), one.bar.accessibleName()))
            until.set()

    with every(20, look, qapp):
        assert watched(theme, "Title", "Words", goes_on(until)) == "done"
    words = "Bringing the copy up to date, 50 %"
    assert seen[0] == (words, 500, words)
    assert shown(qapp, LongWork) == []


def test_waiting_has_no_share(theme: Theme, qtbot: QtBot, qapp: QApplication) -> None:
    until, seen = threading.Event(), []

    def look() -> None:
        for one in shown(qapp, LongWork):
            seen.append((one.stage.text(), one.bar.maximum()))
            until.set()

    with every(20, look, qapp):
        watched(theme, "Title", "Words", goes_on(until, WAITING))
    assert seen[0] == ("Another Shopbell is doing this already", 0)


@pytest.mark.parametrize("way", ["button", "esc", "close", "call"])
def test_it_can_be_stopped(way: str, theme: Theme, qtbot: QtBot, qapp: QApplication) -> None:
    never, said = threading.Event(), []

    def look() -> None:
        for one in shown(qapp, LongWork):
            for key in (Qt.Key.Key_Return, Qt.Key.Key_Space):
                QTest.keyClick(one.focusWidget() or one, key)
            assert one.stop.isEnabled(), "keys meant for another window must not stop it"
            if way == "button":
                one.stop.click()
            elif way == "esc":
                QTest.keyClick(one, Qt.Key.Key_Escape)
            elif way == "close":
                one.close()
            else:
                one.heard(Call("quit"))
            said.append((one.stage.text(), one.stop.isEnabled()))
            timer.stop()

    timer = QTimer(qapp, interval=20)
    timer.timeout.connect(look)
    timer.start()
    with pytest.raises(Stopped):
        watched(theme, "Title", "Words", goes_on(never))
    assert said == [("Stopping. Nothing is changed.", False)]


def test_what_the_work_raises_comes_out(theme: Theme, qtbot: QtBot) -> None:
    def work(watch: Watch) -> None:
        watch(COPYING, 0.1)
        raise DiskFull("upgrade", needed=1, free=0)

    with pytest.raises(DiskFull):
        watched(theme, "Title", "Words", work)


def test_a_hidden_start_shows_itself_to_another_start(
    tmp_path: Path, theme: Theme, qtbot: QtBot, qapp: QApplication
) -> None:
    until = threading.Event()
    paths = Paths.open(tmp_path / "profile")
    first, second = Single(paths.lock), Single(paths.lock)
    assert first.is_first()
    before: list[bool] = []
    answers: list[str] = []

    def call() -> None:
        before.append(bool(shown(qapp, LongWork)))
        # From another thread, as from another process: the first one answers in this one.
        threading.Thread(target=lambda: answers.append(second.call_first(Call()))).start()

    def look() -> None:
        if shown(qapp, LongWork):
            until.set()

    QTimer.singleShot(900, qapp, call)
    with every(20, look, qapp):
        assert watched(theme, "T", "W", goes_on(until), single=first, is_hidden=True) == "done"
    qtbot.waitUntil(lambda: bool(answers), timeout=10_000)
    assert (before, answers) == ([False], ["answered"])
    first.close()


# --- the real thing


def open_shop(profile: Path | None) -> Shopbell:
    return Shopbell.open(profile)


def old_profile(tmp_path: Path, *, number: int = 1) -> Paths:
    paths = Paths.open(tmp_path / "profile")
    shutil.copy(profile_of(number), paths.database)
    return paths


def close_when_painted(qapp: QApplication, seen: list[int]) -> Callable[[], None]:
    def look() -> None:
        for window in shown(qapp, MainWindow):
            if window.conversation is not None and not seen:
                seen.append(window.inbox.model.rowCount())
                window.actions_["quit"].trigger()

    return look


def test_the_window_opens_on_an_old_profile(tmp_path: Path, qtbot: QtBot, qapp: QApplication) -> None:
    paths = old_profile(tmp_path)
    seen: list[int] = []
    with every(50, close_when_painted(qapp, seen), qapp):
        assert run.run_window(open_shop, paths.profile, arguments=["shopbell"]) == 0
    assert seen
    assert [schema_version(one) for one in good_copies(paths.database)] == [1]


def test_a_newer_profile_is_refused_in_plain_words(
    tmp_path: Path, qtbot: QtBot, qapp: QApplication, expect_log: Callable[..., None]
) -> None:
    expect_log("the profile could not be opened: newer-database")
    paths = old_profile(tmp_path)
    with closing(sqlite3.connect(paths.database)) as connection:
        connection.execute("PRAGMA user_version=99")
        connection.commit()
    before = paths.database.read_bytes()
    said: list[str] = []

    def look() -> None:
        for one in shown(qapp, TroubleDialog):
            said.append(one.text.text())
            one.close_button.click()

    with every(20, look, qapp):
        assert run.run_window(open_shop, paths.profile, arguments=["shopbell"]) == 1
    assert said == ["This profile was last used by a newer Shopbell. It was not touched. Update Shopbell."]
    assert paths.database.read_bytes() == before
    assert not list(paths.profile.glob("shopbell.db-*"))


_LOOKED_FOR = re.compile(
    r".*/(state: '(holding|sending)' became 'unclear'|(error_kind|error_detail|next_try_at|attempts)\b.*)"
)


def test_the_window_puts_an_old_backup_back(tmp_path: Path, qtbot: QtBot, qapp: QApplication) -> None:
    """As the dialog asks for it: the profile is closed, the file checked, the window opens again."""
    paths = Paths.open(tmp_path / "profile")
    Shopbell.open(paths.profile).close()
    seen: list[int] = []
    wanted = RESTORE + str(DATA / "backup-v1.shopbell")
    with every(50, close_when_painted(qapp, seen), qapp):
        assert run._run_one(qapp, open_shop, paths.profile, wanted, is_hidden=False) == (0, "")
    assert seen
    assert seen[0] > 0
    before = what_must_stay(1)
    found = said_now(paths.database)
    # The window has polled nothing; what it looked at may be read now, and what may have left it may have
    # begun to look for.
    changed = missing_of_backup(before["outbox"], found["outbox"])
    assert [one for one in changed if not _LOOKED_FOR.fullmatch(one)] == []
    assert missing(before["drafts"], found["drafts"]) == []
    assert found["totals"] == before["totals"]


def many(path: Path, number: int) -> None:
    """More of the same into an old profile, so that it takes a moment."""
    count = "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < :number)"
    mine = {"id": "10000 + x", "remote_id": "'many' || x", "conversation_id": "10000 + x"}
    with closing(sqlite3.connect(path)) as file:
        for table, like in (("conversations", 3), ("message_status", 4), ("messages", 4)):
            columns = [row[1] for row in file.execute(f"PRAGMA table_info({table})")]
            chosen = ", ".join(mine.get(name, f"t.{name}") for name in columns)
            file.execute(
                f"{count} INSERT INTO {table} SELECT {chosen} FROM n, {table} t WHERE t.id = {like}",
                {"number": number},
            )
        file.commit()


def test_the_window_stays_alive_meanwhile(tmp_path: Path, qtbot: QtBot, qapp: QApplication) -> None:
    paths = old_profile(tmp_path)
    many(paths.database, 20_000)
    ticks: list[float] = []
    stages: set[str] = set()

    def look() -> None:
        ticks.append(time.monotonic())
        stages.update(one.stage.text().partition(",")[0] for one in shown(qapp, LongWork))

    single = Single(paths.lock)
    assert single.is_first()
    with every(10, look, qapp):
        run._upgrade(qapp, paths, single, is_hidden=False)
    single.close()
    assert len(ticks) > 20
    assert max(later - one for one, later in pairwise(ticks)) < 0.5
    assert "Bringing the copy up to date" in stages
    assert schema_version(paths.database) > 1
