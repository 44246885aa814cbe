"""Putting a backup back: onto a disk that takes no more, from a newer program, and stopped half-way."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from services import backup
from services.clock import SystemClock
from services.errors import Invalid, NewerDatabase, NotFound, Stopped
from services.paths import Paths
from services.progress import CHANGING, CHECKING, COPYING, UNPACKING
from services.store import Store, migrate
from tests.left import DATA, profile_of

NEWEST = migrate.latest()

RESTORE = """
import resource, signal, sys
from pathlib import Path
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from services import backup
from services.errors import DiskFull
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    backup.restore(Path(sys.argv[1]), Path(sys.argv[2]))
except DiskFull:
    print("full")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limit of this kind")
def test_a_full_disk_while_restoring_changes_nothing(tmp_path: Path, project: Path) -> None:
    paths = Paths.open(tmp_path / "profile")
    store = Store.open(paths.database, SystemClock())
    backup.write(store, paths, tmp_path / "kept.zip")
    store.close()
    before = {file: file.read_bytes() for file in paths.profile.iterdir() if file.is_file()}
    done = subprocess.run(
        [sys.executable, "-c", RESTORE, str(tmp_path / "kept.zip"), str(paths.profile)],
        cwd=project,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "full"), done.stderr
    assert {file: file.read_bytes() for file in before} == before
    assert [one.name for one in paths.profile.iterdir() if one.name.startswith(".restore")] == []


# --- newer ones, and stopping


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    found = Paths.open(tmp_path / "profile")
    store = Store.open(found.database, SystemClock())
    store.add_account("toy", "Here before")
    store.close()
    return found


def state(paths: Paths) -> dict[str, bytes]:
    return {str(one.relative_to(paths.profile)): one.read_bytes() for one in paths.profile.rglob("*.*")}


def newer_backup(target: Path, *, schema: int | None = None, kind: int | None = None) -> Path:
    """A backup of today with another manifest; ``schema`` alone in the manifest, not in the database."""
    with zipfile.ZipFile(DATA / f"backup-v{NEWEST}.shopbell") as old, zipfile.ZipFile(target, "w") as new:
        manifest = json.loads(old.read(backup.MANIFEST))
        manifest |= {} if schema is None else {"schema": schema}
        manifest |= {} if kind is None else {"version": kind}
        new.writestr(backup.MANIFEST, json.dumps(manifest))
        for name in manifest["files"]:
            new.writestr(name, old.read(name))
    return target


def newer_database(target: Path) -> Path:
    shutil.copy(profile_of(NEWEST), target)
    with closing(sqlite3.connect(target)) as file:
        file.execute(f"PRAGMA user_version={NEWEST + 1}")
        file.commit()
    return target


def newer_inside(target: Path, room: Path) -> Path:
    """A manifest that says nothing, with a newer database in it."""
    database = newer_database(room / "inside.db").read_bytes()
    facts = {"bytes": len(database), "sha256": hashlib.sha256(database).hexdigest()}
    with zipfile.ZipFile(target, "w") as new:
        new.writestr(backup.MANIFEST, json.dumps({"version": 1, "files": {"shopbell.db": facts}}))
        new.writestr("shopbell.db", database)
    return target


@pytest.mark.parametrize("way", ["manifest", "kind", "database", "inside"])
def test_a_newer_backup_is_refused_untouched(way: str, paths: Paths, tmp_path: Path) -> None:
    file = tmp_path / "newer.shopbell"
    if way == "manifest":
        newer_backup(file, schema=NEWEST + 1)
    elif way == "kind":
        newer_backup(file, kind=backup.VERSION + 1)
    elif way == "database":
        newer_database(file)
    else:
        newer_inside(file, tmp_path)
    before = state(paths)
    with pytest.raises(NewerDatabase) as refused:
        backup.restore(file, paths.profile)
    assert refused.value.reason == "backup"
    assert state(paths) == before
    if way != "inside":
        with pytest.raises(NewerDatabase):
            backup.look_at(file)


def test_a_short_look_knows_what_is_no_backup(tmp_path: Path) -> None:
    other = tmp_path / "other.zip"
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("holiday.txt", "sun")
    text = tmp_path / "text.shopbell"
    text.write_text("not a backup")
    for file in (other, text):
        with pytest.raises(Invalid) as refused:
            backup.look_at(file)
        assert refused.value.reason == "not-a-backup"
    with pytest.raises(NotFound):
        backup.look_at(tmp_path / "none")
    for number in range(1, NEWEST + 1):
        backup.look_at(DATA / f"backup-v{number}.shopbell")
        backup.look_at(profile_of(number))


@pytest.mark.parametrize("stage", [UNPACKING, COPYING, CHANGING, CHECKING])
@pytest.mark.parametrize("file", ["backup-v1.shopbell", "profile-v1.db"])
def test_stopped_at_any_stage_nothing_is_replaced(stage: str, file: str, paths: Paths) -> None:
    before = state(paths)

    def watch(at: str, share: float) -> None:
        if at == stage:
            raise Stopped

    with pytest.raises(Stopped):
        backup.restore(DATA / file, paths.profile, watch=watch)
    assert state(paths) == before
    assert [one.name for one in paths.profile.iterdir() if one.name.startswith(".restore")] == []


def test_it_says_how_far_it_is(paths: Paths) -> None:
    told: list[tuple[str, float]] = []
    backup.restore(
        DATA / "backup-v1.shopbell", paths.profile, watch=lambda stage, share: told.append((stage, share))
    )
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert told[0][0] == UNPACKING
    assert {stage for stage, _ in told} == {UNPACKING, COPYING, CHANGING, CHECKING}


def test_what_is_still_in_a_log_beside_a_database_comes_along(paths: Paths, tmp_path: Path) -> None:
    """The database of another profile, which was never closed."""
    source = tmp_path / "source.db"
    store = Store.open(source, SystemClock())
    store.add_account("toy", "Only in the log")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for ending in ("", "-wal"):
        shutil.copy(f"{source}{ending}", elsewhere / f"copy.db{ending}")
    store.close()
    assert b"Only in the log" not in (elsewhere / "copy.db").read_bytes()
    backup.restore(elsewhere / "copy.db", paths.profile)
    store = Store.open(paths.database, SystemClock())
    assert [one.name for one in store.accounts()] == ["Only in the log"]
    store.close()
