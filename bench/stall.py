"""P9 and P10: how late the window serves a 5 ms timer while 200 feeds arrive, and while hostile ones do."""

from __future__ import annotations

import statistics
from pathlib import Path

import psutil

from bench import serve
from bench.measure import Figure, Session, failed, family_pss_mib, window_job
from services.app import Shopbell

RUNS = 3
FEEDS, OTHERS = 200, 20
MOST_MIB = 250
NEW, HOSTILE = "200 new feeds", "the 19 MB feed, the bomb, the slow one, the loop"


def _profile(session: Session, addresses: dict[str, str]) -> Path:
    folder = session.new_folder("stall")
    app = Shopbell.open(folder)
    app.settings.update(first_start_done=True)
    for name, address in addresses.items():
        app.store.add_account("feeds", name, settings={"url": address})
    app.close()
    return folder


def _figure(goal: str, what: str, runs: list[dict[str, float]]) -> list[Figure]:
    worst = max(one["worst"] for one in runs)
    return [
        Figure(
            goal,
            f"{what}: 99 % of the ticks",
            "ms late",
            [one["p99"] for one in runs],
            16,
            8,
            f"idle {max(one['idle_p99'] for one in runs):.1f} ms",
            judged=max(one["p99"] for one in runs),
        ),
        Figure(
            goal,
            f"{what}: the worst tick",
            "ms late",
            [one["worst"] for one in runs],
            100,
            50,
            f"idle {max(one['idle_worst'] for one in runs):.1f} ms",
            judged=worst,
        ),
    ]


def _busy(session: Session, feeds: dict[str, str], runs: int) -> list[Figure]:
    return _figure("P9", NEW, [window_job("stall", _profile(session, feeds)) for _ in range(runs)])


def _beset(session: Session, few: dict[str, str], hostile: dict[str, str], runs: int) -> list[Figure]:
    alone = [window_job("stall", _profile(session, few))["last_good"] for _ in range(runs)]
    usual = statistics.median(alone)
    peaks: list[float] = []
    found = []
    for _ in range(runs):
        peak = [0.0]

        def watch(process: psutil.Process, peak: list[float] = peak) -> None:
            peak[0] = max(peak[0], family_pss_mib(process))

        found.append(window_job("stall", _profile(session, hostile | few), watch))
        peaks.append(peak[0])
    lasts = [one["last_good"] for one in found]
    return [
        *_figure("P10", HOSTILE, found),
        Figure("P10", "the same: highest memory (PSS)", "MiB", peaks, 130 + MOST_MIB, judged=max(peaks)),
        Figure(
            "P10",
            f"the same: when the last of {OTHERS} ordinary feeds was heard",
            "s",
            lasts,
            usual + 1.0,
            None,
            f"without them {usual:.1f} s",
            judged=max(lasts),
        ),
    ]


def run(session: Session) -> list[Figure]:
    runs = min(RUNS, session.runs)
    figures: list[Figure] = []
    with serve.shop() as shop:
        serve.warm(shop, FEEDS)
        feeds = {f"Feed {number}": shop.feed(number) for number in range(FEEDS)}
        try:
            figures += _busy(session, feeds, runs)
        except Exception as error:
            figures.append(failed("P9", NEW, error))
        few = dict(list(feeds.items())[:OTHERS])
        try:
            for number, kind in ((901, "drip"), (902, "loop")):
                shop.control("fault", {"kind": kind, "path": f"/bench/feed/{number}.rss", "times": None})
            hostile = {
                "The big one": f"{shop.url}/bench/big.rss?mb=19",
                "The bomb": f"{shop.url}/bench/bomb.rss?mb=200",
                "The slow one": shop.feed(901),
                "The loop": shop.feed(902),
            }
            figures += _beset(session, few, hostile, 1 if session.is_quick else runs)
        except Exception as error:
            figures.append(failed("P10", HOSTILE, error))
    return figures
