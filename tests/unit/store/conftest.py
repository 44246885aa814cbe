from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from services.model import Account, Verdict
from services.store import Applied, Store
from tests.fakes import FakeClock
from tests.unit.store.kit import Builder, Step

Put = Callable[..., Applied]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def store(tmp_path: Path, clock: FakeClock) -> Iterator[Store]:
    opened = Store.open(tmp_path / "inbox.db", clock)
    yield opened
    opened.close()


@pytest.fixture
def account(store: Store) -> Account:
    return store.add_account(
        "mastodon", "Shop", handle="@crumb", remote_id="us", url="https://a.example/@crumb"
    )


@pytest.fixture
def make() -> Builder:
    return Builder()


@pytest.fixture
def put(store: Store, account: Account) -> Put:
    """Stores messages as one live batch; ``verdicts`` by remote id."""

    def apply(*messages, verdicts: dict[str, Verdict] | None = None, **more) -> Applied:  # type: ignore[no-untyped-def]
        since = more.pop("since", None)
        return store.apply(account.id, Step(messages, **more), verdicts or {}, backfill_since=since)

    return apply
