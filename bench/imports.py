"""What importing costs, each in a fresh process: why the network code waits for the first paint."""

from __future__ import annotations

import subprocess
import sys

from bench.measure import PROJECT, Figure, Session, environment

MODULES = (
    "PySide6.QtWidgets",
    "services.app",
    "gui.app",
    "requests",
    "feedparser",
    "fastfeedparser",
    "keyring",
    "services.channels.feeds",
    "services.channels.mastodon",
)
_TIME = "import time; a = time.perf_counter(); import {}; print((time.perf_counter() - a) * 1000)"


def _ms(module: str) -> float:
    done = subprocess.run(
        [sys.executable, "-c", _TIME.format(module)],
        cwd=PROJECT,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


def run(session: Session) -> list[Figure]:
    found: dict[str, list[float]] = {module: [] for module in MODULES}
    for turn in range(session.runs + 1):
        for module in MODULES:
            took = _ms(module)
            if turn:
                found[module].append(took)
    return [Figure("-", f"import {module}", "ms", times) for module, times in found.items()]
