"""What happened after the week, kept in a file, so that a shop which is started again still knows what was
said to it.

One JSON object per line, in the order in which it happened. Played back into the same week (same seed, same
end) it gives the same ids. Kept are words, people and likes, and how far the live events came; settings of
the server (policy, read marks, tokens) are not.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from services.clock import parse_iso

if TYPE_CHECKING:
    from services.sample.records import Status
    from services.sample.site import Site
    from services.sample.world import World

Record = dict[str, Any]
Recorder = Callable[..., None]


def nowhere(_op: str, **_values: Any) -> None:
    """For a shop without a journal, and while one is played back."""


class Journal:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def records(self) -> list[Record]:
        """Everything readable; a line that was cut off in the middle ends it."""
        found: list[Record] = []
        try:
            lines = self._path.read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return found
        for line in lines:
            try:
                record = json.loads(line)
            except ValueError:
                break
            if not isinstance(record, dict):
                break
            found.append(record)
        return found

    def keep(self, records: list[Record]) -> None:
        """Starts the file anew with these, so that nothing is ever written behind half a line."""
        text = "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records)
        self._path.write_text(text, encoding="utf-8")

    def record(self, op: str, **values: Any) -> None:
        """On its way to the disk before the client has its answer."""
        line = json.dumps({"op": op} | values, ensure_ascii=False, default=_plain) + "\n"
        with self._lock, self._path.open("a", encoding="utf-8") as file:
            file.write(line)


def _plain(value: object) -> str:
    # Microseconds are kept: ids and order depend on the exact time.
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)


class Playback:
    """Carries out records again. ``names`` maps the keys of statuses to them and is added to; ``ticks``
    counts the live events."""

    def __init__(self, world: World, site: Site, names: dict[str, Status]) -> None:
        self._world = world
        self._site = site
        self._names = names
        self.ticks = 0

    def run(self, records: list[Record]) -> list[Record]:
        """Returns what could be carried out: everything up to the first record that does not fit this
        week."""
        for number, record in enumerate(records):
            values = dict(record)
            try:
                getattr(self, f"_{values.pop('op')}")(**values)
            except (AttributeError, KeyError, TypeError, ValueError):
                return records[:number]
        return records

    def _person(
        self, username: str, domain: str, name: str, created_at: str, note: str, followers: int
    ) -> None:
        self._world.add_person(username, domain, name, parse_iso(created_at), note, followers)

    def _post(
        self, author: str, text: str, at: str, arrived: str, reply_to: str, quote_of: str, **more: Any
    ) -> None:
        statuses, people = self._world.statuses, self._world.people
        self._world.post(
            people[author],
            text,
            at=parse_iso(at),
            arrived=parse_iso(arrived),
            reply_to=statuses[reply_to] if reply_to else None,
            quote_of=statuses[quote_of] if quote_of else None,
            **more,
        )

    def _edit(self, id: str, text: str, spoiler: str, at: str) -> None:  # noqa: A002 - as in the file
        self._world.edit(self._world.statuses[id], text, parse_iso(at), spoiler)

    def _delete(self, id: str) -> None:  # noqa: A002
        self._world.delete(self._world.statuses[id])

    def _follow(self, person: str, at: str) -> None:
        self._world.follow(self._world.people[person], parse_iso(at))

    def _block(self, person: str, on: bool) -> None:
        self._world.block(self._world.people[person], on)

    def _favourite(self, person: str, id: str, at: str) -> None:  # noqa: A002
        self._world.favourite(self._world.people[person], self._world.statuses[id], parse_iso(at))

    def _boost(self, person: str, id: str, at: str) -> None:  # noqa: A002
        self._world.boost(self._world.people[person], self._world.statuses[id], parse_iso(at))

    def _accept(self, person: str) -> None:
        self._world.accept_from(self._world.people[person])

    def _name(self, key: str, id: str) -> None:  # noqa: A002
        self._names[key] = self._world.statuses[id]

    def _tick(self) -> None:
        self.ticks += 1

    def _publish(self, place: str, author: str, text: str, at: str, **more: Any) -> None:
        self._site.publish(place, author, text, at=parse_iso(at), **more)

    def _edit_entry(self, key: str, text: str, title: str, at: str) -> None:
        self._site.edit(key, text, title, parse_iso(at))

    def _remove_entry(self, key: str) -> None:
        self._site.remove(key)
