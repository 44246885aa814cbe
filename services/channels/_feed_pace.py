"""How often a feed is asked: as often as it changes and never more often than it asks for.

Part of the cursor, in seconds: ``every`` by our own count, ``asks`` what the document asks for, ``age`` what
the server's headers do.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from services.channels.web import Response

USUAL, FASTEST, SLOWEST = timedelta(minutes=15), timedelta(minutes=5), timedelta(minutes=60)
_MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,9})", re.IGNORECASE)


def note_interval(state: dict[str, Any], *, changed: bool, all_new: bool = False) -> None:
    """Sooner when nothing in the feed was known (entries may have been missed), later and later while nothing
    happens."""
    usual = int(USUAL.total_seconds())
    if all_new:
        state["every"] = int(FASTEST.total_seconds())
    elif changed:
        state["every"] = usual
    else:
        state["every"] = min(int(state.get("every", usual)) * 5 // 4, int(SLOWEST.total_seconds()))


def interval(state: Mapping[str, Any]) -> timedelta:
    seconds = max(int(state.get("every", 0)), int(state.get("asks", 0)), int(state.get("age", 0)))
    return min(max(timedelta(seconds=seconds), FASTEST), SLOWEST)


def max_age(response: Response) -> int:
    match = _MAX_AGE.search(response.headers.get("Cache-Control", ""))
    return int(match[1]) if match else 0
