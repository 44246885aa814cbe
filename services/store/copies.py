"""The good copies of the database, in the folder ``copies`` beside it: one a day while it is used, and the
old file whenever a new version of Shopbell has changed the tables.

Of each of the two kinds the last three are kept, so that days of use do not push out the way back to before
an upgrade. Old ones go only after a new one is there.
"""

from __future__ import annotations

import contextlib
import re
import time
from pathlib import Path

GOOD_COPIES = 3
"""Of each kind."""
LEFT_OVER_S = 24 * 3600.0
"""No copying takes so long; a file of one that is older was left behind."""


def copies_folder(path: Path) -> Path:
    return path.parent / "copies"


def copy_name(path: Path, version: int, stamp: str) -> Path:
    """``stamp``: the time, sorting as text. ``version``: of the tables in it."""
    return copies_folder(path) / f"{path.stem}-v{version}-{stamp}{path.suffix}"


def good_copies(path: Path) -> list[Path]:
    """Newest first."""
    folder = copies_folder(path)
    found = (
        [file for file in folder.glob(f"{path.stem}-*{path.suffix}") if file.is_file()]
        if folder.is_dir()
        else []
    )
    return sorted(found, key=lambda file: (file.name.rsplit("-", 1)[-1], file.name), reverse=True)


def trim_copies(path: Path, newest: int) -> None:
    """Keeps the last of each kind; takes away what a copying that was killed has left as well. ``newest``:
    today's version of the tables."""
    every = good_copies(path)
    before = [one for one in every if _version(one) < newest]
    today = [one for one in every if _version(one) >= newest]
    for old in (*before[GOOD_COPIES:], *today[GOOD_COPIES:]):
        remove(old)
    for part in copies_folder(path).glob("*.part"):
        with contextlib.suppress(OSError):
            if time.time() - part.stat().st_mtime > LEFT_OVER_S:
                part.unlink()


def _version(copy: Path) -> int:
    found = re.search(r"-v(\d+)-[^-]*$", copy.stem)
    return int(found[1]) if found else 0


def remove(path: Path) -> None:
    """A database with everything that SQLite keeps beside it."""
    for one in (path, *beside(path)):
        one.unlink(missing_ok=True)


def beside(path: Path) -> list[Path]:
    return [path.with_name(path.name + suffix) for suffix in ("-wal", "-shm", "-journal")]
