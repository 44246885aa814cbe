"""The complaint model: shipped weights, the list of words, and what the owner taught, in one score."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from services.model import Verdict
from services.triage.lexicon import Lexicon
from services.triage.linear import LinearModel
from services.triage.personal import Lesson, Taught, lesson
from services.triage.quoted import loudest

RESOURCES = Path(__file__).resolve().parents[2] / "resources" / "triage"
WORDS, WEIGHTS = RESOURCES / "words.json", RESOURCES / "model.bin"

_STARS = {1: 2.5, 2: 1.6, 3: 0.3, 4: -1.0, 5: -2.2}
"""Logits that the stars of a review add: one star with a kind word is still a complaint."""
_CUTOFF_RANGE = 0.5, 0.95
_TO_US = 0.5
"""What counts for a reply, a review or a letter instead of the @ at the start of a tweet, which counts 1."""
_NAMED_FROM = -0.7
"""Logit from which a class other than complaint and spam is named: nothing rings because of it."""
_UNSURE_FROM = 0.5
_LISTED, _WHERE_LISTED = 0.85, 0.6
"""Where the list of words is that sure, the bell rings from there: of the chatter no more rings."""
_SAYS_SO = 0.12
"""Weight from which words are worth quoting."""
_MAYBE_ABUSE = -3.0
"""Logit from which a look at the list of insults is worth its time."""
_MERE_INSULT = 12
"""Words up to which an insult without any complaint of the list is nothing else."""
_AHEAD, _DANGER_AHEAD = 0.3, 0.8
"""By so much a reason must be ahead of the next to be named: half of those named wrongly were nearer."""
_TOPICS = {"wrong-item": "wrong-order", "rude-staff": "rude", "safety-legal": "safety"}
"""Names of the corpus, and what the list and the window call the same."""


@dataclass(frozen=True, slots=True)
class Correction:
    """What the owner said of a text: ``label`` 1 it is one, 0 it is not."""

    text: str
    label: int


@dataclass(frozen=True, slots=True)
class _Sums:
    """What the shipped part says of one text."""

    logits: tuple[float, ...]
    facts: tuple[float, ...]


def word_list_logit(score: float) -> float:
    """The list's opinion as one number, of about the size of a flag."""
    inside = min(max(score, 1e-3), 1 - 1e-3)
    return math.log(inside / (1 - inside)) / 3


def chance(logit: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))


class Shipped:
    """The two files, read once; the same for everybody and never changed."""

    def __init__(self, words: Path = WORDS, weights: Path = WEIGHTS) -> None:
        self.lexicon = Lexicon.load(words)
        self.linear = LinearModel.load(weights)
        self.of = {name: at for at, name in enumerate(self.linear.classes)}
        self.cutoff = float(self.linear.header["cutoff"])
        self.false_alarms = float(self.linear.header["false_alarms"])
        self.chatter: tuple[str, ...] = tuple(self.linear.header["chatter"])

    def sums(self, text: str, listed: float, *, is_to_us: bool = False) -> _Sums:
        """``listed``: the score of the list of words. ``is_to_us``: known to be meant for the shop, whatever
        the text begins with."""
        logit = word_list_logit(listed)
        found, facts = self.linear.logits(text, [logit], addressed=_TO_US if is_to_us else 0.0)
        return _Sums(tuple(found), (3 * logit, *facts[1:]))

    def read(self, text: str) -> _Sums:
        return self.sums(text, self.lexicon.judge(text).score)


_lock = threading.Lock()
_shipped: Shipped | None = None


def shipped() -> Shipped:
    global _shipped
    if _shipped is None:
        with _lock:
            if _shipped is None:
                _shipped = Shipped()
    return _shipped


class Pupil:
    """One class of the shipped model and the corrections of it. Learning takes a third of a second for two
    hundred corrections; judging waits for nobody, it uses what was learned last."""

    def __init__(self, of: str) -> None:
        self._of = of
        self._lessons: dict[str, tuple[int, Lesson]] = {}
        self._taught = Taught()
        self._lock = threading.Lock()

    @property
    def corrections(self) -> tuple[Correction, ...]:
        return tuple(Correction(text, label) for text, (label, _) in self._lessons.items())

    @property
    def taught(self) -> Taught:
        return self._taught

    def logit(self, text: str, sums: _Sums) -> float:
        own = sums.logits[shipped().of[self._of]]
        return own + self._taught.shift(text, own, sums.facts)

    def replace(self, corrections: Iterable[Correction]) -> None:
        """Learns anew from exactly these; the later of two corrections of one text counts."""
        with self._lock:
            known = self._lessons
            lessons: dict[str, tuple[int, Lesson]] = {}
            for one in corrections:
                lessons.pop(one.text, None)
                was = known.get(one.text)
                lessons[one.text] = was if was and was[0] == one.label else (one.label, self._lesson(one))
            self._lessons = lessons
            self._taught = Taught([made for _, made in lessons.values()], self._taught)

    def remember(self, one: Correction) -> None:
        with self._lock:
            lessons = {text: made for text, made in self._lessons.items() if text != one.text}
            self._lessons = {**lessons, one.text: (one.label, self._lesson(one))}

    def add(self, one: Correction) -> None:
        self.replace([*self.corrections, one])

    def remove(self, text: str) -> None:
        self.replace([one for one in self.corrections if one.text != text])

    def _lesson(self, one: Correction) -> Lesson:
        sums = shipped().read(one.text)
        return lesson(one.text, sums.logits[shipped().of[self._of]], sums.facts, is_so=bool(one.label))


class ComplaintModel:
    """Starts from the shipped weights with no corrections. ``score`` is 0 to 1 and best cut at 0.5;
    ``cutoff`` is where the bell rings: of a hundred pieces of ordinary chatter about two score above it, and
    it is set anew after every correction."""

    def __init__(self) -> None:
        self._complaint = Pupil("complaint")
        self._spam = Pupil("spam")
        self._cutoff = shipped().cutoff
        self._chatter: list[tuple[str, _Sums]] = []

    def score(self, texts: Iterable[str]) -> list[float]:
        return [chance(self._complaint.logit(text, shipped().read(text))) for text in texts]

    def spam_score(self, texts: Iterable[str]) -> list[float]:
        return [chance(self._spam.logit(text, shipped().read(text))) for text in texts]

    @property
    def cutoff(self) -> float:
        return self._cutoff

    @property
    def corrections(self) -> tuple[Correction, ...]:
        return self._complaint.corrections

    def correct(self, text: str, label: int) -> None:
        """``label``: 1 a complaint, 0 not. The next text already benefits."""
        self._complaint.add(Correction(text, int(bool(label))))
        self._hold_false_alarms()

    def remember(self, text: str, label: int) -> None:
        """A correction that is learned from with the next one: for many at once."""
        self._complaint.remember(Correction(text, int(bool(label))))

    def correct_spam(self, text: str, label: int) -> None:
        self._spam.add(Correction(text, int(bool(label))))

    def take_back(self, text: str) -> None:
        """As if the text had never been corrected."""
        self._complaint.remove(text)
        self._spam.remove(text)
        self._hold_false_alarms()

    def teach(self, complaints: Sequence[Correction], spam: Sequence[Correction]) -> None:
        """All corrections at once, in place of those before."""
        self._complaint.replace(complaints)
        self._spam.replace(spam)
        self._hold_false_alarms()

    def judge(
        self, text: str, *, title: str = "", stars: int | None = None, is_to_us: bool = False
    ) -> Verdict:
        """``reasons`` are exact pieces of the text (title and text, in that order), the heaviest first."""
        whole = f"{title}\n{text}" if title and not text.startswith(title) else text
        if not whole.strip():
            return self._without_words(stars)
        listed = shipped().lexicon.judge(whole)
        sums = shipped().sums(whole, listed.score, is_to_us=is_to_us)
        of = shipped().of
        complaint = self._complaint.logit(whole, sums) + _STARS.get(stars or 0, 0.0)
        score = chance(complaint)
        spam, abuse = self._spam.logit(whole, sums), sums.logits[of["abuse"]]
        is_spam = (spam > 0 and spam > complaint) or (listed.is_spam and score < self._cutoff)
        is_complaint = score >= self._cutoff_of(listed) and not is_spam
        is_mere_insult = (
            (is_complaint or abuse > _MAYBE_ABUSE) and not is_spam and _is_mere_insult(whole, listed)
        )
        if is_spam:
            label = "spam"
        elif is_mere_insult:
            label, is_complaint = "abuse", False
        elif is_complaint:
            label = "complaint"
        elif abuse > _NAMED_FROM and abuse > complaint:
            label = "abuse"
        elif score >= _UNSURE_FROM:
            label = "unsure"
        else:
            other = max(("question", "praise"), key=lambda name: sums.logits[of[name]])
            label = other if sums.logits[of[other]] > _NAMED_FROM else "other"
        return Verdict(
            score=round(score, 4),
            is_complaint=is_complaint,
            reasons=self._reasons(whole, listed.reasons) if is_complaint else listed.reasons,
            topic=self._topic(whole, listed) if is_complaint else "",
            is_spam=is_spam,
            label=label,
        )

    def _cutoff_of(self, listed: Verdict) -> float:
        if listed.topic == "safety":
            # A hair in the soup rings sooner: better once too often than once too late.
            return min(self._cutoff, 0.5)
        return min(self._cutoff, _WHERE_LISTED) if listed.score >= _LISTED else self._cutoff

    def _without_words(self, stars: int | None) -> Verdict:
        """A review of stars alone."""
        score = {1: 0.9, 2: 0.75}.get(stars or 0, 0.0)
        return Verdict(score=score, is_complaint=score > 0, label="complaint" if score else "other")

    def _reasons(self, text: str, listed: tuple[str, ...]) -> tuple[str, ...]:
        """What the list found; the words in a row that the model heard loudest where it found nothing."""
        if listed:
            return listed
        words = shipped().linear.speaking(text, "complaint")
        piece = loudest(text, words, _SAYS_SO, shipped().lexicon.is_small_word)
        return (piece,) if piece else ()

    def _topic(self, text: str, listed: Verdict) -> str:
        """What the list found; where it found nothing in particular, what the model says."""
        if listed.topic not in ("", "other"):
            return listed.topic
        name, ahead = shipped().linear.topic(text)
        is_sure = ahead >= (_DANGER_AHEAD if name == "safety-legal" else _AHEAD)
        return _TOPICS.get(name, name) if is_sure else "other"

    def _hold_false_alarms(self) -> None:
        """The cut-off above which no more chatter rings than without any correction; what the owner called no
        complaint counts as chatter, too."""
        taught = self._complaint.taught
        if not taught:
            self._cutoff = shipped().cutoff
            return
        if not self._chatter:
            self._chatter = [(text, shipped().read(text)) for text in shipped().chatter]
        at = shipped().of["complaint"]
        allowed = sum(chance(sums.logits[at]) >= shipped().cutoff for _, sums in self._chatter)
        quiet = self._chatter + [
            (one.text, shipped().read(one.text)) for one in self.corrections if not one.label
        ]
        scores = sorted((chance(self._complaint.logit(text, sums)) for text, sums in quiet), reverse=True)
        low, high = _CUTOFF_RANGE
        # Just above the first of them that is one too many.
        self._cutoff = min(high, max(low, scores[allowed] + 1e-6 if allowed < len(scores) else low))


def _is_mere_insult(text: str, listed: Verdict) -> bool:
    """It calls somebody names, and that is all: nothing the shop could put right."""
    if len(text.split()) > _MERE_INSULT or listed.topic not in ("", "other"):
        return False
    from services.insults import is_abusive

    return is_abusive(text)
