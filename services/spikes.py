"""Is this more than a bad hour: unusually many complaints, and what they have in common. Pure.

A spike is at least three people who complain within two hours, and three times the usual. The usual is the
higher of two: the mean of any two hours of the last 28 days, and the mean of these same two hours of the
week in the last four weeks. The first alone would ring every Saturday noon, when the whole week's customers
come; the second alone would ring at any three, for most two hours of a week are empty. A person counts once.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from services.alerts import Spike
from services.common_words import COMMON

WINDOW = timedelta(hours=2)
HISTORY = timedelta(days=28)
LEAST = 3
TIMES = 3
MOST_OF = 0.6
"""So large a share of the complaints must name it."""
AHEAD = 0.3
"""A shared word must be so much more frequent among them than in what customers write otherwise."""
_SHORTEST = 4
_WEEK = timedelta(days=7)
_WORD = re.compile(r"[^\W\d_]+")
_NOISE = re.compile(r"https?://\S+|www\.\S+|[@#]\w+")


class Grievance(Protocol):
    """One complaint; ``services.store.shapes.Grievance`` has this shape. ``post`` is the same for all under
    one post, ``post_words`` its title or first words; ``topic`` the class that triage gave it."""

    @property
    def conversation_id(self) -> int: ...
    @property
    def text(self) -> str: ...
    @property
    def post(self) -> str: ...
    @property
    def post_words(self) -> str: ...
    @property
    def topic(self) -> str: ...


def usual(earlier: Iterable[tuple[int, datetime]], first: datetime | None, now: datetime) -> float:
    """How many people complain within such a window. ``earlier``: conversation and time of each complaint
    before it; ``first``: when the oldest message of a customer was written."""
    ends = now - WINDOW
    begins = max(ends - HISTORY, first) if first is not None else ends - HISTORY
    # A person who goes on all afternoon is one; the same person next week is another.
    people = {(one, at.date()): at for one, at in earlier if begins <= at < ends}
    length = max(ends - begins, timedelta(days=1))
    mean = len(people) / (length / WINDOW)
    same = [
        sum(now - WINDOW - _WEEK * week <= at < now - _WEEK * week for at in people.values())
        for week in range(1, 5)
        if now - WINDOW - _WEEK * week >= begins
    ]
    return max(mean, sum(same) / len(same) if same else 0.0)


def is_spike(people: int, as_usual: float) -> bool:
    return people >= LEAST and people >= TIMES * as_usual


def spike_of(grievances: Sequence[Grievance], others: Collection[str]) -> Spike:
    """``others``: what customers wrote otherwise, for comparing words."""
    people = len({one.conversation_id for one in grievances})
    for about_kind, about in (
        ("post", _common_post(grievances, people)),
        ("word", _common_word(grievances, others, people)),
        ("topic", _common_topic(grievances, people)),
    ):
        if about:
            return Spike(people, about, about_kind)
    return Spike(people)


def _enough(people: int) -> int:
    return max(2, -(-int(people * MOST_OF * 100) // 100))


def _common_post(grievances: Sequence[Grievance], people: int) -> str:
    under = {(one.conversation_id, one.post): one.post_words for one in grievances if one.post}
    most = Counter(post for _, post in under).most_common(1)
    if not most or most[0][1] < _enough(people):
        return ""
    return next((words for (_, post), words in under.items() if post == most[0][0] and words), "")


def _common_topic(grievances: Sequence[Grievance], people: int) -> str:
    said = {(one.conversation_id, one.topic) for one in grievances if one.topic and one.topic != "other"}
    most = Counter(topic for _, topic in said).most_common(1)
    return most[0][0] if most and most[0][1] >= _enough(people) else ""


def _common_word(grievances: Sequence[Grievance], others: Collection[str], people: int) -> str:
    """As most of them write it."""
    spoken: dict[int, dict[str, str]] = {}
    for one in grievances:
        spoken.setdefault(one.conversation_id, {}).update(words_of(one.text))
    count = Counter(stem for words in spoken.values() for stem in words)
    elsewhere = Counter(stem for text in others for stem in words_of(text))
    best, best_lead = "", 0.0
    for stem, number in sorted(count.items()):
        if number < _enough(people):
            continue
        lead = number / people - (elsewhere[stem] / len(others) if others else 0.0)
        if lead >= AHEAD and (lead, len(stem)) > (best_lead, len(best)):
            best, best_lead = stem, lead
    if not best:
        return ""
    written = Counter(words[best] for words in spoken.values() if best in words)
    return max(written.items(), key=lambda one: (one[1], len(one[0]), one[0]))[0]


def words_of(text: str) -> dict[str, str]:
    """Telling words of a text: stem -> as written, in small letters."""
    found: dict[str, str] = {}
    for word in _WORD.findall(_NOISE.sub(" ", text)[:4000]):
        low = word.casefold()
        if len(low) >= _SHORTEST and low not in COMMON:
            found.setdefault(_stem(low), word.lower())
    return found


def _stem(word: str) -> str:
    """Croissant and croissants are one; not grammar, only the commonest endings."""
    for ending in ("es", "en", "s", "n"):
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST:
            return word[: -len(ending)]
    return word
