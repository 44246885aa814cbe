"""What every part of the facade stands on: the open file, the clock, and the one way to write."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from services.clock import Clock
from services.store.connection import Database

T = TypeVar("T")


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

