"""What the owner does: marks, snoozes, labels, merges, mutes; and the small things that are kept."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.errors import Invalid, NotFound
from services.model import NOTHING, State, Template
from services.store import Store
from tests.fakes import TUESDAY, FakeClock
from tests.unit.store.kit import COMPLAINT, PRAISE, Step


@pytest.fixture
def two(store: Store, make, put):  # type: ignore[no-untyped-def]
    put(
        make.said("a", "Cold!", minutes=-60),
        make.said("b", "Nice", minutes=-50, author="jonas"),
        verdicts={"a": COMPLAINT, "b": PRAISE},
    )
    return tuple(store.view_ids("new")[0])


@pytest.mark.parametrize("state", [State.DONE, State.WAITING, State.SPAM])
def test_marked_and_marked_back(store: Store, two, state: State) -> None:
    assert store.mark(two, state) == frozenset(two)
    assert {row.state for row in store.rows(two).values()} == {state}
    assert {row.unread for row in store.rows(two).values()} == {0}
    store.mark(two, State.NEW)
    rows = store.rows(two)
    assert {row.state for row in rows.values()} == {State.NEW}
    assert rows[two[0]].waiting_since == TUESDAY - timedelta(minutes=60)


def test_new_again_after_an_answer(store: Store, clock: FakeClock, make, put, two) -> None:
    put(make.answered("o", parent="a", minutes=-40))
    assert store.conversation(two[0]).state is State.WAITING
    store.mark(two[:1], State.NEW)
    assert store.conversation(two[0]).waiting_since == TUESDAY - timedelta(minutes=60)
    put(make.answered("o2", parent="a", minutes=5))
    assert store.conversation(two[0]).state is State.WAITING


def test_a_mark_for_what_does_not_exist_changes_nothing(store: Store, two) -> None:
    with pytest.raises(NotFound):
        store.mark([two[0], 4711], State.DONE)
    assert store.conversation(two[0]).state is State.NEW


def test_snoozed_until(store: Store, clock: FakeClock, two) -> None:
    until = TUESDAY + timedelta(hours=1)
    store.mark(two[:1], State.SNOOZED, until=until)
    row = store.conversation(two[0])
    assert (row.state, row.snoozed_until, row.waiting_since) == (
        State.SNOOZED,
        until,
        TUESDAY - timedelta(minutes=60),
    )
    assert store.wake_snoozed(until - timedelta(seconds=1)) == frozenset()
    assert store.wake_snoozed(until) == frozenset(two[:1])
    row = store.conversation(two[0])
    assert (row.state, row.snoozed_until) == (State.NEW, None)


def test_snoozed_wakes_when_they_write_and_rests_when_answered(store: Store, make, put, two) -> None:
    store.mark(two, State.SNOOZED, until=TUESDAY + timedelta(days=1))
    put(make.said("c", parent_id="a", minutes=-1), make.answered("o", parent="b", minutes=-1))
    assert [store.conversation(one).state for one in two] == [State.NEW, State.WAITING]
    assert store.wake_snoozed(TUESDAY + timedelta(days=2)) == frozenset()


def test_a_snoozed_answer_comes_back_as_a_question(store: Store, make, put, two) -> None:
    put(make.answered("o", parent="a", minutes=-1))
    store.mark(two[:1], State.SNOOZED, until=TUESDAY + timedelta(hours=1))
    assert store.conversation(two[0]).state is State.SNOOZED
    store.wake_snoozed(TUESDAY + timedelta(hours=2))
    assert store.conversation(two[0]).state is State.NEW


def test_labels_overrule_the_verdict_and_can_be_taken_back(store: Store, make, put, two) -> None:
    bad, good = two
    store.label(bad, "not-complaint")
    store.label(good, "complaint")
    rows = store.rows(two)
    assert (rows[bad].is_complaint, rows[good].is_complaint, rows[bad].is_labelled) == (False, True, True)
    assert [(one.text, one.label, one.labelled_at) for one in store.labels()] == [
        ("Cold!", "not-complaint", TUESDAY),
        ("Nice", "complaint", TUESDAY),
    ]
    assert store.counts().complaints == 1
    store.label(bad, None)
    assert store.conversation(bad).is_complaint
    assert not store.conversation(bad).is_labelled
    assert [one.label for one in store.labels()] == ["complaint"]


def test_a_label_speaks_of_what_was_said_not_of_what_will_be(store: Store, make, put, two) -> None:
    store.label(two[0], "not-complaint")
    put(make.said("c", "Still cold!!", parent_id="a", minutes=-1), verdicts={"c": COMPLAINT})
    assert store.conversation(two[0]).is_complaint


def test_labelled_spam_and_back(store: Store, two) -> None:
    store.label(two[1], "spam")
    assert store.conversation(two[1]).state is State.SPAM
    store.label(two[1], None)
    assert store.conversation(two[1]).state is State.NEW
    with pytest.raises(Invalid):
        store.label(two[1], "boring")


def test_mark_read(store: Store, two) -> None:
    assert store.mark_read(two) == frozenset(two)
    assert {row.unread for row in store.rows(two).values()} == {0}
    assert store.mark_read(two) == frozenset()


def test_merged_conversations_are_one(store: Store, make, put, two) -> None:
    into, other = two
    store.save_draft(other, "Dear both")
    assert store.merge(into, other) == frozenset(two)
    assert list(store.rows(two)) == [into]
    assert store.thread(other).conversation.id == into
    assert (store.conversation(into).messages, store.draft(other)) == (2, "Dear both")
    assert store.counts().new == 1
    put(make.said("c", parent_id="b", minutes=-1))
    assert store.conversation(into).messages == 3
    assert store.merge(into, other) == frozenset()


def test_two_accounts_are_never_merged(store: Store, make, two) -> None:
    second = store.add_account("feeds", "Blog")
    store.apply(second.id, Step((make.said("x"),)), {})
    with pytest.raises(Invalid):
        store.merge(two[0], store.find_conversation(second.id, "x"))


def test_drafts(store: Store, two) -> None:
    store.save_draft(two[0], "Dear Marta")
    assert store.draft(two[0]) == store.thread(two[0]).draft == "Dear Marta"
    assert store.conversation(two[0]).has_draft
    store.save_draft(two[0], " ")
    assert (store.draft(two[0]), store.conversation(two[0]).has_draft) == ("", False)
    with pytest.raises(NotFound):
        store.save_draft(4711, "x")


def test_templates(store: Store) -> None:
    sorry = store.save_template(Template(0, "Sorry", "Dear {first_name}", "sorry", "en"))
    thanks = store.save_template(Template(0, "Thanks", "Thank you"))
    store.used_template(thanks.id)
    assert [one.name for one in store.templates()] == ["Thanks", "Sorry"]
    changed = store.save_template(Template(sorry.id, "Sorry", "Hello", "s"))
    assert (changed.text, changed.shortcut, changed.used) == ("Hello", "s", 0)
    with pytest.raises(Invalid):
        store.save_template(Template(0, "Thanks", "again"))
    with pytest.raises(Invalid):
        store.save_template(Template(0, "Empty", " "))
    store.remove_template(sorry.id)
    assert [one.name for one in store.templates()] == ["Thanks"]
    for call in (lambda: store.remove_template(sorry.id), lambda: store.save_template(sorry)):
        with pytest.raises(NotFound):
            call()


def test_named_values(store: Store) -> None:
    assert store.get_meta("tour") is None
    store.set_meta("tour", "1")
    store.set_meta("tour", "2")
    assert store.get_meta("tour") == "2"
    store.set_meta("tour", None)
    assert store.get_meta("tour") is None


def test_accounts(store: Store) -> None:
    one = store.add_account(
        "mastodon", "Shop", handle="@s", remote_id="7", url="https://a.example/@s", settings={"server": "a"}
    )
    other = store.add_account("mastodon", "Shop there", remote_id="7", url="https://b.example/@s")
    feed = store.add_account("feeds", "Blog", settings={"url": "https://b.example/feed"})
    with pytest.raises(Invalid) as refused:
        store.add_account(
            "mastodon",
            "Again",
            remote_id="7",
            url="https://a.example/@s",
            settings={"server": "a", "limit": 5},
        )
    assert refused.value.reason == "already-there"
    with pytest.raises(Invalid):
        store.add_account("feeds", "Twice", settings={"url": "https://b.example/feed"})
    assert [account.id for account in store.accounts()] == [one.id, other.id, feed.id]
    changed = store.update_account(one.id, name="My shop", settings={"limit": 500}, paused=True)
    assert (changed.name, changed.settings, changed.paused, changed.handle) == (
        "My shop",
        {"server": "a", "limit": 500},
        True,
        "@s",
    )
    assert store.account(one.id) == changed
    store.remove_account(feed.id)
    with pytest.raises(NotFound):
        store.account(feed.id)
    again = store.add_account("feeds", "Blog", settings={"url": "https://b.example/feed"})
    assert again.id > feed.id, "a number is never given twice"


def test_removing_an_account_takes_everything_of_it(store: Store, account, make, put) -> None:
    put(*(make.said(f"m{n}", conversation_key=f"k{n}", minutes=-n) for n in range(450)))
    put(make.answered("orphan", parent="nobody"))
    store.queue_reply(1, "Hi", private=False, key="k", parent_remote_id="m1", hold_until=TUESDAY, seen_id=0)
    store.label(1, "complaint")
    store.mute(account.id, "marta")
    store.remove_account(account.id)
    assert store.accounts() == ()
    assert store.counts().new == store.view_size("all") == 0
    with store._database.read() as connection:
        left = [
            (name, number)
            for (name,) in connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE 'CREATE TABLE %'"
            )
            if not name.startswith(("sqlite_", "messages_fts"))
            and (number := connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0])
        ]
    # What the owner taught, and whom they muted, is theirs and not the account's.
    assert left == [("labels", 1), ("muted_people", 1)]
    assert store.check() == []


def test_a_removal_that_was_cut_off_is_finished_at_the_next_start(tmp_path, clock, make) -> None:  # type: ignore[no-untyped-def]
    from services.store import accounts as room

    store = Store.open(tmp_path / "inbox.db", clock)
    account = store.add_account("toy", "Toy")
    store.apply(account.id, Step(tuple(make.said(f"m{n}") for n in range(300))), {})
    store._database.write(lambda connection: room.begin_removal(connection, account.id))
    store._database.write(lambda connection: room.remove_slice(connection, account.id, clock.now()))
    assert store.accounts() == ()
    store.close()
    store = Store.open(tmp_path / "inbox.db", clock)
    for _ in range(5):
        # Each write waits for the slices queued before it; two are left.
        store.set_meta("turn", "1")
    assert store.view_size("all") == 0
    store.close()


def test_freshness(store: Store, clock: FakeClock, account) -> None:
    assert store.freshness(account.id).backfilling
    store.heard(account.id, next_poll=TUESDAY + timedelta(minutes=2), backfilling=False)
    fresh = store.freshness(account.id)
    assert (fresh.heard, fresh.failing_since, fresh.next_poll, fresh.backfilling) == (
        TUESDAY,
        None,
        TUESDAY + timedelta(minutes=2),
        False,
    )
    clock.advance(minutes=5)
    store.failed(account.id, "unreachable", {"reason": "dns"}, next_poll=TUESDAY + timedelta(minutes=9))
    clock.advance(minutes=5)
    store.failed(account.id, "sign-in-needed", NOTHING, next_poll=None)
    fresh = store.freshness_all()[account.id]
    assert (fresh.heard, fresh.failing_since) == (TUESDAY, TUESDAY + timedelta(minutes=5))
    assert (fresh.error_kind, fresh.failures, fresh.next_poll) == ("sign-in-needed", 2, None)
    clock.set(TUESDAY - timedelta(days=1))
    store.failed(account.id, "unreachable", NOTHING, next_poll=None)
    assert store.freshness(account.id).failing_since == TUESDAY - timedelta(days=1)
    store.heard(account.id, next_poll=TUESDAY)
    fresh = store.freshness(account.id)
    assert (fresh.failing_since, fresh.error_kind, fresh.failures, fresh.error_detail) == (None, "", 0, {})
    with pytest.raises(NotFound):
        store.freshness(4711)
