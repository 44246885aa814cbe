"""``python -m bench [NAME ...]``: measures, and prints a table of goals, bases and figures."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path

from bench.measure import RUNS, Figure, Session, forget_modules, machine, table

NAMES = ("start", "memory", "sync", "stall", "search", "scroll", "alert", "rest", "quit", "imports")


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
    failed = []
    print(f"{time.strftime('%Y-%m-%d %H:%M')}, {machine()}", file=sys.stderr)
    try:
        for name in options.names or NAMES:
            print(f"{name} ...", file=sys.stderr)
            try:
                figures += import_module(f"bench.{name}").run(session)
            except Exception as error:
                failed.append(f"{name}: {type(error).__name__}: {error}")
    except KeyboardInterrupt:
        failed.append("interrupted")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        forget_modules()
    print(table(figures))
    print(f"{time.strftime('%Y-%m-%d %H:%M')}, {machine()}")
    for line in failed:
        print(f"could not be measured: {line}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
