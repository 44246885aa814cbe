"""One process that polls feeds, as the headless ``sync`` does. Prints one JSON document; see ``sync.py``.

    python -m bench.sync_job PROFILE FEEDS FIRST_ADDRESS ROUNDS

``FIRST_ADDRESS`` holds ``{}`` where the number of the feed belongs.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from services.app import Shopbell


def _cpu() -> float:
    times = os.times()
    return times.user + times.system


def main(arguments: list[str]) -> int:
    profile, feeds, address, rounds = Path(arguments[0]), int(arguments[1]), arguments[2], int(arguments[3])
    app = Shopbell.open(profile)
    if not app.store.accounts():
        for number in range(feeds):
            app.store.add_account("feeds", f"Feed {number}", settings={"url": address.format(number)})
    done = []
    for _ in range(rounds):
        cpu, began = _cpu(), time.monotonic()
        report = app.engine.sync_once()
        done.append(
            {
                "cpu": _cpu() - cpu,
                "wall": time.monotonic() - began,
                "new": sum(one.new for one in report.accounts),
                "errors": sorted({one.error.kind for one in report.accounts if one.error is not None}),
            }
        )
    found = len(app.store.search("loaf", limit=50).conversations)
    app.close()
    print(json.dumps({"rounds": done, "cpu": _cpu(), "found": found}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
