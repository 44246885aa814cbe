"""Consoles that are not as Linux has them: none at all, another encoding, a mark at the start of a pipe."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from services.sample import SampleShop
from tests.end2end.program import MAIN, Program

WITHOUT_CONSOLE = """
import sys
sys.stdin = sys.stdout = sys.stderr = None
sys.path.insert(0, sys.argv.pop(1))
import main
sys.exit(main.main())
"""


@pytest.mark.parametrize("words", [["channels", "--json"], ["accounts", "list"]])
def test_without_a_console_a_command_does_its_work(tmp_path: Path, words: list[str]) -> None:
    """A program packaged for Windows as a window has no streams."""
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_CONSOLE, str(MAIN.parent), *words, "--profile", str(tmp_path / "p")],
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, b"")
    assert (tmp_path / "p" / "shopbell.db").exists()


def test_without_a_console_a_command_that_fails_says_so_by_its_code(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_CONSOLE, str(MAIN.parent), "show", "7", "--profile", str(tmp_path)],
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1


def test_what_is_piped_in_may_begin_with_a_mark_and_is_utf_8(tmp_path: Path) -> None:
    """PowerShell writes the mark; the console's own encoding is for people."""
    program = Program(
        tmp_path / "profile",
        {"PYTHONIOENCODING": "cp1252", "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"},
    )
    with SampleShop() as shop:
        add = ("accounts", "add", "feeds", "--set", f"url={shop.feed_urls['blog']}", "--secrets", "-")
        # One character, which this console writes as one byte that is no UTF-8.
        assert " cl\ufffd" in program.bad(*add, stdin='{"clé": "crème"}')
        done = program.run(*add, "--json", stdin="\ufeff{}")
    assert done.code == 0, done.err
    assert json.loads(done.out)["kind"] == "feeds"
