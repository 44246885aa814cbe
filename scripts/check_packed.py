"""Tries the packed program as it is, on the system it was packed on, without a screen:

    python scripts/check_packed.py build/package/dist/shopbell/shopbell

Its check of itself; then the sample shop: one round of listening and one reply sent, and the same again in a
window (Qt's offscreen one) that is opened and told to end. What happened is read from the program's own
database, because on Windows it has no console to say it on.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

CHECK_S = 180.0
SAMPLE_S = 180.0
WINDOW_S = 120.0
LEAVE_S = 30.0
NEEDED = {
    "SELECT COUNT(*) FROM messages": 10,
    "SELECT COUNT(*) FROM outbox WHERE state = 'sent'": 1,
}


class Failed(Exception):
    """What did not work, in words."""


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("usage: check_packed.py PROGRAM", file=sys.stderr)
        return 2
    program = Path(arguments[0]).resolve()
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    with tempfile.TemporaryDirectory(prefix="shopbell-packed-", ignore_cleanup_errors=True) as made:
        folder = Path(made)
        try:
            check_itself(program, environment)
            sample(program, environment, folder / "headless")
            window(program, environment, folder / "window", folder / "painted")
        except Failed as problem:
            print(f"NOT  {problem}", file=sys.stderr)
            return 1
    return 0


def check_itself(program: Path, environment: dict[str, str]) -> None:
    code, said = run([program, "--self-check"], environment, CHECK_S)
    if code != 0:
        raise Failed(f"--self-check ended with {code}\n{said}")
    print("ok   its check of itself")


def sample(program: Path, environment: dict[str, str], profile: Path) -> None:
    code, said = run([program, "sample", "--headless", "--profile", profile], environment, SAMPLE_S)
    if code != 0:
        raise Failed(f"sample --headless ended with {code}\n{said}")
    database = profile / "sample" / "shopbell.db"
    for query, least in NEEDED.items():
        found = asked(database, query)
        if found < least:
            raise Failed(f"{found} instead of {least} or more: {query}\n{said}")
    print("ok   a round of listening, and a reply sent")


def window(program: Path, environment: dict[str, str], profile: Path, painted: Path) -> None:
    """From its first picture to a clean end, with customers heard in between."""
    command = [program, "sample", "--profile", profile]
    begun = time.monotonic()
    with subprocess.Popen(command, env={**environment, "SHOPBELL_TRACE_PAINT": str(painted)}) as process:
        try:
            wait_for(painted.exists, process, WINDOW_S, "the first picture of the window")
            print(f"ok   a window after {time.monotonic() - begun:.1f} s")
            database = profile / "sample" / "shopbell.db"
            heard, least = next(iter(NEEDED.items()))
            wait_for(lambda: asked(database, heard) >= least, process, WINDOW_S, "customers in the window")
            print("ok   customers in it")
            code, said = run([program, "--quit", "--profile", profile / "sample"], environment, LEAVE_S)
            if code != 0:
                raise Failed(f"--quit ended with {code}\n{said}")
            try:
                code = process.wait(LEAVE_S)
            except subprocess.TimeoutExpired as error:
                raise Failed("the window did not end when it was told to") from error
            if code != 0:
                raise Failed(f"the window ended with {code}")
        finally:
            process.kill()
    print("ok   a clean end")


def run(command: list[str | Path], environment: dict[str, str], limit_s: float) -> tuple[int, str]:
    """Exit code, and what it said where it could."""
    try:
        done = subprocess.run(
            [str(one) for one in command], env=environment, capture_output=True, timeout=limit_s, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise Failed(f"{command[1]} took longer than {limit_s:.0f} s") from error
    return done.returncode, (done.stdout + done.stderr).decode("utf-8", "replace")


def asked(database: Path, query: str) -> int:
    """One number out of the program's database; 0 where there is none yet."""
    if not database.exists():
        return 0
    try:
        with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True, timeout=10)) as opened:
            return int(opened.execute(query).fetchone()[0])
    except sqlite3.OperationalError:
        return 0


def wait_for(is_so: Callable[[], bool], process: subprocess.Popen[bytes], limit_s: float, what: str) -> None:
    end = time.monotonic() + limit_s
    pause = threading.Event()
    while not is_so():
        if process.poll() is not None:
            raise Failed(f"the program ended with {process.returncode} before {what}")
        if time.monotonic() > end:
            raise Failed(f"{limit_s:.0f} s without {what}")
        pause.wait(0.1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
