"""Planted secrets, on every way that leads into a log."""

from __future__ import annotations

import base64
import json
import logging
import os
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import given, strategies as st

from services import logs
from services.redact import MASK, Redactor

SECRET = 's3cr3t/+tok=n?ÄÖ "q" & <x>'
log = logging.getLogger("planted")


@pytest.fixture
def masks() -> Redactor:
    return Redactor([SECRET])


@pytest.fixture
def running(tmp_path: Path, masks: Redactor) -> Iterator[logs.Logging]:
    started = logs.start(tmp_path, masks=masks)
    yield started
    started.close()


def written(running: logs.Logging) -> str:
    return "".join(path.read_text(encoding="utf-8") for path in sorted(running.file.parent.glob("*.log*")))


def basic(user: str, password: str) -> str:
    return base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize(
    "shape",
    [
        SECRET,
        quote(SECRET),
        quote(SECRET, safe=""),
        quote_plus(SECRET),
        urlencode({"x": SECRET}),
        json.dumps({"x": SECRET}),
        json.dumps({"x": SECRET}, ensure_ascii=False),
        repr(SECRET),
        base64.b64encode(SECRET.encode()).decode(),
        base64.urlsafe_b64encode(SECRET.encode()).decode(),
        basic("u", SECRET),
        basic("us", SECRET),
        basic("use", SECRET),
        SECRET.encode().hex(),
    ],
)
def test_a_known_secret_is_masked_in_every_spelling(masks: Redactor, shape: str) -> None:
    masked = masks.mask(f"before {shape} after")
    assert masked != f"before {shape} after"
    assert masked.startswith("before ")
    assert masked.endswith(" after")
    for piece in ("s3cr3t", "%2Btok", quote(SECRET), basic("", SECRET)[6:20], SECRET.encode().hex()[:12]):
        assert piece not in masked


@given(secret=st.text(st.characters(codec="utf-8"), min_size=6, max_size=40), around=st.text(max_size=20))
def test_no_secret_survives(secret: str, around: str) -> None:
    for shape in (secret, quote(secret, safe=""), json.dumps(secret)[1:-1]):
        if secret in around or shape in MASK or shape in around + MASK + around:
            continue
        assert shape not in Redactor([secret]).mask(f"{around}{shape}{around}")


@pytest.mark.parametrize(
    "line",
    [
        "Authorization: Bearer HIDE.me-1234567",
        "'Authorization': 'Basic SElERW1lOjEyMzQ='",
        '{"headers": {"authorization": "Bearer HIDEme"}}',
        "Authorization: HIDEme",
        "b'Authorization', b'HIDEme'",
        "Cookie: session=HIDEme; other=HIDEme2",
        "GET https://shop.example/api?access_token=HIDEme&limit=40",
        "GET https://shop.example/cb?code=HIDEme&state=1",
        "code=HIDEme",
        "client_secret=HIDEme&client_id=abc",
        '{"access_token": "HIDEme", "scope": "read"}',
        '{"refresh_token":"HIDEme"}',
        "{'password': 'HIDEme'}",
        '{"error": "{\\"access_token\\": \\"HIDEme\\"}"}',
        "password: HIDEme",
        "https://rosie:HIDEme@shop.example/feed.xml",
        "X-API-Key: HIDEme",
        "api_key=HIDEme",
        "code_verifier=HIDEme",
        '{"password": "with \\" HIDEme"}',
    ],
)
def test_what_looks_like_a_credential_is_masked_unannounced(line: str) -> None:
    masked = Redactor().mask(line)
    assert "HIDE" not in masked
    assert "SElERW1l" not in masked
    assert MASK in masked


@pytest.mark.parametrize(
    "line",
    [
        "mastodon: rate-limited until 07:20",
        "GET https://shop.example/api?limit=40&min_id=1 -> 200",
        "error code=404 from shop.example",
        '{"code": 404}',
        "the author wrote 3 messages",
        "basic information about the shop",
    ],
)
def test_ordinary_lines_stay_readable(line: str) -> None:
    assert Redactor().mask(line) == line


def test_message_arguments_and_traceback_are_masked(running: logs.Logging) -> None:
    log.info("sign-in with %s and %r", SECRET, {"token": "abc", "x": SECRET})
    try:
        raise ValueError(f"server said {SECRET}")
    except ValueError as error:
        error.add_note(f"note {quote(SECRET)}")
        log.exception("failed for %s", SECRET)
    log.info("stack", stack_info=True)
    text = written(running)
    assert "ValueError: server said" in text
    assert MASK in text
    assert "s3cr3t" not in text


@pytest.mark.expect_log("unexpected error in a-thread", "unexpected error in the main thread")
def test_every_crash_reaches_the_log_and_the_listener(tmp_path: Path, masks: Redactor) -> None:
    seen: list[str] = []
    running = logs.start(tmp_path, masks=masks, on_crash=lambda kind, error: seen.append(kind.__name__))

    def fail() -> None:
        raise KeyError(SECRET)

    thread = threading.Thread(target=fail, name="a-thread")
    thread.start()
    thread.join()
    try:
        raise RuntimeError(SECRET)
    except RuntimeError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    running.close()
    text = written(running)
    assert seen == ["KeyError", "RuntimeError"]
    assert text.count("Traceback") == 2
    assert "s3cr3t" not in text


def test_closing_puts_the_hooks_back(tmp_path: Path) -> None:
    before = sys.excepthook, threading.excepthook, sys.unraisablehook, logging.getLogger().handlers[:]
    running = logs.start(tmp_path)
    assert sys.excepthook is not before[0]
    running.close()
    assert (sys.excepthook, threading.excepthook, sys.unraisablehook, logging.getLogger().handlers) == before


def test_the_log_rotates_and_never_grows_past_its_limit(running: logs.Logging) -> None:
    for number in range(700):
        log.info("%s %s", number, "x" * 10_000)
    files = sorted(path.name for path in running.file.parent.glob("shopbell.log*"))
    assert files == ["shopbell.log", *(f"shopbell.log.{number}" for number in range(1, 5))]
    assert all(path.stat().st_size <= logs.MAX_BYTES for path in running.file.parent.iterdir())


def test_a_file_that_cannot_be_moved_pushes_no_older_one_out(tmp_path: Path) -> None:
    """As on Windows, where another process has it open."""
    for number in range(1, 5):
        (tmp_path / f"shopbell.log.{number}").write_text(str(number))
    (tmp_path / "shopbell.log").write_bytes(b"x" * logs.MAX_BYTES)
    (tmp_path / "shopbell.log.0" / "in the way").mkdir(parents=True)
    running = logs.start(tmp_path)
    try:
        for _ in range(3):
            logging.getLogger("bakery").info("one more line")
    finally:
        running.close()
    assert (tmp_path / "shopbell.log").read_text().count("one more line") == 3
    assert [(tmp_path / f"shopbell.log.{n}").read_text() for n in range(1, 5)] == ["1", "2", "3", "4"]


def test_control_characters_cannot_forge_a_line(running: logs.Logging) -> None:
    log.info("name: %s", "Eve\r\x1b[2J\u202e")
    text = written(running)
    assert "\\r\\x1b[2J\\u202e" in text


@pytest.mark.skipif(os.name == "nt", reason="files have no mode on Windows")
def test_the_log_is_readable_by_its_owner_alone(running: logs.Logging) -> None:
    log.info("x")
    for path in running.file.parent.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_hard_crash_leaves_a_trace(tmp_path: Path, project: Path) -> None:
    script = (
        "import sys, faulthandler; from pathlib import Path; from services import logs;"
        "logs.start(Path(sys.argv[1])); faulthandler._sigabrt()"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    done = subprocess.run(command, cwd=project, capture_output=True, timeout=60, check=False)
    assert done.returncode != 0
    assert "Fatal Python error" in (tmp_path / "shopbell-crash.log").read_text()


def test_a_short_secret_does_not_hide_the_log() -> None:
    assert Redactor(["on", ""]).mask("nothing on here") == "nothing on here"


def test_a_key_of_several_lines_is_masked_line_by_line() -> None:
    masks = Redactor(["-----BEGIN KEY-----\nMIIBVwIBADANBgkq\nhkiG9w0BAQEFAASC\n-----END KEY-----\n"])
    assert "hkiG9w0BAQEFAASC" not in masks.mask("line: hkiG9w0BAQEFAASC")


def test_masking_stays_quick() -> None:
    """Three hundred accounts, and texts made to keep a pattern busy: generous bounds for a busy machine."""
    masks = Redactor(f"secret-number-{number}-{'x' * 40}" for number in range(300))
    begun = time.process_time()
    for _ in range(100):
        masks.mask("mastodon: 3 new messages, next poll in 120 seconds " * 3)
    assert time.process_time() - begun < 1
    begun = time.process_time()
    for piece in ("a-", "a_", "token", "a.", '"token":"', "Bearer ", "x" * 10, "=", ":"):
        masks.mask(piece * (20_000 // len(piece)))
    assert time.process_time() - begun < 5
