"""``python -m bench.packaged``: how long the packaged program takes until its window is painted, cold and
warm, beside a bare window that was packed by the same rules. ``make package`` first; Linux only."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.fill import fill
from bench.measure import PROJECT, Figure, forget_modules, launch, machine, table

BUILD = PROJECT / "build" / "package"
RUNS = 5
STORED = 1000
SCREEN_S = 3.0
"""What an owner may wait for the window (a goal of the packaging, on a warm start)."""


def bare_window() -> Path:
    """Packs it with the environment that ``make package`` made."""
    work = BUILD / "bare"
    log = BUILD / "bare.log"
    command = [str(BUILD / "venv/bin/python"), "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN"]
    command += ["--distpath", str(work / "dist"), "--workpath", str(work / "work"), "bench/bare_window.spec"]
    with log.open("w") as said:
        subprocess.run(command, cwd=PROJECT, stdout=said, stderr=said, check=True)
    return work / "dist" / "bare"


def size(folder: Path) -> float:
    """In MB of 1,000,000 bytes."""
    return sum(file.lstat().st_size for file in folder.rglob("*") if not file.is_symlink()) / 1e6


def forget(folder: Path) -> None:
    """Takes the files of ``folder`` out of the system's memory, as after switching the computer on. What
    others use, such as the system's own libraries, stays in it."""
    for file in folder.rglob("*"):
        if file.is_file() and not file.is_symlink():
            handle = os.open(file, os.O_RDONLY)
            try:
                os.fsync(handle)
                os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
            finally:
                os.close(handle)


def measure(
    folders: dict[str, Path], commands: dict[str, list[str]], *, is_cold: bool
) -> dict[str, list[float]]:
    """Each in turn, so that both meet the same load; the first round is for warming up."""
    found: dict[str, list[float]] = {name: [] for name in commands}
    with tempfile.TemporaryDirectory() as traces:
        for run in range(RUNS + 1):
            for name, command in commands.items():
                if is_cold:
                    forget(folders[name])
                one = launch(command, Path(traces))
                if name != "bare" and not one.rows:
                    raise RuntimeError("painted without rows")
                if run:
                    found[name].append(one.paint_s)
    return found


def main() -> int:
    ours = BUILD / "dist" / "shopbell"
    if not (ours / "shopbell").exists():
        print("There is no packed program yet: make package", file=sys.stderr)
        return 1
    bare = bare_window()
    folders = {"bare": bare, "ours": ours}
    figures = [
        Figure("base", "folder of a bare window", "MB", [size(bare)]),
        Figure("size", "folder of the program", "MB", [size(ours)], 150, 140, f"bare {size(bare):.0f} MB"),
    ]
    with tempfile.TemporaryDirectory(prefix="shopbell-bench-") as folder:
        profile = Path(folder) / "profile"
        fill(profile, STORED)
        commands = {"bare": [str(bare / "bare")], "ours": [str(ours / "shopbell"), "--profile", str(profile)]}
        for name, is_cold in (("warm", False), ("cold", True)):
            found = measure(folders, commands, is_cold=is_cold)
            base = Figure("base", f"bare window, packed, {name} start", "s", found["bare"])
            figures.append(base)
            what = f"the program with {STORED} messages, {name} start"
            text = f"bare {base.median:.2f} s"
            figures.append(Figure(name, what, "s", found["ours"], SCREEN_S, None, text))
            ratio = figures[-1].median / base.median
            figures.append(Figure("ratio", f"{name}: program to bare window, of the medians", "", [ratio]))
    forget_modules()
    print(table(figures))
    print(f"{time.strftime('%Y-%m-%d %H:%M')}, {machine()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
