"""A shop's own page, read once and taken apart for whoever wants to recognise something in it.

No script is run. Pages that are made by scripts still name their places: in the structured data for search
engines (``sameAs``), and as addresses within their scripts; both are read as links.
"""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator, Mapping
from html import unescape
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from services.channels.base import PageLink, WebPage

if TYPE_CHECKING:
    from services.channels.web import Response

LONGEST = 2_000_000
"""Characters looked at; the head and the footers of real pages are within."""
MOST_LINKS = 2_000
_MOST_IN_SCRIPTS = 300
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?([\w.:-]{2,40})", re.IGNORECASE)
_IN_SCRIPT = re.compile(r"https?:(?:\\?/){2}[\w.-]+\.[a-z]{2,}(?:\\?/[\w.~%@+\\/-]{0,200})?", re.IGNORECASE)
_OTHER_PAGE = re.compile(
    r"contact|kontakt|impressum|imprint|about|ueber-uns|über uns|contatt|contato|à propos|a-propos"
    r"|nous-contacter|mentions-legales|quienes|sobre|chi-siamo|over-ons|find-us|social",
    re.IGNORECASE,
)
_SCHEMES = ("http://", "https://", "mailto:")


def page_of(response: Response) -> WebPage:
    """Whatever came back; what is no page has no links."""
    html = _text(response)[:LONGEST]
    reader = _Reader(response.url)
    reader.feed(html)
    reader.close()
    links = dict.fromkeys([*reader.links, *_header_links(response), *_in_data(reader.data, response.url)])
    known = {one.url for one in links}
    for url in _in_scripts(html):
        if url not in known:
            links[PageLink(url)] = None
    return WebPage(
        url=response.url,
        title=" ".join("".join(reader.title).split())[:300],
        links=tuple(links)[:MOST_LINKS],
        meta=reader.meta,
        headers={name.lower(): value for name, value in response.headers.items()},
        html=html,
    )


def other_page(page: WebPage) -> str:
    """The address of the page of this site that most likely names more: contact, imprint, about."""
    host = urlsplit(page.url).hostname
    for link in page.links:
        try:
            parts = urlsplit(link.url)
        except ValueError:
            continue
        is_other = parts.path.rstrip("/") != urlsplit(page.url).path.rstrip("/")
        if parts.hostname == host and is_other and _OTHER_PAGE.search(f"{parts.path} {link.text}"):
            return link.url.partition("#")[0]
    return ""


def joined(first: WebPage, second: WebPage) -> WebPage:
    """The first page with the links of the second."""
    links = tuple(dict.fromkeys([*first.links, *second.links]))
    return WebPage(first.url, first.title, links, first.meta, first.headers, first.html)


def _text(response: Response) -> str:
    """By the server's word, else the page's own, else as UTF-8, else as browsers guess."""
    body = response.body[: LONGEST * 4]
    told = re.search(
        r"charset\s*=\s*[\"']?([\w.:-]+)", response.headers.get("Content-Type", ""), re.IGNORECASE
    )
    if body.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return body.decode("utf-16", "replace")
    own = _META_CHARSET.search(body[:4000])
    for name in (told[1] if told else "", own[1].decode("ascii", "replace") if own else "", "utf-8"):
        try:
            return body.decode(name) if name else body.decode("utf-8")
        except (LookupError, UnicodeDecodeError):
            continue
    return body.decode("windows-1252", "replace")


class _Reader(HTMLParser):
    def __init__(self, url: str) -> None:
        super().__init__(convert_charrefs=True)
        self._base = url
        self.links: list[PageLink] = []
        self.meta: dict[str, str] = {}
        self.title: list[str] = []
        self.data: list[str] = []
        self._open: tuple[str, frozenset[str], str] | None = None
        self._words: list[str] = []
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "base" and values.get("href"):
            self._base = _absolute(self._base, values["href"]) or self._base
        elif tag == "meta":
            name = (values.get("property") or values.get("name") or "").strip().lower()
            if name and len(self.meta) < 200:
                self.meta.setdefault(name, values.get("content", "").strip()[:1000])
        elif tag in ("a", "area", "link"):
            url = _absolute(self._base, values.get("href", ""))
            rel = frozenset(values.get("rel", "").lower().split())
            if tag == "link" and url:
                self._add(PageLink(url, rel, values.get("type", ""), values.get("title", "").strip()))
            elif url:
                self._ended()
                self._open = (url, rel, values.get("title") or values.get("aria-label") or "")
        elif tag == "title" and not self.title:
            self._inside = "title"
        elif tag == "script" and "ld+json" in values.get("type", "").lower():
            self._inside = "data"
            self.data.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._ended()
        elif tag in ("title", "script"):
            self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "title":
            self.title.append(data)
        elif self._inside == "data":
            self.data[-1] += data
        elif self._open is not None and len(self._words) < 20:
            self._words.append(data)

    def close(self) -> None:
        super().close()
        self._ended()

    def _ended(self) -> None:
        if self._open is not None:
            url, rel, title = self._open
            self._add(PageLink(url, rel, "", " ".join("".join(self._words).split())[:200] or title.strip()))
        self._open, self._words = None, []

    def _add(self, link: PageLink) -> None:
        if len(self.links) < MOST_LINKS:
            self.links.append(link)


def _absolute(base: str, href: str) -> str:
    href = href.strip()
    try:
        whole = href if href[:7].lower() == "mailto:" else urljoin(base, href)
    except ValueError:
        return ""
    return whole if href and whole.lower().startswith(_SCHEMES) and len(whole) < 2_000 else ""


def _header_links(response: Response) -> Iterator[PageLink]:
    for url, parameters in response.link_list:
        rel = frozenset(parameters.get("rel", "").lower().split())
        yield PageLink(url, rel, parameters.get("type", ""), parameters.get("title", ""))


def _in_data(documents: list[str], base: str) -> Iterator[PageLink]:
    """``sameAs`` of schema.org: the same shop elsewhere."""
    for document in documents[:20]:
        try:
            found = json.loads(document)
        except (ValueError, RecursionError):
            continue
        for url in _same_as(found, 0):
            whole = _absolute(base, url)
            if whole:
                yield PageLink(whole)


def _same_as(value: Any, depth: int) -> Iterator[str]:
    if depth > 8:
        return
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if name == "sameAs":
                yield from (
                    one for one in (inner if isinstance(inner, list) else [inner]) if isinstance(one, str)
                )
            elif name == "email" and isinstance(inner, str) and "@" in inner:
                yield inner if inner.lower().startswith("mailto:") else f"mailto:{inner}"
            else:
                yield from _same_as(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value[:100]:
            yield from _same_as(inner, depth + 1)


def _in_scripts(html: str) -> Iterator[str]:
    found = dict.fromkeys(
        unescape(one[0].replace("\\/", "/")).rstrip("\\").rstrip("/.") for one in _IN_SCRIPT.finditer(html)
    )
    yield from list(found)[:_MOST_IN_SCRIPTS]
