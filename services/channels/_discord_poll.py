"""What has happened since the last look: the state machine behind the cursor of a bot on Discord.

A round goes through the channels and their threads, some of them in each step; ``todo`` are those still to
come. The channels are looked for anew now and then, and at once while one of them is closed to the bot.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from services.channels._discord_api import Api, id_of
from services.channels._discord_messages import Place, Us, is_blank, is_ours, is_said, message_of
from services.channels._discord_places import (
    NO_HISTORY,
    NO_ROOM,
    NO_SUCH_ROOM,
    active_threads,
    archived_threads,
    chosen,
    is_closed,
    kept,
    look_around,
    shows_words,
    unkept,
)
from services.channels._discord_rooms import RoomState
from services.channels._shapes import Json, is_missing, parts_of, status_of, text_of
from services.channels.base import Batch
from services.clock import iso, parse_iso
from services.errors import BadAnswer, ChannelError, NotAllowed, RateLimited, Unreachable
from services.model import Deletion, JsonObject, Message

log = logging.getLogger(__name__)

LISTED_FOR = timedelta(minutes=10)
_MOST_AT_ONCE = 200
_MOST_READS = 25
_MOST_THREADS = 60
_MOST_STATES = 300
_MOST_NAMES = 200
_NO_CONTENT = "no-content"
_NOTES = {"closed": "rooms-closed", "many": "too-many-rooms", "hidden": "content-hidden"}


def trouble(reason: str, name: str) -> ChannelError:
    """Why a channel cannot be heard, as the error that says so."""
    if reason == NO_SUCH_ROOM:
        return BadAnswer("no-such-room", name=name)
    if reason == NO_HISTORY:
        return NotAllowed("no-history", permission="read-history", name=name)
    if reason == _NO_CONTENT:
        return NotAllowed("no-content", permission="message-content")
    return NotAllowed("no-room", permission="view-channel", name=name)


class Look:
    """One step of polling."""

    def __init__(
        self, api: Api, us: Us, cursor: JsonObject, settings: JsonObject, now: datetime, backfill: timedelta
    ) -> None:
        self._api, self._us, self._settings, self._now = api, us, settings, now
        self._since = now - backfill
        self._is_named = bool(chosen(settings))
        rooms, names = _mapping(cursor.get("rooms")), _mapping(cursor.get("names"))
        self._names = {str(i): str(name) for i, name in names.items()}
        listed = cursor.get("places")
        found = [unkept(one, self._names) for one in (listed if isinstance(listed, list) else ())]
        self._places: dict[str, Place] = {one.id: one for one in found if one is not None}
        closed = _mapping(cursor.get("closed"))
        self._closed: dict[str, tuple[str, str]] = {
            str(i): (str(one[0]), str(one[1]))
            for i, one in closed.items()
            if isinstance(one, list) and len(one) == 2
        }
        self._has_more = cursor.get("has_more") is True
        self._listed = _moment(cursor.get("listed"))
        todo = cursor.get("todo")
        self._todo = [str(one) for one in todo if str(one) in self._places] if isinstance(todo, list) else []
        self._states = {str(i): RoomState(told, self._since) for i, told in rooms.items()}
        self._messages: dict[str, Message] = {}
        self._deletions: list[Deletion] = []
        self._pause: RateLimited | None = None
        self._failure: BadAnswer | None = None
        self._has_moved = False
        self._has_heard = False
        self._is_shown: bool | None = None

    def step(self) -> Batch:
        if not self._todo:
            self._begin()
        quiet = [i for i in self._todo if self._state(i).is_quiet]
        for room_id in (quiet or list(self._todo))[:_MOST_READS]:
            if len(self._messages) >= _MOST_AT_ONCE:
                break
            self._todo.remove(room_id)
            try:
                if self._read(self._places[room_id]):
                    self._todo.append(room_id)
            except RateLimited as error:
                # Each room has an allowance of its own; a second refusal means all of them.
                self._todo.append(room_id)
                if self._pause is not None:
                    break
                self._pause = error
            except Unreachable:
                if not self._has_gained():
                    raise
                # What was heard is kept first; the next step asks again.
                self._todo.append(room_id)
                break
        return self._batch(is_quiet=bool(quiet))

    def _batch(self, *, is_quiet: bool) -> Batch:
        has_gained = self._has_gained()
        if self._pause is not None and not has_gained and status_of(self._pause):
            raise self._pause
        # Without a refusal the allowance of a room is spent for some seconds, which is nobody's trouble.
        more, after = bool(self._todo), None
        if self._pause is not None:
            until = self._pause.until or self._now + timedelta(minutes=1)
            more, after = False, max(until - self._now, timedelta(seconds=1))
        settings: dict[str, Any] = {}
        in_part: ChannelError | None = None
        if not more and self._pause is None:
            found, in_part = self._trouble(), self._trouble_in_part()
            if in_part is None:
                if found is not None and not has_gained:
                    raise found
                # What was heard is kept first; the next step, with nothing new, says what is wrong.
                more = found is not None
            settings = self._note()
        messages = sorted(self._messages.values(), key=lambda one: (one.sent_at, int(one.remote_id)))
        return Batch(
            tuple(messages),
            tuple(self._deletions),
            self._cursor(),
            more,
            after,
            settings,
            live=not is_quiet,
            trouble=in_part,
        )

    def _has_gained(self) -> bool:
        return bool(self._messages or self._deletions or self._has_moved)

    # --- where

    def _begin(self) -> None:
        """A new round: which channels and threads there are, and which of them to read."""
        is_due = not self._places or self._trouble() is not None
        is_due = is_due or self._listed is None or not timedelta(0) <= self._now - self._listed < LISTED_FOR
        since = self._listed or self._since
        if is_due:
            found = look_around(self._api, self._settings, self._us)
            self._places, self._closed = found.places, found.closed
            self._names, self._has_more = found.names, found.has_more
        rooms = {i: one for i, one in self._places.items() if one.kind != "thread" or self._is_named}
        rooms = {i: one for i, one in rooms.items() if not one.parent_id or self._is_top(one)}
        fresh = {i for i in rooms if i not in self._states}
        threads = active_threads(self._api, rooms, self._us)
        if is_due:
            for place in rooms.values():
                if place.kind in ("text", "forum"):
                    threads += archived_threads(self._api, place, rooms, self._us, since)
            self._listed = self._now
        self._places = dict(rooms)
        threads = [one for one in threads if one.id not in self._places]
        with_news = [one for one in threads if self._has_news(one)]
        # Those without are looked at now and then, for what was edited in them.
        others = [one for one in threads if one not in with_news] if is_due else []
        for thread in [*with_news, *others][:_MOST_THREADS]:
            is_begun = thread.id not in self._states and thread.parent_id not in fresh
            state = self._state(thread.id)
            # A thread that is new in a channel we know has only just begun.
            state.is_loud = state.is_loud or is_begun
            self._places[thread.id] = thread._replace(is_ours=thread.is_ours or state.is_ours)
        for place in rooms.values():
            if place.kind == "forum" and place.id in fresh:
                self._states[place.id] = RoomState({"last": "0"}, self._since)
        self._todo = [i for i, one in self._places.items() if one.kind != "forum" and i not in self._closed]

    def _has_news(self, thread: Place) -> bool:
        known = self._states.get(thread.id)
        return known is None or bool(known.below) or int(thread.last_id or 0) > int(known.last or 0)

    def _is_top(self, place: Place) -> bool:
        """A thread that the owner named counts as a channel."""
        return self._is_named and place.id in chosen(self._settings)

    def _state(self, room_id: str) -> RoomState:
        if room_id not in self._states:
            self._states[room_id] = RoomState(None, self._since)
        return self._states[room_id]

    # --- one room

    def _read(self, place: Place) -> bool:
        """One page. True: there is more of it."""
        state = self._state(place.id)
        before = state.kept(is_thread=False)
        try:
            if state.blank:
                self._look_again(place, state)
            news = state.read(self._api, place.id)
            if news.is_empty and self._looks_closed(place, state):
                self._close(place, NO_HISTORY)
        except NotAllowed:
            self._close(place, NO_ROOM)
            return False
        except BadAnswer as error:
            if is_missing(error):
                self._close(place, NO_SUCH_ROOM)
            else:
                # One room that cannot be read must not silence the others.
                self._failure = error
            return False
        hidden = [one for one in news.taken if is_blank(one, self._us)]
        is_odd = bool(hidden) and self._shows_words(news.taken)
        for message in news.taken:
            if message in hidden and not is_odd:
                state.hide(message)
            else:
                self._take(message, place, state)
        self._deletions += [Deletion(one) for one in news.gone]
        self._has_moved = self._has_moved or state.kept(is_thread=False) != before
        return news.more

    def _close(self, place: Place, reason: str) -> None:
        if place.kind == "thread" and not self._is_top(place):
            # A thread that was locked away or deleted takes nothing else with it.
            return
        self._closed[place.id] = (reason, f"#{place.name}" if place.name else place.id)

    def _looks_closed(self, place: Place, state: RoomState) -> bool:
        """A page is empty that should not be: everything there was deleted, or the bot may not see it."""
        last = max((place.last_id, state.trail[-1][0] if state.trail else ""), key=lambda one: int(one or 0))
        is_expected = bool(state.trail) or id_of({"id": place.last_id}) > int(state.last or 0)
        if not last or not is_expected:
            return False
        if is_closed(self._api, place.id, last):
            return True
        state.trail = []
        return False

    def _look_again(self, place: Place, state: RoomState) -> None:
        """Whether words that were hidden are shown now."""
        now = state.hidden(self._api, place.id)
        if now is None or not is_blank(now, self._us) or self._shows_words([]):
            state.go_back()

    def _shows_words(self, messages: list[Json]) -> bool:
        """A message without words is odd, and not hidden, where others are shown."""
        if self._is_shown is None:
            self._is_shown = shows_words(self._api)
        if self._is_shown is not None:
            return self._is_shown
        return any(self._is_overheard(one) and not is_blank(one, self._us) for one in messages)

    def _is_overheard(self, message: Json) -> bool:
        """Said by somebody, and not to the bot: just what would be hidden."""
        is_to_us = any(text_of(one, "id") == self._us.bot_id for one in parts_of(message, "mentions"))
        return is_said(message) and not is_ours(message, self._us) and not is_to_us

    def _take(self, message: Json, place: Place, state: RoomState) -> None:
        if place.kind == "thread" and text_of(message, "id") == place.id and is_ours(message, self._us):
            state.is_ours = True
            place = place._replace(is_ours=True)
            self._places[place.id] = place
        made = message_of(message, self._us, place, state.talk, self._now)
        if made is None:
            return
        self._messages[made.remote_id] = made
        self._has_heard = self._has_heard or self._is_overheard(message)

    # --- what is wrong

    def _trouble(self) -> ChannelError | None:
        if self._failure is not None:
            return self._failure
        tops = [one for one in self._places.values() if one.kind != "thread" or self._is_top(one)]
        if not tops and not self._closed:
            return NotAllowed("no-rooms", permission="view-channel")
        if self._closed and (self._is_named or all(one.id in self._closed for one in tops)):
            reason, name = next(iter(self._closed.values()))
            return trouble(reason, name)
        if any(state.blank for i, state in self._states.items() if i in self._places):
            return trouble(_NO_CONTENT, "")
        return None

    def _trouble_in_part(self) -> ChannelError | None:
        """One of the channels that the owner named is closed or gone, and others are heard."""
        tops = [one for one in self._places.values() if one.kind != "thread" or self._is_top(one)]
        is_heard = any(one.id not in self._closed for one in tops)
        if not (self._is_named and self._closed and is_heard) or self._failure is not None:
            return None
        reason, name = next(iter(self._closed.values()))
        if reason == NO_SUCH_ROOM:
            return BadAnswer("one-room", name=name)
        return NotAllowed("one-room", permission="read-history", name=name)

    def _note(self) -> dict[str, Any]:
        """What the owner should know although something is heard."""
        note = str(self._settings.get("note") or "")
        is_hidden = note == _NOTES["hidden"] and not self._has_heard
        wanted = "closed" if self._closed else "hidden" if is_hidden else "many" if self._has_more else ""
        told = _NOTES.get(wanted, "" if note in _NOTES.values() else note)
        return {} if told == note else {"note": told}

    # --- the cursor

    def _cursor(self) -> dict[str, Any]:
        newest = dict(sorted(self._states.items(), key=lambda one: int(one[1].last or 0), reverse=True))
        wanted = [i for i in self._places if i in newest] + [i for i in newest if i not in self._places]
        threads = {i for i, one in self._places.items() if one.kind == "thread" and not one.is_ours}
        state: dict[str, Any] = {
            "places": [kept(one) for one in self._places.values()],
            "rooms": {i: newest[i].kept(is_thread=i in threads) for i in wanted[:_MOST_STATES]},
            "names": dict(list(self._names.items())[:_MOST_NAMES]),
        }
        if self._listed is not None:
            state["listed"] = iso(self._listed)
        if self._todo:
            state["todo"] = self._todo
        if self._closed:
            state["closed"] = {i: list(one) for i, one in self._closed.items()}
        if self._has_more:
            state["has_more"] = True
        return state


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _moment(value: Any) -> datetime | None:
    try:
        return parse_iso(value) if isinstance(value, str) and value else None
    except ValueError:
        return None
