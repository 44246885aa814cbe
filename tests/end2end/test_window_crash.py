"""The real window dies all at once; the next one knows, once, and a clean run has nothing to tell."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest

from services.app import Shopbell
from services.faults import FaultFile
from tests.end2end.program import Program
from tests.end2end.test_window import PATIENCE_S, wait_until, window

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="signals are asked of a POSIX system"),
]


def test_a_segmentation_fault_is_told_by_the_next_start_and_only_by_that(tmp_path: Path) -> None:
    profile = tmp_path / "profile"
    app = Shopbell.open(profile)
    app.settings.update(first_start_done=True)
    app.close()
    faults = FaultFile(profile / "logs" / "shopbell-crash.log")
    told = faults.path.with_suffix(".told")
    with window(profile) as first:
        assert first.end(signal.SIGSEGV) == -signal.SIGSEGV
    found = faults.unknown()
    assert found is not None
    assert "Segmentation fault" in found[0]
    with window(profile) as second:
        # Before the dialog is shown, so that it never comes twice.
        wait_until(lambda: faults.unknown() is None, "the next start to take note")
        size = told.read_text(encoding="ascii")
        # Killed while it tells: that is no new crash.
        assert second.end(signal.SIGKILL) == -signal.SIGKILL
    with window(profile) as third:
        assert Program(profile, {"QT_QPA_PLATFORM": "offscreen"}).run("--quit").code == 0
        assert third.process.wait(PATIENCE_S) == 0, third.log.read_text()
    assert told.read_text(encoding="ascii") == size
    assert faults.unknown() is None
