"""From what somebody typed to the HTML a server makes of it, and how long the server says it is."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass

URL = re.compile(r"https?://[^\s<>\"'«»]+[^\s<>\"'«».,:;!?)\]]")
MENTION = re.compile(
    r"(?<![\w/=])@([A-Za-z0-9_]+(?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?)(?:@([A-Za-z0-9][A-Za-z0-9.:-]*[A-Za-z0-9]))?"
)
HASHTAG = re.compile(r"(?<![\w/&])#(\w*[^\W\d]\w*)")
_TOKEN = re.compile(f"(?P<url>{URL.pattern})|(?P<mention>{MENTION.pattern})|(?P<tag>{HASHTAG.pattern})")

_ZWJ = "\u200d"
# The signs that bind two consonants of Devanagari, Bengali, Gujarati, Oriya, Telugu and Malayalam into one.
_BINDERS = "\u094d\u09cd\u0acd\u0b4d\u0c4d\u0d4d"


@dataclass(frozen=True, slots=True)
class Mentioned:
    """Whom an ``@`` in a text means."""

    account_id: str
    username: str
    url: str


Resolve = Callable[[str, str], Mentioned | None]


def hashtags(text: str) -> list[str]:
    without_links = URL.sub(" ", text)
    return list(dict.fromkeys(tag.lower() for tag in HASHTAG.findall(without_links)))


def _is_extender(char: str) -> bool:
    """Characters that belong to the one before them: marks, variation selectors, skin tones, tags."""
    code = ord(char)
    return (
        unicodedata.category(char) in ("Mn", "Me", "Mc")
        or 0x1F3FB <= code <= 0x1F3FF
        or 0xE0020 <= code <= 0xE007F
        or code == 0x200C
    )


def _is_flag_half(char: str) -> bool:
    return 0x1F1E6 <= ord(char) <= 0x1F1FF


def _hangul(char: str) -> str:
    """``L`` leading, ``V`` vowel, ``T`` trailing jamo, ``S`` a whole syllable, empty otherwise."""
    code = ord(char)
    if 0x1100 <= code <= 0x115F or 0xA960 <= code <= 0xA97C:
        return "L"
    if 0x1160 <= code <= 0x11A7 or 0xD7B0 <= code <= 0xD7C6:
        return "V"
    if 0x11A8 <= code <= 0x11FF or 0xD7CB <= code <= 0xD7FB:
        return "T"
    return "S" if 0xAC00 <= code <= 0xD7A3 else ""


def _is_bound(previous: str, char: str) -> bool:
    """The consonants of these scripts stand at the same places of their blocks of 128."""
    return previous in _BINDERS and ord(previous) >> 7 == ord(char) >> 7 and 0x15 <= ord(char) & 0x7F <= 0x39


def graphemes(text: str) -> int:
    """Characters as a reader sees them, by the rules of Unicode's annex 29 as far as a post needs them."""
    count = 0
    previous = ""
    flags = 0
    for char in text:
        joins = bool(previous) and (
            (previous == "\r" and char == "\n")
            or char == _ZWJ
            or (_is_extender(char) and previous not in "\r\n")
            or (previous == _ZWJ and unicodedata.category(char) in ("So", "Sk", "Sm"))
            or (_is_flag_half(char) and flags % 2 == 1)
            or _is_bound(previous, char)
            or (_hangul(previous) == "L" and _hangul(char) in ("L", "V", "S"))
            or (_hangul(previous) in ("V", "S") and _hangul(char) in ("V", "T"))
            or (_hangul(previous) == "T" and _hangul(char) == "T")
        )
        flags = flags + 1 if _is_flag_half(char) else 0
        count += not joins
        previous = char
    return count


def counted_length(spoiler: str, text: str, link_length: int | None) -> int:
    """What the server compares with its limit. With ``link_length`` None it counts code points of the raw
    text; otherwise graphemes, every link as ``link_length`` and of a mention only the part before the
    domain."""
    if link_length is None:
        return len(spoiler) + len(text)
    shortened = URL.sub("x" * link_length, text)
    shortened = MENTION.sub(lambda m: f"@{m[1]}", shortened)
    return graphemes(spoiler) + graphemes(shortened)


def _link(url: str, plain: bool) -> str:
    href = html.escape(url, quote=True)
    if plain:
        return f'<a href="{href}" rel="ugc">{html.escape(url)}</a>'
    scheme = re.match(r"https?://(?:www\.)?", url)
    prefix = scheme[0] if scheme else ""
    shown, rest = url[len(prefix) : len(prefix) + 30], url[len(prefix) + 30 :]
    cut = "ellipsis" if rest else ""
    return (
        f'<a href="{href}" target="_blank" rel="nofollow noopener" translate="no">'
        f'<span class="invisible">{html.escape(prefix)}</span><span class="{cut}">{html.escape(shown)}</span>'
        f'<span class="invisible">{html.escape(rest)}</span></a>'
    )


def _mention(who: Mentioned, plain: bool) -> str:
    extra = ' translate="no"' if not plain else ""
    css = "u-url mention"
    return (
        f'<span class="h-card"{extra}><a href="{html.escape(who.url, quote=True)}" class="{css}">'
        f"@<span>{html.escape(who.username)}</span></a></span>"
    )


def render(text: str, base_url: str, resolve: Resolve, *, plain: bool = False) -> str:
    """HTML as Mastodon makes it: paragraphs, line breaks, ``h-card`` mentions, hashtags, links cut with
    invisible spans. ``plain`` is Pleroma's shape: no paragraphs, ``<br/>`` for every line."""

    def token(match: re.Match[str]) -> str:
        if match["url"]:
            return _link(match["url"], plain)
        if match["tag"]:
            tag = match["tag"][1:]
            href = f"{base_url}/tags/{html.escape(tag.lower(), quote=True)}"
            return f'<a href="{href}" class="mention hashtag" rel="tag">#<span>{html.escape(tag)}</span></a>'
        name, _, domain = match["mention"][1:].partition("@")
        who = resolve(name, domain)
        return _mention(who, plain) if who else html.escape(match[0])

    parts: list[str] = []
    position = 0
    for match in _TOKEN.finditer(text):
        parts.append(html.escape(text[position : match.start()], quote=False))
        parts.append(token(match))
        position = match.end()
    parts.append(html.escape(text[position:], quote=False))
    body = "".join(parts).replace("\r\n", "\n").strip("\n")
    if plain:
        return body.replace("\n", "<br/>")
    paragraphs: Iterable[str] = re.split(r"\n{2,}", body)
    return "".join(f"<p>{p.replace(chr(10), '<br />')}</p>" for p in paragraphs) if body else ""
