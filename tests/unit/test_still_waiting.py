"""Reminders: after the target, in shop hours, once for each wait, never more than one in ten minutes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.alerts import Attention
from services.events import AlertRaised
from services.settings import Settings
from services.still_waiting import Waiting, WaitState, remind

NOW = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ON = Settings()
FRESH = WaitState()


def waiting(number: int = 1, minutes: float = 30, **more: object) -> Waiting:
    since = NOW - minutes * MINUTE
    base = Waiting(number, 1, "Facebook", "Marta Lindqvist", since, since)
    return replace(base, **more)  # type: ignore[arg-type]


def reminded(
    *people: Waiting,
    settings: Settings = ON,
    state: WaitState = FRESH,
    now: datetime = NOW,
    attention: Attention | None = None,
) -> tuple[AlertRaised | None, WaitState]:
    return remind(people, settings, state, now, zone=UTC, attention=attention or Attention())


@pytest.mark.parametrize(
    ("target_s", "minutes", "is_told"),
    [(1800, 29.9, False), (1800, 30, True), (600, 10, True), (3600, 59, False)],
)
def test_after_the_target_of_the_owner(target_s: int, minutes: float, is_told: bool) -> None:
    alert, _ = reminded(waiting(minutes=minutes), settings=Settings(target_s=target_s))
    assert (alert is not None) == is_told


def test_it_says_who_and_how_long_and_opens_it() -> None:
    alert, _ = reminded(waiting())
    assert alert is not None
    assert (alert.kind, alert.conversation_id, alert.names, alert.place, alert.waited_s) == (
        "waiting",
        1,
        ("Marta Lindqvist",),
        "Facebook",
        1800,
    )
    hidden, _ = reminded(waiting(), settings=Settings(hide_text=True))
    assert hidden is not None
    assert hidden.names == ()


def test_once_for_each_wait() -> None:
    _, state = reminded(waiting())
    day = NOW + timedelta(hours=5)
    assert reminded(waiting(), state=state, now=day)[0] is None
    # Answered, and then asked again: another wait.
    again = waiting(since=day - 40 * MINUTE, heard_at=day - 40 * MINUTE)
    assert reminded(again, state=state, now=day)[0] is not None


def test_never_more_than_one_in_ten_minutes_and_then_all_together() -> None:
    first, state = reminded(waiting(1))
    others = [waiting(1), waiting(2, 27, name="Tom"), waiting(3, 25, name="Ida", is_complaint=True)]
    assert reminded(*others, state=state, now=NOW + 9 * MINUTE)[0] is None
    alert, state = reminded(*others, state=state, now=NOW + 10 * MINUTE)
    assert alert is not None
    assert (alert.count, alert.conversation_id, alert.names) == (2, None, ("Ida", "Tom"))
    assert alert.waited_s == 37 * 60
    # Beside the first, who waits still, and not in its place.
    assert first is not None
    assert (first.tag, alert.tag) == ("waiting-1", "waiting")
    assert reminded(*others, state=state, now=NOW + timedelta(hours=9))[0] is None


def test_only_in_shop_hours_and_only_their_time_counts() -> None:
    hours = Settings(opening_hours=((("08:00", "18:00"),),) * 7)
    evening, morning = NOW.replace(hour=17, minute=50), NOW.replace(day=25, hour=8, minute=0)
    one = waiting(since=evening, heard_at=evening)
    assert reminded(one, settings=hours, now=NOW.replace(hour=20))[0] is None
    assert reminded(one, settings=hours, now=morning + 19 * MINUTE)[0] is None
    assert reminded(one, settings=hours, now=morning + 20 * MINUTE)[0] is not None
    quiet = replace(hours, quiet_hours=("08:00", "10:00"))
    assert reminded(one, settings=quiet, now=morning + 30 * MINUTE)[0] is None
    assert reminded(one, settings=quiet, now=morning + 120 * MINUTE)[0] is not None


def test_what_was_just_told_is_not_late_at_once() -> None:
    """The program was closed for a day: yesterday's message rings now, and its reminder comes later."""
    old = waiting(minutes=24 * 60, heard_at=NOW)
    assert reminded(old)[0] is None
    assert reminded(old, now=NOW + 9 * MINUTE)[0] is None
    assert reminded(old, now=NOW + 10 * MINUTE)[0] is not None


def test_not_while_the_owner_is_looking_at_it_but_afterwards() -> None:
    alert, state = reminded(waiting(), attention=Attention(True, 1))
    assert alert is None
    assert reminded(waiting(), state=state)[0] is not None


@pytest.mark.parametrize("off", [{"tell_waiting": False}, {"notifications": False}])
def test_switched_off(off: dict[str, bool]) -> None:
    assert reminded(waiting(), settings=Settings(**off))[0] is None  # type: ignore[arg-type]


def test_a_clock_set_back_does_not_silence_it() -> None:
    _, state = reminded(waiting(1))
    late = waiting(2, since=NOW - 60 * MINUTE, heard_at=NOW - 60 * MINUTE)
    assert reminded(late, state=replace(state, told_at=NOW + timedelta(days=1)))[0] is not None
