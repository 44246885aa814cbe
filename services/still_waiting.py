"""Who still waits for an answer, and when that is worth a reminder. Pure, like ``alerts``.

Only people whose message was told live are looked at: what a first fetch brought waits in the list and
reminds nobody. The time that counts is the shop's: a message of the evening is late half an hour after the
shop opens, not in the night.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo

from services.alert_words import NAME, clean
from services.alerts import NOBODY_LOOKS, Attention
from services.events import AlertRaised
from services.hours import is_open, is_quiet, open_time
from services.settings import Settings

EVERY = timedelta(minutes=10)
AFTER_TOLD = timedelta(minutes=10)
"""So long after its own notice nobody is reminded of a message, however old it was when it was found."""
_REMEMBERED = 2000


@dataclass(frozen=True, slots=True)
class Waiting:
    """A conversation that nobody has answered: ``since`` its oldest open question was written, ``heard_at``
    its newest message was found here."""

    conversation_id: int
    account_id: int
    place: str
    name: str
    since: datetime
    heard_at: datetime
    is_complaint: bool = False


@dataclass(frozen=True, slots=True)
class WaitState:
    """Whom the owner was reminded of: conversation and since when it waited; an answer begins a new wait."""

    told: tuple[tuple[int, datetime], ...] = ()
    told_at: datetime | None = None


def remind(
    waiting: Sequence[Waiting],
    settings: Settings,
    state: WaitState,
    now: datetime,
    *,
    zone: tzinfo | None = None,
    attention: Attention = NOBODY_LOOKS,
) -> tuple[AlertRaised | None, WaitState]:
    """Once a minute. Once for each wait, and never more than one reminder in ten minutes: who becomes late in
    between is in the next one."""
    if not (settings.notifications and settings.tell_waiting):
        return None, state
    if not is_open(settings, now, zone) or is_quiet(settings, now, zone):
        return None, state
    if state.told_at is not None and timedelta(0) <= now - state.told_at < EVERY:
        return None, state
    told = set(state.told)
    target = timedelta(seconds=settings.target_s)
    late = [
        one
        for one in waiting
        if (one.conversation_id, one.since) not in told
        and now - one.heard_at >= min(target, AFTER_TOLD)
        and open_time(settings, one.since, now, zone) >= target
        and not attention.sees(one.conversation_id, one.account_id, is_complaint=one.is_complaint)
    ]
    if not late:
        return None, state
    late.sort(key=lambda one: (not one.is_complaint, one.since))
    known = [one for one in state.told if one in {(w.conversation_id, w.since) for w in waiting}]
    keys = (*known, *((one.conversation_id, one.since) for one in late))
    names = () if settings.hide_text else tuple(clean(one.name, NAME) for one in late if one.name)
    places = {one.place for one in late}
    alert = AlertRaised(
        "waiting",
        conversation_id=late[0].conversation_id if len(late) == 1 else None,
        account_id=late[0].account_id if len(late) == 1 else None,
        count=len(late),
        names=tuple(dict.fromkeys(names))[:3],
        place=late[0].place if len(places) == 1 else "",
        waited_s=max(0, int((now - min(one.since for one in late)).total_seconds())),
        tag=f"waiting-{late[0].conversation_id}" if len(late) == 1 else "waiting",
    )
    return alert, replace(state, told=keys[-_REMEMBERED:], told_at=now)
