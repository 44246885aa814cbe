"""What a forum shows to everybody: the whole of it, one category or tag, or one topic.

``/posts.json`` lists the newest posts of the forum by id, fifty a page, ``before`` an id (the ids only
grow); older forums answer with the posts among fifty ids, which may be none although there are older
ones. A category or tag is a list of topics, each of which is read for itself when it has grown.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from services.channels._discourse_address import LIST, TOPIC, Place
from services.channels._discourse_api import Api
from services.channels._discourse_messages import (
    Topic,
    Us,
    answered_number,
    id_of,
    is_covered,
    is_gone,
    is_words,
    message_of,
    number_in_topic,
    trace_of,
    words_of,
)
from services.channels._discourse_topics import Kept, TopicReader
from services.channels._shapes import (
    Json,
    as_document,
    is_missing,
    moment_of,
    number_of,
    part_of,
    parts_of,
    text_of,
)
from services.channels.base import Batch
from services.errors import BadAnswer, ChannelError, NotAllowed
from services.model import Deletion, JsonObject, Message

log = logging.getLogger(__name__)

_PAGE, _WINDOW = 50, 50
_MOST_KNOWN, _MOST_TOPICS = 300, 100
_MOST_EMPTY, _MOST_DOUBTS, _MOST_PAGES = 4, 3, 40
_PER_TOPIC = 8


class PublicLook:
    """One step of polling without a sign-in. Every post is a customer's, but those of the owner's name."""

    def __init__(
        self, api: Api, us: Us, place: Place, cursor: JsonObject, *, now: datetime, backfill: timedelta
    ) -> None:
        self._api = api
        self._us = us
        self._place = place
        self._now = now
        self._horizon = now - backfill
        self._top = number_of(cursor, "top")
        self._known = _read_known(cursor.get("posts"))
        self._walk: dict[str, Any] = dict(part_of(cursor, "walk"))
        self._queue: list[int] = [one for one in _list(cursor.get("queue")) if isinstance(one, int)]
        self._topics: dict[str, Kept] = {k: dict(part_of(v)) for k, v in part_of(cursor, "topics").items()}
        self._messages: dict[str, Message] = {}
        self._gone: list[Deletion] = []

    def step(self) -> Batch:
        if self._place.scope == TOPIC:
            more = self._one_topic(int(self._place.what), recheck=True)
        elif self._queue:
            self._next_topic()
            more = bool(self._queue or self._walk)
        elif self._place.scope == LIST:
            self._list()
            more = bool(self._queue or self._walk)
        else:
            self._newest()
            more = bool(self._walk)
        messages = sorted(self._messages.values(), key=lambda m: (m.sent_at, int(m.remote_id)))
        return Batch(tuple(messages), tuple(self._gone), self._cursor(), more)

    def _cursor(self) -> dict[str, Any]:
        posts = sorted(self._known.items())[-_MOST_KNOWN:]
        topics = sorted(self._topics.items(), key=lambda one: number_of(one[1], "at") or 0)
        return {
            "top": self._top,
            "posts": {str(one): entry for one, entry in posts},
            "walk": self._walk,
            "queue": self._queue,
            "topics": dict(topics[-_MOST_TOPICS:]),
        }

    def _is_old(self, document: Json, name: str) -> bool:
        moment = moment_of(document, name)
        return moment is not None and moment < self._horizon

    # --- the whole forum

    def _newest(self) -> None:
        before = number_of(self._walk, "before")
        params = [("before", str(before))] if before else []
        page = [
            one for one in parts_of(self._api.document("/posts.json", params), "latest_posts") if id_of(one)
        ]
        ids = [id_of(one) for one in page]
        if not before:
            self._walk = {"top": max(ids, default=self._top or 0), "pages": 0, "empty": 0}
            self._compare(ids)
        self._take(page)
        lowest = min(ids, default=0)
        pages, empty = (number_of(self._walk, "pages") or 0) + 1, number_of(self._walk, "empty") or 0
        if self._top is None:
            is_done = any(self._is_old(one, "created_at") for one in page)
        else:
            is_done = bool(ids) and lowest <= self._top
        if not ids or (before and lowest >= before):
            # Nothing among these numbers, which on older forums does not mean that there is nothing below.
            lowest, empty = max((before or 0) - _WINDOW, 0), empty + 1
        is_done = is_done or lowest <= max(1, self._top or 1) or empty >= _MOST_EMPTY or pages >= _MOST_PAGES
        if is_done:
            self._top = max(self._top or 0, number_of(self._walk, "top") or 0)
            self._walk = {}
        else:
            self._walk |= {"before": lowest, "pages": pages, "empty": empty}

    def _take(self, page: list[Json]) -> None:
        places = {(entry[0], entry[1]): one for one, entry in self._known.items()}
        places |= {(number_of(one, "topic_id") or 0, number_in_topic(one)): id_of(one) for one in page}
        for post in page:
            if not is_words(post) or (id_of(post) not in self._known and self._is_old(post, "created_at")):
                continue
            topic_id, number = number_of(post, "topic_id") or 0, number_in_topic(post)
            if is_gone(post):
                self._forget(id_of(post))
                continue
            trace = trace_of(post, words_of(post)[1])
            known = self._known.get(id_of(post))
            self._known[id_of(post)] = [topic_id, number, trace]
            if known is not None and (known[2] == trace or is_covered(post)):
                continue
            answered = places.get((topic_id, answered_number(post)), 0) if answered_number(post) else 0
            topic = Topic(
                topic_id,
                title=text_of(post, "topic_title"),
                slug=text_of(post, "topic_slug"),
                first=post if number == 1 else {},
            )
            self._messages[str(id_of(post))] = message_of(
                post,
                topic,
                self._us,
                self._api.base,
                self._now,
                conversation_key=str(topic_id or id_of(post)),
                parent_id=str(answered) if answered else "",
                can_write=False,
            )

    def _compare(self, ids: list[int]) -> None:
        """Asks what became of posts that should be on the newest page and are not."""
        lowest, doubts = min(ids, default=0), _MOST_DOUBTS
        for number in sorted((one for one in self._known if ids and one >= lowest), reverse=True):
            if number in ids or doubts <= 0:
                continue
            doubts -= 1
            try:
                post = as_document(self._api.get(f"/posts/{number}.json"))
            except ChannelError as error:
                if is_missing(error) or isinstance(error, NotAllowed) or error.reason == "needs-token":
                    self._forget(number)
                    continue
                log.info("a missing post could not be asked about: %s", error.kind)
                return
            if is_gone(post):
                self._forget(number)

    def _forget(self, number: int) -> None:
        if self._known.pop(number, None) is not None:
            self._gone.append(Deletion(str(number)))

    # --- a category or tag

    def _list(self) -> None:
        page = number_of(self._walk, "page") or 0
        params = [("page", str(page))] if page else []
        listed = part_of(self._api.document(f"/{self._place.what}.json", params), "topic_list")
        topics, grown = parts_of(listed, "topics"), 0
        for one in topics:
            number, kept = number_of(one, "id") or 0, self._topics.get(str(number_of(one, "id") or 0), {})
            is_old = self._is_old(one, "last_posted_at" if one.get("last_posted_at") else "bumped_at")
            state = f"{text_of(one, 'highest_post_number')}/{text_of(one, 'posts_count')}"
            if not number or (is_old and not kept) or (kept and kept.get("state") == state):
                continue
            grown += 1
            self._topics[str(number)] = {**kept, "state": state}
            self._queue.append(number)
        has_more = bool(text_of(listed, "more_topics_url")) and grown > 0 and page < _MOST_PAGES
        self._walk = {"page": page + 1} if has_more else {}

    def _next_topic(self) -> None:
        number = self._queue[0]
        try:
            is_done = not self._one_topic(number)
        except (BadAnswer, NotAllowed) as error:
            log.info("a topic could not be read: %s %s", error.kind, error.reason)
            is_done = True
        if is_done:
            self._queue.pop(0)

    def _one_topic(self, number: int, *, recheck: bool = False) -> bool:
        """Whether there is more of it."""
        kept = self._topics.get(str(number), {})
        reader = TopicReader(self._api, self._us, self._now, self._horizon, can_write=False)
        news = reader.read(number, kept, everything=True, most=_PER_TOPIC, recheck=recheck)
        if not news.kept and not kept.get("ids"):
            raise BadAnswer("not-found", status=404)
        self._messages |= {m.remote_id: m for m in news.messages}
        self._gone += news.gone
        at = int(max((m.sent_at for m in news.messages), default=self._now).timestamp())
        self._topics[str(number)] = {**news.kept, "at": at, "state": kept.get("state", "")}
        return not news.is_done


def _read_known(value: Any) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for key, entry in part_of({"posts": value}, "posts").items():
        if str(key).isdecimal() and isinstance(entry, list) and len(entry) == 3:
            found[int(key)] = entry
    return found


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def watched(place: Mapping[str, Any]) -> Place | None:
    """The place as ``identify`` found it, out of the account's settings."""
    base, scope, what = (text_of(place, name) for name in ("base", "scope", "what"))
    return Place(base, scope, what) if base and scope else None
