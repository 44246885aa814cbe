"""P11 and P12: searching a million messages, newest first and by relevance."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from bench import fill
from bench.measure import Figure, Session, newest_database, window_job
from services.app import Shopbell

# In every message, in some, in one of a thousand, in one, in none; and what is typed on the way.
QUERIES = (
    "bread",
    "bread loaf",
    "the bread on",
    "b",
    "br",
    "bre",
    "wal",
    "walnut saturday",
    "rare7",
    "rare77 bread",
    "only123456",
    "customer42",
    "nobodywrotethis",
    "bread nobodywrotethis",
    "x",
    "rare",
    "on",
    "r",
    "zz",
)
ROUNDS = 5


def _ms(job: Callable[[], object]) -> float:
    began = time.perf_counter()
    job()
    return (time.perf_counter() - began) * 1000


def run(session: Session) -> list[Figure]:
    profile = fill.filled(session, 100_000 if session.is_quick else 1_000_000)
    keys: list[float] = window_job("search", profile)["times"]
    app = Shopbell.open(profile)
    try:
        store = app.store
        base = [_ms(lambda: newest_database(app.paths.database, "bread")) for _ in range(ROUNDS)]
        worst: dict[str, list[float]] = {"newest": [], "relevant": []}
        names = {"newest": "", "relevant": ""}
        asks: dict[str, Callable[[str], object]] = {
            "newest": lambda text: store.search(text, limit=50),
            "relevant": lambda text: store.search_relevant(text, limit=50),
        }
        for kind, ask in asks.items():
            slowest = -1.0
            for text in QUERIES:
                ask(text)
                times = sorted(_ms(partial(ask, text)) for _ in range(ROUNDS))
                if times[ROUNDS // 2] > slowest:
                    slowest, worst[kind], names[kind] = times[ROUNDS // 2], times, text
        here = Figure("", "", "", base).median
        return [
            Figure(
                "P11",
                "newest 50 hits of the slowest of 19 queries, 1,000,000 stored",
                "ms",
                worst["newest"],
                20,
                5,
                f"database alone {here:.2f} ms",
                note=f"slowest: {names['newest']!r}",
            ),
            Figure(
                "P11",
                "from the key to the painted rows",
                "ms",
                keys,
                50,
                30,
                judged=max(keys),
                note="the slowest of 11 texts",
            ),
            Figure(
                "P12",
                "the same by relevance",
                "ms",
                worst["relevant"],
                50,
                20,
                f"database alone {here:.2f} ms",
                note=f"slowest: {names['relevant']!r}",
            ),
        ]
    finally:
        app.close()
