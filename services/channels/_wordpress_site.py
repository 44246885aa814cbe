"""Where a WordPress is, found from any page of it.

developer.wordpress.org/rest-api/using-the-rest-api/discovery: a ``Link`` header or a ``link`` element of the
relation ``https://api.w.org/`` names the root of the API. Where a site hides both, its own addresses give it
away (``/wp-content/``), and ``/wp-json/`` or ``?rest_route=/`` below them is asked.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from services.channels._addresses import (
    is_local as is_local,
    read_address as read_address,
    same_place as same_place,
)
from services.channels._shapes import Json, as_document, part_of, text_of
from services.errors import BadAnswer, ChannelError, Invalid, NotAllowed, RateLimited, Unreachable

if TYPE_CHECKING:
    from services.channels.web import Response, Web

RELATION = "https://api.w.org/"
AUTHORIZE_PAGE = "/wp-admin/authorize-application.php"
_HOSTED = ("public-api.wordpress.com", "wordpress.com")
_NEEDED = "wp/v2"
_MOST_BYTES = 4_000_000
_MOST_GUESSES = 8
_LINK = re.compile(r"<link\b[^>]*>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([\w:-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]+))")
_OWN_FILE = re.compile(
    r"((?:https?:)?(?:\\?/){2}[^\s\"'<>()]+?)(?:\\?/)(?:wp-content|wp-includes|wp-json|wp-admin)(?:\\?/)"
)
_GENERATOR = re.compile(r"content=[\"']WordPress (\d{1,2})\.(\d{1,2})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Site:
    """``root``: of the API, as it was advertised. ``home``: address for people, no slash at the end.
    ``authorize``: page of the sign-in through the browser; empty where application passwords are off.
    ``version``: (7, 0), or nothing where the site does not say. ``is_locked``: even the root is not shown to
    strangers."""

    root: str
    home: str
    name: str = ""
    namespaces: frozenset[str] = frozenset()
    authorize: str = ""
    version: tuple[int, int] | None = None
    is_locked: bool = False


def find_site(web: Web, typed: str, headers: Mapping[str, str] | None = None) -> Site:
    """``headers``: those of a sign-in, only sent to a root that shows itself to nobody else, and only where
    it is on the host that was typed.

    Raises Invalid (``not-a-server``: no WordPress there, ``hosted-site``), NotAllowed (``api-blocked``) and
    what the way there raises."""
    address = read_address(typed)
    try:
        page = web.get(address, check=False, max_bytes=_MOST_BYTES)
    except BadAnswer:
        # A page of some hundred megabytes may still be one of a WordPress.
        page = None
    if page is not None:
        _check(page)
    where = page.url if page is not None else address
    version = _version(page)
    is_made_so, locked = marks(_told(page)), False
    trouble: Unreachable | None = None
    for root in _roots(page, where):
        if (urlsplit(root).hostname or "").endswith(_HOSTED):
            raise Invalid("hosted-site", field="url")
        if is_local(root) and not is_local(where):
            continue
        try:
            document, status = _read_root(web, root, {})
        except Unreachable as error:
            trouble = error
            continue
        if status in (401, 403) and is_made_so:
            locked = True
            if headers and same_place(root, address):
                document, _ = _read_root(web, root, headers)
                if document is None:
                    raise NotAllowed("api-blocked", host=urlsplit(root).hostname)
            elif not headers and status == 401:
                return Site(root, _home_of(root), authorize=_home_of(root) + AUTHORIZE_PAGE, is_locked=True)
        if document is not None:
            return _site(root, document, version)
    if locked:
        raise NotAllowed("api-blocked", host=urlsplit(address).hostname)
    if trouble is not None:
        raise trouble
    raise Invalid("not-a-server", field="url")


def secured(url: str) -> str:
    """Sites behind a server that does https for them often give their own addresses as plain http."""
    return f"https://{url[7:]}" if url.startswith("http://") and not is_local(url) else url


def marks(html_text: str) -> bool:
    """Whether a page is made with WordPress."""
    return bool(_OWN_FILE.search(html_text) or _GENERATOR.search(html_text) or RELATION in html_text)


def split_root(root: str) -> tuple[str, list[tuple[str, str]]]:
    """(address, parameters) of a root; ``rest_route`` is among the parameters where permalinks are plain."""
    parts = urlsplit(root)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, "", "")), pairs


def route_at(root: str, route: str) -> tuple[str, list[tuple[str, str]]]:
    """Address and first parameters of a route such as ``/wp/v2/comments``."""
    address, pairs = split_root(root)
    if any(name == "rest_route" for name, _ in pairs):
        return address, [(name, route if name == "rest_route" else value) for name, value in pairs]
    return address.rstrip("/") + route, pairs


def root_behind(target: str, route: str) -> str:
    """The root that a redirect leads to; empty when it leads to some other page."""
    address, pairs = split_root(target)
    if (dict(pairs).get("rest_route") or "").rstrip("/") == route:
        return f"{address}?{urlencode([('rest_route', '/')], safe='/')}"
    return address.rstrip("/").removesuffix(route) + "/" if address.rstrip("/").endswith(route) else ""


# --- reading


def _check(page: Response) -> None:
    """Raises for answers that say nothing of what is there."""
    host = urlsplit(page.url).hostname
    if page.status == 429:
        raise RateLimited(None, host=host)
    if page.status >= 500:
        raise Unreachable("server", status=page.status, host=host)
    if page.status == 401 and "basic" in page.headers.get("WWW-Authenticate", "").lower():
        # The whole site is behind a password of the web server's, which takes the place of WordPress's.
        raise NotAllowed("api-blocked", host=host)


def _told(page: Response | None) -> str:
    return "" if page is None else page.headers.get("Link", "") + page.text


def _roots(page: Response | None, where: str) -> Iterator[str]:
    """Addresses that may be the API's root, the most certain first, each once."""
    seen: set[str] = set()
    guesses = 0
    for root in map(secured, (*_advertised(page), *_guessed(page, where))):
        if root not in seen and guesses < _MOST_GUESSES:
            seen.add(root)
            guesses += 1
            yield root


def _advertised(page: Response | None) -> Iterator[str]:
    if page is None:
        return
    if "namespaces" in page.text[:20_000] and "json" in page.content_type:
        yield page.url
    if RELATION in page.links:
        yield page.links[RELATION]
    for tag in _LINK.findall(page.text):
        found = {name.lower(): html.unescape(a or b or c) for name, a, b, c in _ATTRIBUTE.findall(tag)}
        if RELATION in found.get("rel", "").lower().split() and found.get("href"):
            yield urljoin(page.url, found["href"])


def _guessed(page: Response | None, where: str) -> Iterator[str]:
    parts = urlsplit(where)
    bases = []
    for match in _OWN_FILE.finditer(page.text if page is not None else ""):
        base = urljoin(where, match[1].replace("\\/", "/"))
        # Files may lie with somebody else; the API does not.
        if base not in bases and same_place(base, where):
            bases.append(base)
        if len(bases) == 2:
            break
    segments = [one for one in parts.path.split("/") if one]
    if segments and "." in segments[-1]:
        segments.pop()
    for count in (*range(min(len(segments), 2), 0, -1), 0):
        path = "".join(f"/{one}" for one in segments[:count])
        bases.append(urlunsplit((parts.scheme, parts.netloc, path, "", "")))
    for base in dict.fromkeys(bases):
        yield f"{base}/wp-json/"
        yield f"{base}/?rest_route=/"


def _read_root(web: Web, root: str, headers: Mapping[str, str]) -> tuple[Json | None, int]:
    """The root's own document, or None with the status that came instead."""
    try:
        answer = web.get(root, headers=headers, check=False)
    except BadAnswer:
        return None, 0
    try:
        document = as_document(answer.json())
    except BadAnswer:
        return None, answer.status
    names = document.get("namespaces")
    if answer.status == 200 and isinstance(names, list) and _NEEDED in names:
        return document, 200
    return None, answer.status


def _site(root: str, document: Json, version: tuple[int, int] | None) -> Site:
    ends = part_of(document, "authentication", "application-passwords", "endpoints")
    names = document.get("namespaces")
    home = text_of(document, "home") or text_of(document, "url")
    if not home.startswith(("http://", "https://")):
        home = _home_of(root)
    page = text_of(ends, "authorization")
    return Site(
        root=root,
        home=secured(home).rstrip("/"),
        name=html.unescape(text_of(document, "name")).strip(),
        namespaces=frozenset(str(one) for one in names) if isinstance(names, list) else frozenset(),
        authorize=secured(page) if page.startswith(("https://", "http://")) else "",
        version=version,
    )


def _home_of(root: str) -> str:
    return split_root(root)[0].rstrip("/").removesuffix("/wp-json").removesuffix("/index.php")


def _version(page: Response | None) -> tuple[int, int] | None:
    found = _GENERATOR.search(page.text) if page is not None else None
    return (int(found[1]), int(found[2])) if found else None


def has_site(web: Web, typed: str) -> Site | None:
    """For looking behind an address that may be anything. Raises ChannelError when it cannot be reached."""
    try:
        return find_site(web, typed)
    except Invalid:
        return None
    except ChannelError as error:
        if isinstance(error, Unreachable):
            raise
        return None
