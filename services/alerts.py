"""What deserves a notification. Policy only: values in, alerts and the new state out; no clock, no thread,
no window.

Rare and right. New complaints and direct messages are told at once, everything else as a count every so
often; what comes together is told together, and takes the place of what it sums up; nothing is told twice,
nothing that the owner is looking at. What comes in quiet hours is told when they end, as one. An account
speaks up when it needs its owner, not when its network has a bad minute (``alerts_trouble``).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo

from services.alert_words import NAME, clean as clean, first_words
from services.events import AlertRaised
from services.hours import is_quiet as is_quiet
from services.insults import is_abusive
from services.settings import Settings

SOUND_EVERY = timedelta(minutes=1)
MERGE_WITHIN = timedelta(hours=1)
MERGE_FROM = 3
"""So many people within the hour are told as one number."""
BURST = timedelta(minutes=1)
"""What comes within it is told together from the second on."""
_REMEMBERED = 2000
COMPLAINT, DIRECT, BACK, REST = "complaint", "direct", "back", "several"
SPIKE = "spike"


@dataclass(frozen=True, slots=True)
class Incoming:
    """One new customer message. ``key`` is the same whenever the message is (account and remote id).

    ``place``: the account's name. ``is_live`` false: part of the first quiet fetch. ``is_own``,
    ``is_muted``, ``is_spam``, ``is_automatic`` and ``is_follow`` are never told. ``is_back``: not new; the
    owner put it off until now. ``is_abusive``: its words may insult, and are folded where the owner wants it.
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
    is_automatic: bool = False
    is_follow: bool = False
    is_back: bool = False
    is_abusive: bool = False

    @property
    def kind(self) -> str:
        if self.is_back:
            return BACK
        return COMPLAINT if self.is_complaint else DIRECT if self.is_private else REST

    @property
    def is_worth_it(self) -> bool:
        return self.is_live and not (
            self.is_own or self.is_muted or self.is_spam or self.is_automatic or self.is_follow
        )


@dataclass(frozen=True, slots=True)
class Attention:
    """What the owner sees just now, in a window that has the focus: the open conversation, and the list of a
    view (empty: no list, or search results), perhaps of one account."""

    is_window_active: bool = False
    conversation_id: int | None = None
    view: str = ""
    account_id: int | None = None

    def sees(self, conversation_id: int, account_id: int, *, is_complaint: bool) -> bool:
        if not self.is_window_active:
            return False
        if self.conversation_id == conversation_id:
            return True
        shows_it = self.view in ("new", "all") or (self.view == "complaints" and is_complaint)
        return shows_it and self.account_id in (None, account_id)


@dataclass(frozen=True, slots=True)
class Shown:
    """One message that was told at once, in the notice called ``tag``."""

    one: Incoming
    tag: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Spike:
    """Unusually many complaints (``spikes``): how many people within the window, what they share."""

    count: int
    about: str = ""
    about_kind: str = ""


@dataclass(frozen=True, slots=True)
class AlertState:
    """What was told already; keep it between calls. ``shown`` and ``counted`` were told and not looked at
    since, ``rest`` waits for the next count, ``held`` for the end of the quiet hours."""

    told: tuple[str, ...] = ()
    shown: tuple[Shown, ...] = ()
    rest: tuple[Incoming, ...] = ()
    counted: tuple[Incoming, ...] = ()
    rest_told_at: datetime | None = None
    held: tuple[Incoming, ...] = ()
    sound_at: datetime | None = None
    failing: Mapping[int, str] = field(default_factory=dict)
    replies: frozenset[tuple[int, str]] = frozenset()

    @property
    def unseen(self) -> tuple[Incoming, ...]:
        """What the icon beside the clock stays changed for."""
        return (*(one.one for one in self.shown), *self.counted, *self.rest, *self.held)

    @property
    def tags(self) -> frozenset[str]:
        """The notices that still have something to say."""
        return frozenset({*(one.tag for one in self.shown), *((REST,) if self.counted else ())})


Decision = tuple[list[AlertRaised], AlertState]
NOBODY_LOOKS = Attention()


def decide(
    new: Sequence[Incoming],
    settings: Settings,
    state: AlertState,
    now: datetime,
    *,
    zone: tzinfo | None = None,
    attention: Attention = NOBODY_LOOKS,
    spike: Spike | None = None,
) -> Decision:
    """After each stored step of a poll; with nothing new once a minute, so that the count and what came in
    quiet hours is told when it is due. A ``spike`` is told in the place of the complaints."""
    told = set(state.told)
    fresh = [one for one in _each_once(new) if one.key not in told and one.is_worth_it]
    keys = (*state.told, *(one.key for one in new if one.key not in told))
    state = looked(replace(state, told=keys[-_REMEMBERED:]), attention)
    fresh = [one for one in fresh if _wants(one, settings, spike) and not _sees(attention, one)]
    if not settings.notifications:
        return [], replace(state, rest=(), held=())
    if is_quiet(settings, now, zone):
        through = [one for one in fresh if one.is_complaint and settings.quiet_lets_complaints]
        kept = (*state.held, *state.rest, *(one for one in fresh if one not in through))
        state = replace(state, held=kept[-_REMEMBERED:], rest=())
        fresh = through
    elif state.held:
        fresh, state = [*state.held, *fresh], replace(state, held=())
        if len({one.kind for one in fresh}) > 1:
            alert, state = _tell_held(fresh, settings, state, now)
            return with_sound([alert], settings, state, now)
    alerts: list[AlertRaised] = []
    for kind in (COMPLAINT, DIRECT, BACK):
        some = [one for one in fresh if one.kind == kind]
        if some:
            alert, state = _tell_at_once(kind, some, settings, state, now, spike)
            alerts.append(alert)
    state = replace(state, rest=(*state.rest, *(one for one in fresh if one.kind == REST))[-_REMEMBERED:])
    counted, state = _count(settings, state, now)
    return with_sound([*alerts, *counted], settings, state, now)


def looked(state: AlertState, attention: Attention) -> AlertState:
    """What the owner sees now needs no notice any more."""
    if not attention.is_window_active:
        return state
    return _without(state, lambda one: _sees(attention, one))


def settled(state: AlertState, conversations: Collection[int]) -> AlertState:
    """These conversations wait for nobody any more: answered elsewhere, done, gone."""
    return _without(state, lambda one: one.conversation_id in conversations) if conversations else state


def with_sound(
    alerts: Sequence[AlertRaised], settings: Settings, state: AlertState, now: datetime
) -> Decision:
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


def names_of(messages: Iterable[Incoming], settings: Settings) -> tuple[str, ...]:
    """Up to three people; nobody where the owner hides what was written."""
    if settings.hide_text:
        return ()
    return tuple(dict.fromkeys(clean(one.name, NAME) for one in messages if one.name))[:3]


# --- one kind each


def _tell_at_once(
    kind: str,
    fresh: Sequence[Incoming],
    settings: Settings,
    state: AlertState,
    now: datetime,
    spike: Spike | None,
) -> tuple[AlertRaised, AlertState]:
    """Alone, or together with those of the last hour that nobody has looked at yet. What a spike told stays
    there: a number of the last hour says less."""
    is_spike = kind == COMPLAINT and spike is not None
    recent = [
        one
        for one in state.shown
        if one.one.kind == kind and _is_within(MERGE_WITHIN, one.at, now) and (is_spike or one.tag != SPIKE)
    ]
    people = {one.conversation_id for one in (*(old.one for old in recent), *fresh)}
    is_burst = any(_is_within(BURST, one.at, now) for one in recent)
    if is_spike or is_burst or len(people) >= MERGE_FROM:
        earlier = recent
    else:
        mine = {one.conversation_id for one in fresh}
        earlier = [one for one in recent if one.one.conversation_id in mine] if len(mine) == 1 else []
    together = [*(one.one for one in earlier), *fresh]
    alert = _tell(kind, together, settings, now)
    alert = replace(alert, replaces=tuple(dict.fromkeys(one.tag for one in earlier)))
    if is_spike and spike is not None:
        about = "" if settings.hide_text else clean(spike.about, NAME)
        if settings.fold_abusive and spike.about_kind != "topic" and is_abusive(f"you {about}"):
            about = ""
        alert = replace(
            alert,
            kind=SPIKE,
            tag=SPIKE,
            conversation_id=None,
            excerpt="",
            count=max(spike.count, len({one.conversation_id for one in together})),
            about=about,
            about_kind=spike.about_kind if about else "",
            is_abusive=False,
        )
    gone = set(map(id, earlier))
    # What is told anew is told now: three an hour apart each are no burst.
    shown = (
        *(one for one in state.shown if id(one) not in gone),
        *(replace(one, tag=alert.tag) for one in earlier),
        *(Shown(one, alert.tag, now) for one in fresh),
    )
    return alert, replace(state, shown=shown[-_REMEMBERED:])


def _count(settings: Settings, state: AlertState, now: datetime) -> Decision:
    """Everything else, as one number of all that nobody has looked at; ``names`` holds who waits longest."""
    if not settings.count_every_s or not state.rest:
        return [], state
    at = state.rest_told_at
    is_due = at is None or now < at or now - at >= timedelta(seconds=settings.count_every_s)
    if not is_due and not (at is not None and _is_within(BURST, at, now)):
        return [], state
    together = (*state.counted, *state.rest)[-_REMEMBERED:]
    state = replace(state, rest=(), counted=together, rest_told_at=now if is_due else at)
    oldest = min(together, key=lambda one: one.sent_at)
    alert = _tell(REST, together, settings, now)
    return [replace(alert, names=names_of([oldest], settings), sound=False)], state


def _tell_held(
    held: Sequence[Incoming], settings: Settings, state: AlertState, now: datetime
) -> tuple[AlertRaised, AlertState]:
    """Quiet hours are over: one sentence for all kinds."""
    urgent = [one for one in held if one.kind != REST]
    alert = replace(
        _tell("quiet-over", held, settings, now),
        names=names_of(sorted(urgent or held, key=lambda one: one.kind), settings),
        complaints=sum(one.kind == COMPLAINT for one in held),
        direct=sum(one.kind == DIRECT for one in held),
        excerpt="",
        sound=bool(urgent),
    )
    shown = (*state.shown, *(Shown(one, alert.tag, now) for one in urgent))
    counted = (*state.counted, *(one for one in held if one.kind == REST))
    return alert, replace(state, shown=shown[-_REMEMBERED:], counted=counted[-_REMEMBERED:], rest_told_at=now)


def _tell(kind: str, messages: Sequence[Incoming], settings: Settings, now: datetime) -> AlertRaised:
    """One conversation with its last words; several as a number, opened in their list."""
    last = messages[-1]
    conversations = {one.conversation_id for one in messages}
    accounts = {one.account_id for one in messages}
    is_one = len(conversations) == 1
    oldest = min(one.sent_at for one in messages)
    is_folded = is_one and last.is_abusive and settings.fold_abusive
    is_quoted = is_one and not is_folded and not settings.hide_text
    return AlertRaised(
        kind,
        conversation_id=last.conversation_id if is_one else None,
        account_id=last.account_id if len(accounts) == 1 else None,
        count=len(messages),
        names=names_of(messages, settings),
        place=last.place if len(accounts) == 1 else "",
        excerpt=clean(first_words(last.text)) if is_quoted else "",
        waited_s=max(0, int((now - oldest).total_seconds())),
        tag=f"{kind}-{last.conversation_id}" if is_one and kind in (COMPLAINT, DIRECT, BACK) else kind,
        is_abusive=is_folded,
    )


# --- small things


def _each_once(new: Iterable[Incoming]) -> list[Incoming]:
    return list({one.key: one for one in new}.values())


def _without(state: AlertState, is_over: Callable[[Incoming], bool]) -> AlertState:
    return replace(
        state,
        shown=tuple(one for one in state.shown if not is_over(one.one)),
        rest=tuple(one for one in state.rest if not is_over(one)),
        counted=tuple(one for one in state.counted if not is_over(one)),
        held=tuple(one for one in state.held if not is_over(one)),
    )


def _wants(one: Incoming, settings: Settings, spike: Spike | None) -> bool:
    switch = {
        COMPLAINT: settings.tell_complaints or spike is not None,
        DIRECT: settings.tell_direct,
        # Asked for by the owner, one by one.
        BACK: True,
        REST: settings.count_every_s > 0,
    }
    return switch[one.kind]


def _sees(attention: Attention, one: Incoming) -> bool:
    return attention.sees(one.conversation_id, one.account_id, is_complaint=one.is_complaint)


def _is_within(span: timedelta, at: datetime, now: datetime) -> bool:
    return timedelta(0) <= now - at < span
