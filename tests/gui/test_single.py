"""One window per profile: who is first, what another start hands over, and what becomes of a first one that
crashed or hangs."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtNetwork import QLocalServer, QLocalSocket
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui.second import Unanswered, hand_over, quit_first
from gui.single import LONGEST, Call, Single, read_call, server_name

posix = pytest.mark.skipif(sys.platform == "win32", reason="asks for signals and modes of a POSIX system")


def test_the_second_start_raises_the_first(tmp_path: Path, qtbot: QtBot) -> None:
    first = Single(tmp_path / "window.lock")
    assert first.is_first()
    first.listen()
    second = Single(tmp_path / "window.lock")
    assert not second.is_first()
    answers: list[str] = []
    with qtbot.waitSignal(first.called, timeout=20_000):
        worker = threading.Thread(target=lambda: answers.append(second.call_first()))
        worker.start()
    worker.join(5)
    assert answers == ["answered"]
    first.close()
    third = Single(tmp_path / "window.lock")
    assert third.is_first()
    third.close()


def test_another_profile_has_a_window_of_its_own(tmp_path: Path, qapp: object) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one, other = Single(tmp_path / "a" / "window.lock"), Single(tmp_path / "b" / "window.lock")
    assert one.is_first()
    assert other.is_first()
    one.close()
    other.close()


@pytest.mark.skipif(sys.platform == "win32", reason="links need a permission there")
def test_another_spelling_of_the_path_is_the_same_profile(tmp_path: Path, qapp: object) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").symlink_to(tmp_path / "a")
    (tmp_path / "c").mkdir()
    names = [server_name(tmp_path / name / "window.lock") for name in "abc"]
    assert names[0] == names[1]
    assert names[0] != names[2]


CHILD = """
import sys, time
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from gui.single import Single
app = QCoreApplication([])
one = Single(Path(sys.argv[1]))
print(one.is_first(), flush=True)
one.listen()
print("listens", flush=True)
time.sleep(60)
"""


@contextmanager
def hanging(lock: Path, project: Path) -> Iterator[subprocess.Popen[str]]:
    """A first one that listens, and never comes to its event loop."""
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, str(lock)], cwd=project, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert [child.stdout.readline().strip() for _ in range(2)] == ["True", "listens"]
        try:
            yield child
        finally:
            child.kill()


def call(lock: Path, what: Call, answers: list[str]) -> threading.Thread:
    worker = threading.Thread(target=lambda: answers.append(Single(lock).call_first(what)))
    worker.start()
    return worker


def test_a_crash_does_not_lock_the_next_start_out(tmp_path: Path, project: Path, qtbot: QtBot) -> None:
    lock = tmp_path / "window.lock"
    with hanging(lock, project) as child:
        assert not Single(lock).is_first()
        child.kill()
        child.wait(10)
    after = Single(lock)
    assert after.is_first()
    after.listen()
    answers: list[str] = []
    with qtbot.waitSignal(after.called, timeout=20_000):
        worker = call(lock, Call(), answers)
    worker.join(5)
    after.close()
    assert answers == ["answered"]


def test_what_the_second_was_started_for_arrives(tmp_path: Path, qtbot: QtBot) -> None:
    lock = tmp_path / "window.lock"
    first = Single(lock)
    assert first.is_first()
    first.listen()
    what = Call("open", "shopbell:conversation/12", "token-1")
    with qtbot.waitSignal(first.called, timeout=20_000) as heard:
        worker = call(lock, what, [])
    worker.join(5)
    first.close()
    assert heard.args == [what]


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"show",
        b"[]",
        b"[" * 1900,
        b'{"want": "delete"}',
        b'{"want": ["show"]}',
        b'{"want": "open", "link": 12}',
        b"\xff\xfe",
    ],
)
def test_nothing_else_is_heard(line: bytes) -> None:
    assert read_call(line) is None


def test_a_token_that_cannot_be_one_is_left_out() -> None:
    assert read_call(Call("show", "", "a\0b").line()) == Call("show")
    assert read_call(Call("show", "", "tokén").line()) == Call("show")


def test_noise_is_dropped_and_the_next_call_is_heard(tmp_path: Path, qtbot: QtBot) -> None:
    lock = tmp_path / "window.lock"
    first = Single(lock, answer_ms=300)
    assert first.is_first()
    first.listen()
    heard: list[Call] = []
    first.called.connect(heard.append)
    for noise in (b"x" * (LONGEST + 1), b"no json\n", b'{"want": "delete"}\n', b'{"want": "sh'):
        guest = QLocalSocket()
        with qtbot.waitSignal(guest.disconnected, timeout=20_000):
            guest.connectToServer(server_name(lock))
            assert guest.waitForConnected(5_000)
            guest.write(noise)
    assert heard == []
    with qtbot.waitSignal(first.called, timeout=20_000):
        worker = call(lock, Call(), [])
    worker.join(5)
    first.close()


# a first one in trouble


def test_one_that_hangs_is_seen_and_can_be_ended(tmp_path: Path, project: Path, qapp: object) -> None:
    lock = tmp_path / "window.lock"
    with hanging(lock, project) as child:
        second = Single(lock, answer_ms=200)
        assert not second.is_first()
        assert second.call_first() == "silent"
        assert not second.is_orphan()
        assert second.end_first()
        assert child.wait(10) != 0
    second.close()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at what a process has open")
def test_only_the_process_that_holds_the_lock_is_ended(tmp_path: Path, project: Path, qapp: object) -> None:
    lock = tmp_path / "window.lock"
    with (
        hanging(lock, project),
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as innocent,
    ):
        lines = lock.read_text().splitlines()
        lock.write_text("\n".join([str(innocent.pid), *lines[1:]]) + "\n")
        try:
            assert not Single(lock).end_first()
            assert innocent.poll() is None
        finally:
            innocent.kill()


def test_after_a_crash_another_process_may_have_the_number(tmp_path: Path, qapp: object) -> None:
    lock = tmp_path / "window.lock"
    crashed = Single(lock)
    assert crashed.is_first()
    # As kill -9 leaves it, with a number that a living process of the same name has by now: ours.
    left = lock.read_bytes()
    crashed.close()
    lock.write_bytes(left)
    second = Single(lock)
    assert not second.is_first()
    assert second.call_first(patience_ms=0) == "nobody"
    assert second.is_orphan()
    assert not Single(lock).is_first()
    assert not Single(lock).is_orphan()
    second.close()


@posix
def test_somebody_else_who_listens_under_our_name_is_told_nothing(tmp_path: Path, qapp: object) -> None:
    if os.getuid():
        pytest.skip("only root may give a file away")
    lock = tmp_path / "window.lock"
    stranger = QLocalServer()
    assert stranger.listen(server_name(lock))
    os.chown(stranger.fullServerName(), 65534, 65534)
    assert Single(lock).call_first(Call("open", "shopbell:inbox"), patience_ms=0) == "nobody"
    stranger.close()


# what the second start does


def click(*buttons: str) -> QTimer:
    """One button of each dialog that comes, in this order."""
    left = list(buttons)
    timer = QTimer(interval=20)

    def look() -> None:
        dialog = QApplication.activeModalWidget()
        if left and isinstance(dialog, Unanswered) and dialog.isVisible():
            getattr(dialog, left.pop(0)).click()

    timer.timeout.connect(look)
    timer.start()
    return timer


def test_the_second_start_leaves_when_the_first_has_answered(tmp_path: Path, qtbot: QtBot) -> None:
    lock = tmp_path / "window.lock"
    first = Single(lock)
    assert first.is_first()
    first.listen()
    codes: list[int | None] = []
    with qtbot.waitSignal(first.called, timeout=20_000):
        worker = threading.Thread(
            target=lambda: codes.append(hand_over(Single(lock), Call(), is_quiet=False))
        )
        worker.start()
    worker.join(5)
    first.close()
    assert codes == [0]


def test_it_goes_on_as_the_first_where_that_has_gone(tmp_path: Path, qapp: object) -> None:
    assert hand_over(Single(tmp_path / "window.lock"), Call(), is_quiet=False) is None


def test_started_with_the_computer_it_asks_nobody(tmp_path: Path, project: Path, qapp: object) -> None:
    with hanging(tmp_path / "window.lock", project):
        assert hand_over(Single(tmp_path / "window.lock", answer_ms=100), Call(), is_quiet=True) == 1


def test_the_owner_may_end_one_that_hangs(tmp_path: Path, project: Path, qtbot: QtBot) -> None:
    lock = tmp_path / "window.lock"
    with hanging(lock, project) as child:
        second = Single(lock, answer_ms=100)
        clicks = click("again", "end")
        assert hand_over(second, Call(), is_quiet=False) is None
        clicks.stop()
        assert child.wait(10) != 0
    second.close()


def test_quitting_what_is_not_open_is_no_trouble(tmp_path: Path, qapp: object) -> None:
    assert quit_first(tmp_path / "never made") == 0
    assert not (tmp_path / "never made").exists()
    assert quit_first(tmp_path) == 0


def test_one_that_hangs_is_not_quit_by_force(
    tmp_path: Path, project: Path, qapp: object, capsys: pytest.CaptureFixture[str]
) -> None:
    with hanging(tmp_path / "window.lock", project) as child:
        assert quit_first(tmp_path, answer_ms=100) == 1
        assert child.poll() is None
    assert "does not answer" in capsys.readouterr().err
