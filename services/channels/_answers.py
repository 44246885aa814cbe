"""Reading what is around an answer: rate limits, charsets, links, and what may be shown of it. No network,
no state."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urljoin

LONGEST_PAUSE = timedelta(days=1)
_MASK = "•••"
_SECRET_WORDS = re.compile(
    r"(?i)(\\?[\"']?(?:access_token|refresh_token|client_secret|id_token|token|password|secret|code|api_key|authorization)"
    r"\\?[\"']?\s*[:=]\s*\\?[\"']?)(?:bearer\s+)?[^\s\"'&,;}\\]+"
)
_LINK = re.compile(r"<([^>]*)>((?:\s*;\s*[\w*!#$%&'+.^`|~-]+\s*(?:=\s*(?:\"[^\"]*\"|[^,;\"]*))?)*)")
_LINK_PART = re.compile(r";\s*([\w*]+)\s*=\s*(?:\"([^\"]*)\"|([^,;\"]*))")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)


def is_loopback(host: str) -> bool:
    """Addresses of this machine, where plain http harms nobody. Names other than ``localhost`` do not
    count: they can lie."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def redact(text: str, secrets: Iterable[str]) -> str:
    """Masks the secrets we know and values that are named like secrets."""
    for secret in secrets:
        if len(secret) >= 4:
            text = text.replace(secret, _MASK)
    return _SECRET_WORDS.sub(lambda m: m[1] + _MASK, text)


def _moment(value: str, now: datetime) -> datetime | None:
    """Seconds from now, seconds (or milliseconds) since 1970, ISO 8601 or an HTTP date; None when it is
    none of them."""
    value = value.strip().strip('"')
    if re.fullmatch(r"\d{1,15}(\.\d{1,9})?", value):
        number = float(value)
        if number > 1e11:
            number /= 1000
        if number > 1e9:
            return datetime.fromtimestamp(number, UTC)
        return now + timedelta(seconds=min(number, 1e7))
    from email.utils import parsedate_to_datetime

    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read(value)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return None


def pause_until(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """When to come back. ``Retry-After`` (seconds or date), else the reset headers: Mastodon's
    ``X-RateLimit-Reset`` is ISO 8601, GitHub's and GoToSocial's seconds since 1970, the standard's
    ``RateLimit-Reset`` seconds from now. Never in the past, at most a day ahead."""
    for name in ("Retry-After", "X-RateLimit-Reset", "RateLimit-Reset", "X-Rate-Limit-Reset"):
        moment = _moment(headers[name], now) if headers.get(name) else None
        if moment is not None:
            return min(max(moment, now + timedelta(seconds=1)), now + LONGEST_PAUSE)
    return None


def nothing_left(headers: Mapping[str, str]) -> bool:
    """The network counts our requests and this was the last one it allows for now."""
    names = ("X-RateLimit-Remaining", "RateLimit-Remaining", "X-Rate-Limit-Remaining")
    return any((headers.get(name) or "").strip() == "0" for name in names)


def charset_of(content_type: str) -> str:
    found = _CHARSET.search(content_type or "")
    return found[1].lower() if found else ""


def read_links(header: str, base: str) -> list[tuple[str, dict[str, str]]]:
    """``Link`` header (RFC 8288): (absolute address, parameters in lower case)."""
    links = []
    for match in _LINK.finditer((header or "")[:20_000]):
        parameters = {k.lower(): quoted or plain.strip() for k, quoted, plain in _LINK_PART.findall(match[2])}
        try:
            links.append((urljoin(base, match[1].strip()), parameters))
        except ValueError:
            continue
    return links
