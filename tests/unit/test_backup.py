"""Putting a backup back onto a disk that takes no more."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from services import backup
from services.clock import SystemClock
from services.paths import Paths
from services.store import Store

RESTORE = """
import resource, signal, sys
from pathlib import Path
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from services import backup
from services.errors import DiskFull
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    backup.restore(Path(sys.argv[1]), Path(sys.argv[2]))
except DiskFull:
    print("full")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limit of this kind")
def test_a_full_disk_while_restoring_changes_nothing(tmp_path: Path, project: Path) -> None:
    paths = Paths.open(tmp_path / "profile")
    store = Store.open(paths.database, SystemClock())
    backup.write(store, paths, tmp_path / "kept.zip")
    store.close()
    before = {file: file.read_bytes() for file in paths.profile.iterdir() if file.is_file()}
    done = subprocess.run(
        [sys.executable, "-c", RESTORE, str(tmp_path / "kept.zip"), str(paths.profile)],
        cwd=project,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "full"), done.stderr
    assert {file: file.read_bytes() for file in before} == before
    assert [one.name for one in paths.profile.iterdir() if one.name.startswith(".restore")] == []
