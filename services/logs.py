"""The log of a profile: a rotating file in which no secret ever stands, and the hooks that bring every
crash into it.

Everything that goes to the file or to standard error passes one ``Redactor``. ``redactor`` of this module
is the one of the process, as Python's logging itself is one per process; ``Credentials`` hands it each
secret it meets. Beside the log stands its outline, without what its lines were about, for a report on a
crash.
"""

from __future__ import annotations

import contextlib
import faulthandler
import io
import logging
import os
import re
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from services.faults import Fault, FaultFile
from services.outline import Outline, kept_lines
from services.redact import Redactor

MAX_BYTES = 1_000_000
FILES = 5
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x80-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")

redactor = Redactor()

CrashListener = Callable[[type[BaseException], BaseException], None]
MOST_UNHEARD = 3


class RedactingFormatter(logging.Formatter):
    """Masks the finished line: message, arguments, traceback and stack alike. UTC times."""

    converter = staticmethod(time.gmtime)

    def __init__(self, masks: Redactor = redactor) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s [%(threadName)s] %(message)s")
        self._redactor = masks

    def format(self, record: logging.LogRecord) -> str:
        # The cached traceback of the record belongs to all handlers, also to those that mask differently.
        return _CONTROL.sub(_visible, self._redactor.mask(super().format(record)))


def _visible(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode()


class _PrivateFileHandler(logging.FileHandler):
    """Files readable by the owner alone, each at most ``MAX_BYTES``, the older ones numbered; a full disk
    never reaches the code that logged.

    Python's own rotating handler brings sockets and pickles along, which costs 4 ms at every start."""

    def _open(self) -> io.TextIOWrapper:
        handle = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return io.TextIOWrapper(
            io.FileIO(handle, "a"), encoding="utf-8", errors="replace", write_through=True
        )

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._make_room(len(self.format(record).encode("utf-8", "replace")) + 1)
        except Exception:  # noqa: BLE001 - whoever logs must never suffer for it, whatever the disk says
            self.handleError(record)
        try:
            super().emit(record)
        except Exception:  # noqa: BLE001 - the folder of the log has gone
            self.handleError(record)

    def _make_room(self, size: int) -> None:
        """Begins a new file when the line does not fit in this one any more."""
        if self.stream is None:
            self.stream = self._open()
        written = os.fstat(self.stream.fileno()).st_size
        if not written or written + size <= MAX_BYTES:
            return
        self.stream.close()
        self.stream = None
        # The full one first: where another process holds it open, Windows refuses, and the older ones must
        # not move on without it, or each further line would push one of them out.
        os.replace(self.baseFilename, f"{self.baseFilename}.0")
        for number in range(FILES - 1, 0, -1):
            with contextlib.suppress(FileNotFoundError):
                os.replace(f"{self.baseFilename}.{number - 1}", f"{self.baseFilename}.{number}")

    def handleError(self, record: logging.LogRecord) -> None:
        return


class Logging:
    """What ``start`` set up; ``close`` puts everything back (the hooks too)."""

    def __init__(
        self, folder: Path, name: str, level: int, masks: Redactor, on_crash: CrashListener | None
    ) -> None:
        self._on_crash = on_crash
        self.masks = masks
        self.unheard: list[BaseException] = []
        """The first errors nobody foresaw, while there was no window yet to tell of them."""
        self._root = logging.getLogger()
        self._level_before = self._root.level
        self.file = folder / f"{name}.log"
        self._handler = _PrivateFileHandler(self.file, encoding="utf-8", delay=True)
        self._handler.setFormatter(RedactingFormatter(masks))
        self.outline = Outline(folder / f"{name}-outline.log")
        self._root.addHandler(self._handler)
        self._root.addHandler(self.outline)
        self._root.setLevel(level)
        # Its debug lines hold whole addresses, and its warnings tell nothing that our errors do not.
        logging.getLogger("urllib3").setLevel(logging.ERROR)
        self.fault_file = FaultFile(folder / f"{name}-crash.log")
        self._faults = self._catch_faults(self.fault_file.path)
        self._hooks_before = (sys.excepthook, threading.excepthook, sys.unraisablehook)
        sys.excepthook = self._main_thread
        threading.excepthook = self._other_thread
        sys.unraisablehook = self._unraisable

    @staticmethod
    def _catch_faults(path: Path) -> TextIO | None:
        """Without a console standard error is None, so the file is given by hand; a crash writes names of
        code only.
        """
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        except OSError:
            return None
        file = os.fdopen(handle, "a", encoding="utf-8")
        faulthandler.enable(file)
        return file

    def _report(
        self, where: str, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        logging.getLogger("shopbell.crash").critical(
            "unexpected error in %s", where, exc_info=(kind, error, trace)
        )
        if len(self.unheard) < MOST_UNHEARD:
            self.unheard.append(error)
        if self._on_crash is not None:
            with contextlib.suppress(Exception):
                self._on_crash(kind, error)

    def _main_thread(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            self._hooks_before[0](kind, error, trace)
            return
        self._report("the main thread", kind, error, trace)

    def _other_thread(self, args: Any) -> None:
        if args.exc_type is not SystemExit and args.exc_value is not None:
            name = args.thread.name if args.thread else "a thread"
            self._report(name, args.exc_type, args.exc_value, args.exc_traceback)

    def _unraisable(self, args: Any) -> None:
        if args.exc_value is not None:
            self._report("a destructor or callback", args.exc_type, args.exc_value, args.exc_traceback)

    def fault(self) -> Fault | None:
        """How an earlier run ended all at once, if nobody was told of it yet."""
        unknown = self.fault_file.unknown()
        if unknown is None:
            return None
        text, at = unknown
        # What this run has logged meanwhile is of another story.
        until = at.strftime("%Y-%m-%dT%H:%M:%S")
        return Fault(text, at, tuple(one for one in kept_lines(self.outline.file) if one[:19] <= until))

    def close(self) -> None:
        global _running
        if _running is self:
            _running = None
        sys.excepthook, threading.excepthook, sys.unraisablehook = self._hooks_before
        self._root.removeHandler(self._handler)
        self._root.removeHandler(self.outline)
        self._root.setLevel(self._level_before)
        self._handler.close()
        if self._faults is not None:
            faulthandler.disable()
            self._faults.close()


def start(
    folder: Path,
    *,
    name: str = "shopbell",
    level: int = logging.INFO,
    masks: Redactor = redactor,
    on_crash: CrashListener | None = None,
) -> Logging:
    """Logs to ``folder/NAME.log``, 5 files of 1 MB. ``on_crash`` is called in the thread that failed. The one
    started before is closed: a process has one profile open at a time.

    Several programs may log to one file (the window and a command): lines are appended whole. On Windows it
    grows beyond its size until only one of them has it open.
    """
    global _running
    if _running is not None:
        _running.close()
    _running = Logging(folder, name, level, masks, on_crash)
    return _running


def running() -> Logging | None:
    """What ``start`` set up last, unless it was closed."""
    return _running


_running: Logging | None = None
