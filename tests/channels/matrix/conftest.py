from __future__ import annotations

from collections.abc import Iterator

import pytest

from services.channels.matrix import Matrix
from tests.channels.chat_desk import ChatDesk
from tests.channels.matrix.standin import Standin
from tests.fakes import FakeClock


@pytest.fixture
def fresh_desk() -> Iterator[ChatDesk]:
    """Before anything was asked."""
    clock = FakeClock()
    desk = ChatDesk(Matrix, Standin(clock), clock)
    yield desk
    desk.close()


@pytest.fixture
def desk(fresh_desk: ChatDesk) -> ChatDesk:
    """Signed in, the first quiet look done."""
    fresh_desk.sign_in()
    fresh_desk.look()
    return fresh_desk
