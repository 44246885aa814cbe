"""The words an owner watches: read from what was typed, and looked for in what others wrote. Pure.

Case, accents and the kind of apostrophe do not matter, word boundaries do: ``Rosie's Bakery`` is found in
"rosies bakery" and "ROSIE’S BAKERY", not in "primrosies bakery". In scripts that put no spaces between words
it is enough that the characters stand there.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from services.channels._page_links import page_key
from services.errors import Invalid

MOST_WORDS = 10
_LONGEST = 100
_SPLIT = re.compile(r"[,;\n\r]+")
_QUOTES = ' \t"“”„«»‹›'
_APOSTROPHE = re.compile(r"['’‘ʼ＇`´]")
_NO_POSSESSIVE = re.compile(r"'(?!s\b)")
_PARTS = re.compile(r"\w+(?:'s)?")
_SPACELESS = ("\u0e00\u0eff", "\u1000\u109f", "\u1780\u17ff", "\u3040\u30ff", "\u3400\u9fff", "\uac00\ud7af")
"""First and last characters of scripts without spaces: Thai, Burmese, Khmer, Japanese, Chinese, Korean."""
_PLAIN = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i", "ð": "d", "þ": "th", "ß": "ss"}
)
_SITE = re.compile(r"(?:https?://)?(?:[\w-]+\.)+[a-z]{2,}(?:/\S*)?", re.IGNORECASE)


def read_words(typed: str) -> tuple[str, ...]:
    """``Rosie's Bakery, "rosies.example"`` -> each once, in their order. Raises Invalid."""
    found: dict[str, str] = {}
    for one in _SPLIT.split(typed):
        word = " ".join(one.strip(_QUOTES).split())
        if not word:
            continue
        if len(word) > _LONGEST:
            raise Invalid("too-long", field="words")
        found.setdefault(_folded(word), word)
    if len(found) > MOST_WORDS:
        raise Invalid("too-many-words", field="words", limit=MOST_WORDS)
    return tuple(found.values())


def sites_of(words: Iterable[str]) -> tuple[str, ...]:
    """Those words that are web addresses, as ``page_key`` writes them: the shop's own pages."""
    whole = (one if "://" in one else f"https://{one}" for one in words if _SITE.fullmatch(one))
    return tuple(key for key in map(page_key, whole) if key)


def is_own(url: str, sites: Sequence[str]) -> bool:
    """Whether an address lies on one of the shop's own sites (or below the page that is its site)."""
    key = page_key(url)
    host = (urlsplit(url).hostname or "").lower()
    for site in sites:
        if key == site or key.startswith((f"{site}/", f"{site}?")):
            return True
        if "/" not in site and host.endswith(f".{site}"):
            return True
    return False


class Matcher:
    """Whether a text holds one of the words."""

    def __init__(self, words: Iterable[str]) -> None:
        phrases: list[str] = []
        self._runs: list[str] = []
        for word in words:
            folded = _folded(word)
            if _is_spaceless(folded) or not _PARTS.search(folded):
                self._runs.append("".join(folded.split()))
            else:
                phrases.append(" ".join(map(_with_or_without_s, _parts(word))))
        self._phrases = re.compile(" (?:" + "|".join(phrases) + ") ") if phrases else None

    def finds(self, text: str) -> bool:
        if self._runs:
            run = "".join(_folded(text).split())
            if any(one in run for one in self._runs):
                return True
        return self._phrases is not None and self._phrases.search(f" {' '.join(_parts(text))} ") is not None


def _with_or_without_s(part: str) -> str:
    """``rosie's`` is also written ``rosies``, and some leave it off; of any word there is a possessive."""
    if part.endswith("'s"):
        return re.escape(part[:-2]) + "(?:'?s)?"
    if part.endswith("s"):
        return re.escape(part[:-1]) + "'?s"
    return re.escape(part) + "(?:'s)?"


def _is_spaceless(text: str) -> bool:
    return any(pair[0] <= char <= pair[1] for char in text for pair in _SPACELESS)


def _folded(text: str) -> str:
    """Without case, accents and the finer differences between characters."""
    apart = unicodedata.normalize("NFKD", text.casefold().translate(_PLAIN))
    kept = "".join(char for char in apart if not unicodedata.combining(char))
    return unicodedata.normalize("NFC", kept)


def _parts(text: str) -> list[str]:
    """The words of a text, each with its ``'s``; other apostrophes join what stands beside them."""
    folded = _folded(_APOSTROPHE.sub("'", text))
    return _PARTS.findall(_NO_POSSESSIVE.sub("", folded))
