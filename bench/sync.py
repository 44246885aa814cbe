"""P6, P7 and P8: refreshing 200 feeds. CPU of our process alone; the server is another one."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from bench import serve
from bench.measure import PROJECT, Figure, Session, environment

FEEDS, ENTRIES = 200, 50
LATENCY_MS = 100
WORKERS = 4
NEWSBOAT = (0.43, 3.82)
"""CPU seconds of newsboat 2.21 on the machine the goals were set on: unchanged, and new."""


def _poll(session: Session, shop: serve.Shop, rounds: int) -> dict[str, Any]:
    shop.control("forget-requests", {})
    address = f"{shop.url}/bench/feed/{{}}.rss?entries={ENTRIES}"
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "bench.sync_job",
            str(session.new_folder("sync")),
            str(FEEDS),
            address,
            str(rounds),
        ],
        cwd=PROJECT,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    if found["rounds"][0]["new"] != FEEDS * ENTRIES or found["rounds"][0]["errors"] or not found["found"]:
        raise RuntimeError(f"not everything arrived: {found}")
    return found


def run(session: Session) -> list[Figure]:
    runs = max(1, session.runs // 2)
    first, again, waits = [], [], []
    with serve.shop() as shop:
        serve.warm(shop, FEEDS, ENTRIES)
        for _ in range(runs):
            found = _poll(session, shop, 3)
            statuses = shop.statuses()
            if statuses != {200: FEEDS, 304: 2 * FEEDS}:
                raise RuntimeError(f"not conditional: {statuses}")
            first.append(found["cpu"] - sum(one["cpu"] for one in found["rounds"][1:]))
            again.append(found["rounds"][2]["cpu"])
        shop.control("latency", {"seconds": LATENCY_MS / 1000})
        waits = [_poll(session, shop, 1)["rounds"][0]["wall"] for _ in range(max(1, runs // 2))]
    cpu = Figure("", "", "", first).median
    may_wait = FEEDS * LATENCY_MS / 1000 / 8
    reference = "newsboat {} s (elsewhere)"
    return [
        Figure(
            "P6",
            "200 unchanged feeds, all answered 304, CPU",
            "s",
            again,
            2 * NEWSBOAT[0],
            NEWSBOAT[0],
            reference.format(NEWSBOAT[0]),
        ),
        Figure(
            "P7",
            "200 new feeds, 10,000 messages stored and searchable, CPU of the process",
            "s",
            first,
            2 * NEWSBOAT[1],
            NEWSBOAT[1],
            reference.format(NEWSBOAT[1]),
        ),
        Figure(
            "P8",
            f"the same, wall, {LATENCY_MS} ms latency a request",
            "s",
            waits,
            1.3 * (may_wait + cpu),
            None,
            f"{may_wait} s + P7 {cpu:.1f} s",
        ),
    ]
