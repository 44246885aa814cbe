"""The report on a crash, for the owner to look at and to send to whoever can mend it.

Made of what ``services.outline`` lets in, masked once more by the redactor, with the home folder shortened.
"""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from services import __version__
from services.clock import iso
from services.outline import error_lines, short_path
from services.redact import Redactor

Facts = Sequence[tuple[str, str]]
"""(name, value) of what only the window knows, such as the version of Qt."""

MOST_FAULT_LINES = 120
_PACKAGES = ("PySide6-Essentials", "requests", "feedparser", "lxml", "keyring", "nh3")
_FILE = re.compile(r'(?:File|Binary file) "([^"\n]*)"')
_FAULT_LINE = re.compile(
    r"Fatal Python error: [\w :.'()-]{1,120}"
    r"|Windows fatal exception: [\w :.-]{1,80}"
    r"|(?:Current thread(?:'s C stack trace)?|Thread|Stack|Python runtime state|Current).{0,80}"
    r'|\s+(?:File|Binary file) "[^"]*".{0,160}'
    r"|\s+(?:\.\.\.|<[\w .]{1,80}>|Garbage-collecting|at .{0,80})"
    r"|Extension modules: .*"
    r"|",
    re.ASCII,
)


def of_error(
    error: BaseException, where: str, now: datetime, *, lines: Iterable[str], facts: Facts, masks: Redactor
) -> str:
    """``where``: which thread. ``lines``: the last of the log, as ``Outline`` keeps them."""
    return _report(f"An error nobody foresaw in {where}", now, error_lines(error), lines, facts, masks)


def of_fault(fault: str, at: datetime, *, lines: Iterable[str], facts: Facts, masks: Redactor) -> str:
    """``fault``: what Python's fault handler wrote before the program was gone."""
    kept = [_without_folders(line) for line in fault.splitlines() if _FAULT_LINE.fullmatch(line)]
    if len(kept) > MOST_FAULT_LINES:
        kept = [*kept[:MOST_FAULT_LINES], "…"]
    return _report("The program ended all at once", at, kept, lines, facts, masks)


def _without_folders(line: str) -> str:
    return _FILE.sub(lambda found: found[0].replace(found[1], short_path(found[1])), line)


def _report(
    title: str, at: datetime, trace: Sequence[str], lines: Iterable[str], facts: Facts, masks: Redactor
) -> str:
    parts = [
        title,
        "",
        *(f"{name}: {value}" for name, value in (("Time", iso(at)), *_facts(), *facts)),
        "",
        *trace,
        "",
        "The last lines of the log, without what they were about:",
        *(list(lines) or ["(none)"]),
    ]
    return shorten_home(masks.mask("\n".join(parts))) + "\n"


def _facts() -> list[tuple[str, str]]:
    packed = " (packaged)" if getattr(sys, "frozen", False) else ""
    found = [
        ("Shopbell", f"{__version__}{packed}"),
        ("Python", platform.python_version()),
        ("System", f"{platform.platform()}, {platform.machine()}"),
    ]
    packages = []
    for name in _PACKAGES:
        try:
            packages.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            # A packaged program keeps the papers of few packages.
            continue
    return [*found, ("Packages", ", ".join(packages))] if packages else found


def shorten_home(text: str) -> str:
    """The home folder as ``~``, in every spelling of its separators."""
    home = os.path.expanduser("~")  # noqa: PTH111 - Path.home() raises where there is none
    if len(home) < 4:
        return text
    for form in {home, Path(home).as_posix(), home.replace("\\", "\\\\")}:
        text = text.replace(form, "~")
    return text
