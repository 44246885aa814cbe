"""Work off the GUI thread, and its outcome back on it.

A ``Jobs`` belongs to a widget made in the GUI thread. When the widget goes, outcomes still under way are
dropped by Qt; the work itself is always finished.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal, Slot

Run = Callable[..., "Future[Any]"]
Then = Callable[[Any], None]
Failed = Callable[[Exception], None]


class Jobs(QObject):
    """``run`` is the application's own: it takes a function and its arguments and returns a future."""

    _finished = Signal(object)

    def __init__(self, run: Run, parent: QObject) -> None:
        super().__init__(parent)
        self._run = run
        self._waiting = 0
        self._finished.connect(self._hand_over, Qt.ConnectionType.QueuedConnection)

    @property
    def waiting(self) -> int:
        """How many outcomes have not come back yet."""
        return self._waiting

    def start(
        self,
        work: Callable[..., Any],
        *args: Any,
        then: Then | None = None,
        failed: Failed | None = None,
        **named: Any,
    ) -> None:
        """Runs ``work`` in a worker. Exactly one of ``then`` and ``failed`` follows, in the GUI thread.

        Without ``failed`` an exception is raised in the GUI thread, where the one handler for unknown
        errors shows it."""
        self._waiting += 1
        future = self._run(lambda: work(*args, **named))
        future.add_done_callback(lambda done: self._post(done, then, failed))

    def _post(self, done: Future[Any], then: Then | None, failed: Failed | None) -> None:
        # The widget may be gone by now; nobody is left to tell.
        with suppress(RuntimeError):
            self._finished.emit((done, then, failed))

    @Slot(object)
    def _hand_over(self, outcome: tuple[Future[Any], Then | None, Failed | None]) -> None:
        done, then, failed = outcome
        self._waiting -= 1
        try:
            value = done.result()
        except CancelledError:
            return
        except Exception as error:
            if failed is None:
                raise
            failed(error)
            return
        if then is not None:
            then(value)
