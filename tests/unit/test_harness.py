"""The harness catches what it promises to catch: a pytest run over tests that misbehave on purpose."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.guard import loopback_only

MISBEHAVING = """
import logging
import socket
import subprocess
import sys
import threading
import warnings

import pytest

log = logging.getLogger("services.sync")


def test_good():
    logging.getLogger("somebody.else").warning("not ours")
    log.info("fine")


def test_unexpected_warning_record():
    log.warning("the disk is full")


@pytest.mark.expect_log("disk is full")
def test_expected_record():
    log.warning("the disk is full")


@pytest.mark.expect_log("disk is full")
def test_expected_record_that_never_comes():
    pass


def test_record_that_may_come(expect_log):
    expect_log("disk is full", required=False)


def test_python_warning():
    warnings.warn("old", DeprecationWarning)


def test_connects_abroad():
    with pytest.raises(OSError):
        socket.create_connection(("10.255.255.1", 80), timeout=1)


def test_exception_in_a_thread():
    thread = threading.Thread(target=lambda: 1 / 0)
    thread.start()
    thread.join()
"""
OUTCOMES = {
    "test_good": "PASSED",
    "test_unexpected_warning_record": "ERROR",
    "test_expected_record": "PASSED",
    "test_expected_record_that_never_comes": "ERROR",
    "test_record_that_may_come": "PASSED",
    "test_python_warning": "FAILED",
    "test_connects_abroad": "ERROR",
    "test_exception_in_a_thread": "FAILED",
}
LEAKING = """
import threading

def test_leaves_a_thread():
    stop = threading.Event()
    threading.Thread(target=stop.wait, args=(4,), name="forgotten").start()
"""


def run_pytest(project: Path, *arguments: str) -> str:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-c",
        str(project / "pyproject.toml"),
        "-p",
        "tests.conftest",
        "-v",
    ]
    done = subprocess.run(
        [*command, "-p", "no:cacheprovider", *arguments],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


def test_what_must_not_happen_fails_the_test(project: Path, tmp_path: Path) -> None:
    file = tmp_path / "test_misbehaving.py"
    file.write_text(MISBEHAVING)
    output = run_pytest(project, str(file))
    seen: dict[str, str] = {}
    for name, outcome in re.findall(r"::(test_\w+) (PASSED|FAILED|ERROR)", output):
        seen[name] = outcome  # an error in the teardown is reported after PASSED
    assert seen == OUTCOMES, output


def test_a_forgotten_thread_fails_its_module(project: Path, tmp_path: Path) -> None:
    file = tmp_path / "test_leaking.py"
    file.write_text(LEAKING)
    output = run_pytest(project, str(file))
    assert "threads still running after the tests of this file: forgotten" in output


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.9.9.9", "::1", "localhost", b"localhost", "a.localhost", None]
)
def test_loopback_is_allowed(host: object) -> None:
    assert loopback_only.is_loopback(host)


@pytest.mark.parametrize(
    "host", ["128.0.0.1", "10.0.0.1", "0.0.0.0", "::", "localhost.evil.example", "127.0.0.1.evil.example"]
)
def test_everything_else_is_not(host: object) -> None:
    assert not loopback_only.is_loopback(host)


def test_example_names_behave_as_without_a_network() -> None:
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo("shop.example", 443)
    with socket.socket() as plug, pytest.raises(OSError, match="unreachable"):
        plug.connect(("192.0.2.7", 443))
    assert loopback_only.violations == []


def test_children_are_guarded_too() -> None:
    code = "import socket; socket.create_connection(('10.255.255.1', 80), timeout=1)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "PermissionError: the tests may talk to loopback addresses only" in done.stderr


def test_the_home_folder_is_not_the_users() -> None:
    pwd = pytest.importorskip("pwd")
    assert Path.home() != Path(pwd.getpwuid(os.getuid()).pw_dir)
    assert Path(os.environ["XDG_CONFIG_HOME"]).is_relative_to(Path.home())


@pytest.mark.keyring
def test_the_private_keyring_keeps_a_secret() -> None:
    import keyring

    keyring.set_password("Shopbell tests", "harness", "pässword")
    assert keyring.get_password("Shopbell tests", "harness") == "pässword"
    keyring.delete_password("Shopbell tests", "harness")
    assert keyring.get_password("Shopbell tests", "harness") is None
