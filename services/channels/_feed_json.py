"""JSON Feed 1.0 and 1.1 (jsonfeed.org). A document cut off in the middle gives the items before the cut."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from services.channels._feed_dates import read_date
from services.channels._feed_shape import FeedDocument, FeedEntry, NotAFeed
from services.model import Attachment

_ITEMS = re.compile(r'"items"\s*:\s*\[')
_TOO_DEEP = 200


def parse(body: bytes, url: str) -> FeedDocument:
    """Raises NotAFeed when it is JSON of another kind or no JSON at all."""
    text = body.decode("utf-8", "replace")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        data = _rescued(text)
    if not isinstance(data, dict) or not isinstance(data.get("items"), list):
        raise NotAFeed("not-a-feed")
    is_declared = "jsonfeed.org" in _text(data.get("version"))
    items = [one for one in data["items"] if isinstance(one, dict)]
    if not is_declared and not any("content_html" in i or "content_text" in i for i in items):
        raise NotAFeed("not-a-feed")
    return FeedDocument(
        title=_text(data.get("title")),
        url=_text(data.get("home_page_url")),
        author=_names(data),
        language=_text(data.get("language")),
        format="json",
        entries=tuple(_entry(item) for item in items),
    )


def _rescued(text: str) -> Any:
    """The whole items of a broken document, and the plain values before them."""
    start = _ITEMS.search(text)
    if not start or text[: start.start()].count("{") > _TOO_DEEP:
        return None
    try:
        head = json.loads(text[: start.start()].rstrip().rstrip(",") + "}")
    except (ValueError, RecursionError):
        head = {}
    decoder, at, items = json.JSONDecoder(), start.end(), []
    while at < len(text):
        while at < len(text) and text[at] in " \t\r\n,":
            at += 1
        try:
            item, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            break
        items.append(item)
    if not items:
        return None
    return {**(head if isinstance(head, dict) else {}), "items": items}


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value).strip()


def _people(owner: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    """``authors`` of 1.1 win over the one ``author`` of 1.0."""
    several = owner.get("authors")
    found = [one for one in several if isinstance(one, dict)] if isinstance(several, list) else []
    single = owner.get("author")
    return found or ([single] if isinstance(single, dict) else [])


def _names(owner: Mapping[str, Any]) -> str:
    return ", ".join(
        name for name in (_text(one.get("name")) or _text(one.get("url")) for one in _people(owner)) if name
    )


def _entry(item: Mapping[str, Any]) -> FeedEntry:
    html, text = _text(item.get("content_html")), _text(item.get("content_text"))
    summary = _text(item.get("summary"))
    raw_date = _text(item.get("date_published")) or _text(item.get("date_modified"))
    pictures = [_text(item.get("image"))] if _text(item.get("image")) else []
    files = item.get("attachments") if isinstance(item.get("attachments"), list) else []
    return FeedEntry(
        guid=_text(item.get("id")),
        title=_text(item.get("title")),
        html=html,
        text="" if html else text or summary,
        author=_names(item),
        author_url=next((_text(one.get("url")) for one in _people(item)), ""),
        sent_at=read_date(raw_date),
        updated_at=read_date(_text(item.get("date_modified"))),
        url=_text(item.get("url")) or _text(item.get("external_url")),
        attachments=tuple(
            [Attachment("image", one) for one in pictures]
            + [
                Attachment(
                    _text(f.get("mime_type")).partition("/")[0] or "file",
                    _text(f.get("url")),
                    _text(f.get("title")),
                )
                for f in files or []
                if isinstance(f, dict) and _text(f.get("url"))
            ]
        ),
        raw_date=raw_date,
    )
