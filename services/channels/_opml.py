"""Lists of feeds from and for other readers (OPML). Broken files give what can be read of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from html import escape, unescape
from typing import Any

from services.channels.base import Suggestion
from services.errors import Invalid

MAX_BYTES = 20_000_000
_OUTLINE = re.compile(r"<outline\b([^<>]*)>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([\w:.-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")


def read_opml(data: bytes) -> list[Suggestion]:
    """Every feed in the file once, in its order, folders flattened. Raises Invalid("not-opml",
    "forbidden-entities", "too-large")."""
    if len(data) > MAX_BYTES:
        raise Invalid("too-large", field="file")
    found: dict[str, Suggestion] = {}
    for outline in _outlines(data):
        attributes = {name.lower(): value.strip() for name, value in outline.items()}
        url = web_address(attributes.get("xmlurl") or _plain_url(attributes))
        if url and url not in found:
            title = attributes.get("title") or attributes.get("text") or url
            found[url] = Suggestion("feeds", {"url": url}, " ".join(title.split())[:200])
    return list(found.values())


def write_opml(sources: Iterable[tuple[str, Mapping[str, Any]]]) -> str:
    """``sources``: name and settings of each account; those without a ``url`` are left out."""
    lines = []
    for name, settings in sources:
        url = web_address(str(settings.get("url", "")))
        if url:
            text, address = escape(_plain(name) or url), escape(url)
            lines.append(f'    <outline type="rss" text="{text}" title="{text}" xmlUrl="{address}"/>')
    body = "\n".join(lines)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<opml version="2.0">\n'
        "  <head>\n    <title>Shopbell</title>\n  </head>\n"
        f"  <body>\n{body}\n  </body>\n</opml>\n"
    )


def web_address(text: str) -> str:
    """http(s) as it is, ``feed:`` in its two spellings as http(s); anything else is empty."""
    text = text.strip()
    for prefix, instead in (("feed://", "http://"), ("feed:http", "http")):
        if text.lower().startswith(prefix):
            text = instead + text[len(prefix) :]
    return text if re.match(r"https?://[^\s/]", text, re.IGNORECASE) and not re.search(r"\s", text) else ""


def _plain(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]", " ", text).strip()


def _plain_url(attributes: Mapping[str, str]) -> str:
    """Some programs write ``url`` for feeds too; the type tells it from an ordinary link."""
    is_feed = attributes.get("type", "").lower() in ("rss", "atom", "feed")
    return attributes.get("url", "") if is_feed else ""


def _outlines(data: bytes) -> Iterator[Mapping[str, str]]:
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    data = data.lstrip(b"\xef\xbb\xbf \t\r\n")
    try:
        root = fromstring(data)
    except DefusedXmlException:
        raise Invalid("forbidden-entities", field="file") from None
    except (ParseError, ValueError, LookupError, RecursionError):
        root = None
    if root is not None:
        if root.tag.rpartition("}")[2].lower() not in ("opml", "outlinedocument"):
            raise Invalid("not-opml", field="file")
        for element in root.iter():
            if str(element.tag).rpartition("}")[2].lower() == "outline":
                yield element.attrib
        return
    text = _decoded(data)
    if "<opml" not in text[:5000].lower() and "<outline" not in text.lower():
        raise Invalid("not-opml", field="file")
    for match in _OUTLINE.finditer(text):
        yield {name: unescape(double or single) for name, double, single in _ATTRIBUTE.findall(match[1])}


def _decoded(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")
