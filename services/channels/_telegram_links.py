"""Where Telegram is, and names behind links to it: t.me/NAME is a person, a channel, a group or a bot.

core.telegram.org/api/links
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

API = "https://api.telegram.org"
_HOSTS = frozenset({"t.me", "telegram.me", "telegram.dog", "www.t.me"})
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{3,31}")
# First parts of paths that lead to something else than somebody.
_OTHERS = frozenset(
    "joinchat share addstickers addemoji addtheme addlist proxy socks login confirmphone setlanguage bg "
    "invoice giftcode boost iv contact nft".split()
)
_MOST = 3


def bots_behind(urls: Iterable[str]) -> list[str]:
    """Public names, bots first, at most three."""
    names: dict[str, str] = {}
    for url in urls:
        try:
            parts = urlsplit(url)
            host = (parts.hostname or "").lower()
        except ValueError:
            continue
        steps = [one for one in parts.path.split("/") if one]
        if host not in _HOSTS or parts.scheme not in ("http", "https") or not steps:
            continue
        name = steps[1] if steps[0] == "s" and len(steps) > 1 else steps[0]
        if _NAME.fullmatch(name) and name.lower() not in _OTHERS:
            names.setdefault(name.lower(), name)
    return sorted(names.values(), key=lambda name: not name.lower().endswith("bot"))[:_MOST]
