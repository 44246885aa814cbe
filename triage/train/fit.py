"""Fits the weights: one logistic regression for each class, on the features that the program looks up."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from zlib import crc32

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from services.triage.complaints import word_list_logit
from services.triage.lexicon import Lexicon
from services.triage.linear import narrow, pack
from services.triage.tokens import FLAGS, features, flags, word_features
from triage.train.sources import REASONS, WEIGHTS, Labelled, weight

BITS, TOPIC_BITS = 18, 14
CLASSES = ("complaint", "spam", "abuse", "question", "praise")
STRENGTH = {"complaint": 3.0, "spam": 10.0, "abuse": 10.0, "question": 10.0, "praise": 10.0}
"""C of each regression, chosen on the development parts."""
ON_A_LEVEL: tuple[tuple[frozenset[str], float], ...] = (
    (frozenset(), 1.0),
    (frozenset({"acl", "sms", "yt_train"}), 2.0),
)
"""Ways to fit complaints, and what each counts in the mean that ships. Every source has a level of its own -
how many of its texts are complaints says nothing about words - except these, which share one: what tells
tweets to support accounts from idle talk is to be learned, too."""
LEAST_TELLING = 0.3
"""How freely the weight of a feature may move that stands in complaints and in other texts alike; the others
may move the more the less alike it is."""
EXTRA = ("lexicon",)


def matrix(texts: Sequence[str], of: Callable[[str], list[str]], bits: int) -> sp.csr_matrix:
    mask = (1 << bits) - 1
    columns: list[int] = []
    values: list[float] = []
    ends = [0]
    for text in texts:
        found = of(text)
        columns += [crc32(one.encode()) & mask for one in found]
        values += [1 / math.sqrt(max(1, len(found)))] * len(found)
        ends.append(len(columns))
    made = sp.csr_matrix((values, columns, ends), shape=(len(texts), 1 << bits), dtype=np.float32)
    made.sum_duplicates()
    return made


def facts(texts: Sequence[str], lexicon: Lexicon) -> NDArray[np.float64]:
    return np.array([[word_list_logit(lexicon.judge(text).score), *flags(text)] for text in texts])


ANYTHING = frozenset(WEIGHTS)
OURS = "corpus"


def levels(texts: Sequence[Labelled], together: frozenset[str]) -> sp.csr_matrix:
    """A column for each source (and language of it) that has a level of its own; none where it is shared."""
    names = [
        "" if one.source in together else f"{one.source} {one.lang if one.source != OURS else ''}"
        for one in texts
    ]
    columns = sorted({*names} - {""})
    rows = [at for at, name in enumerate(names) if name]
    return sp.csr_matrix(
        (np.ones(len(rows)), (rows, [columns.index(names[row]) for row in rows])),
        shape=(len(texts), len(columns)),
    )


def telling(
    whole: sp.csr_matrix, answers: NDArray[np.bool_], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """For each feature by how much (a logarithm) it is more at home in the one class than in the other."""
    there = whole[:, : 1 << BITS] > 0
    yes = there[answers].T @ weights[answers] + 1
    no = there[~answers].T @ weights[~answers] + 1
    found: NDArray[np.float64] = np.abs(np.log(yes / yes.sum()) - np.log(no / no.sum()))
    return found


def _fitted(
    whole: sp.csr_matrix,
    answers: NDArray[np.bool_],
    weights: NDArray[np.float64],
    of_sources: sp.csr_matrix,
    strength: float,
    least_telling: float | None,
) -> NDArray[np.float64]:
    """The weights of the features, of the facts, and the bias, for a source whose level is zero."""
    wide = np.ones(whole.shape[1])
    if least_telling is not None:
        wide[: 1 << BITS] = least_telling + (1 - least_telling) * telling(whole, answers, weights)
    model = LogisticRegression(
        C=strength, solver="liblinear", dual=True, tol=1e-3, max_iter=2000, random_state=0
    )
    model.fit(sp.hstack([whole @ sp.diags(wide), of_sources]).tocsr(), answers, sample_weight=weights)
    found: NDArray[np.float64] = np.append(model.coef_[0, : whole.shape[1]] * wide, model.intercept_)
    return found


class Fit:
    """All weights, and what they say of texts before they are packed."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self.weights: dict[str, NDArray[np.float64]] = {}
        self.fact_weights: dict[str, list[float]] = {}
        self.bias: dict[str, float] = {}
        self.topic_weights: NDArray[np.float64] = np.zeros((len(REASONS), 1 << TOPIC_BITS))
        self.topic_bias: list[float] = [0.0] * len(REASONS)

    def run(self, texts: Sequence[Labelled]) -> None:
        whole = sp.hstack(
            [
                matrix([one.text for one in texts], features, BITS),
                sp.csr_matrix(facts([one.text for one in texts], self._lexicon)),
            ]
        ).tocsr()
        weights = np.array([weight(one) for one in texts])
        for name in CLASSES:
            rows, answers = self._known(name, texts)
            if answers.any() and not answers.all():
                known = [texts[row] for row in rows]
                is_main = name == "complaint"
                least = LEAST_TELLING if is_main else None
                ways, counts = zip(*(ON_A_LEVEL if is_main else ((ANYTHING, 1.0),)), strict=True)
                found = [
                    _fitted(whole[rows], answers, weights[rows], levels(known, way), STRENGTH[name], least)
                    for way in ways
                ]
                mean = np.average(found, axis=0, weights=counts)
                self.weights[name] = mean[: 1 << BITS]
                self.fact_weights[name] = [float(one) for one in mean[1 << BITS : -1]]
                self.bias[name] = float(mean[-1])
        told = [one for one in texts if one.reason]
        if told:
            model = LogisticRegression(C=20.0, max_iter=400)
            model.fit(
                matrix([one.text for one in told], word_features, TOPIC_BITS), [one.reason for one in told]
            )
            for row, name in enumerate(model.classes_):
                self.topic_weights[REASONS.index(name)] = model.coef_[row]
                self.topic_bias[REASONS.index(name)] = float(model.intercept_[row])

    def _known(self, name: str, texts: Sequence[Labelled]) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        """The texts for which it is known whether they are of a class. Of the collections only complaints
        and spam are."""
        if name == "complaint":
            known = [True] * len(texts)
            answers = [one.is_complaint for one in texts]
        elif name == "spam":
            known = [one.is_spam is not None for one in texts]
            answers = [bool(one.is_spam) for one in texts]
        else:
            known = [one.source == "corpus" for one in texts]
            answers = [one.label == name for one in texts]
        rows = np.flatnonzero(known)
        return rows, np.array(answers)[rows]

    def packed(self, more: dict[str, object]) -> bytes:
        none = np.zeros(1 << BITS)
        tables = [self.weights.get(name, none) for name in CLASSES]
        biggest = [float(np.abs(table).max()) for table in tables]
        topic_biggest = [float(np.abs(row).max()) for row in self.topic_weights]
        header = {
            "classes": CLASSES,
            "bits": BITS,
            "biggest": biggest,
            "facts": [*EXTRA, *FLAGS],
            "flags": [self.fact_weights.get(name, [0.0] * (len(EXTRA) + len(FLAGS))) for name in CLASSES],
            "bias": [self.bias.get(name, -9.0) for name in CLASSES],
            "topics": REASONS,
            "topic_bits": TOPIC_BITS,
            "topic_biggest": topic_biggest,
            "topic_bias": self.topic_bias,
            **more,
        }
        packed_tables = [
            bytes(narrow(float(w), top) for w in table) for table, top in zip(tables, biggest, strict=True)
        ]
        packed_tables += [
            bytes(narrow(float(w), top) for w in row)
            for row, top in zip(self.topic_weights, topic_biggest, strict=True)
        ]
        return pack(header, packed_tables)
