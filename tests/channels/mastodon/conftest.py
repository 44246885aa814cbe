from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.channels.mastodon.desk import FLAVOURS, Desk

OpenDesk = Callable[..., Desk]


@pytest.fixture
def open_desk() -> Iterator[OpenDesk]:
    """Opens desks and closes them after the test."""
    desks: list[Desk] = []

    def make(flavour: str = "mastodon", **more: Any) -> Desk:
        desks.append(Desk(flavour, **more))
        return desks[-1]

    yield make
    for desk in desks:
        desk.close()


@pytest.fixture(params=FLAVOURS)
def desk(request: pytest.FixtureRequest, open_desk: OpenDesk) -> Desk:
    """Signed in, the first quiet look done, on each kind of server."""
    opened = open_desk(request.param).sign_in()
    opened.look()
    return opened


@pytest.fixture
def plain_desk(open_desk: OpenDesk) -> Desk:
    """The same on Mastodon alone."""
    opened = open_desk().sign_in()
    opened.look()
    return opened
