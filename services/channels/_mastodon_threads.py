"""To which conversation a status belongs, asked of the server as seldom as possible.

docs.joinmastodon.org/methods/statuses: a status names its parent, never its thread, which only
``/context`` shows.

Kept in the cursor: a small map of statuses whose place is known. The server is asked once for an answer whose
parent is not in the map.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from services.channels._mastodon_api import Json
from services.channels._mastodon_messages import Place, author_id, context_of, place_of, text_of
from services.errors import ChannelError, SignInNeeded
from services.model import Context

log = logging.getLogger(__name__)

MOST_ROOTS = 500
_MOST_DESCENDANTS = 60
_MOST_POSTS = 200

Around = Callable[[str], tuple[list[Json], list[Json]]]
OUR_POST = ("", "")


class Threads:
    """``around`` reads ancestors and descendants of a status, ``one`` a single status; both raise
    ChannelErrors.

    ``lookups`` counts the requests made, so that one step of polling stays bounded.
    """

    def __init__(
        self, roots: Any, me: str, around: Around, one: Callable[[str], Json], posts: dict[str, Context]
    ) -> None:
        self._places: dict[str, tuple[str, str]] = {
            str(i): (str(p[0]), str(p[1]))
            for i, p in (roots.items() if isinstance(roots, Mapping) else ())
            if isinstance(p, list) and len(p) == 2
        }
        self._me = me
        self._around = around
        self._one = one
        self._posts = posts
        self.lookups = 0
        self._is_blocked = False

    def kept(self) -> dict[str, list[str]]:
        """For the cursor: the newest known places."""
        return {i: list(p) for i, p in list(self._places.items())[-MOST_ROOTS:]}

    def known(self, status_id: str) -> tuple[str, str] | None:
        """(conversation key, id of our post above it); ``OUR_POST`` for a post of our own."""
        return self._places.get(status_id)

    def learn(self, status_id: str, place: tuple[str, str]) -> None:
        self._places.pop(status_id, None)
        self._places[status_id] = place

    def learn_post(self, post: Json) -> None:
        self.learn(text_of(post, "id"), OUR_POST)
        self._keep(post)

    def _keep(self, post: Json) -> None:
        self._posts[text_of(post, "id")] = context_of(post, is_ours=True)
        while len(self._posts) > _MOST_POSTS:
            self._posts.pop(next(iter(self._posts)))

    def post(self, post_id: str, *, ask: bool = True) -> Context | None:
        """Our post, from memory or from the server; None when it cannot be had now."""
        if post_id not in self._posts and ask and not self._is_blocked:
            self.lookups += 1
            try:
                post = self._one(post_id)
            except SignInNeeded:
                raise
            except ChannelError as error:
                log.info("our post could not be read: %s", error.kind)
                self._is_blocked = True
                return None
            if author_id(post) == self._me:
                self._keep(post)
        return self._posts.get(post_id)

    def place(self, status: Json) -> tuple[Place, list[Json]]:
        """The place of a status by somebody else that answers something, and our own statuses that came to
        light on the way."""
        status_id, parent = text_of(status, "id"), text_of(status, "in_reply_to_id")
        if (known := self.known(status_id)) is not None and known != OUR_POST:
            return Place(*known), []
        above = self.known(parent)
        if above is not None:
            place = Place(status_id, parent) if above == OUR_POST else Place(*above)
            self.learn(status_id, (place.key, place.post_id))
            return place, []
        return self._look_up(status, parent)

    def _look_up(self, status: Json, parent: str) -> tuple[Place, list[Json]]:
        if self._is_blocked:
            return Place(""), []
        self.lookups += 1
        try:
            ancestors, descendants = self._around(text_of(status, "id"))
        except SignInNeeded:
            raise
        except ChannelError as error:
            # The message itself matters more than its neighbours: its parent decides as far as it is known.
            log.info("a thread could not be read: %s", error.kind)
            self._is_blocked = True
            return Place(""), []
        if not ancestors:
            return Place("" if parent else text_of(status, "id")), []
        return self.adopt(status, ancestors, descendants)

    def adopt(self, status: Json, ancestors: list[Json], descendants: list[Json]) -> tuple[Place, list[Json]]:
        """Learns a whole thread; returns the place of ``status`` and our own answers in it."""
        place = place_of(status, ancestors, self._me)
        chain = [*ancestors, status]
        ours: list[Json] = []
        is_inside = not place.post_id
        for one in chain:
            identifier = text_of(one, "id")
            is_inside = is_inside or identifier == place.key
            if not is_inside:
                self.learn_post(one)
                continue
            self.learn(identifier, (place.key, place.post_id))
            if author_id(one) == self._me and one is not status:
                ours.append(one)
        for one in descendants[:_MOST_DESCENDANTS]:
            self.learn(text_of(one, "id"), (place.key, place.post_id))
            if author_id(one) == self._me:
                ours.append(one)
        return place, ours
