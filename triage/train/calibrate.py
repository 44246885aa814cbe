"""Moves the score so that 0.5 is where it is best cut, and finds where the bell rings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import f1_score

from services.triage.complaints import word_list_logit
from services.triage.lexicon import Lexicon
from services.triage.linear import LinearModel
from triage.train.fit import Fit
from triage.train.sources import NEVER_FITTED, Labelled

FALSE_ALARMS = 0.02
"""Of ordinary chatter this part may ring."""
CHATTER = 400
"""Pieces of ordinary chatter of our own corpus that go with the model: after corrections they say anew where
the bell rings."""
MILDER = 0.15
"""Logits by which the cut is set below the best one for the sources that were fitted: texts of a source that
the weights never saw score lower."""
JUDGED_BY = frozenset({"acl", "amazon", "corpus"})
"""Sources of messages to businesses; the others are talk about them."""


def logits(model: LinearModel, lexicon: Lexicon, texts: Sequence[str]) -> NDArray[np.float64]:
    return np.array([model.logits(text, [word_list_logit(lexicon.judge(text).score)])[0] for text in texts])


def calibrated(fit: Fit, lexicon: Lexicon, held_back: Sequence[Labelled]) -> bytes:
    model = LinearModel(fit.packed({}))
    by_source: dict[str, list[Labelled]] = {}
    for one in held_back:
        if one.source in JUDGED_BY and one.source not in NEVER_FITTED:
            by_source.setdefault(one.source, []).append(one)
    found = {
        source: (logits(model, lexicon, [one.text for one in some])[:, 0], [one.is_complaint for one in some])
        for source, some in by_source.items()
    }

    def quality(at: float) -> float:
        return float(
            np.mean([f1_score(answers, scores >= at, average="macro") for scores, answers in found.values()])
        )

    # The middle of the plateau, because the best single point is chance.
    tried = np.linspace(-2.5, 2.0, 91)
    worth = np.array([quality(at) for at in tried])
    shift = float(np.mean(tried[worth >= worth.max() - 0.005])) - MILDER
    fit.bias["complaint"] -= shift
    ordinary = [one.text for one in held_back if _is_chatter(one)]
    scores = 1 / (1 + np.exp(-(logits(model, lexicon, ordinary or [""])[:, 0] - shift)))
    cutoff = float(np.clip(np.quantile(scores, 1 - FALSE_ALARMS), 0.5, 0.95)) if ordinary else 0.6
    ours = [
        one.text
        for one in held_back
        if one.source == "corpus" and one.label == "other" and len(one.text) < 300
    ]
    return fit.packed({"cutoff": cutoff, "false_alarms": FALSE_ALARMS, "chatter": ours[:CHATTER]})


def _is_chatter(one: Labelled) -> bool:
    """Ordinary talk: what is no spam in the collections of spam. The chatter of our own corpus is no measure
    of it: it is meant to be mistaken."""
    return one.source != "corpus" and one.is_spam is False
