"""Long questions that nothing can end early: a server that answers only when there is something to tell."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from services.errors import BadAnswer, ChannelError

_LOOK_S = 0.5
T = TypeVar("T")


class _Answer(Generic[T]):
    def __init__(self) -> None:
        self.done = threading.Event()
        self.found: T | None = None
        self.error: ChannelError | None = None


def ask_aside(ask: Callable[[], T], stopping: threading.Event, *, name: str) -> T | None:
    """What ``ask`` finds, or None when ``stopping`` was set before. It runs in a thread called ``name``,
    and is left to run out when nobody waits for it any more. Raises what it raises."""
    answer: _Answer[T] = _Answer()

    def run() -> None:
        try:
            answer.found = ask()
        except ChannelError as error:
            answer.error = error
        except Exception as error:  # noqa: BLE001 - told to whoever waits, as the contract knows it
            answer.error = BadAnswer("bug", fault=type(error).__name__)
        answer.done.set()

    threading.Thread(target=run, name=name, daemon=True).start()
    while not answer.done.wait(_LOOK_S):
        if stopping.is_set():
            return None
    if answer.error is not None:
        raise answer.error
    return answer.found
