"""Full disks, killed processes, two programs on one file, many threads."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from services.errors import DatabaseBusy, DiskFull, StoreError
from services.model import State
from services.store import Store, connection as rooms
from tests.fakes import TUESDAY, FakeClock
from tests.unit.store.kit import Step

PROJECT = Path(__file__).resolve().parents[3]


def test_a_full_disk_says_so_and_keeps_what_was_there(store: Store, account, make) -> None:
    store.apply(account.id, Step((make.said("before"),), cursor={"at": 1}), {})

    def limit(connection: sqlite3.Connection) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages + 20}")

    store._database.on_writer(limit)
    many = tuple(make.said(f"m{n}", "long text " * 200, minutes=-n) for n in range(100))
    with pytest.raises(DiskFull):
        store.apply(account.id, Step(many, cursor={"at": 2}), {})
    assert store.cursor(account.id) == {"at": 1}
    assert store.counts().new == 1
    store._database.on_writer(lambda connection: connection.execute("PRAGMA max_page_count=1000000"))
    assert len(store.apply(account.id, Step(many, cursor={"at": 2}), {}).new) == 100
    assert store.cursor(account.id) == {"at": 2}
    assert store.check() == []


def test_a_disk_full_while_queueing_leaves_the_draft(store: Store, account, make, put) -> None:
    put(make.said("a"))
    one = store.page("new").conversations[0].id
    store.save_draft(one, "my words")
    store._database.on_writer(
        lambda c: c.execute(f"PRAGMA max_page_count={c.execute('PRAGMA page_count').fetchone()[0]}")
    )
    with pytest.raises(DiskFull):
        store.queue_reply(
            one, "x" * 100_000, private=False, key="k", parent_remote_id="a", hold_until=TUESDAY, seen_id=1
        )
    assert (store.draft(one), store.outbox()) == ("my words", ())


def test_another_program_that_holds_the_lock_is_waited_for_then_named(store: Store, account) -> None:
    store._database.on_writer(lambda connection: connection.execute("PRAGMA busy_timeout=50"))
    with closing(sqlite3.connect(store.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseBusy):
            store.set_meta("a", "b")
        assert store.accounts() == (account,), "reading goes on"
        other.execute("ROLLBACK")
    store.set_meta("a", "b")


def test_two_programs_write_in_turns(tmp_path: Path, clock: FakeClock, make) -> None:
    """Two stores on one file, as two processes would have them."""
    path = tmp_path / "inbox.db"
    with closing(Store.open(path, clock)) as one, closing(Store.open(path, clock)) as two:
        account = one.add_account("toy", "Toy")

        def fill(store: Store, name: str) -> int:
            return sum(
                len(store.apply(account.id, Step((make.said(f"{name}{n}"), make.said(f"both{n}"))), {}).new)
                for n in range(60)
            )

        with ThreadPoolExecutor(2) as pool:
            new = list(pool.map(fill, (one, two), ("a", "b")))
        assert sum(new) == 180
        assert one.counts().new == two.counts().new == 180
        assert one.check() == []


def test_many_threads_read_while_one_writes(store: Store, account, make) -> None:
    stop = threading.Event()
    wrong: list[object] = []

    def read() -> None:
        while not stop.is_set():
            counts, page = store.counts(), store.page("new", limit=30)
            for row in page.conversations:
                if row.state is not State.NEW or row.waiting_since is None:
                    wrong.append(row)
            if counts.new < len(page.conversations) - 30:
                wrong.append(counts)
            store.search("text")

    with ThreadPoolExecutor(4) as pool:
        readers = [pool.submit(read) for _ in range(4)]
        for n in range(30):
            store.apply(account.id, Step(tuple(make.said(f"{n}-{i}", "text") for i in range(10))), {})
        stop.set()
        for one in readers:
            one.result()
    assert wrong == []
    assert store.counts().new == 300


def test_an_error_inside_a_write_undoes_all_of_it(store: Store) -> None:
    def half(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO meta VALUES ('half', 'done')")
        raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        store._database.write(half)
    assert store.get_meta("half") is None
    store.set_meta("whole", "1")


def test_closing_waits_for_the_running_transaction(tmp_path: Path, clock: FakeClock) -> None:
    store = Store.open(tmp_path / "inbox.db", clock)
    started, go_on = threading.Event(), threading.Event()

    def slow(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO meta VALUES ('slow', '1')")
        started.set()
        assert go_on.wait(10)

    with ThreadPoolExecutor(2) as pool:
        writing = pool.submit(store._database.write, slow)
        assert started.wait(10)
        closing_ = pool.submit(store.close)
        go_on.set()
        closing_.result(10)
        writing.result(10)
    store = Store.open(tmp_path / "inbox.db", clock)
    assert store.get_meta("slow") == "1"
    store.close()
    with pytest.raises(StoreError):
        store.set_meta("a", "b")


def test_errors_of_sqlite_become_ours(tmp_path: Path) -> None:
    error = sqlite3.OperationalError("no such table: x")
    assert type(rooms.translate(error, tmp_path / "inbox.db")) is StoreError
    assert str(tmp_path) not in json.dumps(dict(rooms.translate(error, tmp_path / "inbox.db").detail))


FILL = """
import sys
from pathlib import Path
from services.clock import SystemClock
from services.store import Store
from tests.unit.store.kit import Builder, Step, Told, US
from tests.fakes import TUESDAY
store = Store.open(Path(sys.argv[1]), SystemClock())
account = (store.accounts() or (store.add_account("toy", "Toy"),))[0]
make = Builder()
at = store.cursor(account.id).get("at", 0)
print("go", flush=True)
while True:
    batch = [
        make.said(f"m{n}", f"text {n}", conversation_key=f"k{n % 7}", minutes=n) for n in range(at, at + 150)
    ]
    store.apply(account.id, Step(tuple(batch), cursor={"at": at + 150}), {})
    at += 150
    key = f"key{at}"
    item = store.queue_reply(
        1, f"answer {at}", private=False, key=key, parent_remote_id="m0", hold_until=TUESDAY, seen_id=1
    )
    print("queued", key, flush=True)
    if store.claim_reply(item.id, TUESDAY):
        print("claimed", key, flush=True)
        store.reply_sent(item.id, Told("r" + key, TUESDAY), US)
        print("sent", key, flush=True)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_killed_again_and_again_while_storing(tmp_path: Path, clock: FakeClock) -> None:
    """What was reported done is there; the cursor never runs ahead of the messages; nothing is there
    twice."""
    path = tmp_path / "inbox.db"
    reported: dict[str, str] = {}
    for round_ in range(8):
        child = subprocess.Popen(
            [sys.executable, "-c", FILL, str(path)], cwd=PROJECT, stdout=subprocess.PIPE, text=True
        )
        assert child.stdout.readline() == "go\n"
        threading.Event().wait(0.02 + 0.03 * round_)
        child.kill()
        lines = [line.split() for line in child.communicate()[0].splitlines()]
        reported.update((line[1], line[0]) for line in lines if len(line) == 2)
        with closing(Store.open(path, clock)) as store:
            assert store.check() == []
            account = store.accounts()[0]
            at = store.cursor(account.id).get("at", 0)
            known = store.known(account.id, [f"m{n}" for n in range(at)])
            assert len(known) == at
    order = ["holding", "sending", "sent"]
    with closing(Store.open(path, clock)) as store, store._database.read() as connection:
        states = dict(connection.execute("SELECT key, state FROM outbox").fetchall())
        least = {"queued": "holding", "claimed": "sending", "sent": "sent"}
        assert reported
        for key, told in reported.items():
            assert order.index(states[key]) >= order.index(least[told])
        sent = [key for key, state in states.items() if state == "sent"]
        answers = connection.execute(
            "SELECT count(*) FROM message_status WHERE direction = 'outbound'"
        ).fetchone()[0]
        assert answers == len(sent)
