"""Where Discord is, and servers and channels behind links to it.

discord/discord-api-docs (resources/invite)
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

API = "https://discord.com/api/v10"
LONGEST = 2000
"""Code points in one message."""
_SITES = frozenset({"discord.com", "www.discord.com", "discordapp.com", "www.discordapp.com"})
_INVITES = frozenset({"discord.gg", "www.discord.gg", "discord.me"})
_CODE = re.compile(r"[\w-]{2,100}")
_MOST = 3


def places_behind(urls: Iterable[str]) -> list[tuple[str, str]]:
    """(what to call it, number of the channel or empty), at most three."""
    found: dict[str, str] = {}
    for url in urls:
        try:
            parts = urlsplit(url)
            host = (parts.hostname or "").lower()
        except ValueError:
            continue
        steps = [one for one in parts.path.split("/") if one]
        if parts.scheme not in ("http", "https"):
            continue
        if host in _SITES and len(steps) >= 3 and steps[0] == "channels" and steps[2].isdecimal():
            found.setdefault(f"discord.com/channels/{steps[1]}/{steps[2]}", steps[2])
            continue
        if host in _SITES and len(steps) >= 2 and steps[0] == "invite":
            steps = steps[1:]
        elif host not in _INVITES:
            continue
        if steps and _CODE.fullmatch(steps[0]):
            found.setdefault(f"discord.gg/{steps[0]}", "")
    return list(found.items())[:_MOST]
