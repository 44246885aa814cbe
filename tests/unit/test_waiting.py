"""The rules of who waits, on their own: examples from life, and the property that arrival order does not
matter."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, strategies as st

from services.model import State
from services.waiting import Fact, Word, direct_groups, is_over, stand
from tests.fakes import TUESDAY


def ask(number: int, minute: float, *, author: str = "marta", **more) -> Fact:  # type: ignore[no-untyped-def]
    return Fact(number, f"m{number}", "", author, True, TUESDAY + timedelta(minutes=minute), **more)


def answer(number: int, minute: float, parent: str = "", **more) -> Fact:  # type: ignore[no-untyped-def]
    return Fact(number, f"m{number}", parent, "us", False, TUESDAY + timedelta(minutes=minute), **more)


LATER = TUESDAY + timedelta(days=1)


def test_a_question_waits_since_it_was_asked() -> None:
    found = stand([ask(2, 5), ask(1, 0)], Word(), now=LATER)
    assert found.state is State.NEW
    assert found.waiting_since == TUESDAY
    assert found.unanswered == (1, 2)


def test_a_time_in_the_future_is_taken_as_now() -> None:
    assert stand([ask(1, 60)], Word(), now=TUESDAY).waiting_since == TUESDAY


def test_an_answer_covers_its_parent_and_what_that_author_wrote_before() -> None:
    facts = [ask(1, 0), ask(2, 1), ask(3, 2, author="jonas"), answer(4, 3, "m2")]
    found = stand(facts, Word(), now=LATER)
    assert found.unanswered == (3,)
    assert found.state is State.NEW
    assert found.answered_at == TUESDAY + timedelta(minutes=3)


@pytest.mark.parametrize("parent", ["", "nobody-knows", "m4"])
def test_an_answer_without_a_known_customer_message_covers_everything_before(parent: str) -> None:
    facts = [ask(1, 0), ask(2, 1, author="jonas"), answer(4, 2), answer(5, 3, parent), ask(6, 4)]
    assert stand(facts, Word(), now=LATER).unanswered == (6,)


def test_an_answer_whose_clock_is_behind_still_answers_its_parent() -> None:
    assert stand([ask(1, 10), answer(2, 5, "m1")], Word(), now=LATER).state is State.WAITING


@pytest.mark.parametrize(
    "fact", [ask(1, 0, counts=False), ask(1, 0, settled=True)], ids=["muted, deleted or context", "settled"]
)
def test_what_does_not_count_keeps_nobody_waiting(fact: Fact) -> None:
    found = stand([fact], Word(), now=LATER)
    assert found.state is State.DONE
    assert found.waiting_since is None


def test_an_answer_that_was_deleted_on_the_network_answers_nothing() -> None:
    assert stand([ask(1, 0), answer(2, 1, "m1", stands=False)], Word(), now=LATER).state is State.NEW


@pytest.mark.parametrize("said", [State.WAITING, State.DONE])
def test_the_owners_word_holds_until_the_customer_writes(said: State) -> None:
    before = [ask(1, 0, settled=True)]
    assert stand(before, Word(said, 1), now=LATER).state is said
    after = [*before, ask(2, 5)]
    assert stand(after, Word(said, 1), now=LATER).state is State.NEW
    assert stand([*after, answer(3, 6, "m2")], Word(said, 1), now=LATER).state is State.WAITING


def test_own_messages_do_not_reopen() -> None:
    facts = [ask(1, 0, settled=True), answer(2, 5)]
    assert stand(facts, Word(State.DONE, 1), now=LATER).state is State.DONE


def test_spam_stays_spam() -> None:
    assert stand([ask(1, 0), ask(2, 1)], Word(State.SPAM, 1), now=LATER).state is State.SPAM


def test_snoozed_wakes_by_the_clock_or_by_the_customer() -> None:
    until = TUESDAY + timedelta(hours=2)
    word = Word(State.SNOOZED, 1, until)
    asleep = stand([ask(1, 0)], word, now=TUESDAY + timedelta(hours=1))
    assert (asleep.state, asleep.waiting_since) == (State.SNOOZED, TUESDAY)
    assert stand([ask(1, 0)], word, now=until).state is State.NEW
    assert stand([ask(1, 0), ask(2, 9)], word, now=TUESDAY + timedelta(hours=1)).state is State.NEW
    assert (
        stand([ask(1, 0), answer(2, 9, "m1")], word, now=TUESDAY + timedelta(hours=1)).state is State.WAITING
    )


def test_a_snooze_without_an_end_lasts_until_they_write() -> None:
    assert not is_over(None, LATER)
    assert stand([ask(1, 0)], Word(State.SNOOZED, 1), now=LATER).state is State.SNOOZED


def test_reopened_counts_again_until_a_later_answer() -> None:
    reopened = ask(1, 0, reopened_at=TUESDAY + timedelta(hours=1), settled=True)
    old = answer(2, 5, "m1")
    assert stand([reopened, old], Word(), now=LATER).state is State.NEW
    new = answer(3, 90, "m1")
    assert stand([reopened, old, new], Word(), now=LATER).state is State.WAITING


def test_a_follower_is_new_but_waits_for_nothing() -> None:
    follow = ask(1, 0, counts=False)
    assert stand([follow], Word(), now=LATER, is_follow=True).state is State.NEW
    assert stand([follow], Word(), now=LATER, is_follow=True).waiting_since is None
    assert stand([follow], Word(State.DONE, 1), now=LATER, is_follow=True).state is State.DONE
    assert stand([follow, answer(2, 1)], Word(), now=LATER, is_follow=True).state is State.WAITING


def test_the_first_answer_is_the_one_that_is_measured() -> None:
    found = stand([ask(1, 0), answer(2, 5, "m1"), answer(3, 50, "m1")], Word(), now=LATER)
    assert found.answered == {1: TUESDAY + timedelta(minutes=5)}
    assert found.answered_at == TUESDAY + timedelta(minutes=50)


def test_direct_groups_close_gaps_of_seven_days() -> None:
    def at(days: float):  # type: ignore[no-untyped-def]
        return TUESDAY + timedelta(days=days)

    spans = [(2, at(10), at(11)), (1, at(0), at(1))]
    assert direct_groups(spans, at(8)) == [1, 2]
    assert direct_groups(spans, at(2)) == [1]
    assert direct_groups(spans, at(18)) == [2]
    assert direct_groups(spans, at(18.01)) == []
    assert direct_groups(spans, at(-7.01)) == []


@st.composite
def conversations(draw: st.DrawFn) -> list[Fact]:
    facts = []
    for number in range(draw(st.integers(1, 9))):
        minute = draw(st.integers(0, 30))
        parent = draw(st.sampled_from(["", "m0", "m1", "m2", "m3", "elsewhere"]))
        if draw(st.booleans()):
            fact = ask(
                number,
                minute,
                author=draw(st.sampled_from(["marta", "jonas"])),
                counts=draw(st.booleans()),
                settled=draw(st.booleans()),
            )
        else:
            fact = answer(number, minute, parent, stands=draw(st.booleans()), elsewhere=draw(st.booleans()))
        facts.append(replace(fact, parent_id=parent))
    return facts


@given(conversations(), st.randoms(use_true_random=False), st.booleans())
def test_arrival_order_does_not_matter(facts: list[Fact], dice, is_follow: bool) -> None:  # type: ignore[no-untyped-def]
    """Other local ids, another order of rows: the same standing, named by the network's ids."""
    numbers = list(range(100, 100 + len(facts)))
    dice.shuffle(numbers)
    renumbered = [replace(fact, id=number) for fact, number in zip(facts, numbers, strict=True)]
    dice.shuffle(renumbered)

    def told(some: list[Fact]):  # type: ignore[no-untyped-def]
        names = {fact.id: fact.remote_id for fact in some}
        found = stand(some, Word(), now=LATER, is_follow=is_follow)
        return (
            found.state,
            found.waiting_since,
            [names[one] for one in found.unanswered],
            found.answered_at,
            {names[one]: moment for one, moment in found.answered.items()},
        )

    assert told(renumbered) == told(facts)


@given(conversations())
def test_somebody_waits_exactly_when_it_says_since_when(facts: list[Fact]) -> None:
    found = stand(facts, Word(), now=LATER)
    assert (found.state is State.NEW) == (found.waiting_since is not None) == bool(found.unanswered)
