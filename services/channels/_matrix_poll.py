"""What has happened since the last look: the state machine behind the cursor of a Matrix account.

Each step either asks for what is new (``/sync``) or reads on in the holes that it left, the young ones first.
No sync follows while a hole is open, so nothing is ever above one.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from services.channels._matrix_api import TOLD, Api, Page
from services.channels._matrix_catalogue import (
    GAP,
    NOT_IN_ROOM,
    REPLACED,
    SEALED,
    joined_rooms,
    look_around,
    note_about,
    trouble,
)
from services.channels._matrix_harvest import Harvest
from services.channels._matrix_messages import Us, sent_at
from services.channels._matrix_places import named_rooms
from services.channels._matrix_rooms import STATE, Hole, RoomState, timeline_of
from services.channels._shapes import Json, part_of, parts_of, status_of, text_of
from services.channels.base import Batch
from services.clock import iso, parse_iso
from services.errors import BadAnswer, ChannelError, NotAllowed, RateLimited, Unreachable
from services.model import Deletion, JsonObject

log = logging.getLogger(__name__)

LISTED_FOR = timedelta(minutes=10)
_AT_ONCE = 50
_MOST_AT_ONCE = 400
_MOST_PAGES = 4
_MOST_ROOMS = 150
_MOST_TALKS = 40
_NOTES = ("room-invite", "rooms-encrypted", "no-rooms-yet")


def sync_filter(rooms: list[str] | None, sealed: list[str], at_once: int = _AT_ONCE) -> str:
    """``rooms``: only these; None: all but the ``sealed`` ones. ``at_once``: messages of each room."""
    room: dict[str, Any] = {
        "state": {"types": STATE, "lazy_load_members": True, "include_redundant_members": True},
        "timeline": {"types": [*TOLD, *(one for one in STATE if one != "m.room.member")], "limit": at_once},
        "ephemeral": {"types": []},
        "account_data": {"types": []},
    }
    if rooms is not None:
        room["rooms"] = rooms
    elif sealed:
        room["not_rooms"] = sealed
    told = {"room": room, "presence": {"types": []}, "account_data": {"types": ["m.direct"]}}
    return json.dumps(told, separators=(",", ":"))


class Look:
    """One step of polling."""

    def __init__(
        self, api: Api, us: Us, cursor: JsonObject, settings: JsonObject, now: datetime, backfill: timedelta
    ) -> None:
        self._api, self._us, self._settings, self._now = api, us, settings, now
        self._floor = now - backfill
        self._is_named = bool(named_rooms(settings))
        self._since = text_of(cursor, "since")
        self._listed = _moment(cursor.get("listed"))
        self._wanted = _texts(cursor.get("wanted"))
        self._names = {str(i): str(one) for i, one in part_of(cursor, "names").items()}
        self._closed = {str(i): str(one) for i, one in part_of(cursor, "closed").items()}
        self._directs = frozenset(_texts(cursor.get("directs")))
        self._invites = _texts(cursor.get("invites"))
        self._rooms = {str(i): RoomState(str(i), told) for i, told in part_of(cursor, "rooms").items()}
        self._harvest = Harvest(api, us, now, self._floor, lambda room: room.place(self._directs))
        self._is_first = False
        self._lost = text_of(cursor, "lost")
        self._is_quiet = False

    def step(self) -> Batch:
        holes = [one for one in self._rooms.values() if one.hole is not None and not self._is_shut(one)]
        loud = [one for one in holes if one.hole is not None and not one.hole.is_quiet]
        if holes:
            self._is_quiet = not loud
            self._fill(loud or holes)
        else:
            self._sync()
        return self._batch()

    # --- what is new

    def _sync(self) -> None:
        is_due = self._listed is None or not timedelta(0) <= self._now - self._listed < LISTED_FOR
        if is_due or self._closed or not self._is_still_in():
            self._list()
        if self._is_named and not self._wanted:
            return
        self._is_quiet = not self._since and not any(one.is_known for one in self._rooms.values())
        told = self._ask()
        following = text_of(told, "next_batch")
        if not following:
            raise BadAnswer("no-token", host=self._api.host)
        self._learn_directs(told)
        rooms = part_of(told, "rooms")
        for room_id, one in part_of(rooms, "join").items():
            if isinstance(one, Mapping) and self._is_wanted(room_id):
                self._joined(room_id, one, following)
        self._invited(part_of(rooms, "invite"))
        for room_id in part_of(rooms, "leave"):
            self._left(room_id)
        self._since = following

    def _ask(self) -> Json:
        sealed = [one.id for one in self._rooms.values() if one.is_sealed]
        at_once = min(_AT_ONCE, max(2, _MOST_AT_ONCE // max(1, len(self._rooms), len(self._wanted))))
        params: dict[str, str | int] = {
            "filter": sync_filter(self._wanted if self._is_named else None, sealed, at_once),
            "timeout": 0,
            "set_presence": "offline",
        }
        self._is_first = not self._since
        if self._is_first:
            return self._api.ask("/sync", params)
        try:
            return self._api.ask("/sync", params | {"since": self._since})
        except BadAnswer as error:
            if status_of(error) != 400:
                raise
        # The server does not know where we were (it was set up anew). What every room was read to, we know.
        log.info("the place in the stream is not known any more; it is looked for anew")
        self._is_first = True
        return self._api.ask("/sync", params)

    def _is_still_in(self) -> bool:
        """Synapse does not tell that we left, or were made to, when only what is said is asked for."""
        return not self._is_named or set(self._wanted) <= set(joined_rooms(self._api))

    def _list(self) -> None:
        found = look_around(self._api, self._settings)
        self._wanted, self._names = found.rooms if self._is_named else [], found.names
        self._closed = found.closed
        self._invites = [one for one in self._invites if one not in found.rooms]
        for room_id in found.rooms:
            if room_id not in self._rooms and self._is_named and self._since:
                # A room that came to those we listen to: its part of the stream has been passed over.
                self._rooms[room_id] = RoomState(room_id)
                self._since = ""
        gone = [i for i in self._rooms if i not in found.rooms and not self._is_named]
        for room_id in gone:
            del self._rooms[room_id]
        self._listed = self._now

    def _is_wanted(self, room_id: str) -> bool:
        if self._is_named:
            return room_id in self._wanted
        return room_id in self._rooms or len(self._rooms) < _MOST_ROOMS

    def _joined(self, room_id: str, told: Json, following: str) -> None:
        room = self._rooms.setdefault(room_id, RoomState(room_id))
        is_fresh, was_sealed = not room.is_known, room.is_sealed
        events = timeline_of(told)
        states = [
            *parts_of(part_of(told, "state"), "events"),
            *events,
            *parts_of(part_of(told, "state_after"), "events"),
        ]
        states = [one for one in states if "state_key" in one]
        for event in sorted(states, key=lambda one: text_of(one, "type") != "m.room.create"):
            room.learn(event, self._us.user_id)
        room.count(part_of(told, "summary"))
        room.is_known = True
        if room_id in self._invites:
            self._invites.remove(room_id)
        if was_sealed or (is_fresh and room.is_sealed):
            return
        events = [one for one in events if text_of(one, "type") in TOLD]
        before = text_of(part_of(told, "timeline"), "prev_batch")
        is_limited = part_of(told, "timeline").get("limited") is True
        if is_fresh and not self._is_quiet:
            # Joined meanwhile. What was said before rings for nobody, unless it is an exchange of two.
            is_direct = room.place(self._directs).is_direct
            room.open_hole(following, self._floor, is_quiet=not is_direct)
            room.saw(events, self._now)
            return
        if is_fresh:
            events = [one for one in events if sent_at(one, self._now) >= self._floor]
            if before:
                room.open_hole(before, self._floor, is_quiet=True)
        elif self._is_first:
            # From the newest end down to what is known: the stream began anew.
            known = set(room.trail)
            if not any(text_of(one, "event_id") in known for one in events) and before:
                room.open_hole(before, self._floor, is_quiet=False)
            events = [one for one in events if text_of(one, "event_id") not in known]
        elif is_limited and before:
            room.open_hole(before, self._floor, is_quiet=False)
        self._harvest.take(room, events)
        room.saw(events, self._now)

    def _learn_directs(self, told: Json) -> None:
        for event in parts_of(part_of(told, "account_data"), "events"):
            if text_of(event, "type") == "m.direct":
                lists = part_of(event, "content").values()
                self._directs = frozenset(i for one in lists if isinstance(one, list) for i in _texts(one))

    def _invited(self, invites: Json) -> None:
        for room_id in invites:
            if room_id not in self._invites:
                self._invites = [*self._invites, room_id][-20:]

    def _left(self, room_id: str) -> None:
        self._invites = [one for one in self._invites if one != room_id]
        if room_id not in self._rooms:
            return
        if self._is_named:
            self._wanted = [one for one in self._wanted if one != room_id]
            self._closed[room_id] = NOT_IN_ROOM
            self._rooms[room_id].hole = None
        else:
            del self._rooms[room_id]

    # --- what is in between

    def _fill(self, rooms: list[RoomState]) -> None:
        """Some pages of the holes."""
        pages = 0
        for room in rooms:
            while room.hole is not None and pages < _MOST_PAGES and not self._harvest.is_enough:
                pages += 1
                try:
                    self._read_on(room, room.hole)
                except (NotAllowed, BadAnswer) as error:
                    if status_of(error) == 400 and room.hole.begin_again():
                        continue
                    # One room that cannot be read must not silence the others, nor what comes after.
                    log.info("history could not be read: %s %s", error.kind, error.reason)
                    room.hole = None
                    self._lost = room.title
                except (RateLimited, Unreachable):
                    if not self._harvest:
                        raise
                    return

    def _read_on(self, room: RoomState, hole: Hole) -> None:
        is_top, before = not room.trail, (hole.start, hole.empty)
        page: Page = self._api.page(room.id, start=hole.start)
        for event in page.people:
            # Only those we know nothing of: it is how they were called then.
            if text_of(event, "state_key") not in room.people:
                room.learn(event, self._us.user_id)
        events, is_closed = hole.take(page, self._now)
        if is_top:
            room.saw(page.events[::-1], self._now)
        try:
            self._harvest.take(room, events, hole)
        except ChannelError:
            # What was not looked at stays part of the hole.
            hole.start, hole.empty = before
            raise
        if is_closed:
            room.hole = None

    # --- what is wrong

    def _batch(self) -> Batch:
        more = any(one.hole is not None and not self._is_shut(one) for one in self._rooms.values())
        told, settings = None, {}
        if not more:
            told, settings = self._trouble(), self._note()
            self._lost = ""
            is_deaf = self._is_named and all(self._is_shut(one) for one in self._rooms.values())
            if told is not None and is_deaf and not self._harvest:
                raise told
        messages = sorted(self._harvest.messages.values(), key=lambda one: (one.sent_at, one.remote_id))
        changes = tuple(Deletion(one) for one in self._harvest.gone)
        return Batch(
            tuple(messages),
            changes,
            self._cursor(),
            more,
            None,
            settings,
            live=not self._is_quiet,
            trouble=told,
        )

    def _is_shut(self, room: RoomState) -> bool:
        return room.is_sealed or room.id in self._closed

    def _trouble(self) -> ChannelError | None:
        for room_id, reason in self._closed.items():
            known = self._rooms.get(room_id)
            name = self._names.get(room_id) or (known.title if known else room_id)
            return trouble(reason, name)
        for room in self._rooms.values():
            if room.is_sealed and (self._is_named or room.was_heard):
                return trouble(SEALED, room.title)
            if room.next_room and self._is_named and room.next_room not in self._rooms:
                return trouble(REPLACED, room.title)
        return trouble(GAP, self._lost) if self._lost else None

    def _note(self) -> dict[str, Any]:
        """What the owner should know although something is heard."""
        told = {"note": "", "note_name": ""}
        if not self._is_named:
            sealed = [one.title for one in self._rooms.values() if one.is_sealed and not one.was_heard]
            told = note_about(sorted(sealed), bool(self._invites), bool(self._rooms))
        before = str(self._settings.get("note") or "")
        same = told["note"] == before and told["note_name"] == (self._settings.get("note_name") or "")
        return {} if same or (not told["note"] and before not in _NOTES) else dict(told)

    # --- the cursor

    def _cursor(self) -> dict[str, Any]:
        rooms = {i: one.kept() for i, one in self._rooms.items() if one.is_known}
        talking = sorted(self._rooms.values(), key=lambda one: -one.last)[_MOST_TALKS:]
        for room in talking:
            rooms.get(room.id, {}).pop("talk", None)
        state: dict[str, Any] = {
            "since": self._since,
            "rooms": rooms,
            "wanted": self._wanted,
            "names": self._names,
            "closed": self._closed,
            "directs": sorted(self._directs & {*self._rooms, *self._invites}),
            "invites": self._invites,
            "lost": self._lost,
        }
        if self._listed is not None:
            state["listed"] = iso(self._listed)
        return {name: value for name, value in state.items() if value}


def _texts(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _moment(value: Any) -> datetime | None:
    try:
        return parse_iso(value) if isinstance(value, str) and value else None
    except ValueError:
        return None
