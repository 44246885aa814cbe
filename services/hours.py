"""The shop's hours: when it is quiet, when it is open, how much open time lies between two moments. Pure.

``zone`` is the owner's; None is the system's. Spans may pass midnight; "24:00" ends a day.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from services.settings import Settings

LONGEST = timedelta(days=30)
"""Further back nobody counts open hours."""

Span = tuple[str, str]


def is_quiet(settings: Settings, now: datetime, zone: tzinfo | None = None) -> bool:
    """In the quiet hours, or, where the owner wants that, while the shop is closed."""
    if settings.quiet_when_closed and knows_hours(settings) and not is_open(settings, now, zone):
        return True
    if len(settings.quiet_hours) != 2:
        return False
    return _holds((settings.quiet_hours[0], settings.quiet_hours[1]), f"{now.astimezone(zone):%H:%M}")


def knows_hours(settings: Settings) -> bool:
    """A week without a single open hour is one that nobody filled in."""
    return any(settings.opening_hours)


def is_open(settings: Settings, now: datetime, zone: tzinfo | None = None) -> bool:
    """In the opening hours; where the owner told none, always but in the quiet hours."""
    return any(begins <= now < ends for begins, ends in _open(settings, now, now, zone))


def open_time(settings: Settings, since: datetime, until: datetime, zone: tzinfo | None = None) -> timedelta:
    """How long the shop was open between the two."""
    since = max(since, until - LONGEST)
    total = timedelta(0)
    reached = since
    for begins, ends in _open(settings, since, until, zone):
        # Spans of a day may overlap.
        begins = max(begins, reached)
        ends = min(ends, until)
        if begins < ends:
            total += ends - begins
            reached = ends
    return total


def _holds(span: Span, clock: str) -> bool:
    begins, ends = span
    if begins <= ends:
        return begins <= clock < ends
    return clock >= begins or clock < ends


def _open(
    settings: Settings, since: datetime, until: datetime, zone: tzinfo | None
) -> Iterator[tuple[datetime, datetime]]:
    """The open stretches of these days in order, the one that began the evening before included."""
    day = since.astimezone(zone).date() - timedelta(days=1)
    last = until.astimezone(zone).date()
    while day <= last:
        found = []
        for begins, ends in _spans(settings, day.weekday()):
            over = timedelta(days=1) if ends < begins else timedelta(0)
            found.append((_moment(day, begins, zone), _moment(day + over, ends, zone)))
        yield from sorted(found)
        day += timedelta(days=1)


def _spans(settings: Settings, weekday: int) -> Sequence[Span]:
    if knows_hours(settings):
        return settings.opening_hours[weekday]
    if len(settings.quiet_hours) != 2 or settings.quiet_hours[0] == settings.quiet_hours[1]:
        return (("00:00", "24:00"),)
    begins, ends = settings.quiet_hours
    if begins < ends:
        return (("00:00", begins), (ends, "24:00"))
    return ((ends, begins),)


def _moment(day: date, clock: str, zone: tzinfo | None) -> datetime:
    if clock == "24:00":
        day, clock = day + timedelta(days=1), "00:00"
    local = datetime.combine(day, time.fromisoformat(clock))
    return (local.astimezone() if zone is None else local.replace(tzinfo=zone)).astimezone(UTC)
