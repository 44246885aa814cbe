"""What is due, and how long a network is left alone after it failed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services.errors import NotAllowed, RateLimited, SignInNeeded, Unreachable
from services.model import Freshness
from services.sync import schedule

NOW = datetime(2026, 11, 24, 7, 4, tzinfo=UTC)
EVERY = timedelta(minutes=2)


def middle() -> float:
    return 0.5


@pytest.mark.parametrize("dice", [0.0, 0.25, 0.999])
def test_a_success_is_asked_again_after_the_interval_give_or_take_a_fifth(dice: float) -> None:
    due = schedule.after_success(NOW, EVERY, None, lambda: dice)
    assert timedelta(seconds=96) <= due - NOW <= timedelta(seconds=144)


def test_the_network_may_ask_for_more_time_but_not_for_less() -> None:
    assert schedule.after_success(NOW, EVERY, timedelta(hours=1), middle) == NOW + timedelta(hours=1)
    assert schedule.after_success(NOW, EVERY, timedelta(seconds=1), middle) == NOW + EVERY


def test_no_network_is_believed_that_asks_for_a_week() -> None:
    assert schedule.after_success(NOW, EVERY, timedelta(days=7), middle) == NOW + schedule.LONGEST_PAUSE


def test_failures_back_off_up_to_half_an_hour() -> None:
    waits = [schedule.after_failure(NOW, EVERY, n, Unreachable("reset"), middle) - NOW for n in range(12)]
    assert waits[0] == schedule.FIRST_RETRY
    assert waits == sorted(waits)
    assert waits[-1] == schedule.LONGEST_RETRY


def test_a_slow_account_is_never_asked_more_often_than_when_it_works_because_it_fails() -> None:
    hourly = timedelta(hours=1)
    assert schedule.after_failure(NOW, hourly, 20, Unreachable("reset"), middle) - NOW == hourly


def test_a_rate_limit_is_obeyed_to_the_second_and_capped() -> None:
    until = NOW + timedelta(minutes=7)
    assert schedule.after_failure(NOW, EVERY, 0, RateLimited(until), middle) >= until
    far = schedule.after_failure(NOW, EVERY, 0, RateLimited(NOW + timedelta(days=400)), middle)
    assert far - NOW < schedule.LONGEST_PAUSE + timedelta(minutes=1)
    past = schedule.after_failure(NOW, EVERY, 0, RateLimited(NOW - timedelta(days=1)), middle)
    assert past >= NOW


@pytest.mark.parametrize("error", [SignInNeeded("401"), NotAllowed("403", permission="read")])
def test_what_only_the_owner_can_mend_is_asked_seldom(error: SignInNeeded | NotAllowed) -> None:
    assert schedule.after_failure(NOW, EVERY, 0, error, middle) - NOW == schedule.LONGEST_RETRY


def test_what_is_due() -> None:
    assert schedule.is_due(Freshness(), NOW)
    assert schedule.is_due(Freshness(next_poll=NOW), NOW)
    assert not schedule.is_due(Freshness(next_poll=NOW + timedelta(seconds=1)), NOW)


def test_a_date_written_under_a_wrong_clock_does_not_silence_an_account() -> None:
    assert schedule.is_due(Freshness(next_poll=NOW + timedelta(days=30)), NOW)


def test_a_clock_set_back_does_not_silence_an_account_until_the_old_time_comes_again() -> None:
    heard = NOW + timedelta(hours=3)
    state = Freshness(heard=heard, next_poll=heard + timedelta(seconds=75))
    assert schedule.is_due(state, NOW, after_reset=True)
    assert not schedule.is_due(state, NOW)
    assert not schedule.is_due(Freshness(heard=NOW, next_poll=heard), NOW, after_reset=True)


def test_a_reply_that_did_not_leave_is_tried_again_ever_more_slowly() -> None:
    waits = [schedule.retry_send(NOW, n, middle) - NOW for n in range(12)]
    assert waits == sorted(waits)
    assert waits[0] == timedelta(seconds=10)
    assert waits[-1] == schedule.LONGEST_RETRY


def test_a_reply_leaves_soon_after_the_pause_the_network_asked_for() -> None:
    soon = NOW + timedelta(seconds=3)
    waits = [(schedule.resend(NOW, soon, n, middle) - soon).total_seconds() for n in range(1, 12)]
    assert waits[0] == 1
    assert waits == sorted(waits)
    assert waits[-1] >= 200, "one that says so again and again is asked less and less"
    assert schedule.resend(NOW, NOW - timedelta(hours=1), 1, middle) > NOW
    assert schedule.resend(NOW, NOW + timedelta(days=400), 1, middle) < NOW + timedelta(hours=25)
