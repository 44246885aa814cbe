from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.alerts import (
    AlertState,
    Attention,
    Decision,
    Incoming,
    Spike,
    clean,
    decide,
    looked,
    settled,
)
from services.settings import Settings

NOW = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
ON = Settings()
MINUTE = timedelta(minutes=1)
FRESH = AlertState()
SEES_NEW = Attention(True, None, "new")


def incoming(key: str = "1", **more: object) -> Incoming:
    base = Incoming(key, int(key), 1, "Facebook", "Marta Lindqvist", "The name was wrong.", NOW - 40 * MINUTE)
    return replace(base, **more)  # type: ignore[arg-type]


def complaint(key: str = "1", **more: object) -> Incoming:
    return incoming(key, is_complaint=True, **more)


def told(
    *new: Incoming,
    state: AlertState = FRESH,
    settings: Settings = ON,
    now: datetime = NOW,
    **more: object,
) -> Decision:
    return decide(new, settings, state, now, zone=UTC, **more)  # type: ignore[arg-type]


def test_a_complaint_is_told_at_once_with_who_and_where() -> None:
    alerts, _ = told(complaint())
    (alert,) = alerts
    assert (alert.kind, alert.conversation_id, alert.account_id, alert.count) == ("complaint", 1, 1, 1)
    assert (alert.names, alert.place, alert.excerpt) == (
        ("Marta Lindqvist",),
        "Facebook",
        "The name was wrong.",
    )
    assert alert.sound


def test_a_direct_message_is_told_at_once() -> None:
    alerts, _ = told(incoming(is_private=True))
    assert [(a.kind, a.conversation_id, a.sound) for a in alerts] == [("direct", 1, True)]


def test_a_private_complaint_is_told_once_as_a_complaint() -> None:
    alerts, _ = told(complaint(is_private=True))
    assert [a.kind for a in alerts] == ["complaint"]


def test_several_together_are_one_number() -> None:
    alerts, _ = told(complaint("1"), complaint("2", name="Tom"), complaint("3", account_id=2, place="Blog"))
    (alert,) = alerts
    assert (alert.kind, alert.count, alert.conversation_id, alert.account_id) == ("complaint", 3, None, None)
    assert alert.names == ("Marta Lindqvist", "Tom")
    assert (alert.place, alert.excerpt) == ("", "")


def test_two_in_one_conversation_open_it() -> None:
    alerts, _ = told(complaint("1", conversation_id=9), complaint("2", conversation_id=9))
    assert [(a.count, a.conversation_id) for a in alerts] == [(2, 9)]


def test_the_third_within_an_hour_is_told_as_three() -> None:
    state = AlertState()
    counts = []
    for number in range(4):
        alerts, state = told(complaint(str(number)), state=state, now=NOW + number * 10 * MINUTE)
        counts.append(alerts[0].count)
    assert counts == [1, 1, 3, 4]
    alerts, _ = told(complaint("9"), state=state, now=NOW + 3 * timedelta(hours=1))
    assert alerts[0].count == 1


def test_what_comes_within_a_minute_is_told_together() -> None:
    """Two accounts of one round: the second takes the place of the first."""
    (first,), state = told(complaint("1"))
    (second,), state = told(complaint("2", name="Tom"), state=state, now=NOW + timedelta(seconds=5))
    assert (first.tag, second.tag, second.replaces) == ("complaint-1", "complaint", ("complaint-1",))
    assert (second.count, second.conversation_id, second.names) == (2, None, ("Marta Lindqvist", "Tom"))
    assert not second.sound
    (third,), _ = told(complaint("3"), state=state, now=NOW + timedelta(seconds=50))
    assert (third.count, third.tag, third.replaces) == (3, "complaint", ("complaint",))


def test_the_third_within_the_hour_takes_the_place_of_the_others() -> None:
    _, state = told(complaint("1"))
    (second,), state = told(complaint("2"), state=state, now=NOW + 10 * MINUTE)
    assert (second.count, second.replaces) == (1, ())
    (third,), state = told(complaint("3"), state=state, now=NOW + 20 * MINUTE)
    assert (third.count, third.replaces) == (3, ("complaint-1", "complaint-2"))
    assert state.tags == {"complaint"}


def test_who_writes_again_keeps_one_notice() -> None:
    _, state = told(complaint("1"))
    (again,), _ = told(complaint("2", conversation_id=1, text="Hello?"), state=state, now=NOW + 10 * MINUTE)
    assert (again.count, again.conversation_id, again.excerpt) == (2, 1, "Hello?")
    assert (again.tag, again.replaces) == ("complaint-1", ("complaint-1",))


def test_complaints_and_private_messages_are_not_mixed() -> None:
    _, state = told(complaint("1"), complaint("2"))
    (direct,), _ = told(incoming("3", is_private=True), state=state, now=NOW + timedelta(seconds=5))
    assert (direct.kind, direct.count, direct.replaces) == ("direct", 1, ())


def test_what_the_owner_looked_at_is_not_counted_again() -> None:
    _, state = told(complaint("1"), complaint("2"))
    state = looked(state, Attention(True, 1, "done"))
    assert [one.conversation_id for one in state.unseen] == [2]
    state = looked(state, Attention(True, None, "complaints"))
    (alert,), _ = told(complaint("3"), state=state, now=NOW + timedelta(seconds=5))
    assert (alert.count, alert.replaces) == (1, ())


def test_the_rest_is_a_count_every_so_often() -> None:
    alerts, state = told(incoming("1"))
    assert [(a.kind, a.count, a.sound) for a in alerts] == [("several", 1, False)]
    alerts, state = told(incoming("2", name="Café am Park"), incoming("3"), state=state, now=NOW + 2 * MINUTE)
    assert alerts == []
    alerts, state = told(incoming("4", sent_at=NOW), state=state, now=NOW + 10 * MINUTE)
    assert alerts == []
    alerts, state = told(state=state, now=NOW + 15 * MINUTE)
    (alert,) = alerts
    # All that nobody has looked at; the first one waits longest.
    assert (alert.kind, alert.count, alert.names) == ("several", 4, ("Marta Lindqvist",))
    assert alert.waited_s == 55 * 60
    assert told(state=state, now=NOW + 60 * MINUTE)[0] == []
    alerts, state = told(incoming("5"), state=looked(state, SEES_NEW), now=NOW + 60 * MINUTE)
    assert [a.count for a in alerts] == [1]


def test_one_round_is_one_count() -> None:
    counts, state = [], FRESH
    for second in (0, 1, 30):
        alerts, state = told(incoming(str(second + 1)), state=state, now=NOW + timedelta(seconds=second))
        counts += [(a.count, a.tag) for a in alerts]
    assert counts == [(1, "several"), (2, "several"), (3, "several")]
    # The quarter of an hour runs from the first.
    assert told(incoming("99"), state=state, now=NOW + timedelta(seconds=61))[0] == []
    assert told(incoming("99"), state=state, now=NOW + 15 * MINUTE)[0][0].count == 4


def test_how_often_is_the_owners_choice() -> None:
    hourly = Settings(count_every_s=3600)
    _, state = told(incoming("1"), settings=hourly)
    _, state = told(incoming("2"), settings=hourly, state=state, now=NOW + 5 * MINUTE)
    assert told(settings=hourly, state=state, now=NOW + 59 * MINUTE)[0] == []
    assert told(settings=hourly, state=state, now=NOW + 60 * MINUTE)[0][0].count == 2
    assert told(incoming("1"), settings=Settings(count_every_s=0))[0] == []


def test_what_was_answered_meanwhile_is_not_counted() -> None:
    _, state = told(incoming("1"))
    _, state = told(incoming("2"), incoming("3"), state=state, now=NOW + 5 * MINUTE)
    alerts, _ = told(state=settled(state, {1, 2}), now=NOW + 15 * MINUTE)
    assert [a.count for a in alerts] == [1]


def test_nothing_is_told_twice() -> None:
    new = (complaint("1"), incoming("2", is_private=True), incoming("3"))
    alerts, state = told(*new, complaint("1"))
    assert sorted((a.kind, a.count) for a in alerts) == [("complaint", 1), ("direct", 1), ("several", 1)]
    assert told(*new, state=state, now=NOW + 60 * MINUTE)[0] == []


@pytest.mark.parametrize(
    "flag",
    [
        {"is_live": False},
        {"is_own": True},
        {"is_muted": True},
        {"is_spam": True},
        {"is_automatic": True},
        {"is_follow": True},
    ],
)
def test_what_is_never_told(flag: dict[str, bool]) -> None:
    for one in (complaint(**flag), incoming(is_private=True, **flag), incoming(**flag)):
        alerts, state = told(one)
        assert alerts == []
        assert told(state=state, now=NOW + 60 * MINUTE)[0] == []


@pytest.mark.parametrize(
    ("attention", "is_told"),
    [
        (Attention(True, None, "new"), (False, False, False)),
        (Attention(True, None, "all"), (False, False, False)),
        (Attention(True, None, "complaints"), (False, True, True)),
        (Attention(True, None, "done"), (True, True, True)),
        (Attention(True, None, "all", account_id=1), (False, False, False)),
        (Attention(True, None, "all", account_id=2), (True, True, True)),
        (Attention(True, 1), (False, True, True)),
        (Attention(True), (True, True, True)),
        (Attention(False, 1, "new"), (True, True, True)),
    ],
)
def test_nothing_that_the_owner_is_looking_at(attention: Attention, is_told: tuple[bool, ...]) -> None:
    new = (complaint("1"), incoming("2", is_private=True), incoming("3"))
    alerts, state = told(*new, attention=attention)
    kinds = {alert.kind for alert in alerts}
    assert tuple(kind in kinds for kind in ("complaint", "direct", "several")) == is_told
    assert told(*new, state=state, now=NOW + 60 * MINUTE)[0] == []


@pytest.mark.parametrize(
    ("switch", "left"),
    [
        ({"tell_complaints": False}, ["direct", "several"]),
        ({"tell_direct": False}, ["complaint", "several"]),
        ({"count_every_s": 0}, ["complaint", "direct"]),
    ],
)
def test_each_kind_has_its_switch(switch: dict[str, object], left: list[str]) -> None:
    settings = replace(ON, **switch)  # type: ignore[arg-type]
    alerts, _ = told(complaint("1"), incoming("2", is_private=True), incoming("3"), settings=settings)
    assert [a.kind for a in alerts] == left


def test_switched_off() -> None:
    alerts, state = told(complaint(), incoming("2"), settings=Settings(notifications=False))
    assert alerts == []
    assert told(state=state)[0] == []


NIGHT = Settings(quiet_hours=("22:00", "07:00"))


NIGHT_TIME, MORNING = NOW.replace(hour=23), (NOW + timedelta(days=1)).replace(hour=7, minute=0)


def test_what_came_in_quiet_hours_is_told_as_one_when_they_end() -> None:
    alerts, state = told(complaint("1"), incoming("2", name="Tom"), settings=NIGHT, now=NIGHT_TIME)
    assert alerts == []
    assert [one.conversation_id for one in state.unseen] == [1, 2]
    alerts, state = told(
        incoming("3", is_private=True, name="Inês"), state=state, settings=NIGHT, now=NIGHT_TIME + 60 * MINUTE
    )
    assert alerts == []
    assert told(state=state, settings=NIGHT, now=MORNING - MINUTE)[0] == []
    (alert,), state = told(state=state, settings=NIGHT, now=MORNING)
    assert (alert.kind, alert.count, alert.complaints, alert.direct) == ("quiet-over", 3, 1, 1)
    assert (alert.names, alert.excerpt, alert.sound) == (("Marta Lindqvist", "Inês"), "", True)
    assert told(state=state, settings=NIGHT, now=MORNING + MINUTE)[0] == []


@pytest.mark.parametrize(
    ("held", "kind", "count", "excerpt"),
    [
        ([complaint("1")], "complaint", 1, "The name was wrong."),
        ([complaint("1"), complaint("2")], "complaint", 2, ""),
        ([incoming("1", is_private=True)], "direct", 1, "The name was wrong."),
        ([incoming("1"), incoming("2")], "several", 2, ""),
    ],
)
def test_quiet_hours_that_brought_one_kind_end_with_its_own_words(
    held: list[Incoming], kind: str, count: int, excerpt: str
) -> None:
    _, state = told(*held, settings=NIGHT, now=NIGHT_TIME)
    (alert,), _ = told(state=state, settings=NIGHT, now=MORNING)
    assert (alert.kind, alert.count, alert.excerpt) == (kind, count, excerpt)


def test_a_count_that_was_not_due_before_the_quiet_hours_is_told_after_them() -> None:
    evening = NOW.replace(hour=21, minute=55)
    _, state = told(incoming("1"), settings=NIGHT, now=evening)
    _, state = told(incoming("2"), settings=NIGHT, state=looked(state, SEES_NEW), now=evening + 2 * MINUTE)
    assert told(settings=NIGHT, state=state, now=evening + 30 * MINUTE)[0] == []
    _, state = told(settings=NIGHT, state=state, now=evening + 30 * MINUTE)
    assert [a.count for a in told(settings=NIGHT, state=state, now=MORNING)[0]] == [1]


def test_what_the_owner_saw_in_quiet_hours_is_not_told_after_them() -> None:
    _, state = told(complaint("1"), incoming("2"), settings=NIGHT, now=NIGHT_TIME)
    assert told(state=looked(state, SEES_NEW), settings=NIGHT, now=MORNING)[0] == []
    assert told(state=settled(state, {1, 2}), settings=NIGHT, now=MORNING)[0] == []


def test_complaints_ring_through_where_the_owner_wants_it() -> None:
    loud = replace(NIGHT, quiet_lets_complaints=True)
    alerts, state = told(
        complaint(), incoming("2"), incoming("3", is_private=True), settings=loud, now=NIGHT_TIME
    )
    assert [a.kind for a in alerts] == ["complaint"]
    (alert,), _ = told(state=state, settings=loud, now=MORNING)
    assert (alert.count, alert.complaints, alert.direct) == (2, 0, 1)


def test_what_was_put_off_is_told_when_it_comes_back() -> None:
    (alert,), state = told(complaint("1", is_back=True))
    assert (alert.kind, alert.conversation_id, alert.excerpt) == ("back", 1, "The name was wrong.")
    (both,), _ = told(incoming("2", is_back=True), state=state, now=NOW + timedelta(seconds=5))
    assert (both.kind, both.count, both.replaces) == ("back", 2, ("back-1",))


def test_a_spike_is_told_in_the_place_of_the_complaints() -> None:
    _, state = told(complaint("1"))
    (alert,), state = told(
        complaint("2"), state=state, now=NOW + 30 * MINUTE, spike=Spike(4, "croissants", "word")
    )
    assert (alert.kind, alert.count, alert.about, alert.about_kind) == ("spike", 4, "croissants", "word")
    assert (alert.conversation_id, alert.tag, alert.replaces) == (None, "spike", ("complaint-1",))
    hidden = Settings(hide_text=True)
    (alert,), _ = told(complaint("3"), settings=hidden, spike=Spike(4, "croissants", "word"))
    assert (alert.about, alert.about_kind, alert.names) == ("", "", ())
    quiet, _ = told(complaint("4"), settings=Settings(tell_complaints=False), spike=Spike(3))
    assert [a.kind for a in quiet] == ["spike"]


def test_the_sound_rings_once_a_minute_at_most() -> None:
    state = AlertState()
    rings = []
    for seconds in (0, 30, 59, 61, 100, 130):
        alerts, state = told(complaint(str(seconds)), state=state, now=NOW + timedelta(seconds=seconds))
        rings.append(alerts[0].sound)
    assert rings == [True, False, False, True, False, True]
    both, _ = told(complaint("1"), incoming("2", is_private=True))
    assert [a.sound for a in both] == [True, False]
    assert not told(complaint(), settings=Settings(sound=False))[0][0].sound


def test_a_clock_set_back_does_not_silence_the_bell() -> None:
    _, state = told(complaint("1"))
    alerts, _ = told(complaint("2"), state=state, now=NOW - timedelta(days=1))
    assert alerts[0].sound


def test_hidden_text_hides_the_name_as_well() -> None:
    hidden = Settings(hide_text=True)
    for one in (complaint(), incoming(is_private=True), incoming()):
        (alert,) = told(one, settings=hidden)[0]
        assert (alert.names, alert.excerpt, alert.place) == ((), "", "Facebook")


def test_excerpts_are_one_short_clean_line() -> None:
    assert clean("a\x00b\x1b[31m\n\u202ec\u200b  d") == "a b [31m c d"
    long = clean("word " * 100)
    assert len(long) <= 200
    assert long.endswith("word…")
    assert len(clean("x" * 500)) == 200
