# ruff: noqa: E501 - markup stands on the lines it is sent on
"""The addresses of the web site: home page, posts, feeds, and generated feeds for measuring. All feeds are
conditional (ETag and Last-Modified)."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from html import escape

from services.sample import documents, faults
from services.sample.chatter import sentence
from services.sample.documents import Head
from services.sample.exchange import HTML, Request, Response, http_date, page
from services.sample.site import Entry, Site

RSS = "application/rss+xml; charset=UTF-8"
ATOM = "application/atom+xml; charset=UTF-8"
JSON_FEED = "application/feed+json; charset=utf-8"
OPML = "text/x-opml; charset=utf-8"
_GONE = "<!DOCTYPE html><title>Page not found</title><h1>Nothing here</h1><p>Maybe it was eaten.</p>"


def conditional(body: bytes, content_type: str, modified: datetime) -> Response:
    etag = hashlib.sha1(body, usedforsecurity=False).hexdigest()[:20]
    return Response(
        200,
        body,
        content_type,
        [("ETag", f'"{etag}"'), ("Last-Modified", http_date(modified)), ("Cache-Control", "max-age=0")],
    )


class Pages:
    """Answers every path outside the API. ``feeds`` names the addresses the sample shop is followed by."""

    def __init__(self, site: Site, base_url: str, shop_name: str) -> None:
        self._site = site
        self._base = base_url
        self._shop = shop_name
        self._opened = site.clock.now() - timedelta(days=30)
        self._served: dict[str, Response] = {}
        self._bench: dict[tuple[str, int, int], Response] = {}
        self._lock = threading.Lock()

    @property
    def feeds(self) -> dict[str, str]:
        return {
            "blog": f"{self._base}/blog/feed/",
            "comments": f"{self._base}/blog/comments/feed/",
            "forum": f"{self._base}/forum/posts.rss",
            "mentions": f"{self._base}/search/mentions.atom",
        }

    def serve(self, path: str, body: bytes, content_type: str, modified: datetime | None = None) -> str:
        """A document of the caller's at an address of its own (a captured feed); returns the address."""
        with self._lock:
            self._served[path] = conditional(body, content_type, modified or self._site.clock.now())
        return self._base + path

    def answer(self, request: Request) -> Response | None:
        """None: nobody lives there."""
        path = request.path
        with self._lock:
            served = self._served.get(path)
        if served is not None:
            return served.copy()
        if path.startswith("/bench/"):
            return self._bench_page(request)
        fixed = {
            "/": self._home,
            "/blog/": self._home,
            "/blog": self._home,
            "/blog/feed/": lambda: self._feed(path, "rss", "blog"),
            "/blog/feed/atom/": lambda: self._feed(path, "atom", "blog"),
            "/blog/feed/json/": lambda: self._feed(path, "json", "blog"),
            "/blog/comments/feed/": lambda: self._feed(path, "rss", "comments"),
            "/blog/comments/feed/atom/": lambda: self._feed(path, "atom", "comments"),
            "/forum/": self._forum_page,
            "/forum/posts.rss": lambda: self._feed(path, "rss", "forum"),
            "/search/mentions.atom": lambda: self._feed(path, "atom", "mentions"),
            "/search/mentions.json": lambda: self._feed(path, "json", "mentions"),
            "/feeds.opml": self._opml,
        }
        found = fixed.get(path)
        if found is not None:
            return found()
        if match := re.fullmatch(r"/blog/([^/]+)/(feed/(?:atom/)?)?", path):
            return self._post(match[1], match[2] or "")
        if match := re.fullmatch(r"/forum/t/([^/]+)", path):
            return self._topic(match[1])
        if path.startswith("/elsewhere/"):
            return self._elsewhere(path)
        return None

    def nothing(self) -> Response:
        return page(_GONE, 404)

    # feeds

    def _feed(self, path: str, form: str, place: str, under: str | None = None) -> Response:
        site, base = self._site, self._base
        names = {
            "blog": (f"{self._shop} - news from the oven", "/blog/"),
            "comments": (f"Comments for {self._shop}", "/blog/"),
            "forum": ("Neighbours - newest posts", "/forum/"),
            "mentions": ("Search: Rosie's Bakery", "/search/"),
        }
        title, home = names[place]
        if under is not None:
            post = site.get(under)
            title, home = (f"Comments on: {post.title}", post.page) if post else (title, home)
        head = Head(title, "What customers and neighbours say", base + home, base + path, base)
        entries = site.newest(place, under)
        modified = max((e.changed_at for e in entries), default=self._opened)
        if form == "json":
            return conditional(documents.json_feed(head, entries), JSON_FEED, modified)
        if form == "atom":
            return conditional(documents.atom(head, entries, site), ATOM, modified)
        return conditional(documents.rss(head, entries, site), RSS, modified)

    def _opml(self) -> Response:
        titles = {
            "blog": "Our blog",
            "comments": "Comments on our blog",
            "forum": "Neighbours",
            "mentions": "Search: Rosie's Bakery",
        }
        homes = {"blog": "/blog/", "comments": "/blog/", "forum": "/forum/", "mentions": "/search/"}
        rows = [(titles[n], address, self._base + homes[n]) for n, address in self.feeds.items()]
        return Response(200, documents.opml("Rosie's sources", rows), OPML)

    # pages

    def _html(self, title: str, body: str, links: str = "") -> Response:
        text = (
            f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{escape(title)}</title>\n{links}</head>\n'
            f"<body>\n<h1>{escape(title)}</h1>\n{body}</body>\n</html>\n"
        )
        return Response(200, text.encode(), HTML)

    def _links(self) -> str:
        rows = [
            ("application/rss+xml", f"{self._shop} » Feed", "/blog/feed/"),
            ("application/rss+xml", f"{self._shop} » Comments Feed", "/blog/comments/feed/"),
            ("application/atom+xml", f"{self._shop} » Atom", "/blog/feed/atom/"),
            ("application/feed+json", f"{self._shop} » JSON Feed", "/blog/feed/json/"),
        ]
        return "".join(
            f'<link rel="alternate" type="{t}" title="{escape(n)}" href="{h}">\n' for t, n, h in rows
        )

    def _home(self) -> Response:
        posts = "".join(
            f'<article><h2><a href="{e.page}">{escape(e.title)}</a></h2>{e.html}</article>\n'
            for e in self._site.newest("blog")
        )
        return self._html(self._shop, posts, self._links())

    def _post(self, key: str, feed: str) -> Response | None:
        post = self._site.get(key)
        if post is None or post.place != "blog":
            return None
        if feed:
            return self._feed(f"{post.page}{feed}", "atom" if "atom" in feed else "rss", "comments", key)
        said = "".join(_comment(e) for e in reversed(self._site.newest("comments", key)))
        own = f'<link rel="alternate" type="application/rss+xml" title="{escape(self._shop)} » {escape(post.title)} Comments Feed" href="{post.page}feed/">\n'
        return self._html(
            post.title, f'{post.html}<h2 id="comments">Comments</h2>\n{said}', self._links() + own
        )

    def _forum_page(self) -> Response:
        rows = "".join(
            f'<li><a href="{e.page}">{escape(e.title)}</a> by {escape(e.author)}</li>\n'
            for e in self._site.newest("forum")
        )
        return self._html(
            "Neighbours",
            f"<ul>{rows}</ul>",
            '<link rel="alternate" type="application/rss+xml" title="Newest posts" href="/forum/posts.rss">\n',
        )

    def _topic(self, key: str) -> Response | None:
        first = self._site.get(key)
        if first is None or first.place != "forum":
            return None
        posts = [first, *reversed(self._site.newest("forum", key))]
        return self._html(first.title, "".join(_comment(e) for e in posts))

    def _elsewhere(self, path: str) -> Response | None:
        found = next((e for e in self._site.newest("mentions") if e.page == path), None)
        return self._html(found.title, _comment(found)) if found else None

    # generated feeds, for measuring

    def _bench_page(self, request: Request) -> Response | None:
        """``/bench/feed/17.rss`` (or ``.atom``) with ``?entries=50``; ``/bench/big.rss?mb=19``;
        ``/bench/bomb.rss?mb=200``; ``/bench/feeds.opml?feeds=200``."""
        params = request.query_params
        size = params.number("mb", 19) * 1_000_000
        if request.path == "/bench/big.rss":
            return self._big(size)
        if request.path == "/bench/bomb.rss":
            return Response(200, b"", RSS, stream=faults.bomb(size), encoding="gzip")
        if request.path == "/bench/feeds.opml":
            rows = [
                (f"Feed {n}", f"{self._base}/bench/feed/{n}.rss", f"{self._base}/bench/{n}/")
                for n in range(params.number("feeds", 200))
            ]
            return Response(200, documents.opml("Bench", rows), OPML)
        match = re.fullmatch(r"/bench/feed/(\d{1,6})\.(rss|atom)", request.path)
        if match is None:
            return None
        number, form, count = int(match[1]), match[2], min(params.number("entries", 50), 20_000)
        key = (form, number, count)
        with self._lock:
            made = self._bench.get(key)
        if made is None:
            made = conditional(
                self._generate(form, number, count), RSS if form == "rss" else ATOM, self._opened
            )
            with self._lock:
                self._bench[key] = made
        return made.copy()

    def _generated(self, number: int, count: int) -> list[Entry]:
        entries = []
        for index in range(count):
            seed = number * 100_003 + index
            text = " ".join(sentence(seed * 7 + part) for part in range(9))
            guid = f"https://bench{number}.example/?p={index}"
            title = sentence(seed)[:60]
            at = self._opened + timedelta(minutes=seed % 40_000)
            entries.append(
                Entry(
                    guid,
                    "mentions",
                    title,
                    f"<p>{text}</p>",
                    f"Writer {seed % 97}",
                    at,
                    guid,
                    f"/bench/{number}/{index}",
                )
            )
        return sorted(entries, key=lambda e: e.at, reverse=True)

    def _generate(self, form: str, number: int, count: int) -> bytes:
        base = self._base
        own = f"{base}/bench/feed/{number}.{form}"
        head = Head(f"Feed {number}", "Generated for measuring", f"{base}/bench/{number}/", own, base)
        entries = self._generated(number, count)
        return (
            documents.rss(head, entries, self._site)
            if form == "rss"
            else documents.atom(head, entries, self._site)
        )

    def _big(self, size: int) -> Response:
        """A well-formed feed of about ``size`` bytes, made while it is sent."""
        entries = self._generated(9_999, 200)
        head = Head(
            "Big",
            "Generated for measuring",
            f"{self._base}/bench/",
            f"{self._base}/bench/big.rss",
            self._base,
        )
        document = documents.rss(head, entries, self._site)
        first, last = document.index(b"\t<item>"), document.rindex(b"</item>") + len(b"</item>\n")
        block = document[first:last]

        def stream() -> Iterator[bytes]:
            yield document[:first]
            for copy in range(max(1, size // len(block))):
                yield block.replace(b"/?p=", b"/?c=%d&amp;p=" % copy)
            yield document[last:]

        return Response(200, b"", RSS, stream=stream)


def _comment(entry: Entry) -> str:
    anchor = entry.page.partition("#")[2]
    return f'<article id="{anchor}"><b>{escape(entry.author)}</b>, {entry.at:%d %B %Y %H:%M}{entry.html}</article>\n'
