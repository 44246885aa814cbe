"""Waiting for the next update: Telegram holds the request until there is one, which is quicker and cheaper
than asking again and again.

core.telegram.org/bots/api#getupdates (``timeout``). Asking from the number that the cursor holds confirms
nothing that is not stored.
"""

from __future__ import annotations

import threading
from datetime import datetime

from services.channels._shapes import Json
from services.channels._telegram_api import Api
from services.channels._telegram_updates import ask, next_number
from services.errors import BadAnswer, ChannelError
from services.model import JsonObject

WAIT_S = 25
_LOOK_S = 0.5
_PAUSE_S = 3.0


def listen(api: Api, cursor: JsonObject, now: datetime, stopping: threading.Event) -> bool:
    """True when an update is waiting. The request runs in a thread of its own, because nothing can end it
    early: when the wait is over before it, it is left to run out."""
    number = next_number(cursor, now)
    answer: list[list[Json] | ChannelError] = []
    done = threading.Event()

    def wait() -> None:
        try:
            answer.append(ask(api, number, limit=1, wait=WAIT_S))
        except ChannelError as error:
            answer.append(error)
        except Exception as error:  # noqa: BLE001 - told to whoever waits, as the contract knows it
            answer.append(BadAnswer("bug", fault=type(error).__name__))
        done.set()

    threading.Thread(target=wait, name="telegram-listen", daemon=True).start()
    while not done.wait(_LOOK_S):
        if stopping.is_set():
            return False
    found = answer[0]
    if isinstance(found, list):
        return bool(found)
    if isinstance(found, BadAnswer) and found.reason == "another-reader":
        # A poll of ours asked meanwhile, and Telegram answers the newer request only.
        stopping.wait(_PAUSE_S)
        return False
    raise found
