"""What has happened since the last look, for who is signed in: the state machine behind the cursor.

Notifications name topics with news (app/services/post_alerter.rb: those of one topic are folded into one,
which is removed and made anew), newest first and sixty a page; the pages overlap, for one that is removed
meanwhile pulls the others up. Each topic named is then read for itself. What nobody is notified of - our
own answers given in the browser, edits, deletions, a customer who adds something without answering - is
found by looking again at the topics where somebody waits, one or two each time, and at the forum's list
of newest topics.

A member's key may ask 20 times a minute and 2,880 times a day: one round makes at most a dozen requests
or so, leaves the others for a minute later, and usually makes three.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from services.channels._discourse_api import ADMIN, Api
from services.channels._discourse_chat import chat_message
from services.channels._discourse_messages import Us
from services.channels._discourse_topics import Kept, TopicReader, is_open
from services.channels._shapes import Json, is_missing, moment_of, number_of, part_of, parts_of
from services.channels.base import Batch
from services.clock import iso, parse_iso
from services.errors import BadAnswer, NotAllowed
from services.model import Deletion, JsonObject, Message

log = logging.getLogger(__name__)

TALK = frozenset({1, 2, 3, 6, 7, 9, 15, 17, 36})
"""Notifications of something said in a topic (app/models/notification.rb): mentioned, replied, quoted,
private_message, invited_to_private_message, posted, group_mentioned, watching_first_post,
watching_category_or_tag. Others are left alone."""
WATCHED = frozenset({9, 36})
CHAT = frozenset({29, 30})

PAGE, _OVERLAP = 60, 10
_MOST_KNOWN, _MOST_TOPICS, _MOST_QUEUE = 200, 60, 2000
_PER_TOPIC = 4
_MINUTE = timedelta(seconds=60)
_REST = timedelta(seconds=61)
_BUDGET = {ADMIN: (40, 20)}
_MEMBERS_BUDGET = (14, 6)
"""Requests a minute that polling takes of the 20 (an administrator's key: of the 60), and how many of them
even a round that comes early may make."""
_LOOK_AGAIN = 2
_MOST_TRIES = 20
_WALLS = frozenset({"web-page", "not-json", "api-blocked"})
"""Said by what stands in front of a forum; what is behind it is still there."""


class Look:
    """One step of polling."""

    def __init__(
        self, api: Api, us: Us, cursor: JsonObject, *, now: datetime, backfill: timedelta, can_write: bool
    ) -> None:
        self._api = api
        self._us = us
        self._now = now
        self._can_write = can_write
        self._known = _ids(cursor.get("known"))
        self._is_first = "known" not in cursor or bool(cursor.get("first"))
        self._horizon = now - backfill
        self._since = _moment(cursor.get("since"), self._horizon) if self._is_first else self._horizon
        self._walk: dict[str, Any] | None = dict(part_of(cursor, "walk")) if cursor.get("walk") else None
        self._queue: list[dict[str, Any]] = [dict(one) for one in parts_of(cursor, "queue")]
        self._topics: dict[str, Kept] = {k: dict(part_of(v)) for k, v in part_of(cursor, "topics").items()}
        self._turn = number_of(cursor, "turn") or 0
        self._has_list = cursor.get("list", True) is not False
        moments = cursor.get("spent")
        oldest = now.timestamp() - _MINUTE.total_seconds()
        self._spent = (
            [one for one in moments if isinstance(one, int | float)] if isinstance(moments, list) else []
        )
        self._spent = [one for one in self._spent if oldest < one <= now.timestamp()]
        self._left = number_of(cursor, "left")
        self._later: list[dict[str, Any]] = [dict(one) for one in parts_of(cursor, "later")]
        self._trouble = _told_trouble(cursor.get("trouble"))
        self._messages: dict[str, Message] = {}
        self._gone: list[Deletion] = []
        self._is_quiet = False

    # --- one step

    def step(self) -> Batch:
        before = self._api.spent
        if self._left is None:
            most, least = _BUDGET.get(self._api.key_type, _MEMBERS_BUDGET)
            self._left = max(least, most - len(self._spent))
            self._walk = self._walk or {"offset": 0}
            self._turn += 1
            self._trouble = None
        if self._walk is not None:
            self._notifications()
        elif self._queue:
            self._next_topic()
        self._left -= self._api.spent - before
        self._spent += [self._now.timestamp()] * (self._api.spent - before)
        if self._left <= 0:
            # A second look at what is known can wait for the next round; news cannot.
            self._queue = [one for one in self._queue if one.get("numbers") or not one.get("again")]
        is_left = bool(self._walk is not None or self._queue)
        more = is_left and self._left > 0
        trouble = None
        if not more:
            self._left = None
            # What could not be read is tried again in the next round, after everything else.
            self._queue, self._later, trouble = self._queue + self._later, [], self._trouble
        messages = sorted(self._messages.values(), key=lambda m: (m.sent_at, m.remote_id))
        return Batch(
            tuple(messages),
            tuple(self._gone),
            self._cursor(),
            more,
            _REST if is_left and not more else None,
            live=not self._is_quiet,
            trouble=trouble,
        )

    def _cursor(self) -> dict[str, Any]:
        newest = sorted(self._topics.items(), key=lambda one: (is_open(one[1]), _turn_of(one[1], "news")))
        return {
            "known": sorted(self._known)[-_MOST_KNOWN:],
            "first": int(self._is_first),
            "since": iso(self._since) if self._is_first else "",
            "walk": self._walk,
            "queue": self._queue[:_MOST_QUEUE],
            "topics": dict(newest[-_MOST_TOPICS:]),
            "turn": self._turn,
            "list": self._has_list,
            "spent": self._spent[-120:],
            "left": self._left,
            "later": self._later,
            "trouble": [self._trouble.kind, self._trouble.reason] if self._trouble else None,
        }

    # --- who called

    def _notifications(self) -> None:
        assert self._walk is not None
        offset = number_of(self._walk, "offset") or 0
        params = [("limit", str(PAGE))] + ([("offset", str(offset))] if offset else [])
        document = self._api.document("/notifications.json", params)
        page = parts_of(document, "notifications")
        met = _ids(self._walk.get("met"))
        floor = min(self._known, default=0) if not self._is_first else 0
        fresh = [one for one in page if self._is_new(one, floor) and number_of(one, "id") not in met]
        for one in fresh:
            self._note(one)
        is_further = bool({number_of(one, "id") or 0 for one in page} - met)
        met |= {number_of(one, "id") or 0 for one in page}
        total = number_of(document, "total_rows_notifications")
        if total is not None:
            is_last = offset + len(page) >= total
        else:
            is_last = len(page) < PAGE and not document.get("load_more_notifications")
        is_last = is_last or not page or not is_further
        is_old = self._is_first and bool(page) and all(self._is_past(one) for one in page)
        is_met = not self._is_first and bool(page) and not fresh
        if is_last or is_old or is_met:
            self._known |= met
            self._is_first = False
            self._walk = None
            if all(one.get("tries") for one in self._queue):
                self._look_around()
        else:
            step = max(len(page) - _OVERLAP, (len(page) + 1) // 2)
            self._walk = {"offset": offset + step, "met": sorted(met)}

    def _is_new(self, notification: Json, floor: int) -> bool:
        number = number_of(notification, "id") or 0
        return number > floor and number not in self._known

    def _is_past(self, notification: Json) -> bool:
        moment = moment_of(notification, "created_at")
        return moment is not None and moment < self._since

    def _note(self, notification: Json) -> None:
        """Puts what it tells of into the queue."""
        kind = number_of(notification, "notification_type")
        if self._is_first and self._is_past(notification):
            return
        data = part_of(notification, "data")
        if kind in CHAT and number_of(data, "chat_message_id"):
            room, message = number_of(data, "chat_channel_id") or 0, number_of(data, "chat_message_id") or 0
            entry = {"chat": room, "message": message, "direct": bool(data.get("is_direct_message_channel"))}
            self._queue.append({**entry, "quiet": int(self._is_first)})
        topic = number_of(notification, "topic_id") or 0
        if kind in TALK and topic > 0:
            number = number_of(notification, "post_number") or 0
            self._add(topic, number, watch=kind in WATCHED)

    def _add(self, topic: int, number: int = 0, *, watch: bool = False, recheck: bool = False) -> None:
        entry = next((one for one in self._queue if one.get("topic") == topic), None)
        if entry is None:
            entry = {"topic": topic, "numbers": [], "quiet": int(self._is_first)}
            self._queue.append(entry)
        if number and number not in entry["numbers"]:
            entry["numbers"] = [*entry["numbers"], number][-50:]
        if watch:
            entry["watch"] = 1
        if recheck:
            entry["again"] = 1

    # --- what nobody is told of

    def _look_around(self) -> None:
        """Queues a few topics that are known already."""
        self._newest_topics()
        queued = {one.get("topic") for one in self._queue}
        rested = sorted(
            (one for one in self._topics.items() if int(one[0]) not in queued),
            key=lambda one: (not is_open(one[1]), _turn_of(one[1], "turn")),
        )
        others = sorted(rested, key=lambda one: _turn_of(one[1], "turn"))
        for key, _ in (*rested[: _LOOK_AGAIN - 1], *others[:_LOOK_AGAIN]):
            if len(self._queue) < len(queued) + _LOOK_AGAIN:
                self._add(int(key), recheck=True)

    def _newest_topics(self) -> None:
        """Known topics where more was said than we have read. Not every forum shows the list to everybody."""
        if not self._has_list or not self._topics:
            return
        try:
            document = self._api.document("/latest.json")
        except (BadAnswer, NotAllowed) as error:
            log.info("the newest topics are not shown: %s", error.kind)
            self._has_list = False
            return
        for one in parts_of(part_of(document, "topic_list"), "topics"):
            kept = self._topics.get(str(number_of(one, "id") or 0))
            highest = number_of(one, "highest_post_number") or 0
            if kept is not None and highest > (number_of(kept, "highest") or 0):
                self._add(number_of(one, "id") or 0)

    # --- one topic

    def _next_topic(self) -> None:
        entry = self._queue[0]
        self._is_quiet = bool(entry.get("quiet"))
        try:
            if self._chat(entry) if "chat" in entry else self._topic(entry):
                self._queue.pop(0)
        except (BadAnswer, NotAllowed) as error:
            # One odd topic must not stop the others; it is not given up at once, either.
            log.info("a topic could not be read: %s %s", error.kind, error.reason)
            self._queue.pop(0)
            tries = (number_of(entry, "tries") or 0) + 1
            if tries < _MOST_TRIES or error.reason in _WALLS:
                self._later.append({**entry, "tries": tries})
                self._trouble = error

    def _topic(self, entry: Mapping[str, Any]) -> bool:
        topic = number_of(entry, "topic") or 0
        kept = self._topics.get(str(topic), {})
        if entry.get("watch"):
            kept = {**kept, "watch": 1}
        reader = TopicReader(self._api, self._us, self._now, self._horizon, can_write=self._can_write)
        news = reader.read(
            topic,
            kept,
            numbers=_ids(entry.get("numbers")),
            most=max(2, min(_PER_TOPIC, self._left or 0)),
            recheck=bool(entry.get("again")),
        )
        self._messages |= {m.remote_id: m for m in news.messages}
        self._gone += news.gone
        if not news.kept:
            self._topics.pop(str(topic), None)
            return True
        told = {"turn": self._turn, "watch": number_of(kept, "watch") or 0}
        if news.messages:
            told["news"] = self._turn
        self._topics[str(topic)] = {**news.kept, **told}
        return news.is_done

    def _chat(self, entry: Mapping[str, Any]) -> bool:
        room, number = number_of(entry, "chat") or 0, number_of(entry, "message") or 0
        is_direct = bool(entry.get("direct"))
        try:
            message = chat_message(self._api, self._us, self._now, room, number, is_direct=is_direct)
        except (BadAnswer, NotAllowed) as error:
            if is_missing(error) or error.reason == "scope":
                return True
            raise
        if message is not None:
            self._messages[message.remote_id] = message
        return True


def _told_trouble(value: Any) -> BadAnswer | NotAllowed | None:
    if not isinstance(value, list) or len(value) != 2:
        return None
    return (NotAllowed if value[0] == NotAllowed.kind else BadAnswer)(str(value[1]))


def _turn_of(kept: Mapping[str, Any], name: str) -> int:
    return number_of(kept, name) or 0


def _ids(value: Any) -> set[int]:
    return {one for one in value if isinstance(one, int)} if isinstance(value, list | set) else set()


def _moment(value: Any, default: datetime) -> datetime:
    try:
        return parse_iso(value) if isinstance(value, str) and value else default
    except ValueError:
        return default
