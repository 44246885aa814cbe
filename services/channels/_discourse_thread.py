"""The check before sending: one conversation read again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from services.channels._discourse_api import Api
from services.channels._discourse_messages import (
    Addressing,
    Topic,
    Us,
    answered_number,
    author_of,
    id_of,
    is_covered,
    is_gone,
    is_words,
    message_of,
    number_in_topic,
)
from services.channels._discourse_topics import CHUNK, Memory, Numbering, fetch_posts, key_of, posts_of
from services.channels._shapes import number_of
from services.model import Message


def read_thread(
    api: Api, us: Us, now: datetime, topic_id: int, parent_id: str, known: Collection[str], key: str
) -> Sequence[Message]:
    """What was said in the topic since, and the answered post as it is now."""
    document = api.document(f"/t/{topic_id}.json")
    stream, posts = posts_of(document)
    if not number_of(document, "id"):
        document = {**document, "id": topic_id}
    parent = int(parent_id) if parent_id.isdecimal() else 0
    newest = max((int(one) for one in known if one.isdecimal()), default=0)
    wanted = [one for one in stream if one > newest or one == parent]
    missing = [one for one in wanted if one not in posts][-CHUNK:]
    if missing:
        posts.update(fetch_posts(api, topic_id, missing))
    first = next((one for one in posts.values() if number_in_topic(one) == 1), {})
    # That it is closed now, sending says by itself. Kept with the message it would outlast the reopening:
    # the poll may never have seen the topic closed, and then has no change to tell.
    topic = replace(Topic.of(document, us, first), is_closed=False)
    asked = posts.get(parent, {})
    memory = Memory({}, stream)
    numbering = Numbering(api, topic, document, posts, memory)
    ours = {number_in_topic(one) for one in posts.values() if us.wrote(one)}
    partners = {author_of(asked, "").id} if asked else set()
    addressing = Addressing(us, topic, partners=partners, answers_ours=lambda number: number in ours)
    found = []
    for post in sorted(posts.values(), key=number_in_topic):
        mine = us.wrote(post)
        root = numbering.root_of(post, is_ours=mine) if topic.is_ours and not topic.is_private else 0
        parent_of = numbering.id_at(answered_number(post), look_up=False)
        if topic.is_ours and not topic.is_private and mine and not parent_of:
            parent_of = numbering.before(number_in_topic(post))
        own_key = key_of(topic, root, parent_of)
        is_wanted = id_of(post) in wanted or str(id_of(post)) in known
        if (
            not is_words(post)
            or is_gone(post)
            or is_covered(post)
            or not is_wanted
            or own_key not in (key, "")
        ):
            continue
        if str(id_of(post)) in known and id_of(post) != parent:
            continue
        message = message_of(
            post,
            topic,
            us,
            api.base,
            now,
            conversation_key=own_key,
            parent_id=parent_of,
            is_addressed=mine or addressing.is_for_us(post),
        )
        found.append(message)
    return sorted(found, key=lambda m: (m.sent_at, int(m.remote_id)))
