"""The searches of the web on one loopback server, as their pages and answers describe them.

``/api/v1/search_by_date``  Hacker News: newest first, numericFilters, at most ``page_size`` hits a page.
``/news/search``            Bing News: RSS, links wrapped in ``apiclick.aspx``.
``/rss/search``             Google News: RSS.
``/xrpc/...searchPosts``    Bluesky: newest first between since and until, no cursor for strangers.
``/search.rss``             Reddit: Atom, for members with their feed token only; 403 to others.
``/alerts/...``             Google Alerts: Atom, links wrapped in ``google.com/url``.
``feeds``                   whatever a test puts there.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit
from xml.sax.saxutils import escape

from services.clock import Clock, SystemClock, iso

TOKEN = "0f1e2d3c4b5a69788796a5b4c3d2e1f001234567"
MEMBER = "rosies_ana"


@dataclass
class Hit:
    """A story or comment (``story`` set) of Hacker News."""

    id: int
    text: str = ""
    title: str = "Where to eat bread"
    author: str = "jonas"
    ago: timedelta = timedelta(hours=1)
    story: int = 0
    url: str = ""
    odd: dict[str, Any] = field(default_factory=dict)


@dataclass
class Entry:
    """An entry of one of the feeds."""

    id: str
    link: str
    title: str = "A visit to Rosie's Bakery"
    text: str = "The rolls were hard as stone."
    ago: timedelta = timedelta(hours=2)
    author: str = ""


@dataclass
class Post:
    """A post on Bluesky."""

    key: str
    text: str = "Rosie's Bakery ran out of rye again."
    handle: str = "marta.bread.example"
    ago: timedelta = timedelta(hours=4)


class Standin:
    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or SystemClock()
        self.page_size = 100
        hours = timedelta(hours=1)
        self.hits = [
            Hit(
                101,
                title="A visit to Rosie's Bakery",
                url="https://breadblog.example/visit",
                ago=5 * hours,
            ),
            Hit(102, "I waited an hour at Rosies Bakery &amp; the rolls were <i>hard</i>.", story=90),
            Hit(103, "The rosie bakes at home.", story=91),
        ]
        self.bing = [Entry("b1", "https://paper.example/2026/hard-rolls?utm_source=bing")]
        self.google = [
            Entry("g1", "https://www.paper.example/2026/hard-rolls/", "Hard rolls - Paper", ago=3 * hours)
        ]
        self.reddit = [Entry("t3_1", "https://www.reddit.com/r/bread/comments/1/rosies/", author="/u/marta")]
        self.posts = [Post("3kpost1")]
        self.alerts: dict[str, list[Entry]] = {"/alerts/feeds/1/2": []}
        self.feeds: dict[str, bytes] = {}
        self.faults: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.asked: list[str] = []
        self._lock = threading.Lock()
        self._server: ThreadingHTTPServer | None = None
        self._started = self.clock.now()

    def start(self) -> str:
        standin = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                with standin._lock:
                    standin.asked.append(self.path)
                    status, headers, body = standin._answer(self.path)
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self.url

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def settings(self) -> Mapping[str, Any]:
        return {"words": "Rosie's Bakery, rosies.example", "api": self.url}

    @property
    def secrets(self) -> Mapping[str, str]:
        return {"feed_token": f"https://www.reddit.com/.rss?feed={TOKEN}&user={MEMBER}"}

    # --- what it says

    def _answer(self, target: str) -> tuple[int, dict[str, str], bytes]:
        parts = urlsplit(target)
        query = parse_qs(parts.query)
        if parts.path in self.faults:
            return self.faults[parts.path]
        if parts.path in self.feeds:
            return 200, {"Content-Type": "application/rss+xml"}, self.feeds[parts.path]
        if parts.path == "/api/v1/search_by_date":
            return 200, {"Content-Type": "application/json"}, json.dumps(self._found(query)).encode()
        if parts.path == "/xrpc/app.bsky.feed.searchPosts":
            if "cursor" in query:
                return 403, {"Content-Type": "text/html"}, b"<html>Request forbidden</html>"
            return 200, {"Content-Type": "application/json"}, json.dumps(self._posted(query)).encode()
        if parts.path == "/news/search" and query.get("format") == ["rss"]:
            return 200, {"Content-Type": "text/xml"}, self.rss("Rosie - BingNews", self.bing, _bing)
        if parts.path == "/rss/search":
            return 200, {"Content-Type": "application/xml"}, self.rss('"Rosie" - Google News', self.google)
        if parts.path == "/search.rss":
            if query.get("feed") != [TOKEN] or query.get("user") != [MEMBER]:
                return 403, {"Content-Type": "text/html"}, b"<html><title>Blocked</title></html>"
            return 200, {"Content-Type": "application/atom+xml"}, self._atom("search", self.reddit, target)
        if parts.path in self.alerts:
            found = [
                Entry(one.id, _google(one.link), one.title, one.text, one.ago)
                for one in self.alerts[parts.path]
            ]
            return 200, {"Content-Type": "application/atom+xml"}, self._atom("Google Alert", found, target)
        return 404, {"Content-Type": "text/html"}, b"<html><body>not here</body></html>"

    def _found(self, query: Mapping[str, list[str]]) -> dict[str, Any]:
        above, upto = 0, 1 << 40
        for one in (query.get("numericFilters") or [""])[0].split(","):
            if one.startswith("created_at_i>"):
                above = int(one.removeprefix("created_at_i>"))
            elif one.startswith("created_at_i<="):
                upto = int(one.removeprefix("created_at_i<="))
        # Forgiving, as the real one: the first letters will do.
        wanted = (query.get("query") or [""])[0].strip('"').casefold().replace("'", "").split()[0][:4]
        found = [one for one in map(self._hit, self.hits) if above < one["created_at_i"] <= upto]
        found = [one for one in found if wanted in json.dumps(one, ensure_ascii=False).casefold()]
        found.sort(key=lambda one: -int(one["created_at_i"]))
        size = min(self.page_size, int((query.get("hitsPerPage") or ["20"])[0]))
        pages = -(-len(found) // size)
        return {"hits": found[:size], "nbHits": len(found), "page": 0, "nbPages": pages, "hitsPerPage": size}

    def _hit(self, hit: Hit) -> dict[str, Any]:
        seconds = int((self._started - hit.ago).timestamp())
        shared: dict[str, Any] = {
            "objectID": str(hit.id),
            "author": hit.author,
            "created_at_i": seconds,
            "created_at": datetime.fromtimestamp(seconds, UTC).isoformat(),
        }
        if hit.story:
            special = {
                "comment_text": hit.text,
                "story_id": hit.story,
                "story_title": hit.title,
                "story_url": hit.url or None,
                "parent_id": hit.story,
                "_tags": ["comment", f"author_{hit.author}", f"story_{hit.story}"],
            }
        else:
            special = {
                "title": hit.title,
                "url": hit.url or None,
                "story_text": hit.text or None,
                "story_id": hit.id,
                "num_comments": 1,
                "_tags": ["story", f"author_{hit.author}", f"story_{hit.id}"],
            }
        return shared | special | hit.odd

    def _posted(self, query: Mapping[str, list[str]]) -> dict[str, Any]:
        since, until = ((query.get(name) or [""])[0] for name in ("since", "until"))
        # Forgiving, as the real one: one of the words will do.
        wanted = (query.get("q") or [""])[0].strip('"').casefold().replace("'", "").split()[0][:4]
        found = [one for one in map(self._post, self.posts) if since <= one["indexedAt"] < (until or "~")]
        found = [one for one in found if wanted in json.dumps(one, ensure_ascii=False).casefold()]
        found.sort(key=lambda one: str(one["indexedAt"]), reverse=True)
        size = min(self.page_size, int((query.get("limit") or ["25"])[0]))
        more = {"cursor": str(size)} if len(found) > size else {}
        return {"posts": found[:size], **more}

    def _post(self, post: Post) -> dict[str, Any]:
        did = f"did:plc:{post.handle.partition('.')[0]}"
        return {
            "uri": f"at://{did}/app.bsky.feed.post/{post.key}",
            "cid": f"bafy{post.key}",
            "author": {"did": did, "handle": post.handle, "displayName": post.handle.partition(".")[0]},
            "record": {
                "$type": "app.bsky.feed.post",
                "text": post.text,
                "createdAt": iso(self._started - post.ago),
                "langs": ["en"],
            },
            "indexedAt": iso(self._started - post.ago),
        }

    def rss(self, title: str, entries: list[Entry], wrapped: Any = str) -> bytes:
        items = "".join(
            f"<item><title>{escape(one.title)}</title><link>{escape(wrapped(one.link))}</link>"
            f"<guid isPermaLink='false'>{one.id}</guid><description>{escape(one.text)}</description>"
            f"<pubDate>{format_datetime(self._started - one.ago)}</pubDate></item>"
            for one in entries
        )
        head = f"<title>{escape(title)}</title><link>https://search.example/</link>"
        return f'<?xml version="1.0"?><rss version="2.0"><channel>{head}{items}</channel></rss>'.encode()

    def _atom(self, title: str, entries: list[Entry], target: str) -> bytes:
        items = "".join(
            f"<entry><id>{one.id}</id><title type='html'>{escape(f'<b>{escape(one.title)}</b>')}</title>"
            f"<link href='{escape(one.link)}'/><updated>{(self._started - one.ago).isoformat()}</updated>"
            f"<content type='html'>{escape(escape(one.text))}</content>"
            f"<author><name>{one.author}</name></author></entry>"
            for one in entries
        )
        head = f"<id>{escape(target)}</id><title>{title}</title><link rel='self' href='{escape(target)}'/>"
        return f"<?xml version='1.0'?><feed xmlns='http://www.w3.org/2005/Atom'>{head}{items}</feed>".encode()


def _bing(link: str) -> str:
    url = quote(link, safe="")
    return f"http://www.bing.com/news/apiclick.aspx?ref=FexRss&aid=&tid=1&url={url}&c=1&mkt=en-us"


def _google(link: str) -> str:
    return f"https://www.google.com/url?rct=j&sa=t&url={quote(link, safe='')}&ct=ga&cd=CAE&usg=AOv"
