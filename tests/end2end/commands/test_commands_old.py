"""Commands on profiles and backups of other versions, and what a terminal sees of an upgrade."""

from __future__ import annotations

import io
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from filelock import FileLock

from services.cli_progress import Shown
from services.progress import CHANGING, CHECKING, COPYING
from services.store import good_copies, migrate, upgrading
from services.store.copies import copies_folder
from tests.end2end.program import Program
from tests.left import DATA, profile_of, schema_version, told_by

NEWER = "This profile was last used by a newer Shopbell. It was not touched. Update Shopbell."
NEWER_BACKUP = "This backup was made by a newer Shopbell. Nothing was replaced. Update Shopbell."


def placed(program: Program, number: int) -> Path:
    program.profile.mkdir()
    return Path(shutil.copy(profile_of(number), program.profile / "shopbell.db"))


def newer(path: Path) -> Path:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version=99")
        connection.commit()
    return path


def test_the_first_command_on_an_old_profile(program: Program) -> None:
    database = placed(program, 1)
    done = program.run("outbox", "--json")
    assert done.code == 0, done
    open_ones = [one for one in told_by(1)["outbox"] if one["state"] not in ("sent", "cancelled")]
    assert [one["id"] for one in done.json["outbox"]] == [str(one["id"]) for one in open_ones]
    assert [schema_version(one) for one in good_copies(database)] == [1]
    taught = program.good("corrections", "list")["corrections"]
    assert len(taught) == told_by(1)["totals"]["labels"]
    assert [one["name"] for one in program.good("people", "list")["muted"]] == ["Rude Rolf"]


@pytest.mark.parametrize("file", ["backup-v1.shopbell", "profile-v2.db"])
def test_an_old_backup_is_put_back(file: str, program: Program) -> None:
    done = program.run("restore", DATA / file, "--json")
    assert (done.code, done.json["messages"]) == (0, told_by(1)["totals"]["messages"]), done
    assert schema_version(program.profile / "shopbell.db") == migrate.latest()


def test_a_newer_profile_is_refused_by_every_command(program: Program, tmp_path: Path) -> None:
    database = newer(placed(program, migrate.latest()))
    before = database.read_bytes()
    for words in (("inbox",), ("sync",), ("backup", tmp_path / "b.shopbell"), ("templates", "list")):
        assert program.bad(*words) == NEWER
    done = program.run("doctor", "--json")
    assert done.code == 1
    assert NEWER.removesuffix(" Update Shopbell.") in done.out
    assert database.read_bytes() == before
    assert not list(program.profile.glob("shopbell.db-*"))
    assert not (tmp_path / "b.shopbell").exists()


def test_a_newer_backup_is_refused(program: Program, tmp_path: Path) -> None:
    database = placed(program, migrate.latest())
    before = database.read_bytes()
    file = newer(Path(shutil.copy(profile_of(1), tmp_path / "newer.db")))
    assert program.bad("restore", file) == NEWER_BACKUP
    assert database.read_bytes() == before


@pytest.mark.skipif(sys.platform == "win32", reason="signals are asked of a POSIX system")
def test_ctrl_c_while_a_profile_is_brought_up_to_date(program: Program) -> None:
    database = placed(program, 1)
    copies_folder(database).mkdir()
    # It waits for another one, so it is certain that it is not over before the signal comes.
    with FileLock(copies_folder(database) / upgrading.LOCK):
        child = subprocess.Popen(
            program.arguments("inbox"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=program.env,
        )
        assert child.stderr is not None
        first = child.stderr.readline()
        child.send_signal(signal.SIGINT)
        out, rest = child.communicate(timeout=60)
    assert first == "shopbell: Bringing the profile up to date. Another Shopbell is doing this already.\n"
    assert (child.returncode, out) == (130, ""), rest
    assert rest.splitlines()[-1] == "shopbell: Stopped. Nothing was changed."
    assert schema_version(database) == 1
    assert [one.name for one in program.profile.glob("shopbell.db*")] == ["shopbell.db"]


# --- what is said meanwhile


def test_a_file_gets_a_line_for_each_stage() -> None:
    out = io.StringIO()
    with Shown("Bringing the profile up to date", out, quiet_s=0) as shown:
        for stage, share in ((COPYING, 0.0), (COPYING, 0.1), (CHANGING, 0.2), (CHECKING, 0.9)):
            shown.watch(stage, share)
    assert out.getvalue().splitlines() == [
        "shopbell: Bringing the profile up to date. Making a copy.",
        "shopbell: Bringing the profile up to date. Bringing the copy up to date.",
        "shopbell: Bringing the profile up to date. Checking the copy.",
    ]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_one_line_that_goes_away() -> None:
    out = Terminal()
    with Shown("Putting the backup back", out, quiet_s=0) as shown:
        shown.watch(COPYING, 0.104)
        shown.watch(COPYING, 0.109)
        shown.watch(CHECKING, 0.98)
    lines = out.getvalue().split("\r\x1b[K")
    assert lines == [
        "",
        "shopbell: Putting the backup back. Making a copy, 10 %",
        "shopbell: Putting the backup back. Checking the copy, 98 %",
        "",
    ]


def test_what_is_over_in_a_moment_says_nothing() -> None:
    out = Terminal()
    with Shown("Putting the backup back", out, quiet_s=60) as shown:
        shown.watch(COPYING, 0.5)
    assert out.getvalue() == ""
