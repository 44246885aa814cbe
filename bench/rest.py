"""P15: what the program uses of one processor while nothing happens."""

from __future__ import annotations

import subprocess
import time

import psutil

from bench import fill
from bench.measure import TRACE, Figure, Session, cpu_s, environment, program, running, until_quiet, wait_for

LONG_S, SHORT_S = 60, 15


def run(session: Session) -> list[Figure]:
    seconds = SHORT_S if session.is_quick else LONG_S
    trace = session.new_folder("rest") / "painted"
    command = program(fill.filled(session, 100_000))
    with running(command, environment(**{TRACE: str(trace)}), stderr=subprocess.DEVNULL) as process:
        wait_for(trace.exists, process, 60, "first paint")
        watched = psutil.Process(process.pid)
        until_quiet(watched)
        before = cpu_s(watched)
        time.sleep(seconds)
        used = (cpu_s(watched) - before) / seconds * 100
    return [
        Figure(
            "P15",
            f"processor at rest, {seconds} s",
            "%",
            [used],
            0.5,
            0.1,
            "RSS Guard 0 %, Thunderbird 2-3 % (elsewhere)",
        )
    ]
