from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from services.sample import SampleShop
from tests.fakes import FakeClock
from tests.unit.sample.client import Client


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def open_shop(clock: FakeClock) -> Iterator[Callable[..., SampleShop]]:
    """Starts shops of any kind and stops them at the end."""
    started: list[SampleShop] = []

    def start(**options: Any) -> SampleShop:
        shop = SampleShop(clock, **options)
        started.append(shop)
        shop.start()
        return shop

    yield start
    for shop in started:
        shop.stop()


@pytest.fixture
def shop(open_shop: Callable[..., SampleShop]) -> SampleShop:
    return open_shop()


@pytest.fixture
def client(shop: SampleShop) -> Iterator[Client]:
    client = Client(shop)
    yield client
    client.close()
