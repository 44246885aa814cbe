from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.app import Shopbell
from services.channels import Registry
from services.credentials import Credentials
from services.model import Account
from tests.fakes import FakeClock
from tests.toy import ToyNetwork, toy_channel


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def network(clock: FakeClock) -> ToyNetwork:
    return ToyNetwork(clock)


@pytest.fixture
def app(tmp_path: Path, clock: FakeClock, network: ToyNetwork) -> Iterator[Shopbell]:
    credentials = Credentials("test-profile")
    credentials.keep_for_session()
    made = Shopbell.open(
        tmp_path / "profile", clock=clock, credentials=credentials, channels=Registry([toy_channel(network)])
    )
    yield made
    made.close()


@pytest.fixture
def account(app: Shopbell) -> Account:
    return app.accounts.add("toy", {}, {"token": "good"})
