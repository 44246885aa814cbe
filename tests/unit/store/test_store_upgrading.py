"""An upgrade that is stopped, crowded out, or has no room leaves everything as it was; the next one does
it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from filelock import FileLock

from services.errors import DamagedDatabase, DatabaseBusy, DiskFull, NewerDatabase, Stopped
from services.progress import CHANGING, CHECKING, COPYING, WAITING
from services.store import Store, good_copies, is_older, migrate, upgrading
from services.store.copies import copies_folder
from tests.fakes import FakeClock
from tests.left import missing, profile_of, said_now, schema_version, what_must_stay

PROJECT = Path(__file__).resolve().parents[3]
NEXT = migrate.latest() + 1


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "profile" / "shopbell.db"
    path.parent.mkdir()
    shutil.copy(profile_of(1), path)
    return path


def files(path: Path) -> list[str]:
    return sorted(one.name for one in path.parent.iterdir())


def is_untouched(path: Path) -> None:
    """Nothing is lost, nothing is left over, and the next start does it."""
    assert schema_version(path) == 1
    assert [one for one in files(path) if one.startswith("shopbell.db.new")] == []
    assert good_copies(path) == []
    assert missing(what_must_stay(1), said_now(path)) == []
    assert [schema_version(one) for one in good_copies(path)] == [1]


def stops_at(wanted: str, error: type[BaseException]) -> Callable[[str, float], None]:
    def watch(stage: str, share: float) -> None:
        if stage == wanted:
            raise error

    return watch


@pytest.mark.parametrize("stage", [COPYING, CHANGING, CHECKING])
@pytest.mark.parametrize("error", [Stopped, KeyboardInterrupt])
def test_stopped_at_any_stage(stage: str, error: type[BaseException], old: Path) -> None:
    with pytest.raises(error):
        migrate.prepare(old, "20261124T070400", watch=stops_at(stage, error))
    is_untouched(old)


@pytest.mark.parametrize("error", [Stopped, KeyboardInterrupt])
def test_a_long_statement_is_stopped_within(error: type[BaseException], old: Path) -> None:
    """A migration of one statement that would count for minutes."""
    endless = (
        "CREATE TABLE endless AS WITH RECURSIVE n (x) AS"
        " (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 2000000000) SELECT count(*) AS x FROM n;"
    )
    asked: list[str] = []

    def watch(stage: str, share: float) -> None:
        asked.append(stage)
        if asked.count(CHANGING) > 2:
            raise error

    with pytest.raises(error):
        migrate.prepare(old, "x", steps={**migrate.our_steps(), NEXT: endless}, watch=watch)
    is_untouched(old)


def test_it_says_how_far_it_is(old: Path) -> None:
    told: list[tuple[str, float]] = []
    migrate.prepare(old, "20261124T070400", watch=lambda stage, share: told.append((stage, share)))
    assert list(dict.fromkeys(stage for stage, _ in told)) == [COPYING, CHANGING, CHECKING]
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert 0 <= shares[0] < shares[-1] <= 1


def test_only_an_older_file_takes_its_time(old: Path, tmp_path: Path) -> None:
    assert is_older(old)
    assert not is_older(tmp_path / "none.db")
    (tmp_path / "none.db").write_bytes(b"SQLite format 3\0" + b"x" * 200)
    assert not is_older(tmp_path / "none.db")
    migrate.prepare(old, "20261124T070400")
    assert not is_older(old)


# --- room


@pytest.mark.skipif(sys.platform == "win32", reason="files there have no holes by themselves")
def test_it_says_how_much_room_it_takes_before_it_begins(old: Path) -> None:
    """A file of four terabytes, nearly all of it a hole."""
    os.truncate(old, 4 << 40)
    told: list[str] = []
    with pytest.raises(DiskFull) as refused:
        migrate.prepare(old, "20261124T070400", watch=lambda stage, _: told.append(stage))
    assert refused.value.reason == "upgrade"
    assert refused.value.detail["needed"] > 4 << 40
    assert 0 < refused.value.detail["free"] < 4 << 40
    assert told == []
    os.truncate(old, profile_of(1).stat().st_size)
    is_untouched(old)


FULL = """
import resource, signal, sys
from pathlib import Path
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from services.errors import DiskFull
from services.store import migrate
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
try:
    migrate.prepare(Path(sys.argv[1]), "20261124T070400")
except DiskFull:
    print("full")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limit of this kind")
@pytest.mark.parametrize("limit", [60_000, 218_000])
def test_a_disk_that_fills_up_meanwhile(old: Path, limit: int) -> None:
    """While copying, and while the copy grows."""
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(old), str(limit)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "full"), done.stderr
    is_untouched(old)


# --- others


TOGETHER = """
import sys
from pathlib import Path
from services.store import migrate
print("ready", flush=True)
sys.stdin.readline()
migrate.prepare(Path(sys.argv[1]), sys.argv[2], patience_s=60)
print("done", flush=True)
"""


def test_many_begin_at_once(old: Path) -> None:
    children = [
        subprocess.Popen(
            [sys.executable, "-c", TOGETHER, str(old), f"20261124T07040{number}"],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(4)
    ]
    for one in children:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    for one in children:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    told = [one.communicate(timeout=60) for one in children]
    assert [out for out, _ in told] == ["done\n"] * 4, told
    assert [schema_version(one) for one in good_copies(old)] == [1], "only one of them did it"
    assert missing(what_must_stay(1), said_now(old)) == []


@pytest.fixture
def another(old: Path) -> Iterator[FileLock]:
    """Another process that is at it."""
    copies_folder(old).mkdir()
    lock = FileLock(copies_folder(old) / upgrading.LOCK, thread_local=False)
    with lock:
        yield lock


def test_while_another_is_at_it_one_waits_a_while(old: Path, another: FileLock) -> None:
    told: list[str] = []
    with pytest.raises(DatabaseBusy) as refused:
        migrate.prepare(old, "x", watch=lambda stage, _: told.append(stage), patience_s=0.3)
    assert refused.value.reason == "upgrading"
    assert set(told) == {WAITING}
    with pytest.raises(Stopped):
        migrate.prepare(old, "x", watch=stops_at(WAITING, Stopped), patience_s=60)
    another.release()
    is_untouched(old)


SLOW = """
import sys
from pathlib import Path
from services.store import migrate
endless = (
    "CREATE TABLE endless AS WITH RECURSIVE n (x) AS"
    " (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 2000000000) SELECT count(*) AS x FROM n;"
)
def watch(stage, share):
    if stage == "changing":
        print(stage, flush=True)
migrate.prepare(
    Path(sys.argv[1]), "x", steps={**migrate.our_steps(), migrate.latest() + 1: endless}, watch=watch
)
"""


def test_a_command_beside_an_upgrade_says_what_goes_on(old: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", SLOW, str(old)], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == "changing\n"
        with pytest.raises(DatabaseBusy) as refused:
            migrate.prepare(old, "y", patience_s=0.3)
        assert refused.value.reason == "upgrading"
    finally:
        child.kill()
        child.communicate()
    # What the killed one left is swept away.
    assert missing(what_must_stay(1), said_now(old)) == []
    assert files(old) == ["copies", "shopbell.db"]


def test_who_waited_finds_it_done(old: Path, another: FileLock) -> None:
    """The one that waits must not begin with what it saw before."""
    done = old.parent / "elsewhere" / "done.db"
    done.parent.mkdir()
    shutil.copy(old, done)
    migrate.prepare(done, "x")
    waits = threading.Event()

    def finish() -> None:
        assert waits.wait(20)
        os.replace(done, old)
        another.release()

    helper = threading.Thread(target=finish)
    helper.start()
    migrate.prepare(old, "y", watch=lambda stage, _: waits.set(), patience_s=60)
    helper.join()
    assert [one.name for one in good_copies(old)] == []
    assert missing(what_must_stay(1), said_now(old)) == []


def test_a_program_of_before_that_is_still_open_is_not_robbed(old: Path) -> None:
    with closing(sqlite3.connect(old)) as other:
        other.execute("PRAGMA journal_mode=WAL")
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM messages").fetchone()
        with pytest.raises(DatabaseBusy):
            migrate.prepare(old, "20261124T070400")
    is_untouched(old)


def test_what_the_old_program_had_only_in_its_log_comes_along(old: Path, tmp_path: Path) -> None:
    """It was killed, and the new version was installed before it was started again."""
    with closing(sqlite3.connect(old)) as other:
        other.execute("PRAGMA journal_mode=WAL")
        other.execute("PRAGMA wal_autocheckpoint=0")
        other.execute("UPDATE drafts SET text = text || ' (the last words)'")
        other.commit()
        killed = tmp_path / "killed" / "shopbell.db"
        killed.parent.mkdir()
        for ending in ("", "-wal"):
            shutil.copy(f"{old}{ending}", f"{killed}{ending}")
    assert b"the last words" not in killed.read_bytes()
    drafts = said_now(killed)["drafts"]
    assert {home: f"{text} (the last words)" for home, text in what_must_stay(1)["drafts"].items()} == drafts


def test_rows_that_do_not_go_into_the_new_tables_are_told(old: Path) -> None:
    harm = {**migrate.our_steps(), NEXT: "CREATE UNIQUE INDEX one_only ON messages (private);"}
    with pytest.raises(DamagedDatabase) as refused:
        migrate.prepare(old, "x", steps=harm)
    assert refused.value.reason == "migration"
    is_untouched(old)


def test_what_a_killed_one_left_is_swept_away(old: Path) -> None:
    old.with_name("shopbell.db.new").write_bytes(b"half a copy")
    old.with_name("shopbell.db.new-journal").write_bytes(b"of it")
    assert missing(what_must_stay(1), said_now(old)) == []
    assert [one for one in files(old) if one.startswith("shopbell.db.new")] == []


# --- newer, and the copies of before


@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_a_newer_file_is_not_even_opened(old: Path, mode: str) -> None:
    with closing(sqlite3.connect(old)) as connection:
        connection.execute(f"PRAGMA journal_mode={mode}")
        connection.execute("PRAGMA user_version=99")
        connection.commit()
    before = old.read_bytes()
    with pytest.raises(NewerDatabase):
        Store.open(old, FakeClock())
    assert (old.read_bytes(), files(old)) == (before, ["shopbell.db"])


def old_copies(path: Path, *names: str) -> None:
    copies_folder(path).mkdir(exist_ok=True)
    for name in names:
        shutil.copy(profile_of(1), copies_folder(path) / f"shopbell-{name}.db")


def test_days_of_use_do_not_push_out_the_way_back(old: Path, clock: FakeClock) -> None:
    store = Store.open(old, clock)
    for _ in range(5):
        clock.advance(days=1)
        store.keep_copy()
    versions = [schema_version(one) for one in store.copies()]
    store.close()
    assert versions == [migrate.latest()] * 3 + [1]


def test_old_copies_go_only_after_success(old: Path) -> None:
    old_copies(old, "v1-20250101T000000", "v1-20250201T000000", "v1-20250301T000000")
    before = good_copies(old)
    harm = {**migrate.our_steps(), NEXT: "DELETE FROM message_status WHERE id % 2 = 0;"}
    with pytest.raises(DamagedDatabase):
        migrate.prepare(old, "20261124T070400", steps=harm)
    assert good_copies(old) == before
    migrate.prepare(old, "20261124T070400")
    assert [one.name for one in good_copies(old)] == [
        "shopbell-v1-20261124T070400.db",
        "shopbell-v1-20250301T000000.db",
        "shopbell-v1-20250201T000000.db",
    ]


def test_where_a_file_has_one_name_only_the_old_one_is_copied(old: Path) -> None:
    """As on memory sticks: here the copies are on another disk."""
    elsewhere = Path("/dev/shm")
    if not elsewhere.is_dir() or elsewhere.stat().st_dev == old.stat().st_dev:
        pytest.skip("there is only one disk here")
    room = elsewhere / f"shopbell-test-{os.getpid()}"
    room.mkdir()
    try:
        copies_folder(old).symlink_to(room)
        assert missing(what_must_stay(1), said_now(old)) == []
        (kept,) = good_copies(old)
        assert schema_version(kept) == 1
        with closing(sqlite3.connect(kept)) as copy:
            assert copy.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert [one.name for one in room.glob("*.part")] == []
    finally:
        shutil.rmtree(room)
