"""Who waits for whom: pure rules that turn the messages of one conversation into its standing.

Nothing here depends on the order in which messages arrived: a backfill brings the newest first, answers may
come before the
questions, and every permutation of the same messages must give the same standing (there is a property test).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.model import State

DIRECT_GAP = timedelta(days=7)
"""A direct message this much later than the last one starts a new conversation."""


@dataclass(frozen=True, slots=True)
class Fact:
    """What the rules need to know of one stored message. ``id`` is local and grows with arrival.

    ``counts``: an inbound message that somebody should answer - addressed to us, not a follow, not deleted,
    its author not muted.
    ``stands``: an outbound message that is (still) there. ``settled``: the owner said that it needs nothing
    more.
    ``reopened_at``: the owner asked for it to count again, at that time; only a later answer helps then.
    """

    id: int
    remote_id: str
    parent_id: str
    author_id: str
    is_inbound: bool
    sent_at: datetime
    counts: bool = True
    stands: bool = True
    settled: bool = False
    reopened_at: datetime | None = None
    elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class Word:
    """The owner's last word on a conversation. ``state``: waiting, done, spam, snoozed, or None when nothing
    was said.

    ``upto`` is the newest local message id present when it was said; what arrives later is not covered by it.
    """

    state: State | None = None
    upto: int = 0
    snoozed_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """``unanswered`` are local ids, oldest question first; ``answered``: inbound id -> time of the first
    answer that covers it."""

    state: State
    waiting_since: datetime | None
    unanswered: tuple[int, ...]
    answered: Mapping[int, datetime]
    answered_at: datetime | None
    answered_elsewhere: bool


def _in_time(fact: Fact) -> tuple[datetime, str]:
    return fact.sent_at, fact.remote_id


def answered_by(facts: Sequence[Fact]) -> dict[int, tuple[datetime, datetime]]:
    """Local id of every answered inbound message -> times of the first and the last answer that cover it.

    An answer covers its parent and everything that the parent's author wrote before it; where the parent is
    not an inbound
    message we know, everything written before it.
    """
    inbound = [fact for fact in facts if fact.is_inbound]
    if len(inbound) == len(facts):
        return {}
    by_remote = {fact.remote_id: fact for fact in inbound}
    to_parent: dict[int, list[datetime]] = {}
    to_author: dict[str, list[datetime]] = {}
    to_all: list[datetime] = []
    for answer in facts:
        if answer.is_inbound or not answer.stands:
            continue
        parent = by_remote.get(answer.parent_id) if answer.parent_id else None
        if parent is None:
            to_all.append(answer.sent_at)
        else:
            to_parent.setdefault(parent.id, []).append(answer.sent_at)
            to_author.setdefault(parent.author_id, []).append(answer.sent_at)
    to_all.sort()
    for moments in to_author.values():
        moments.sort()
    covered: dict[int, tuple[datetime, datetime]] = {}
    for question in inbound:
        moments = list(to_parent.get(question.id, ()))
        for later in (to_all, to_author.get(question.author_id, [])):
            after = bisect_right(later, question.sent_at)
            if after < len(later):
                moments += (later[after], later[-1])
        if moments:
            covered[question.id] = min(moments), max(moments)
    return covered


def stand(facts: Sequence[Fact], word: Word, *, now: datetime, is_follow: bool = False) -> Standing:
    """The standing of one conversation. ``is_follow``: a new follower, who waits for nothing but is new until
    greeted or dismissed."""
    covered = answered_by(facts)
    unanswered = sorted((fact for fact in facts if _is_open(fact, covered)), key=_in_time)
    answers = sorted((fact for fact in facts if not fact.is_inbound and fact.stands), key=_in_time)
    last = answers[-1] if answers else None
    has_news = any(fact.counts and fact.is_inbound and fact.id > word.upto for fact in facts)
    state = _state(word, bool(unanswered), bool(last), has_news, is_follow, now)
    return Standing(
        state=state,
        waiting_since=min(unanswered[0].sent_at, now) if unanswered else None,
        unanswered=tuple(fact.id for fact in unanswered),
        answered={one: first for one, (first, _) in covered.items()},
        answered_at=last.sent_at if last else None,
        answered_elsewhere=bool(last and last.elsewhere),
    )


def _is_open(fact: Fact, covered: Mapping[int, tuple[datetime, datetime]]) -> bool:
    if not fact.is_inbound:
        return False
    answers = covered.get(fact.id)
    if fact.reopened_at is not None:
        return answers is None or answers[1] <= fact.reopened_at
    return fact.counts and not fact.settled and answers is None


def _state(word: Word, waits: bool, answered: bool, has_news: bool, is_follow: bool, now: datetime) -> State:
    if word.state is State.SPAM:
        return State.SPAM
    if waits:
        asleep = word.state is State.SNOOZED and not has_news and not is_over(word.snoozed_until, now)
        return State.SNOOZED if asleep else State.NEW
    if word.state in (State.WAITING, State.DONE) and not has_news:
        return word.state
    if answered:
        return State.WAITING
    return State.NEW if is_follow else State.DONE


def is_over(until: datetime | None, now: datetime) -> bool:
    """A snooze without an end lasts until the customer writes."""
    return until is not None and until <= now


def direct_groups(spans: Iterable[tuple[int, datetime, datetime]], moment: datetime) -> list[int]:
    """Which conversations of one direct exchange a message of this moment belongs to, oldest first.

    ``spans``: id, first and last time of each. More than one answer: the message closes the gap between them,
    they are one
    conversation now. None: a new conversation starts.
    """
    near = [(first, one) for one, first, last in spans if first - DIRECT_GAP <= moment <= last + DIRECT_GAP]
    return [one for _, one in sorted(near)]
