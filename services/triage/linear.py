"""The learned part of the judgement: sums of small weights, one for each word, piece of a word and pair.

The weights lie in one file (``resources/triage/model.bin``): a header in JSON and tables of one byte a
weight, compressed. ``triage/train`` makes it. No state of any text is kept, but sums of words met lately.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any
from zlib import crc32

from services.known import Known
from services.triage.tokens import (
    END,
    START,
    cut,
    flags,
    is_shouted,
    of_pair,
    of_plain_word,
    of_word,
    plain,
    shortened,
)

_MET = 20_000
"""Words, pairs and pieces whose sums are remembered."""
ONE = 1 << 24
"""Weights are added as whole numbers of so many parts: half a part is lost with each."""
_BITS = 56
"""Of each sum in a number that holds several: for 4,000 features of any weight, and a sign."""
_ALL, _HALF = (1 << _BITS) - 1, 1 << (_BITS - 1)
_HALVES = tuple(accumulate(_HALF << (_BITS * at) for at in range(32)))
"""Added before a place is looked at, they pay back what the places before it borrowed."""

_Tables = list[tuple[bytes, list[int]]]
_Piece = tuple[int, str, str]
"""The sums of it, its first and its last word."""


def pack(header: Mapping[str, Any], tables: Sequence[bytes]) -> bytes:
    """What ``LinearModel`` reads."""
    head = json.dumps({**header, "tables": [len(one) for one in tables]}, ensure_ascii=False).encode()
    return zlib.compress(len(head).to_bytes(4, "big") + head + b"".join(tables), 9)


def unpack(packed: bytes) -> tuple[dict[str, Any], list[bytes]]:
    whole = zlib.decompress(packed)
    start = 4 + int.from_bytes(whole[:4], "big")
    header = json.loads(whole[4:start])
    tables = []
    for length in header["tables"]:
        tables.append(whole[start : start + length])
        start += length
    return header, tables


def widen(biggest: float) -> list[float]:
    """The weight that each byte stands for. Squares, because most weights are small and their differences
    matter."""
    return [(1 if byte >= 128 else -1) * ((byte - 128) / 127) ** 2 * biggest for byte in range(256)]


def narrow(weight: float, biggest: float) -> int:
    """The byte of a weight."""
    part = min(1.0, abs(weight) / biggest) ** 0.5 if biggest else 0.0
    return 128 + round(127 * part) * (1 if weight >= 0 else -1)


class LinearModel:
    """Thread-safe: what is shared is only ever added to or emptied.

    The sums of all classes are kept in one whole number each, class beside class, so that one addition adds
    them all: ten thousand messages have a million words.
    """

    def __init__(self, packed: bytes) -> None:
        self.header, tables = unpack(packed)
        self.classes: tuple[str, ...] = tuple(self.header["classes"])
        self._mask = (1 << int(self.header["bits"])) - 1
        count = len(self.classes)
        self._tables = _fixed(tables[:count], self.header["biggest"])
        self._flags: list[list[float]] = self.header["flags"]
        self._bias: list[float] = self.header["bias"]
        self._addressed: int = self.header["facts"].index("addressed")
        self.topics: tuple[str, ...] = tuple(self.header["topics"])
        self._topic_mask = (1 << int(self.header["topic_bits"])) - 1
        self._topic_tables = _fixed(tables[count:], self.header["topic_biggest"])
        self._topic_bias: list[float] = self.header["topic_bias"]
        self._plain = Known(plain, _MET)
        self._pieces = Known(self._of_piece, _MET)
        self._words = Known(self._of_word, _MET)
        self._pairs = Known(self._of_pair, _MET)
        self._alone = {
            name: (
                Known(partial(self._word_alone, 3 + at), _MET),
                Known(partial(self._pair_alone, 3 + at), _MET),
            )
            for at, name in enumerate(self.classes)
        }
        """What speaks for one class."""
        self._topic_pieces = Known(self._topic_of_piece, _MET)
        self._topic_words = Known(self._topic_of_word, _MET)
        self._topic_pairs = Known(self._topic_of_pair, _MET)

    @classmethod
    def load(cls, path: Path) -> LinearModel:
        return cls(path.read_bytes())

    def logits(
        self, text: str, extra: Sequence[float], *, addressed: float = 0.0
    ) -> tuple[list[float], list[float]]:
        """One number for each of ``classes``, and the facts they were made with: ``extra``, which come from
        elsewhere, then the flags of the text. ``addressed``: the least that flag is."""
        total, firsts, lasts = _joined(map(self._pieces.__getitem__, shortened(text).split()))
        total += sum(map(self._pairs.__getitem__, zip([START, *lasts], [*firsts, END], strict=True)))
        features, tokens, shouted, *sums = _apart(total, 3 + len(self.classes))
        facts = [*extra, *flags(text, (tokens, shouted))]
        facts[self._addressed] = max(facts[self._addressed], addressed)
        root = ONE * features**0.5
        return [
            own / root + sum(map(float.__mul__, weights, facts)) + bias
            for own, weights, bias in zip(sums, self._flags, self._bias, strict=True)
        ], facts

    def speaking(self, text: str, of: str) -> list[tuple[float, int, int]]:
        """How much each word of the text speaks for a class, and where it begins and ends; in order."""
        own, beside = self._alone[of]
        short = shortened(text)
        written = cut(short)
        pairs = list(pairwise([START, *map(self._plain.__getitem__, written), END]))
        features = _single(sum(map(self._words.__getitem__, written)), 0) + len(pairs)
        aside = list(map(beside.__getitem__, pairs))
        root = ONE * features**0.5
        find = short.find
        found, end = [], 0
        for token, word, before, after in zip(
            written, map(own.__getitem__, written), aside, aside[1:], strict=False
        ):
            # Nothing but spaces is between the end of the one before and here.
            start = find(token, end)
            end = start + len(token)
            if token[0].isalnum() and text[start:end] == token:
                found.append(((word + (before + after) / 2) / root, start, end))
        return found

    def topic(self, text: str) -> tuple[str, float]:
        """The likeliest reason, and by how much it is ahead of the next."""
        total, firsts, lasts = _joined(map(self._topic_pieces.__getitem__, shortened(text).split()))
        total += sum(map(self._topic_pairs.__getitem__, zip(lasts, firsts[1:], strict=False)))
        features, *own = _apart(total, 1 + len(self.topics))
        root = ONE * max(1, features) ** 0.5
        sums = sorted(
            (
                (one / root + bias, name)
                for name, one, bias in zip(self.topics, own, self._topic_bias, strict=True)
            ),
            reverse=True,
        )
        return sums[0][1], sums[0][0] - sums[1][0]

    # --- sums of what was met: features, tokens, shouted tokens, then the classes

    def _of_piece(self, piece: str) -> _Piece:
        """Of what stands between two spaces, which most often is one word."""
        written = cut(piece)
        words = list(map(self._plain.__getitem__, written))
        total = sum(map(self._words.__getitem__, written))
        return total + sum(map(self._pairs.__getitem__, pairwise(words))), words[0], words[-1]

    def _of_word(self, token: str) -> int:
        found = of_word(self._plain[token], token)
        return _beside([len(found), 1, is_shouted(token), *_looked_up(self._tables, found, self._mask)])

    def _of_pair(self, pair: tuple[str, str]) -> int:
        return _beside([1, 0, 0, *_looked_up(self._tables, [of_pair(*pair)], self._mask)])

    def _word_alone(self, at: int, token: str) -> int:
        return _single(self._words[token], at)

    def _pair_alone(self, at: int, pair: tuple[str, str]) -> int:
        return _single(self._pairs[pair], at)

    def _topic_of_piece(self, piece: str) -> _Piece:
        words = list(map(self._plain.__getitem__, cut(piece)))
        total = sum(map(self._topic_words.__getitem__, words))
        return total + sum(map(self._topic_pairs.__getitem__, pairwise(words))), words[0], words[-1]

    def _topic_of_word(self, word: str) -> int:
        found = of_plain_word(word)
        return _beside([len(found), *_looked_up(self._topic_tables, found, self._topic_mask)])

    def _topic_of_pair(self, pair: tuple[str, str]) -> int:
        return _beside([1, *_looked_up(self._topic_tables, [of_pair(*pair)], self._topic_mask)])


def _fixed(tables: Sequence[bytes], biggest: Sequence[float]) -> _Tables:
    """Each table, and the whole number that each of its bytes stands for."""
    return [
        (table, [round(weight * ONE) for weight in widen(most)])
        for table, most in zip(tables, biggest, strict=True)
    ]


def _looked_up(tables: _Tables, found: Sequence[str], mask: int) -> list[int]:
    ids = [crc32(one.encode()) & mask for one in found]
    return [sum([decoded[table[one]] for one in ids]) for table, decoded in tables]


def _beside(numbers: Sequence[int]) -> int:
    """All numbers in one, each in bits of its own; what is below zero borrows from the next."""
    whole = 0
    for one in reversed(numbers):
        whole = (whole << _BITS) + one
    return whole


def _single(whole: int, at: int) -> int:
    """The number at that place of a sum of ``_beside``."""
    return ((whole + _HALVES[at]) >> (_BITS * at) & _ALL) - _HALF


def _apart(whole: int, count: int) -> list[int]:
    """The first ``count`` of the numbers in a sum of ``_beside``."""
    return [_single(whole, at) for at in range(count)]


def _joined(pieces: Iterable[_Piece]) -> tuple[int, tuple[str, ...], tuple[str, ...]]:
    """The sum of all, and the first and the last word of each."""
    each = tuple(zip(*pieces, strict=True))
    return (sum(each[0]), each[1], each[2]) if each else (0, (), ())
