"""More complaints than usual, and what they have in common."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services.spikes import HISTORY, is_spike, spike_of, usual, words_of
from services.store.shapes import Grievance

NOW = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
LONG_AGO = NOW - 100 * DAY


def grievances(*texts: str, posts: tuple[str, ...] = (), topics: tuple[str, ...] = ()) -> list[Grievance]:
    return [
        Grievance(
            number,
            NOW,
            text,
            post=posts[number] if posts else "",
            post_words=f"Title of {posts[number]}" if posts else "",
            topic=topics[number] if topics else "",
        )
        for number, text in enumerate(texts)
    ]


@pytest.mark.parametrize(
    ("people", "as_usual", "is_one"),
    [(2, 0.0, False), (3, 0.0, True), (3, 1.0, True), (3, 1.1, False), (9, 3.0, True), (8, 3.0, False)],
)
def test_at_least_three_and_three_times_the_usual(people: int, as_usual: float, is_one: bool) -> None:
    assert is_spike(people, as_usual) == is_one


def test_the_usual_is_the_mean_of_four_weeks() -> None:
    earlier = [(number, NOW - 3 * HOUR - number * DAY) for number in range(28)]
    # One a day: 28 in 336 stretches of two hours.
    assert usual(earlier, LONG_AGO, NOW) == pytest.approx(28 / 336)
    assert usual([], LONG_AGO, NOW) == 0.0
    assert usual([], None, NOW) == 0.0


def test_the_same_two_hours_of_other_weeks_count_where_they_are_busier() -> None:
    noon = [(10 * week + n, NOW - HOUR - 7 * DAY * week) for week in (1, 2, 3, 4) for n in range(3)]
    assert usual(noon, LONG_AGO, NOW) == pytest.approx(3.0)


def test_a_person_who_goes_on_counts_once_a_day() -> None:
    same = [(1, NOW - 3 * HOUR - n * timedelta(minutes=5)) for n in range(20)]
    assert usual(same, LONG_AGO, NOW) == usual(same[:1], LONG_AGO, NOW)


def test_a_short_history_is_measured_by_its_own_length() -> None:
    four = [(number, NOW - 10 * HOUR - number * HOUR) for number in range(4)]
    young, old = usual(four, NOW - 2 * DAY, NOW), usual(four, LONG_AGO, NOW)
    assert young > 10 * old
    assert usual(four, NOW - HOUR, NOW) <= 4 / 12


def test_what_is_in_the_window_itself_is_not_usual() -> None:
    assert usual([(1, NOW - HOUR)], LONG_AGO, NOW) == 0.0
    assert usual([(1, NOW - HISTORY - 3 * HOUR)], LONG_AGO, NOW) == 0.0


def test_the_common_post_is_named_first() -> None:
    found = spike_of(
        grievances("the croissants", "my croissant", "croissants!", "other", posts=("a", "a", "a", "b")), ()
    )
    assert (found.count, found.about, found.about_kind) == (4, "Title of a", "post")


@pytest.mark.parametrize(
    ("texts", "word"),
    [
        (("The croissants were stale", "Croissant like rubber!", "no croissants at nine?"), "croissants"),
        (("Die Brötchen waren hart", "Wieder alte Brötchen", "brötchen vergessen"), "brötchen"),
        (("La livraison a 3 heures de retard", "livraison jamais reçue", "où est ma livraison"), "livraison"),
        (("was not what I ordered", "nobody answered again", "still waiting for the money"), ""),
        (("cold soup", "rude waiter", "broken chair", "wrong bill"), ""),
        (("see https://x.example/croissants", "@croissants late", "#croissants"), ""),
    ],
)
def test_a_common_word_is_named_as_most_of_them_write_it(texts: tuple[str, ...], word: str) -> None:
    found = spike_of(grievances(*texts), ())
    assert (found.about, found.about_kind) == ((word, "word") if word else ("", ""))


def test_a_word_that_everybody_uses_anyway_is_not_what_it_is_about() -> None:
    texts = ("the bakery forgot the seeds", "bakery: no seeds again", "your bakery, no seeds")
    usually = ["I love this bakery", "best bakery in town", "nice bakery"]
    assert spike_of(grievances(*texts), usually).about == "seeds"


def test_one_person_who_repeats_a_word_does_not_name_it() -> None:
    rows = [
        *(Grievance(1, NOW, "croissants croissants") for _ in range(5)),
        Grievance(2, NOW, "rude"),
        Grievance(3, NOW, "cold"),
    ]
    assert spike_of(rows, ()).about == ""
    assert spike_of(rows, ()).count == 3


def test_the_class_of_the_complaints_is_better_than_nothing() -> None:
    found = spike_of(grievances("a", "b", "c", topics=("late", "late", "other")), ())
    assert (found.about, found.about_kind) == ("late", "topic")
    assert spike_of(grievances("a", "b", "c", topics=("other", "other", "other")), ()).about == ""


def test_words_are_found_in_their_commonest_forms() -> None:
    assert words_of("Croissants, croissant & CAKE 12345 it") == {"croissant": "croissants", "cake": "cake"}
