"""Muted is a person: on every account where the same one is recognised, also later, also again."""

from __future__ import annotations

import pytest

from services.errors import NotFound
from services.model import Author, MessageKind
from services.store import Store
from tests.unit.store.kit import Builder, Step

ANNA = Author("109348372635", "Anna", "anna@town.example", "https://town.example/@anna")
FORUM_ANNA = Author("7", "Anna", "anna", "https://one.example/u/anna")
OTHER_ANNA = Author("7", "Anna", "anna", "https://two.example/u/anna")


def say(store: Store, account_id: int, make: Builder, remote_id: str, author: Author, **more: object) -> int:
    store.apply(account_id, Step((make.said(remote_id, author=author, **more),)), {})
    found = store.find_conversation(account_id, remote_id)
    assert found is not None
    return found


@pytest.fixture
def second(store: Store) -> int:
    return store.add_account("mastodon", "Bakery", remote_id="us2", url="https://b.example/@us").id


def test_muted_on_one_account_is_muted_on_the_other(store: Store, account, second: int, make) -> None:
    here = say(store, account.id, make, "a", ANNA)
    there = say(store, second, make, "b", Author("55", "Anna", "Anna@Town.example"))
    changed = store.mute(account.id, ANNA.id)
    assert {here, there} <= changed
    assert [store.conversation(one).waiting_since for one in (here, there)] == [None, None]
    assert [one.is_muted for one in store.thread(there).messages] == [True]
    store.mute(second, "55", on=False)
    assert [store.conversation(one).waiting_since is not None for one in (here, there)] == [True, True]
    assert store.muted_people() == ()


def test_who_comes_later_is_recognised_and_rings_for_nobody(store: Store, account, second, make) -> None:
    say(store, account.id, make, "a", ANNA)
    store.mute(account.id, ANNA.id)
    applied = store.apply(second, Step((make.said("b", author=ANNA), make.said("c"))), {})
    rings = {one.remote_id: one.is_live for one in applied.new}
    assert rings == {"b": False, "c": True}
    found = store.find_conversation(second, "b")
    assert found is not None
    row = store.conversation(found)
    assert (row.waiting_since, row.unread) == (None, 0)


def test_the_same_name_on_two_forums_is_two_people(store: Store, make) -> None:
    one, two = (store.add_account("discourse", name, remote_id=name).id for name in ("one", "two"))
    first, second = say(store, one, make, "a", FORUM_ANNA), say(store, two, make, "b", OTHER_ANNA)
    store.mute(one, FORUM_ANNA.id)
    assert store.conversation(first).waiting_since is None
    assert store.conversation(second).waiting_since is not None


def test_the_same_page_is_the_same_person(store: Store, make) -> None:
    one, two = (store.add_account("discourse", name, remote_id=name).id for name in ("one", "two"))
    say(store, one, make, "a", FORUM_ANNA)
    again = say(store, two, make, "b", Author("8", "Anna", "anna", FORUM_ANNA.url))
    store.mute(one, FORUM_ANNA.id)
    assert store.conversation(again).waiting_since is None


def test_another_network_is_another_person(store: Store, account, make) -> None:
    other = store.add_account("email", "Mail", remote_id="m").id
    say(store, account.id, make, "a", ANNA)
    mail = say(store, other, make, "b", ANNA)
    store.mute(account.id, ANNA.id)
    assert store.conversation(mail).waiting_since is not None


def test_muted_stays_muted_when_the_account_comes_back(store: Store, account, make) -> None:
    say(store, account.id, make, "a", ANNA)
    store.mute(account.id, ANNA.id)
    store.remove_account(account.id)
    (person,) = store.muted_people()
    assert (person.kind, person.name, person.handle) == ("mastodon", "Anna", "anna@town.example")
    again = store.add_account("mastodon", "Shop", remote_id="us", url="https://a.example/@crumb").id
    found = say(store, again, make, "a", ANNA)
    assert store.conversation(found).waiting_since is None
    assert found in store.unmute(person.id)
    assert store.conversation(found).waiting_since is not None
    with pytest.raises(NotFound):
        store.unmute(person.id)


def test_muted_twice_is_one_person_in_the_list(store: Store, account, second: int, make) -> None:
    say(store, account.id, make, "a", ANNA)
    say(store, second, make, "b", ANNA)
    store.mute(account.id, ANNA.id)
    store.mute(second, ANNA.id)
    (person,) = store.muted_people()
    store.unmute(person.id)
    assert store.muted_people() == ()
    assert store.counts().new == 2


def test_only_what_the_muted_one_wrote_is_silent(store: Store, account, make, put) -> None:
    put(
        make.said("a", author=ANNA, minutes=-9, conversation_key="k", kind=MessageKind.COMMENT),
        make.said("b", minutes=-5, conversation_key="k", kind=MessageKind.COMMENT),
    )
    store.mute(account.id, ANNA.id)
    found = store.find_conversation(account.id, "b")
    assert found is not None
    assert store.conversation(found).waiting_since == make.said("b", minutes=-5).sent_at
    assert [one.is_muted for one in store.thread(found).messages] == [True, False]


def test_muting_for_an_account_that_is_gone(store: Store) -> None:
    with pytest.raises(NotFound):
        store.mute(4711, "x")
