"""A few daemon threads that run jobs and hand back futures.

``ThreadPoolExecutor`` is not used because the interpreter joins its threads at exit, however long a request
still hangs; quitting must not wait for a slow server. Whatever must not be lost is in the database before a
job starts.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from time import monotonic
from typing import Any, TypeVar

log = logging.getLogger(__name__)
T = TypeVar("T")

_Job = tuple[Future[Any], Callable[..., Any], tuple[Any, ...], dict[str, Any]]


class Workers:
    """``size`` threads, started with the first job. ``submit`` after ``stop`` returns a cancelled future."""

    def __init__(self, size: int, name: str) -> None:
        self._size = size
        self._name = name
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._stopped = False

    def submit(self, job: Callable[..., T], *args: Any, **kwargs: Any) -> Future[T]:
        future: Future[T] = Future()
        with self._lock:
            if self._stopped:
                future.cancel()
                return future
            self._jobs.put((future, job, args, kwargs))
            if len(self._threads) < self._size:
                thread = threading.Thread(
                    target=self._work, name=f"{self._name}-{len(self._threads)}", daemon=True
                )
                self._threads.append(thread)
                thread.start()
        return future

    def _work(self) -> None:
        while (item := self._jobs.get()) is not None:
            future, job, args, kwargs = item
            if not future.set_running_or_notify_cancel():
                continue
            try:
                result = job(*args, **kwargs)
            except BaseException as error:  # noqa: BLE001 - whoever asks the future gets it
                future.set_exception(error)
            else:
                future.set_result(result)
            del item, future, job, args, kwargs

    def stop(self, timeout: float) -> bool:
        """Lets queued jobs finish, waits at most ``timeout`` seconds; true when every thread has ended."""
        with self._lock:
            self._stopped = True
            threads = tuple(self._threads)
            for _ in threads:
                self._jobs.put(None)
        end = monotonic() + timeout
        for thread in threads:
            if thread is not threading.current_thread():
                thread.join(max(0.0, end - monotonic()))
        return not any(thread.is_alive() for thread in threads)


def report(future: Future[Any]) -> None:
    """Done-callback for jobs whose result nobody waits for: an exception must not vanish in its future."""
    if not future.cancelled() and (error := future.exception()) is not None:
        log.error("a background job failed", exc_info=error)
