"""The other side of ``crash_driver``: starts it, gives orders, kills its children, reads what it tells."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any

PATIENCE_S = 60.0


class Driver:
    """``with Driver() as driver: driver.begin(...); driver.kill(); driver.end()``"""

    def __init__(self) -> None:
        self.queued: list[str] = []
        self.failures: list[str] = []
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("crash_driver.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._told: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._wait_for("ready")
        self._pid = 0

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            told = json.loads(line)
            if "queued" in told:
                self.queued.append(told["queued"])
            elif "failed" in told:
                self.failures.append(told["failed"])
            else:
                self._told.put(told)

    def _wait_for(self, what: str) -> int:
        told = self._told.get(timeout=PATIENCE_S)
        assert what in told, told
        return int(told[what])

    def begin(self, do: str, **order: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, **order}) + "\n")
        self._process.stdin.flush()
        self._pid = self._wait_for("pid")

    def kill(self) -> bool:
        """True when it was still running."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        return self.end() == -signal.SIGKILL

    def end(self) -> int:
        return self._wait_for("ended")

    def run(self, do: str, **order: object) -> None:
        self.begin(do, **order)
        ended = self.end()
        assert ended == 0, self.failures

    def __enter__(self) -> Driver:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        if self._pid and kind is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
        self._process.stdin.close()
        self._process.wait(PATIENCE_S)
        self._reader.join(PATIENCE_S)
        self._process.stdout.close()
