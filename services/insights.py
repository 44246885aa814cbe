"""How fast the shop answers and how much is written to it, as plain numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from statistics import median
from typing import Any, Protocol


class AnsweredRow(Protocol):
    """One customer message that was answered: when it was written and when our answer came (aware UTC)."""

    @property
    def asked_at(self) -> datetime: ...
    @property
    def answered_at(self) -> datetime: ...


class DayRow(Protocol):
    """One day (UTC) on which somebody wrote."""

    @property
    def day(self) -> date: ...
    @property
    def messages(self) -> int: ...
    @property
    def complaints(self) -> int: ...


class Rows(Protocol):
    @property
    def answered(self) -> Iterable[AnsweredRow]: ...
    @property
    def days(self) -> Iterable[DayRow]: ...
    @property
    def unanswered(self) -> int: ...


class Source(Protocol):
    """What is needed of ``services.store.Store``."""

    def response_times(self, since: datetime) -> Rows: ...


def report(source: Source, now: datetime, *, days: int, target_s: int) -> dict[str, Any]:
    """The last ``days`` days, today included; JSON as the command prints it.

    ``first_response_median_s``: seconds from a customer's first unanswered message to our answer, null
    without answers; ``within_target``: share of those answered within ``target_s``, 0 to 1 or null;
    ``volume`` and ``complaints``: one ``{day, count}`` a day, oldest first, quiet days too; ``unanswered``:
    conversations that wait now.
    """
    first_day = now.astimezone(UTC).date() - timedelta(days=max(1, days) - 1)
    rows = source.response_times(datetime.combine(first_day, time(), UTC))
    waits = response_seconds(rows.answered)
    by_day = {row.day: row for row in rows.days}
    calendar = [first_day + timedelta(days=number) for number in range(max(1, days))]
    return {
        "first_response_median_s": round(median(waits)) if waits else None,
        "within_target": round(sum(wait <= target_s for wait in waits) / len(waits), 4) if waits else None,
        "target_s": target_s,
        "volume": _series(calendar, {day: row.messages for day, row in by_day.items()}),
        "complaints": _series(calendar, {day: row.complaints for day, row in by_day.items()}),
        "unanswered": rows.unanswered,
    }


def response_seconds(answered: Iterable[AnsweredRow]) -> list[float]:
    """How long each answer took, ascending. Three messages answered by one reply are one answer to the
    first of them.
    """
    first_asked: dict[datetime, datetime] = {}
    for row in answered:
        known = first_asked.get(row.answered_at)
        if known is None or row.asked_at < known:
            first_asked[row.answered_at] = row.asked_at
    # Clocks of two networks may disagree; nobody answers before being asked.
    return sorted(max(0.0, (answer - asked).total_seconds()) for answer, asked in first_asked.items())


def _series(calendar: Iterable[date], counts: Mapping[date, int]) -> list[dict[str, Any]]:
    return [{"day": day.isoformat(), "count": counts.get(day, 0)} for day in calendar]
