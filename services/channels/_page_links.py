"""Links as searches hand them out: wrapped in redirects, hung with tracking marks. Pure.

``unwrapped``  the page behind redirect addresses that carry it.
``shown``      the same page without the marks of whoever counts clicks; shows what the link showed.
``page_key``   what two links to one page have in common; for comparing, not for opening.

A parameter goes only when it is known to say where a visitor came from. What may choose the page stays, or
two pages would be taken for one and the second would be missed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import string
from functools import cache, lru_cache
from urllib.parse import parse_qs, quote, unquote, urlsplit, urlunsplit

# Host (without www.), path, and the parameter that holds the page.
_WRAPPERS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (r"(?:.+\.)?google(?:\.[a-z]{2,3}){1,2}", r"/url", ("url", "q")),
    (r"(?:.+\.)?bing\.com", r"/news/apiclick(?:\.aspx)?|/.*apiclick.*", ("url",)),
    (r"(?:l|lm)\.facebook\.com|facebook\.com", r"/l\.php", ("u",)),
    (r"l\.instagram\.com|l\.threads\.(?:net|com)", r"/?", ("u",)),
    (r"duckduckgo\.com", r"/l/?", ("uddg",)),
    (r"out\.reddit\.com", r"/.*", ("url",)),
    (r"(?:m\.)?youtube\.com", r"/redirect", ("q",)),
    (r"t\.umblr\.com", r"/redirect", ("z",)),
    (r"linkedin\.com", r"/(?:redir/redirect|safety/go)/?", ("url",)),
    (r"(?:m\.)?vk\.com", r"/away\.php", ("to",)),
    (r"slack-redir\.net", r"/link", ("url",)),
    (r"(?:.+\.)?safelinks\.protection\.outlook\.com", r"/.*", ("url",)),
)


@cache
def _wraps() -> tuple[tuple[re.Pattern[str], re.Pattern[str], tuple[str, ...]], ...]:
    """Compiled when the first link is looked at: the program's start has no use for them."""
    return tuple(
        (re.compile(host, re.IGNORECASE), re.compile(path, re.IGNORECASE), names)
        for host, path, names in _WRAPPERS
    )


_AMP_CACHE = re.compile(r"(?:.+\.)?cdn\.ampproject\.org", re.IGNORECASE)
_PLAIN_HOST = re.compile(r"https?://([a-z0-9.-]+)(?::\d+)?(?:[/?#]|$)")
_GOOGLE = re.compile(r"google(?:\.[a-z]{2,3}){1,2}")
_AMP_CACHE_PATH = re.compile(r"/(?:c|v|wp)/(s/)?([^/]+\..+)")
_AMP_GOOGLE_PATH = re.compile(r"/amp/(s/)?([^/]+\..+)")
_NEWS_PATH = re.compile(r"/(?:rss/|read/|__i/rss/rd/)*(?:articles/)?(CB[\w-]{10,})")
_IN_NEWS = re.compile(rb"https?://[\x21-\x7e]+")

_TRACKING = frozenset(
    "fbclid gclid gclsrc dclid gbraid wbraid msclkid twclid ttclid yclid ysclid igshid igsh mc_cid mc_eid"
    " mkt_tok _hsenc _hsmi hsctatracking vero_id vero_conv oly_anon_id oly_enc_id _openstat wickedid xtor"
    " ref_src ref_url guccounter guce_referrer guce_referrer_sig cmpid ncid s_cid __twitter_impression"
    " _ga _gl epik srsltid fb_action_ids fb_action_types fb_source li_fat_id rb_clickid ml_subscriber"
    " ml_subscriber_hash wt_mc at_medium at_campaign at_custom1 at_custom2 at_custom3 at_custom4".split()
)
_TRACKING_PREFIXES = ("utm_", "pk_", "mtm_", "piwik_", "matomo_", "hsa_")
# These names may as well choose a page (a product's reference, a branch): only known senders go.
_SENDER_NAMES = frozenset({"ref", "referrer", "source", "src", "from", "via"})
_SENDERS = frozenset(
    "rss atom feed feeds newsletter email mail twitter x facebook fb instagram ig linkedin reddit hn"
    " hackernews producthunt google googlenews google-news bing bingnews yahoo telegram whatsapp mastodon"
    " bluesky threads tiktok youtube pinterest share sharing social socialshare homepage notification"
    " push".split()
)
_SENDER_HOST = re.compile(
    r"(?:www\.)?(?:twitter|facebook|reddit|google|bing|linkedin|producthunt|news\.ycombinator|t)\.(?:com|co)"
)
_MARKED_FRAGMENT = re.compile(r":~:|(?:utm_|pk_|mtm_)\w+=|xtor=|echobox=|fbclid=|ref=", re.IGNORECASE)
_SAME_HOSTS = {"twitter.com": "x.com", "old.reddit.com": "reddit.com", "np.reddit.com": "reddit.com"}
_VISITOR_HOST = re.compile(r"(?:www\d?|m|mobile|amp)\.(?=[^.]+\.[^.]+)")
_ENCODED = re.compile(r"%([0-9A-Fa-f]{2})")
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_PLAIN = frozenset(string.ascii_letters + string.digits + "-._~")
_LONGEST_KEY = 400


def unwrapped(link: str) -> str:
    """Every layer holds the next in fewer characters, so this ends."""
    if plain_host(link):
        return link
    while True:
        inner = _one_layer(link)
        if not inner or len(inner) >= len(link):
            return link
        link = inner


def plain_host(link: str) -> str:
    """The host without ``www.``, if it is one whose links hold no others and no look at the rest is needed to
    know; else empty."""
    host = _PLAIN_HOST.match(link)
    return host[1].removeprefix("www.") if host and not _may_wrap(host[1]) else ""


def shown(link: str) -> str:
    """``link`` unwrapped, without tracking parameters; the rest to the letter as it was."""
    link = unwrapped(link)
    try:
        parts = urlsplit(link)
    except ValueError:
        return link
    if parts.scheme not in ("http", "https"):
        return link
    pieces = parts.query.split("&") if parts.query else []
    kept = [one for one in pieces if not _is_tracking(one)]
    fragment = "" if _MARKED_FRAGMENT.match(parts.fragment) else parts.fragment
    if len(kept) == len(pieces) and fragment == parts.fragment:
        return link
    return urlunsplit((parts.scheme, parts.netloc, parts.path, "&".join(kept), fragment))


def page_key(link: str) -> str:
    """``rosies.example/menu?day=2``: without scheme, ``www.`` and ``m.``, tracking, fragment, slash at the
    end; parameters in order. Empty for what is no web address."""
    link = shown(link)
    try:
        parts = urlsplit(link)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not host:
        return ""
    host = _same_host(_plain_host(host))
    path, query = _settled(parts.path).rstrip("/"), parts.query
    if host == "youtu.be" and path.count("/") == 1:
        host, query, path = "youtube.com", "&".join(filter(None, (f"v={path[1:]}", query))), "/watch"
    path = _without_amp(path)
    pieces = sorted(_settled(one) for one in query.split("&") if one and not _is_amp(one))
    where = host if port in (None, 80, 443) else f"{host}:{port}"
    # A fragment behind a ! is how some sites name their pages.
    rest = f"#{_settled(parts.fragment)}" if parts.fragment.startswith("!") else ""
    key = where + path + ("?" + "&".join(pieces) if pieces else "") + rest
    if len(key) > _LONGEST_KEY:
        return f"{where}/…{hashlib.blake2b(key.encode('utf-8', 'replace'), digest_size=16).hexdigest()}"
    return key


# --- wrappers


@lru_cache(maxsize=256)
def _wraps_of(host: str) -> tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]:
    """Remembered, because all links of a feed lead to a few hosts."""
    return tuple((path, names) for hosts, path, names in _wraps() if hosts.fullmatch(host))


@lru_cache(maxsize=256)
def _may_wrap(host: str) -> bool:
    """Whether links of this host can hold others at all. Taking each apart to find out costs much more."""
    host = host.removeprefix("www.")
    return bool(
        _wraps_of(host)
        or host in ("news.google.com", "bing.com")
        or host.endswith("search.yahoo.com")
        or _AMP_CACHE.fullmatch(host)
        or _GOOGLE.fullmatch(host)
    )


def _one_layer(link: str) -> str:
    """The page that one redirect address holds, or empty."""
    try:
        parts = urlsplit(link)
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not host:
        return ""
    for path, names in _wraps_of(host):
        if path.fullmatch(parts.path):
            values = parse_qs(parts.query)
            for name in names:
                inner = _web((values.get(name) or [""])[0])
                if inner:
                    return inner
    if host == "news.google.com":
        return _in_news(parts.path)
    if host == "bing.com" and parts.path == "/ck/a":
        return _in_bing((parse_qs(parts.query).get("u") or [""])[0])
    if host.endswith("search.yahoo.com"):
        match = re.search(r"/RU=([^/]+)/", parts.path)
        return _web(unquote(match[1])) if match else ""
    cached = None
    if _AMP_CACHE.fullmatch(host):
        cached = _AMP_CACHE_PATH.fullmatch(parts.path)
    elif _GOOGLE.fullmatch(host):
        cached = _AMP_GOOGLE_PATH.fullmatch(parts.path)
    if cached is None:
        return ""
    query = f"?{parts.query}" if parts.query else ""
    return _web(f"{'https' if cached[1] else 'http'}://{cached[2]}{query}")


def _web(target: str) -> str:
    try:
        parts = urlsplit(target)
        return target if parts.scheme in ("http", "https") and parts.hostname else ""
    except ValueError:
        return ""


def _in_news(path: str) -> str:
    """Older addresses of the news search hold the page's own in base64; newer ones only their server can
    read, and they stay as they are."""
    match = _NEWS_PATH.fullmatch(path.rstrip("/"))
    found = _IN_NEWS.search(_decoded(match[1])) if match else None
    return _web(found[0].decode("ascii")) if found else ""


def _in_bing(value: str) -> str:
    return _web(_decoded(value[2:]).decode("utf-8", "replace")) if value.startswith("a1") else ""


def _decoded(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return b""


# --- tracking


def _is_tracking(piece: str) -> bool:
    """``piece``: one ``name=value`` of a query, as it stands there."""
    name, _, value = piece.partition("=")
    name = unquote(name).lower().removeprefix("amp;")
    if name in _TRACKING or name.startswith(_TRACKING_PREFIXES):
        return True
    value = unquote(value).lower()
    return name in _SENDER_NAMES and (value in _SENDERS or bool(_SENDER_HOST.fullmatch(value)))


def _is_amp(piece: str) -> bool:
    name, _, value = piece.lower().partition("=")
    return (name == "amp" and value in ("", "1", "true")) or (name == "outputtype" and value == "amp")


def _without_amp(path: str) -> str:
    """``/2026/hard-rolls/amp`` is ``/2026/hard-rolls`` for small screens; ``/guitars/amp`` is a page."""
    before, _, last = path.rpartition("/")
    name = before.rpartition("/")[2]
    is_article = "-" in name or name.endswith((".html", ".htm")) or bool(re.search(r"\d{4}", name))
    return before if last in ("amp", "amp.html") and is_article else path


# --- one way of writing it


def _plain_host(host: str) -> str:
    try:
        return host.lower().encode("idna").decode("ascii")
    except UnicodeError:
        return host.lower()


def _same_host(host: str) -> str:
    while (match := _VISITOR_HOST.match(host)) is not None:
        host = host[match.end() :]
    return _SAME_HOSTS.get(host, host)


def _settled(text: str) -> str:
    """Plain characters plain, everything else in percent with capitals."""

    def one(match: re.Match[str]) -> str:
        char = chr(int(match[1], 16))
        return char if char in _PLAIN else f"%{match[1].upper()}"

    text = _STRAY_PERCENT.sub("%25", text)
    return _ENCODED.sub(one, quote(text, safe="%/:;=@!$&'()*+,~?[]|", errors="replace"))
