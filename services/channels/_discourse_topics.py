"""Reading one topic: what is new in it, what was edited, what went away.

A topic tells the ids of all its posts at once (``post_stream.stream``) and the first twenty posts; the
others are fetched by id, a hundred at a time (lib/topic_view.rb, ``/t/ID/posts.json``). Notifications are
no list of posts: the forum folds those of one topic into one, so every topic it names is compared with
what is known of it.

What is known is kept in the cursor, per topic: ``ids`` of posts seen and ``floor`` below which nothing is
asked for again; for the newest ones ``p``: id -> number, trace, number of the first post of its thread.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.channels._discourse_api import Api
from services.channels._discourse_messages import (
    Addressing,
    Topic,
    Us,
    answered_number,
    id_of,
    is_covered,
    is_gone,
    is_words,
    message_of,
    number_in_topic,
    shape_of,
    trace_of,
    words_of,
)
from services.channels._shapes import Json, as_document, is_missing, moment_of, number_of, part_of, parts_of
from services.errors import BadAnswer, NotAllowed
from services.model import Deletion, Message

log = logging.getLogger(__name__)

CHUNK = 100
_MOST_IDS, _MOST_TRACES, _MOST_PARTNERS = 300, 40, 30
_SHORT = 40
_MOST_LOOK_UPS, _MOST_SINGLES = 3, 3

Kept = dict[str, Any]


@dataclass(frozen=True, slots=True)
class News:
    """``kept``: what is known of the topic from now on. ``is_done`` false: there is more of it to fetch."""

    messages: tuple[Message, ...]
    gone: tuple[Deletion, ...]
    kept: Kept
    is_done: bool = True


def fetch_posts(api: Api, topic_id: int, ids: Sequence[int]) -> dict[int, Json]:
    """Those of them that are still there."""
    params = [("post_ids[]", str(one)) for one in ids]
    try:
        document = api.document(f"/t/{topic_id}/posts.json", params)
    except BadAnswer as error:
        if not is_missing(error):
            raise
        return _one_by_one(api, ids[-_MOST_SINGLES:])
    return {id_of(one): one for one in parts_of(part_of(document, "post_stream"), "posts") if id_of(one)}


def _one_by_one(api: Api, ids: Sequence[int]) -> dict[int, Json]:
    """Where a forum hands out no posts by the dozen."""
    found: dict[int, Json] = {}
    for one in ids:
        try:
            found[one] = api.document(f"/posts/{one}.json")
        except BadAnswer as error:
            if not is_missing(error):
                raise
    return found


def posts_of(document: Json) -> tuple[list[int], dict[int, Json]]:
    """(ids of all posts of a topic, the posts that came along)."""
    stream = part_of(document, "post_stream")
    posts = {id_of(one): one for one in parts_of(stream, "posts") if id_of(one)}
    return shape_of(stream.get("stream")) or sorted(posts), posts


class TopicReader:
    def __init__(self, api: Api, us: Us, now: datetime, horizon: datetime, *, can_write: bool = True) -> None:
        self._api = api
        self._us = us
        self._now = now
        self._horizon = horizon
        self._can_write = can_write

    def read(
        self,
        topic_id: int,
        kept: Kept,
        *,
        numbers: Collection[int] = (),
        everything: bool = False,
        most: int = 4,
        recheck: bool = False,
    ) -> News:
        """``numbers``: posts the forum told us about. ``most``: requests for it. ``recheck``: look at the
        newest known posts again, too."""
        ends = self._api.spent + most
        try:
            document = self._api.document(f"/t/{topic_id}.json")
        except (BadAnswer, NotAllowed) as error:
            if not (isinstance(error, NotAllowed) and error.reason == "scope") and not is_missing(error):
                raise
            # Deleted, or moved to where we may not look.
            return News((), tuple(Deletion(str(one)) for one in _traces(kept)), {})
        stream, posts = posts_of(document)
        if not number_of(document, "id"):
            document = {**document, "id": topic_id}
        memory = Memory(kept, stream)
        todo = [one for one in memory.fresh if one not in posts]
        if recheck:
            todo += [one for one in memory.traces if one not in posts and one in memory.stream][-CHUNK:]
        while todo and self._api.spent < ends:
            chunk = todo[-CHUNK:] if memory.is_first else todo[:CHUNK]
            got = fetch_posts(self._api, topic_id, chunk)
            posts.update(got)
            if not got.keys() & set(chunk):
                # Listed, and not to be had: a post that vanished in between.
                got = {one: {} for one in chunk}
            todo = [one for one in todo if one not in got]
            if memory.is_first and any(self._is_old(one) for one in got.values()):
                todo = []
        first = next((one for one in posts.values() if number_in_topic(one) == 1), {})
        topic = Topic.of(document, self._us, first)
        messages, gone = self._settle(topic, document, posts, memory, numbers, everything=everything)
        left = set(todo)
        memory.finish([one for one in memory.fresh if one not in left], unfinished=bool(left))
        highest = max((number_in_topic(one) for one in posts.values()), default=0)
        memory.kept["highest"] = max(highest, number_of(document, "highest_post_number") or 0)
        return News(tuple(messages), tuple(gone), memory.kept, is_done=not left)

    def _is_old(self, post: Json) -> bool:
        moment = moment_of(post, "created_at")
        return moment is not None and moment < self._horizon

    def _settle(
        self,
        topic: Topic,
        document: Json,
        posts: Mapping[int, Json],
        memory: Memory,
        numbers: Collection[int],
        *,
        everything: bool,
    ) -> tuple[list[Message], list[Deletion]]:
        numbering = Numbering(self._api, topic, document, posts, memory)
        ours = {number_in_topic(one) for one in posts.values() if self._us.wrote(one)} | memory.ours
        addressing = Addressing(
            self._us,
            topic,
            numbers=numbers,
            everything=everything or bool(memory.kept.get("watch")),
            partners=memory.partners,
            # The first walk goes backwards: what it still fetches was said before they spoke to us.
            since=number_of(memory.kept, "highest") or 0 if memory.is_first else 0,
            answers_ours=lambda number: number in ours,
        )
        gone = [one for one in memory.traces if one not in memory.stream]
        messages = []
        is_long = memory.is_first and len(memory.stream) > _SHORT and not topic.is_private
        for post in sorted(posts.values(), key=number_in_topic):
            number, known = number_in_topic(post), id_of(post) in memory.traces
            if not is_words(post):
                continue
            if is_gone(post):
                gone += [id_of(post)] if known else []
                continue
            if not known and memory.has_met(id_of(post)):
                continue
            if is_long and self._is_old(post) and number != 1 and number not in numbers:
                continue
            is_for_us = self._us.wrote(post) or addressing.is_for_us(post)
            mine = self._us.wrote(post)
            parent = numbering.id_at(answered_number(post), look_up=mine)
            root = numbering.root_of(post, is_ours=mine) if topic.is_ours and not topic.is_private else 0
            trace = trace_of(post, words_of(post)[1], is_closed=topic.is_closed)
            before = memory.traces.get(id_of(post))
            memory.note(post, trace, root, is_ours=mine, is_for_us=is_for_us)
            if before is not None and before[1] == trace:
                continue
            if is_covered(post) and before is not None:
                continue
            if topic.is_ours and not topic.is_private and mine and not parent and number <= 1:
                # Our own opening post is what the others talk about.
                continue
            if topic.is_ours and not topic.is_private and mine and not parent:
                parent = numbering.before(number)
            message = message_of(
                post,
                topic,
                self._us,
                self._api.base,
                self._now,
                conversation_key=key_of(topic, root, parent),
                parent_id=parent,
                is_addressed=is_for_us,
                can_write=self._can_write,
            )
            messages.append(message)
        memory.partners = addressing.partners
        for one in gone:
            memory.forget(one)
        messages.sort(key=lambda m: (m.sent_at, int(m.remote_id)))
        return messages, [Deletion(str(one)) for one in gone]


def key_of(topic: Topic, root: int, parent: str) -> str:
    """A topic of a customer is one conversation; below one of ours every first answer begins its own."""
    if not topic.is_ours or topic.is_private:
        return str(topic.id)
    return f"{topic.id}.{root}" if root else "" if parent else str(topic.id)


def _traces(kept: Mapping[str, Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for key, entry in part_of(kept, "p").items():
        if str(key).isdecimal() and isinstance(entry, list) and len(entry) == 4:
            found[int(key)] = entry
    return found


class Memory:
    """What is known of a topic, and what of its stream is not."""

    def __init__(self, kept: Mapping[str, Any], stream: Sequence[int]) -> None:
        self.kept: Kept = dict(kept)
        self.stream = dict.fromkeys(stream)
        self.is_first = not kept.get("ids") or bool(kept.get("walk"))
        self.traces = _traces(kept)
        self.known = set(shape_of(kept.get("ids")))
        self._floor = number_of(kept, "floor") or 0
        self.fresh = [one for one in stream if not self.has_met(one)]
        partners = kept.get("partners")
        self.partners = {str(one) for one in partners} if isinstance(partners, list) else set()
        self.ours = {entry[0] for entry in self.traces.values() if entry[3]}

    def has_met(self, post_id: int) -> bool:
        return post_id in self.known or post_id <= self._floor

    def note(self, post: Json, trace: str, root: int, *, is_ours: bool, is_for_us: bool) -> None:
        number = number_in_topic(post)
        self.traces[id_of(post)] = [number, trace, root, int(is_ours)]
        newest = "mine" if is_ours else "theirs" if is_for_us else ""
        if newest:
            self.kept[newest] = max(number_of(self.kept, newest) or 0, number)

    def forget(self, post_id: int) -> None:
        self.traces.pop(post_id, None)

    def finish(self, handled: Iterable[int], *, unfinished: bool) -> None:
        ids = sorted(self.known | set(handled))
        if len(ids) > _MOST_IDS and not unfinished:
            self._floor = max(self._floor, ids[-_MOST_IDS - 1])
            ids = ids[-_MOST_IDS:]
        newest = sorted(self.traces.items(), key=lambda one: one[1][0])[-_MOST_TRACES:]
        self.kept |= {
            "ids": ids,
            "floor": self._floor,
            "p": {str(one): entry for one, entry in newest},
            "partners": sorted(self.partners)[-_MOST_PARTNERS:],
        }
        self.kept.pop("walk", None)
        if unfinished and self.is_first:
            self.kept["walk"] = 1


class Numbering:
    """Posts answer each other by their numbers within the topic, and we know them by their ids."""

    def __init__(
        self, api: Api, topic: Topic, document: Json, posts: Mapping[int, Json], memory: Memory
    ) -> None:
        self._api = api
        self._topic = topic
        self._stream = list(memory.stream)
        self._is_whole = number_of(document, "highest_post_number") == len(self._stream)
        self._ids = {entry[0]: one for one, entry in memory.traces.items()}
        self._ids |= {number_in_topic(one): i for i, one in posts.items() if number_in_topic(one)}
        self._roots: dict[int, int] = {entry[0]: entry[2] for entry in memory.traces.values() if entry[2]}
        self._by_number = {number_in_topic(one): one for one in posts.values()}
        self._inbound: list[tuple[int, str]] = [
            (entry[0], str(one)) for one, entry in memory.traces.items() if not entry[3]
        ]
        self._look_ups = _MOST_LOOK_UPS

    def id_at(self, number: int, *, look_up: bool) -> str:
        if not number:
            return ""
        found = self._ids.get(number)
        if found is None and self._is_whole and number <= len(self._stream):
            found = self._stream[number - 1]
        if found is None and look_up and self._look_ups > 0:
            self._look_ups -= 1
            found = self._asked(number)
        return str(found) if found else ""

    def _asked(self, number: int) -> int:
        try:
            post = as_document(self._api.get(f"/posts/by_number/{self._topic.id}/{number}.json"))
        except (BadAnswer, NotAllowed) as error:
            log.info("the post that is answered could not be looked up: %s", error.kind)
            return 0
        self._ids[number] = id_of(post)
        return id_of(post)

    def root_of(self, post: Json, *, is_ours: bool) -> int:
        """Number of the first post of the thread below our opening post; 0 where that cannot be told."""
        number, answered = number_in_topic(post), answered_number(post)
        if not is_ours:
            self._inbound.append((number, str(id_of(post))))
        if number in self._roots:
            return self._roots[number]
        root: int
        if answered > 1:
            root = self._roots.get(answered, 0)
        else:
            root = 0 if is_ours else number
            if is_ours and number > 1:
                root = self._roots.get(max((n for n, _ in self._inbound if n < number), default=0), 0)
        if root:
            self._roots[number] = root
        return root

    def before(self, number: int) -> str:
        """Id of what was last said to us before it."""
        earlier = [one for one in self._inbound if one[0] < number]
        return max(earlier)[1] if earlier else ""


def is_open(kept: Mapping[str, Any]) -> bool:
    """Whether somebody spoke to us after our last word."""
    return (number_of(kept, "theirs") or 0) > (number_of(kept, "mine") or 0)
