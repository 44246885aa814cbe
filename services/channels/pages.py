"""What the rest of the program asks about web addresses: what to try for a typed one, which two are one page,
whose place on a network without a channel a link leads to, and where nothing would be protected."""

from __future__ import annotations

from urllib.parse import urlsplit

from services.channels._answers import is_loopback
from services.channels._feed_discovery import addresses as addresses
from services.channels._networks_later import Later as Later, later as later
from services.channels._page_links import page_key as page_key


def is_unprotected(typed: str) -> bool:
    """Whether one of the addresses in a field is plain http beyond this machine."""
    for one in typed.replace(",", " ").split():
        if one.lower().startswith("http://"):
            try:
                if not is_loopback(urlsplit(one).hostname or ""):
                    return True
            except ValueError:
                return True
    return False
