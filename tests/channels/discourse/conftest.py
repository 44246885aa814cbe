from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.channels.discourse.desk import Desk

OpenDesk = Callable[..., Desk]


@pytest.fixture
def open_desk() -> Iterator[OpenDesk]:
    """Opens desks and closes them after the test."""
    desks: list[Desk] = []

    def make(**more: Any) -> Desk:
        desks.append(Desk(**more))
        return desks[-1]

    yield make
    for desk in desks:
        desk.close()


@pytest.fixture
def desk(open_desk: OpenDesk) -> Desk:
    """Signed in as a member, the first quiet look done on a forum where nobody has spoken."""
    opened = open_desk().sign_in()
    opened.look()
    return opened
