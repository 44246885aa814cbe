"""What the program has loaded when its window is painted for the first time, seen in a fresh process."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
SLOW = ["requests", "urllib3", "feedparser", "fastfeedparser", "lxml", "keyring"]

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
        [sys.executable, "-c", PROBE + program, json.dumps(SLOW), *arguments],
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


def test_the_window_paints_before_anything_slow_is_loaded(tmp_path: Path) -> None:
    assert at_first_paint(REAL, str(tmp_path / "profile")) == []
