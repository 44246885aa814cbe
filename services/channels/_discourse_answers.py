"""Answering in a topic, finding an answer again, liking.

docs.discourse.org (POST /posts.json), lib/new_post_manager.rb, lib/validators: a post is refused with 422
and a sentence in the member's language when it is too short or says what the member said somewhere within
the last minutes. That is no key of ours: the same words to two customers are refused as well, so after a
refusal the topic is read. What waits for a moderator is told of with ``action: enqueued``, and in
``pending_posts`` of the topic.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from services.alike import same_words
from services.channels._discourse_api import ADMIN, Api
from services.channels._discourse_messages import (
    Topic,
    Us,
    answered_number,
    id_of,
    is_gone,
    is_words,
    number_in_topic,
    page_of,
    words_of,
)
from services.channels._discourse_topics import posts_of
from services.channels._shapes import Json, is_missing, moment_of, number_of, part_of, parts_of, text_of
from services.channels.base import ABSENT, UNKNOWN, Found, Reply, Sent
from services.errors import (
    BadAnswer,
    ChannelError,
    NotAllowed,
    RateLimited,
    Refused,
    Unclear,
    Unreachable,
)

if TYPE_CHECKING:
    from services.channels.web import Response

SHORTEST, SHORTEST_PRIVATE, LONGEST = 20, 10, 32_000
"""Site settings as they come (config/site_settings.yml): min_post_length, min_personal_message_post_length,
max_post_length."""
SETTLED = timedelta(seconds=90)
"""After so long a request that broke off is not being worked on any more (a forum ends one after 30 s)."""
_SAME_WORDS_REST = timedelta(minutes=5, seconds=5)
_CLOCKS_DIFFER = timedelta(minutes=5)
_CHUNK, _MOST_CHUNKS = 100, 6
_LIKE = 2
_TOO_SIMILAR = re.compile(r"too similar to what you recently posted", re.IGNORECASE)
_TOO_MANY = re.compile(r"new users? (?:are|is) (?:temporarily )?limited", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Lengths:
    shortest: int = SHORTEST
    shortest_private: int = SHORTEST_PRIVATE
    longest: int = LONGEST


def counted(text: str) -> int:
    """Characters as the forum counts the least it takes (lib/validators/stripped_length_validator.rb)."""
    text = re.sub(r"<!--(.*?)-->", "", text)
    text = re.sub(r":\w+(:\w+)?:", "X", text)
    text = re.sub(r"\.{2,}", "…", text)
    return len(re.sub(r",{2,}", ",", text).strip())


class Answers:
    def __init__(self, api: Api, us: Us, now: datetime, lengths: Lengths) -> None:
        self._api = api
        self._us = us
        self._now = now
        self._lengths = lengths

    # --- sending

    def send(self, reply: Reply) -> Sent:
        is_private = reply.reply_context.get("private") is True
        self._measure(reply.text, is_private=is_private)
        try:
            topic, number = self._place(reply)
        except (Unreachable, Unclear, BadAnswer) as error:
            # The reply itself has not left yet.
            reason = error.reason if isinstance(error, Unreachable) else "server"
            raise Unreachable(reason, sent=False) from None
        if topic.is_closed:
            raise Refused("closed")
        if topic.is_private != is_private or (reply.private and not topic.is_private):
            raise Refused("would-be-private" if topic.is_private else "would-be-public")
        body = {"raw": reply.text, "topic_id": topic.id, "reply_to_post_number": number}
        answer = self._api.change("POST", "/posts.json", body)
        told = self._api.told(answer)
        if answer.status in (200, 201):
            return self._taken(told, topic, reply)
        if answer.status == 422:
            return self._refused(told, reply)
        raise self._not_taken(answer, told)

    def _not_taken(self, answer: Response, told: Json) -> ChannelError:
        error = self._api.error_of(answer, changes=True)
        if isinstance(error, NotAllowed) and error.reason == "scope":
            self._api.check_sign_in()
            # What a member's key may do nobody tells; an administrator's may do all that its member may.
            return Refused("not-allowed") if self._api.key_type == ADMIN else error
        if is_missing(error):
            return Refused("gone")
        if isinstance(error, BadAnswer) and _said(told):
            return Refused("rejected", said=_said(told), status=answer.status)
        return error

    def _measure(self, text: str, *, is_private: bool) -> None:
        least = self._lengths.shortest_private if is_private else self._lengths.shortest
        size = len(text.strip())
        if not size:
            raise Refused("empty")
        if len(text) > self._lengths.longest:
            raise Refused("too-long", over=len(text) - self._lengths.longest, limit=self._lengths.longest)
        if counted(text) < least:
            raise Refused("too-short", limit=least, over=least - counted(text))

    def _place(self, reply: Reply) -> tuple[Topic, int]:
        """The topic the answered post stands in now, and its number there. Raises Refused("gone")."""
        topic_id = number_of(reply.reply_context, "topic") or 0
        number = number_of(reply.reply_context, "number") or 0
        parent = int(reply.parent_id) if reply.parent_id.isdecimal() else 0
        if not topic_id or not parent:
            raise Refused("gone")
        document = self._topic(topic_id, number)
        stream, posts = posts_of(document) if document else ([], {})
        if parent in posts:
            post = posts[parent]
        elif document and parent in stream:
            return self._topic_of(document, topic_id), number
        else:
            # Moved to another topic, or gone.
            try:
                post = self._api.document(f"/posts/{parent}.json")
            except (BadAnswer, NotAllowed) as error:
                if is_missing(error) or isinstance(error, NotAllowed):
                    raise Refused("gone") from None
                raise
            moved = number_of(post, "topic_id") or 0
            if id_of(post) != parent or not moved or is_gone(post):
                raise Refused("gone")
            if moved == topic_id and not document:
                raise Refused("gone")
            document, topic_id = self._topic(moved, number_in_topic(post)), moved
            if not document:
                raise Refused("gone")
        if is_gone(post):
            raise Refused("gone")
        return self._topic_of(document, topic_id), number_in_topic(post) or number

    def _topic_of(self, document: Json, topic_id: int) -> Topic:
        return Topic.of({**document, "id": number_of(document, "id") or topic_id}, self._us, {})

    def _topic(self, topic_id: int, number: int) -> Json:
        """The topic around one of its posts; empty where it is not to be seen."""
        for path in (f"/t/{topic_id}/{number}.json", f"/t/{topic_id}.json"):
            try:
                return self._api.document(path)
            except (BadAnswer, NotAllowed) as error:
                if not is_missing(error) and not (isinstance(error, NotAllowed) and error.reason == "scope"):
                    raise
        return {}

    def _taken(self, told: Json, topic: Topic, reply: Reply) -> Sent:
        if text_of(told, "action") == "enqueued":
            return Sent("", self._now, is_pending=True)
        made = part_of(told, "post") or told
        if not id_of(made):
            # It was answered, so it was processed; only what came back cannot be read.
            raise Unclear("no-id")
        return self._sent(made, topic, reply)

    def _sent(self, post: Json, topic: Topic, reply: Reply) -> Sent:
        shown = words_of(post)[1]
        is_same = not shown or shown == reply.text
        return Sent(
            remote_id=str(id_of(post)),
            sent_at=moment_of(post, "created_at") or self._now,
            url=page_of(self._api.base, topic, number_in_topic(post)),
            text="" if is_same else shown,
        )

    def _refused(self, told: Json, reply: Reply) -> Sent:
        """A 422. The words may be there already, from an attempt whose answer never came."""
        said = _said(told)
        if reply.attempt_started is not None:
            found = self._find(reply)
            if found is not None and found.sent is not None:
                return found.sent
        if _TOO_SIMILAR.search(said):
            # Said to somebody else a moment ago; after five minutes the forum takes it.
            raise RateLimited(self._now + _SAME_WORDS_REST, "same-words")
        if _TOO_MANY.search(said):
            raise RateLimited(self._now + timedelta(hours=1), "new-member")
        raise Refused("rejected", said=said)

    # --- what became of it

    def find_sent(self, reply: Reply, last_attempt: datetime | None) -> Found:
        try:
            found = self._find(reply)
        except (BadAnswer, NotAllowed):
            return UNKNOWN
        if found is None:
            return UNKNOWN
        if found.sent is not None:
            return found
        since = max((one for one in (last_attempt, reply.attempt_started) if one is not None), default=None)
        if since is None or self._now - since < SETTLED:
            # The forum may be at it still.
            return UNKNOWN
        return found

    def _find(self, reply: Reply) -> Found | None:
        """Our words in the topic since the first attempt, or among what waits for a moderator there. Absent
        only when the topic was read to its end; None when it could not be."""
        topic_id = number_of(reply.reply_context, "topic") or 0
        number = number_of(reply.reply_context, "number") or 0
        found = self._find_in(topic_id, number, reply)
        if found is None or found.sent is not None:
            return found
        # The answered post may have been moved, and our answer with it or after it.
        try:
            parent = self._api.document(f"/posts/{reply.parent_id}.json")
        except (BadAnswer, NotAllowed) as error:
            return found if is_missing(error) else None
        moved = number_of(parent, "topic_id") or topic_id
        return found if moved == topic_id else self._find_in(moved, 0, reply)

    def _find_in(self, topic_id: int, number: int, reply: Reply) -> Found | None:
        """``number``: of the answered post; 0 where it is not what it was."""
        document = self._api.document(f"/t/{topic_id}.json", [("include_raw", "1")])
        topic = self._topic_of(document, topic_id)
        for one in parts_of(document, "pending_posts"):
            raw = text_of(one, "raw") or text_of(one, "raw_text")
            if raw and same_words(raw, reply.text):
                at = moment_of(one, "created_at") or self._now
                return Found(Sent("", at, is_pending=True))
        stream, posts = posts_of(document)
        parent = int(reply.parent_id) if reply.parent_id.isdecimal() else 0
        for post in posts.values():
            if self._is_this(post, number, reply):
                return Found(self._sent(post, topic, reply))
        later = [one for one in stream if one > parent and one not in posts]
        newest_first = later[::-1][: _CHUNK * _MOST_CHUNKS]
        since = (reply.attempt_started or self._now) - _CLOCKS_DIFFER
        for start in range(0, len(newest_first), _CHUNK):
            chunk = newest_first[start : start + _CHUNK]
            params = [*(("post_ids[]", str(one)) for one in chunk), ("include_raw", "true")]
            _, some = posts_of(self._api.document(f"/t/{topic_id}/posts.json", params))
            if not some:
                return None
            for post in some.values():
                if self._is_this(post, number, reply):
                    return Found(self._sent(post, topic, reply))
            posts.update(some)
            if all((moment_of(post, "created_at") or self._now) < since for post in some.values()):
                # All the others were there before we said anything.
                later = []
                break
        is_whole = all(one in posts for one in later)
        return ABSENT if is_whole and parent else None

    def _is_this(self, post: Json, number: int, reply: Reply) -> bool:
        parent = int(reply.parent_id) if reply.parent_id.isdecimal() else 0
        if not self._us.wrote(post) or not is_words(post) or is_gone(post) or id_of(post) <= parent:
            return False
        since = (reply.attempt_started or self._now) - _CLOCKS_DIFFER
        answers_it = answered_number(post) in (0, number) or not number
        if (moment_of(post, "created_at") or self._now) < since or not answers_it:
            return False
        raw = text_of(post, "raw")
        return bool(raw and same_words(raw, reply.text)) or same_words(words_of(post)[1], reply.text)

    # --- moderation

    def moderate(self, action: str, message_id: str) -> None:
        if action != "like" or not message_id.isdecimal():
            raise Refused("not-allowed", action=action)
        body = {"id": int(message_id), "post_action_type_id": _LIKE, "flag_topic": False}
        answer = self._api.change("POST", "/post_actions.json", body)
        if answer.status == 200:
            return
        told = self._api.told(answer)
        error = self._api.error_of(answer, changes=True)
        if is_missing(error):
            raise Refused("gone")
        if isinstance(error, NotAllowed) and error.reason == "scope":
            # Liked already, our own, or a key that may only read.
            self._api.check_sign_in()
            raise Refused("not-allowed", action=action)
        raise Refused("rejected", said=_said(told)) if answer.status == 422 else error


def _said(told: Json) -> str:
    """What the forum gives as its reason, in the member's language."""
    errors = told.get("errors")
    words = [one.strip() for one in errors if isinstance(one, str)] if isinstance(errors, list) else []
    return " ".join(one for one in words if one)[:300]


def lengths_of(site: Json) -> dict[str, int]:
    """Out of ``/site/settings.json``."""
    names = {
        "shortest": "min_post_length",
        "shortest_private": "min_personal_message_post_length",
        "longest": "max_post_length",
    }
    found = {ours: number_of(site, theirs) for ours, theirs in names.items()}
    return {name: value for name, value in found.items() if value is not None and 0 < value <= 1_000_000}


def read_lengths(kept: Json) -> Lengths:
    told = part_of(kept, "lengths")
    return Lengths(
        number_of(told, "shortest") or SHORTEST,
        number_of(told, "shortest_private") or SHORTEST_PRIVATE,
        number_of(told, "longest") or LONGEST,
    )
