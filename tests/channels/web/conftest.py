"""A web of our own and a server that behaves as badly as a test wants."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from services.channels.web import Web, WebShared
from tests.channels.web.help import SECRET
from tests.fakes import FakeClock
from tests.hostile.server import HostileServer


@pytest.fixture
def server() -> Iterator[HostileServer]:
    with HostileServer() as running:
        yield running


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def shared(clock: FakeClock) -> Iterator[WebShared]:
    one = WebShared(clock)
    yield one
    one.close()


@pytest.fixture
def web(shared: WebShared) -> Web:
    return shared.web(secrets=[SECRET])
