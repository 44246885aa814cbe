"""The harness of all tests: the user's things are safe, nothing leaves the machine, no failure is hidden.

Environment   a home folder of its own, C.UTF-8, no proxies, the offscreen platform unless another was asked
              for, and no session bus or keyring but the private one of ``scripts/with-keyring.sh``.
Network       loopback only, in this process and in Python children (``tests/guard``).
Logs          a WARNING or worse from our own loggers fails the test. Expected ones are named by
              ``@pytest.mark.expect_log("regular expression", ...)``, or ``expect_log("...")`` as a fixture;
              each must then come. ``expect_log("...", required=False)`` for those that may come.
Threads       a test module that leaves threads running which would keep the program from ending fails.
Data          ``shared_data`` is the folder of captured documents; its tests are skipped where it is absent.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from tests.guard import loopback_only

PROJECT = Path(__file__).resolve().parent.parent
OUR_LOGGERS = {"shopbell", "services", "gui", "main", "bench", "__main__"}
THREAD_PATIENCE_S = 2.0


class ExpectLog(Protocol):
    def __call__(self, *patterns: str, required: bool = True) -> None: ...


def _own_environment() -> Path:
    """Points everything that looks for a home at an empty folder, before any module of ours is imported."""
    home = Path(tempfile.mkdtemp(prefix="shopbell-tests-"))
    run = home / "run"
    run.mkdir(mode=0o700)
    for name in [n for n in os.environ if n.lower().endswith("_proxy") or n.startswith("SHOPBELL_PROFILE")]:
        del os.environ[name]
    os.environ.update(
        {
            "HOME": str(home),
            "USERPROFILE": str(home),
            "APPDATA": str(home / "AppData" / "Roaming"),
            "LOCALAPPDATA": str(home / "AppData" / "Local"),
            "XDG_CONFIG_HOME": str(home / ".config"),
            "XDG_DATA_HOME": str(home / ".local" / "share"),
            "XDG_CACHE_HOME": str(home / ".cache"),
            "XDG_STATE_HOME": str(home / ".local" / "state"),
            "LC_ALL": "C.UTF-8",
            "LANG": "C.UTF-8",
        }
    )
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    guard = str(PROJECT / "tests" / "guard")
    os.environ["PYTHONPATH"] = os.pathsep.join(p for p in (guard, os.environ.get("PYTHONPATH", "")) if p)
    if not has_private_keyring():
        os.environ["XDG_RUNTIME_DIR"] = str(run)
        os.environ["DBUS_SESSION_BUS_ADDRESS"] = f"unix:path={run / 'no-bus'}"
        os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
    return home


def has_private_keyring() -> bool:
    return os.environ.get("SHOPBELL_TEST_KEYRING") == "1"


_home = _own_environment()
loopback_only.install()


def pytest_unconfigure() -> None:
    shutil.rmtree(_home, ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    no_keyring = pytest.mark.skip(reason="needs a keyring of its own: scripts/with-keyring.sh, gnome-keyring")
    no_windows = pytest.mark.skip(reason="needs a real window system: make test-x11")
    for item in items:
        if item.get_closest_marker("keyring") and not has_private_keyring():
            item.add_marker(no_keyring)
        if item.get_closest_marker("x11") and os.environ["QT_QPA_PLATFORM"] == "offscreen":
            item.add_marker(no_windows)


@pytest.fixture(scope="session")
def project() -> Path:
    """The folder of the working tree."""
    return PROJECT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Captured documents that are kept beside the project, never in it."""
    folder = PROJECT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the captured documents (../shared/data) are not here")
    return folder


class _LogWatch(logging.Handler):
    """Collects WARNING and worse from our loggers. ``expected``: pattern -> must it come."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.seen: list[str] = []
        self.expected: dict[str, bool] = {}

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.partition(".")[0] in OUR_LOGGERS:
            self.seen.append(f"{record.levelname} {record.name}: {record.getMessage()}")

    def expect(self, *patterns: str, required: bool = True) -> None:
        self.expected.update(dict.fromkeys(patterns, required))

    def complaints(self) -> list[str]:
        unexpected = [line for line in self.seen if not any(re.search(p, line) for p in self.expected)]
        required = [p for p, must in self.expected.items() if must]
        missing = [p for p in required if not any(re.search(p, line) for line in self.seen)]
        return [f"unexpected log record: {line}" for line in unexpected] + [
            f"expected log record never came: {pattern}" for pattern in missing
        ]


@pytest.fixture(autouse=True)
def expect_log(request: pytest.FixtureRequest) -> Iterator[ExpectLog]:
    """Declares log records of WARNING or worse as expected; see the top of this file."""
    watch = _LogWatch()
    for mark in request.node.iter_markers("expect_log"):
        watch.expect(*mark.args, **mark.kwargs)
    root = logging.getLogger()
    root.addHandler(watch)
    try:
        yield watch.expect
    finally:
        root.removeHandler(watch)
    skipped = getattr(request.node, "was_skipped", False)
    complaints = [] if skipped else watch.complaints()
    if complaints:
        pytest.fail("\n".join(complaints), pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    if report.skipped:
        item.was_skipped = True  # type: ignore[attr-defined]
    return report


@pytest.fixture(autouse=True)
def _loopback_only() -> Iterator[None]:
    loopback_only.violations.clear()
    yield
    if loopback_only.violations:
        pytest.fail("left the loopback interface: " + "; ".join(loopback_only.violations), pytrace=False)


@pytest.fixture(autouse=True, scope="module")
def _no_thread_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + THREAD_PATIENCE_S
    while left := [t for t in threading.enumerate() if t not in before and not t.daemon and t.is_alive()]:
        if time.monotonic() > deadline:
            names = ", ".join(t.name for t in left)
            pytest.fail(f"threads still running after the tests of this file: {names}", pytrace=False)
        left[0].join(0.05)


if sys.flags.optimize:
    raise RuntimeError("the tests rely on assert: run Python without -O")
