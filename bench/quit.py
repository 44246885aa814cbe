"""P16: from being asked to end until the process is gone, while feeds are refreshed, two of them slow."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

from bench import serve
from bench.measure import TRACE, Figure, Session, environment, program, running, wait_for
from services.app import Shopbell

FEEDS = 40


def _profile(folder: Path, shop: serve.Shop) -> Path:
    """Two slow feeds first, so that the program is in the middle of them when it is asked to end."""
    app = Shopbell.open(folder)
    app.settings.update(first_start_done=True)
    for number in (900, 901, *range(FEEDS)):
        app.store.add_account("feeds", f"Feed {number}", settings={"url": shop.feed(number)})
    app.close()
    return folder


def _once(session: Session, shop: serve.Shop) -> float:
    profile = _profile(session.new_folder("quit"), shop)
    trace = profile / "painted"
    shop.control("forget-requests", {})
    with running(program(profile), environment(**{TRACE: str(trace)}), stderr=subprocess.DEVNULL) as process:
        wait_for(trace.exists, process, 60, "first paint")
        wait_for(lambda: sum(shop.statuses().values()) >= 5, process, 60, "refresh")
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        code = process.wait(30)
        took = time.monotonic() - began
    if code != 0:
        raise RuntimeError(f"ended with {code}")
    return took


def run(session: Session) -> list[Figure]:
    if sys.platform == "win32":
        return []
    with serve.shop() as shop:
        serve.warm(shop, FEEDS)
        for number, kind in ((900, "silent"), (901, "drip")):
            shop.control("fault", {"kind": kind, "path": f"/bench/feed/{number}.rss", "times": None})
        took = [_once(session, shop) for _ in range(session.runs)]
    return [
        Figure(
            "P16",
            "quit during a refresh with slow feeds, until the process is gone",
            "s",
            took,
            1.0,
            0.3,
        )
    ]
