"""The real window driven from within, in a process of its own: what the benchmarks of scrolling, searching
and stalling start.

    python -m bench.window JOB PROFILE

Prints one JSON document and quits as the owner would.
"""

from __future__ import annotations

import json
import random
import sys
import time
import traceback
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from PySide6.QtCore import QEventLoop, QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication

import main as door
from gui.app import make_application
from gui.main_window import MainWindow
from services.app import Shopbell

TICK_MS = 5
IDLE_S = 3.0
"""How long the same timer is watched in the same window when the work is done: what the machine itself is
late by in that minute."""
WITHIN_S = 240
TYPED = (
    "b",
    "br",
    "bre",
    "brea",
    "bread",
    "bread l",
    "bread lo",
    "walnut",
    "rare7",
    "rare77 bread",
    "nobodywrote",
)


class Lateness(QObject):
    """How many milliseconds later than asked a precise timer of 5 ms is served."""

    def __init__(self) -> None:
        super().__init__()
        self.late: list[float] = []
        self._last = time.perf_counter()
        self._timer = QTimer(self, interval=TICK_MS)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._timer.start()

    def _tick(self) -> None:
        now = time.perf_counter()
        self.late.append(max(0.0, (now - self._last) * 1000 - TICK_MS))
        self._last = now

    def result(self) -> dict[str, float]:
        self._timer.stop()
        late = sorted(self.late)
        return {"p99": late[int(len(late) * 0.99)], "worst": late[-1], "ticks": len(late)}


def _until(true: Callable[[], bool], what: str, every_ms: int = 1) -> None:
    """Lets the window live until it is true."""
    loop = QEventLoop()
    end = time.monotonic() + WITHIN_S
    timer = QTimer(interval=every_ms)
    timer.timeout.connect(lambda: loop.quit() if true() or time.monotonic() > end else None)
    timer.start()
    loop.exec()
    timer.stop()
    if time.monotonic() > end:
        raise RuntimeError(f"no {what} within {WITHIN_S} s")


def stall(window: MainWindow, app: Shopbell) -> dict[str, Any]:
    """While every account is asked for the first time."""
    lateness = Lateness()
    began = time.monotonic()
    heard: dict[int, float] = {}

    asked: list[Future[Any]] = []

    def is_over() -> bool:
        """Asked in a worker: this must not be what makes the window late."""
        if asked and asked[0].done():
            all_of_them = asked.pop().result()
            for number, one in all_of_them.items():
                if number not in heard and (one.heard or one.failing_since):
                    heard[number] = time.monotonic() - began
            if len(heard) == len(all_of_them):
                return True
        if not asked:
            asked.append(app.run(app.store.freshness_all))
        return False

    _until(is_over, "end of the refresh", every_ms=400)
    busy, seconds = lateness.result(), time.monotonic() - began
    _until(lambda: not app.engine.is_checking(), "rest")
    alone, quiet_from = Lateness(), time.monotonic()
    _until(lambda: time.monotonic() > quiet_from + IDLE_S, "end of the idle time", every_ms=400)
    idle = alone.result()
    names = {one.id: one.name for one in app.store.accounts()}
    return {
        **busy,
        "idle_p99": idle["p99"],
        "idle_worst": idle["worst"],
        "seconds": seconds,
        "last_good": max(
            (at for number, at in heard.items() if names[number].startswith("Feed")), default=0.0
        ),
        "messages": app.store.totals()["messages"],
    }


def scroll(window: MainWindow, app: Shopbell) -> dict[str, Any]:
    """Jumps anywhere, and pages on from there."""
    rows = window.inbox.list
    wanted = app.store.view_size("new")
    _until(lambda: window.inbox.model.rowCount() >= wanted, "end of the list")
    bar = rows.verticalScrollBar()
    dice = random.Random(7)
    times = []
    for _ in range(20):
        for value in (dice.randrange(bar.maximum() + 1), min(bar.maximum(), bar.value() + bar.pageStep())):
            began = time.perf_counter()
            bar.setValue(value)
            rows.viewport().repaint()
            times.append((time.perf_counter() - began) * 1000)
            QApplication.processEvents()
    return {"times": times, "rows": window.inbox.model.rowCount()}


def search(window: MainWindow, app: Shopbell) -> dict[str, Any]:
    """From the key to the painted rows, the wait for the next key left out."""
    wanted = app.store.view_size("new")
    _until(lambda: window.inbox.model.rowCount() >= wanted, "end of the list")
    field, rows = window.inbox.search, window.inbox.list
    found: list[str] = []
    field.found.connect(lambda query, _page: found.append(query))
    times = []
    for text in TYPED:
        began = time.perf_counter()
        field.setText(text)
        _until(lambda text=text: text in found, f"answer to {text}")
        rows.viewport().repaint()
        times.append((time.perf_counter() - began) * 1000)
    return {"times": times}


JOBS = {"stall": stall, "scroll": scroll, "search": search}


def main(arguments: list[str]) -> int:
    job, profile = JOBS[arguments[0]], arguments[1]
    make_application(sys.argv[:1])
    timer = QTimer(interval=5)

    def look() -> None:
        windows = [one for one in QApplication.topLevelWidgets() if isinstance(one, MainWindow)]
        if not windows or not windows[0]._app._is_started:
            return
        timer.stop()
        window = windows[0]
        try:
            done.append(job(window, window._app))
        except Exception:
            traceback.print_exc()
        finally:
            window.actions_["quit"].trigger()

    done: list[dict[str, Any]] = []
    timer.timeout.connect(look)
    timer.start()
    code = door.main(["--profile", profile])
    if not done:
        print(f"the window was closed, with {code}, before {arguments[0]} was done", file=sys.stderr)
        return code or 1
    print(json.dumps(done[0]), flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
