"""What is around a comment: the first of its thread, the post it stands under, the stars of a review.

Looked up in as few requests as the site allows, and remembered: the beginnings of threads in the cursor,
posts in memory.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlsplit

from services.channels._shapes import Json, number_of, part_of, parts_of, text_of
from services.channels._wordpress_api import COMMENTS, Api, Params
from services.channels._wordpress_messages import REVIEW, context_of, id_of, parent_of, post_of, type_of
from services.channels._wordpress_site import split_root
from services.errors import BadAnswer, ChannelError, NotAllowed
from services.model import Context

log = logging.getLogger(__name__)

_DEEPEST = 12
_MOST_SINGLES = 10
_MOST_POSTS = 500
_REVIEWS = "/wc/v3/products/reviews"
_POST_FIELDS = "id,link,title,excerpt,date_gmt"
COMMENT_FIELDS = (
    "id,post,parent,author,author_name,author_email,author_url,date_gmt,content,link,status,type,_links"
)


def ids_param(ids: Iterable[int]) -> str:
    return ",".join(str(one) for one in ids)


class Around:
    """``view``: the parameters that say how much we may see. ``posts`` is memory that outlives a step."""

    def __init__(self, api: Api, view: Params, posts: dict[str, Context | None]) -> None:
        self._api = api
        self._view = tuple(view)
        self._posts = posts

    # --- threads

    def roots(self, comments: Sequence[Json], known: Mapping[int, int]) -> dict[int, int]:
        """Comment -> first comment of its thread. ``known``: what earlier looks found out."""
        above = {id_of(one): parent_of(one) for one in comments}
        asked = 0
        for _ in range(_DEEPEST):
            missing = sorted(
                {
                    parent
                    for parent in above.values()
                    if parent and parent not in above and parent not in known
                }
            )
            if not missing:
                break
            found = self._fetch(missing)
            for one in missing:
                if one not in found and asked < _MOST_SINGLES:
                    # It may be of another type, waiting in the trash, or gone.
                    asked += 1
                    found[one] = self._single(one)
            # What cannot be seen is taken for the first; the store still knows it by its parent.
            above.update({one: found.get(one) or 0 for one in missing})
        return {id_of(one): _first(id_of(one), above, known) for one in comments}

    def _fetch(self, ids: Sequence[int]) -> dict[int, int]:
        found: dict[int, int] = {}
        for at in range(0, len(ids), 100):
            some = ids[at : at + 100]
            params = [("include", ids_param(some)), ("per_page", "100"), ("_fields", "id,parent")]
            try:
                page, _ = self._api.list(COMMENTS, [*self._view, *params])
            except ChannelError as error:
                if not _is_refusal(error):
                    raise
                return found
            found.update({id_of(one): parent_of(one) for one in page})
        return found

    def _single(self, comment_id: int) -> int:
        answer = self._api.ask(f"{COMMENTS}/{comment_id}", [*self._view[:1], ("_fields", "id,parent")])
        try:
            return parent_of(answer.json()) if answer.status == 200 else 0
        except (BadAnswer, AttributeError):
            return 0

    # --- posts

    def contexts(self, comments: Sequence[Json]) -> dict[int, Context | None]:
        """By comment. What cannot be read of a post leaves its address; that never stops a comment."""
        wanted: dict[str, list[str]] = {}
        for one in comments:
            address = post_of(one)
            told = parts_of(part_of(one, "_embedded"), "up")
            if address and told:
                self._posts[address] = context_of(told[0], one)
            if address and address not in self._posts:
                base, _, number = address.rpartition("%2F" if "rest_route=%2F" in address else "/")
                if number.isdecimal() and address not in wanted.setdefault(base, []):
                    wanted[base].append(address)
        for base, addresses in wanted.items():
            self._read_posts(base, addresses)
        found = {}
        for one in comments:
            context = self._posts.get(post_of(one))
            found[id_of(one)] = context if context is not None else context_of({}, one)
        return found

    def _read_posts(self, base: str, addresses: Sequence[str]) -> None:
        if len(self._posts) > _MOST_POSTS:
            self._posts.clear()
        route = _route_of(base, self._api.root)
        if not route:
            return
        by_id = {address[len(base) :].removeprefix("%2F").strip("/"): address for address in addresses}
        for at in range(0, len(addresses), 100):
            some = list(by_id)[at : at + 100]
            params = [("include", ",".join(some)), ("per_page", "100"), ("_fields", _POST_FIELDS)]
            page = self._posts_page(route, params)
            if not page:
                # Some types of post have no list, or none that lets itself be asked so.
                page = [self._post(f"{route}/{one}") for one in some[:_MOST_SINGLES]]
            for post in page:
                if text_of(post, "id") in by_id:
                    self._posts[by_id[text_of(post, "id")]] = context_of(post)

    def _posts_page(self, route: str, params: Params) -> list[Json]:
        try:
            return self._api.list(route, params)[0]
        except ChannelError as error:
            if not _is_refusal(error):
                raise
            log.info("posts above comments could not be listed: %s", error.kind)
            return []

    def _post(self, route: str) -> Json:
        try:
            return self._api.document(route, [("_fields", _POST_FIELDS)])
        except ChannelError as error:
            if not _is_refusal(error):
                raise
            return {}

    # --- reviews

    def stars(self, comments: Sequence[Json]) -> dict[int, int]:
        """Of product reviews, by comment; developer.woocommerce.com/docs/apis/rest-api/v3/product-reviews."""
        ids = [id_of(one) for one in comments if type_of(one) == REVIEW]
        if not ids:
            return {}
        params = [("include", ids_param(ids[:100])), ("per_page", "100"), ("status", "all")]
        try:
            page, _ = self._api.list(_REVIEWS, params)
        except ChannelError as error:
            if not _is_refusal(error):
                raise
            return {}
        found = {id_of(one): number_of(one, "rating") or 0 for one in page}
        return {one: stars for one, stars in found.items() if 1 <= stars <= 5}


def _is_refusal(error: ChannelError) -> bool:
    """The site answered, and will answer this question the same way tomorrow; the others it may take."""
    return isinstance(error, BadAnswer | NotAllowed) or error.reason == "server"


def _first(comment_id: int, above: Mapping[int, int], known: Mapping[int, int]) -> int:
    """The end of a chain that may lead in circles."""
    seen: set[int] = set()
    one = comment_id
    while one not in seen:
        seen.add(one)
        if one in known and one != comment_id:
            return known[one]
        if not above.get(one):
            return one
        one = above[one]
    return min(seen)


def _route_of(base: str, root: str) -> str:
    """``/wp/v2/posts`` out of the address the site gives for its posts."""
    address, pairs = split_root(base)
    route = dict(pairs).get("rest_route", "") or urlsplit(address).path
    found = route.rfind("/wp/v2/")
    return route[found:].rstrip("/") if found >= 0 and root else ""
