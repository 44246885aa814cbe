"""``kill -9`` while files are replaced: at the first start, while the database is brought to a new version,
while a backup is put back. What is found afterwards is the old state or the new one, whole.
"""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from services import backup
from services.app import Shopbell
from services.clock import SystemClock
from services.credentials import Credentials
from services.paths import Paths
from services.sample import SampleShop
from services.store import Store, good_copies, migrate
from tests.end2end.crash_parent import Driver
from tests.left import missing, profile_of, said_now, schema_version, what_must_stay

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork"),
]


def integrity(database: Path) -> str:
    with closing(sqlite3.connect(database)) as connection:
        return str(connection.execute("PRAGMA integrity_check").fetchone()[0])


def texts(profile: Path) -> set[str]:
    store = Store.open(profile / "shopbell.db", SystemClock())
    try:
        assert store.check() == []
        return {m["text"] for row in store.export_rows() for m in row.get("messages", ())}
    finally:
        store.close()


def fill(profile: Path, shop: SampleShop) -> None:
    app = Shopbell.open(profile, credentials=Credentials("fill", session_only=True))
    try:
        if not app.store.accounts():
            app.accounts.add("mastodon", {"server": shop.url}, {"access_token": shop.access_token})
        else:
            app.credentials.put(app.store.accounts()[0].id, {"access_token": shop.access_token})
        app.engine.sync_once()
    finally:
        app.close()


def test_killed_during_the_first_start(tmp_path: Path) -> None:
    """A profile half made is finished by the next start."""
    dice = random.Random(2)
    with SampleShop() as shop, Driver() as driver:
        fill(tmp_path / "calm", shop)
        expected = texts(tmp_path / "calm")
        for number in range(10):
            profile = tmp_path / f"first-{number}"
            order = {"profile": str(profile), "server": shop.url, "token": shop.access_token}
            for _ in range(2):
                driver.begin("add", **order)
                threading.Event().wait(dice.uniform(0, 0.25))
                driver.kill()
            driver.run("add", **order)
            assert texts(profile) == expected
            assert integrity(profile / "shopbell.db") == "ok"
        assert driver.failures == []


def test_killed_while_a_backup_is_put_back(tmp_path: Path) -> None:
    dice = random.Random(3)
    with SampleShop() as shop, Driver() as driver:
        old, file = tmp_path / "old", tmp_path / "copy.zip"
        fill(old, shop)
        store = Store.open(old / "shopbell.db", SystemClock())
        backup.write(store, Paths.open(old), file)
        store.close()
        before = texts(old)
        shop.say("karl", "This came after the backup.")
        # Killed right after fetching, so that the newest messages are still only in the log of the database.
        order = {"profile": str(old), "server": shop.url, "token": shop.access_token}
        driver.begin("work", **order)
        wait_for_text(old, "This came after the backup.")
        driver.kill()
        seen = {"old": 0, "new": 0}
        for number in range(20):
            profile = tmp_path / f"profile-{number}"
            shutil.copytree(old, profile)
            driver.begin("restore", file=str(file), profile=str(profile))
            threading.Event().wait(dice.uniform(0, 0.12))
            driver.kill()
            found = texts(profile)
            assert integrity(profile / "shopbell.db") == "ok"
            assert found >= before
            is_old = any("This came after" in text for text in found)
            seen["old" if is_old else "new"] += 1
            driver.run("restore", file=str(file), profile=str(profile))
            assert texts(profile) == before
        assert driver.failures == []
        assert seen["old"], seen


def wait_for_text(profile: Path, words: str) -> None:
    """Reads beside the running program, as another process may."""
    with closing(sqlite3.connect(profile / "shopbell.db")) as reader:
        for _ in range(5000):
            if reader.execute("SELECT 1 FROM messages WHERE text LIKE ?", (f"%{words}%",)).fetchone():
                return
            threading.Event().wait(0.002)
    pytest.fail("the message never came")


def test_killed_while_the_database_goes_to_a_new_version(tmp_path: Path) -> None:
    dice = random.Random(4)
    with SampleShop(count=400) as shop, Driver() as driver:
        fill(tmp_path / "old", shop)
    before = texts(tmp_path / "old")
    versions = set()
    with Driver() as driver:
        for number in range(20):
            profile = tmp_path / f"profile-{number}"
            shutil.copytree(tmp_path / "old", profile)
            driver.begin("upgrade", profile=str(profile), stamp=f"2026112{number % 10}T0704{number:02}")
            threading.Event().wait(dice.uniform(0, 0.08))
            driver.kill()
            driver.run("upgrade", profile=str(profile), stamp=f"2026112{number % 10}T0705{number:02}")
            with closing(sqlite3.connect(profile / "shopbell.db")) as database:
                versions.add(database.execute("PRAGMA user_version").fetchone()[0])
                rows = {text for (text,) in database.execute("SELECT text FROM messages")}
                assert {text for (text,) in database.execute("SELECT text FROM tomorrow")} == rows
            assert rows >= before - {""}
            assert integrity(profile / "shopbell.db") == "ok"
            assert good_copies(profile / "shopbell.db"), "the old version was not kept"
        assert driver.failures == []
    assert versions == {migrate.latest() + 1}


def test_killed_again_and_again_while_an_old_profile_is_brought_up_to_date(tmp_path: Path) -> None:
    """What owners have on their disks, with drafts, corrections and replies of every state in it."""
    dice = random.Random(5)
    before = what_must_stay(1)
    found = {"old": 0, "new": 0}
    with Driver() as driver:
        for number in range(12):
            profile = tmp_path / f"profile-{number}"
            profile.mkdir()
            shutil.copy(profile_of(1), profile / "shopbell.db")
            for _ in range(3):
                driver.begin("open_old", profile=str(profile))
                threading.Event().wait(dice.uniform(0, 0.05))
                driver.kill()
                # The file in its place is a whole one at every moment, of one version or the other.
                assert integrity(profile / "shopbell.db") == "ok"
                version = schema_version(profile / "shopbell.db")
                found["old" if version == 1 else "new"] += 1
                assert version in (1, migrate.latest())
            driver.run("open_old", profile=str(profile))
            assert missing(before, said_now(profile / "shopbell.db")) == []
            kept = good_copies(profile / "shopbell.db")
            assert {schema_version(one) for one in kept} == {1}
            assert not list(profile.glob("shopbell.db.new*"))
        assert driver.failures == []
    assert found["old"], found
