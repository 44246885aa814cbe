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
from pathlib import Path
from typing import Any, NamedTuple

from services.model import Verdict

_TOKEN = re.compile(r"[^\W_]+(?:['’‘][^\W_]+)*")
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

_ANY, _NUMBER, _PREFIXES, _END = "_", "#", "*", ""


class _Word(NamedTuple):
    plain: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Term:
    weight: float
    topic: str
    language: str = ""


@dataclass(slots=True)
class _Hit:
    weight: float
    topic: str
    start: int
    end: int


def plain(text: str) -> str:
    """Lower case without accents: "Verspätung" and "VERSPATUNG" are one word."""
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFD", text.casefold().replace("’", "'").replace("‘", "'"))
    return "".join(char for char in folded if unicodedata.category(char) != "Mn")


class Lexicon:
    """The list, ready for looking up. Holds no state of any text."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._bias = float(document["bias"])
        self._slope = float(document["slope"])
        self._from = float(document["complaint_from"])
        self._spam_from = float(document["spam_from"])
        self._negators = frozenset(plain(w) for words in document["negators"].values() for w in words)
        self._turns = frozenset(plain(w) for w in document["turns"])
        self._common = {lang: frozenset(map(plain, words)) for lang, words in document["common"].items()}
        self._terms: dict[str, Any] = {}
        self._spam: dict[str, Any] = {}
        for group in document["terms"]:
            term = _Term(float(group["weight"]), str(group["topic"]), str(group["lang"]))
            for phrase in group["words"]:
                _add(self._terms, phrase, term)
        for group in document["spam"]:
            term = _Term(float(group["weight"]), "spam")
            for phrase in group["words"]:
                _add(self._spam, phrase, term)

    @classmethod
    def load(cls, path: Path) -> Lexicon:
        return cls(json.loads(path.read_text(encoding="utf-8")))

    def judge(self, text: str, *, title: str = "", stars: int | None = None) -> Verdict:
        whole = f"{title}\n{text}" if title and not text.startswith(title) else text
        whole = whole[:_LONGEST]
        words = _words(whole)
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
            reasons=_reasons(whole, speaking),
            topic=_topic(speaking) if is_complaint else "",
            is_spam=is_spam,
        )

    # --- parts

    def _hits(self, text: str, words: list[_Word]) -> list[_Hit]:
        hits: list[_Hit] = []
        language = self._language(words)
        at = turn_at = 0
        while at < len(words):
            found = _longest(self._terms, words, at, language)
            if found is None:
                if words[at].plain in self._turns and at:
                    turn_at = len(hits)
                at += 1
                continue
            term, length = found
            first, last = words[at], words[at + length - 1]
            weight, start = self._negated(text, words, at, term)
            if weight:
                hits.append(_Hit(weight, term.topic, start if start is not None else first.start, last.end))
            if words[at].plain in self._turns and at:
                turn_at = len(hits)
            at += length
        for hit in hits[:turn_at]:
            if hit.weight < 0:
                hit.weight *= 0.6
        return hits

    def _language(self, words: list[_Word]) -> str:
        """The language most of the small words are from; empty when it is not clear, then all lists count."""
        votes = {lang: sum(word.plain in common for word in words) for lang, common in self._common.items()}
        first, second = sorted(votes, key=lambda lang: -votes[lang])[:2]
        return first if votes[first] >= 2 and votes[first] >= 1.5 * votes[second] else ""

    def _negated(self, text: str, words: list[_Word], at: int, term: _Term) -> tuple[float, int | None]:
        """The weight as it counts here, and where the negation starts that belongs to it."""
        if abs(term.weight) < _SHOWN_FROM or term.topic in ("thanks", "question", "news"):
            return term.weight, None
        for back in range(at - 1, max(-1, at - 1 - _NEGATION_REACH), -1):
            if _CLAUSE_END.search(text, words[back].end, words[back + 1].start):
                break
            if words[back].plain in self._negators:
                if term.topic == "praise":
                    return 1.3, words[back].start
                # "never a problem" is praise of a kind; "not the worst" hardly.
                return -0.4 * term.weight, None
        return term.weight, None

    def _total(self, text: str, words: list[_Word], hits: list[_Hit]) -> float:
        positive = sorted((hit.weight for hit in hits if hit.weight > 0), reverse=True)
        negative = sorted(hit.weight for hit in hits if hit.weight < 0)
        if positive and positive[0] >= _STRONG:
            # "Thanks for nothing" and its like: courtesy weighs little beside a hard word.
            negative = [weight * 0.5 for weight in negative]
        total = _shared(positive) * min(1.0, math.sqrt(_USUAL_WORDS / max(1, len(words)))) + _shared(negative)
        long_words = [text[w.start : w.end] for w in words if w.end - w.start >= 4]
        shouted = sum(word.isupper() for word in long_words)
        if positive and 2 <= shouted < 0.8 * len(long_words):
            total += 0.5
        if "!!" in text or "?!" in text or "??" in text:
            total += 0.4 if total > 0 else 0.0
        if _LINK.search(text) or "{link}" in text:
            total -= 0.7
        if text.rstrip().endswith("?") and (not positive or positive[0] < 1):
            total -= 0.4
        return total

    def _spam_score(self, text: str, words: list[_Word]) -> float:
        total = 0.0
        at = 0
        while at < len(words):
            found = _longest(self._spam, words, at)
            if found is None:
                at += 1
                continue
            total += found[0].weight
            at += found[1]
        if not total:
            return 0.0
        total += 0.9 * min(2, len(_LINK.findall(text)))
        total += 0.5 * ("£" in text or "$" in text or "€" in text)
        letters = [char for char in text if char.isalpha()]
        if len(letters) > 20 and sum(char.isupper() for char in letters) > 0.6 * len(letters):
            total += 0.6
        return 1 / (1 + math.exp(-1.5 * (total - 1.9)))


def _add(root: dict[str, Any], phrase: str, term: _Term) -> None:
    node = root
    for part in phrase.split():
        word = plain(part)
        if part in (_ANY, _NUMBER):
            node = node.setdefault(part, {})
        elif part.endswith("*"):
            node = node.setdefault(_PREFIXES, {}).setdefault(word[:-1], {})
        else:
            node = node.setdefault(word, {})
    node.setdefault(_END, []).append(term)


def _words(text: str) -> list[_Word]:
    """Words with their places; addresses and names of people are blanked, for they say nothing."""
    bare = _SKIP.sub(lambda match: " " * len(match[0]), text)
    return [_Word(plain(match[0]), match.start(), match.end()) for match in _TOKEN.finditer(bare)]


def _longest(
    root: dict[str, Any], words: list[_Word], at: int, language: str = ""
) -> tuple[_Term, int] | None:
    best: tuple[_Term, int] | None = None
    todo = [(root, at)]
    while todo:
        node, place = todo.pop()
        if best is None or place - at > best[1]:
            for term in node.get(_END, ()):
                if not language or term.language in ("", language):
                    best = (term, place - at)
                    break
        if place < len(words):
            todo.extend((following, place + 1) for following in _steps(node, words[place].plain))
    return best


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


def _reasons(text: str, hits: list[_Hit]) -> tuple[str, ...]:
    """Pieces of the text as they stand there, the heaviest first, none within another."""
    reasons: list[str] = []
    for hit in hits:
        piece = text[hit.start : hit.end]
        if hit.weight < _SHOWN_FROM and reasons:
            break
        if hit.weight < _SHOWN_FROM or "\n" in piece or any(piece in one or one in piece for one in reasons):
            continue
        reasons.append(piece)
        if len(reasons) == _MOST_REASONS:
            break
    return tuple(reasons)


def _topic(hits: list[_Hit]) -> str:
    """Of the heaviest word that has one; danger before everything."""
    topics = [hit.topic for hit in hits if hit.weight >= _SHOWN_FROM and hit.topic not in ("other", "praise")]
    return "safety" if "safety" in topics else topics[0] if topics else "other"
