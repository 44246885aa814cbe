"""Plain rows for insights; what they mean is computed in ``services.insights``."""

from __future__ import annotations

import sqlite3
from datetime import date, datetime

from services.clock import parse_iso
from services.store.codec import iso
from services.store.shapes import Answered, Day, Figures

MOST = 100_000
"""Answers looked at; beyond that the newest say enough."""


def figures(connection: sqlite3.Connection, since: datetime) -> Figures:
    given = {"since": iso(since), "most": MOST}
    answered = tuple(
        Answered(parse_iso(row["sent_at"]), parse_iso(row["answered_at"]))
        for row in connection.execute(
            "SELECT sent_at, answered_at FROM message_status WHERE direction = 'inbound' AND is_addressed = 1"
            " AND sent_at >= :since AND answered_at IS NOT NULL ORDER BY sent_at DESC LIMIT :most",
            given,
        )
    )
    days = tuple(
        Day(date.fromisoformat(row["day"]), row["messages"], row["complaints"])
        for row in connection.execute(
            "SELECT substr(sent_at, 1, 10) AS day, count(*) AS messages, sum(is_complaint) AS"
            " complaints FROM message_status"
            " WHERE direction = 'inbound' AND is_addressed = 1 AND sent_at >= :since GROUP BY 1 ORDER BY 1",
            given,
        )
    )
    waiting: int | None = connection.execute("SELECT sum(number) FROM counts WHERE shelf = 'new'").fetchone()[
        0
    ]
    return Figures(answered[::-1], days, waiting or 0)
