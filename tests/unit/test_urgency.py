"""Who comes first: the weighing on its own, and what words and times say."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, strategies as st

from services.model import State
from services.urgency import (
    COMPLAINT_FROM,
    REASONS,
    STEP,
    Moments,
    Signals,
    Urgency,
    of_row,
    repeats,
    urgency,
    with_waiting,
)
from services.urgency_words import _DANGER, names_one_of, shouts, speaks_of_danger
from tests.bakery import NOW, conversation

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
COMPLAINT = Signals(is_complaint=True, score=0.6)
signals = st.builds(
    Signals,
    is_complaint=st.booleans(),
    score=st.floats(0, 1),
    is_safety=st.booleans(),
    stars=st.none() | st.integers(0, 5),
    is_private=st.booleans(),
    is_public=st.booleans(),
    is_shouting=st.booleans(),
    asks_again=st.booleans(),
    writes_often=st.booleans(),
    waits_again=st.booleans(),
    followers=st.integers(0, 10_000_000),
)
waits = st.timedeltas(-DAY, timedelta(days=900))
FLAGS = [name for name, value in vars(Signals).items() if name.startswith(("is_", "asks", "writes", "waits"))]


@pytest.mark.parametrize(
    ("given", "value", "because"),
    [
        (Signals(), 0, ()),
        (Signals(stars=5, followers=999, score=0.34), 0, ()),
        (Signals(stars=4), 0, ()),
        (Signals(stars=3), 5, ("stars",)),
        (Signals(is_private=True), 10, ("private",)),
        (Signals(is_public=True, is_shouting=True), 10, ("public", "shouting")),
        (Signals(score=0.4), 5, ("maybe-complaint",)),
        (Signals(score=0.95, stars=1), 25, ("stars", "maybe-complaint")),
        (Signals(followers=1_000), 5, ("reach",)),
        (Signals(followers=250_000, is_public=True), 20, ("reach", "public")),
        (Signals(asks_again=True, writes_often=True), 15, ("asks-again", "writes-often")),
        (Signals(waits_again=True, is_private=True), 20, ("waits-again", "private")),
        (Signals(is_safety=True), 25, ("safety",)),
        (COMPLAINT, 55, ("complaint",)),
        (replace(COMPLAINT, score=0.95), 60, ("complaint",)),
        (replace(COMPLAINT, stars=1, is_public=True), 75, ("complaint", "stars", "public")),
        (
            replace(COMPLAINT, is_safety=True, stars=1, asks_again=True),
            95,
            ("complaint", "safety", "stars", "asks-again"),
        ),
    ],
)
def test_what_weighs_how_much(given: Signals, value: int, because: tuple[str, ...]) -> None:
    assert urgency(given) == Urgency(value, because)


@pytest.mark.parametrize(
    ("waited", "more", "is_named"),
    [
        (-DAY, 0, False),
        (59 * HOUR / 60, 0, False),
        (HOUR, 1, False),
        (4 * HOUR, 2, True),
        (DAY, 3, True),
        (3 * DAY, 4, True),
        (900 * DAY, 4, True),
    ],
)
def test_what_waiting_adds(waited: timedelta, more: int, is_named: bool) -> None:
    assert urgency(COMPLAINT, waited) == Urgency(
        55 + more, ("complaint", "waits-long") if is_named else ("complaint",)
    )


@given(signals, waits)
def test_it_is_a_number_of_a_hundred_with_known_reasons(given: Signals, waited: timedelta) -> None:
    found = urgency(given, waited)
    assert 0 <= found.value <= 100
    assert set(found.because) <= set(REASONS)
    assert len(set(found.because)) == len(found.because)
    assert (found.value >= STEP) == bool(set(found.because) - {"waits-long"})


@given(signals, st.sampled_from(FLAGS))
def test_a_signal_never_makes_it_less_urgent(given: Signals, name: str) -> None:
    without, with_it = replace(given, **{name: False}), replace(given, **{name: True})
    assert urgency(without).value <= urgency(with_it).value


@given(signals, st.floats(0, 1), st.integers(0, 5), st.integers(0, 10_000_000), waits, waits)
def test_more_of_it_never_makes_it_less_urgent(
    given: Signals, score: float, stars: int, followers: int, one: timedelta, other: timedelta
) -> None:
    least, most = sorted((given.score, score))
    assert urgency(replace(given, score=least)).value <= urgency(replace(given, score=most)).value
    least_followed, most_followed = sorted((given.followers, followers))
    assert (
        urgency(replace(given, followers=least_followed)).value
        <= urgency(replace(given, followers=most_followed)).value
    )
    worse, better = sorted((stars, 5 if given.stars is None else given.stars))
    assert (
        urgency(replace(given, stars=None)).value
        <= urgency(replace(given, stars=better)).value
        <= urgency(replace(given, stars=worse)).value
    )
    assert urgency(given, min(one, other)).value <= urgency(given, max(one, other)).value


@given(signals, signals, waits, waits)
def test_a_complaint_is_above_whatever_is_none(
    one: Signals, other: Signals, waited: timedelta, longer: timedelta
) -> None:
    complaint, none = replace(one, is_complaint=True), replace(other, is_complaint=False)
    assert urgency(none, longer).value < COMPLAINT_FROM <= urgency(complaint, waited).value


@given(signals)
def test_the_reasons_stand_the_heaviest_first(given: Signals) -> None:
    alone = {
        "complaint": Signals(is_complaint=True),
        "maybe-complaint": Signals(score=given.score),
        "stars": Signals(stars=given.stars),
        "reach": Signals(followers=given.followers),
        "safety": Signals(is_safety=True),
        "private": Signals(is_private=True),
        "public": Signals(is_public=True),
        "shouting": Signals(is_shouting=True),
        "asks-again": Signals(asks_again=True),
        "writes-often": Signals(writes_often=True),
        "waits-again": Signals(waits_again=True),
    }
    weights = [urgency(alone[one]).value for one in urgency(given).because]
    assert weights == sorted(weights, reverse=True)
    assert all(weights)


@given(st.lists(st.tuples(signals, waits), max_size=12))
def test_the_kept_part_and_the_waiting_give_the_order_of_the_whole(
    some: list[tuple[Signals, timedelta]],
) -> None:
    """So the list, paged by what is kept, is sorted by the whole at every moment."""
    by_row = sorted(some, key=lambda one: (urgency(one[0]).value, one[1]), reverse=True)
    whole = [urgency(given, waited).value for given, waited in by_row]
    assert whole == sorted(whole, reverse=True)


def test_a_row_is_as_urgent_as_its_waiting_makes_it_now() -> None:
    row = conversation(1, urgency=60, urgent_because=("complaint",), waiting_since=NOW - 5 * HOUR)
    assert of_row(row, NOW) == with_waiting(Urgency(60, ("complaint",)), 5 * HOUR)
    assert of_row(replace(row, waiting_since=None), NOW) == Urgency()
    assert of_row(replace(row, state=State.SNOOZED), NOW) == Urgency()


# --- words


@pytest.mark.parametrize(
    "text",
    [
        "We all got FOOD POISONING from the quiche",
        "my son is allergic and nobody told us",
        "You will hear from my lawyer.",
        "I will take this to small claims court",
        "there was broken glass in the salad",
        "Mein Anwalt meldet sich. Die Anwälte auch",
        "Lebensmittelvergiftung nach dem Essen",
        "ich schalte die Verbraucherzentrale ein",
        "une intoxication alimentaire",
        "je vais porter plainte",
        "terminamos en urgencias",
        "voy a poner una hoja de reclamaciones",
        "siamo finiti al pronto soccorso",
        "il mio avvocato vi scriverà",
        "uma intoxicação alimentar, vou falar com o meu advogado",
        "vou deixar no livro de reclamações",
    ],
)
def test_danger_and_the_law_are_heard(text: str) -> None:
    assert speaks_of_danger(text)


def test_no_phrase_is_out_of_reach_of_the_cheap_look() -> None:
    phrases = [one for some in _DANGER.values() if "(" not in some for one in some.split("|")]
    plain = [one for one in phrases if re.fullmatch(r"[^\W\d_]+( \w+)*", one)]
    assert len(plain) > 60
    assert [one for one in plain if not speaks_of_danger(f"So: {one.title()}")] == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Do you deliver to the hospital? Flowers for my mother",
        "your cakes are on fire, love them",
        "Is the rye bread back on Thursday?",
        "What a lovely glass you serve it in, and the food is healthy",
        "Bitte zwei Brote zurücklegen, der Verkäufer weiß Bescheid",
        "Je passe demain au port, un pain s'il vous plaît",
    ],
)
def test_ordinary_words_are_no_danger(text: str) -> None:
    assert not speaks_of_danger(text)


@pytest.mark.parametrize(
    ("text", "is_loud"),
    [
        ("WHERE IS MY ORDER", True),
        ("I have called THREE times and NOBODY answers", True),
        ("WO BLEIBT MEINE TORTE", True),
        ("where is it???", True),
        ("Great bread!!!", True),
        ("Great bread!", False),
        ("Is the NHS discount still on?", False),
        ("Can I park at the UNESCO site", False),
        ("", False),
    ],
)
def test_what_is_loud(text: str, is_loud: bool) -> None:
    assert shouts(text) is is_loud


@pytest.mark.parametrize(
    ("text", "is_named"),
    [
        ("Hey @Crumb, nice", True),
        ("@crumb@example.social hello", True),
        ("cc @crumb!", True),
        ("at Crumb & Co today", True),
        ("@crumbs is another shop", False),
        ("a crumb of bread", False),
        ("", False),
    ],
)
def test_who_is_named(text: str, is_named: bool) -> None:
    assert names_one_of(text, ("@crumb", "crumb & co")) is is_named


# --- times


def at(*days: float) -> list[float]:
    return [one * 86_400 for one in days]


@pytest.mark.parametrize(
    ("moments", "expected"),
    [
        (Moments([], []), (False, False)),
        (Moments(at(0), at(0)), (False, False)),
        (Moments(at(0, 0.001), at(0, 0.001)), (False, False)),
        (Moments(at(0, 1), at(0, 1)), (True, False)),
        (Moments(at(0, 7), at(0, 7)), (True, False)),
        (Moments(at(0, 7.1), at(0, 7.1)), (False, False)),
        (Moments(at(9), at(9), at(3), at(3)), (True, False)),
        (Moments(at(9), at(9), at(3)), (False, False)),
        (Moments(at(9), at(9), at(1), at(1)), (False, False)),
        (Moments(at(9), at(9), at(12), at(12)), (True, False)),
        (Moments(at(29), at(0, 12, 29)), (False, True)),
        (Moments(at(31), at(0, 12, 31)), (False, False)),
        (Moments(at(29), at(29), at(0, 12)), (False, True)),
        (Moments(at(1), at(1), at(40, 50)), (False, False)),
        (Moments(at(2), at(0, 1, 2)), (False, True)),
        (Moments(at(0, 1, 2), at(0, 1, 2)), (True, True)),
    ],
)
def test_asking_again_and_writing_often(moments: Moments, expected: tuple[bool, bool]) -> None:
    assert repeats(moments) == expected


@given(st.lists(st.floats(0, 90), min_size=1, max_size=8), st.lists(st.floats(0, 90), max_size=6))
def test_the_order_in_which_they_are_told_does_not_matter(here: list[float], others: list[float]) -> None:
    told = repeats(Moments(at(*here), at(*here), at(*others), at(*others)))
    back = repeats(Moments(at(*here[::-1]), at(*here[::-1]), at(*others[::-1]), at(*others[::-1])))
    assert told == back
