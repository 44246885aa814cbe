"""How long a reply is in the count of its network.

A channel declares the unit (``services.channels.base.Limits``); here it is counted. ``weighted`` follows X:
version 3 of the configuration of its own counting library (280 weighted; most scripts of the West weigh 1,
everything else 2, an emoji 2 however long its sequence, an address 23, text in NFC, the leading mentions of
a reply free).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.patterns import later
from services.replies.graphemes import count_graphemes as plain_graphemes

if TYPE_CHECKING:
    from services.channels.base import Limits

_LINK = later(r"https?://[^\s<>\"]+", re.IGNORECASE)
_LINK_TAIL = later(r"[.,;:!?'\")\]}»”]+$")
# X finds addresses without a scheme too. A bare name under a country's domain counts only with a path.
_BARE_LINK = later(
    r"(?<![\w@./-])(?:https?://[^\s<>\"]+"
    r"|(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+"
    r"(?:com|org|net|info|biz|edu|gov|shop|store|cafe|restaurant|online|site|blog|app|dev|io|co|tv|me)"
    r"(?![\w.-]*@)(?!\w)(?:/[^\s<>\"]*)?"
    r"|(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2}/[^\s<>\"]*)",
    re.IGNORECASE,
)
_REMOTE_MENTION = later(r"(?<![\w/])@(\w+(?:[\w.-]*\w)?)@[\w.-]*\w")

_PICTURE = (
    "[\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff\u2300-\u23ff\u2190-\u21ff\u25a0-\u25ff"
    "\u203c\u2049\u2122\u2139\u3030\u303d\u3297\u3299\u00a9\u00ae]"
)
_DRESS = "(?:\ufe0f|[\U0001f3fb-\U0001f3ff])?"
_EMOJI = later(
    "[\U0001f1e6-\U0001f1ff]{2}"
    "|[0-9#*]\ufe0f?\u20e3"
    f"|{_PICTURE}{_DRESS}[\U000e0020-\U000e007e]+\U000e007f"
    f"|{_PICTURE}{_DRESS}(?:\u200d{_PICTURE}{_DRESS})*"
)


@dataclass(frozen=True, slots=True)
class Length:
    """``limit`` None: none known. ``over`` 0: it fits. ``in_bytes``: that is what these numbers count."""

    count: int
    limit: int | None
    over: int = 0
    in_bytes: bool = False

    @property
    def left(self) -> int | None:
        return None if self.limit is None else self.limit - self.count


def count(text: str, limits: Limits, count_graphemes: Callable[[str], int] = plain_graphemes) -> int:
    """``text`` in the unit of ``limits``. ``count_graphemes``: Qt's where Qt is at hand."""
    if limits.units == "weighted":
        return _weighted(text, limits.link_length or 23)
    shortened = text
    reserved = 0
    if limits.link_length is not None:
        shortened, links = _without_links(shortened, _LINK)
        reserved = links * limits.link_length
    if limits.mention_domain_free:
        shortened = _REMOTE_MENTION.sub(r"@\1", shortened)
    if limits.units == "codepoints":
        return reserved + len(shortened)
    if limits.units == "utf16":
        return reserved + len(shortened.encode("utf-16-le", "surrogatepass")) // 2
    if limits.units == "bytes":
        return reserved + _bytes(shortened)
    return reserved + count_graphemes(shortened)


def check_length(
    text: str, limits: Limits, count_graphemes: Callable[[str], int] = plain_graphemes, prefix: str = ""
) -> Length:
    """``prefix``: what the channel puts before the text by itself; free where the network does not count
    it.
    """
    counted = text if limits.units == "weighted" else prefix + text
    length = count(counted, limits, count_graphemes)
    over = 0 if limits.max_length is None else max(0, length - limits.max_length)
    if not over and limits.max_bytes is not None and (size := _bytes(counted)) > limits.max_bytes:
        return Length(size, limits.max_bytes, size - limits.max_bytes, in_bytes=True)
    return Length(length, limits.max_length, over, in_bytes=limits.units == "bytes")


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _without_links(text: str, pattern: re.Pattern[str]) -> tuple[str, int]:
    """The text without its addresses, and how many there were. Punctuation after an address is text."""
    links = 0

    def cut(match: re.Match[str]) -> str:
        nonlocal links
        links += 1
        tail = _LINK_TAIL.search(match[0])
        if tail is None:
            return "\0"
        address, kept = match[0][: tail.start()], tail[0]
        while kept.startswith(")") and address.count("(") > address.count(")"):
            # A closing bracket belongs to the address when its opening one does.
            address, kept = address + ")", kept[1:]
        return "\0" + kept

    shortened = pattern.sub(cut, text)
    return shortened.replace("\0", ""), links


def _weighted(text: str, link_length: int) -> int:
    text = unicodedata.normalize("NFC", text)
    text, links = _without_links(text, _BARE_LINK)
    emoji = 0

    def cut(match: re.Match[str]) -> str:
        nonlocal emoji
        # The copyright and trade mark signs are pictures only when asked for.
        if match[0] in "\u00a9\u00ae":
            return match[0]
        emoji += 1
        return ""

    text = _EMOJI.sub(cut, text)
    return links * link_length + 2 * emoji + sum(1 if _is_light(ord(char)) else 2 for char in text)


def _is_light(code: int) -> bool:
    return code <= 0x10FF or 0x2000 <= code <= 0x200D or 0x2010 <= code <= 0x201F or 0x2032 <= code <= 0x2037
