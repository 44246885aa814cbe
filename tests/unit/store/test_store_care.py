"""Copies, checks, pruning, export, figures."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from services.errors import StoreError
from services.model import State
from services.store import Store, is_sound
from tests.fakes import TUESDAY, FakeClock
from tests.unit.store.kit import COMPLAINT


@pytest.fixture
def shop(store: Store, make, put):  # type: ignore[no-untyped-def]
    put(
        make.said("old", "Long ago, a secret", days=-100),
        make.said("fresh", "Cold!", minutes=-90),
        make.said("asked", "When?", minutes=-60, author="jonas"),
        make.answered("told", "Now.", parent="asked", minutes=-50),
        verdicts={"fresh": COMPLAINT},
    )
    (old,) = [row.id for row in store.page("new").conversations if row.snippet.startswith("Long")]
    store.mark([old], State.DONE)
    return old


def test_a_backup_is_one_sound_file(store: Store, shop, tmp_path: Path, clock: FakeClock) -> None:
    seen: list[tuple[int, int]] = []
    target = tmp_path / "backup.db"
    store.backup_to(target, lambda done, total: seen.append((done, total)))
    assert is_sound(target)
    assert seen[-1][0] == seen[-1][1]
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith("backup")] == ["backup.db"]
    restored = Store.open(target, clock)
    assert {row.snippet for row in restored.page("all").conversations} == {
        "Long ago, a secret",
        "Cold!",
        "Now.",
    }
    restored.close()


def test_a_backup_into_nowhere_leaves_nothing(store: Store, tmp_path: Path) -> None:
    with pytest.raises((StoreError, OSError)):
        store.backup_to(tmp_path / "no" / "such" / "folder.db")
    assert not is_sound(tmp_path / "no")
    assert not (tmp_path / "no").exists()


def test_a_copy_is_made_once_a_day(store: Store, shop, clock: FakeClock) -> None:
    first = store.keep_copy(older_than=timedelta(days=1))
    assert first is not None
    import os

    os.utime(first, (clock.now().timestamp(), clock.now().timestamp()))
    assert store.keep_copy(older_than=timedelta(days=1)) is None
    clock.advance(days=2)
    assert store.keep_copy(older_than=timedelta(days=1)) is not None
    assert len(store.copies()) == 2


def test_an_index_out_of_step_is_found(store: Store, shop) -> None:
    assert store.check() == []
    store._database.write(lambda c: c.execute("DELETE FROM messages_fts WHERE rowid = 1"))
    assert store.check() == ["full-text index"]


def test_content_goes_and_status_stays(store: Store, make, put, shop: int) -> None:
    assert store.prune(TUESDAY - timedelta(days=30)) == frozenset({shop})
    assert b"Long ago, a secret" not in json.dumps(list(store.export_rows())).encode()
    assert store.thread(shop).messages == ()
    assert store.search("secret").conversations == ()
    assert (store.view_size("done"), store.view_size("new")) == (0, 1)
    applied = put(make.said("old", "Long ago, a secret", days=-100))
    assert (applied.new, applied.updated) == ((), 0)
    assert store.view_size("new") == 1, "what reappears is not new again"
    put(make.said("again", "Me again", parent_id="old", minutes=-1))
    row = store.conversation(shop)
    assert (row.state, row.snippet) == (State.NEW, "Me again")
    assert store.prune(TUESDAY - timedelta(days=30)) == frozenset()
    assert store.check() == []


def test_what_still_waits_is_never_pruned(store: Store, make, put) -> None:
    put(make.said("a", days=-400))
    assert store.prune(TUESDAY) == frozenset()
    assert store.view_size("new") == 1


def test_export_holds_everything_readable(store: Store, shop) -> None:
    rows = list(store.export_rows())
    assert [row["record"] for row in rows] == ["account", "conversation", "conversation", "conversation"]
    texts = {message["text"] for row in rows[1:] for message in row["messages"]}
    assert texts == {"Long ago, a secret", "Cold!", "When?", "Now."}
    json.dumps(rows)


def test_figures(store: Store, shop) -> None:
    figures = store.response_times(TUESDAY - timedelta(days=7))
    assert [(one.asked_at, one.answered_at) for one in figures.answered] == [
        (TUESDAY - timedelta(minutes=60), TUESDAY - timedelta(minutes=50))
    ]
    assert [(one.day.isoformat(), one.messages, one.complaints) for one in figures.days] == [
        ("2026-11-24", 2, 1)
    ]
    assert figures.unanswered == 1
    assert len(store.response_times(TUESDAY - timedelta(days=700)).days) == 2
