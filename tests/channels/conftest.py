"""The whole application in front of one network, for the tests that put a channel through it.

``standin`` is that of the folder the test stands in. ``clock`` and ``credentials`` may be given by the folder
or the test module: then ``app`` runs on those.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.app import Shopbell
from services.channels.web import WebShared
from services.clock import Clock, SystemClock
from services.credentials import Credentials


@pytest.fixture
def clock() -> Clock:
    return SystemClock()


@pytest.fixture
def credentials() -> Credentials:
    return Credentials("test", session_only=True)


@pytest.fixture
def app(tmp_path: Path, clock: Clock, credentials: Credentials) -> Iterator[Shopbell]:
    web = WebShared(clock, proxies={})
    opened = Shopbell.open(tmp_path / "profile", clock=clock, credentials=credentials, web=web)
    yield opened
    opened.close()
    web.close()


@pytest.fixture
def standin(request: pytest.FixtureRequest, clock: Clock) -> Iterator[Any]:
    kind = importlib.import_module(f"tests.channels.{request.path.parent.name}.standin").Standin
    made = kind() if isinstance(clock, SystemClock) else kind(clock)
    made.start()
    yield made
    made.stop()
