"""What every benchmark uses: figures beside their goals, processes that are watched, the machine's load."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

PROJECT = Path(__file__).resolve().parents[1]
RUNS = 7
TRACE = "SHOPBELL_TRACE_PAINT"
QUIET_S = 0.7
"""A program that used no CPU for so long has come to rest after its start."""


@dataclass(frozen=True)
class Figure:
    """One line of the table. ``values`` are the runs; ``judged`` (the median, unless a bench says otherwise)
    is compared with ``must`` and ``stretch``, all in ``unit``; smaller is better."""

    goal: str
    what: str
    unit: str
    values: Sequence[float]
    must: float | None = None
    stretch: float | None = None
    base: str = ""
    judged: float | None = None
    note: str = ""
    failure: str = ""
    """Why it could not be measured; there are no values then."""

    @property
    def median(self) -> float:
        return statistics.median(self.values) if self.judged is None else self.judged

    @property
    def verdict(self) -> str:
        if self.failure:
            return "FAILED"
        if self.must is None:
            return "-"
        if self.median > self.must:
            return "MISSED"
        return "stretch" if self.stretch is not None and self.median <= self.stretch else "must"


@dataclass
class Session:
    """What one run of ``python -m bench`` shares: the folder with the filled profiles, and the wishes."""

    folder: Path
    runs: int = RUNS
    is_quick: bool = False
    kept: dict[str, object] = field(default_factory=dict)

    def once(self, key: str, make: Callable[[], object]) -> object:
        if key not in self.kept:
            self.kept[key] = make()
        return self.kept[key]

    def new_folder(self, name: str) -> Path:
        return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.folder))


def failed(goal: str, what: str, error: Exception) -> Figure:
    """The line of something that could not be measured: the others are measured all the same."""
    said = str(error).strip()
    reason = said.splitlines()[-1] if said else "no reason given"
    return Figure(goal, what, "", (), failure=f"{type(error).__name__}: {reason}", note=said)


def show(number: float) -> str:
    if number == 0:
        return "0"
    return (
        f"{number:.0f}" if abs(number) >= 100 else f"{number:.1f}" if abs(number) >= 10 else f"{number:.2g}"
    )


def table(figures: Sequence[Figure]) -> str:
    heads = ("goal", "what", "base", "must", "stretch", "measured (min..max)", "verdict")
    rows = [heads]
    for one in figures:
        spread = f" ({show(min(one.values))}..{show(max(one.values))})" if len(one.values) > 1 else ""
        limits = (f"<= {show(limit)}" if limit is not None else "" for limit in (one.must, one.stretch))
        measured = one.failure[:100] or f"{show(one.median)} {one.unit}{spread}"
        rows.append((one.goal, one.what, one.base, *limits, measured, one.verdict))  # type: ignore[arg-type]
    widths = [max(len(row[at]) for row in rows) for at in range(len(heads))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    lines.insert(1, "-" * len(lines[0]))
    return "\n".join(lines + [f"   {one.goal}: {one.note}" for one in figures if one.note])


def machine() -> str:
    load = " ".join(f"{one:.1f}" for one in os.getloadavg()) if hasattr(os, "getloadavg") else "?"
    return f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, load {load}"


# --- processes


def environment(**more: str) -> dict[str, str]:
    """The caller's, with a screen (where there is none, Qt's own) and with compiled modules kept, as they are
    where the program is installed; they are in a temporary folder, because nothing else is written to."""
    made = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    made["PYTHONPYCACHEPREFIX"] = str(Path(tempfile.gettempdir()) / f"shopbell-bench-{os.getpid()}-modules")
    if not any(made.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")):
        made["QT_QPA_PLATFORM"] = "offscreen"
    return {**made, **more}


@contextmanager
def running(command: Sequence[str], env: dict[str, str], **more: object) -> Iterator[subprocess.Popen[str]]:
    """Ended when the block ends, whatever happens."""
    process = subprocess.Popen(  # type: ignore[call-overload]
        list(command),
        cwd=PROJECT,
        env=env,
        text=True,
        **{"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, **more},
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()


def wait_for(found: Callable[[], bool], process: subprocess.Popen[str], within_s: float, what: str) -> None:
    """Raises RuntimeError with what the process said when it ends, or when nothing happens."""
    end = time.monotonic() + within_s
    while not found():
        if process.poll() is not None:
            said = process.stderr.read() if process.stderr is not None else ""
            raise RuntimeError(f"ended with {process.returncode} before {what}: {said[-2000:]}")
        if time.monotonic() > end:
            raise RuntimeError(f"no {what} within {within_s:.0f} s")
        time.sleep(0.005)


def cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def until_quiet(process: psutil.Process, within_s: float = 30.0) -> float:
    """CPU seconds used when the process has come to rest."""
    last, since = cpu_s(process), time.monotonic()
    end = since + within_s
    while time.monotonic() < end:
        time.sleep(0.1)
        now = cpu_s(process)
        if now - last > 0.011:
            last, since = now, time.monotonic()
        elif time.monotonic() - since >= QUIET_S:
            break
    return cpu_s(process)


def pss_mib(process: psutil.Process) -> float:
    """Proportional set size; where the system has none, the unique one."""
    full = process.memory_full_info()
    return float(getattr(full, "pss", 0) or full.uss) / 2**20


def family_pss_mib(process: psutil.Process) -> float:
    """Of now, with the processes it started; cheaply enough to be asked ten times a second (Linux)."""
    with suppress(psutil.Error):
        return sum(_pss_mib(one.pid) for one in (process, *process.children(recursive=True)))
    return 0.0


def _pss_mib(pid: int) -> float:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0.0
    found = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0


@dataclass(frozen=True)
class Launch:
    """One program from launch to rest. ``paint_s`` from launch to the end of its first paint."""

    paint_s: float
    cpu_s: float
    pss_mib: float
    rows: int


def launch(command: Sequence[str], folder: Path, *, rest: bool = False, **more: str) -> Launch:
    """Starts a program that honours SHOPBELL_TRACE_PAINT. ``rest``: waits for quiet, and weighs it then."""
    trace = folder / f"paint-{time.monotonic_ns()}"
    began = time.monotonic()
    with running(command, environment(**{TRACE: str(trace)}, **more)) as process:
        wait_for(lambda: trace.exists() and trace.read_text().endswith("\n"), process, 60, "the first paint")
        painted, rows = trace.read_text().split()
        cpu = pss = 0.0
        if rest:
            watched = psutil.Process(process.pid)
            cpu = until_quiet(watched)
            pss = pss_mib(watched)
    return Launch(float(painted) - began, cpu, pss, int(rows))


def program(profile: Path) -> list[str]:
    return [sys.executable, "main.py", "--profile", str(profile)]


def window_job(
    job: str,
    profile: Path,
    watch: Callable[[psutil.Process], None] | None = None,
    within_s: float = 300.0,
) -> Any:
    """What ``bench.window`` prints. ``watch`` is called ten times a second meanwhile. Raises RuntimeError
    with what the window said when it prints nothing, or is not done ``within_s``."""
    command = [sys.executable, "-m", "bench.window", job, str(profile)]
    # A file, because a pipe that nobody reads meanwhile may fill up.
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as errors:
        with running(command, environment(), stdout=subprocess.PIPE, stderr=errors) as process:
            watched = psutil.Process(process.pid)
            end = time.monotonic() + within_s
            while process.poll() is None and time.monotonic() < end:
                if watch is not None:
                    watch(watched)
                time.sleep(0.1)
            if process.poll() is None:
                process.kill()
                process.wait()
            assert process.stdout is not None
            said = process.stdout.read()
        if process.returncode or not said.strip():
            errors.seek(0)
            told = errors.read()[-2000:].strip() or "nothing was said"
            raise RuntimeError(f"{job} ended with {process.returncode}: {told}")
    return json.loads(said)


def newest_database(path: Path, word: str) -> object:
    """The least that a search can cost: the newest 50 hits of a word, asked of the file itself."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(
            "SELECT rowid FROM messages_fts WHERE messages_fts MATCH ? ORDER BY rowid DESC LIMIT 50", (word,)
        ).fetchall()


BARE = [sys.executable, "-m", "bench.bare_window"]


def forget_modules() -> None:
    """Takes away what ``environment`` kept."""
    shutil.rmtree(environment()["PYTHONPYCACHEPREFIX"], ignore_errors=True)
