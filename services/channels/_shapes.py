"""Reading a stranger's JSON: what is missing, null or of another type is nothing instead of a fault."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from services.clock import parse_iso
from services.errors import BadAnswer, ChannelError
from services.model import JsonObject

Json = Mapping[str, Any]


def as_document(value: Any) -> Json:
    if not isinstance(value, Mapping):
        raise BadAnswer("not-a-document", sample=type(value).__name__)
    return value


def as_list(value: Any) -> list[Json]:
    if not isinstance(value, list):
        raise BadAnswer("not-a-list", sample=type(value).__name__)
    return [one for one in value if isinstance(one, Mapping)]


def text_of(document: Json, name: str) -> str:
    value = document.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else ""


def number_of(document: Json, name: str) -> int | None:
    """A whole number, also one that is written as text (ids beyond what JavaScript can count)."""
    value = document.get(name)
    if isinstance(value, str) and value.isascii() and value.lstrip("-").isdecimal() and len(value) < 21:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def epoch_of(document: Json, name: str) -> datetime | None:
    """A time in seconds since 1970."""
    seconds = number_of(document, name)
    try:
        return datetime.fromtimestamp(seconds, UTC) if seconds and seconds > 0 else None
    except (ValueError, OverflowError, OSError):
        return None


def moment_of(document: Json, name: str) -> datetime | None:
    try:
        return parse_iso(text_of(document, name).replace("Z", "+00:00"))
    except (ValueError, OverflowError):
        return None


def part_of(document: Any, *names: str) -> Json:
    """The document inside a document, some levels down; empty where there is none."""
    for name in names:
        document = document.get(name) if isinstance(document, Mapping) else None
    return document if isinstance(document, Mapping) else {}


def parts_of(document: Json, name: str) -> list[Json]:
    """The documents of a list; other things in it are left out."""
    value = document.get(name)
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def status_of(error: ChannelError) -> int:
    """HTTP status behind an error, 0 where there was none."""
    status = error.detail.get("status", 0)
    return status if isinstance(status, int) else 0


def is_missing(error: ChannelError) -> bool:
    """The server says: no such thing (deleted, hidden from us, or an endpoint it lacks)."""
    return isinstance(error, BadAnswer) and status_of(error) in (404, 410)


def setting(settings: JsonObject, name: str, default: Any) -> Any:
    """An account's setting, or the default when it is missing or of another type."""
    value = settings.get(name, default)
    return value if isinstance(value, type(default)) else default
