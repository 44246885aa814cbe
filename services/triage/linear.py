"""The learned part of the judgement: sums of small weights, one for each word, piece of a word and pair.

The weights lie in one file (``resources/triage/model.bin``): a header in JSON and tables of one byte a
weight, compressed. ``triage/train`` makes it. No state of any text is kept, but sums of words met lately.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from zlib import crc32

from services.triage.tokens import (
    END,
    START,
    cut,
    flags,
    of_pair,
    of_word,
    plain,
    shortened,
    spans,
    word_features,
)

_MET = 20_000
"""Words whose sums are remembered: nine of ten words of a message are among the few thousand usual ones."""

_Sums = tuple[float, ...]


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
    """Thread-safe: what is shared is only ever replaced or added to."""

    def __init__(self, packed: bytes) -> None:
        self.header, tables = unpack(packed)
        self.classes: tuple[str, ...] = tuple(self.header["classes"])
        self._mask = (1 << int(self.header["bits"])) - 1
        count = len(self.classes)
        self._tables = list(zip(tables[:count], map(widen, self.header["biggest"]), strict=True))
        self._flags: list[list[float]] = self.header["flags"]
        self._bias: list[float] = self.header["bias"]
        self._addressed: int = self.header["facts"].index("addressed")
        self.topics: tuple[str, ...] = tuple(self.header["topics"])
        self._topic_mask = (1 << int(self.header["topic_bits"])) - 1
        self._topic_tables = list(zip(tables[count:], map(widen, self.header["topic_biggest"]), strict=True))
        self._topic_bias: list[float] = self.header["topic_bias"]
        self._met: dict[str, tuple[str, int, _Sums]] = {}
        self._met_pairs: dict[str, _Sums] = {}

    @classmethod
    def load(cls, path: Path) -> LinearModel:
        return cls(path.read_bytes())

    def logits(
        self, text: str, extra: Sequence[float], *, addressed: float = 0.0
    ) -> tuple[list[float], list[float]]:
        """One number for each of ``classes``, and the facts they were made with: ``extra``, which come from
        elsewhere, then the flags of the text. ``addressed``: the least that flag is."""
        written = cut(shortened(text))
        count, each = self._each(written)
        facts = [*extra, *flags(text, written)]
        facts[self._addressed] = max(facts[self._addressed], addressed)
        root = max(1, count) ** 0.5
        sums = [sum(column) / root for column in zip(*each, strict=True)]
        return [
            own + sum(map(float.__mul__, weights, facts)) + bias
            for own, weights, bias in zip(sums, self._flags, self._bias, strict=True)
        ], facts

    def speaking(self, text: str, of: str, least: float) -> list[tuple[float, int, int]]:
        """The words of the text that speak for a class, the loudest first: weight, begin, end."""
        at = self.classes.index(of)
        short = shortened(text)
        written = cut(short)
        count, each = self._each(written)
        root = max(1, count) ** 0.5
        own, pairs = [one[at] for one in each[: len(written)]], [one[at] for one in each[len(written) :]]
        found = []
        for place, (token, (start, end)) in enumerate(zip(written, spans(short), strict=True)):
            weight = (own[place] + (pairs[place] + pairs[place + 1]) / 2) / root
            if weight >= least and token[0].isalnum() and text[start:end] == token:
                found.append((weight, start, end))
        return sorted(found, reverse=True)

    def topic(self, text: str) -> tuple[str, float]:
        """The likeliest reason, and by how much it is ahead of the next."""
        ids = [crc32(one.encode()) & self._topic_mask for one in word_features(text)]
        root = max(1, len(ids)) ** 0.5
        sums = sorted(
            (
                (sum([decoded[table[one]] for one in ids]) / root + bias, name)
                for name, (table, decoded), bias in zip(
                    self.topics, self._topic_tables, self._topic_bias, strict=True
                )
            ),
            reverse=True,
        )
        return sums[0][1], sums[0][0] - sums[1][0]

    def _each(self, written: list[str]) -> tuple[int, list[_Sums]]:
        """The number of features, and the sums of each word, then of each pair from the start to the end."""
        met, pairs = self._met, self._met_pairs
        known = [met.get(token) or self._word(token) for token in written]
        words = [START, *[one[0] for one in known], END]
        each = [one[2] for one in known]
        each += [pairs.get(pair) or self._pair(pair) for pair in map(of_pair, words, words[1:])]
        return sum([one[1] for one in known]) + len(written) + 1, each

    def _word(self, token: str) -> tuple[str, int, _Sums]:
        if len(self._met) >= _MET:
            self._met = {}
        word = plain(token)
        found = of_word(word, token)
        known = self._met[token] = (word, len(found), self._looked_up(found))
        return known

    def _pair(self, pair: str) -> _Sums:
        if len(self._met_pairs) >= _MET:
            self._met_pairs = {}
        at = crc32(pair.encode()) & self._mask
        known = self._met_pairs[pair] = tuple([decoded[table[at]] for table, decoded in self._tables])
        return known

    def _looked_up(self, found: list[str]) -> _Sums:
        ids = [crc32(one.encode()) & self._mask for one in found]
        return tuple([sum([decoded[table[one]] for one in ids]) for table, decoded in self._tables])
