"""``python -m bench [NAME ...]``: measures, and prints a table of goals, bases and figures."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path

from bench.measure import RUNS, Figure, Session, failed, forget_modules, machine, table

NAMES = {
    "start": "P1-P3",
    "memory": "P4-P5",
    "sync": "P6-P8",
    "idle": "idle",
    "stall": "P9-P10",
    "search": "P11-P12",
    "scroll": "P13",
    "alert": "P14",
    "triage": "triage",
    "rest": "P15",
    "quit": "P16",
    "imports": "base",
}
"""Which goals each of them measures."""


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"some of: {', '.join(NAMES)} (default: all)"
    )
    parser.add_argument("--runs", type=int, default=RUNS, help="runs of each (default: %(default)s)")
    parser.add_argument("--quick", action="store_true", help="without the million messages, and 15 s at rest")
    options = parser.parse_args(argv)
    unknown = sorted(set(options.names) - set(NAMES))
    if unknown:
        parser.error(f"no such benchmark: {', '.join(unknown)}")
    folder = Path(tempfile.mkdtemp(prefix="shopbell-bench-"))
    session = Session(folder, max(1, options.runs), options.quick)
    figures: list[Figure] = []
    is_interrupted = False
    print(f"{time.strftime('%Y-%m-%d %H:%M')}, {machine()}", file=sys.stderr)
    try:
        for name in options.names or NAMES:
            print(f"{name} ...", file=sys.stderr)
            try:
                figures += import_module(f"bench.{name}").run(session)
            except Exception as error:
                figures.append(failed(NAMES[name], name, error))
    except KeyboardInterrupt:
        is_interrupted = True
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        forget_modules()
    print(table(figures))
    print(f"{time.strftime('%Y-%m-%d %H:%M')}, {machine()}")
    if is_interrupted:
        print("interrupted: the rest was not measured", file=sys.stderr)
    return 1 if is_interrupted or any(one.failure for one in figures) else 0


if __name__ == "__main__":
    sys.exit(main())
