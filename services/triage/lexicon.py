"""The first scorer: weighted words and phrases, and nothing that could not be shown to the owner.

A text is cut into words; the longest phrase of the list that starts at a word counts. Weights above zero
speak for a complaint, below zero against it. A negation shortly before turns a word round ("not happy",
"never a problem"), what comes after "but" weighs more than what came before, stars of a review and shouting
add to it. The sum becomes a score between 0 and 1.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, chain, compress
from pathlib import Path
from typing import Any

from services.known import Known
from services.model import Verdict

# With a group, so that splitting keeps the words; the second is the same for plain letters, and much quicker.
_TOKEN = re.compile(r"([^\W_]+(?:'[^\W_]+)*)")
_ASCII_TOKEN = re.compile(r"([A-Za-z0-9]+(?:'[A-Za-z0-9]+)*)")
_SKIP = re.compile(r"https?://\S+|www\.\S+|(?<!\w)@[\w.-]+(?:@[\w.-]+)?|\S+@\S+\.\w+|\{link\}")
_LINK = re.compile(r"https?://|www\.", re.IGNORECASE)
_NUMBER_WORDS = frozenset(
    "one two three four five six seven eight nine ten eleven twelve fifteen twenty thirty forty fifty "
    "sixty ninety hundred several few zwei drei vier funf sechs sieben acht zehn zwanzig dreissig "
    "vierzig deux trois quatre cinq dix quinze vingt trente quarante dos tres cuatro cinco diez veinte "
    "treinta cuarenta due tre quattro cinque dieci venti trenta quaranta dois duas quatro dez vinte "
    "trinta quarenta".split()
)
_CLAUSE_END = re.compile(r"[.!?;:,\n(–—]")
_LONGEST = 4000
"""Characters that are looked at; nobody complains only on page three."""
_NEGATION_REACH = 3
_STRONG = 1.6
_USUAL_WORDS = 70
"""Longer texts hold more hard words by mere chance."""
_SHARES = (1.0, 0.8, 0.6, 0.5)
_STARS = {1: 3.0, 2: 2.0, 3: 0.4, 4: -1.0, 5: -2.5}
_SHOWN_FROM = 0.7
_MOST_REASONS = 5

_MET = 8192
"""Words whose phrases are remembered."""
_MANY = 1 << 16
_VOTES = 16
"""Bits of a count of words: more than ``_LONGEST`` holds."""

_ANY, _NUMBER, _PREFIXES, _END = "_", "#", "*", ""


class _Words:
    """The words of one text. Where each stands is looked up only where a phrase of the list was found."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.pieces = text.split()
        self.plain: list[str] = list(chain.from_iterable(map(_plain_words.__getitem__, self.pieces)))
        """Folded."""

    @cached_property
    def _borders(self) -> list[int]:
        return list(accumulate(map(len, _cut(self.text))))

    def start(self, at: int) -> int:
        return self._borders[2 * at]

    def end(self, at: int) -> int:
        return self._borders[2 * at + 1]

    @property
    def is_shouted(self) -> bool:
        """Some of the longer words in capitals, but not all of them."""
        long, shouted = divmod(sum(map(_loud.__getitem__, self.pieces)), _MANY)
        return shouted >= 2 and shouted < 0.8 * long


@dataclass(frozen=True, slots=True)
class _Term:
    weight: float
    topic: str
    language: str = ""


@dataclass(slots=True)
class _Hit:
    weight: float
    topic: str
    first: int
    """Word, as its last one."""
    last: int


def plain(text: str) -> str:
    """Lower case without accents: "Verspätung" and "VERSPATUNG" are one word."""
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFD", text.casefold().replace("’", "'").replace("‘", "'"))
    return "".join(char for char in folded if unicodedata.category(char) != "Mn")


def _cut(text: str) -> list[str]:
    """What stands between the words and the words, by turns. Addresses and names of people are blanked, for
    they say nothing."""
    bare = text
    if "@" in text or "://" in text or "www." in text or "{link}" in text:
        # Looked for first, because the pattern tries every letter of every word.
        bare = _SKIP.sub(lambda match: " " * len(match[0]), text)
    straight = bare.replace("’", "'").replace("‘", "'")
    return (_ASCII_TOKEN if straight.isascii() else _TOKEN).split(straight)


def _words_of_piece(piece: str) -> tuple[str, ...]:
    """No word reaches over a space."""
    return tuple(map(plain, _cut(piece)[1::2]))


def _loud_of_piece(piece: str) -> int:
    """Its longer words, ``_MANY`` for each, and those of them in capitals, 1 for each."""
    long = [word for word in _cut(piece)[1::2] if len(word) >= 4]
    return _MANY * len(long) + sum(map(str.isupper, long))


_plain_words, _loud = Known(_words_of_piece, _MET), Known(_loud_of_piece, _MET)

_Beginning = tuple[tuple[dict[str, Any], ...], frozenset[str] | None]
"""What may go on from a first word, and the only second words that can do so (None: nearly any)."""


def _beginning(steps: list[dict[str, Any]]) -> _Beginning | None:
    if not steps:
        return None
    if any(sign in node for node in steps for sign in (_END, _ANY, _NUMBER, _PREFIXES)):
        return tuple(steps), None
    return tuple(steps), frozenset(word for node in steps for word in node)


class _Tree:
    """Phrases by their words. Nine of ten words begin nothing, and asking anew for each was most of the work
    of a first fetch."""

    def __init__(self) -> None:
        self._root: dict[str, Any] = {}
        self._met = Known(lambda word: _beginning(_steps(self._root, word)), _MET)

    def add(self, phrase: str, term: _Term) -> None:
        node = self._root
        for part in phrase.split():
            word = plain(part)
            if part in (_ANY, _NUMBER):
                node = node.setdefault(part, {})
            elif part.endswith("*"):
                node = node.setdefault(_PREFIXES, {}).setdefault(word[:-1], {})
            else:
                node = node.setdefault(word, {})
        node.setdefault(_END, []).append(term)

    def beginnings(self, words: list[str]) -> dict[int, tuple[dict[str, Any], ...]]:
        """Place -> what may go on from there, for the places where a phrase may begin; in order."""
        last = len(words) - 1
        found = {}
        for at in compress(range(len(words)), map(self._met.__getitem__, words)):
            steps, after = self._met[words[at]] or ((), None)
            if after is None or (at < last and words[at + 1] in after):
                found[at] = steps
        return found

    @staticmethod
    def longest(
        first: tuple[dict[str, Any], ...], words: list[str], at: int, language: str = ""
    ) -> tuple[_Term, int] | None:
        """The longest phrase that begins at ``at``, and its number of words."""
        best: tuple[_Term, int] | None = None
        todo = [(node, at + 1) for node in first]
        while todo:
            node, place = todo.pop()
            if best is None or place - at > best[1]:
                for term in node.get(_END, ()):
                    if not language or term.language in ("", language):
                        best = (term, place - at)
                        break
            if place < len(words):
                for following in _steps(node, words[place]):
                    todo.append((following, place + 1))  # noqa: PERF401 - a generator for none or one costs more
        return best


class Lexicon:
    """The list, ready for looking up. Holds no state of any text."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._bias = float(document["bias"])
        self._slope = float(document["slope"])
        self._from = float(document["complaint_from"])
        self._spam_from = float(document["spam_from"])
        self._negators = frozenset(plain(w) for words in document["negators"].values() for w in words)
        self._turns = frozenset(plain(w) for w in document["turns"])
        self._languages = tuple(document["common"])
        self._common: dict[str, tuple[str, ...]] = {}
        for lang, words in document["common"].items():
            for word in {plain(one) for one in words}:
                self._common[word] = (*self._common.get(word, ()), lang)
        # A vote for each language the word belongs to, language beside language in one number.
        self._votes = Known(
            lambda word: sum(
                1 << _VOTES * self._languages.index(lang) for lang in self._common.get(word, ())
            ),
            _MET,
        )
        self._terms = _Tree()
        self._spam = _Tree()
        for group in document["terms"]:
            term = _Term(float(group["weight"]), str(group["topic"]), str(group["lang"]))
            for phrase in group["words"]:
                self._terms.add(phrase, term)
        for group in document["spam"]:
            term = _Term(float(group["weight"]), "spam")
            for phrase in group["words"]:
                self._spam.add(phrase, term)

    def _votes_of(self, word: str) -> int:
        return sum(1 << _VOTES * self._languages.index(lang) for lang in self._common.get(word, ()))

    @classmethod
    def load(cls, path: Path) -> Lexicon:
        return cls(json.loads(path.read_text(encoding="utf-8")))

    def is_small_word(self, word: str) -> bool:
        """One of those that say only which language it is."""
        return plain(word) in self._common

    def judge(self, text: str, *, title: str = "", stars: int | None = None) -> Verdict:
        whole = f"{title}\n{text}" if title and not text.startswith(title) else text
        whole = whole[:_LONGEST]
        words = _Words(whole)
        hits = self._hits(whole, words)
        total = self._total(whole, words, hits) + _STARS.get(stars or 0, 0.0)
        score = 1 / (1 + math.exp(-self._slope * (total + self._bias)))
        speaking = sorted((hit for hit in hits if hit.weight > 0), key=lambda hit: -hit.weight)
        if (
            score >= self._from
            and (stars or 0) not in (1, 2)
            and (not speaking or speaking[0].weight < _SHOWN_FROM)
        ):
            # Mild words alone, however many, are nothing that could be quoted as the reason.
            score = self._from - 0.05
        is_spam = score < 0.8 and self._spam_score(whole, words) >= self._spam_from
        is_complaint = score >= self._from and not is_spam
        return Verdict(
            score=round(score, 4),
            is_complaint=is_complaint,
            reasons=_reasons(words, speaking),
            topic=_topic(speaking) if is_complaint else "",
            is_spam=is_spam,
        )

    # --- parts

    def _hits(self, text: str, words: _Words) -> list[_Hit]:
        hits: list[_Hit] = []
        language = self._language(words.plain)
        beginnings = self._terms.beginnings(words.plain)
        turns = (
            []
            if self._turns.isdisjoint(words.plain)
            else [at for at, word in enumerate(words.plain) if at and word in self._turns]
        )
        free_from = turn_at = 0
        for at in sorted({*beginnings, *turns}) if turns else beginnings:
            if at < free_from:
                continue
            found = self._terms.longest(beginnings.get(at, ()), words.plain, at, language)
            if found is not None:
                term, length = found
                weight, first = self._negated(text, words, at, term)
                if weight:
                    hits.append(_Hit(weight, term.topic, first, at + length - 1))
                free_from = at + length
            if at in turns:
                turn_at = len(hits)
        for hit in hits[:turn_at]:
            if hit.weight < 0:
                hit.weight *= 0.6
        return hits

    def _language(self, words: list[str]) -> str:
        """The language most of the small words are from; empty when it is not clear, then all lists count."""
        total = sum(map(self._votes.__getitem__, words))
        votes = [(total >> (_VOTES * at)) & ((1 << _VOTES) - 1) for at in range(len(self._languages))]
        second, first = sorted(votes)[-2:]
        return self._languages[votes.index(first)] if first >= 2 and first >= 1.5 * second else ""

    def _negated(self, text: str, words: _Words, at: int, term: _Term) -> tuple[float, int]:
        """The weight as it counts here, and the first word: the negation, where one belongs to it."""
        if abs(term.weight) < _SHOWN_FROM or term.topic in ("thanks", "question", "news"):
            return term.weight, at
        for back in range(at - 1, max(-1, at - 1 - _NEGATION_REACH), -1):
            if _CLAUSE_END.search(text, words.end(back), words.start(back + 1)):
                break
            if words.plain[back] in self._negators:
                if term.topic == "praise":
                    return 1.3, back
                # "never a problem" is praise of a kind; "not the worst" hardly.
                return -0.4 * term.weight, at
        return term.weight, at

    def _total(self, text: str, words: _Words, hits: list[_Hit]) -> float:
        positive = sorted((hit.weight for hit in hits if hit.weight > 0), reverse=True)
        negative = sorted(hit.weight for hit in hits if hit.weight < 0)
        if positive and positive[0] >= _STRONG:
            # "Thanks for nothing" and its like: courtesy weighs little beside a hard word.
            negative = [weight * 0.5 for weight in negative]
        thinned = min(1.0, math.sqrt(_USUAL_WORDS / max(1, len(words.plain))))
        total = _shared(positive) * thinned + _shared(negative)
        if positive and words.is_shouted:
            total += 0.5
        if "!!" in text or "?!" in text or "??" in text:
            total += 0.4 if total > 0 else 0.0
        if _has_link(text):
            total -= 0.7
        if text.rstrip().endswith("?") and (not positive or positive[0] < 1):
            total -= 0.4
        return total

    def _spam_score(self, text: str, words: _Words) -> float:
        total = 0.0
        free_from = 0
        for at, first in self._spam.beginnings(words.plain).items():
            found = self._spam.longest(first, words.plain, at) if at >= free_from else None
            if found is not None:
                total += found[0].weight
                free_from = at + found[1]
        if not total:
            return 0.0
        total += 0.9 * min(2, len(_LINK.findall(text)))
        total += 0.5 * ("£" in text or "$" in text or "€" in text)
        letters = [char for char in text if char.isalpha()]
        if len(letters) > 20 and sum(char.isupper() for char in letters) > 0.6 * len(letters):
            total += 0.6
        return 1 / (1 + math.exp(-1.5 * (total - 1.9)))


def _has_link(text: str) -> bool:
    low = text.lower()
    return "http://" in low or "https://" in low or "www." in low or "{link}" in text


def _steps(node: dict[str, Any], word: str) -> list[dict[str, Any]]:
    steps = []
    if word in node:
        steps.append(node[word])
    if _NUMBER in node and (word[0].isdigit() or word in _NUMBER_WORDS):
        steps.append(node[_NUMBER])
    if _ANY in node:
        steps.append(node[_ANY])
    if _PREFIXES in node:
        prefixes = node[_PREFIXES]
        steps.extend(prefixes[word[:cut]] for cut in range(3, len(word) + 1) if word[:cut] in prefixes)
    return steps


def _shared(weights: list[float]) -> float:
    """The heaviest counts whole, each further one less: ten mild words are not a furious letter."""
    return sum(weight * _SHARES[min(place, len(_SHARES) - 1)] for place, weight in enumerate(weights[:12]))


def _reasons(words: _Words, hits: list[_Hit]) -> tuple[str, ...]:
    """Pieces of the text as they stand there, the heaviest first, none within another."""
    reasons: list[str] = []
    for hit in hits:
        if hit.weight < _SHOWN_FROM:
            break
        piece = words.text[words.start(hit.first) : words.end(hit.last)]
        if "\n" in piece or any(piece in one or one in piece for one in reasons):
            continue
        reasons.append(piece)
        if len(reasons) == _MOST_REASONS:
            break
    return tuple(reasons)


def _topic(hits: list[_Hit]) -> str:
    """Of the heaviest word that has one; danger before everything."""
    topics = [hit.topic for hit in hits if hit.weight >= _SHOWN_FROM and hit.topic not in ("other", "praise")]
    return "safety" if "safety" in topics else topics[0] if topics else "other"
