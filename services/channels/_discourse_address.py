"""Which part of which forum an address means, whatever page of it was pasted.

Discourse's routes (config/routes.rb): ``/t/SLUG/ID``, ``/c/SLUG/ID``, ``/tag/NAME``; any page answers as
JSON with ``.json`` behind it. A forum may live in a folder (``/forum``). ``/site/basic-info.json`` tells
its title even where everything else wants a sign-in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from services.channels._addresses import read_address, same_place
from services.channels._shapes import part_of, text_of
from services.errors import BadAnswer, ChannelError, Invalid, Unreachable

if TYPE_CHECKING:
    from services.channels.web import Response, Web

WHOLE, TOPIC, LIST, FEED = "whole", "topic", "list", "feed"
_ROUTES = frozenset(
    "t n c tag tags u users g latest top new unread hot posts categories search my badges about login signup"
    " session site groups chat filter private-posts notifications user-api-key guidelines faq tos privacy p"
    " review admin".split()
)
_TOPIC = re.compile(r"(?:t|n)/(?:[^/]*[^/\d][^/]*/)?(\d+)(?:/\d+)?")
_CATEGORY = re.compile(r"(c/(?:[^/]+/)*?\d+)(?:/.*)?")
_OLD_CATEGORY = re.compile(r"(c/[^/]+(?:/[^/]+)?)(?:/l/.*)?")
_TAG = re.compile(r"(tags?/[^/]+(?:/[^/]+)*?)(?:/l/.*)?")
_GENERATOR = re.compile(r"<meta\s+name=[\"']generator[\"']\s+content=[\"']Discourse\b", re.IGNORECASE)
_BASE = re.compile(r"data-base-uri=[\"']([^\"']*)[\"']")


@dataclass(frozen=True, slots=True)
class Place:
    """``base``: address of the forum, no slash at the end. ``scope``: ``whole``, ``topic`` (``what``: its
    number), ``list`` (``what``: path of a category or tag, no slash at its beginning) or ``feed`` (``what``:
    its address)."""

    base: str
    scope: str = WHOLE
    what: str = ""


def places(typed: str) -> list[Place]:
    """What the address may mean, likeliest first. Raises Invalid."""
    parts = urlsplit(read_address(typed))
    segments = [one for one in parts.path.split("/") if one]
    if segments:
        segments[-1] = re.sub(r"\.(?:rss|json)$", "", segments[-1])
    root = urlunsplit((parts.scheme, parts.netloc, "", "", ""))
    known = next((n for n, one in enumerate(segments) if one in _ROUTES), None)
    if known is not None and known <= 2:
        base = "/".join([root, *segments[:known]])
        return [_place(base, "/".join(segments[known:]))]
    depths = range(min(len(segments), 2), -1, -1)
    return [Place("/".join([root, *segments[:count]])) for count in depths]


def _place(base: str, route: str) -> Place:
    if found := _TOPIC.fullmatch(route):
        return Place(base, TOPIC, found[1])
    for pattern in (_CATEGORY, _OLD_CATEGORY, _TAG):
        if found := pattern.fullmatch(route):
            return Place(base, LIST, found[1])
    return Place(base)


@dataclass(frozen=True, slots=True)
class Forum:
    """``base`` after redirects. ``api_version``: of its sign-in for programs, empty where there is none."""

    place: Place
    title: str = ""

    @property
    def base(self) -> str:
        return self.place.base


def find_forum(web: Web, typed: str) -> Forum:
    """Asks without credentials. Raises Invalid (``not-a-server``) and what the way there raises."""
    trouble: ChannelError | None = None
    for place in _candidates(web, typed):
        try:
            answer = web.get(f"{place.base}/site/basic-info.json", check=False)
        except BadAnswer as error:
            trouble = trouble or error
            continue
        if answer.status >= 500:
            trouble = Unreachable("server", status=answer.status, host=urlsplit(place.base).hostname)
            continue
        title = _title(answer)
        if title:
            base = answer.url.removesuffix("/site/basic-info.json")
            return Forum(Place(base, place.scope, place.what), title)
        if _is_forum(web, place.base):
            return Forum(place)
    raise trouble or Invalid("not-a-server", field="url")


def _candidates(web: Web, typed: str) -> Iterator[Place]:
    """What the address says of itself, then what the page behind it says."""
    tried = places(typed)
    yield from tried
    page = web.get(read_address(typed), check=False)
    found = _BASE.search(page.text) if marks(page.text) else None
    if found:
        parts = urlsplit(page.url)
        base = urlunsplit((parts.scheme, parts.netloc, found[1].rstrip("/"), "", ""))
        if base not in {one.base for one in tried}:
            yield Place(base)


def _title(answer: Response) -> str:
    if answer.status != 200:
        return ""
    try:
        return text_of(part_of(answer.json()), "title")
    except BadAnswer:
        return ""


def _is_forum(web: Web, base: str) -> bool:
    """One that does not introduce itself, but has posts as a forum has them."""
    try:
        answer = web.get(f"{base}/posts.json", check=False)
        told = part_of(answer.json()) if answer.status in (200, 403) else {}
    except BadAnswer:
        return False
    is_closed = answer.status == 403 and text_of(told, "error_type") in ("not_logged_in", "invalid_access")
    return is_closed or isinstance(told.get("latest_posts"), list)


def marks(html: str) -> bool:
    """Whether a page is one of a Discourse."""
    return bool(_GENERATOR.search(html) or 'id="data-discourse-setup"' in html)


def is_within(url: str, base: str) -> bool:
    return same_place(url, base)
