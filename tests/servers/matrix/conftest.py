from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from services.app import Shopbell
from services.channels.web import WebShared
from services.clock import SystemClock
from services.credentials import Credentials
from services.model import Message
from tests.servers.conftest import need
from tests.servers.matrix.desk import Desk, Line

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def open_server() -> Iterator[Callable[..., Any]]:
    """Starts servers and stops them at the end."""
    module = need("matrix")
    running: list[Any] = []

    def start(**how: Any) -> Any:
        made = module.Server(Path(tempfile.mkdtemp(prefix="shopbell-mx-")), **how)
        running.append(made)
        return made.start()

    yield start
    for one in running:
        one.stop()
        shutil.rmtree(one.folder, ignore_errors=True)


@pytest.fixture(scope="session")
def server(open_server: Callable[..., Any]) -> Any:
    """A Synapse. Its people and rooms are the tests' own; everything else they share."""
    return open_server()


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Shopbell]:
    opened = Shopbell.open(tmp_path / "profile", credentials=Credentials("test", session_only=True))
    yield opened
    opened.close()


@pytest.fixture
def shared() -> Iterator[WebShared]:
    made = WebShared(SystemClock(), proxies={})
    yield made
    made.close()


@pytest.fixture
def shop(server: Any) -> Any:
    return server.register("shop", "Rosie's Bakery")


@pytest.fixture
def ann(server: Any) -> Any:
    return server.register("ann", "Ann Lee")


@pytest.fixture
def room(shop: Any, ann: Any) -> str:
    made: str = shop.make_room("Cakes", room_alias_name=f"cakes{next(_numbers)}")
    ann.join(made)
    return made


@pytest.fixture
def fresh(shop: Any, shared: WebShared) -> Desk:
    return Desk(shop, shared, {"server": shop.server.url}, shop.token)


@pytest.fixture
def desk(fresh: Desk, room: str) -> Desk:
    """Signed in, the first quiet look done."""
    fresh.sign_in().look()
    return fresh


@pytest.fixture
def complaint(desk: Desk, room: str, ann: Any) -> Message:
    ann.say(room, "My cake was dry")
    return desk.only()


@pytest.fixture
def line(server: Any) -> Iterator[Line]:
    made = Line(server, b"PUT /_matrix/client/v3/rooms")
    yield made
    made.close()
