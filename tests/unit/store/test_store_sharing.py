"""A page that several accounts found is one conversation, whoever found it first."""

from __future__ import annotations

import pytest

from services.model import State
from tests.unit.store.kit import Step

PAGE = "paper.example/hard-rolls"


@pytest.fixture
def second(store):  # type: ignore[no-untyped-def]
    return store.add_account("feeds", "Second", remote_id="two", url="https://b.example/feed")


def bring(store, account, *messages, since=None):  # type: ignore[no-untyped-def]
    return store.apply(account.id, Step(messages), {}, backfill_since=since)


def test_the_second_finding_is_kept_and_counts_once(store, account, second, make) -> None:
    one = bring(store, account, make.said("a", minutes=-9, shared_key=PAGE))
    other = bring(store, second, make.said("x", "Cut short ...", minutes=-8, shared_key=PAGE))
    assert [new.is_live for new in one.new] == [True]
    assert [new.is_live for new in other.new] == [False], "it does not ring again"
    assert other.added == frozenset()
    (row,) = store.page("all").conversations
    assert (row.messages, row.unread, row.state) == (2, 1, State.NEW)
    assert store.find_conversation(second.id, "x") == store.find_conversation(account.id, "a")
    assert [m.text for m in store.thread(row.id).messages] == ["Is it gluten free?", "Cut short ..."]


def test_within_one_account_as_well_and_in_one_batch(store, account, make) -> None:
    first, again = make.said("a", minutes=-9, shared_key=PAGE), make.said("b", minutes=-8, shared_key=PAGE)
    bring(store, account, first, again)
    (row,) = store.page("all").conversations
    assert (row.messages, row.unread) == (2, 1)


def test_something_else_said_there_rings(store, account, second, make) -> None:
    bring(store, account, make.said("a", minutes=-9, shared_key=PAGE))
    found = bring(store, second, make.said("x", minutes=-8, shared_key=f"{PAGE} 5"))
    assert [new.is_live for new in found.new] == [True]
    (row,) = store.page("all").conversations
    assert (row.messages, row.unread) == (2, 2)


def test_a_changed_second_finding_does_not_ring_either(store, account, second, make) -> None:
    bring(store, account, make.said("a", minutes=-9, shared_key=PAGE))
    bring(store, second, make.said("x", minutes=-8, shared_key=PAGE))
    changed = bring(store, second, make.said("x", "New words", minutes=-8, shared_key=PAGE))
    assert changed.new == ()
    assert store.page("all").conversations[0].unread == 1
    edited = bring(store, account, make.said("a", "Newer words", minutes=-9, shared_key=PAGE))
    assert edited.new == ()
    assert store.page("all").conversations[0].waiting_since is not None, "the first one still waits"


def test_other_pages_and_accounts_without_a_key_keep_apart(store, account, second, make) -> None:
    bring(store, account, make.said("a", shared_key=PAGE, conversation_key="k"))
    bring(store, second, make.said("x", shared_key=PAGE + "2", conversation_key="k"), make.said("y"))
    assert len(store.page("all").conversations) == 3


def test_a_quiet_first_fetch_settles_nothing_of_the_other_account(
    store, account, second, make, clock
) -> None:
    bring(store, account, make.said("a", days=-20, shared_key=PAGE))
    bring(store, second, make.said("x", days=-20, shared_key=PAGE), since=clock.now())
    (row,) = store.page("new").conversations
    assert row.unread == 1
    assert row.waiting_since is not None


def test_removing_the_first_account_leaves_the_second_its_finding(store, account, second, make) -> None:
    bring(store, account, make.said("a", minutes=-9, shared_key=PAGE), make.said("b", minutes=-5))
    bring(store, second, make.said("x", minutes=-8, shared_key=PAGE))
    store.remove_account(account.id)
    (row,) = store.page("new").conversations
    assert (row.account_id, row.messages) == (second.id, 1)
    assert store.counts().by_account == {second.id: 1}
    bring(store, second, make.said("z", minutes=-1, shared_key=PAGE))
    assert len(store.page("all").conversations) == 1


def test_what_was_done_stays_done_when_its_account_goes(store, account, second, make) -> None:
    bring(store, account, make.said("a", minutes=-9, shared_key=PAGE))
    bring(store, second, make.said("x", minutes=-8, shared_key=PAGE))
    store.mark([store.page("all").conversations[0].id], State.DONE)
    store.remove_account(account.id)
    assert store.page("new").conversations == ()
    assert [c.account_id for c in store.page("done").conversations] == [second.id]


def test_removing_the_second_account_takes_its_finding_out(store, account, second, make) -> None:
    bring(store, account, make.said("a", minutes=-9, shared_key=PAGE))
    bring(store, second, make.said("x", minutes=-8, shared_key=PAGE))
    store.remove_account(second.id)
    (row,) = store.page("new").conversations
    assert (row.messages, row.unread) == (1, 1)
    assert [m.remote_id for m in store.thread(row.id).messages] == ["a"]
