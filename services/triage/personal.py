"""What the owner taught: a second set of weights on top of the shipped ones.

It is a pure function of the corrections, so that taking one back leaves no trace of it. The words of a
correction move the score of texts that share them; how far they may is decided by asking the corrections
themselves: each quarter of them is judged by what the other three teach, and when that sorts worse than the
shipped weights alone, the taught ones count less or not at all.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter, mul
from zlib import crc32

from services.triage.tokens import END, START, cut, features, of_pair, of_word, plain, shortened

_MASK = (1 << 20) - 1
_WORD, _PIECE, _PAIR, _FACTS = 2.2, 1.7, 2.0, 0.5
"""How much whole words, their pieces, pairs and facts of the whole text count beside each other; chosen on
the development parts."""
_STRENGTH = 1.0
_ROUNDS = 40
_STILL = 1e-3
"""A pull that moves by less stays."""
_FURTHEST = 4.0
"""Logits that what was taught may move a text at most."""
_MOST = 600
"""Lessons that are learned from, the latest; more would take seconds at every correction."""
_FOLDS = 4
_FEW = 12
"""Fewer corrections cannot be asked about each other."""
_SHARES = (1.0, 0.7, 0.35, 0.0)
_CHANCE = 0.02
"""So much worse may be chance with a few hundred corrections; then what the owner said counts."""
_FACT = -1
"""Keys of facts count down from here; words have theirs above zero."""
_MET = 20_000

Features = Mapping[int, float]


@dataclass(frozen=True, slots=True)
class Lesson:
    """One correction, ready for learning: its features, the shipped logit, and whether it is one."""

    features: Features
    logit: float
    is_so: bool


def _facts(logit: float, facts: Sequence[float]) -> dict[int, float]:
    """``logit`` itself is among what is weighed anew: in some trades the shipped weights mean less."""
    found = {_FACT: _FACTS, _FACT - 1: _FACTS * max(-4.0, min(4.0, logit))}
    found.update((_FACT - 2 - at, _FACTS * value) for at, value in enumerate(facts) if value)
    return found


def lesson(text: str, logit: float, facts: Sequence[float], *, is_so: bool) -> Lesson:
    """``facts``: the same for every text, in the same order (the list's opinion, the flags)."""
    told = features(text)
    each = 1 / math.sqrt(max(1, len(told)))
    found = _facts(logit, facts)
    for one in told:
        key = crc32(one.encode()) & _MASK
        kind = _WORD if one.startswith("w:") else _PAIR if one.startswith("b:") else _PIECE
        found[key] = found.get(key, 0.0) + each * kind
    return Lesson(found, logit, is_so)


class Taught:
    """Weights learned from lessons; nothing when there are none.

    ``before``: what was taught until now. What it knows of the lessons that are still there is not worked out
    again; the outcome is the same without it."""

    def __init__(self, lessons: Sequence[Lesson] = (), before: Taught | None = None) -> None:
        self._lessons = tuple(lessons[-_MOST:])
        self._likeness = _likeness(self._lessons, before)
        pulls = _learned(self._lessons, self._likeness, [0.0] * len(self._lessons))
        self.share = _share(self._lessons, self._likeness, pulls)
        """How much of what was learned counts: 0 to 1."""
        self._weights: dict[int, float] = {}
        if self.share:
            for one, by in zip(self._lessons, pulls, strict=True):
                for key, value in one.features.items():
                    self._weights[key] = self._weights.get(key, 0.0) + by * value
        self._met: dict[str, tuple[str, int, float]] = {}

    def __bool__(self) -> bool:
        return bool(self._weights)

    @property
    def known(self) -> tuple[tuple[Lesson, ...], list[list[float]]]:
        """The lessons, and what each two of them have in common."""
        return self._lessons, self._likeness

    def shift(self, text: str, logit: float, facts: Sequence[float]) -> float:
        """Logits to add to the shipped one."""
        weights = self._weights
        if not weights:
            return 0.0
        words, count, total = [], 0, 0.0
        for token in cut(shortened(text)):
            known = self._met.get(token) or self._word(token)
            words.append(known[0])
            count += known[1]
            total += known[2]
        total += _PAIR * sum(
            [
                weights.get(crc32(of_pair(a, b).encode()) & _MASK, 0.0)
                for a, b in zip([START, *words], [*words, END], strict=True)
            ]
        )
        total /= math.sqrt(count + len(words) + 1)
        total += sum(weights.get(key, 0.0) * value for key, value in _facts(logit, facts).items())
        return self.share * max(-_FURTHEST, min(_FURTHEST, total))

    def _word(self, token: str) -> tuple[str, int, float]:
        if len(self._met) >= _MET:
            self._met = {}
        word = plain(token)
        found = of_word(word, token)
        weights = [self._weights.get(crc32(one.encode()) & _MASK, 0.0) for one in found]
        known = (word, len(found), _WORD * weights[0] + _PIECE * sum(weights[1:]))
        self._met[token] = known
        return known


# --- learning


def _likeness(lessons: Sequence[Lesson], before: Taught | None) -> list[list[float]]:
    """What each pair of lessons has in common."""
    old, known = before.known if before else ((), [])
    place = {id(one): at for at, one in enumerate(old)}
    places = [place.get(id(one)) for one in lessons]
    rows: list[list[float]] = []
    for at, (one, was) in enumerate(zip(lessons, places, strict=True)):
        whole = [] if was is None else known[was]
        rows.append(
            [
                _in_common(one.features, other.features) if was is None or of is None else whole[of]
                for other, of in zip(lessons[: at + 1], places[: at + 1], strict=True)
            ]
        )
    for at, row in enumerate(rows):
        row.extend([rows[later][at] for later in range(at + 1, len(rows))])
    return rows


def _in_common(one: Features, other: Features) -> float:
    small, large = (one, other) if len(one) < len(other) else (other, one)
    return sum([value * large[key] for key, value in small.items() if key in large])


def _learned(
    lessons: Sequence[Lesson], likeness: Sequence[Sequence[float]], pulls: Sequence[float]
) -> list[float]:
    """How much each lesson pulls: logistic regression with the shipped logits as its starting point and a
    penalty on the weights, solved one lesson after the other until nothing moves (the dual problem).
    ``pulls``: where to begin."""
    pulls = list(pulls)
    sums = [sum(map(mul, row, pulls)) for row in likeness] if any(pulls) else [0.0] * len(pulls)
    for _ in range(_ROUNDS):
        furthest = 0.0
        for at, (one, row) in enumerate(zip(lessons, likeness, strict=True)):
            own, before = row[at], pulls[at]
            rest = one.logit + sums[at] - own * before
            pull = before
            for _ in range(4):
                chance = 1 / (1 + math.exp(-max(-30.0, min(30.0, rest + own * pull))))
                nearer = (pull - _STRENGTH * (one.is_so - chance)) / (
                    1 + _STRENGTH * own * chance * (1 - chance)
                )
                pull -= nearer
                if abs(nearer) < _STILL / 4:
                    break
            step = pull - before
            if abs(step) > _STILL:
                pulls[at] = pull
                sums = [old + step * by for old, by in zip(sums, row, strict=True)]
                furthest = max(furthest, abs(step))
        if furthest < 10 * _STILL:
            break
    return pulls


def _share(lessons: Sequence[Lesson], likeness: Sequence[Sequence[float]], pulls: Sequence[float]) -> float:
    if len(lessons) < _FEW or len({one.is_so for one in lessons}) < 2:
        return 1.0 if lessons else 0.0
    shifts = [0.0] * len(lessons)
    for fold in range(_FOLDS):
        others = [at for at in range(len(lessons)) if at % _FOLDS != fold]
        of_others = itemgetter(*others)
        taught = _learned(of_others(lessons), [of_others(likeness[at]) for at in others], of_others(pulls))
        for at in range(fold, len(lessons), _FOLDS):
            shifts[at] = max(-_FURTHEST, min(_FURTHEST, sum(map(mul, taught, of_others(likeness[at])))))
    answers = [one.is_so for one in lessons]

    def quality(share: float) -> float:
        return sorts([one.logit + share * by for one, by in zip(lessons, shifts, strict=True)], answers)

    found = {share: quality(share) for share in _SHARES}
    best = max(found.values())
    # All of it only where nothing else is better: in trades that the shipped weights know it can do harm.
    return max(share for share, worth in found.items() if worth >= best - (_CHANCE if share < 1 else 0))


def sorts(scores: Sequence[float], answers: Sequence[bool]) -> float:
    """How often a text that is one has the higher score of a pair (AUC); 0.5 where there are no pairs."""
    order = sorted(range(len(scores)), key=scores.__getitem__)
    rank_sum, at = 0.0, 0
    while at < len(order):
        end = at
        while end < len(order) and scores[order[end]] == scores[order[at]]:
            end += 1
        rank_sum += sum(answers[one] for one in order[at:end]) * (at + end + 1) / 2
        at = end
    yes = sum(answers)
    no = len(answers) - yes
    return (rank_sum - yes * (yes + 1) / 2) / (yes * no) if yes and no else 0.5
