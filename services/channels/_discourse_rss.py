"""A forum that shows strangers its feeds and nothing else.

app/views/posts/latest.rss.erb, app/views/topics/show.rss.erb: ``guid`` is ``HOST-post-TOPIC-NUMBER``, the
title that of the topic; no post says which one it answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from services.channels._addresses import read_address
from services.channels._discourse_address import FEED, LIST, TOPIC, Place, places
from services.channels._discourse_api import Api
from services.channels._discourse_messages import Topic, Us, message_of, trace_of, words_of
from services.channels._shapes import part_of
from services.channels.base import Batch, Identity
from services.clock import iso
from services.errors import BadAnswer
from services.model import JsonObject, Message

_POST = re.compile(r"-post-(\d+)-(\d+)$")
_TOPIC = re.compile(r"/t/(?:[^/]+/)?(\d+)(?:/(\d+))?/?$")
_MOST_KNOWN = 500


def _feeds(typed: str) -> Iterator[Place]:
    parts = urlsplit(read_address(typed))
    if parts.path.endswith(".rss"):
        base = places(typed)[0].base
        yield Place(base, FEED, urlunsplit((parts.scheme, parts.netloc, parts.path, parts.query, "")))
    for place in places(typed):
        names = {TOPIC: (f"/t/-/{place.what}",), LIST: (f"/{place.what}",)}
        for name in names.get(place.scope, ("/posts", "/latest")):
            yield Place(place.base, FEED, f"{place.base}{name}.rss")


def reader_of(api_at: Any, typed: str) -> Identity | None:
    """None where there is no feed, either. ``api_at``: an Api for the address of a forum."""
    for place in _feeds(typed):
        api: Api = api_at(place.base)
        document = _document(api, place.what)
        if document is None:
            continue
        where = re.sub(r"^https?://", "", place.what).lower()
        kept = {"base": place.base, "scope": FEED, "what": place.what}
        name = document.title or urlsplit(place.base).netloc
        return Identity(where, name, handle=where, url=place.base, settings={"forum": kept, "key_type": ""})
    return None


def _document(api: Api, url: str) -> Any:
    from services.channels._feed_parse import parse_feed
    from services.channels._feed_shape import NotAFeed

    answer = api.web.get(url, check=False)
    if answer.status in (401, 403, 404, 410):
        return None
    if answer.status != 200:
        raise api.error_of(answer)
    try:
        return parse_feed(answer.body, answer.headers.get("Content-Type", ""), answer.url)
    except NotAFeed:
        return None


def look(api: Api, us: Us, place: Place, cursor: JsonObject, now: datetime, backfill: timedelta) -> Batch:
    """The feed as it stands now: what is new in it or was edited."""
    document = _document(api, place.what)
    if document is None:
        raise BadAnswer("not-found", host=urlsplit(place.base).hostname)
    known = {str(k): str(v) for k, v in part_of(cursor, "feed").items()}
    is_first = "feed" not in cursor
    messages: dict[str, Message] = {}
    for entry in document.entries:
        found = _POST.search(entry.guid) or _TOPIC.search(urlsplit(entry.url).path)
        topic_id, number = (int(found[1]), int(found[2] or 1)) if found else (0, 1)
        identity = f"{topic_id}-{number}" if topic_id else entry.identity or entry.guid or entry.url
        moment = entry.sent_at or now
        name = entry.author.lstrip("@").partition(" ")[0]
        post = {
            "id": 1,
            "post_number": number,
            "username": name,
            "name": entry.author.lstrip("@").partition(" ")[2] or name,
            "cooked": entry.html or entry.text,
            "created_at": iso(moment),
        }
        trace = trace_of(post, words_of(post)[1])
        if not identity or known.get(identity) == trace:
            continue
        known[identity] = trace
        if is_first and moment < now - backfill:
            continue
        topic = Topic(topic_id, title=entry.title)
        key = str(topic_id) if topic_id else identity
        message = message_of(post, topic, us, api.base, now, conversation_key=key, can_write=False)
        messages[identity] = _named(message, identity, entry.url)
    ordered = sorted(messages.values(), key=lambda m: (m.sent_at, m.remote_id))
    newest = dict(list(known.items())[-_MOST_KNOWN:])
    return Batch(tuple(ordered), cursor={"feed": newest})


def _named(message: Message, identity: str, url: str) -> Message:
    from dataclasses import replace

    return replace(message, remote_id=identity, url=url or message.url)
