"""Who answers whom in one room, and so which conversation a message belongs to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from services.channels._chat import Answered, Room
from services.channels._matrix_messages import (
    Belonging,
    Place,
    Us,
    answered_by,
    mentioned_by,
    sent_at,
    thread_of,
)
from services.channels._shapes import Json, text_of

LookUp = Callable[[str], Json]
"""An event of the room by its id; empty where it cannot be had."""
_MOST_OWN = 60


class Talk:
    """``mine``: ids of what we said there lately. ``kept`` goes into the cursor."""

    def __init__(self, told: Any = None) -> None:
        told = told if isinstance(told, dict) else {}
        mine = told.get("mine")
        self._room = Room(told.get("room"))
        self._mine: dict[str, None] = dict.fromkeys(
            str(one) for one in (mine if isinstance(mine, list) else ())
        )

    def kept(self) -> dict[str, Any]:
        return {"room": self._room.kept(), "mine": list(self._mine)[-_MOST_OWN:]}

    def place(self, event: Json, us: Us, place: Place, look_up: LookUp, now: datetime) -> Belonging:
        ours, event_id = us.wrote(event), text_of(event, "event_id")
        if ours:
            self._mine[event_id] = None
        parent = answered_by(event)
        root = thread_of(event)
        if place.is_direct:
            return Belonging(f"direct:{place.id}", parent or root, speaks_to_us=True)
        if root:
            return self._in_thread(event, us, root, look_up, now)
        above = look_up(parent) if parent and (parent in self._mine or not self._room.knows(parent)) else {}
        is_to_us = parent in self._mine or (bool(above) and us.wrote(above))
        answered = Answered(parent, is_to_us, answered_by(above, fallback=True)) if parent else None
        if ours:
            key = self._room.ours(
                event_id, answered, [one for one in mentioned_by(event) if one != us.user_id]
            )
        else:
            key = self._room.customer(event_id, text_of(event, "sender"), sent_at(event, now), answered)
        return Belonging(key, parent, is_to_us, above if is_to_us else {})

    def _in_thread(self, event: Json, us: Us, root: str, look_up: LookUp, now: datetime) -> Belonging:
        """A thread that a customer began is one conversation; below our own words each customer has one."""
        ours, event_id, sender = us.wrote(event), text_of(event, "event_id"), text_of(event, "sender")
        is_our_thread = root in self._mine
        top: Json = {}
        if is_our_thread or not self._room.knows(root):
            top = look_up(root)
            is_our_thread = is_our_thread or (bool(top) and us.wrote(top))
        parent = answered_by(event, fallback=ours and is_our_thread)
        if not is_our_thread:
            key = self._room.put(event_id, self._room.key_of(root) or root)
            return Belonging(key, parent or root, parent in self._mine)
        above = look_up(parent) if parent and parent != root else {}
        if above and not us.wrote(above):
            sender = text_of(above, "sender")
        elif ours:
            return Belonging(self._room.key_of(parent) or event_id, parent or root)
        # The first of a customer's lines names the conversation, which its own words stand above.
        talker = f"{root} {sender}"
        key = self._room.key_of(talker) or self._room.put(talker, event_id)
        self._room.put(event_id, key)
        return Belonging(key, parent or ("" if key == event_id else root), True, top)
