"""Waiting for the next update: Telegram holds the request until there is one, which is quicker and cheaper
than asking again and again.

core.telegram.org/bots/api#getupdates (``timeout``). Asking from the number that the cursor holds confirms
nothing that is not stored.
"""

from __future__ import annotations

import threading
from datetime import datetime

from services.channels._aside import ask_aside
from services.channels._telegram_api import Api
from services.channels._telegram_updates import ask, next_number
from services.errors import BadAnswer
from services.model import JsonObject

WAIT_S = 25
_PAUSE_S = 3.0


def listen(api: Api, cursor: JsonObject, now: datetime, stopping: threading.Event) -> bool:
    """True when an update is waiting. The request runs in a thread of its own, because nothing can end it
    early: when the wait is over before it, it is left to run out."""
    number = next_number(cursor, now)
    try:
        found = ask_aside(lambda: ask(api, number, limit=1, wait=WAIT_S), stopping, name="telegram-listen")
    except BadAnswer as error:
        if error.reason != "another-reader":
            raise
        # A poll of ours asked meanwhile, and Telegram answers the newer request only.
        stopping.wait(_PAUSE_S)
        return False
    return bool(found)
