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
from triage.train.sources import REASONS, WEIGHTS, Labelled

BITS, TOPIC_BITS = 17, 14
CLASSES = ("complaint", "spam", "abuse", "question", "praise")
STRENGTH = {"complaint": 3.0, "spam": 10.0, "abuse": 10.0, "question": 10.0, "praise": 10.0}
"""C of each regression, chosen on the development parts."""
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
        weights = np.array([WEIGHTS[one.source] for one in texts])
        for name in CLASSES:
            rows, answers = self._known(name, texts)
            if answers.any() and not answers.all():
                model = LogisticRegression(C=STRENGTH[name], solver="liblinear", max_iter=400)
                model.fit(whole[rows], answers, sample_weight=weights[rows])
                self.weights[name] = model.coef_[0, : 1 << BITS]
                self.fact_weights[name] = [float(one) for one in model.coef_[0, 1 << BITS :]]
                self.bias[name] = float(model.intercept_[0])
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
