"""When an account is asked again. Pure: the clock and the dice are handed in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from services.errors import ChannelError, NotAllowed, RateLimited, SignInNeeded
from services.model import Freshness

JITTER = 0.2
"""Share by which an interval is stretched or shortened at random, so that accounts do not march in step."""

FIRST_RETRY = timedelta(seconds=30)
LONGEST_RETRY = timedelta(minutes=30)
LONGEST_PAUSE = timedelta(hours=24)
"""No network is believed that asks for a longer pause, and no stored date further away: the clock may have
been wrong."""

CLOCK_STEP = timedelta(minutes=1)
"""A clock that goes back further than this was set, not corrected."""

Dice = Callable[[], float]
"""Returns 0.0 <= x < 1.0."""


def jittered(span: timedelta, dice: Dice) -> timedelta:
    return span * (1 - JITTER + 2 * JITTER * dice())


def after_success(now: datetime, interval: timedelta, asked: timedelta | None, dice: Dice) -> datetime:
    """``asked``: the earliest next poll the network asked for; it is never undercut."""
    wait = jittered(interval, dice)
    if asked is not None:
        wait = max(wait, min(asked, LONGEST_PAUSE))
    return now + wait


def after_failure(
    now: datetime, interval: timedelta, failures: int, error: ChannelError | None, dice: Dice
) -> datetime:
    """``failures``: how many in a row before this one. ``error`` None: a fault of ours."""
    if isinstance(error, RateLimited) and error.until is not None:
        pause = min(max(error.until - now, timedelta(0)), LONGEST_PAUSE)
        return now + pause + jittered(timedelta(seconds=2), dice)
    if isinstance(error, SignInNeeded | NotAllowed):
        return now + jittered(LONGEST_RETRY, dice)
    wait = FIRST_RETRY * (2 ** min(failures, 10))
    return now + jittered(min(max(wait, FIRST_RETRY), max(LONGEST_RETRY, interval)), dice)


def retry_send(now: datetime, attempts: int, dice: Dice) -> datetime:
    """When a reply that certainly did not leave is tried again."""
    return now + jittered(min(timedelta(seconds=10) * (2 ** min(attempts, 8)), LONGEST_RETRY), dice)


def resend(now: datetime, until: datetime, attempts: int, dice: Dice) -> datetime:
    """When a reply is tried again that the network did not take before ``until``: soon after that, and later
    and later where it says so again and again."""
    pause = min(max(until - now, timedelta(0)), LONGEST_PAUSE)
    return (
        now + pause + jittered(min(timedelta(seconds=1) * (2 ** min(attempts - 1, 8)), LONGEST_RETRY), dice)
    )


def is_due(freshness: Freshness, now: datetime, *, after_reset: bool = False) -> bool:
    """A date further away than the longest pause was written under a wrong clock and counts as due.

    ``after_reset``: the clock may have been set back, so an account that was last heard in the future is due
    as well. Not to be asked all the time: while its polls fail, nothing corrects when it was heard.
    """
    due = freshness.next_poll
    if after_reset and freshness.heard is not None and freshness.heard - now > CLOCK_STEP:
        return True
    return due is None or due <= now or due - now > LONGEST_PAUSE + timedelta(hours=1)
