"""A round over 20 accounts of every kind there is, when nothing happens: next to no work.

Counts rather than seconds, so that a busy machine cannot blur them; the seconds are those of the polling
thread alone, and far from their limit.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from services.app import Shopbell
from services.credentials import Credentials
from services.store import Store
from tests.channels.round import Street, kinds, settle
from tests.fakes import FakeKeyring

ACCOUNTS = 20
MOST_S = 1.0
MOST_WRITES = 3
"""Statements that change something, for each account: its cursor, and that it was heard."""


@pytest.fixture(scope="module")
def street() -> Iterator[Street]:
    made = Street(ACCOUNTS)
    yield made
    made.close()


@contextmanager
def written(store: Store) -> Iterator[list[str]]:
    """Statements the writer runs meanwhile."""
    said: list[str] = []
    store._database.on_writer(lambda connection: connection.set_trace_callback(said.append))
    yield said
    store._database.on_writer(lambda connection: connection.set_trace_callback(None))


def test_a_round_over_idle_accounts_is_cheap(street: Street, tmp_path: Path) -> None:
    keyring = FakeKeyring()
    app = Shopbell.open(tmp_path / "profile", credentials=Credentials("idle", keyring))
    try:
        settle(app, street.places)
        accounts = app.store.accounts()
        assert {one.kind for one in accounts} == {kind for kind, _ in kinds()}
        assert len(accounts) == ACCOUNTS
        for _ in range(2):  # what is new, and what is told once
            report = app.engine.sync_once()
            assert [one.error for one in report.accounts] == [None] * ACCOUNTS
        reads = keyring.reads
        with written(app.store) as said:
            before = time.thread_time()
            results = [app.engine.poll(account) for account in accounts]
            seconds = time.thread_time() - before
        assert [(one.new, one.updated, one.error) for one in results] == [(0, 0, None)] * ACCOUNTS
        assert keyring.reads == reads, "secrets are asked for once, not at every poll"
        changes = [one for one in said if one.split(maxsplit=1)[0] in ("INSERT", "UPDATE", "DELETE")]
        assert len(changes) <= MOST_WRITES * ACCOUNTS, changes
        assert seconds < MOST_S
    finally:
        app.close()
