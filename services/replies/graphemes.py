"""Counting what a person sees as one character, without any library.

Follows the rules of Unicode Standard Annex 29 (extended grapheme clusters) with the tables that Python has.
The window counts with Qt; the commands, where no Qt is loaded, count with this.
"""

from __future__ import annotations

import unicodedata

_ZWJ = "\u200d"
_LINKERS = frozenset("\u094d\u09cd\u0acd\u0b4d\u0c4d\u0d4d")
_PREPEND = frozenset(
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\u0d4e"
    "\U000110bd\U000110cd\U000111c2\U000111c3\U0001193f\U00011941"
)
# Spacing marks that the annex treats as extending, among them the halves of split vowels.
_EXTENDING = frozenset(
    "\u09be\u09d7\u0b3e\u0b57\u0bbe\u0bd7\u0cc0\u0cc2\u0cc7\u0cc8\u0cca\u0ccb\u0cd5\u0cd6\u0d3e\u0d57\u0dcf"
    "\u0ddf\u1b35\u200c\u302e\u302f\uff9e\uff9f"
)
# Spacing marks that stand alone (Myanmar and others).
_ALONE = frozenset(
    "\u102b\u102c\u1038\u1062\u1063\u1064\u1067\u1068\u1069\u106a\u106b\u106c\u106d\u1083\u1087"
)


def _kind(char: str) -> str:
    code = ord(char)
    if code < 0x300:
        return (
            "control"
            if code < 0x20 or 0x7F <= code < 0xA0 or code == 0xAD
            else "pictograph"
            if code
            in (
                0xA9,
                0xAE,
            )
            else "other"
        )
    if char == _ZWJ:
        return "zwj"
    if char in _EXTENDING or 0x1F3FB <= code <= 0x1F3FF or 0xE0020 <= code <= 0xE007F:
        return "extend"
    if char in _PREPEND:
        return "prepend"
    if 0x1F1E6 <= code <= 0x1F1FF:
        return "flag"
    if (hangul := _hangul(code)) != "":
        return hangul
    category = unicodedata.category(char)
    if category in ("Mn", "Me"):
        return "extend"
    if category == "Mc":
        return "other" if char in _ALONE else "spacing"
    if char in "\u0e33\u0eb3":
        return "spacing"
    if category in ("Cc", "Cf", "Zl", "Zp", "Cs"):
        return "control"
    return "pictograph" if _is_pictograph(code) else "other"


def _hangul(code: int) -> str:
    if 0x1100 <= code <= 0x115F or 0xA960 <= code <= 0xA97C:
        return "L"
    if 0x1160 <= code <= 0x11A7 or 0xD7B0 <= code <= 0xD7C6:
        return "V"
    if 0x11A8 <= code <= 0x11FF or 0xD7CB <= code <= 0xD7FB:
        return "T"
    if 0xAC00 <= code <= 0xD7A3:
        return "LV" if (code - 0xAC00) % 28 == 0 else "LVT"
    return ""


def _is_pictograph(code: int) -> bool:
    """Extended_Pictographic; a code point too many here matters only beside a joiner."""
    return (
        0x1F000 <= code <= 0x1FAFF
        or 0x2600 <= code <= 0x27BF
        or 0x2190 <= code <= 0x21FF
        or 0x2300 <= code <= 0x23FF
        or 0x25A0 <= code <= 0x25FF
        or 0x2B00 <= code <= 0x2BFF
        or code in (0x203C, 0x2049, 0x2122, 0x2139, 0x2934, 0x2935, 0x3030, 0x303D, 0x3297, 0x3299)
    )


def _is_consonant(char: str) -> bool:
    return "\u0904" <= char <= "\u0d7f" and unicodedata.category(char) == "Lo"


_JOINS_HANGUL = frozenset(
    {
        *(("L", after) for after in ("L", "V", "LV", "LVT")),
        *((before, after) for before in ("LV", "V") for after in ("V", "T")),
        ("LVT", "T"),
        ("T", "T"),
    }
)


def count_graphemes(text: str) -> int:
    """The number of extended grapheme clusters."""
    if text.isascii():
        return len(text) - text.count("\r\n")
    count = flags = 0
    before = ""
    after_pictograph = linked = False
    for index, char in enumerate(text):
        kind = _kind(char)
        joined = (
            (char == "\n" and index > 0 and text[index - 1] == "\r")
            or (kind in ("extend", "zwj", "spacing") and before not in ("", "control"))
            or (before == "prepend" and kind != "control")
            or (before, kind) in _JOINS_HANGUL
            or (before == "zwj" and after_pictograph and kind == "pictograph")
            or (kind == "flag" and before == "flag" and flags % 2 == 1)
            or (linked and _is_consonant(char))
        )
        if not joined:
            count += 1
        flags = (flags + 1 if joined else 1) if kind == "flag" else 0
        after_pictograph = kind == "pictograph" or (after_pictograph and kind in ("extend", "zwj"))
        linked = char in _LINKERS or (linked and kind in ("extend", "zwj"))
        before = kind
    return count
