"""The window as a process of its own, with the sample shop: it opens once, ends cleanly, and finds everything
again."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.end2end.program import MAIN, Program

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="signals are asked of a POSIX system"),
]

PATIENCE_S = 45.0


def wait_until(is_so: Callable[[], Any], what: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not is_so():
        if time.monotonic() > end:
            pytest.fail(f"waited in vain for: {what}")
        threading.Event().wait(0.1)


def ask(profile: Path, query: str) -> list[Any]:
    """Reads the database beside the running program, as any other process might."""
    file = profile / "shopbell.db"
    if not file.exists():
        return []
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, timeout=10)) as database:
            return [row[0] for row in database.execute(query)]
    except sqlite3.OperationalError:
        return []  # its tables are not there yet


def texts(profile: Path) -> set[str]:
    return set(ask(profile, "SELECT text FROM messages"))


class Window:
    def __init__(self, profile: Path, *words: str) -> None:
        self.log = profile.with_suffix(".log")
        self._file = self.log.open("ab")
        self.process = subprocess.Popen(
            [sys.executable, str(MAIN), *words, "--profile", str(profile)],
            stdout=self._file,
            stderr=subprocess.STDOUT,
            env={**os.environ, "SHOPBELL_TRACE_PAINT": str(profile.with_suffix(".paint"))},
        )

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        code = self.process.wait(PATIENCE_S)
        self._file.close()
        return code

    def close(self) -> None:
        if self.process.poll() is None:
            self.end(signal.SIGKILL)
        self._file.close()


@contextmanager
def window(profile: Path, *words: str) -> Iterator[Window]:
    """An open window whose first paint is over."""
    paint = profile.with_suffix(".paint")
    paint.unlink(missing_ok=True)
    made = Window(profile, *words)
    try:
        wait_until(lambda: paint.exists() or made.process.poll() is not None, "the first paint")
        assert made.process.poll() is None, made.log.read_text()
        yield made
    finally:
        made.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly_when_asked_to(tmp_path: Path, number: int) -> None:
    profile = tmp_path / "profile"
    with window(profile, "sample") as first:
        home = profile / "sample"
        wait_until(lambda: len(texts(home)) > 40, "the week")
        began = time.monotonic()
        assert first.end(number) == 0, first.log.read_text()
        assert time.monotonic() - began < 10
    left = {path.name for path in home.iterdir()}
    assert left.isdisjoint({"shopbell.db-wal", "window.lock"})
    assert "Traceback" not in first.log.read_text()


def test_a_second_start_raises_the_first_window(tmp_path: Path) -> None:
    profile = tmp_path / "profile"
    with window(profile) as first:
        second = Window(profile)
        assert second.process.wait(PATIENCE_S) == 0
        second.close()
        assert first.process.poll() is None
        # A profile of its own is a window of its own.
        with window(tmp_path / "another") as other:
            assert other.process.poll() is None
        assert first.end(signal.SIGTERM) == 0


def test_an_installer_ends_the_open_window(tmp_path: Path) -> None:
    profile = tmp_path / "profile"
    end = [sys.executable, str(MAIN), "--quit", "--profile", str(profile)]
    assert subprocess.run(end, check=False, timeout=PATIENCE_S).returncode == 0
    assert not profile.exists()
    with window(profile) as first:
        # It hears others only once its first paint is over.
        done = subprocess.run(end, capture_output=True, text=True, check=False, timeout=PATIENCE_S)
        assert (done.returncode, done.stderr) == (0, "")
        assert first.process.wait(PATIENCE_S) == 0
        assert not (profile / "window.lock").exists()


def test_an_address_goes_to_the_window_that_is_open(tmp_path: Path) -> None:
    profile = tmp_path / "profile"
    with window(profile, "sample") as first:
        home = profile / "sample"
        wait_until(lambda: len(texts(home)) > 40, "the week")
        (wanted,) = ask(home, "SELECT id FROM conversations WHERE unread ORDER BY id LIMIT 1")
        unread = f"SELECT id FROM conversations WHERE id = {wanted} AND unread"
        assert ask(home, unread) == [wanted]
        for link, rest in ((f"shopbell:conversation/{wanted}", ["--hidden"]), ("shopbell:nowhere", [])):
            second = [sys.executable, str(MAIN), "--profile", str(home), link, *rest]
            assert subprocess.run(second, check=False, timeout=PATIENCE_S).returncode == 0
        # Whatever follows an address was smuggled in, and such a one is not followed.
        assert ask(home, unread) == [wanted]
        second = [sys.executable, str(MAIN), "--profile", str(home), f"shopbell:conversation/{wanted}"]
        assert subprocess.run(second, check=False, timeout=PATIENCE_S).returncode == 0
        wait_until(lambda: ask(home, unread) == [], "the conversation to be read")
        assert first.end(signal.SIGTERM) == 0


def test_killed_in_the_middle_everything_is_found_again(tmp_path: Path) -> None:
    profile = tmp_path / "profile"
    home = profile / "sample"
    words = "So sorry, Marta. Come by, the next one is on us."
    script = Program(home)
    with window(profile, "sample") as first:
        wait_until(lambda: len(texts(home)) > 40, "the week")
        row = script.good("inbox", "--view", "complaints", "--limit", 1)["conversations"][0]
        held = script.good("reply", row["id"], "--text", words)["outbox"]
        before = texts(home)
        assert first.end(signal.SIGKILL) == -signal.SIGKILL
    with window(profile, "sample") as again:
        wait_until(
            lambda: ask(home, f"SELECT state FROM outbox WHERE id = {held['id']}") == ["sent"], "the reply"
        )
        assert texts(home) >= before
        assert again.end(signal.SIGTERM) == 0
    assert (home / "sample-week.jsonl").read_text("utf-8").count(words) == 1
    thread = script.good("show", row["id"])["thread"]
    assert [message["state"] for message in thread if words in message["text"]] == ["sent"]
