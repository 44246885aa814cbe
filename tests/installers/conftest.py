"""Installers, built from stand-ins and used as owners use them (``make installer-test``)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.installers import wine

IS_REQUIRED = os.environ.get("SHOPBELL_INSTALLERS") == "required"


def need(missing: str) -> None:
    """Skips the test where programs are missing, or fails it where they are required."""
    if not missing:
        return
    reason = f"not installed here: {missing}; make installer-test installs it"
    if IS_REQUIRED:
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def windows_made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[wine.Wine]:
    need(wine.missing())
    windows = wine.Wine(tmp_path_factory.mktemp("wine"))
    try:
        windows.start()
        yield windows
    finally:
        windows.stop()


@pytest.fixture
def windows(windows_made: wine.Wine) -> wine.Wine:
    """A Windows that never saw Shopbell."""
    windows_made.forget()
    return windows_made


@pytest.fixture(scope="session")
def setups(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The setups of versions 1.0.0 and 1.1.0."""
    need(wine.missing())
    folder = tmp_path_factory.mktemp("setups")
    return wine.make_setup(folder, "1.0.0"), wine.make_setup(folder, "1.1.0")
