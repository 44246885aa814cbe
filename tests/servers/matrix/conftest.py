from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from services.app import Shopbell
from services.credentials import Credentials
from tests.servers.conftest import need


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
