"""One round of polling over 20 accounts of all kinds when nothing happens. CPU of our process alone; their
servers are another one."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from bench.measure import PROJECT, Figure, Session, environment, running

ACCOUNTS, ROUNDS = 20, 5
MUST_S, STRETCH_S = 1.0, 0.2


def _measured(profile: Path, places: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.idle", str(profile)],
        input=places,
        cwd=PROJECT,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    if found["errors"] or found["new"]:
        raise RuntimeError(f"not idle: {found}")
    return found


def run(session: Session) -> list[Figure]:
    runs = max(1, session.runs // 2)
    values: list[float] = []
    command = [sys.executable, "-m", "tests.channels.round", str(ACCOUNTS)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with running(command, environment(), **pipes) as process:
        assert process.stdout is not None
        places = process.stdout.readline()
        kinds = sorted({one["kind"] for one in json.loads(places)})
        for _ in range(runs):
            values += _measured(session.new_folder("idle"), places)["cpu"]
    what = f"a round over {ACCOUNTS} idle accounts of {len(kinds)} kinds ({', '.join(kinds)}), CPU"
    return [Figure("idle", what, "s", values, MUST_S, STRETCH_S)]


def main(arguments: list[str]) -> int:
    from services.app import Shopbell
    from services.credentials import Credentials
    from tests.channels.round import Place, settle

    app = Shopbell.open(Path(arguments[0]), credentials=Credentials("bench", session_only=True))
    settle(app, [Place(**one) for one in json.load(sys.stdin)])
    for _ in range(2):  # what is new, and what is told once
        app.engine.sync_once()
    cpu = []
    new, errors = 0, set()
    for _ in range(ROUNDS):
        before = time.process_time()
        report = app.engine.sync_once()
        cpu.append(time.process_time() - before)
        new += sum(one.new for one in report.accounts)
        errors |= {f"{one.error.kind} {one.error.reason}" for one in report.accounts if one.error is not None}
    app.close()
    print(json.dumps({"cpu": cpu, "new": new, "errors": sorted(errors)}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
