"""What may be said of a log record and of an error in a report that leaves this computer.

A log line or the text of an exception may quote anything: a customer's words, a name, a secret nobody
announced. So nothing is cut out of them here; the other way round, only what is known to be ours is let in:
the names of files and functions, the types of errors, the texts of log lines as they stand in the program,
numbers, and words of our own tables. Everything else is left out.
"""

from __future__ import annotations

import errno
import logging
import os
import re
import sys
import time
from collections import deque
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any

from services.errors import ShopbellError
from services.patterns import later

LEFT_OUT = "…"
LINES = 60
MOST_FRAMES = 40
MOST_CAUSES = 5
MAX_BYTES = 100_000
OURS = frozenset({"services", "gui", "main", "shopbell", "__main__"})

_ROOT = Path(__file__).resolve().parents[1]
_NAME = r"[A-Za-z_<][A-Za-z0-9_.<>]{0,80}"
_HARMLESS = later(
    "|".join(
        (
            rf"(?:'{_NAME}' object|type object '{_NAME}'|module '{_NAME}') has no attribute '{_NAME}'",
            rf"name '{_NAME}' is not defined",
            rf"cannot access (?:local|free) variable '{_NAME}' where it is not associated with a value",
            rf"unsupported operand type\(s\) for [^\w\s]{{1,6}}: '{_NAME}' and '{_NAME}'",
            rf"can only concatenate {_NAME} \(not \"{_NAME}\"\) to {_NAME}",
            rf"'[<>=!]{{1,2}}' not supported between instances of '{_NAME}' and '{_NAME}'",
            rf"'{_NAME}' object is not (?:callable|iterable|subscriptable|an iterator|a mapping|reversible)",
            rf"'{_NAME}' object does not support item (?:assignment|deletion)",
            rf"{_NAME}\(\) missing \d+ required (?:positional|keyword-only) arguments?: [\w ,']{{1,200}}",
            rf"{_NAME}\(\) takes [\w ]{{1,80}} but \d+ (?:was|were) given",
            rf"{_NAME}\(\) got an unexpected keyword argument '{_NAME}'",
            rf"cannot unpack non-iterable {_NAME} object",
            rf"No module named '{_NAME}'",
            r"(?:integer |float |decimal )?(?:division or modulo|division|modulo) by zero",
            r"(?:list|tuple|string|bytearray) (?:assignment )?index out of range",
            r"pop from (?:an )?empty (?:list|deque|set)",
            r"maximum recursion depth exceeded[a-z ]{0,60}",
            rf"Internal C\+\+ object \({_NAME}\) already deleted\.",
            r"wrapped C/C\+\+ object of type \w+ has been deleted",
            r"(?:no such (?:table|column|index)|(?:UNIQUE|NOT NULL) constraint failed): [\w., ]{1,100}",
            r"database is locked|database disk image is malformed|database or disk is full|disk I/O error",
            r"(?:too many|not enough) values to unpack \(expected \d+(?:, got \d+)?\)",
            r"dictionary changed size during iteration|Set changed size during iteration",
            r"can't start new thread|cannot schedule new futures after (?:interpreter )?shutdown",
        )
    ),
    re.ASCII | re.DOTALL,
)
"""Messages of Python, Qt and SQLite that hold nothing but names out of a program."""
_WORD = later(r"[a-z][a-z0-9-]{0,40}", re.ASCII)
_ERROR_NAME = later(r"[A-Z][A-Za-z]{0,40}(?:Error|Exception|Warning)", re.ASCII)


def short_path(path: str) -> str:
    """A file of a program, without the folders of this computer: ``services/app.py``,
    ``requests/sessions.py``."""
    if path.startswith("<") and path.endswith(">"):
        return path if re.fullmatch(r"<[\w. ]{1,60}>", path) else "<…>"
    plain = path.replace("\\", "/")
    root = _ROOT.as_posix() + "/"
    if plain.startswith(root) and "/site-packages/" not in plain:
        return plain.removeprefix(root)
    for mark in ("/site-packages/", "/dist-packages/", "/_internal/"):
        if mark in plain:
            return plain.rpartition(mark)[2]
    if found := re.search(r"/[Pp]ython[0-9.]*/(?:[Ll]ib/)?((?:[\w-]+/){0,3}[\w-]+\.\w+)$", plain):
        return found[1]
    parts = plain.split("/")
    if plain.startswith("/") or ":" in parts[0]:
        return parts[-1]
    # A packaged program keeps its modules under their own names.
    return "/".join(parts[-4:])


def error_lines(error: BaseException) -> list[str]:
    """The error as Python shows it, causes first, without the texts of others and without source lines."""
    lines: list[str] = []
    for number, (link, one) in enumerate(reversed(_chain(error))):
        if number:
            lines += ["", link, ""]
        lines += _one_error(one)
    return lines


def _chain(error: BaseException) -> list[tuple[str, BaseException]]:
    """(how it led to the one before, error), the last one first."""
    found: list[tuple[str, BaseException]] = []
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen and len(found) < MOST_CAUSES:
        seen.add(id(one))
        is_cause = one.__cause__ is not None
        found.append(("This led to:" if is_cause else "While that was handled, came:", one))
        hidden = one.__suppress_context__
        one = one.__cause__ if is_cause else None if hidden else one.__context__
    return found


def _one_error(error: BaseException) -> list[str]:
    lines = ["Traceback (most recent call last):", *frame_lines(error.__traceback__)]
    lines.append(error_name(error))
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions[:MOST_CAUSES]:
            lines += ["  one of them:", *(f"  {line}" for line in _one_error(one))]
    return lines


def frame_lines(trace: TracebackType | None) -> list[str]:
    frames: list[str] = []
    while trace is not None:
        code = trace.tb_frame.f_code
        place = f'  File "{short_path(code.co_filename)}", line {trace.tb_lineno}, in {code.co_qualname}'
        frames.append(place)
        trace = trace.tb_next
    if len(frames) > MOST_FRAMES:
        half = MOST_FRAMES // 2
        return [*frames[:half], f"  … {len(frames) - 2 * half} more …", *frames[-half:]]
    return frames


def error_name(error: BaseException) -> str:
    """``ValueError: (text of 35 characters)``; messages that hold only names of a program are shown."""
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    if isinstance(error, ShopbellError):
        return f"{name}: {_value(error.reason)}" if error.reason else name
    if isinstance(error, OSError) and error.errno is not None:
        return f"{name}: {errno.errorcode.get(error.errno, error.errno)}"
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - an error that cannot say what it is must not hide itself
        text = ""
    if not text:
        return name
    return f"{name}: {text if _HARMLESS.fullmatch(text) else f'({len(text)} characters)'}"


def record_line(record: logging.LogRecord) -> str:
    """``2026-11-24T07:04:00 INFO services.sync.poller poll thread: mastodon: unreachable timeout``."""
    at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
    ours = record.name.partition(".")[0] in OURS
    line = f"{at} {record.levelname} {record.name if ours else record.name.partition('.')[0]}: "
    line += _record_text(record) if ours else LEFT_OUT
    if record.exc_info and record.exc_info[1] is not None:
        error = record.exc_info[1]
        last = frame_lines(error.__traceback__)[-1:]
        line += f" | {error_name(error)}{''.join(last).replace('  File', ' in', 1)}"
    return line


def _record_text(record: logging.LogRecord) -> str:
    if not isinstance(record.msg, str) or not _is_in_program(record):
        return LEFT_OUT
    args: Any = record.args
    try:
        if isinstance(args, Mapping):
            return record.msg % {key: _value(one) for key, one in args.items()}
        return record.msg % tuple(_value(one) for one in args) if args else record.msg
    except (TypeError, ValueError, KeyError):
        return record.msg


def _is_in_program(record: logging.LogRecord) -> bool:
    """Does the text stand in our source as it is? One that was put together while running may hold
    anything."""
    frame = sys._getframe(1)
    while frame is not None:
        code = frame.f_code
        if code.co_filename == record.pathname and code.co_name == record.funcName:
            module = str(frame.f_globals.get("__name__", ""))
            return module.partition(".")[0] in OURS and record.msg in code.co_consts
        if frame.f_back is None:
            break
        frame = frame.f_back
    return False


def _value(value: object) -> Any:
    """A number, a word of our own tables, the name of an error, or nothing."""
    if value is None or isinstance(value, bool | int | float):
        return value
    text = str(value) if isinstance(value, str) else ""
    return text if text and _is_known_word(text) else LEFT_OUT


def _is_known_word(text: str) -> bool:
    if _ERROR_NAME.fullmatch(text):
        return True
    if not _WORD.fullmatch(text):
        return False
    # A channel that speaks in the log has been loaded.
    return f"services.channels.{text.replace('-', '_')}" in sys.modules or text in _table_words()


@cache
def _table_words() -> frozenset[str]:
    from services.words_table import SENTENCES

    return frozenset(part for key in SENTENCES for part in key.split("."))


class Outline(logging.Handler):
    """Keeps the last lines for a report: here, and in a file for the report on a crash that left no time.

    The file is cut when it is full, so the last lines of a run may be fewer than ``LINES``."""

    def __init__(self, file: Path) -> None:
        super().__init__(logging.INFO)
        self.file = file
        self._lines: deque[str] = deque(maxlen=LINES)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = record_line(record)
            self._lines.append(line)
            self._write(line)
        except Exception:  # noqa: BLE001 - whoever logs must never suffer for it
            return

    def _write(self, line: str) -> None:
        handle = os.open(self.file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            if os.fstat(handle).st_size > MAX_BYTES:
                os.ftruncate(handle, 0)
            os.write(handle, f"{line}\n".encode("utf-8", "replace"))
        finally:
            os.close(handle)

    def lines(self) -> list[str]:
        return list(self._lines)


def kept_lines(file: Path) -> list[str]:
    """The last lines that an earlier run wrote."""
    try:
        text = file.read_bytes()[-MAX_BYTES:].decode("utf-8", "replace")
    except OSError:
        return []
    return text.splitlines()[-LINES:]
