"""What is known of one room between two looks: its name and rights, the end that was read to, and the hole
that is still to be read.

spec.matrix.org/latest/client-server-api (Syncing, Room events): when more was said than a sync tells, the
rest is read backwards from ``prev_batch`` until something known comes. A hole stays in the cursor until it is
closed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from services.channels._matrix_api import SAID, Page
from services.channels._matrix_messages import Place, sent_at
from services.channels._matrix_talk import Talk
from services.channels._shapes import Json, number_of, part_of, parts_of, text_of
from services.clock import iso, parse_iso

STATE = [
    "m.room.name",
    "m.room.canonical_alias",
    "m.room.encryption",
    "m.room.power_levels",
    "m.room.create",
    "m.room.member",
    "m.room.tombstone",
]
_TRAIL = 30
_MOST_PEOPLE = 80
_MOST_EDITS = 60
_EMPTY_PAGES = 5
_MOST_AGAIN = 2
# How far other servers' clocks may be off before a hole is taken for closed.
_CLOCKS_DIFFER = timedelta(days=1)


class Hole:
    """From ``start`` (a token; empty: the newest end) down to one of ``known``, or to the time ``until``.
    ``is_quiet``: history from before the room was listened to."""

    def __init__(self, start: str, known: list[str], until: datetime, *, is_quiet: bool) -> None:
        self.start, self.known, self.until, self.is_quiet = start, known, until, is_quiet
        self.settled: list[str] = []
        self.empty = self.again = 0

    @classmethod
    def unkept(cls, told: Any) -> Hole | None:
        if not isinstance(told, Mapping):
            return None
        try:
            until = parse_iso(str(told.get("until")))
        except ValueError:
            return None
        made = cls(
            str(told.get("start") or ""), _texts(told.get("known")), until, is_quiet=told.get("quiet") is True
        )
        made.settled = _texts(told.get("settled"))
        made.empty, made.again = number_of(told, "empty") or 0, number_of(told, "again") or 0
        return made

    def kept(self) -> dict[str, Any]:
        return {
            "start": self.start,
            "known": self.known,
            "until": iso(self.until),
            "quiet": self.is_quiet,
            "settled": self.settled[-_MOST_EDITS:],
            "empty": self.empty,
            "again": self.again,
        }

    def begin_again(self) -> bool:
        """The server does not know ``start`` any more: from the newest end. False: that was tried before."""
        self.start, self.again = "", self.again + 1
        return self.again <= _MOST_AGAIN

    def take(self, page: Page, now: datetime) -> tuple[list[Json], bool]:
        """(events of the hole, oldest first; whether it is closed now)."""
        wanted: list[Json] = []
        known = set(self.known)
        for event in page.events:
            if text_of(event, "event_id") in known:
                return wanted[::-1], True
            if sent_at(event, now) >= self.until:
                wanted.append(event)
        self.empty = 0 if page.events else self.empty + 1
        is_past = bool(page.events) and not wanted
        self.start = page.end
        return wanted[::-1], is_past or not page.end or self.empty >= _EMPTY_PAGES


class RoomState:
    """``is_sealed``: encrypted, so that nothing is heard. ``was_heard``: something was, before that."""

    def __init__(self, room_id: str, told: Any = None) -> None:
        told = told if isinstance(told, Mapping) else {}
        self.id = room_id
        self.is_known = bool(told)
        self.name = text_of(told, "name")
        self.alias = text_of(told, "alias")
        self.next_room = text_of(told, "next_room")
        self.is_sealed = told.get("sealed") is True
        self.was_heard = told.get("heard") is True
        self.is_invited_directly = told.get("direct") is True
        self.may_speak = told.get("mute") is not True
        self.version = text_of(told, "version")
        self.creators = _texts(told.get("creators"))
        self.members = number_of(told, "members")
        self.people = {str(i): str(name) for i, name in part_of(told, "people").items()}
        self.trail = _texts(told.get("trail"))
        self.last = number_of(told, "last") or 0
        self.edits = {str(i): str(one) for i, one in part_of(told, "edits").items()}
        self.hole = Hole.unkept(told.get("hole"))
        self.talk = Talk(told.get("talk"))

    def kept(self) -> dict[str, Any]:
        state: dict[str, Any] = {
            "name": self.name[:200],
            "alias": self.alias,
            "next_room": self.next_room,
            "sealed": self.is_sealed,
            "heard": self.was_heard,
            "direct": self.is_invited_directly,
            "mute": not self.may_speak,
            "version": self.version,
            "creators": self.creators,
            "members": self.members,
            "people": dict(list(self.people.items())[-_MOST_PEOPLE:]),
            "trail": self.trail[-_TRAIL:],
            "last": self.last,
            "edits": dict(list(self.edits.items())[-_MOST_EDITS:]),
            "hole": self.hole.kept() if self.hole else None,
        }
        state = {name: value for name, value in state.items() if value}
        return state if self.is_sealed else state | {"talk": self.talk.kept()}

    @property
    def title(self) -> str:
        return self.name or self.alias or self.id

    def place(self, directs: frozenset[str]) -> Place:
        is_direct = (self.id in directs or self.is_invited_directly) and (self.members or 2) <= 2
        return Place(self.id, self.name or self.alias, is_direct, self.may_speak, self.people)

    # --- what the server tells of it

    def learn(self, event: Json, us_id: str) -> None:
        """A state event."""
        kind, content = text_of(event, "type"), part_of(event, "content")
        if kind == "m.room.name":
            self.name = text_of(content, "name")
        elif kind == "m.room.canonical_alias":
            self.alias = text_of(content, "alias")
        elif kind == "m.room.encryption":
            # Taking it back is not possible; programs go on encrypting.
            self.is_sealed = True
        elif kind == "m.room.tombstone":
            self.next_room = text_of(content, "replacement_room")
        elif kind == "m.room.create":
            self.version = text_of(content, "room_version")
            self.creators = [text_of(event, "sender"), *_texts(content.get("additional_creators"))]
        elif kind == "m.room.power_levels":
            self.may_speak = self._may_speak(content, us_id)
        elif kind == "m.room.member":
            self._learn_member(event, content, us_id)

    def _learn_member(self, event: Json, content: Json, us_id: str) -> None:
        who = text_of(event, "state_key")
        if who and text_of(content, "membership") == "join":
            self.people.pop(who, None)
            self.people[who] = text_of(content, "displayname")
        if who == us_id:
            before = part_of(event, "unsigned", "prev_content")
            if content.get("is_direct") is True or before.get("is_direct") is True:
                self.is_invited_directly = True

    def _may_speak(self, content: Json, us_id: str) -> bool:
        """Whether our power is enough for a message. From room version 12 on creators may do everything."""
        if us_id in self.creators and self.version.isdecimal() and int(self.version) >= 12:
            return True
        mine = number_of(part_of(content, "users"), us_id)
        mine = (number_of(content, "users_default") or 0) if mine is None else mine
        needed = number_of(part_of(content, "events"), "m.room.message")
        needed = (number_of(content, "events_default") or 0) if needed is None else needed
        return mine >= needed

    def count(self, summary: Json) -> None:
        joined = number_of(summary, "m.joined_member_count")
        invited = number_of(summary, "m.invited_member_count")
        if joined is not None:
            self.members = joined + (invited or 0)

    def saw(self, events: list[Json], now: datetime) -> None:
        """The newest end of the room, oldest first: where a later hole ends."""
        for event in events:
            self.trail.append(text_of(event, "event_id"))
            if text_of(event, "type") in SAID:
                self.last = max(self.last, int(sent_at(event, now).timestamp()))
        self.trail = self.trail[-_TRAIL:]

    def open_hole(self, start: str, floor: datetime, *, is_quiet: bool) -> None:
        """``floor``: how far back where nothing of the room is known. A second hole above one that is still
        open goes down to where that one would have ended."""
        known, until = list(self.trail), floor
        if self.hole is not None:
            known, until, is_quiet = self.hole.known, self.hole.until, self.hole.is_quiet and is_quiet
        elif known and self.last:
            until = datetime.fromtimestamp(self.last, floor.tzinfo) - _CLOCKS_DIFFER
        self.hole = Hole(start, known, until, is_quiet=is_quiet)


def timeline_of(told: Json) -> list[Json]:
    return [one for one in parts_of(part_of(told, "timeline"), "events") if text_of(one, "event_id")]


def _texts(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
