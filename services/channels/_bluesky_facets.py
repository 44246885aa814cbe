"""Links, mentions and hashtags of Bluesky texts, in both directions.

docs.bsky.app/docs/advanced-guides/post-richtext: facets point into the text by **bytes** of its UTF-8, end
exclusive; the server finds none by itself. Facets of strangers may overlap or point anywhere; such are left
out.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from services.channels._shapes import Json, part_of, parts_of, text_of

WEB = "https://bsky.app"
_KIND = "app.bsky.richtext.facet"

_URL = re.compile(r"(?<![\w@/])https?://[^\s<>\"]+", re.IGNORECASE)
_BARE = re.compile(
    r"(?<![\w@/.:-])(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+"
    r"(?:com|org|net|info|biz|shop|store|cafe|restaurant|online|site|blog|app|dev|io|co|eu|de|at|ch|fr|it|es|nl|uk|us)"
    r"(?![\w@.-]*\w)(?:/[^\s<>\"]*)?",
    re.IGNORECASE,
)
_MENTION = re.compile(r"(?<![\w@/.])@((?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*)", re.IGNORECASE)
_TAG = re.compile(r"(?<![\w&/#])[#\uff03]((?!\ufe0f)[^\s\u00ad\u2060\u200a-\u200d#\uff03]+)")
_TAIL = re.compile(r"[.,;:!?'\"\u2019\u201d\u00bb\u3002\u2026]+$")
_LONGEST_TAG = 64


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a text by characters."""

    start: int
    end: int
    feature: Json


def facets_for(text: str, did_of: Callable[[str], str]) -> list[dict[str, Any]]:
    """What an answer of ours needs so that its links can be clicked. ``did_of``: DID of a handle, empty when
    there is nobody of that name; then the mention stays plain text."""
    taken: list[Span] = []
    for span in (*_links(text), *_mentions(text, did_of), *_tags(text)):
        if all(span.end <= other.start or span.start >= other.end for other in taken):
            taken.append(span)
    return [
        {
            "index": {"byteStart": _bytes(text[: span.start]), "byteEnd": _bytes(text[: span.end])},
            "features": [dict(span.feature)],
        }
        for span in sorted(taken, key=lambda one: one.start)
    ]


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _links(text: str) -> Iterator[Span]:
    for pattern, scheme in ((_URL, ""), (_BARE, "https://")):
        for match in pattern.finditer(text):
            address = _trimmed(match[0])
            feature = {"$type": f"{_KIND}#link", "uri": scheme + address}
            yield Span(match.start(), match.start() + len(address), feature)


def _trimmed(address: str) -> str:
    """Without the punctuation of the sentence; a closing bracket stays when its opening one is inside."""
    while True:
        shorter = _TAIL.sub("", address)
        while shorter.endswith((")", "]")) and shorter.count(shorter[-1]) > shorter.count(
            "(" if shorter[-1] == ")" else "["
        ):
            shorter = shorter[:-1]
        if shorter == address:
            return address
        address = shorter


def _mentions(text: str, did_of: Callable[[str], str]) -> Iterator[Span]:
    for match in _MENTION.finditer(text):
        did = did_of(match[1].lower())
        if did:
            yield Span(match.start(), match.end(), {"$type": f"{_KIND}#mention", "did": did})


def _tags(text: str) -> Iterator[Span]:
    for match in _TAG.finditer(text):
        tag = _TAIL.sub("", match[1]).rstrip(")]}")
        if tag and not tag.isdigit() and len(tag) <= _LONGEST_TAG:
            yield Span(match.start(), match.start() + 1 + len(tag), {"$type": f"{_KIND}#tag", "tag": tag})


def html_of(record: Json) -> str:
    """The text of a record with its links; the words of a link are often only the beginning of its
    address."""
    raw = text_of(record, "text").encode("utf-8", "replace")
    pieces: list[str] = []
    at = 0
    for start, end, target in sorted(_targets(record, len(raw))):
        if start < at:
            continue
        label = _escaped(raw[start:end])
        pieces += [_escaped(raw[at:start]), f'<a href="{html.escape(target)}">{label}</a>']
        at = end
    pieces.append(_escaped(raw[at:]))
    body = "".join(pieces).strip()
    return f"<p>{body.replace(chr(10) * 2, '</p><p>').replace(chr(10), '<br>')}</p>" if body else ""


def _escaped(piece: bytes) -> str:
    return html.escape(piece.decode("utf-8", "replace"), quote=False)


def _targets(record: Json, length: int) -> Iterator[tuple[int, int, str]]:
    for facet in parts_of(record, "facets"):
        index = part_of(facet, "index")
        start, end = index.get("byteStart"), index.get("byteEnd")
        if not isinstance(start, int) or not isinstance(end, int) or not 0 <= start < end <= length:
            continue
        for feature in parts_of(facet, "features"):
            target = _target(feature)
            if target:
                yield start, end, target
                break


def _target(feature: Json) -> str:
    kind = text_of(feature, "$type")
    if kind == f"{_KIND}#link" and text_of(feature, "uri").lower().startswith(("http://", "https://")):
        return text_of(feature, "uri")
    if kind == f"{_KIND}#mention" and text_of(feature, "did").startswith("did:"):
        return f"{WEB}/profile/{text_of(feature, 'did')}"
    if kind == f"{_KIND}#tag" and text_of(feature, "tag"):
        return f"{WEB}/hashtag/{quote(text_of(feature, 'tag'), safe='')}"
    return ""


def mentioned_in(record: Json) -> set[str]:
    """DIDs of everybody a record mentions."""
    return {
        text_of(feature, "did")
        for facet in parts_of(record, "facets")
        for feature in parts_of(facet, "features")
        if text_of(feature, "$type") == f"{_KIND}#mention"
    }
