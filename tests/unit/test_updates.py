"""The look for a newer version, against a real server on this machine."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from services import __version__
from services.app import Shopbell
from services.channels.web import WebShared
from services.updates import ADDRESS, DOWNLOADS, Looked, Updates, last_look
from services.versions import is_newer, is_update, version_key
from tests.fakes import FakeClock
from tests.hostile.server import Connection, HostileServer, answer, drip, hang, redirect, stream

IN_ORDER = (
    "0.1.0.dev1 0.1.0a1 0.1.0a2 0.1.0b1 0.1.0rc1.dev2 0.1.0rc1 0.1.0rc10 0.1.0 0.1.0.post1 0.1.1 0.2-beta.2 "
    "0.2 0.9.9 0.10.0 1.0 1.0.0.1 2.0.0rc1 2.0.0 10.0"
)


@pytest.mark.parametrize(("older", "newer"), list(pairwise(IN_ORDER.split())))
def test_versions_are_compared_as_versions(older: str, newer: str) -> None:
    assert is_newer(newer, older)
    assert not is_newer(older, newer)


@pytest.mark.parametrize(
    ("one", "other"),
    [("1.0", "1.0.0"), ("v1.2", "1.2"), ("1.0rc1", "1.0-RC.1"), ("1.0a1", "1.0alpha1"), ("1.0+abc", "1.0")],
)
def test_spellings_of_one_version_are_the_same(one: str, other: str) -> None:
    assert version_key(one) == version_key(other) is not None


@pytest.mark.parametrize("text", ["", "latest", "1..2", "1.0; rm", "９.0", "1.0 2.0", "v", "1" * 50])
def test_what_is_no_version_sends_nobody_anywhere(text: str) -> None:
    assert not is_newer(text, "0.1")
    assert not is_newer("9.0", text)


@pytest.mark.parametrize(
    ("candidate", "running", "is_told"),
    [
        ("1.1rc1", "1.0", False),
        ("1.1rc2", "1.1rc1", True),
        ("1.1", "1.1rc1", True),
        ("1.1.dev3", "1.0", False),
        ("1.1.post1.dev1", "1.1", False),
        ("1.1.post1", "1.1", True),
        ("1.2b1", "1.1.dev1", True),
    ],
)
def test_trials_are_for_those_who_run_one(candidate: str, running: str, is_told: bool) -> None:
    assert is_update(candidate, running) == is_told


def test_the_version_that_runs_is_one() -> None:
    assert version_key(__version__) is not None


# --- looking


@pytest.fixture
def server() -> Iterator[HostileServer]:
    with HostileServer() as running:
        yield running


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def make(tmp_path: Path, clock: FakeClock) -> Iterator[Callable[[str], Updates]]:
    shared = WebShared(clock)

    def build(address: str, patience_s: float = 10) -> Updates:
        file = tmp_path / "updates.json"
        return Updates(file, shared.web, clock, running="0.1.0", address=address, patience_s=patience_s)

    yield build
    shared.close()


def document(**more: object) -> bytes:
    news = ["Telegram groups", "Search finds more"]
    return json.dumps({"version": "0.2.0", "news": news, "later": [1], **more}).encode()


def test_a_newer_version_is_found_and_kept(
    make: Callable[..., Updates], server: HostileServer, clock: FakeClock
) -> None:
    url = server.on("/latest.json", answer(document()))
    updates = make(url)
    assert updates.is_due()
    assert updates.worth_telling is None
    updates.look()
    newer = make(url).worth_telling
    assert newer is not None
    assert (newer.version, newer.news) == ("0.2.0", ("Telegram groups", "Search finds more"))
    assert last_look(newer) == clock.now()
    assert (newer.error_kind, newer.was_sent) == ("", True)


def test_the_request_says_nothing_about_anybody(make: Callable[..., Updates], server: HostileServer) -> None:
    headers = {
        "ETag": '"one-of-a-kind"',
        "Set-Cookie": "who=you",
        "Last-Modified": "Tue, 24 Nov 2026 07:04:00 GMT",
    }
    url = server.on("/latest.json", answer(document(), headers))
    updates = make(url)
    updates.look()
    updates.look()
    first, second = server.asked("/latest.json")
    assert (first.method, first.target, first.body) == ("GET", "/latest.json", b"")
    assert first.headers == second.headers
    agent = first.headers["user-agent"]
    assert agent.startswith(f"Shopbell/{__version__} (+https://")
    assert set(first.headers) <= {"host", "user-agent", "accept", "accept-encoding", "connection"}


def test_once_a_day(make: Callable[..., Updates], server: HostileServer, clock: FakeClock) -> None:
    url = server.on("/latest.json", answer(document()))
    asked = 0
    for _ in range(8):
        updates = make(url)
        if updates.is_due():
            updates.look()
            asked += 1
        clock.advance(hours=6)
    assert asked == len(server.asked("/latest.json")) == 2


def test_a_server_that_refuses_is_not_asked_again_that_day(
    make: Callable[..., Updates], server: HostileServer, clock: FakeClock
) -> None:
    updates = make(server.on("/latest.json", answer(b"", status=500)))
    updates.look()
    clock.advance(hours=23)
    assert not updates.is_due()
    clock.advance(hours=1)
    assert updates.is_due()


def test_quitting_in_the_middle_is_no_look(tmp_path: Path, server: HostileServer, clock: FakeClock) -> None:
    shared = WebShared(clock)

    def quit_now(connection: Connection) -> None:
        shared.cancel()
        hang(connection)

    url = server.on("/latest.json", quit_now)
    updates = Updates(tmp_path / "updates.json", shared.web, clock, running="0.1.0", address=url)
    assert updates.look() == Looked()
    assert updates.is_due()
    assert not (tmp_path / "updates.json").exists()
    shared.close()


def test_offline_it_is_tried_again_in_an_hour(make: Callable[..., Updates], clock: FakeClock) -> None:
    updates = make("http://127.0.0.1:1/latest.json")
    known = updates.look()
    assert (known.error_kind, known.was_sent) == ("unreachable", False)
    assert not updates.is_due()
    clock.advance(hours=1)
    assert updates.is_due()


def test_a_clock_that_was_wrong_does_not_put_it_off(
    make: Callable[..., Updates], server: HostileServer, clock: FakeClock
) -> None:
    updates = make(server.on("/latest.json", answer(document())))
    clock.advance(days=4000)
    updates.look()
    clock.set(clock.now() - timedelta(days=4000))
    assert updates.is_due()


def test_waved_away_means_this_version_only(make: Callable[..., Updates], server: HostileServer) -> None:
    url = server.on("/latest.json", answer(document()))
    updates = make(url)
    updates.look()
    updates.dismiss("0.2.0")
    updates.look()
    assert make(url).worth_telling is None
    assert make(url).newer is not None
    server.on("/latest.json", answer(document(version="0.2.1")))
    updates.look()
    newer = make(url).worth_telling
    assert newer is not None
    assert newer.version == "0.2.1"


@pytest.mark.parametrize(
    ("version", "is_told"),
    [("0.1.0", False), ("0.1.0rc2", False), ("0.0.9", False), ("0.1.1rc1", False), ("0.1.1", True)],
)
def test_only_what_is_newer_is_told(
    make: Callable[..., Updates], server: HostileServer, version: str, is_told: bool
) -> None:
    updates = make(server.on("/latest.json", answer(document(version=version))))
    updates.look()
    assert (updates.worth_telling is not None) == is_told


@pytest.mark.parametrize(
    ("behaviour", "kind", "reason"),
    [
        (answer(b"<html>moved house</html>"), "bad-answer", "not-json"),
        (answer(b"[]"), "bad-answer", "not-a-document"),
        (answer(json.dumps({"version": 2}).encode()), "bad-answer", "not-a-document"),
        (answer(json.dumps({"version": "../../etc"}).encode()), "bad-answer", "not-a-document"),
        (answer(status=404), "bad-answer", "not-found"),
        (answer(status=503), "unreachable", "server"),
        (answer(b" " * 60_000 + document()), "bad-answer", "too-large"),
        (answer(gzip.compress(b" " * 5_000_000), {"Content-Encoding": "gzip"}), "bad-answer", "too-large"),
        (stream(1), "bad-answer", "too-large"),
        (redirect("/latest.json"), "unreachable", "redirects"),
        (redirect("ftp://127.0.0.1/latest.json"), "unreachable", "address"),
        (redirect("http://shop.example/latest.json"), "unreachable", "insecure"),
    ],
)
def test_what_goes_wrong_is_kept_in_silence_and_loses_nothing(
    make: Callable[..., Updates], server: HostileServer, behaviour: object, kind: str, reason: str
) -> None:
    url = server.on("/latest.json", answer(document()))
    updates = make(url)
    updates.look()
    server.on("/latest.json", behaviour)  # type: ignore[arg-type]
    known = updates.look()
    assert (known.error_kind, known.reason) == (kind, reason)
    assert known.version == "0.2.0"
    assert make(url).worth_telling is not None


@pytest.mark.parametrize("behaviour", [hang, drip(document(), 0.2)])
def test_a_slow_server_has_little_time(
    make: Callable[..., Updates], server: HostileServer, behaviour: object
) -> None:
    updates = make(server.on("/latest.json", behaviour), patience_s=0.4)  # type: ignore[arg-type]
    known = updates.look()
    assert (known.error_kind, known.reason) == ("unreachable", "timeout")


def test_plain_http_is_refused_outside_of_this_computer(make: Callable[..., Updates]) -> None:
    known = make("http://shop.example/latest.json").look()
    assert (known.error_kind, known.reason, known.was_sent) == ("unreachable", "insecure", False)
    assert ADDRESS.startswith("https://")
    assert DOWNLOADS.startswith("https://")


def test_the_news_are_plain_lines_and_few(make: Callable[..., Updates], server: HostileServer) -> None:
    news = ["a\nb\u202ec\x1b[2J", "", 7, "x" * 5000, *(f"line {n}" for n in range(40))]
    updates = make(server.on("/latest.json", answer(document(news=news))))
    known = updates.look()
    assert known.news[0] == "a b c [2J"
    assert len(known.news[1]) == 300
    assert len(known.news) == 12


@pytest.mark.parametrize("text", ["{", "[]", '{"at": 5, "news": null}', '{"news": "x"}', "null", '"x"'])
def test_a_damaged_file_is_as_good_as_none(make: Callable[..., Updates], tmp_path: Path, text: str) -> None:
    (tmp_path / "updates.json").write_text(text)
    updates = make("http://127.0.0.1:1/")
    assert updates.worth_telling is None
    assert updates.is_due()


def test_nobody_is_asked_unless_the_owner_wants_it(tmp_path: Path) -> None:
    app = Shopbell.open(tmp_path / "profile")
    try:
        assert app.settings.current.look_for_updates is False
        assert app.updates.known == Looked()
        assert app.updates.address == ADDRESS
    finally:
        app.close()
