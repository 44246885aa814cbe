"""What every part of the facade stands on: the open file, the clock, and the one way to write."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

from services.clock import Clock
from services.store.connection import Database

T = TypeVar("T")


class Later:
    """A module of this folder, read from the disk when first used: the first paint needs a third of them."""

    def __init__(self, name: str) -> None:
        self._name = f"services.store.{name}"

    def __getattr__(self, attribute: str) -> Any:
        return getattr(import_module(self._name), attribute)


class Room:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def close(self) -> None:
        """Waits for the running transaction."""
        self._database.close()

    @property
    def path(self) -> Path:
        return self._database.path

    @property
    def schema_version(self) -> int:
        with self._database.read() as connection:
            version: int = connection.execute("PRAGMA user_version").fetchone()[0]
        return version

    def _write(self, job: Callable[[sqlite3.Connection, datetime], T], *, durable: bool = False) -> T:
        return self._database.write(lambda connection: job(connection, self._clock.now()), durable=durable)
