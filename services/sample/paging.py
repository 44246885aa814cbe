"""Pages of a list that grows at one end, as Mastodon cuts them.

``max_id``: older than. ``since_id``: newer than, but the newest page of those (a hole stays when there are
more). ``min_id``: the page right after it. ``min_id`` beats ``since_id``; ``max_id`` may limit either. Every
page is newest first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar
from urllib.parse import parse_qsl, urlencode

from services.sample.exchange import Params, Request
from services.sample.ids import sort_key

T = TypeVar("T")
CURSORS = ("max_id", "since_id", "min_id")


def cut(items: Iterable[T], key: Callable[[T], str], params: Params, limit: int) -> list[T]:
    ordered = sorted(items, key=lambda item: sort_key(key(item)))
    if below := params.get("max_id"):
        ordered = [i for i in ordered if sort_key(key(i)) < sort_key(below)]
    if above := params.get("min_id"):
        ordered = [i for i in ordered if sort_key(key(i)) > sort_key(above)]
        return ordered[:limit][::-1]
    if since := params.get("since_id"):
        ordered = [i for i in ordered if sort_key(key(i)) > sort_key(since)]
    return ordered[::-1][:limit]


def limit_of(params: Params, default: int, most: int) -> int:
    return min(params.number("limit", default), most) or default


def link_header(
    request: Request, base_url: str, first: str, last: str, *, more: bool = True, previous: str = "min_id"
) -> list[tuple[str, str]]:
    """``next`` is older, ``prev`` is newer; everything but the cursors is carried along."""
    pairs = [(n, v) for n, v in parse_qsl(request.query, keep_blank_values=True) if n not in CURSORS]

    def address(cursor: str, value: str) -> str:
        return f"<{base_url}{request.path}?{urlencode([*pairs, (cursor, value)])}>"

    links = []
    if more:
        links.append(f'{address("max_id", last)}; rel="next"')
    links.append(f'{address(previous, first)}; rel="prev"')
    return [("Link", ", ".join(links))]
