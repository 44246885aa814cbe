"""Long work of a command, told on standard error: one line that grows in a terminal, else a line per stage.

What is over in a moment says nothing.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TextIO

from services import commands
from services.app import Shopbell
from services.clock import SystemClock
from services.errors import Stopped
from services.paths import Paths, locate
from services.results import Result
from services.store import Store, is_older
from services.words import stage_words

QUIET_S = 0.5
UPGRADE = "Bringing the profile up to date"
RESTORE = "Putting the backup back"
_CLEAR = "\r\x1b[K"


class Shown:
    """A context whose ``watch`` may be handed to long work."""

    def __init__(self, what: str, out: TextIO, *, quiet_s: float = QUIET_S) -> None:
        self._what, self._out, self._quiet_s = what, out, quiet_s
        self._began = time.monotonic()
        self._is_terminal = bool(getattr(out, "isatty", lambda: False)())
        self._stage, self._line = "", ""

    def watch(self, stage: str, share: float) -> None:
        if time.monotonic() - self._began < self._quiet_s:
            return
        line = f"shopbell: {self._what}. {stage_words(stage)}"
        if self._is_terminal:
            line = f"{line}, {int(100 * share)} %"
            if line != self._line:
                self._line = line
                print(_CLEAR + line, end="", file=self._out, flush=True)
        elif stage != self._stage:
            self._stage = stage
            print(f"{line}.", file=self._out, flush=True)

    def __enter__(self) -> Shown:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._line:
            # What comes next begins where the line was.
            print(_CLEAR, end="", file=self._out, flush=True)


def watched(opener: Callable[[Path | None], Shopbell], out: TextIO) -> Callable[[Path | None], Shopbell]:
    """The same opener; where the database is an older version's, it tells how far bringing it up to date
    is."""

    def opened(profile: Path | None) -> Shopbell:
        database = Paths(locate(profile)).database
        if is_older(database):
            try:
                with Shown(UPGRADE, out) as shown:
                    Store.open(database, SystemClock(), watch=shown.watch).close()
            except KeyboardInterrupt:
                # Nothing of it stays, and nothing of what was asked for was begun.
                raise Stopped from None
        return opener(profile)

    return opened


def run(
    options: argparse.Namespace,
    profile: Path | None,
    opener: Callable[[Path | None], Shopbell],
    stdin: TextIO,
    stderr: TextIO,
) -> Result:
    with Shown(RESTORE, stderr) as shown:
        return commands.run(options, profile, watched(opener, stderr), stdin, watch=shown.watch)
