"""Waiting for the next message: a sync that the server holds until there is something to tell.

spec.matrix.org/latest/client-server-api/#get_matrixclientv3sync (``timeout``). Nothing of what it answers is
kept; the poll asks once more from the place that the cursor holds.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from time import monotonic

from services.channels._aside import ask_aside
from services.channels._matrix_api import Api
from services.channels._matrix_places import named_rooms
from services.channels._matrix_poll import sync_filter
from services.channels._shapes import part_of, text_of
from services.model import JsonObject

WAIT_S = 30


def listen(api: Api, cursor: JsonObject, settings: JsonObject, stopping: threading.Event) -> bool:
    """True when something happened in one of the rooms, or somebody invites us."""
    since = text_of(cursor, "since")
    if not since:
        stopping.wait(WAIT_S)
        return False
    rooms = part_of(cursor, "rooms")
    sealed = [i for i, one in rooms.items() if isinstance(one, Mapping) and one.get("sealed") is True]
    wanted = cursor.get("wanted")
    asked = [str(one) for one in wanted if isinstance(one, str)] if isinstance(wanted, list) else []
    narrowed = sync_filter(asked if named_rooms(settings) else None, sealed, at_once=1)
    until = monotonic() + WAIT_S
    while (left := until - monotonic()) > 0 and not stopping.is_set():
        params: dict[str, str | int] = {
            "since": since,
            "timeout": int(left * 1000),
            "filter": narrowed,
            "set_presence": "offline",
        }
        told = ask_aside(lambda: api.ask("/sync", params, wait=left), stopping, name="matrix-listen")  # noqa: B023
        if told is None:
            return False
        if any(part_of(told, "rooms", kind) for kind in ("join", "invite", "leave")):
            return True
        following = text_of(told, "next_batch")
        if not following or following == since:
            return False
        since = following
    return False
