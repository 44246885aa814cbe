"""A whole week of customers, and something of ours that fails over each of them: none is in the report."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services import logs
from services.crash_report import of_error
from services.events import EventHub, MessagesChanged
from services.sample import tour
from tests.end2end.program import Program

log = logging.getLogger("services.sync.poller")


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str, str, str]]:
    """(name, handle, text, address) of everything the sample shop's customers wrote."""
    profile = tmp_path_factory.mktemp("week") / "profile"
    done = Program(profile).run("sample", "--headless")
    assert done.code == 0, done.err
    with closing(sqlite3.connect(tour.folder(profile) / "shopbell.db")) as database:
        rows = database.execute("SELECT author_name, author_handle, text, url FROM messages").fetchall()
    assert len(rows) > 40
    return rows


@pytest.fixture
def running(tmp_path: Path) -> Iterator[logs.Logging]:
    one = logs.start(tmp_path)
    yield one
    one.close()


@pytest.mark.expect_log("a listener failed on MessagesChanged", "could not be stored", required=False)
def test_nothing_of_a_week_is_in_the_report(
    week: list[tuple[str, str, str, str]], running: logs.Logging
) -> None:
    hub, now = EventHub(), iter(week)

    def fail(event: object) -> None:
        name, handle, text, url = next(now)
        try:
            raise LookupError(f"{handle} at {url}")
        except LookupError as error:
            log.info("%s: %s wrote %r", name, handle, text)
            raise ValueError(f"{name}: {text}") from error

    hub.listen(fail)
    for number in range(len(week)):
        hub.publish(MessagesChanged(frozenset({number})))
    try:
        int(week[0][2])
    except ValueError as error:
        report = of_error(
            error,
            "the window",
            datetime.now(UTC),
            lines=running.outline.lines(),
            facts=[],
            masks=running.masks,
        )
    kept = running.outline.file.read_text(encoding="utf-8")
    assert report.count("ValueError: (") > 20
    for name, handle, text, url in week:
        for private in (name, handle, text, text[:20], url):
            if len(private) > 3:
                assert private not in report, private
                assert private not in kept, private
