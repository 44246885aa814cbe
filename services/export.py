"""Everything the owner has, in a file people and other programs can read."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from services.errors import DiskFull, Invalid, NotFound
from services.files import write_atomically
from services.store import Store


def read_file(path: Path, *, most: int = 50_000_000) -> bytes:
    """Raises NotFound, or Invalid (``too-large``, ``unreadable``)."""
    try:
        if path.stat().st_size > most:
            raise Invalid("too-large", field="file", path=str(path))
        return path.read_bytes()
    except FileNotFoundError:
        raise NotFound("file", path) from None
    except OSError as error:
        raise Invalid("unreadable", field="file", path=str(path)) from error


def write_file(path: Path, data: bytes) -> None:
    """Whole or not at all, readable by its owner alone. Raises DiskFull, or Invalid (``not-writable``)."""
    try:
        write_atomically(path, data)
    except DiskFull:
        raise
    except OSError as error:
        raise Invalid("not-writable", field="file", path=str(path)) from error


def everything(store: Store, path: Path) -> int:
    """Writes every message of every conversation; the ending of the name chooses JSON or CSV. Returns how many."""
    rows = list(store.export_rows())
    if path.suffix.lower() == ".json":
        text = json.dumps({"version": 1, "messages": rows}, ensure_ascii=False, indent=1, default=str)
    elif path.suffix.lower() == ".csv":
        text = _csv(iter(rows))
    else:
        raise Invalid("not-json-or-csv", field="file", path=str(path))
    write_file(path, text.encode("utf-8", "replace"))
    return len(rows)


def _csv(rows: Iterator[dict[str, Any]]) -> str:
    """A spreadsheet would run a text that begins with = + - or @; such cells get an apostrophe in front."""
    out = io.StringIO()
    writer: Any = None
    for row in rows:
        if writer is None:
            writer = csv.DictWriter(out, fieldnames=list(row), extrasaction="ignore")
            writer.writeheader()
        writer.writerow({key: _cell(value) for key, value in row.items()})
    return out.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + value
    return value
