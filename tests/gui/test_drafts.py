"""What is being written: saved in order, and by nobody else than whoever comes first."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from gui.conversation.drafts import DraftSaver
from gui.jobs import Jobs
from services.errors import DiskFull


class Disk:
    """``is_full``: refuses. ``wrote``: every text it took, in order."""

    def __init__(self) -> None:
        self.is_full = False
        self.wrote: list[tuple[int, str]] = []

    def save(self, conversation_id: int, text: str) -> None:
        if self.is_full:
            raise DiskFull
        self.wrote.append((conversation_id, text))


class Busy:
    """Workers that come to nothing until they are told to."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Future[Any], Callable[[], Any]]] = []

    def run(self, work: Callable[[], Any]) -> Future[Any]:
        future: Future[Any] = Future()
        self.waiting.append((future, work))
        return future

    def go_on(self) -> None:
        waiting, self.waiting = self.waiting, []
        for future, work in waiting:
            try:
                future.set_result(work())
            except Exception as error:
                future.set_exception(error)


@pytest.fixture
def parts(qtbot: QtBot) -> tuple[DraftSaver, Disk, Busy, QObject]:
    home, disk, busy = QObject(), Disk(), Busy()
    return DraftSaver(Jobs(busy.run, home), disk.save, home), disk, busy, home


def test_at_the_end_nothing_waits_for_a_worker(parts: tuple[DraftSaver, Disk, Busy, QObject]) -> None:
    drafts, disk, _, _ = parts
    drafts.later(1, "Dear")
    drafts.flush()
    drafts.later(2, "Hello")
    assert disk.wrote == []
    drafts.flush_now()
    assert sorted(disk.wrote) == [(1, "Dear"), (2, "Hello")]


def test_an_older_text_never_comes_over_a_newer_one(parts: tuple[DraftSaver, Disk, Busy, QObject]) -> None:
    drafts, disk, busy, _ = parts
    drafts.later(1, "Dear")
    drafts.flush()
    drafts.later(1, "Dear Marta")
    drafts.flush_now()
    busy.go_on()
    assert disk.wrote[-1] == (1, "Dear Marta")


@pytest.mark.expect_log("a draft could not be kept: disk-full")
def test_one_that_cannot_be_saved_does_not_keep_the_others_back(
    parts: tuple[DraftSaver, Disk, Busy, QObject],
) -> None:
    drafts, disk, _, _ = parts
    drafts.later(1, "Dear")
    disk.is_full = True
    drafts.flush_now()
    disk.is_full = False
    drafts.later(2, "Hello")
    drafts.flush_now()
    assert sorted(disk.wrote) == [(1, "Dear"), (2, "Hello")]


@pytest.mark.expect_log("a draft could not be kept: DiskFull")
def test_what_a_worker_could_not_save_is_tried_again_at_the_end(
    parts: tuple[DraftSaver, Disk, Busy, QObject], qtbot: QtBot
) -> None:
    drafts, disk, busy, _ = parts
    drafts.later(1, "Dear")
    disk.is_full = True
    drafts.flush()
    with qtbot.waitSignal(drafts.failed, timeout=20_000):
        busy.go_on()
    disk.is_full = False
    drafts.flush_now()
    assert disk.wrote == [(1, "Dear")]
    drafts.flush_now()
    assert disk.wrote == [(1, "Dear")]
