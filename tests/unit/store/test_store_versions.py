"""What earlier versions of the program left on the disks of owners opens in this one, with everything in it.

``tests/leave_profile.py`` wrote the files; beside each lies what the program of that version said about it.
"""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from services import backup
from services.paths import Paths
from services.settings import SettingsFile
from services.store import Store, good_copies, is_sound, migrate
from tests import leave_profile
from tests.left import (
    DATA,
    missing,
    missing_of_backup,
    profile_of,
    said_now,
    schema_version,
    told_by,
    what_must_stay,
)

NEWEST = migrate.latest()
VERSIONS = range(1, NEWEST + 1)


def schema(path: Path) -> dict[str, str]:
    with closing(sqlite3.connect(path)) as connection:
        return dict(
            connection.execute(
                "SELECT type || ' ' || name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"
            ).fetchall()
        )


@pytest.mark.parametrize("number", VERSIONS)
def test_every_version_has_left_a_profile_and_a_backup(number: int) -> None:
    """The tables changed? ``python tests/leave_profile.py tests/data`` leaves the files of the new version;
    those of the versions before stay as they are."""
    assert schema_version(profile_of(number)) == number
    assert (DATA / f"profile-v{number}.json").is_file()
    assert (DATA / f"backup-v{number}.shopbell").is_file()
    assert is_sound(profile_of(number))


@pytest.mark.parametrize("number", VERSIONS)
def test_a_released_migration_stays_as_it_was(number: int, tmp_path: Path) -> None:
    """Otherwise two owners of one version would have two kinds of tables."""
    steps = {one: script for one, script in migrate.our_steps().items() if one <= number}
    migrate.prepare(tmp_path / "made.db", "x", steps=steps)
    assert schema(tmp_path / "made.db") == schema(profile_of(number))


def test_there_is_something_of_every_kind_to_lose() -> None:
    """A file without corrections would prove nothing about corrections."""
    for number in VERSIONS:
        with closing(sqlite3.connect(f"{profile_of(number).as_uri()}?mode=ro", uri=True)) as connection:
            tables = [
                name
                for (name,) in connection.execute(
                    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
                )
            ]
            empty = [
                one for one in tables if not connection.execute(f'SELECT 1 FROM "{one}" LIMIT 1').fetchone()
            ]
        assert empty == [], number
        told = told_by(number)
        assert {one["state"] for one in told["outbox"]} == {
            "holding",
            "sending",
            "sent",
            "failed",
            "unclear",
            "cancelled",
        }
        assert len(told["drafts"]) == 2
        assert all(told["views"].values())
        assert {one["state"] for record in told["export"] for one in record.get("messages", ())} >= {
            "received",
            "edited",
            "deleted",
            "hidden",
        }


@pytest.mark.parametrize("number", VERSIONS)
def test_nothing_an_older_program_knew_is_lost(number: int, tmp_path: Path) -> None:
    path = tmp_path / "profile" / "shopbell.db"
    path.parent.mkdir()
    shutil.copy(profile_of(number), path)
    before = what_must_stay(number)
    after = said_now(path)
    assert missing(before, after) == []
    assert after["totals"] == before["totals"]
    assert after["schema"] == NEWEST
    assert {one["name"] for one in after["export"] if one["record"] == "muted"} == {"Rude Rolf"}
    kept = good_copies(path)
    assert [schema_version(one) for one in kept] == [number] * (number < NEWEST)


@pytest.mark.parametrize("number", VERSIONS)
def test_an_older_file_gets_the_tables_of_a_new_one(number: int, tmp_path: Path) -> None:
    path = tmp_path / "profile.db"
    shutil.copy(profile_of(number), path)
    migrate.prepare(path, "x")
    migrate.prepare(tmp_path / "new.db", "x")
    assert schema(path) == schema(tmp_path / "new.db")


@pytest.mark.parametrize("number", VERSIONS)
def test_backups_of_every_version_restore(number: int, tmp_path: Path) -> None:
    """Onto a profile that holds something else, and with its settings."""
    paths = Paths.open(tmp_path / "profile")
    Store.open(paths.database, leave_profile.StoppedClock()).close()
    done = backup.restore(DATA / f"backup-v{number}.shopbell", paths.profile)
    before = what_must_stay(number)
    assert done["messages"] == before["totals"]["messages"]
    assert missing_of_backup(before, said_now(paths.database)) == []
    settings = SettingsFile(paths.settings)
    settings.load()
    assert (settings.current.shop_name, settings.current.theme) == ("Rosie's Bakery", "dark")


@pytest.mark.parametrize("number", VERSIONS)
def test_a_database_of_every_version_restores_as_it_is(number: int, tmp_path: Path) -> None:
    """Such as one of the copies that an upgrade keeps."""
    paths = Paths.open(tmp_path / "profile")
    backup.restore(profile_of(number), paths.profile)
    assert missing_of_backup(what_must_stay(number), said_now(paths.database)) == []
