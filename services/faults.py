"""What Python's fault handler wrote when the program ended all at once, and what of it was told already.

The handler only ever appends, because several programs may share the file. A number beside it says up to
where its content is known: told to the owner, or of an error the system had dealt with, because the program
ended in good order afterwards (Windows reports such ones).
"""

from __future__ import annotations

import contextlib
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from services.errors import DiskFull
from services.files import write_atomically
from services.patterns import later

MAX_BYTES = 200_000
_BEGIN = later(r"^(?=Fatal Python error:|Windows fatal exception:)", re.MULTILINE)
# Codes that components of Windows raise and catch themselves; a crash is named in words.
_HANDLED = later(r"Windows fatal exception: code 0x[0-9a-fA-F]+")


@dataclass(frozen=True, slots=True)
class Fault:
    """``text``: as the handler wrote it; ``at``: when, aware UTC; ``lines``: the last of the log then."""

    text: str
    at: datetime
    lines: tuple[str, ...] = ()


class FaultFile:
    """``shopbell-crash.log`` and, beside it, ``shopbell-crash.told``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._told = path.with_suffix(".told")

    def unknown(self) -> tuple[str, datetime] | None:
        """The last crash nobody was told of; cheap where there is none."""
        try:
            facts = self.path.stat()
        except OSError:
            return None
        known = self._known(facts.st_size)
        if facts.st_size <= known:
            return None
        try:
            with self.path.open("rb") as file:
                file.seek(max(known, facts.st_size - MAX_BYTES))
                text = file.read(MAX_BYTES).decode("utf-8", "replace")
        except OSError:
            return None
        crashes = [one for one in _BEGIN.split(text) if _BEGIN.match(one) and not _HANDLED.match(one)]
        if not crashes:
            return None
        return crashes[-1], datetime.fromtimestamp(facts.st_mtime, UTC)

    def settle(self) -> None:
        """All that stands there is known from now on."""
        with contextlib.suppress(OSError, DiskFull):
            size = self.path.stat().st_size
            if size > MAX_BYTES:
                os.truncate(self.path, 0)
                size = 0
            if size != self._known(size):
                write_atomically(self._told, str(size).encode())

    def _known(self, size: int) -> int:
        try:
            known = int(self._told.read_text(encoding="ascii"))
        except (OSError, ValueError):
            return 0
        # A file that was cut or cleared begins anew.
        return known if known <= size else 0
