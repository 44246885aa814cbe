from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.channels.wordpress.desk import Desk

OpenDesk = Callable[..., Desk]


@pytest.fixture
def open_desk() -> Iterator[OpenDesk]:
    """Opens desks and closes them after the test."""
    desks: list[Desk] = []

    def make(role: str = "administrator", **site: Any) -> Desk:
        desks.append(Desk(role, **site))
        return desks[-1]

    yield make
    for desk in desks:
        desk.close()


@pytest.fixture
def desk(open_desk: OpenDesk) -> Desk:
    """Signed in, the first quiet look done."""
    opened = open_desk().sign_in()
    opened.look()
    return opened
