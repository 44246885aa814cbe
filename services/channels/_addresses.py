"""Addresses of web sites as owners type them."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from services.channels._answers import is_loopback
from services.errors import Invalid


def is_local(url: str) -> bool:
    return is_loopback(urlsplit(url).hostname or "")


def read_address(typed: str) -> str:
    """An address that can be asked, https but for this machine. Raises Invalid."""
    typed = typed.strip()
    if not typed or any(c.isspace() for c in typed):
        raise Invalid("not-an-address", field="url")
    try:
        if "://" not in typed:
            typed = f"{'http' if is_local(f'//{typed}') else 'https'}://{typed.lstrip('/')}"
        parts = urlsplit(typed)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise Invalid("not-an-address", field="url") from None
    if parts.scheme.lower() not in ("http", "https") or not host:
        raise Invalid("not-an-address", field="url")
    if "@" in parts.netloc:
        raise Invalid("password-in-address", field="url")
    local = is_local(f"//{parts.netloc}")
    if not local and "." not in host and ":" not in host:
        raise Invalid("not-an-address", field="url")
    scheme = parts.scheme.lower() if local else "https"
    return urlunsplit((scheme, parts.netloc.lower(), parts.path or "/", parts.query, ""))


def protected(url: str) -> str:
    """The https address of a site whose page was read without protection; this machine needs none."""
    is_plain = url.lower().startswith("http://") and not is_local(url)
    return f"https://{url[len('http://') :]}" if is_plain else url


def same_place(one: str, other: str) -> bool:
    """The same host, with or without ``www.``."""
    first, second = (urlsplit(url).netloc.lower().removeprefix("www.") for url in (one, other))
    return first == second
