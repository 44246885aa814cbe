"""Everything the owner has, in a file people and other programs can read."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

from services.errors import DiskFull, Invalid, NotFound
from services.files import write_atomically
from services.store import Store


def read_file(path: Path, *, most: int = 50_000_000) -> bytes:
    """Raises NotFound, or Invalid (``too-large``, ``not-readable``)."""
    try:
        if path.stat().st_size > most:
            raise Invalid("too-large", field="file", path=str(path))
        return path.read_bytes()
    except FileNotFoundError:
        raise NotFound("file", path) from None
    except OSError as error:
        raise Invalid("not-readable", field="file", path=str(path)) from error


def write_file(path: Path, data: bytes) -> None:
    """Whole or not at all, readable by its owner alone. Raises DiskFull, Invalid (``file-not-writable``)."""
    try:
        write_atomically(path, data)
    except DiskFull:
        raise
    except OSError as error:
        raise Invalid("file-not-writable", field="file", path=str(path)) from error


def everything(store: Store, path: Path) -> int:
    """Writes everything; the ending of the name chooses JSON (all there is) or CSV (one line per message).

    Returns how many messages. Raises Invalid (``not-json-or-csv``, ``file-not-writable``), DiskFull.
    """
    ending = path.suffix.lower()
    if ending not in (".json", ".csv"):
        raise Invalid("not-json-or-csv", field="file", path=str(path))
    records = list(store.export_rows())
    messages = sum(len(record.get("messages", ())) for record in records)
    if ending == ".json":
        text = json.dumps(_document(records), ensure_ascii=False, indent=1, default=str)
        write_file(path, text.encode("utf-8", "replace"))
    else:
        # The mark in front tells spreadsheets that this is UTF-8.
        write_file(path, _csv(records).encode("utf-8-sig", "replace"))
    return messages


def _document(records: list[dict[str, Any]]) -> dict[str, Any]:
    names = {
        "account": "accounts",
        "conversation": "conversations",
        "template": "templates",
        "label": "labels",
        "muted": "muted",
    }
    document: dict[str, Any] = {"version": 1, **{name: [] for name in names.values()}}
    for record in records:
        values = {name: value for name, value in record.items() if name != "record"}
        document[names[record["record"]]].append(values)
    return document


_OF_CONVERSATION = ("state", "customer_name", "customer_handle", "is_complaint", "waiting_since")
_COLUMNS = (
    "account", "channel", "conversation", *_OF_CONVERSATION,
    "id", "remote_id", "direction", "kind", "author_name", "author_handle", "sent_at", "title", "text",
    "stars", "private", "message_state", "url",
)  # fmt: skip


def _csv(records: list[dict[str, Any]]) -> str:
    """A spreadsheet would run a text that begins with = + - or @; such cells get an apostrophe in front."""
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=_COLUMNS, extrasaction="ignore")
    writer.writeheader()
    accounts = {record["id"]: record for record in records if record["record"] == "account"}
    for record in records:
        account = accounts.get(record.get("account_id"), {})
        common = {
            "account": account.get("name", ""),
            "channel": account.get("kind", ""),
            "conversation": record["id"] if "messages" in record else "",
            **{name: record.get(name) for name in _OF_CONVERSATION},
        }
        for message in record.get("messages", ()):
            row = {**message, **common, "message_state": message.get("state")}
            writer.writerow({name: _cell(value) for name, value in row.items()})
    return out.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + value
    return value
