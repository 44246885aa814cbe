"""Facts about the project itself: its locks, its version, its files."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
LOCKS = [PROJECT / "requirements" / "run.txt", PROJECT / "requirements" / "dev.txt"]
CEILING = 400
# Each has one reason to exist although it is long; the reason stands beside it.
LONG_ON_PURPOSE: dict[str, str] = {}

EMIT = """
from PySide6.QtCore import QCoreApplication, QObject, Signal

class Bell(QObject):
    rang = Signal(object)

app = QCoreApplication([])
bell, heard = Bell(), []
bell.rang.connect(heard.append)
for number in range(5000):
    bell.rang.emit(number)
assert len(heard) == 5000
print("alive")
"""


def pyproject() -> dict[str, dict[str, object]]:
    return tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))


def tracked_files() -> list[Path]:
    """What git knows of; outside a clone (a source archive) every file that is not made."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    if listed.returncode != 0:
        pytest.skip("not a git working tree, or no git")
    return [PROJECT / name for name in listed.stdout.split("\0") if name and (PROJECT / name).is_file()]


def lock_entries(lock: Path) -> dict[str, tuple[str, int]]:
    """Package -> (version, number of hashes)."""
    entries = {}
    for block in re.split(r"\n(?=[a-z0-9])", lock.read_text(encoding="utf-8")):
        if found := re.match(r"([a-z0-9.-]+)==([^ \\;]+)", block):
            entries[found[1]] = (found[2], block.count("--hash=sha256:"))
    return entries


@pytest.mark.parametrize("lock", sorted((PROJECT / "requirements").glob("*.txt")), ids=lambda p: p.name)
def test_locks_carry_names_versions_and_hashes_only(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    assert "http" not in text.lower()
    assert "--index" not in text
    assert "--find-links" not in text
    entries = lock_entries(lock)
    assert len(entries) > 10
    assert [name for name, (_, hashes) in entries.items() if hashes == 0] == []


def test_the_locks_agree_and_hold_every_dependency() -> None:
    run, dev = (lock_entries(lock) for lock in LOCKS)
    assert {name: dev.get(name) for name in run} == run
    wanted = pyproject()["project"]["dependencies"]
    assert isinstance(wanted, list)
    assert {re.split(r"[<>=!~ ;\[]", line)[0].lower() for line in wanted} <= set(run)


def test_the_locks_leave_out_what_breaks() -> None:
    run, dev = (lock_entries(lock) for lock in LOCKS)
    assert run["pyside6-essentials"][0] == "6.11.3"
    assert "keyrings-alt" not in dev
    assert "pytest-xvfb" not in dev


def test_what_runs_is_what_is_locked() -> None:
    locked = lock_entries(LOCKS[1])
    for name in (
        "pyside6-essentials",
        "requests",
        "feedparser",
        "fastfeedparser",
        "keyring",
        "nh3",
        "pytest",
    ):
        assert version(name) == locked[name][0], f"{name}: run make setup"


def test_version_is_said_once() -> None:
    said = pyproject()["project"]["version"]
    assert isinstance(said, str)
    pattern = re.compile(r'^(?:__version__|VERSION) *(?::[^=\n]*)?= *"([^"]+)"', re.MULTILINE)
    for file in tracked_files():
        if file.suffix == ".py" and "tests" not in file.parts:
            assert set(pattern.findall(file.read_text("utf-8"))) <= {said}, file


def test_five_thousand_signals_do_no_harm() -> None:
    """A PySide6 release aborted after a few hundred on Python 3.11; see pyproject.toml."""
    done = subprocess.run(
        [sys.executable, "-c", EMIT], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, "alive"), done.stderr


def test_no_path_of_a_machine_is_written_down() -> None:
    pattern = re.compile(r"(?<![\w.:/*\]-])/(?:home|root|Users|work|farm)/[\w.]")
    found = []
    for file in tracked_files():
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture
        found += [
            f"{file.relative_to(PROJECT)}:{number} {line.strip()[:80]}"
            for number, line in enumerate(text.splitlines(), 1)
            if pattern.search(line)
        ]
    assert found == []


def test_every_file_has_one_reason_to_exist() -> None:
    long = {
        str(file.relative_to(PROJECT)): lines
        for file in tracked_files()
        if file.suffix == ".py" and (lines := len(file.read_text(encoding="utf-8").splitlines())) > CEILING
    }
    assert {name: n for name, n in long.items() if name not in LONG_ON_PURPOSE} == {}
    assert set(LONG_ON_PURPOSE) <= set(long), "take those that have become shorter off the list"


def test_no_unfinished_business() -> None:
    words = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
    found = [
        f"{file.relative_to(PROJECT)}:{number} {line.strip()[:80]}"
        for file in tracked_files()
        if file.suffix in (".py", ".sh", ".md", ".toml", ".yml")
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if words.search(line)
    ]
    assert found == []
