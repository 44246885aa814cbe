"""The model card: data, licences, figures."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import f1_score, precision_recall_curve, roc_auc_score

from services.triage.complaints import WEIGHTS, ComplaintModel, Correction
from triage.train.sources import LABELS, NEVER_FITTED, Labelled, second_set

WHAT = {
    "corpus": ("our own messages, written for this purpose", "MIT, as the project"),
    "acl": ("tweets to support accounts, en (ACL 2019)", "none stated; research release"),
    "airline": ("tweets to airlines, en", "CC BY-NC-SA 4.0: measured on, never fitted"),
    "sxsw": ("talk about brands at a fair, en", "none stated; open data library"),
    "amazon": ("sentences of product reviews, en", "authors ask for citation"),
    "germeval_dev": ("web texts about a railway, de", "free research download"),
    "germeval_syn": ("web texts about a railway, de, later", "free research download"),
    "umsab_train": ("general tweets in six languages; the label is negative, not complaint", "Apache-2.0"),
    "yt_train": ("comments under videos, spam or not", "authors ask for citation"),
    "sms": ("text messages, spam or not", "free for all purposes, by its author"),
}


HEAD = """\
# Model card: is it a complaint?

Made by `python -m triage.train`. A linear model on words, pieces of words and pairs of words, with the
opinion of a list of words as one of its facts; see [the note](notes/triage-model.md). It runs on the owner's
machine, and learns from corrections there. It is meant for messages to small businesses in English, German,
French, Spanish, Italian and Portuguese; in other languages it can tell nothing. What it is unsure of it calls
so, and rings for none of it.

Size {size:,.0f} KiB; {each_ms:.2f} ms a message on the machine of the training; the bell rings from
{cutoff:.2f}.

## What it learned from

| source | what | licence | texts | complaints |
| --- | --- | --- | --- | --- |"""

FIGURES = """
## Figures

On parts kept out of the fit (a seventh of each collection; every sixth dozen of messages of the corpus). The
words of the list, how the fits are averaged and where the score is cut were chosen while looking at these
parts, so expect a little less elsewhere. Recall and precision are where the bell rings; `R@P.8` is the recall
where the precision is 0.8. `german` is both collections about the railway. In the corpus the other languages
tell many of the same scenes, each in its own words; its chatter is meant to be mistaken.

| texts | number | AUC | macro F1 at 0.5 | recall | precision | R@P.8 |
| --- | --- | --- | --- | --- | --- | --- |"""


def written(texts: Sequence[Labelled], held_back: Sequence[Labelled]) -> str:
    """Markdown. Every figure is of texts the weights were not fitted to."""
    model = ComplaintModel()
    began = time.process_time()
    scores = np.array(model.score([one.text for one in held_back]))
    each_ms = 1000 * (time.process_time() - began) / max(1, len(held_back))
    size = WEIGHTS.stat().st_size / 1024
    lines = HEAD.format(size=size, each_ms=each_ms, cutoff=model.cutoff).splitlines()
    counted = Counter(one.source for one in texts)
    complaints = Counter(one.source for one in texts if one.is_complaint)
    for source, (what, licence) in WHAT.items():
        if counted[source]:
            fitted = "0 of " if source in NEVER_FITTED else ""
            lines.append(
                f"| {source} | {what} | {licence} | {fitted}{counted[source]:,} | {complaints[source]:,} |"
            )
    lines += FIGURES.splitlines()
    sources = [*dict.fromkeys(one.source for one in held_back)]
    groups = {name: np.array([one.source == name for one in held_back]) for name in sources}
    if "germeval_dev" in groups and "germeval_syn" in groups:
        groups["german"] = groups["germeval_dev"] | groups["germeval_syn"]
    for lang in ("en", "de", "fr", "es", "it", "pt"):
        groups[f"corpus, {lang}"] = np.array(
            [one.source == "corpus" and one.lang == lang for one in held_back]
        )
    for lang in ("en", "de", "fr", "es", "it", "pt"):
        groups[f"umsab_train, {lang}"] = np.array(
            [one.source == "umsab_train" and one.lang == lang for one in held_back]
        )
    answers = np.array([one.is_complaint for one in held_back])
    for name, chosen in groups.items():
        if 0 < answers[chosen].sum() < chosen.sum():
            lines.append(_row(name, scores[chosen], answers[chosen], model.cutoff))
    chatter = np.array([one.is_spam is False and one.source != "corpus" for one in held_back])
    ours = np.array([one.source == "corpus" and one.label == "other" for one in held_back])
    lines += [
        "",
        "False alarms per 100 pieces of ordinary chatter: "
        + ", ".join(
            f"{name} {100 * float((scores[chosen] >= model.cutoff).mean()):.1f} (of {int(chosen.sum())})"
            for name, chosen in (("text messages and comments", chatter), ("our corpus", ours))
            if chosen.any()
        )
        + ".",
    ]
    lines += _spam(model, held_back)
    ours_all = [one for one in held_back if one.source == "corpus"]
    if ours_all:
        lines += ["", "What the messages of the corpus are (rows), and what they were called (columns):", ""]
        lines += _classes(model, ours_all, is_to_us=False)
        lines += _reasons(model, ours_all)
    lines += _second(model)
    lines += _taught([one for one in held_back if one.source in NEVER_FITTED])
    return "\n".join(lines) + "\n"


def _row(name: str, scores: NDArray[np.float64], answers: NDArray[np.bool_], cutoff: float) -> str:
    precision, recall, _ = precision_recall_curve(answers, scores)
    rings = scores >= cutoff
    hit = float((rings & answers).sum())
    return (
        f"| {name} | {len(scores):,} | {roc_auc_score(answers, scores):.3f} "
        f"| {f1_score(answers, scores >= 0.5, average='macro'):.3f} | {hit / answers.sum():.2f} "
        f"| {hit / max(1, rings.sum()):.2f} | {recall[precision >= 0.8].max():.2f} |"
    )


def _spam(model: ComplaintModel, held_back: Sequence[Labelled]) -> list[str]:
    known = [one for one in held_back if one.is_spam is not None]
    answers = np.array([bool(one.is_spam) for one in known])
    if not answers.any():
        return []
    scores = np.array(model.spam_score([one.text for one in known]))
    hit = float(((scores >= 0.5) & answers).sum())
    recall, precision = hit / answers.sum(), hit / max(1, (scores >= 0.5).sum())
    area = roc_auc_score(answers, scores)
    told = (
        f"Spam, {len(known):,} texts: AUC {area:.3f}, at 0.5 recall {recall:.2f}, precision {precision:.2f}."
    )
    return ["", told]


def _classes(model: ComplaintModel, texts: Sequence[Labelled], *, is_to_us: bool) -> list[str]:
    """The confusion table."""
    said = Counter((one.label, model.judge(one.text, is_to_us=is_to_us).label) for one in texts)
    columns = [*LABELS, "unsure"]
    lines = ["| | " + " | ".join(columns) + " |", "| --- " * (len(columns) + 1) + "|"]
    lines += [
        f"| {label} | " + " | ".join(str(said[label, name]) for name in columns) + " |" for label in LABELS
    ]
    return lines


def _reasons(model: ComplaintModel, texts: Sequence[Labelled]) -> list[str]:
    judged = [(one.reason, model.judge(one.text).topic) for one in texts if one.reason]
    rang = [(reason, topic) for reason, topic in judged if topic]
    same = sum(topic == TOPICS.get(reason, reason) for reason, topic in rang)
    return ["", f"Reasons of complaints that rang: {same} of {len(rang)} as written down."]


def _second(model: ComplaintModel) -> list[str]:
    """Nothing was fitted to it, and nothing chosen by it."""
    texts = second_set()
    answers = np.array([one.is_complaint for one in texts])
    scores = np.array(model.score([one.text for one in texts]))
    macro = f1_score(answers, scores >= 0.5, average="macro")
    return [
        "",
        "## The second set",
        "",
        f"{len(texts)} messages, written and labelled before any model was run on them, by a hand that had",
        "not read the corpus; two fifths are not in English, and many complaints hold no hard word. Nothing",
        "was fitted to it; its figures were in sight when the weight of the corpus, the last setting, was",
        f"chosen. AUC {roc_auc_score(answers, scores):.3f}, macro F1 {macro:.3f}.",
        "",
        *_classes(model, texts, is_to_us=True),
    ]


def _taught(texts: Sequence[Labelled]) -> list[str]:
    """What corrections are worth in a trade that the weights never saw."""
    if len(texts) < TAUGHT + 200:
        return []
    before, after = [], []
    for seed in range(DRAWS):
        order = np.random.default_rng(seed).permutation(len(texts))
        told, rest = [texts[at] for at in order[:TAUGHT]], [texts[at] for at in order[TAUGHT:]]
        answers = [one.is_complaint for one in rest]
        model = ComplaintModel()
        before.append(roc_auc_score(answers, model.score([one.text for one in rest])))
        model.teach([Correction(one.text, int(one.is_complaint)) for one in told], [])
        after.append(roc_auc_score(answers, model.score([one.text for one in rest])))
    gains = np.array(after) - np.array(before)
    return [
        "",
        "## What corrections are worth",
        "",
        f"{TAUGHT} random corrections of tweets to airlines, {DRAWS} draws: the AUC of the others rises from",
        f"{np.mean(before):.3f} by {gains.mean():.3f} ({gains.min():.3f} to {gains.max():.3f}).",
    ]


TAUGHT, DRAWS = 200, 6
TOPICS = {"wrong-item": "wrong-order", "rude-staff": "rude", "safety-legal": "safety"}
