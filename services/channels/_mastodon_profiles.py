"""Profiles on Mastodon-compatible servers that a web page calls its own with ``rel="me"``.

Source: docs.joinmastodon.org/user/profile (link verification), microformats.org/wiki/rel-me.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from services.channels._mastodon_api import read_address
from services.errors import ChannelError, Invalid

if TYPE_CHECKING:
    from services.channels.base import WebPage
    from services.channels.web import Web

_ADDRESS = re.compile(r"https?://(?:[\w-]+\.)+[\w-]+(?::\d{1,5})?(?:[/?#]\S*)?", re.IGNORECASE)
_TAG = re.compile(r"<(?:a|link)\b([^<>]{0,2000})>", re.IGNORECASE)
_REL = re.compile(r"\brel\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE)
_HREF = re.compile(r"\bhref\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE)
_PROFILE = re.compile(r"/(?:@|users/)([\w.-]+)/?")
_SPEAKS = re.compile(r"mastodon|mstdn|(?:^|\.)(?:toot|masto)\.|\.social$|fosstodon|pixelfed", re.IGNORECASE)
_OTHERS = re.compile(
    r"(?:^|\.)(?:youtube|tiktok|threads|medium|substack|flipboard|t|facebook|instagram|linktr)\.(?:com|net|me|ee)$"
)
"""Sites whose addresses have the same shape and whose servers speak something else."""
_LARGEST = 2_000_000
_MOST = 5


def profiles_behind(web: Web, typed: str) -> list[str]:
    """Handles (``@user@host``) that the page at a web address claims and whose servers know them. Empty when
    it is no address or cannot be read: a page may be anything."""
    url = typed if "://" in typed else f"https://{typed}"
    if _ADDRESS.fullmatch(url) is None:
        return []
    try:
        answer = web.get(url, max_bytes=_LARGEST)
    except ChannelError:
        return []
    if "html" not in answer.content_type:
        return []
    found = dict.fromkeys(_claimed(answer.text, answer.url))
    return [one for one in list(found)[:_MOST] if _is_known(one, web)]


def profiles_in(page: WebPage) -> list[str]:
    """Handles in the links of a page: what it calls its own, and addresses that name the network."""
    found: dict[str, None] = {}
    for link in page.links:
        try:
            parts = urlsplit(link.url)
            match = _PROFILE.fullmatch(parts.path)
            host = parts.hostname or ""
            is_named = "me" in link.rel or _SPEAKS.search(host) is not None
            if match and is_named and not _OTHERS.search(host) and parts.scheme in ("http", "https"):
                address = read_address(f"@{match[1]}@{parts.netloc}")
                found[f"@{address.user}@{address.host}"] = None
        except (ValueError, Invalid):
            continue
    return list(found)[:_MOST]


def _is_known(handle: str, web: Web) -> bool:
    """Other sites have profile pages of the same shape; only a server that speaks WebFinger knows such a
    handle."""
    address = read_address(handle)
    resource = handle.removeprefix("@")
    try:
        url = f"{address.base_url}/.well-known/webfinger"
        answer = web.get(url, params=[("resource", f"acct:{resource}")]).json()
    except ChannelError:
        return False
    links = answer.get("links") if isinstance(answer, dict) else None
    return isinstance(links, list) and any(
        isinstance(one, dict) and one.get("type") == "application/activity+json" for one in links
    )


def _claimed(page: str, url: str) -> Iterator[str]:
    for tag in _TAG.finditer(page):
        rel, href = _REL.search(tag[1]), _HREF.search(tag[1])
        if rel is None or href is None or "me" not in _value(rel).lower().split():
            continue
        try:
            parts = urlsplit(urljoin(url, unescape(_value(href)).strip()))
            match = _PROFILE.fullmatch(parts.path)
            if match is not None and parts.scheme in ("http", "https"):
                address = read_address(f"@{match[1]}@{parts.netloc}")
                yield f"@{address.user}@{address.host}"
        except (ValueError, Invalid):
            continue


def _value(match: re.Match[str]) -> str:
    return next((one for one in match.groups() if one), "")
