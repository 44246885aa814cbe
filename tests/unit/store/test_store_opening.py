"""Opening the file: new, old, newer, damaged; and the migration that must prove itself before it replaces
anything."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from services.errors import DamagedDatabase, DatabaseBusy, NewerDatabase, StoreError
from services.store import Store, good_copies, is_sound, migrate, put_back
from tests.fakes import FakeClock
from tests.unit.store.kit import Builder, Step

PROJECT = Path(__file__).resolve().parents[3]
VERSION_1 = PROJECT / "tests" / "data" / "inbox-v1.db"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "profile" / "inbox.db"


@pytest.fixture
def filled(path: Path, clock: FakeClock, make: Builder) -> Path:
    store = Store.open(path, clock)
    account = store.add_account("toy", "Toy")
    store.apply(account.id, Step(tuple(make.said(f"m{n}", f"text {n}", minutes=-n) for n in range(400))), {})
    store.close()
    return path


NEXT = migrate.latest() + 1


def steps_to_next(
    script: str = "ALTER TABLE drafts ADD COLUMN tone TEXT; UPDATE meta SET value = value;",
) -> dict[int, str]:
    return {**migrate.our_steps(), NEXT: script}


def version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("PRAGMA user_version").fetchone()[0]


def messages(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT count(*) FROM messages").fetchone()[0]


def test_a_new_file_is_for_the_owner_alone(path: Path, clock: FakeClock) -> None:
    store = Store.open(path, clock)
    assert store.schema_version == migrate.latest() == max(migrate.our_steps())
    assert store.check() == []
    with store._database.read() as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        assert connection.execute("PRAGMA foreign_keys").fetchone()[0] == 1
    store.close()
    if os.name == "posix":
        assert path.stat().st_mode & 0o077 == 0


def test_killed_before_the_first_page_was_written(path: Path, clock: FakeClock) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA cache_size=1")
        connection.execute("BEGIN")
        connection.execute("CREATE TABLE first (word TEXT)")
        journal = path.with_name(path.name + "-journal").read_bytes()
    for begun in (journal, b"\0" * 512):
        path.write_bytes(b"")
        path.with_name(path.name + "-journal").write_bytes(begun)
        Store.open(path, clock).close()
        assert version(path) == migrate.latest()
        for left in path.parent.iterdir():
            left.unlink()


def test_an_empty_file_beside_a_full_log_was_cut(path: Path, clock: FakeClock) -> None:
    path.parent.mkdir()
    path.write_bytes(b"")
    path.with_name(path.name + "-wal").write_bytes(b"\x37\x7f\x06\x82" * 100)
    with pytest.raises(DamagedDatabase):
        Store.open(path, clock)


def test_what_was_stored_is_there_after_reopening(filled: Path, clock: FakeClock) -> None:
    store = Store.open(filled, clock)
    assert store.counts().new == 400
    store.close()
    store.close()
    with pytest.raises(StoreError):
        store.counts()
    with pytest.raises(StoreError):
        store.set_meta("a", "b")


def test_a_newer_file_is_refused_untouched(filled: Path, clock: FakeClock) -> None:
    with closing(sqlite3.connect(filled)) as connection:
        connection.execute("PRAGMA user_version=99")
    before = filled.read_bytes()
    with pytest.raises(NewerDatabase) as refused:
        Store.open(filled, clock)
    assert refused.value.detail == {
        "reason": "newer",
        "file": "inbox.db",
        "version": 99,
        "ours": migrate.latest(),
    }
    assert filled.read_bytes() == before


@pytest.mark.parametrize(
    "content", [b"not a database", b"\0" * 5000, os.urandom(20_000), b"SQLite format 3\0" + b"x" * 200]
)
def test_garbage_is_damaged(path: Path, clock: FakeClock, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(DamagedDatabase):
        Store.open(path, clock)
    assert path.read_bytes() == content


@pytest.mark.parametrize("part", [0.3, 0.6, 0.98])
def test_a_file_cut_short_is_damaged(filled: Path, clock: FakeClock, part: float) -> None:
    content = filled.read_bytes()
    filled.write_bytes(content[: int(len(content) * part)])
    with pytest.raises(DamagedDatabase):
        Store.open(filled, clock)


def test_pages_overwritten_in_the_middle_are_found(filled: Path, clock: FakeClock) -> None:
    content = bytearray(filled.read_bytes())
    for at in range(20 * 4096, len(content), 4096):
        content[at : at + 4096] = os.urandom(4096)
    filled.write_bytes(content)

    def use() -> list[str]:
        store = Store.open(filled, clock)
        try:
            return store.check()
        finally:
            store.close()

    with contextlib.suppress(DamagedDatabase):
        assert use() != []
    assert not is_sound(filled)


def test_another_programs_database_is_not_ours(path: Path, clock: FakeClock) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    with pytest.raises(DamagedDatabase) as refused:
        Store.open(path, clock)
    assert refused.value.reason == "foreign"


def test_a_file_that_may_not_be_written(filled: Path, clock: FakeClock) -> None:
    if not hasattr(os, "geteuid") or os.geteuid() == 0:
        store = Store.open(filled, clock)
        store._database.on_writer(lambda connection: connection.execute("PRAGMA query_only=ON"))
        with pytest.raises(StoreError) as refused:
            store.set_meta("a", "b")
        store.close()
    else:
        filled.chmod(0o400)
        filled.parent.chmod(0o500)
        try:
            with pytest.raises(StoreError) as refused:
                Store.open(filled, clock).set_meta("a", "b")
        finally:
            filled.parent.chmod(0o700)
    assert refused.value.reason == "read-only"


def test_the_last_good_copy_takes_the_place_of_a_damaged_file(filled: Path, clock: FakeClock) -> None:
    store = Store.open(filled, clock)
    copy = store.keep_copy()
    store.close()
    filled.write_bytes(b"damaged")
    assert good_copies(filled) == [copy]
    assert is_sound(copy)
    aside = put_back(filled, copy)
    assert aside.read_bytes() == b"damaged"
    store = Store.open(filled, clock)
    assert store.counts().new == 400
    store.close()
    with pytest.raises(DamagedDatabase):
        put_back(filled, aside)
    assert messages(filled) == 400


# --- migrations


def test_an_older_file_moves_on_a_copy_and_is_kept(filled: Path) -> None:
    seen: list[tuple[str, float]] = []
    migrate.prepare(
        filled,
        "20261124T070400",
        steps=steps_to_next(),
        watch=lambda stage, share: seen.append((stage, share)),
    )
    assert (version(filled), messages(filled)) == (NEXT, 400)
    (kept,) = good_copies(filled)
    assert (version(kept), messages(kept)) == (NEXT - 1, 400)
    assert list(dict.fromkeys(stage for stage, _ in seen)) == ["copying", "changing", "checking"]
    assert [share for _, share in seen] == sorted(share for _, share in seen)
    assert sorted(one.name for one in filled.parent.iterdir()) == ["copies", "inbox.db"]


@pytest.mark.parametrize(
    "script",
    [
        "DELETE FROM message_status WHERE id % 2 = 0;",
        "PRAGMA writable_schema=ON; UPDATE sqlite_master SET rootpage = 3 WHERE name = 'templates';",
        "INSERT INTO conversation_keys VALUES (4711, 'k', 4711);",
    ],
    ids=["loses rows", "breaks the file", "breaks a reference"],
)
def test_a_migration_that_does_harm_replaces_nothing(filled: Path, clock: FakeClock, script: str) -> None:
    with pytest.raises(DamagedDatabase):
        migrate.prepare(filled, "20261124T070400", steps=steps_to_next(script))
    assert (version(filled), messages(filled)) == (NEXT - 1, 400)
    store = Store.open(filled, clock)
    assert store.check() == []
    store.close()


def test_the_last_three_copies_are_kept(filled: Path, clock: FakeClock) -> None:
    store = Store.open(filled, clock)
    made = []
    for _ in range(5):
        made.append(store.keep_copy())
        clock.advance(days=1)
    assert store.copies() == made[:1:-1]
    assert all(is_sound(one) for one in store.copies())
    store.close()


def test_a_file_in_use_is_not_migrated(filled: Path) -> None:
    with closing(sqlite3.connect(filled)) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM messages").fetchone()
        with pytest.raises(DatabaseBusy):
            migrate.prepare(filled, "20261124T070400", steps=steps_to_next())
        assert version(filled) == NEXT - 1


def test_a_file_of_version_1_opens(path: Path, clock: FakeClock) -> None:
    """Written by version 0.1.0 and never changed since: what owners have on their disks."""
    path.parent.mkdir()
    shutil.copy(VERSION_1, path)
    store = Store.open(path, clock)
    assert store.check() == []
    assert store.schema_version == migrate.latest()
    assert [row.snippet for row in store.page("complaints").conversations] == ["The cake was cold."]
    assert store.search("cak").conversations
    assert [one.text for one in store.outbox()] == ["We are sorry."]
    assert [one.name for one in store.templates()] == ["Sorry"]
    store.close()


def released() -> list[Path]:
    """Files that earlier versions of the program wrote, named after the version of their tables."""
    return sorted((PROJECT / "tests" / "data").glob("inbox-v*.db"))


def test_every_version_has_left_a_file() -> None:
    """When tables change, the program as it was before has to write one into tests/data."""
    versions = {int(re.match(r"inbox-v(\d+)", one.name)[1]) for one in released()}
    assert versions >= set(range(1, migrate.latest()))
    assert all(version(one) == int(re.match(r"inbox-v(\d+)", one.name)[1]) for one in released())


@pytest.mark.parametrize("file", released(), ids=lambda one: one.stem)
def test_files_of_every_version_open_in_the_newest(file: Path, path: Path, clock: FakeClock) -> None:
    path.parent.mkdir()
    shutil.copy(file, path)
    before = messages(path)
    store = Store.open(path, clock)
    assert store.check() == []
    assert store.schema_version == migrate.latest()
    assert messages(path) == before > 0
    assert store.counts().new == len(store.page("new").conversations)
    for row in store.page("all").conversations:
        assert store.thread(row.id).messages
    store.close()


@pytest.mark.parametrize("number", [1, 2])
def test_who_waited_in_an_older_file_is_in_the_new_order(number: int, path: Path, clock: FakeClock) -> None:
    path.parent.mkdir()
    shutil.copy(PROJECT / "tests" / "data" / f"inbox-v{number}-waiting.db", path)
    store = Store.open(path, clock)
    found = [(row.snippet, row.urgency, row.urgent_because) for row in store.page("new").conversations]
    assert found == [
        ("My lawyer will write to you.", 95, ("complaint", "safety", "stars")),
        ("The cake was cold.", 60, ("complaint",)),
        ("WHERE IS MY CAKE", 15, ("private", "shouting")),
        ("Nice place @crumb", 15, ("reach", "public")),
        ("Nobody answers", 15, ("asks-again", "writes-often")),
        ("Is it open?", 10, ("asks-again",)),
        ("Hello? Is it open?", 10, ("asks-again",)),
        ("And spelt?", 10, ("waits-again",)),
        ("Hi", 0, ()),
    ]
    store.close()


MIGRATE = """
import sys
from pathlib import Path
from services.store import migrate
fill = "INSERT INTO filler SELECT hex(randomblob(500)) FROM messages a, messages b LIMIT 20000;"
script = "CREATE TABLE filler (x);" + fill * 3
print("go", flush=True)
steps = {**migrate.our_steps(), migrate.latest() + 1: script}
migrate.prepare(Path(sys.argv[1]), "20261124T070400", steps=steps)
"""


@pytest.mark.parametrize("delay_ms", [1, 20, 60, 120, 250, 500, 900])
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_killed_in_the_middle_of_a_migration(filled: Path, delay_ms: int) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", MIGRATE, str(filled)], cwd=PROJECT, stdout=subprocess.PIPE
    )
    assert child.stdout.readline() == b"go\n"
    threading.Event().wait(delay_ms / 1000)
    child.kill()
    child.wait()
    child.stdout.close()
    assert version(filled) in (NEXT - 1, NEXT)
    assert messages(filled) == 400
    migrate.prepare(filled, "20261124T070401", steps=steps_to_next())
    assert (version(filled), messages(filled), is_whole(filled)) == (NEXT, 400, True)


def is_whole(path: Path) -> bool:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
