"""Any feed -> one frozen shape. Which parser reads what is decided here; the parsers are in the files
beside this one.

    JSON                                     _feed_json
    well-formed XML                          _feed_fast: fastfeedparser plus the facts it leaves out
    anything else, or an entry comes back
    without identity, link or date           _feed_forgiving: feedparser, in a child process when the body
    is big

A document of more than a megabyte is read in a child process, whichever parser does it (``_feed_child``).
What every document loses first: byte order marks, white space before the declaration, NULs, and its DTD. A
DTD that declares anything but short plain characters is refused: no feed needs it, and bombs and stolen
files are made of it.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from services import turns
from services.channels import _feed_child, _feed_fast, _feed_forgiving, _feed_json
from services.channels._feed_shape import FeedDocument, FeedEntry, NotAFeed, absolute, digest, fingerprint_of
from services.channels._page_links import unwrapped

log = logging.getLogger(__name__)

_DOCTYPE = re.compile(rb"<!DOCTYPE\b[^\[>]*(\[.*?\]\s*)?>", re.DOTALL | re.IGNORECASE)
_ENTITY = re.compile(rb"<!ENTITY\s+(\S+)\s+(?:\"([^\"]*)\"|'([^']*)')\s*>")
_HARMLESS_VALUE = re.compile(rb"(?:[^&%<]|&#x?[0-9a-fA-F]{1,6};){0,200}")
_PROLOG = 200_000
_LEADING = re.compile(rb"(?:\xef\xbb\xbf|\s|\x00)+")


HUGE = 1_000_000
"""Bytes. A feed beyond that would keep the window and the others waiting, and is read in a child process."""


def parse_feed(body: bytes, content_type: str = "", url: str = "") -> FeedDocument:
    """Raises NotAFeed. ``url`` is where the document came from: relative links are relative to it."""
    if len(body) > HUGE and not _feed_child.is_child():
        try:
            return _feed_child.parse_in_child(_work, body, content_type, url)
        except OSError:
            log.info("no process for a long feed: it is read here")
            return _parse(body, content_type, url)
    with turns.heavy:
        return _parse(body, content_type, url)


def _work(pipe: Any, body: bytes, content_type: str, url: str) -> None:
    def read() -> FeedDocument:
        document = _parse(body, content_type, url)
        entries = tuple(replace(one, mark=fingerprint_of(one)) for one in document.entries)
        return replace(document, entries=entries)

    _feed_child.answer(pipe, read)


def _parse(body: bytes, content_type: str, url: str) -> FeedDocument:
    wide = body[:2] in (b"\xff\xfe", b"\xfe\xff") or body[:4] in (b"<\x00?\x00", b"\x00<\x00?", b"<\x00r\x00")
    if not wide:
        leading = _LEADING.match(body)
        body = body[leading.end() :] if leading else body
        body = body.replace(b"\x00", b"")
        body, content_type = _honest_encoding(body, content_type)
    if not body.strip():
        raise NotAFeed("empty")
    if not wide and body[:1] in (b"{", b"["):
        document = _feed_json.parse(body, url)
    else:
        document = _parse_xml(_without_dtd(body), content_type, url)
    return replace(document, entries=identified(_finished(document, url)))


_DECLARED = re.compile(rb"\A(<\?xml[^>]{0,100}?encoding\s*=\s*[\"'])([\w.:-]+)")
_NARROW = re.compile(rb"(?:us-)?ascii|iso[-_]?8859.*|latin.*|windows-125\d|cp125\d", re.IGNORECASE)


def _honest_encoding(body: bytes, content_type: str) -> tuple[bytes, str]:
    """Bytes that make sense as UTF-8 are UTF-8, whatever document and server say: nothing else looks so."""
    if body.isascii():
        return body, content_type
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return body, content_type
    declared = _DECLARED.match(body)
    if declared and _NARROW.fullmatch(declared[2]):
        body = declared[1] + b"utf-8" + body[declared.end() :]
    elif declared and declared[2].lower() not in (b"utf-8", b"utf8"):
        return body, content_type
    return body, content_type.partition(";")[0]


def _parse_xml(body: bytes, content_type: str, url: str) -> FeedDocument:
    try:
        try:
            document = _feed_fast.parse(body, url)
        except _feed_fast.NotWellFormed:
            mended = _without_impossible(body)
            if mended == body:
                raise
            body = mended
            document = _feed_fast.parse(body, url)
    except _feed_fast.NotWellFormed:
        return _feed_forgiving.parse(body, content_type, url)
    gaps = [e for e in document.entries if not ((e.guid or e.url) and e.url and e.sent_at)]
    if gaps and len(body) <= _feed_forgiving.BIG:
        try:
            second = _feed_forgiving.parse(body, content_type, url)
        except NotAFeed:
            return document
        document = _filled(document, second)
    return document


def _filled(first: FeedDocument, second: FeedDocument) -> FeedDocument:
    """What the quick parser missed, from the forgiving one; a date only where the document has one."""
    if len(second.entries) > len(first.entries):
        return second
    if len(second.entries) != len(first.entries):
        return first
    entries = []
    for one, other in zip(first.entries, second.entries, strict=True):
        found: dict[str, Any] = {
            name: getattr(other, name)
            for name in ("guid", "url", "title", "html", "text", "author", "sent_at", "updated_at")
            if not getattr(one, name) and getattr(other, name)
        }
        entries.append(replace(one, **found))
    return replace(first, entries=tuple(entries))


_REFERENCE = re.compile(rb"&#(?:x([0-9a-f]{1,8})|([0-9]{1,8}));", re.IGNORECASE)
_HALVES = re.compile(r"[\ud800-\udbff][\udc00-\udfff]")


def _without_impossible(body: bytes) -> bytes:
    """Leaves out numbered characters that no document may hold; puts the two halves of a smiley together, as
    some programs number them."""

    def joined(match: re.Match[bytes]) -> bytes:
        text = "".join(
            chr(int(number[1], 16) if number[1] else int(number[2]))
            for number in _REFERENCE.finditer(match[0])
            if int(number[1] or b"0", 16) <= 0x10FFFF and int(number[2] or b"0") <= 0x10FFFF
        )
        text = _HALVES.sub(lambda pair: pair[0].encode("utf-16", "surrogatepass").decode("utf-16"), text)
        return b"".join(b"&#%d;" % ord(char) for char in text if _is_allowed(ord(char)))

    return re.sub(rb"(?:" + _REFERENCE.pattern + rb")+", joined, body, flags=re.IGNORECASE)


def _is_allowed(code: int) -> bool:
    """XML 1.0, section 2.2."""
    return code in (9, 10, 13) or 32 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or code > 0xFFFF


def _without_dtd(body: bytes) -> bytes:
    """The document without its DTD; declared single characters are written out. Anything else declared
    raises NotAFeed("entities")."""
    head = body[:_PROLOG]
    if b"<!DOCTYPE" not in head and b"<!doctype" not in head and b"<!ENTITY" not in head:
        return body
    if re.match(rb"\s*(?:<!--.*?-->\s*)*<!doctype\s+html", head, re.IGNORECASE | re.DOTALL):
        raise NotAFeed("html")
    found = _DOCTYPE.search(head)
    if found is None:
        if b"<!ENTITY" in head:
            raise NotAFeed("entities")
        return body
    declared = found[0]
    entities = {}
    for name, double, single in _ENTITY.findall(declared):
        value = double or single
        if not _HARMLESS_VALUE.fullmatch(value) or len(value) > 200 or name == b"%":
            raise NotAFeed("entities")
        entities[name] = value
    if declared.count(b"<!ENTITY") != len(entities):
        raise NotAFeed("entities")
    body = body[: found.start()] + body[found.end() :]
    for name, value in list(entities.items())[:300]:
        reference = b"&" + name + b";"
        if body.count(reference) * len(value) > len(body) + 1_000_000:
            raise NotAFeed("entities")
        body = body.replace(reference, value)
    return body


# --- what both parsers leave to us
# ---------------------------------------------------------------------------------


def _finished(document: FeedDocument, url: str) -> Iterable[FeedEntry]:
    """Links made absolute and unwrapped; authors and links from where else they can be found."""
    base = document.url or url
    for entry in document.entries:
        if not (entry.title or entry.html or entry.text or entry.url or entry.guid):
            continue  # what is left of an entry where a document was cut off
        # RSS lets an id stand for a link; many write one that is none.
        is_bare_id = entry.url == entry.guid and "/" not in entry.url
        link = "" if is_bare_id else unwrapped(absolute(entry.url, base, url))
        if not link and entry.guid.startswith(("http://", "https://")):
            link = entry.guid
        if not link:
            link = next((a.url for a in entry.attachments if a.url.startswith("http")), "")
        found: dict[str, Any] = {
            "url": link or base,
            "author": entry.author or document.author or document.title,
            "comments_url": absolute(entry.comments_url, base, url),
            "comments_feed_url": absolute(entry.comments_feed_url, base, url),
        }
        changed = {name: value for name, value in found.items() if getattr(entry, name) != value}
        yield replace(entry, **changed) if changed else entry


def identified(entries: Iterable[FeedEntry]) -> tuple[FeedEntry, ...]:
    """Gives every entry an identity of its own: its guid; its link where the guid is missing or serves
    several entries; a fingerprint of its words where neither will do. The same entry printed twice is kept
    once."""
    entries = list(entries)
    guids = Counter(e.guid for e in entries if e.guid)
    links = Counter(e.url for e in entries if e.url)
    found: dict[str, FeedEntry] = {}
    for entry in entries:
        if entry.guid and guids[entry.guid] == 1:
            identity = entry.guid
        elif entry.url and links[entry.url] == 1:
            identity = entry.url
        else:
            start = (entry.text or entry.html)[:200]
            identity = f"words:{digest(entry.title, entry.raw_date, start, size=12)}"
        if len(identity) > 500:
            identity = f"long:{digest(identity, size=16)}"
        found.setdefault(identity, replace(entry, identity=identity))
    return tuple(found.values())
