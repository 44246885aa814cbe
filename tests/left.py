"""The profiles that earlier versions left in ``tests/data``, and what of them is lost, if anything."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from services.store import Store
from tests import leave_profile

_DOUBTED = re.compile(
    r".*/(state: 'holding' became 'sending'|attempts: 0 became 1|first_attempt_at: None became '.*')"
)
DATA = Path(__file__).resolve().parent / "data"


def profile_of(number: int) -> Path:
    return DATA / f"profile-v{number}.db"


def told_by(number: int) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((DATA / f"profile-v{number}.json").read_text("utf-8"))
    return told


def said_now(path: Path) -> dict[str, Any]:
    store = Store.open(path, leave_profile.StoppedClock())
    try:
        assert store.check() == []
        found: dict[str, Any] = json.loads(leave_profile.as_json(leave_profile.report(store)))
        return found
    finally:
        store.close()


def missing_of_backup(old: Any, new: Any) -> list[str]:
    """As ``missing``, for a backup that was put back: what waited to be sent counts as on its way there, for
    the profile that it was made of may have sent it since."""
    return [one for one in missing(old, new) if not _DOUBTED.fullmatch(one)]


def missing(old: Any, new: Any, where: str = "") -> list[str]:
    """What the old program said and the new one does not say, or says otherwise. It may say more."""
    if isinstance(old, dict):
        if not isinstance(new, dict):
            return [f"{where}: {old!r} became {new!r}"]
        return [
            one for key in old for one in missing(old[key], new.get(key, "nothing at all"), f"{where}/{key}")
        ]
    if isinstance(old, list) and old and isinstance(old[0], dict) and isinstance(new, list):
        left = {name_of(one): one for one in new}
        return [
            lack
            for one in old
            for lack in missing(one, left.get(name_of(one), "nothing at all"), f"{where}/{name_of(one)}")
        ]
    return [] if old == new else [f"{where}: {old!r} became {new!r}"]


def name_of(record: dict[str, Any]) -> str:
    given = (record.get(key, "") for key in ("record", "id", "message_id", "name"))
    return "-".join(map(str, given))


def what_must_stay(number: int) -> dict[str, Any]:
    told = told_by(number)
    assert told.pop("schema") == number
    return told


def schema_version(path: Path) -> int:
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        found: int = connection.execute("PRAGMA user_version").fetchone()[0]
        return found
