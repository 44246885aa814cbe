"""Addresses that are secrets, or hold one: taken apart for keeping, put together for asking. Pure.

A token among the parameters (``feed=`` and ``user=`` of a Reddit member, ``token=`` ...) is taken out. A
Google Alert is open to whoever knows its address, so the whole path is the secret; a mark made from it stands
in its place and tells two alerts apart.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit

from services.channels._answers import is_loopback
from services.channels._feed_shape import digest
from services.model import JsonObject, Message

ALERTS = "https://www.google.com/alerts"
"""Where their owner sees, changes and makes them."""
SECRET, COMMENTS_SECRET = "_secret", "_comments_secret"
"""Among an account's secrets: what was taken out of the address of its feed, and of that of its comments."""
_SECRET_NAMES = frozenset(
    "token access_token auth auth_token api_key apikey api-key secret password passwd pass pwd sig signature"
    " private_token rss_token feed_token atom_token".split()
)
_MEMBERS_FEED = re.compile(r"[\w-]{16,}")
_GOOGLE = re.compile(r"(?:www\.)?google(?:\.[a-z]{2,3}){1,2}", re.IGNORECASE)
_ALERT = re.compile(r"(/alerts/feeds)/[\w-]+/[\w-]+/?")
_MARK = re.compile(r"[0-9a-f]{8}")


def taken_apart(url: str) -> tuple[str, str]:
    """(the address without its secret, the secret for ``whole``). What holds none comes back as it is."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url, ""
    alert = _ALERT.fullmatch(parts.path)
    if alert and _has_alerts(parts.hostname or ""):
        return urlunsplit((parts.scheme, parts.netloc, alert[1], parts.query, _mark_of(url))), parts.path
    pieces = [one for one in parts.query.split("&") if one]
    names = dict(parse_qsl(parts.query, keep_blank_values=True))
    is_members = bool(_MEMBERS_FEED.fullmatch(names.get("feed", ""))) and "user" in names
    secret = [one for one in pieces if _is_secret(one, is_members=is_members)]
    if not secret:
        return url, ""
    kept = [one for one in pieces if one not in secret]
    return urlunsplit(parts._replace(query="&".join(kept))), "&".join(secret)


def whole(url: str, secret: str) -> str:
    """The address to ask at: for the request and nothing else."""
    if not secret:
        return url
    parts = urlsplit(url)
    if secret.startswith("/"):
        return urlunsplit(parts._replace(path=secret, fragment=""))
    return urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, secret)))))


def alert_mark(url: str) -> str:
    """What stands for the secret in an alert's address that was taken apart; empty for every other."""
    parts = urlsplit(url)
    is_alert = parts.path == "/alerts/feeds" and _has_alerts(parts.hostname or "")
    return parts.fragment if is_alert and _MARK.fullmatch(parts.fragment) else ""


def page_of(url: str) -> str:
    """An address that may be opened in the browser, of one that was taken apart."""
    return ALERTS if alert_mark(url) else url


def secret_values(secret: str) -> tuple[str, ...]:
    """The values to be masked wherever they turn up; a member's name alone is none."""
    if secret.startswith("/"):
        return (secret,)
    return tuple(value for name, value in parse_qsl(secret) if name.lower() != "user" and len(value) >= 4)


def without_secret(url: str, secret: str) -> str:
    """An address that came back from where it was asked with ``secret``, should it hold that; empty where it
    cannot be taken out."""
    values = secret_values(secret)
    if not any(value in url for value in values):
        return url
    plain, _ = taken_apart(url)
    return "" if any(value in plain for value in values) else plain


class Kept:
    """The addresses of one account and what its secrets hold of them."""

    def __init__(self, settings: JsonObject, secrets: Mapping[str, str]) -> None:
        self._url = str(settings.get("url") or "")
        self._comments_url = str(settings.get("comments_url") or "")
        # An address that brings a secret of its own needs no other.
        is_bare = not taken_apart(self._url)[1]
        self.secret = secrets.get(SECRET, "") if is_bare else ""
        self._comments = secrets.get(COMMENTS_SECRET, "")

    @property
    def values(self) -> tuple[str, ...]:
        return secret_values(self.secret) + secret_values(self._comments)

    @property
    def address(self) -> str:
        """With its secret: for the request and nothing else."""
        return whole(self._url, self.secret)

    def comments_address(self, url: str) -> str:
        """The feed of all comments has a secret of its own; those of single posts, on the feed's host, open
        with the feed's token."""
        if url == self._comments_url:
            return whole(url, self._comments)
        is_near = urlsplit(url).netloc == urlsplit(self._url).netloc
        return whole(url, self.secret) if is_near and not self.secret.startswith("/") else url

    def without(self, messages: list[Message]) -> list[Message]:
        """Some servers hang the token they were asked with on every link."""
        for secret in filter(None, (self.secret, self._comments)):
            plain = [without_secret(one.url, secret) for one in messages]
            messages = [
                replace(one, url=url, reply_context={"url": url})
                for one, url in zip(messages, plain, strict=True)
            ]
        return messages


def fingerprint(secret: str) -> str:
    """Tells two secrets apart and gives neither away."""
    return digest(secret, size=4) if secret else ""


def _mark_of(url: str) -> str:
    return digest(url, size=4)


def _has_alerts(host: str) -> bool:
    return bool(_GOOGLE.fullmatch(host)) or is_loopback(host)


def _is_secret(piece: str, *, is_members: bool) -> bool:
    name, _, value = piece.partition("=")
    name = unquote(name).lower()
    return bool(value) and (name in _SECRET_NAMES or (is_members and name in ("feed", "user")))
