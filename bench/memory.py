"""P4 and P5: what the program weighs when it has come to rest with everything loaded, and what ten times the
messages add to it."""

from __future__ import annotations

from bench import fill
from bench.measure import BARE, Figure, Session, launch, program

RUNS = 3


def run(session: Session) -> list[Figure]:
    profiles = {count: fill.filled(session, count) for count in (10_000, 100_000)}
    weights: dict[int, list[float]] = {0: [], **{count: [] for count in profiles}}
    for _ in range(min(RUNS, session.runs)):
        weights[0].append(launch(BARE, session.folder, rest=True).pss_mib)
        for count, profile in profiles.items():
            fill.make_due(profile)
            weights[count].append(launch(program(profile), session.folder, rest=True).pss_mib)
    bare = Figure("base", "bare window, memory at rest (PSS)", "MiB", weights[0])
    small = Figure("", "", "", weights[10_000]).median
    growth = [one - small for one in weights[100_000]]
    return [
        bare,
        Figure(
            "P4",
            "memory at rest (PSS), inbox open, 100,000 stored",
            "MiB",
            weights[100_000],
            130,
            99,
            f"bare {bare.median:.0f} MiB",
            note="elsewhere: newsboat 99 MiB, RSS Guard 478 MiB, Thunderbird 557 MiB",
        ),
        Figure(
            "P5",
            "memory added by 90,000 more messages",
            "MiB",
            growth,
            8,
            2,
            f"10,000 stored: {small:.0f} MiB",
            note="elsewhere: newsboat +74 MiB, RSS Guard +241 MiB",
        ),
    ]
