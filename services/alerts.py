"""What deserves a notification. Policy only: values in, alerts and the new state out; no clock, no thread,
no window.

Rare and right. New complaints and direct messages are told at once, everything else as a count every so
often; what comes together is told together; nothing is told twice, nothing in quiet hours, nothing that the
owner is looking at. An account speaks up when it needs its owner, not when its network has a bad minute.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo

from services.events import AlertRaised
from services.settings import Settings

EXCERPT = 200
REST_EVERY = timedelta(minutes=15)
SOUND_EVERY = timedelta(minutes=1)
MERGE_WITHIN = timedelta(hours=1)
MERGE_FROM = 3
"""So many complaints within the hour are told as one number."""
PATIENCE = timedelta(hours=1)
"""How long a network may be away before its account speaks up."""
AT_ONCE = frozenset({"sign-in-needed", "not-allowed"})
_REMEMBERED = 2000
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]+")


@dataclass(frozen=True, slots=True)
class Incoming:
    """One new customer message. ``key`` is the same whenever the message is (account and remote id).

    ``place``: the account's name. ``is_live`` false: part of the first quiet fetch. ``is_own``,
    ``is_muted``, ``is_spam`` and ``is_follow`` are never told.
    """

    key: str
    conversation_id: int
    account_id: int
    place: str
    name: str
    text: str
    sent_at: datetime
    is_complaint: bool = False
    is_private: bool = False
    is_live: bool = True
    is_own: bool = False
    is_muted: bool = False
    is_spam: bool = False
    is_follow: bool = False


@dataclass(frozen=True, slots=True)
class Attention:
    """What the owner sees just now: ``conversation_id`` is open in a window that has the focus."""

    is_window_active: bool = False
    conversation_id: int | None = None


@dataclass(frozen=True, slots=True)
class AlertState:
    """What was told already; keep it between calls (in memory is enough: what is stored is not new again)."""

    told: tuple[str, ...] = ()
    rest: tuple[Incoming, ...] = ()
    rest_told_at: datetime | None = None
    complaints_at: tuple[datetime, ...] = ()
    sound_at: datetime | None = None
    failing: Mapping[int, str] = field(default_factory=dict)
    replies: frozenset[tuple[int, str]] = frozenset()


Decision = tuple[list[AlertRaised], AlertState]
NOBODY_LOOKS = Attention()


def is_quiet(settings: Settings, now: datetime, zone: tzinfo | None = None) -> bool:
    """``zone``: the owner's; None is the system's. Quiet hours may pass midnight."""
    if len(settings.quiet_hours) != 2:
        return False
    begins, ends = settings.quiet_hours
    clock = f"{now.astimezone(zone):%H:%M}"
    if begins <= ends:
        return begins <= clock < ends
    return clock >= begins or clock < ends


def decide(
    new: Sequence[Incoming],
    settings: Settings,
    state: AlertState,
    now: datetime,
    *,
    zone: tzinfo | None = None,
    attention: Attention = NOBODY_LOOKS,
) -> Decision:
    """After each stored step of a poll; with nothing new once a minute, so that the count is told when it
    is due.
    """
    told = set(state.told)
    fresh = [one for one in _each_once(new) if one.key not in told and _is_worth_it(one)]
    state = replace(
        state, told=(*state.told, *(one.key for one in new if one.key not in told))[-_REMEMBERED:]
    )
    quiet = is_quiet(settings, now, zone)
    if not settings.notifications or attention.is_window_active:
        return [], replace(state, rest=())
    complaints = [one for one in fresh if one.is_complaint]
    if quiet:
        # What came in quiet hours is in the inbox in the morning; it does not ring then as if it were new.
        fresh = complaints if settings.quiet_lets_complaints else []
        state = replace(state, rest=())
    alerts: list[AlertRaised] = []
    if complaints and (not quiet or settings.quiet_lets_complaints):
        alert, state = _tell_complaints(complaints, settings, state, now)
        alerts.append(alert)
    direct = [one for one in fresh if one.is_private and not one.is_complaint]
    if direct:
        alerts.append(_tell("direct", direct, settings))
    rest = [one for one in fresh if not one.is_private and not one.is_complaint]
    state = replace(state, rest=(*state.rest, *rest)[-_REMEMBERED:])
    if state.rest and not quiet and (state.rest_told_at is None or now - state.rest_told_at >= REST_EVERY):
        alerts.append(_tell_rest(state.rest, settings, now))
        state = replace(state, rest=(), rest_told_at=now)
    return _with_sound(alerts, settings, state, now)


def account_trouble(
    account_id: int,
    place: str,
    error_kind: str,
    settings: Settings,
    state: AlertState,
    now: datetime,
    *,
    failing_since: datetime | None,
    heard: datetime | None = None,
    zone: tzinfo | None = None,
    attention: Attention = NOBODY_LOOKS,
) -> Decision:
    """After each failed poll. Once for each stretch of failing; again only when it becomes the owner's to
    act.

    ``waited_s`` of the alert: how long nothing was heard.
    """
    told = state.failing.get(account_id)
    needs_owner = error_kind in AT_ONCE
    if told == error_kind or (told is not None and (told in AT_ONCE or not needs_owner)):
        return [], state
    since = failing_since or now
    if not needs_owner and now - since < PATIENCE:
        return [], state
    if not settings.notifications or attention.is_window_active or is_quiet(settings, now, zone):
        # Not lost: the next failed poll asks again.
        return [], state
    waited = max(timedelta(0), now - (heard or since))
    alert = AlertRaised(
        "account",
        account_id=account_id,
        place=place,
        error_kind=error_kind,
        waited_s=int(waited.total_seconds()),
        sound=False,
    )
    return [alert], replace(state, failing={**state.failing, account_id: error_kind})


def account_recovered(account_id: int, state: AlertState) -> AlertState:
    """After a poll that worked: the next failure is a new stretch."""
    if account_id not in state.failing:
        return state
    return replace(state, failing={key: kind for key, kind in state.failing.items() if key != account_id})


def reply_trouble(
    outbox_id: int,
    conversation_id: int,
    account_id: int,
    place: str,
    name: str,
    outbox_state: str,
    error_kind: str,
    settings: Settings,
    state: AlertState,
    *,
    occasion: str = "",
    attention: Attention = NOBODY_LOOKS,
) -> Decision:
    """For a reply that failed, came back, or whose outcome is not known; at any hour, for the owner believes
    it was sent. Once for each state and ``occasion``.
    """
    # A reply sent anew that comes back again is told again.
    key = (outbox_id, f"{outbox_state}{occasion}")
    if outbox_state not in ("failed", "unclear") or key in state.replies:
        return [], state
    state = replace(state, replies=state.replies | {key})
    if not settings.notifications or (
        attention.is_window_active and attention.conversation_id == conversation_id
    ):
        return [], state
    alert = AlertRaised(
        "reply-failed",
        conversation_id=conversation_id,
        account_id=account_id,
        names=() if settings.hide_text or not name else (clean(name, 80),),
        place=place,
        error_kind=error_kind or ("unclear" if outbox_state == "unclear" else "refused"),
        sound=False,
    )
    return [alert], state


def clean(text: str, longest: int = EXCERPT) -> str:
    """One line without control characters, cut at a word with an ellipsis."""
    line = " ".join(_CONTROL.sub(" ", text).split())
    if len(line) <= longest:
        return line
    cut = line[: longest - 1]
    head, space, _ = cut.rpartition(" ")
    return (head if space and len(head) > longest // 2 else cut).rstrip(" ,;:") + "…"


def _each_once(new: Iterable[Incoming]) -> list[Incoming]:
    return list({one.key: one for one in new}.values())


def _is_worth_it(one: Incoming) -> bool:
    return one.is_live and not (one.is_own or one.is_muted or one.is_spam or one.is_follow)


def _tell_complaints(
    complaints: Sequence[Incoming], settings: Settings, state: AlertState, now: datetime
) -> tuple[AlertRaised, AlertState]:
    recent = [at for at in state.complaints_at if now - MERGE_WITHIN < at <= now]
    state = replace(state, complaints_at=(*recent, *(now for _ in complaints)))
    total = len(state.complaints_at)
    alert = _tell("complaint", complaints, settings)
    if total >= MERGE_FROM and total > len(complaints):
        alert = replace(alert, count=total, conversation_id=None, excerpt="")
    return alert, state


def _tell(kind: str, messages: Sequence[Incoming], settings: Settings) -> AlertRaised:
    """One message with its words; several as a number, opened in the inbox unless they are one
    conversation.
    """
    first = messages[0]
    conversations = {one.conversation_id for one in messages}
    accounts = {one.account_id for one in messages}
    names = dict.fromkeys(clean(one.name, 80) for one in messages if one.name)
    return AlertRaised(
        kind,
        conversation_id=first.conversation_id if len(conversations) == 1 else None,
        account_id=first.account_id if len(accounts) == 1 else None,
        count=len(messages),
        names=() if settings.hide_text else tuple(names)[:3],
        place=first.place if len(accounts) == 1 else "",
        excerpt=clean(first.text) if len(messages) == 1 and not settings.hide_text else "",
    )


def _tell_rest(rest: Sequence[Incoming], settings: Settings, now: datetime) -> AlertRaised:
    """``names`` holds who waits longest, ``waited_s`` how long."""
    oldest = min(rest, key=lambda one: one.sent_at)
    alert = _tell("several", rest, settings)
    return replace(
        alert,
        names=() if settings.hide_text or not oldest.name else (clean(oldest.name, 80),),
        waited_s=max(0, int((now - oldest.sent_at).total_seconds())),
        sound=False,
    )


def _with_sound(alerts: list[AlertRaised], settings: Settings, state: AlertState, now: datetime) -> Decision:
    """One bell for the whole round, and none within a minute of the last; a clock set back rings again."""
    may_ring = settings.sound and (
        state.sound_at is None or not timedelta(0) <= now - state.sound_at < SOUND_EVERY
    )
    heard: list[AlertRaised] = []
    for alert in alerts:
        rings = alert.sound and may_ring
        if rings:
            may_ring = False
            state = replace(state, sound_at=now)
        heard.append(replace(alert, sound=rings))
    return heard, state
