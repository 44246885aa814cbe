"""The listener that waits for the browser: one right answer, whatever else knocks."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from http.client import HTTPConnection, HTTPResponse
from urllib.parse import parse_qs, urlencode

import pytest

from services.channels.oauth import (
    LoopbackListener,
    SignInSession,
    code_from,
    new_pkce,
    new_state,
    same_state,
)
from services.errors import SignInNeeded

STATE = "the-state"


@pytest.fixture
def listener() -> Iterator[LoopbackListener]:
    made = LoopbackListener()
    yield made
    made.close()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as made:
        yield made


def browse(
    listener: LoopbackListener, path: str = "/callback", method: str = "GET", **query: str
) -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", listener.port, timeout=10)
    try:
        connection.request(method, f"{path}?{urlencode(query)}" if query else path)
        response: HTTPResponse = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def test_the_right_answer_ends_the_waiting(listener: LoopbackListener, pool: ThreadPoolExecutor) -> None:
    assert listener.redirect_uri == f"http://127.0.0.1:{listener.port}/callback"
    waiting = pool.submit(listener.wait, STATE, 20)
    status, page = browse(listener, code="the-code", state=STATE)
    assert waiting.result(10) == "the-code"
    assert status == 200
    assert "close this window" in page
    assert "the-code" not in page


def test_an_answer_that_comes_before_anybody_waits_is_kept(
    listener: LoopbackListener, pool: ThreadPoolExecutor
) -> None:
    """The browser may be quicker than our worker: the port listens from the first moment."""
    page: Future[tuple[int, str]] = pool.submit(browse, listener, code="quick", state=STATE)
    assert listener.wait(STATE, 10) == "quick"
    assert page.result(10)[0] == 200


@pytest.mark.parametrize(
    ("path", "method", "query"),
    [
        ("/callback", "GET", {"code": "stolen", "state": "another"}),
        ("/callback", "GET", {"code": "stolen"}),
        ("/callback", "GET", {"error": "access_denied", "state": "another"}),
        ("/callback", "POST", {"code": "stolen", "state": STATE}),
        ("/favicon.ico", "GET", {}),
        ("/", "GET", {"code": "stolen", "state": STATE}),
        ("/callback", "GET", {"code": "", "state": STATE}),
    ],
)
def test_what_is_not_the_answer_changes_nothing(
    listener: LoopbackListener, pool: ThreadPoolExecutor, path: str, method: str, query: dict[str, str]
) -> None:
    waiting = pool.submit(listener.wait, STATE, 20)
    assert browse(listener, path, method, **query)[0] == 404
    assert not waiting.done()
    browse(listener, code="right", state=STATE)
    assert waiting.result(10) == "right"


def test_a_denial_is_told(listener: LoopbackListener, pool: ThreadPoolExecutor) -> None:
    waiting = pool.submit(listener.wait, STATE, 20)
    status, page = browse(listener, error="access_denied", state=STATE)
    with pytest.raises(SignInNeeded) as caught:
        waiting.result(10)
    assert (caught.value.reason, status) == ("denied", 200)
    assert "did not allow" in page


def test_an_answer_that_is_no_code_comes_whole_and_leaves_no_secret_in_the_history(
    listener: LoopbackListener, pool: ThreadPoolExecutor
) -> None:
    waiting = pool.submit(listener.wait, STATE, 20, answer="password")
    assert browse(listener, password="stolen", state="another")[0] == 404
    assert browse(listener, code="not-asked-for", state=STATE)[0] == 404
    connection = HTTPConnection("127.0.0.1", listener.port, timeout=10)
    connection.request(
        "GET", "/callback?" + urlencode({"state": STATE, "user": "é & co", "password": "s3 c"})
    )
    led_on = connection.getresponse()
    target = led_on.headers["Location"]
    connection.close()
    assert (led_on.status, "s3" in target) == (303, False)
    status, page = browse(listener, target)
    assert (status, "close this window" in page) == (200, True)
    assert parse_qs(waiting.result(10))["user"] == ["é & co"]
    assert parse_qs(waiting.result(10))["password"] == ["s3 c"]


def test_a_browser_that_does_not_follow_is_not_waited_for(
    listener: LoopbackListener, pool: ThreadPoolExecutor
) -> None:
    waiting = pool.submit(listener.wait, STATE, 60, answer="password")
    assert browse(listener, password="p", state=STATE)[0] == 303
    assert "password=p" in waiting.result(20)


def test_a_denial_without_an_error_is_told(listener: LoopbackListener, pool: ThreadPoolExecutor) -> None:
    waiting = pool.submit(listener.wait, STATE, 20, answer="password")
    assert browse(listener, success="false")[0] == 404
    assert browse(listener, success="false", state=STATE)[0] == 200
    with pytest.raises(SignInNeeded) as caught:
        waiting.result(10)
    assert caught.value.reason == "denied"


def test_connections_a_browser_opens_and_never_uses_are_no_obstacle(
    listener: LoopbackListener, pool: ThreadPoolExecutor
) -> None:
    waiting = pool.submit(listener.wait, STATE, 20)
    idle = [socket.create_connection(("127.0.0.1", listener.port)) for _ in range(40)]
    half = socket.create_connection(("127.0.0.1", listener.port))
    half.sendall(b"GET /callback?code=half")
    browse(listener, code="right", state=STATE)
    assert waiting.result(10) == "right"
    for one in (*idle, half):
        one.close()


@pytest.mark.parametrize(
    "noise",
    [
        b"\x16\x03\x01\x02\x00\x01",
        b"GET\r\n\r\n",
        b"\xff\xfe\r\n\r\n",
        b"A" * 40_000,
        b"GET //[ HTTP/1.1\r\n\r\n",
    ],
)
def test_noise_is_survived(listener: LoopbackListener, pool: ThreadPoolExecutor, noise: bytes) -> None:
    waiting = pool.submit(listener.wait, STATE, 20)
    with socket.create_connection(("127.0.0.1", listener.port)) as stranger:
        with contextlib.suppress(OSError):
            stranger.sendall(noise)
        browse(listener, code="right", state=STATE)
    assert waiting.result(10) == "right"


def test_only_this_machine_can_reach_it(listener: LoopbackListener) -> None:
    assert listener._socket.getsockname()[0] == "127.0.0.1"


def test_the_waiting_has_an_end() -> None:
    began = time.monotonic()
    with pytest.raises(SignInNeeded) as caught:
        LoopbackListener().wait(STATE, 0.2)
    assert caught.value.reason == "timeout"
    assert 0.15 < time.monotonic() - began < 5


def test_cancelling_ends_it_at_once_and_frees_the_port(
    listener: LoopbackListener, pool: ThreadPoolExecutor
) -> None:
    waiting = pool.submit(listener.wait, STATE, 60)
    browse(listener, "/favicon.ico")
    listener.cancel()
    with pytest.raises(SignInNeeded) as caught:
        waiting.result(5)
    assert caught.value.reason == "cancelled"
    with pytest.raises(ConnectionRefusedError):
        browse(listener)
    with pytest.raises(SignInNeeded):
        listener.wait(STATE, 5)


def test_closing_without_waiting_frees_the_port() -> None:
    made = LoopbackListener()
    made.close()
    made.close()
    with pytest.raises(ConnectionRefusedError):
        browse(made)


def test_after_the_answer_the_port_is_free(listener: LoopbackListener, pool: ThreadPoolExecutor) -> None:
    waiting = pool.submit(listener.wait, STATE, 20)
    browse(listener, code="right", state=STATE)
    waiting.result(10)
    with pytest.raises(ConnectionRefusedError):
        browse(listener, code="again", state=STATE)


# --- the session


def test_a_session_ends_by_the_browser(listener: LoopbackListener, pool: ThreadPoolExecutor) -> None:
    session = SignInSession("https://bread.example/oauth", STATE, listener)
    waiting = pool.submit(session.wait, 20)
    browse(listener, code="right", state=STATE)
    assert waiting.result(10) == "right"


@pytest.mark.parametrize("with_listener", [True, False])
def test_a_session_ends_by_a_pasted_code(
    listener: LoopbackListener, pool: ThreadPoolExecutor, with_listener: bool
) -> None:
    session = SignInSession("https://bread.example/oauth", STATE, listener if with_listener else None)
    waiting = pool.submit(session.wait, 20)
    with pytest.raises(SignInNeeded):
        session.paste("   ")
    assert not waiting.done()
    assert session.paste(" pasted \n") == "pasted"
    assert waiting.result(10) == "pasted"


@pytest.mark.parametrize("with_listener", [True, False])
def test_a_session_can_be_cancelled(
    listener: LoopbackListener, pool: ThreadPoolExecutor, with_listener: bool
) -> None:
    session = SignInSession("https://bread.example/oauth", STATE, listener if with_listener else None)
    waiting = pool.submit(session.wait, 20)
    session.cancel()
    with pytest.raises(SignInNeeded) as caught:
        waiting.result(10)
    assert caught.value.reason == "cancelled"


def test_a_session_without_a_listener_has_an_end() -> None:
    with pytest.raises(SignInNeeded) as caught:
        SignInSession("https://bread.example/oauth", STATE).wait(0.05)
    assert caught.value.reason == "timeout"


# --- codes, states, challenges


@pytest.mark.parametrize(
    ("pasted", "code"),
    [
        ("abc-123", "abc-123"),
        ("  abc-123\n", "abc-123"),
        ("http://127.0.0.1:5/callback?code=abc&state=the-state", "abc"),
        ("http://127.0.0.1:5/callback?state=the-state&code=a%2Bb", "a+b"),
        ("code=abc", "abc"),
    ],
)
def test_a_code_is_found_in_what_was_pasted(pasted: str, code: str) -> None:
    assert code_from(pasted, STATE) == code


@pytest.mark.parametrize(
    ("pasted", "reason"),
    [
        ("", "no-code"),
        ("two words", "no-code"),
        ("http://127.0.0.1:5/callback?code=&state=the-state", "no-code"),
        ("http://127.0.0.1:5/callback?code=abc&state=other", "wrong-state"),
        ("http://127.0.0.1:5/callback?error=access_denied&state=the-state", "denied"),
        ("http://[bad?code=x", "no-code"),
    ],
)
def test_what_is_no_code_is_refused(pasted: str, reason: str) -> None:
    with pytest.raises(SignInNeeded) as caught:
        code_from(pasted, STATE)
    assert caught.value.reason == reason


def test_states_and_challenges_are_new_every_time_and_fit_each_other() -> None:
    import base64
    import hashlib

    assert len({new_state() for _ in range(50)}) == 50
    pkce = new_pkce()
    assert 43 <= len(pkce.verifier) <= 128
    digest = hashlib.sha256(pkce.verifier.encode()).digest()
    assert base64.urlsafe_b64decode(pkce.challenge + "=") == digest
    assert pkce.verifier not in repr(pkce)
    assert same_state("a", "a")
    assert not same_state("a", "ä")


def test_nothing_is_left_running(listener: LoopbackListener) -> None:
    before = threading.active_count()
    listener.close()
    assert threading.active_count() == before
