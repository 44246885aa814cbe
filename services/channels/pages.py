"""What the rest of the program asks about web addresses: what to try for a typed one, which two are one page,
and whose place on a network without a channel a link leads to."""

from __future__ import annotations

from services.channels._feed_discovery import addresses as addresses
from services.channels._networks_later import Later as Later, later as later
from services.channels._page_links import page_key as page_key
