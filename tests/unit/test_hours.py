"""Quiet hours and shop hours, over midnight and over the change of the clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from services.hours import is_open, is_quiet, open_time
from services.settings import Settings

TUESDAY = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
NOW = TUESDAY
NIGHT = Settings(quiet_hours=("22:00", "07:00"))
DAY = (("07:00", "18:00"),)
# Closed on Sunday and Monday, a break on Wednesday, and on Friday until two in the night.
WEEK = Settings(
    opening_hours=((), DAY, (("07:00", "12:00"), ("14:00", "18:00")), DAY, (("16:00", "02:00"),), DAY, ())
)


@pytest.mark.parametrize(
    ("hours", "hour", "quiet"),
    [
        (("22:00", "07:00"), 23, True),
        (("22:00", "07:00"), 3, True),
        (("22:00", "07:00"), 7, False),
        (("22:00", "07:00"), 21, False),
        (("22:00", "07:00"), 22, True),
        (("12:00", "14:00"), 13, True),
        (("12:00", "14:00"), 14, False),
        (("12:00", "12:00"), 12, False),
        ((), 3, False),
    ],
)
def test_quiet_hours(hours: tuple[str, ...], hour: int, quiet: bool) -> None:
    assert is_quiet(Settings(quiet_hours=hours), NOW.replace(hour=hour), UTC) == quiet


def test_quiet_hours_are_those_of_the_owners_zone() -> None:
    assert is_quiet(NIGHT, NOW.replace(hour=21), timezone(timedelta(hours=1)))


@pytest.mark.parametrize(
    ("day", "clock", "is_it"),
    [
        (23, "12:00", False),
        (24, "06:59", False),
        (24, "07:00", True),
        (24, "18:00", False),
        (25, "13:00", False),
        (25, "14:30", True),
        (27, "23:30", True),
        (28, "01:59", True),
        (28, "02:00", False),
        (28, "07:00", True),
        (29, "12:00", False),
    ],
)
def test_when_the_shop_is_open(day: int, clock: str, is_it: bool) -> None:
    moment = datetime.fromisoformat(f"2026-11-{day}T{clock}+00:00")
    assert is_open(WEEK, moment, UTC) == is_it
    silent = Settings(opening_hours=WEEK.opening_hours, quiet_when_closed=True)
    assert is_quiet(silent, moment, UTC) != is_it
    assert not is_quiet(WEEK, moment, UTC)


def test_without_opening_hours_it_is_open_but_in_the_quiet_ones() -> None:
    assert is_open(Settings(), NOW.replace(hour=3), UTC)
    assert not is_open(NIGHT, NOW.replace(hour=3), UTC)
    assert is_open(NIGHT, NOW.replace(hour=12), UTC)
    nobody_filled_it_in = Settings(opening_hours=((),) * 7, quiet_when_closed=True)
    assert is_open(nobody_filled_it_in, NOW, UTC)
    assert not is_quiet(nobody_filled_it_in, NOW, UTC)


@pytest.mark.parametrize(
    ("settings", "since", "until", "minutes"),
    [
        (Settings(), "24T10:00", "24T10:40", 40),
        (WEEK, "24T17:50", "25T07:20", 30),
        (WEEK, "24T20:00", "25T07:20", 20),
        (WEEK, "25T11:30", "25T14:15", 45),
        (WEEK, "28T01:30", "28T07:10", 40),
        (WEEK, "29T10:00", "30T10:00", 0),
        (NIGHT, "24T21:30", "25T07:10", 40),
        (Settings(quiet_hours=("12:00", "13:00")), "24T11:50", "24T13:05", 15),
        (WEEK, "24T10:00", "24T09:00", 0),
    ],
)
def test_how_long_it_was_open_in_between(settings: Settings, since: str, until: str, minutes: int) -> None:
    first, last = (datetime.fromisoformat(f"2026-11-{one}:00+00:00") for one in (since, until))
    assert open_time(settings, first, last, UTC) == timedelta(minutes=minutes)


def test_overlapping_spans_count_once() -> None:
    day = (("08:00", "12:00"), ("10:00", "13:00"))
    settings = Settings(opening_hours=(day,) * 7)
    assert open_time(settings, NOW.replace(hour=7), NOW.replace(hour=15), UTC) == timedelta(hours=5)


def test_the_night_of_the_clock_change_is_an_hour_longer() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    evening = datetime(2026, 10, 24, 22, 0, tzinfo=berlin)
    morning = datetime(2026, 10, 25, 8, 0, tzinfo=berlin)
    assert open_time(Settings(), evening, morning, berlin) == timedelta(hours=11)
