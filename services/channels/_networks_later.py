# ruff: noqa: E501 - a table reads best with one line each
"""Networks that shops link to and Shopbell does not speak yet, as a table of web addresses.

A line is only used for a link that no channel recognises, so it falls silent by itself once there is one. The
effort is what adding it will take, as far as the networks' own rules say today.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from services.channels.base import Effort

_SHARING = re.compile(
    r"/(?:sharer?(?:\.php|/|$)|share(?:article|/|\?|$)|intent/|dialog/|plugins/|tr(?:/|$|\?)|home\?status|submit"
    r"|pin/create|login|privacy|policies|help|legal|about/?$|watch|embed|hashtag/|search|p/|reel/|status/|posts/"
    r"|cdn|vi/|iframe_api|recaptcha|gtag|js/|widgets)",
    re.IGNORECASE,
)
"""Links with which visitors share or watch something; they lead to nobody's place."""


@dataclass(frozen=True, slots=True)
class LaterNetwork:
    title: str
    effort: Effort
    hosts: re.Pattern[str]
    path: re.Pattern[str]
    """Of somebody's place there; its first group, where there is one, is the name."""
    has_feed: bool = False
    """What is published there can be read as a feed, as a rule."""


def _line(
    title: str, effort: Effort, hosts: str, path: str = r"/@?([^/?#]+)/?", *, has_feed: bool = False
) -> LaterNetwork:
    return LaterNetwork(
        title, effort, re.compile(rf"(?:[\w-]+\.)?(?:{hosts})"), re.compile(path, re.IGNORECASE), has_feed
    )


NETWORKS: Sequence[LaterNetwork] = (
    _line("Facebook", Effort.DAYS, r"facebook\.com|fb\.com|fb\.me", r"/(?:pg/|pages/(?:category/[^/]+/)?|people/)?([^/?#]+)(?:/\d+)?/?"),
    _line("Facebook Messenger", Effort.DAYS, r"m\.me|messenger\.com", r"/(?:t/)?([^/?#]+)/?"),
    _line("Instagram", Effort.DAYS, r"instagram\.com|instagr\.am"),
    _line("Threads", Effort.DAYS, r"threads\.net|threads\.com", r"/@([^/?#]+)/?"),
    _line("X", Effort.MONEY, r"x\.com|twitter\.com"),
    _line("YouTube", Effort.MINUTES, r"youtube\.com", r"/(?:@|c/|user/|channel/)([^/?#]+)(?:/.*)?", has_feed=True),
    _line("Google reviews", Effort.DAYS, r"g\.page|goo\.gl|maps\.app\.goo\.gl|business\.google\.com", r"/(?:maps/|r/)?([^/?#]+).*"),
    _line("Google reviews", Effort.DAYS, r"google(?:\.[a-z]{2,3}){1,2}", r"/maps/place/([^/?#]+).*"),
    _line("Trustpilot", Effort.MONEY, r"trustpilot\.com", r"/review/([^/?#]+).*"),
    _line("Tripadvisor", Effort.MONEY, r"tripadvisor(?:\.[a-z]{2,3}){1,2}", r"/[A-Z]\w+_Review[^?#]*-Reviews-([^-./?#]+).*"),
    _line("Yelp", Effort.MONEY, r"yelp(?:\.[a-z]{2,3}){1,2}", r"/biz/([^/?#]+).*"),
    _line("TikTok", Effort.DAYS, r"tiktok\.com", r"/@([^/?#]+)/?"),
    _line("LinkedIn", Effort.DAYS, r"linkedin\.com", r"/(?:company|in|school|showcase)/([^/?#]+)(?:/.*)?"),
    _line("WhatsApp", Effort.MONEY, r"wa\.me|whatsapp\.com|api\.whatsapp\.com", r"/(?:send|message|channel)?/?([^/?#]*).*"),
    _line("Reddit", Effort.MINUTES, r"reddit\.com", r"/(?:r|user|u)/([^/?#]+)/?"),
    _line("Pinterest", Effort.DAYS, r"pinterest(?:\.[a-z]{2,3}){1,2}"),
    _line("Etsy", Effort.DAYS, r"etsy\.com", r"(?:/[a-z]{2})?/shop/([^/?#]+)/?"),
)  # fmt: skip
_NO_NAMES = frozenset("home index.html explore about login signup profile.php pages reel stories".split())


@dataclass(frozen=True, slots=True)
class Later:
    """Somebody's place on a network without a channel; ``name`` as far as the address gives it."""

    network: LaterNetwork
    name: str
    url: str


def later(url: str) -> Later | None:
    """The place behind a link, or None: not one of these networks, or nobody's place."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host:
        return None
    for network in NETWORKS:
        match = network.hosts.fullmatch(host) and network.path.fullmatch(parts.path)
        if match and not _SHARING.match(parts.path):
            name = unquote((match[1] if match.re.groups else "") or "")
            name = name or _in_query(parse_qs(parts.query))
            if name.lower() not in _NO_NAMES and name:
                return Later(network, name.replace("+", " ")[:80], url)
    return None


def _in_query(query: Mapping[str, Sequence[str]]) -> str:
    return next((query[name][0] for name in ("phone", "id") if query.get(name)), "")
