"""The one place that opens connections: what answers become, whatever servers say."""

from __future__ import annotations

import traceback
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.channels.web import Conditional, Web
from services.errors import (
    BadAnswer,
    ChannelError,
    NotAllowed,
    RateLimited,
    SignInNeeded,
    Unreachable,
)
from tests.channels.web.help import SECRET, raised
from tests.fakes import TUESDAY, FakeClock
from tests.hostile import server as bad
from tests.hostile.server import HostileServer

# --- answers


def test_an_answer_is_read_whole(web: Web, server: HostileServer) -> None:
    headers = {
        "Content-Type": "application/json",
        "Link": '</n?max_id=1>; rel="next", <https://x.example/p>; rel=prev',
    }
    url = server.on("/a", bad.answer('{"name": "Zoë"}'.encode(), headers))
    response = web.get(url, params={"q": "rye bread"}, token=SECRET)
    assert response.status == 200
    assert response.json() == {"name": "Zoë"}
    assert response.links == {"next": server.url + "/n?max_id=1", "prev": "https://x.example/p"}
    asked = server.requests[0]
    assert asked.target == "/a?q=rye+bread"
    assert asked.headers["authorization"] == f"Bearer {SECRET}"
    assert asked.headers["user-agent"].startswith("Shopbell/")
    assert "cookie" not in asked.headers


def test_cookies_are_not_kept(web: Web, server: HostileServer) -> None:
    url = server.on("/a", bad.answer(b"x", {"Set-Cookie": "id=1; Path=/"}))
    web.get(url)
    web.get(url)
    assert "cookie" not in server.requests[1].headers


def test_a_body_nobody_can_store_is_mended(web: Web, server: HostileServer) -> None:
    url = server.on("/a", bad.answer(b'{"a": "x\\u0000y", "b": ["\\ud800z"], "c": "\\ud83d\\ude00"}'))
    assert web.get(url).json() == {"a": "x\ufffdy", "b": ["\ufffdz"], "c": "😀"}


@pytest.mark.parametrize("body", [b"<html>502</html>", b"", b'{"a": NaN}', b"[" * 200_000, b"\xff\xfe\x00"])
def test_what_is_not_json_is_a_bad_answer(web: Web, server: HostileServer, body: bytes) -> None:
    response = web.get(server.on("/a", bad.answer(body)))
    assert raised(response.json, BadAnswer).reason == "not-json"


def test_the_sample_of_a_bad_answer_holds_no_secret(web: Web, server: HostileServer) -> None:
    body = f'oops {SECRET} access_token=abcdef123456 "client_secret": "zzzzzz"'.encode()
    error = raised(web.get(server.on("/a", bad.answer(body))).json, BadAnswer)
    sample = str(error.detail["sample"])
    assert "oops" in sample
    assert not {SECRET, "abcdef123456", "zzzzzz"} & set(sample.replace('"', " ").replace("=", " ").split())


@pytest.mark.parametrize(
    ("status", "kind", "reason"),
    [
        (401, SignInNeeded, "401"),
        (403, NotAllowed, "403"),
        (404, BadAnswer, "not-found"),
        (410, BadAnswer, "gone"),
        (418, BadAnswer, "status"),
        (500, Unreachable, "server"),
        (502, Unreachable, "server"),
        (503, Unreachable, "server"),
    ],
)
def test_statuses_become_errors(
    web: Web, server: HostileServer, status: int, kind: type[ChannelError], reason: str
) -> None:
    url = server.on("/a", bad.answer(b"<h1>no</h1>", status=status))
    error = raised(lambda: web.get(url), kind)
    assert error.reason == reason
    assert error.detail["host"] == "127.0.0.1"
    assert web.get(url, check=False).status == status


# --- rate limits


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "90"}, 90),
        ({"Retry-After": "Tue, 24 Nov 2026 07:06:00 GMT"}, 120),
        ({"X-RateLimit-Reset": "2026-11-24T07:09:00.000Z"}, 300),
        ({"X-RateLimit-Reset": str(int(TUESDAY.timestamp()) + 60)}, 60),
        ({"RateLimit-Reset": "45"}, 45),
        ({"Retry-After": "99999999"}, 86_400),
        ({"Retry-After": "Mon, 01 Jan 2001 00:00:00 GMT"}, 1),
    ],
)
def test_429_says_until_when(web: Web, server: HostileServer, headers: dict[str, str], seconds: int) -> None:
    url = server.on("/a", bad.answer(b"", headers, 429))
    error = raised(lambda: web.get(url), RateLimited)
    assert isinstance(error, RateLimited)
    assert error.until == TUESDAY + timedelta(seconds=seconds)


def test_429_without_a_word_has_no_time(web: Web, server: HostileServer) -> None:
    error = raised(
        lambda: web.get(server.on("/a", bad.answer(b"", {"Retry-After": "soon"}, 429))), RateLimited
    )
    assert isinstance(error, RateLimited)
    assert error.until is None


def test_a_pause_is_kept_without_asking_again(web: Web, server: HostileServer, clock: FakeClock) -> None:
    url = server.on("/a", bad.in_turn(bad.answer(b"", {"Retry-After": "60"}, 503), bad.answer(b"ok")))
    raised(lambda: web.get(url), RateLimited)
    raised(lambda: web.get(url), RateLimited)
    assert len(server.requests) == 1
    clock.set(clock.now() - timedelta(days=3))  # a clock set back must not make the pause longer
    clock.advance(61)
    assert web.get(url).body == b"ok"


def test_nothing_left_of_a_limit_is_a_pause_too(web: Web, server: HostileServer, clock: FakeClock) -> None:
    reset = (TUESDAY + timedelta(minutes=5)).isoformat()
    url = server.on("/a", bad.answer(b"ok", {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}))
    assert web.get(url).status == 200
    raised(lambda: web.get(url), RateLimited)
    other = server.on("/b", bad.answer(b"posted"))
    assert web.post(other, json={}).body == b"posted", "posting has a limit of its own"


def test_requests_with_an_allowance_of_their_own_do_not_wait_for_others(
    web: Web, server: HostileServer
) -> None:
    headers = {
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": (TUESDAY + timedelta(minutes=5)).isoformat(),
    }
    url = server.on("/a", bad.answer(b"ok", headers))
    assert web.get(url, bucket="rooms").status == 200
    raised(lambda: web.get(url, bucket="rooms"), RateLimited)
    assert web.get(url, bucket="people").status == 200
    assert web.get(url).status == 200


# --- too much


@pytest.mark.parametrize("behaviour", [bad.stream(200), bad.stream(200, announced=True), bad.gzip_bomb(200)])
def test_too_much_is_not_read(web: Web, server: HostileServer, behaviour: bad.Behaviour) -> None:
    url = server.on("/a", behaviour)
    error = raised(lambda: web.get(url, max_bytes=1_000_000), BadAnswer)
    assert error.reason == "too-large"
    assert error.detail["limit"] == 1_000_000


def test_gzip_is_unpacked(web: Web, server: HostileServer) -> None:
    assert web.get(server.on("/a", bad.gzip_bomb(1))).body == b"\x00" * 1_000_000


# --- not modified


def test_validators_go_out_as_they_came(web: Web, server: HostileServer) -> None:
    url = server.on("/a", bad.conditional(b"<rss/>", 'W/"x-1"'))
    first = web.get(url)
    assert not first.not_modified
    assert first.conditional == Conditional('W/"x-1"', "")
    assert web.get(url, conditional=first.conditional).not_modified
    assert server.requests[1].headers["if-none-match"] == 'W/"x-1"'


def test_304_without_a_question_is_a_bad_answer(web: Web, server: HostileServer) -> None:
    raised(lambda: web.get(server.on("/a", bad.answer(b"", status=304))), BadAnswer)


# --- secrets


def test_no_error_gives_a_secret_away(web: Web, server: HostileServer) -> None:
    calls = [
        lambda: web.get(f"https://user:{SECRET}@shop.invalid/path?key={SECRET}", token=SECRET),
        lambda: web.get(server.on("/r", bad.reset_now), params={"key": SECRET}),
        lambda: web.get(server.on("/g", bad.gibberish), params={"key": SECRET}),
        lambda: web.get(server.on("/s", bad.answer(f"you sent {SECRET}".encode(), status=418)), token=SECRET),
        lambda: web.post(server.on("/p", bad.short_body), form={"password": SECRET}),
    ]
    for call in calls:
        with pytest.raises(ChannelError) as caught:
            call()
        error: BaseException | None = caught.value
        shown = (
            "".join(traceback.format_exception(caught.value)) + repr(caught.value) + str(caught.value.detail)
        )
        while error is not None:
            shown += repr(error) + str(error)
            error = error.__context__ or error.__cause__
        assert SECRET not in shown.replace(Path(__file__).read_text(), "")


def test_times_are_utc(web: Web, server: HostileServer) -> None:
    error = raised(lambda: web.get(server.on("/a", bad.answer(b"", {"Retry-After": "5"}, 429))), RateLimited)
    assert isinstance(error, RateLimited)
    assert error.until is not None
    assert error.until.tzinfo is UTC
    assert error.until > datetime(2026, 1, 1, tzinfo=UTC)
