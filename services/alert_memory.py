"""What the alerts must still know after a restart: whom the owner was reminded of, what came in quiet hours,
what nobody has looked at. Numbers and times only; the words are in the database.

A file beside the settings, because it is worth less than anything in the database: where it is missing or
cannot be read, at worst one reminder comes twice.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from services.clock import iso, parse_iso
from services.errors import DiskFull
from services.files import write_atomically

log = logging.getLogger(__name__)

Moments = tuple[tuple[int, datetime], ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """Conversations by number. ``watched``: since when each is known here; ``told``: reminders, by the time
    the wait began."""

    unseen: tuple[int, ...] = ()
    held: tuple[int, ...] = ()
    watched: Moments = ()
    told: Moments = ()
    told_at: datetime | None = None
    is_spiking: bool = False


class AlertMemory:
    """One file. Writes only what differs from the last time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._last = Kept()

    def load(self) -> Kept:
        """Whatever of it makes sense."""
        try:
            document = json.loads(self._path.read_bytes())
            self._last = Kept(
                unseen=_numbers(document["unseen"]),
                held=_numbers(document["held"]),
                watched=_moments(document["watched"]),
                told=_moments(document["told"]),
                told_at=parse_iso(document["told_at"]) if document["told_at"] else None,
                is_spiking=document["is_spiking"] is True,
            )
        except FileNotFoundError:
            pass
        except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            log.info("what was told is not known any more: %s", type(error).__name__)
        return self._last

    def keep(self, kept: Kept) -> None:
        if kept == self._last:
            return
        self._last = kept
        document = {
            "unseen": kept.unseen,
            "held": kept.held,
            "watched": [(one, iso(at)) for one, at in kept.watched],
            "told": [(one, iso(at)) for one, at in kept.told],
            "told_at": iso(kept.told_at) if kept.told_at else "",
            "is_spiking": kept.is_spiking,
        }
        try:
            write_atomically(self._path, json.dumps(document).encode())
        except (OSError, DiskFull) as error:
            log.info("what was told could not be kept: %s", type(error).__name__)


def _numbers(found: Iterable[Any]) -> tuple[int, ...]:
    return tuple(int(one) for one in found)


def _moments(found: Iterable[Any]) -> Moments:
    return tuple((int(one), parse_iso(at)) for one, at in found)
