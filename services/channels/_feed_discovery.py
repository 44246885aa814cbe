"""From what the owner pasted to the feeds behind it: the feed itself, the feeds a page names, or those it
is usual to have."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from html import unescape
from urllib.parse import urlsplit, urlunsplit

from services.channels._answers import is_loopback
from services.channels._feed_parse import parse_feed
from services.channels._feed_shape import FeedDocument, NotAFeed, absolute
from services.channels._opml import read_opml, web_address
from services.channels.base import PageLink
from services.channels.web import MEGABYTE, Response, Web
from services.errors import BadAnswer, ChannelError, Invalid, NotAllowed, SignInNeeded, Unreachable
from services.patterns import later

MAX_FEED = 25 * MEGABYTE
ACCEPT = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.7"
_MOST_GUESSES = 12
_PAGE = 3 * MEGABYTE
_TAG = later(r"<(link|a|base|meta|title)\b([^<>]{0,4000})>", re.IGNORECASE)
_ATTRIBUTE = later(r"([\w:-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))")
_TITLE = later(r"<title[^<>]*>([^<]{0,300})", re.IGNORECASE)
_FEED_TYPES = (
    "application/rss+xml",
    "application/atom+xml",
    "application/feed+json",
    "application/rdf+xml",
    "text/xml",
    "application/xml",
)
_JSON_TYPES = ("application/json",)
_FEED_PATH = later(
    r"(?:/(?:feed|rss|atom)/?|\.(?:rss|atom|rdf)|/(?:feed|rss|atom|index|posts|news)\.(?:xml|json)|[?&]feed=\w+)$",
    re.IGNORECASE,
)
_COMMENT_WORDS = later(r"comment|kommentar|coment|commenti|reacti|replies", re.IGNORECASE)
_FORUM_WORDS = later(r"forum|topic|thread|latest\.rss|posts\.rss", re.IGNORECASE)
_CHANNEL_ID = later(r"(?:channelId|externalId|channel_id)[\"'=:\s]+(?:content=)?[\"']?(UC[\w-]{22})")
_NO_NAME = later(r"(?:rss|atom|xml|feed|json|\s|[\d.])*", re.IGNORECASE)
_CHANNEL_PATH = later(r"/channel/(UC[\w-]{22})")
_USER_PATH = later(r"/user/([\w.-]{1,100})")
_PLAYLIST = later(r"(?:^|&)list=([\w-]{10,60})")
_CHANNEL_FEED = "https://www.youtube.com/feeds/videos.xml"
_GUESSES = (
    "feed/", "comments/feed/", "rss", "atom.xml", "index.xml", "feed.xml", "rss.xml", "feed.json",
    "feeds/posts/default", "latest.rss", "posts.rss", "?feed=rss2",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """A feed behind an address. ``hint``: posts, comments, forum. ``document`` when it was read already.
    ``is_named``: a page that was read says that this is its feed."""

    url: str
    title: str = ""
    hint: str = "posts"
    document: FeedDocument | None = None
    is_named: bool = False


def addresses(text: str) -> list[str]:
    """What to try for a pasted address, best first; empty when it is none. Without a scheme https comes
    before http."""
    text = text.strip().strip("<>\"'")
    known = web_address(text)
    if known:
        is_feed_scheme = text.lower().startswith("feed://")
        return [f"https://{known.partition('://')[2]}", known] if is_feed_scheme else [known]
    if "://" in text or text.lower().startswith(("mailto:", "javascript:", "data:", "file:")) or "@" in text:
        return []
    host = re.split(r"[/?#]", text)[0]
    name = host.partition(":")[0]
    if not host or re.search(r"\s", text) or not ("." in name or name == "localhost"):
        return []
    return [f"http://{text}"] if is_loopback(name) else [f"https://{text}", f"http://{text}"]


def fetch(web: Web, url: str, **options: object) -> Response:
    """Raises ChannelError. There is no sign-in to renew here: what is closed stays closed to us."""
    try:
        return web.get(url, headers={"Accept": ACCEPT}, max_bytes=MAX_FEED, **options)
    except SignInNeeded as error:
        raise SignInNeeded("needs-token", host=error.detail.get("host")) from None
    except NotAllowed as error:
        detail = error.detail
        raise NotAllowed("members", host=detail.get("host"), sample=detail.get("sample")) from None


def find(web: Web, text: str) -> list[Found]:
    """All feeds behind what was pasted, best first. Empty: nothing there is a feed. Raises
    Invalid("not-an-address", "consent-page") and, when nothing could be reached, ChannelError."""
    tries = addresses(text)
    if not tries:
        raise Invalid("not-an-address", field="url")
    direct = _channel_feed(tries[0])
    if direct:
        return [Found(direct, hint="posts")]
    asked, response = _reach(web, tries)
    if is_consent_page(response.url):
        # Whether to agree to that is the owner's to say, in the owner's browser.
        raise Invalid("consent-page", field="url")
    # A detour may end tomorrow; only a move for good changes the address.
    address = response.permanent_url or asked
    try:
        document = parse_feed(response.body, response.headers.get("Content-Type", ""), response.url)
        return [Found(address, document.title, _hint(address, document.title), document)]
    except NotAFeed as reason:
        if reason.reason == "opml":
            return _listed(response.body)
        # Types lie in both directions: feeds come as text/html, pages as anything.
        is_page = "html" in response.content_type or b"<html" in response.body[:4000].lower()
        if reason.reason == "html" or (reason.reason == "not-a-feed" and is_page):
            return _behind_page(web, response)
        if reason.reason == "entities":
            raise BadAnswer("forbidden-entities", host=urlsplit(response.url).hostname) from None
    return _guessed(web, response.url)


def _reach(web: Web, tries: list[str]) -> tuple[str, Response]:
    for url in tries[:-1]:
        try:
            return url, fetch(web, url)
        except Unreachable:
            continue
    return tries[-1], fetch(web, tries[-1])


def _listed(body: bytes) -> list[Found]:
    try:
        return [Found(str(s.settings["url"]), s.title) for s in read_opml(body)]
    except Invalid:
        return []


def is_consent_page(url: str) -> bool:
    """Where YouTube leads visitors from Europe who have not agreed to its cookies yet."""
    return re.fullmatch(r"consent\.(?:youtube|google)\.[a-z.]{2,6}", urlsplit(url).hostname or "") is not None


def _channel_feed(url: str) -> str:
    """YouTube channels, users and playlists have a feed that their pages do not always name; behind other
    addresses (@name, /c/name) the page has to be asked."""
    parts = urlsplit(url)
    if (parts.hostname or "").removeprefix("www.").removeprefix("m.") != "youtube.com":
        return ""
    for pattern, name in ((_CHANNEL_PATH, "channel_id"), (_USER_PATH, "user")):
        if match := pattern.match(parts.path):
            return f"{_CHANNEL_FEED}?{name}={match[1]}"
    playlist = _PLAYLIST.search(parts.query) if parts.path == "/playlist" else None
    return f"{_CHANNEL_FEED}?playlist_id={playlist[1]}" if playlist else ""


# --- pages
# -----------------------------------------------------------------------------------------------------------


def _behind_page(web: Web, response: Response) -> list[Found]:
    page = _without_comments(response.text[:_PAGE])
    found = list(links_in_page(page, response.url))
    for url, parameters in response.link_list:
        relation, kind = parameters.get("rel", "").lower().split(), parameters.get("type", "").lower()
        if "alternate" in relation and kind in _FEED_TYPES and absolute(url):
            found.append(Found(url, parameters.get("title", ""), _hint(url, parameters.get("title", ""))))
    declared = [replace(one, is_named=True) for one in _unique(_named(found, page))]
    if not declared:
        declared = [one for one in _unique(_anchors(page, response.url)) if is_feed(web, one.url)]
    if not declared:
        return _guessed(web, response.url)
    if "wp-content" in page and not any(one.hint == "comments" for one in declared):
        declared += _guessed(web, response.url, ("comments/feed/",))
    return declared


def links_in_page(page: str, url: str) -> Iterator[Found]:
    """``<link rel=alternate>`` with the type of a feed, wherever it stands; a YouTube page's channel."""
    base = url
    for match in _TAG.finditer(page):
        name, attributes = match[1].lower(), _attributes(match[2])
        if name == "base" and attributes.get("href"):
            base = absolute(attributes["href"], url) or url
        if name != "link" or not attributes.get("href"):
            continue
        relations, kind = (
            attributes.get("rel", "").lower().split(),
            attributes.get("type", "").partition(";")[0].strip().lower(),
        )
        is_feed = "alternate" in relations and (
            kind in _FEED_TYPES or (kind in _JSON_TYPES and "feed" in attributes["href"].lower())
        )
        if is_feed or "feed" in relations:
            address = absolute(web_address(attributes["href"]) or attributes["href"], base)
            title = " ".join(attributes.get("title", "").split())
            if address:
                yield Found(address, title, _hint(address, title))
    if "youtube.com" in (urlsplit(url).hostname or "") or "www.youtube.com/feeds" in page:
        channel = _CHANNEL_ID.search(page)
        if channel:
            yield Found(f"{_CHANNEL_FEED}?channel_id={channel[1]}", page_title(page))


def in_links(links: Iterable[PageLink]) -> list[Found]:
    """The feeds that a page taken apart names, posts before comments."""
    found = (
        Found(one.url, one.text, _hint(one.url, one.text), is_named=True)
        for one in links
        if one.url.startswith(("http://", "https://"))
        and (
            "feed" in one.rel
            or ("alternate" in one.rel and one.type.partition(";")[0].strip().lower() in _FEED_TYPES)
        )
    )
    return _unique(found)


def page_title(page: str) -> str:
    match = _TITLE.search(page)
    return " ".join(unescape(match[1]).split()) if match else ""


def _anchors(page: str, url: str) -> Iterator[Found]:
    """Ordinary links that look as feeds do; on this site first, a handful."""
    count = 0
    for match in _TAG.finditer(page):
        if match[1].lower() == "a" and count < 6:
            attributes = _attributes(match[2])
            address = absolute(web_address(attributes.get("href", "")) or attributes.get("href", ""), url)
            if address and _FEED_PATH.search(address):
                count += 1
                yield Found(address, attributes.get("title", ""), _hint(address, attributes.get("title", "")))


def _attributes(text: str) -> dict[str, str]:
    return {
        name.lower(): unescape(double or single or bare).strip()
        for name, double, single, bare in _ATTRIBUTE.findall(text)
    }


def _without_comments(page: str) -> str:
    """In pieces: one expression would look for the end of an unclosed comment again and again."""
    pieces, rest = [], page
    while True:
        before, opened, rest = rest.partition("<!--")
        pieces.append(before)
        if not opened:
            return "".join(pieces)
        _, closed, rest = rest.partition("-->")
        if not closed:
            return "".join(pieces)


def _hint(url: str, title: str) -> str:
    parts = urlsplit(url)
    where = f"{parts.path}?{parts.query} {title}"
    if _COMMENT_WORDS.search(where):
        return "comments"
    return "forum" if _FORUM_WORDS.search(where) else "posts"


def _named(found: Iterable[Found], page: str) -> Iterator[Found]:
    """A feed that calls itself "RSS" is called what its page is called."""
    title = page_title(page)
    for one in found:
        yield replace(one, title=title) if title and _NO_NAME.fullmatch(one.title) else one


def _unique(found: Iterable[Found]) -> list[Found]:
    """Each address once, in their order, posts before comments; of the same feed in two formats both
    stay."""
    once = {one.url: one for one in reversed(list(found))}
    ordered = list(reversed(once.values()))
    return sorted(ordered, key=lambda one: one.hint == "comments")


# --- guesses
# ---------------------------------------------------------------------------------------------------------


def _guessed(web: Web, url: str, guesses: Iterable[str] = _GUESSES) -> list[Found]:
    parts = urlsplit(url)
    folder = parts.path if parts.path.endswith("/") else parts.path.rpartition("/")[0] + "/"
    bases = list(dict.fromkeys([folder, "/"]))
    tries = [
        urlunsplit((parts.scheme, parts.netloc, base, "", "")) + guess for base in bases for guess in guesses
    ]
    found: list[Found] = []
    for address in tries[: _MOST_GUESSES * len(bases)]:
        if len({one.hint for one in found}) > 1 or (found and not address.endswith("comments/feed/")):
            continue
        try:
            document = read(web, address)
        except Unreachable:
            break  # a site that does not answer once is not asked twenty times
        if document:
            found.append(Found(address, document.title, _hint(address, document.title), document))
    return _unique(found)


def read(web: Web, url: str) -> FeedDocument | None:
    """None: something else is there, or nothing. Raises Unreachable."""
    try:
        response = fetch(web, url, timeout=8.0, total=15.0)
        return parse_feed(response.body, response.headers.get("Content-Type", ""), response.url)
    except Unreachable:
        raise
    except (ChannelError, NotAFeed):
        return None


def is_feed(web: Web, url: str) -> FeedDocument | None:
    """The document at an address that may be a feed; None for whatever else happens."""
    try:
        return read(web, url)
    except Unreachable:
        return None
