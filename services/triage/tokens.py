"""How the model sees a text: words, the pieces of words, and pairs of neighbours, as short strings.

Training and judging use these same functions, so that what was learned is what is looked up. Pure functions
of the text; nothing here depends on a language.
"""

from __future__ import annotations

import re
from itertools import pairwise

LONGEST = 4000
"""Characters that are looked at: the first three quarters of them, and the end, where the point often is."""
LONGEST_WORD = 40

_TOKEN = re.compile(r"https?://\S+|www\.\S+|\{link\}|[@#]?\w+(?:['’]\w+)*|[^\w\s]")
_DIGITS = re.compile(r"\d+")
_DRAWN_OUT = re.compile(r"(.)\1{2,}")
_LINK, _PERSON = "<url>", "<user>"
START, END = "<s>", "</s>"
_PIECES = (3, 4, 5)


def shortened(text: str) -> str:
    """The part of a long text that is looked at, without half characters, which nothing could encode."""
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode()
    if len(text) <= LONGEST:
        return text
    return f"{text[: LONGEST * 3 // 4]}\n{text[-LONGEST // 4 :]}"


def cut(text: str) -> list[str]:
    """Words, signs and emoji as they are written, in order."""
    return _TOKEN.findall(text)


def plain(token: str) -> str:
    """One spelling for what means the same: no capitals, no names, no addresses, numbers by their length,
    "soooo" as "soo"."""
    first = token[0]
    if first == "@" and len(token) > 1:
        return _PERSON
    if token.startswith(("http://", "https://", "www.", "{link")):
        return _LINK
    if first == "#" and len(token) > 1:
        token = token[1:]
    low = token[:LONGEST_WORD].lower().replace("’", "'")
    if low.isdigit():
        return f"<n{min(len(low), 5)}>"
    return _DRAWN_OUT.sub(r"\1\1", _DIGITS.sub("0", low))


def of_word(word: str, written: str) -> list[str]:
    """The features of one plain word: itself, its pieces of three to five letters, whether it is shouted."""
    found = [f"w:{word}"]
    if word[0].isalnum():
        fenced = f"<{word}>"
        for size in _PIECES:
            found += [fenced[at : at + size] for at in range(len(fenced) - size + 1)]
        if is_shouted(written):
            found.append("^caps")
    return found


def of_pair(first: str, second: str) -> str:
    return f"b:{first} {second}"


def features(text: str) -> list[str]:
    """Everything of one text, with repeats: what the training counts."""
    written = cut(shortened(text))
    words = [plain(token) for token in written]
    found: list[str] = []
    for word, token in zip(words, written, strict=True):
        found += of_word(word, token)
    found += [of_pair(a, b) for a, b in pairwise([START, *words, END])]
    return found


def of_plain_word(word: str) -> list[str]:
    """The word, and its beginning where that is not all of it."""
    return [f"w:{word}", f"p:{word[:5]}"] if len(word) > 5 else [f"w:{word}"]


def word_features(text: str) -> list[str]:
    """Words, their beginnings and pairs, without the pieces: what reasons and corrections are learned from,
    of which there are few."""
    words = [plain(token) for token in cut(shortened(text))]
    found = [one for word in words for one in of_plain_word(word)]
    found += [of_pair(a, b) for a, b in pairwise(words)]
    return found


FLAGS = ("asks", "doubled-marks", "capitals", "link", "addressed", "length", "question-mark", "passed-on")
"""Names of ``flags(text)``, in order."""


def is_shouted(token: str) -> bool:
    return len(token) > 2 and token.isupper()


def flags(text: str, counted: tuple[int, int] | None = None) -> list[float]:
    """Facts of the whole text, each 0 to about 2. ``counted``: how many words and signs ``cut`` finds in what
    is looked at, and how many of them are shouted, where that is known."""
    if counted is None:
        written = cut(shortened(text))
        counted = len(written), sum(map(is_shouted, written))
    tokens, shouted = counted
    return [
        float(text.rstrip().endswith("?")),
        float("!!" in text or "?!" in text or "??" in text),
        min(1.0, 3 * shouted / max(3, tokens)),
        float("http" in text or "www." in text or "{link}" in text),
        float(text.startswith("@")),
        min(len(text), 1000) / 500,
        float("?" in text),
        float(text.startswith("RT")),
    ]
