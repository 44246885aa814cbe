"""The little pool: results, exceptions, stopping."""

from __future__ import annotations

import threading

import pytest

from services.sync.workers import Workers, report


def test_results_and_exceptions_come_back_in_the_future() -> None:
    workers = Workers(2, "test")
    assert workers.submit(lambda a, b: a + b, 2, b=3).result(5) == 5
    with pytest.raises(ZeroDivisionError):
        workers.submit(lambda: 1 // 0).result(5)
    assert workers.stop(5)


def test_a_failing_job_does_not_end_its_thread() -> None:
    workers = Workers(1, "test")
    workers.submit(lambda: 1 // 0)
    assert workers.submit(threading.get_ident).result(5)
    assert workers.stop(5)


def test_stop_lets_queued_jobs_finish_and_refuses_new_ones() -> None:
    workers, done = Workers(1, "test"), []
    gate = threading.Event()
    workers.submit(gate.wait, 5)
    futures = [workers.submit(done.append, n) for n in range(5)]
    gate.set()
    assert workers.stop(5)
    assert done == [0, 1, 2, 3, 4]
    assert all(future.done() for future in futures)
    assert workers.submit(done.append, 9).cancelled()


def test_stop_does_not_wait_for_a_job_that_hangs() -> None:
    workers, gate = Workers(1, "test"), threading.Event()
    workers.submit(gate.wait, 30)
    assert not workers.stop(0.05)
    gate.set()


@pytest.mark.expect_log("a background job failed")
def test_an_exception_nobody_asks_for_is_logged() -> None:
    workers = Workers(1, "test")
    future = workers.submit(lambda: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        future.result(5)
    report(future)
    workers.stop(5)
