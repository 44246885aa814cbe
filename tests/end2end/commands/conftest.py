"""The program as a script sees it, and the sample shop it speaks to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.sample import SampleShop
from tests.end2end.program import Program


@pytest.fixture
def shop() -> Iterator[SampleShop]:
    with SampleShop() as made:
        yield made


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path / "profile")


@pytest.fixture
def added(program: Program, shop: SampleShop) -> dict[str, Any]:
    return program.add_mastodon(shop.url, shop.access_token)


@pytest.fixture
def synced(program: Program, shop: SampleShop, added: dict[str, Any]) -> Program:
    program.good("sync")
    return program


@pytest.fixture(scope="module")
def synced_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """For tests that only read."""
    with SampleShop() as shop:
        program = Program(tmp_path_factory.mktemp("reading") / "profile")
        program.add_mastodon(shop.url, shop.access_token)
        program.good("sync")
        yield program
