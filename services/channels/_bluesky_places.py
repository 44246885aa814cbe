"""To which conversation a post belongs, asked of the server as seldom as possible.

app.bsky.feed.post: an answer names its parent and the root of its thread, so somebody else's thread is known
at once. Below our own posts every first comment is a conversation, and an answer far down has to be followed
up. What is known is kept in the cursor.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from services.channels._bluesky_messages import author_did, did_in, parent_of, root_of
from services.channels._shapes import Json, part_of, text_of
from services.errors import ChannelError, SignInNeeded

log = logging.getLogger(__name__)

MOST_PLACES = 600
MOST_LOOKUPS = 30
HEIGHT = 80
"""So many posts above one are shown at once."""

Place = tuple[str, str]
"""(conversation key, address of our post above it)."""
OUR_POST: Place = ("", "")
"""The place of a post of ours that answers nobody else."""
UNKNOWN: Place = ("", "?")


class Places:
    """``above`` reads a post and what it answers, oldest first; raises ChannelErrors. ``posts`` are those at
    hand."""

    def __init__(
        self, kept: Any, me: str, above: Callable[[str], list[Json]], posts: Mapping[str, Json]
    ) -> None:
        self._me = me
        self._posts = posts
        self._above = above
        self._lookups = 0
        self._known: dict[str, Place] = {
            str(uri): (str(place[0]), str(place[1]))
            for uri, place in (kept.items() if isinstance(kept, Mapping) else ())
            if isinstance(place, list) and len(place) == 2
        }

    def state(self) -> dict[str, list[str]]:
        return {uri: list(place) for uri, place in list(self._known.items())[-MOST_PLACES:]}

    def known(self, uri: str) -> Place | None:
        return self._known.get(uri)

    def find(self, post: Json) -> Place:
        """``OUR_POST`` for a post of ours that begins or continues our own thread; ``UNKNOWN`` when it cannot
        be told now (its parent decides then)."""
        uri, parent = text_of(post, "uri"), parent_of(post)
        place = self._known.get(uri)
        if place is None:
            place = self._find(uri, parent, text_of(root_of(post), "uri"))
        if place != UNKNOWN:
            self._learn(uri, place)
        return place

    def _learn(self, uri: str, place: Place) -> None:
        self._known.pop(uri, None)
        self._known[uri] = place

    def _find(self, uri: str, parent: str, root: str) -> Place:
        is_ours = did_in(uri) == self._me
        if not parent:
            return OUR_POST if is_ours else (uri, "")
        if did_in(root) != self._me:
            return root, ""
        above = self._known.get(parent) or (OUR_POST if parent == root else None)
        if above is None and did_in(parent) == self._me and parent in self._posts:
            above = self.find(self._posts[parent])
            above = None if above == UNKNOWN else above
        if above is None and is_ours and did_in(parent) != self._me:
            # What we answered decides, when it comes.
            return UNKNOWN
        if above is None:
            above = self._look_up(parent)
        if above == OUR_POST:
            return OUR_POST if is_ours else (uri, parent)
        return above

    def _look_up(self, parent: str) -> Place:
        chain: list[Json] = []
        while parent and parent not in self._known and self._lookups < MOST_LOOKUPS:
            self._lookups += 1
            try:
                piece = self._above(parent)
            except SignInNeeded:
                raise
            except ChannelError as error:
                # The message itself matters more than its neighbours: its parent decides, as far as known.
                log.info("a thread could not be read: %s", error.kind)
                self._lookups = MOST_LOOKUPS
                break
            chain = [*piece, *chain]
            # A very long thread is shown in pieces; a shorter one ends at its root or below what is gone.
            parent = parent_of(piece[0]) if len(piece) > HEIGHT else ""
        place = self._known.get(parent)
        for one in chain:
            uri, is_ours = text_of(one, "uri"), author_did(one) == self._me
            if uri in self._known:
                place = self._known[uri]
            elif is_ours and place is None and not parent_of(one):
                place = OUR_POST
            elif not is_ours and (place == OUR_POST or (place is None and not parent)):
                place = (uri, parent_of(one) if place == OUR_POST else "")
            # Where the top was not reached, an answer of ours is not taken for our post.
            if place is not None:
                self._learn(uri, place)
        return place or UNKNOWN


def flat(thread: Json) -> list[Json]:
    """The posts of a thread view: ancestors, itself, and everything below; places of deleted or blocked
    ones are left out. Any shape is taken; nothing recursive."""
    found: dict[str, Json] = {}
    waiting: list[Any] = [thread]
    while waiting:
        node = waiting.pop()
        if not isinstance(node, Mapping):
            continue
        post = part_of(node, "post")
        if text_of(post, "uri"):
            found[text_of(post, "uri")] = post
        waiting.append(node.get("parent"))
        replies = node.get("replies")
        waiting += replies if isinstance(replies, list) else []
    return list(found.values())


def chain_of(thread: Json) -> list[Json]:
    """A post of a thread view and what it answers, oldest first, as far as it is shown."""
    chain: list[Json] = []
    node: Any = thread
    while isinstance(node, Mapping) and text_of(part_of(node, "post"), "uri"):
        chain.append(part_of(node, "post"))
        node = node.get("parent")
    return chain[::-1]
