"""What the program has loaded when its window is painted for the first time, and what the channels load, seen
in fresh processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from services.channels import discover

PROJECT = Path(__file__).resolve().parents[2]
SLOW = ["requests", "urllib3", "feedparser", "fastfeedparser", "lxml", "keyring"]
# Ours that the first paint can do without: each costs milliseconds to make or to read.
LATER = [
    "services.messages",
    "services.events",
    "services.words",
    "services.inbox",
    "services.channels",
    "services.sync",
    "services.store.messages",
    "services.store.standing",
    "gui.conversation.pane",
    "gui.errors",
    "gui.tray",
    "services.alerting",
    "services.sanitize",
    "socket",
    "uuid",
]
HEAVY = [*SLOW, "imaplib", "imap_tools", "smtplib", "cryptography", "dns", "nh3", "sqlite3", "PySide6"]
MOST_CPU_S = 0.15

# Runs a program with an application object that ends the process at the first paint of a window.
PROBE = """
import json, os, sys
from PySide6 import QtCore, QtWidgets

class Application(QtWidgets.QApplication):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.installEventFilter(self)

    def eventFilter(self, receiver, event):
        if event.type() == QtCore.QEvent.Type.Paint and isinstance(receiver, QtWidgets.QWidget):
            loaded = [name for name in json.loads(sys.argv[1]) if name in sys.modules]
            print(json.dumps(loaded), flush=True)
            os._exit(0)
        return False

QtWidgets.QApplication = Application
"""
TOY = """
import feedparser
app = QtWidgets.QApplication([])
window = QtWidgets.QLabel("hello")
window.show()
app.exec()
"""
REAL = """
import main
sys.exit(main.main(["--profile", sys.argv[2]]))
"""


def at_first_paint(program: str, *arguments: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROBE + program, json.dumps(SLOW + LATER), *arguments],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.strip(), f"ended with {done.returncode} before it painted: {done.stderr}"
    loaded: list[str] = json.loads(done.stdout.splitlines()[-1])
    return loaded


def test_the_probe_sees_what_is_loaded() -> None:
    assert "feedparser" in at_first_paint(TOY)


CHANNELS = """
import json, sys, time
import services.app
before = time.process_time()
from services.channels import discover
registry = discover()
asked = [registry.get(kind) for kind in sys.argv[2:]] or registry.all()
took = time.process_time() - before
heavy = [name for name in json.loads(sys.argv[1]) if name in sys.modules]
print(json.dumps([took, heavy, sorted(sys.modules)]))
"""


def channels(compiled: Path, *kinds: str) -> tuple[float, list[str], list[str]]:
    """CPU seconds, heavy modules and all modules after these channels (none named: all) were asked for.
    ``compiled`` keeps compiled modules from one call to the next, as an installed program has them."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, "-c", CHANNELS, json.dumps(HEAVY), *kinds],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={**environment, "PYTHONPYCACHEPREFIX": str(compiled)},
    )
    took, heavy, modules = json.loads(done.stdout)
    return took, heavy, modules


def test_reading_every_channel_costs_little_and_loads_nothing_heavy(tmp_path: Path) -> None:
    runs = [channels(tmp_path) for _ in range(4)]
    # The store comes with services.app, before the channels.
    assert [name for name in runs[0][1] if name != "sqlite3"] == []
    assert min(took for took, _, _ in runs) < MOST_CPU_S


def test_an_account_brings_in_its_own_channel_only(tmp_path: Path) -> None:
    modules = {one.__module__: one.kind for one in discover().all()}
    for module, kind in modules.items():
        if module.rpartition(".")[2] == kind:
            read = set(channels(tmp_path, kind)[2]) & set(modules)
            assert module in read
            # One may build on another; most do not.
            assert len(read) <= 2, f"{kind} brings in {sorted(read)}"


def test_a_kind_is_found_whatever_its_file_is_called() -> None:
    for one in discover().all():
        assert discover().get(one.kind) is one
    assert "nobody" not in discover()


def test_the_window_paints_before_anything_slow_is_loaded(tmp_path: Path) -> None:
    assert at_first_paint(REAL, str(tmp_path / "profile")) == []
