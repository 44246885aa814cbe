"""P1 to P3: from launch to the first paint with rows in it, and the CPU time until the program is at rest."""

from __future__ import annotations

from pathlib import Path

from bench import fill
from bench.measure import BARE, Figure, Launch, Session, launch, program

NEWSBOAT = "newsboat 8.8 s, RSS Guard 0.77 s"


def _alternate(session: Session, profiles: dict[str, Path], *, rest: bool) -> dict[str, list[Launch]]:
    """Each program once per run, in turn; the first round is for warming up."""
    commands = {"bare": BARE, **{name: program(profile) for name, profile in profiles.items()}}
    found: dict[str, list[Launch]] = {name: [] for name in commands}
    for run in range(session.runs + 1):
        for name, command in commands.items():
            one = launch(command, session.folder, rest=rest)
            if name != "bare" and not one.rows:
                raise RuntimeError("painted without rows")
            if run:
                found[name].append(one)
    return found


def run(session: Session) -> list[Figure]:
    profiles = {"100k": fill.filled(session, 100_000)}
    if not session.is_quick:
        profiles["1M"] = fill.filled(session, 1_000_000)
    paints = _alternate(session, profiles, rest=False)
    bare = Figure("base", "bare window, launch to first paint", "s", [one.paint_s for one in paints["bare"]])
    ours = [one.paint_s for one in paints["100k"]]
    figures = [
        bare,
        Figure(
            "P1",
            "launch to first paint with rows, 100,000 stored",
            "s",
            ours,
            1.8 * bare.median,
            1.3 * bare.median,
            f"bare {bare.median:.3f} s",
            note=f"elsewhere: {NEWSBOAT}",
        ),
    ]
    if "1M" in paints:
        here = Figure("", "", "s", ours).median
        figures.append(
            Figure(
                "P2",
                "the same, 1,000,000 stored",
                "s",
                [one.paint_s for one in paints["1M"]],
                here + 0.020,
                here,
                f"P1 {here:.3f} s",
            )
        )
    rests = _alternate(session, {"100k": profiles["100k"]}, rest=True)
    idle = Figure("", "", "s", [one.cpu_s for one in rests["bare"]])
    figures.append(
        Figure(
            "P3",
            "CPU to quiet after the start, no network",
            "s",
            [one.cpu_s for one in rests["100k"]],
            0.60,
            0.35,
            f"bare {idle.median:.2f} s",
            note="elsewhere: RSS Guard 0.78 s",
        )
    )
    session.kept["rests"] = rests
    return figures
