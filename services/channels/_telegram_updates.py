"""What has happened since the last look: Telegram's queue of updates, read without losing one.

core.telegram.org/bots/api#getupdates: an update is confirmed, and gone for good, as soon as a later one is
asked for. So the cursor holds the next number to ask for, and Telegram forgets an update only after the
messages before it were stored. The queue keeps 24 hours. After a week of silence the numbers start anew at
random; then it is asked without a number, and shows what it has.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from services.channels._chat import Room
from services.channels._shapes import Json, as_list, number_of, part_of, text_of
from services.channels._telegram_api import Api
from services.channels._telegram_messages import Us, is_private, message_of, private_key
from services.channels.base import Batch
from services.clock import iso, parse_iso
from services.errors import BadAnswer, ChannelError, RateLimited, Unreachable
from services.model import Deletion, Direction, JsonObject, Message

log = logging.getLogger(__name__)

KEPT = timedelta(hours=24)
"""How long Telegram keeps what nobody fetched."""
GAP_NOTE = "kept-for-a-day"
_NOTE_STAYS = timedelta(days=7)
_NUMBERS_HOLD = timedelta(days=6)
_AT_ONCE = 100
_MOST_ROOMS = 40
_MOST_OWNERS = 50

KINDS = (
    "message",
    "edited_message",
    "business_connection",
    "business_message",
    "edited_business_message",
    "deleted_business_messages",
)
_MESSAGES = ("message", "edited_message", "business_message", "edited_business_message")


def ask(api: Api, offset: int | None, *, limit: int = _AT_ONCE, wait: int = 0) -> list[Json]:
    """The updates from this number on, oldest first; those before it are confirmed by asking."""
    params: dict[str, Any] = {"limit": limit, "timeout": wait, "allowed_updates": list(KINDS)}
    if offset is not None:
        params["offset"] = offset
    return as_list(api.ask("getUpdates", params, wait=wait))


def next_number(cursor: JsonObject, now: datetime) -> int | None:
    """The number to ask for; None after so long a silence that the numbers may have begun anew."""
    heard = _moment(cursor, "heard")
    is_fresh = heard is not None and timedelta(0) <= now - heard < _NUMBERS_HOLD
    return number_of(cursor, "offset") if is_fresh else None


class Look:
    """One step of polling from a cursor."""

    def __init__(self, api: Api, us: Us, cursor: JsonObject, settings: JsonObject, now: datetime) -> None:
        self._api = api
        self._now = now
        self._settings = settings
        self._offset = number_of(cursor, "offset")
        self._next = next_number(cursor, now)
        self._asked = _moment(cursor, "asked")
        self._heard = _moment(cursor, "heard")
        self._noted = _moment(cursor, "noted")
        rooms, owners, asked = cursor.get("rooms"), cursor.get("owners"), cursor.get("questions")
        self._rooms: dict[str, Room] = {
            str(chat): Room(kept) for chat, kept in (rooms.items() if isinstance(rooms, Mapping) else ())
        }
        self._owners = {str(k): str(v) for k, v in owners.items()} if isinstance(owners, Mapping) else {}
        self._questions = {str(k): str(v) for k, v in asked.items()} if isinstance(asked, Mapping) else {}
        self._us = Us(us.bot_id, us.username, us.staff, self._owners)
        self._messages: dict[str, Message] = {}
        self._deletions: list[Deletion] = []

    def step(self) -> Batch:
        updates = self._fetch()
        numbers = [number for one in updates if (number := number_of(one, "update_id")) is not None]
        for update in updates:
            self._take(update)
        if numbers:
            self._offset, self._heard = max(numbers) + 1, self._now
        elif updates:
            raise BadAnswer("no-update-id")
        changed = self._note()
        self._asked = self._now
        messages = tuple(sorted(self._messages.values(), key=lambda one: one.sent_at))
        more = len(updates) >= _AT_ONCE
        return Batch(messages, tuple(self._deletions), self._cursor(), more, settings=changed)

    def _fetch(self) -> list[Json]:
        try:
            return ask(self._api, self._next)
        except BadAnswer as error:
            if error.reason != "another-reader":
                raise
        # Most likely our own listening, which Telegram ends for the newer request.
        return ask(self._api, self._next)

    def _cursor(self) -> dict[str, Any]:
        state: dict[str, Any] = {
            "asked": iso(self._now),
            "rooms": {chat: room.kept() for chat, room in list(self._rooms.items())[-_MOST_ROOMS:]},
            "owners": dict(list(self._owners.items())[-_MOST_OWNERS:]),
            "questions": dict(list(self._questions.items())[-_MOST_ROOMS:]),
        }
        if self._offset is not None:
            state["offset"] = self._offset
        if self._heard is not None:
            state["heard"] = iso(self._heard)
        if self._noted is not None:
            state["noted"] = iso(self._noted)
        return state

    def _note(self) -> dict[str, Any]:
        """Says for a week that something may be missing, once nobody has asked for longer than Telegram
        keeps."""
        note = str(self._settings.get("note") or "")
        if self._asked is not None and self._now - self._asked > KEPT:
            self._noted = self._now
        elif self._noted is not None and self._now - self._noted > _NOTE_STAYS:
            self._noted = None
        wanted = GAP_NOTE if self._noted is not None else "" if note == GAP_NOTE else note
        return {} if wanted == note else {"note": wanted}

    # --- one update

    def _take(self, update: Json) -> None:
        connection = part_of(update, "business_connection")
        if connection:
            self._learn_owner(connection)
        for name in _MESSAGES:
            message = part_of(update, name)
            if message:
                self._take_message(message)
        gone = part_of(update, "deleted_business_messages")
        numbers = gone.get("message_ids")
        for number in numbers if isinstance(numbers, list) else ():
            chat_id = text_of(part_of(gone, "chat"), "id")
            self._deletions.append(Deletion(f"b:{chat_id}:{number}"))

    def _take_message(self, message: Json) -> None:
        lent = text_of(message, "business_connection_id")
        if lent and lent not in self._owners:
            self._ask_for_owner(lent)
        chat_id = text_of(part_of(message, "chat"), "id")
        room = self._rooms.pop(chat_id, None) or Room()
        if not is_private(message):
            self._rooms[chat_id] = room
        made = message_of(message, self._us, room, self._now)
        if made is not None:
            self._messages[made.remote_id] = self._in_order(made) if lent else made

    def _in_order(self, made: Message) -> Message:
        """Telegram tells seconds only: what the business wrote in the second of a customer's message came
        after it in the queue, and so answers it."""
        second, key = f"{iso(made.sent_at)} ", made.conversation_key
        if made.direction is Direction.INBOUND:
            self._questions.pop(key, None)
            self._questions[key] = second + made.remote_id
            return made
        question = self._questions.get(key, "")
        if made.parent_id or not question.startswith(second):
            return made
        return replace(made, parent_id=question.removeprefix(second))

    def _learn_owner(self, connection: Json) -> None:
        name, owner = text_of(connection, "id"), text_of(part_of(connection, "user"), "id")
        if name and owner:
            self._owners.pop(name, None)
            self._owners[name] = owner

    def _ask_for_owner(self, name: str) -> None:
        try:
            self._learn_owner(self._api.ask("getBusinessConnection", {"business_connection_id": name}))
        except (RateLimited, Unreachable):
            raise
        except (ChannelError, AttributeError) as error:
            # The chat's own number tells the customer from the business as well.
            log.info("a business connection could not be looked up: %s", type(error).__name__)
            self._owners[name] = ""


def waiting_in(api: Api, us: Us, key: str, now: datetime) -> list[Message]:
    """What is in the queue for one private exchange and not confirmed yet. Confirms nothing."""
    found = []
    for update in ask(api, None):
        for name in _MESSAGES:
            message = part_of(update, name)
            if message and is_private(message) and private_key(message) == key:
                made = message_of(message, us, Room(), now)
                found += [made] if made is not None else []
    return found


def _moment(cursor: JsonObject, name: str) -> datetime | None:
    try:
        return parse_iso(str(cursor.get(name) or ""))
    except ValueError:
        return None
