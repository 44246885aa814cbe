"""The session ends while the owner writes: a real process, real signals, and what is on disk afterwards."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from services.app import Shopbell
from services.model import OutboxState
from tests.end2end.writing_driver import HELD, WRITTEN

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are asked of a POSIX system")
DRIVER = Path(__file__).with_name("writing_driver.py")


@contextmanager
def writing(profile: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, str(DRIVER), str(profile), *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
    ) as child:
        assert child.stdout is not None
        try:
            assert child.stdout.readline() == "writing\n", child.communicate(timeout=10)
            yield child
        finally:
            child.kill()


def check_kept(profile: Path) -> None:
    app = Shopbell.open(profile)
    try:
        second = app.store.find_conversation(1, "2")
        assert second is not None
        assert app.store.draft(second) == WRITTEN
        assert [(one.text, one.state) for one in app.store.outbox()] == [(HELD, OutboxState.HOLDING)]
        assert app.settings.current.last_closed
    finally:
        app.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_what_is_half_written_is_kept_when_the_session_ends(tmp_path: Path, number: int) -> None:
    profile = tmp_path / "profile"
    with writing(profile) as child:
        began = time.monotonic()
        child.send_signal(number)
        assert child.wait(20) == 0
        took = time.monotonic() - began
    # On an idle machine a fifth of that.
    assert took < 3
    assert not (profile / "window.lock").exists()
    check_kept(profile)


def test_a_network_that_hangs_does_not_hold_it_up(tmp_path: Path) -> None:
    profile = tmp_path / "profile"
    with writing(profile, "hang") as child:
        began = time.monotonic()
        child.send_signal(signal.SIGTERM)
        assert child.wait(20) == 0
        assert time.monotonic() - began < 4
    check_kept(profile)
