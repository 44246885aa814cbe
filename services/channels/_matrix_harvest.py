"""What the events of a step come to: messages, edits of them, and what was taken away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from services.channels._matrix_api import Api
from services.channels._matrix_messages import (
    Place,
    Us,
    is_redacted,
    is_said,
    message_of,
    newest_edit,
    redacts,
    replaced_by,
    sent_at,
)
from services.channels._matrix_rooms import Hole, RoomState
from services.channels._shapes import Json, status_of, text_of
from services.errors import BadAnswer, NotAllowed, Unreachable
from services.model import Message

_MOST_LOOK_UPS = 200
_ENOUGH_LOOK_UPS = 60


class Harvest:
    """``messages`` by id; ``gone``: ids of what was taken away. ``floor``: what is older was never read."""

    def __init__(
        self, api: Api, us: Us, now: datetime, floor: datetime, place: Callable[[RoomState], Place]
    ) -> None:
        self._api, self._us, self._now, self._floor, self._place = api, us, now, floor, place
        self.messages: dict[str, Message] = {}
        self.gone: dict[str, None] = {}
        self._seen: dict[str, Json] = {}
        self._edits: dict[str, list[Json]] = {}
        self._look_ups = 0

    def __bool__(self) -> bool:
        return bool(self.messages or self.gone)

    @property
    def is_enough(self) -> bool:
        """So much was asked for one by one that the rest is better left to the next step."""
        return self._look_ups >= _ENOUGH_LOOK_UPS

    def take(self, room: RoomState, events: list[Json], hole: Hole | None = None) -> None:
        """Oldest first."""
        self._seen |= {text_of(one, "event_id"): one for one in events}
        for event in events:
            if replaced_by(event):
                self._edits.setdefault(replaced_by(event), []).append(event)
        settled = set(hole.settled) if hole else set()
        for event in events:
            event_id, original = text_of(event, "event_id"), replaced_by(event)
            if text_of(event, "type") == "m.room.redaction":
                self._redacted(room, redacts(event))
            elif is_said(event) and is_redacted(event):
                self.gone[event_id] = None
            elif original:
                self._edited(room, original, event)
                if hole and original not in hole.settled:
                    hole.settled.append(original)
            elif event_id not in settled:
                self._said(room, event)

    def _said(self, room: RoomState, event: Json, edit: Json | None = None) -> None:
        place = self._place(room)
        if not is_said(event) or is_redacted(event):
            return
        edit = newest_edit(event, edit or {}, self._edit_seen(event))
        where = room.talk.place(event, self._us, place, lambda one: self._look_up(room.id, one), self._now)
        made = message_of(event, self._us, place, where, self._now, edit)
        if made is None:
            return
        self.messages[made.remote_id] = made
        room.was_heard = True
        if edit:
            room.edits[text_of(edit, "event_id")] = made.remote_id

    def _edit_seen(self, event: Json) -> Json:
        """The newest edit among what this step has read."""
        return newest_edit(event, *self._edits.get(text_of(event, "event_id"), ()))

    def _edited(self, room: RoomState, original_id: str, edit: Json) -> None:
        original = self._look_up(room.id, original_id)
        if not original or sent_at(original, self._now) < self._oldest(room):
            return
        if newest_edit(original, edit) and not replaced_by(original):
            self._said(room, original, edit)

    def _oldest(self, room: RoomState) -> datetime:
        """Older messages are not known here, and a change of one does not bring it in."""
        if room.hole is not None and room.hole.is_quiet:
            return room.hole.until
        return self._floor

    def _redacted(self, room: RoomState, event_id: str) -> None:
        original_id = room.edits.pop(event_id, "")
        if not original_id:
            if event_id:
                self.gone[event_id] = None
                self.messages.pop(event_id, None)
            return
        # An edit was taken back; what stands there now, the server says.
        kept = [one for one in self._edits.get(original_id, ()) if text_of(one, "event_id") != event_id]
        self._edits[original_id] = kept
        self._seen.pop(event_id, None)
        self._seen.pop(original_id, None)
        original = self._look_up(room.id, original_id)
        if original:
            self._said(room, original)

    def _look_up(self, room_id: str, event_id: str) -> Json:
        """An event of the room; a few are asked for in each step."""
        if event_id in self._seen or not event_id:
            return self._seen.get(event_id, {})
        if self._look_ups >= _MOST_LOOK_UPS:
            return {}
        self._look_ups += 1
        try:
            found: Json = self._api.event(room_id, event_id)
        except (BadAnswer, NotAllowed):
            found = {}
        except Unreachable as error:
            if not status_of(error):
                raise
            # Trouble with one event must not silence the others.
            found = {}
        self._seen[event_id] = found
        return found
