"""Well-formed XML feeds through fastfeedparser (lxml), with the facts it does not give: comment feeds,
reply threads, who is behind the feed, how often to ask, and whether a date stands in the document at all
(it guesses one from the id where there is none).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from services.channels._feed_dates import read_date
from services.channels._feed_shape import (
    FeedDocument,
    FeedEntry,
    NotAFeed,
    absolute,
    interval,
    looks_like_html,
    person,
)
from services.model import Attachment

_ATOM_THREADS = "http://purl.org/syndication/thread/1.0"
_ITUNES = "http://www.itunes.com/dtds/podcast-1.0.dtd"
_XML = "{http://www.w3.org/XML/1998/namespace}"
_FIRST_TAG = re.compile(rb"<(?![?!])\s*([\w:.-]+)")
_SENT = ("pubdate", "published", "issued", "date", "created")
_CHANGED = ("updated", "modified")


class NotWellFormed(ValueError):
    """Not XML in the strict sense; a forgiving parser may still read it."""


@dataclass(slots=True)
class _Facts:
    """What stands in one item, or in the head of the feed."""

    plain: dict[str, str] = field(default_factory=dict)
    author: str = ""
    author_url: str = ""
    links: list[dict[str, str]] = field(default_factory=list)
    comments_feed: str = ""
    comment_count: int | None = None
    in_reply_to: str = ""
    base: str = ""


def parse(body: bytes, url: str) -> FeedDocument:
    """Raises NotAFeed for other kinds of documents, NotWellFormed where the forgiving parser should try."""
    first = _FIRST_TAG.search(body[:200_000].replace(b"\x00", b""))
    name = first[1].decode("ascii", "replace").lower() if first else ""
    if name in ("html", "opml", "head", "body"):
        raise NotAFeed("html" if name != "opml" else "opml")
    root = _tree(body)
    kind = _local(root.tag)
    if kind not in ("rss", "rdf", "feed", "channel"):
        raise NotAFeed("html" if kind == "html" else "not-a-feed")
    items = [one for one in root.iter() if isinstance(one.tag, str) and _local(one.tag) in ("item", "entry")]
    items = [
        one for one in items if _local(one.getparent().tag) in ("rss", "rdf", "feed", "channel", "items")
    ]
    parsed = _fastfeedparser(body)
    if len(parsed["entries"]) != len(items):
        raise NotWellFormed("the two readings differ")
    heads = [root, *(one for one in root if isinstance(one.tag, str) and _local(one.tag) == "channel")]
    head = _facts(heads)
    base = next((one.get(_XML + "base") for one in heads if one.get(_XML + "base")), "")
    page = _page(head, base or url)
    feed = parsed["feed"]
    return FeedDocument(
        title=_words(str(feed.get("title") or head.plain.get("title", ""))),
        url=page,
        author=head.author,
        language=str(root.get(_XML + "lang") or head.plain.get("language", "")).strip(),
        format={"feed": "atom", "rdf": "rdf"}.get(kind, "rss"),
        min_interval=interval(head.plain),
        entries=tuple(
            _entry(one, _facts([item]), base or page or url)
            for one, item in zip(parsed["entries"], items, strict=True)
        ),
    )


def _tree(body: bytes) -> Any:
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        return etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as reason:
        raise NotWellFormed("not well-formed") from reason


def _fastfeedparser(body: bytes) -> Any:
    import fastfeedparser

    try:
        return fastfeedparser.parse(body)
    except Exception as reason:
        raise NotWellFormed("refused") from reason


@lru_cache(maxsize=512)
def _local(tag: Any) -> str:
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""


@lru_cache(maxsize=512)
def _space(tag: str) -> str:
    return tag[1:].partition("}")[0] if tag.startswith("{") else ""


def _inner(element: Any) -> str:
    return "".join(element.itertext()).strip()


def _facts(owners: list[Any]) -> _Facts:
    """Reads the children of one item, or of the root and its channel together."""
    facts = _Facts()
    plain = facts.plain
    for owner in owners:
        facts.base = facts.base or owner.get(_XML + "base") or ""
        for child in owner:
            tag = child.tag
            if isinstance(tag, str):
                name, is_special = _known_tag(tag)
                if is_special:
                    _note(facts, child, name, _space(tag))
                elif name not in plain and len(child) == 0:
                    plain[name] = (child.text or "").strip()
        about = owner.get("{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about")
        if about:
            plain.setdefault("about", about)
    return facts


_SPECIAL = frozenset(
    "item entry channel image textinput variant link author creator managingeditor source group commentrss"
    " comments total in-reply-to".split()
)


@lru_cache(maxsize=512)
def _known_tag(tag: str) -> tuple[str, bool]:
    """Its name, and whether it is more than a name and some words."""
    name = _local(tag)
    return name, name in _SPECIAL


def _note(facts: _Facts, child: Any, name: str, space: str) -> None:
    if name in ("item", "entry", "channel", "image", "textinput", "variant"):
        return
    if name == "link":
        _note_link(facts, child)
    elif name in ("author", "creator", "managingeditor"):
        # dc:creator names people; RSS's own author is an address, and iTunes' is the publisher.
        _note_person(facts, child, strong=name == "creator" or len(child) > 0)
    elif name == "source" and len(child):
        names = [
            one for grandchild in child if _local(grandchild.tag) == "author" for one in _names(grandchild)
        ]
        titles = [_inner(one) for one in child if _local(one.tag) == "title"]
        if not facts.author and (names or titles):
            facts.author = [*names, *titles][0]
    elif name == "group":
        # Media RSS: films have their words in here.
        words = next((_inner(one) for one in child if _local(one.tag) == "description"), "")
        facts.plain.setdefault("\x00group", words)
    elif name == "commentrss":
        facts.comments_feed = _inner(child)
    elif name == "comments" and "slash" in space:
        count = _inner(child)
        facts.comment_count = int(count) if count.isdecimal() and len(count) < 9 else None
    elif name == "total" and space == _ATOM_THREADS:
        count = _inner(child)
        facts.comment_count = int(count) if count.isdecimal() and len(count) < 9 else facts.comment_count
    elif name == "in-reply-to":
        facts.in_reply_to = facts.in_reply_to or child.get("ref") or child.get("href") or _inner(child)
    elif name not in facts.plain and len(child) == 0:
        facts.plain[name] = (child.text or "").strip()


def _note_link(facts: _Facts, child: Any) -> None:
    link = {k: (child.get(k) or "").strip() for k in ("rel", "type", "href")}
    link["href"] = link["href"] or (child.text or "").strip()
    facts.links.append(link)
    if link["rel"].lower() == "replies":
        if link["type"].endswith("xml"):
            facts.comments_feed = facts.comments_feed or link["href"]
        else:
            facts.plain.setdefault("comments", link["href"])
        count = child.get(f"{{{_ATOM_THREADS}}}count") or ""
        facts.comment_count = int(count) if count.isdecimal() and len(count) < 9 else facts.comment_count


def _names(child: Any) -> Iterator[str]:
    """Atom: name, else the mail address; RSS: the text."""
    if len(child) == 0:
        found = person(child.text or "")
        if found:
            yield found
        return
    parts = {_local(one.tag): _inner(one) for one in child if isinstance(one.tag, str)}
    found = parts.get("name") or person(parts.get("email") or "") if parts else person(_inner(child))
    if found:
        yield found


def _note_person(facts: _Facts, child: Any, *, strong: bool) -> None:
    name = next(_names(child), "")
    if name and (not facts.author or (strong and "\x00weak" in facts.plain)):
        facts.author = name
        facts.author_url = next((_inner(one) for one in child if _local(one.tag) in ("uri", "url")), "")
        facts.plain.pop("\x00weak", None)
        if not strong:
            facts.plain["\x00weak"] = "1"


def _page(facts: _Facts, base: str) -> str:
    """The address people open: Atom's alternate, RSS's link; never the feed itself or a comment feed."""
    usual = [
        link["href"] for link in facts.links if link["rel"].lower() in ("", "alternate") and link["href"]
    ]
    html = [
        link["href"]
        for link in facts.links
        if link["rel"].lower() == "alternate" and "html" in link["type"] and link["href"]
    ]
    return absolute((html or usual or [""])[0], facts.base, base)


def _words(text: str) -> str:
    return " ".join(text.split())


def _entry(parsed: Any, facts: _Facts, base: str) -> FeedEntry:
    plain = facts.plain
    html, text = _content(parsed)
    if not html and not text:
        text = plain.get("\x00group", "")
    raw_sent = next((plain[name] for name in _SENT if plain.get(name)), "")
    raw_changed = next((plain[name] for name in _CHANGED if plain.get(name)), "")
    guid = plain.get("guid") or plain.get("id") or plain.get("about", "")
    return FeedEntry(
        guid=guid,
        title=str(parsed.get("title") or plain.get("title", "")).strip(),
        html=html,
        text=text,
        author=facts.author or person(str(parsed.get("author") or "")),
        author_url=facts.author_url,
        sent_at=read_date(raw_sent) or read_date(raw_changed),
        updated_at=read_date(raw_changed),
        url=_page(facts, base) or str(parsed.get("link") or ""),
        comments_url=plain.get("comments", ""),
        comments_feed_url=facts.comments_feed,
        comment_count=facts.comment_count,
        in_reply_to=facts.in_reply_to,
        attachments=tuple(_attachments(parsed)),
        raw_date=raw_sent or raw_changed,
    )


def _content(parsed: Any) -> tuple[str, str]:
    """(html, text): one of them. The longest of several contents; the summary where there is none."""
    contents = [one for one in parsed.get("content") or [] if isinstance(one, dict) and one.get("value")]
    if not contents:
        summary = str(parsed.get("description") or "")
        return (summary, "") if looks_like_html(summary) else ("", summary)
    best = max(contents, key=lambda one: len(str(one["value"])))
    value, kind = str(best["value"]), str(best.get("type") or "").lower()
    if kind in ("text", "text/plain") or not looks_like_html(value):
        return "", value
    return value, ""


def _attachments(parsed: Any) -> Iterator[Attachment]:
    seen = set()
    for one in [*(parsed.get("enclosures") or []), *(parsed.get("media_content") or [])]:
        url = str(one.get("url") or "")
        if url and url not in seen:
            seen.add(url)
            kind = str(one.get("type") or one.get("medium") or "file").partition("/")[0]
            yield Attachment(kind, url, str(one.get("title") or ""))
