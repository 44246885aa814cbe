"""Where the labelled texts come from: our own corpus, and collections made elsewhere that may lie beside the
project.

Those collections are other people's posts; they are read where they lie and never copied. What the licence
of one forbids is listed here, and such a collection is only measured on.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CORPUS = Path(__file__).resolve().parents[1] / "corpus"
SECOND_SET = CORPUS.parent / "second_set" / "messages.jsonl"
LABELS = ("complaint", "question", "praise", "spam", "abuse", "other")
REASONS = ("late", "broken", "wrong-item", "refund", "rude-staff", "billing", "safety-legal", "other")

NEVER_FITTED = frozenset({"airline"})
"""Non-commercial licence (CC BY-NC-SA 4.0): measured on, never learned from."""
WEIGHTS = {
    "corpus": 1.5,
    "acl": 3.0,
    "amazon": 2.0,
    "sxsw": 0.5,
    "germeval_dev": 3.0,
    "germeval_syn": 3.0,
    "umsab_train": 0.3,
    "yt_train": 1.0,
    "sms": 1.0,
}
"""How much one text of a source counts; ``aux`` texts are negative, which is not the same as complaining."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """One text. ``label`` as in ``LABELS``; of the collections only ``complaint`` or not is known, and then
    ``label`` is ``complaint`` or empty. ``is_spam`` None: not known."""

    text: str
    label: str
    source: str
    lang: str
    reason: str = ""
    is_spam: bool | None = None

    @property
    def is_complaint(self) -> bool:
        return self.label == "complaint"


def weight(one: Labelled) -> float:
    """How much it counts in the fit; our own messages more where they are not English, for they are few."""
    return WEIGHTS[one.source] * (1.5 if one.source == "corpus" and one.lang != "en" else 1.0)


BLOCK = 12
"""Lines of the corpus that stay together: neighbours may be variations of one message."""


def corpus(*, part: str) -> list[Labelled]:
    """Our own messages. ``part``: ``train`` or ``test`` (every sixth block of lines of each file)."""
    found = []
    for path in sorted(CORPUS.glob("*.jsonl")):
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        for number, line in enumerate(lines):
            is_test = number // BLOCK % 6 == 5
            if is_test == (part == "test"):
                one = json.loads(line)
                reason, is_spam = one.get("reason", ""), one["label"] == "spam"
                found.append(Labelled(one["text"], one["label"], "corpus", one["lang"], reason, is_spam))
    return found


def second_set() -> list[Labelled]:
    """Messages that nothing is ever fitted to or chosen by."""
    return [
        Labelled(one["text"], one["label"], "second set", one.get("lang", ""))
        for line in SECOND_SET.read_text(encoding="utf-8").splitlines()
        if line.strip()
        for one in (json.loads(line),)
    ]


def collected(data: Path | None, *, part: str) -> list[Labelled]:
    """The collections in ``data``; ``part``: ``train`` or ``dev``. None: nothing."""
    if data is None:
        return []
    return [
        Labelled(
            row["text"],
            "" if row["label"] != "1" else "spam" if name == "spam" else "complaint",
            row["source"],
            row["lang"],
            is_spam=row["label"] == "1" if name == "spam" else None,
        )
        for name in ("complaints", "aux_sentiment", "spam")
        for row in _rows(data / f"{name}_{part}.csv")
    ]


def _rows(path: Path) -> Iterator[dict[str, str]]:
    csv.field_size_limit(10_000_000)
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
