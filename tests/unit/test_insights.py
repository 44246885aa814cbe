from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from services.insights import report, response_seconds

NOW = datetime(2026, 11, 24, 7, 4, tzinfo=UTC)


@dataclass(frozen=True)
class Answered:
    asked_at: datetime
    answered_at: datetime


@dataclass(frozen=True)
class Day:
    day: date
    messages: int
    complaints: int


@dataclass
class Rows:
    answered: tuple[Answered, ...] = ()
    days: tuple[Day, ...] = ()
    unanswered: int = 0
    since: datetime | None = None

    def response_times(self, since: datetime) -> Rows:
        self.since = since
        return self


def answered(minutes: float, number: int = 0) -> Answered:
    answer = NOW - timedelta(hours=number)
    return Answered(answer - timedelta(minutes=minutes), answer)


def test_figures() -> None:
    rows = Rows(
        tuple(answered(minutes, number) for number, minutes in enumerate((10, 20, 30, 600))),
        (Day(date(2026, 11, 22), 5, 2), Day(date(2026, 11, 24), 3, 0)),
        unanswered=7,
    )
    figures = report(rows, NOW, days=3, target_s=1800)
    assert figures == {
        "first_response_median_s": 1500,
        "within_target": 0.75,
        "target_s": 1800,
        "volume": [
            {"day": "2026-11-22", "count": 5},
            {"day": "2026-11-23", "count": 0},
            {"day": "2026-11-24", "count": 3},
        ],
        "complaints": [
            {"day": "2026-11-22", "count": 2},
            {"day": "2026-11-23", "count": 0},
            {"day": "2026-11-24", "count": 0},
        ],
        "unanswered": 7,
    }
    assert json.loads(json.dumps(figures)) == figures
    assert rows.since == datetime(2026, 11, 22, tzinfo=UTC)


def test_without_answers_there_is_no_number() -> None:
    figures = report(Rows(), NOW, days=1, target_s=60)
    assert figures["first_response_median_s"] is None
    assert figures["within_target"] is None
    assert figures["volume"] == [{"day": "2026-11-24", "count": 0}]


def test_one_reply_to_three_messages_counts_once_from_the_first() -> None:
    assert response_seconds([answered(5), answered(30), answered(10)]) == [1800]


def test_clocks_that_disagree_give_no_negative_time() -> None:
    assert response_seconds([answered(-3)]) == [0]
