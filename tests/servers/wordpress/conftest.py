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
from tests.servers.wordpress.help import opened


@pytest.fixture(scope="session")
def open_site() -> Iterator[Callable[..., Any]]:
    """Starts sites and stops them at the end. Their folders have short names, for a socket's may not be
    long."""
    module = need("wordpress")
    running: list[Any] = []

    def start(**how: Any) -> Any:
        made = module.Server(Path(tempfile.mkdtemp(prefix="shopbell-wp-")), **how)
        running.append(made)
        return made.start()

    yield start
    for one in running:
        one.stop()
        shutil.rmtree(one.folder, ignore_errors=True)


@pytest.fixture(scope="session")
def site(open_site: Callable[..., Any]) -> Any:
    """A WordPress with nice permalinks. Its posts are the tests' own; everything else they share."""
    return open_site()


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Shopbell]:
    opened = Shopbell.open(tmp_path / "profile", credentials=Credentials("test", session_only=True))
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    while opened:
        opened.pop().close()
