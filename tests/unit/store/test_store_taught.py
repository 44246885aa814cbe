"""What the owner taught outlives messages, accounts, versions and backups, and can be taken back."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from services.errors import NotFound
from services.model import State, Verdict
from services.store import Store, migrate, put_back
from tests.fakes import TUESDAY, FakeClock
from tests.unit.store.kit import COMPLAINT, SPAM

INSULT = Verdict(0.1, label="abuse")
INSULTING_COMPLAINT = Verdict(0.9, True, ("cold",), "not-fresh", label="abuse")


@pytest.fixture
def two(store: Store, make, put) -> tuple[int, ...]:
    put(
        make.said("a", "Cold!", minutes=-60),
        make.said("b", "Nice buns", minutes=-50, author="jonas"),
        verdicts={"a": COMPLAINT},
    )
    return tuple(one.id for one in (store.conversation(1), store.conversation(2)))


def said(store: Store, query: str = "") -> list[tuple[str, str]]:
    return [(one.text, one.label) for one in store.corrections(query)]


def test_corrections_are_listed_and_searched(store: Store, clock: FakeClock, two) -> None:
    store.label(1, "not-complaint")
    clock.advance(minutes=1)
    store.label(2, "complaint")
    assert said(store) == [("Nice buns", "complaint"), ("Cold!", "not-complaint")]
    assert [one.conversation_id for one in store.corrections()] == [2, 1]
    assert said(store, "BUNS nice") == [("Nice buns", "complaint")]
    assert said(store, "croissant") == []


def test_taken_back_and_taught_again(store: Store, clock: FakeClock, two) -> None:
    store.label(1, "not-complaint")
    (correction,) = store.corrections()
    gone, changed = store.forget_corrections([correction.id, 4711])
    assert (gone, changed, store.corrections()) == ((correction,), frozenset({1}), ())
    assert store.conversation(1).is_complaint
    assert store.teach_again(gone) == frozenset({1})
    assert store.corrections() == (correction,)
    assert not store.conversation(1).is_complaint


def test_what_was_said_since_outweighs_an_undo(store: Store, two) -> None:
    store.label(1, "not-complaint")
    gone, _ = store.forget_corrections(None)
    store.label(1, "complaint")
    store.teach_again(gone)
    assert said(store) == [("Cold!", "complaint")]


def test_spam_stays_spam_when_its_lesson_is_taken_back(store: Store, two) -> None:
    store.label(2, "spam")
    store.forget_corrections(None)
    assert store.corrections() == ()
    assert store.conversation(2).state is State.SPAM


def test_not_spam_puts_back_and_says_nothing_of_complaints(store: Store, make, put) -> None:
    put(make.said("a", "Cold! Buy now"), verdicts={"a": Verdict(0.9, True, is_spam=True)})
    assert store.conversation(1).state is State.SPAM
    store.label(1, "not-spam")
    row = store.conversation(1)
    assert (row.state, row.is_complaint, row.waiting_since) == (State.NEW, True, TUESDAY)
    assert said(store) == [("Cold! Buy now", "not-spam")]


def test_corrections_outlive_messages_and_accounts(store: Store, account, two) -> None:
    store.label(1, "complaint")
    store.mark([1], State.DONE)
    store.prune(TUESDAY + timedelta(days=1))
    assert store.corrections()[0].conversation_id is None
    store.remove_account(account.id)
    assert said(store) == [("Cold!", "complaint")]
    assert store.check() == []
    gone, changed = store.forget_corrections(None)
    assert (len(gone), changed) == (1, frozenset())
    store.teach_again(gone)
    assert said(store) == [("Cold!", "complaint")]


def test_corrections_outlive_a_backup_and_what_happened_after_it(
    store: Store, clock: FakeClock, tmp_path: Path, two
) -> None:
    store.label(1, "complaint")
    store.backup_to(tmp_path / "copy.db")
    store.forget_corrections(None)
    store.close()
    put_back(store.path, tmp_path / "copy.db")
    again = Store.open(store.path, clock)
    assert said(again) == [("Cold!", "complaint")]
    again.close()


def test_an_older_file_keeps_what_was_taught_and_who_was_muted(tmp_path: Path, clock: FakeClock) -> None:
    path = tmp_path / "old.db"
    old = {number: script for number, script in migrate.our_steps().items() if number < 3}
    migrate.prepare(path, "x", steps=old)
    with closing(sqlite3.connect(path)) as file:
        file.execute(
            "INSERT INTO accounts VALUES (1, 'mastodon', 'i', 'Shop', '@s', 'us', '', '{}', 0, 0,"
            " '2026-11-01T08:00:00.000Z')"
        )
        file.execute("INSERT INTO freshness (account_id) VALUES (1)")
        file.execute(
            "INSERT INTO handles VALUES (1, 'm', 'Mona', 'Mona@town.example', '', '', NULL, 1),"
            " (1, 'n', 'Nils', '@nils', '', '', NULL, 0)"
        )
        file.execute(
            "INSERT INTO message_status (id, account_id, remote_id, thread_key, parent_id, author_id, kind,"
            " direction, state, is_addressed, sent_at, digest, label) VALUES (5, 1, 'a', '', '', 'm',"
            " 'mention', 'inbound', 'received', 1, '2026-11-01T09:00:00.000Z', 'x:y', 'complaint')"
        )
        file.execute("INSERT INTO labels VALUES (5, 'Cold!', 'complaint', '2026-11-01T10:00:00.000Z')")
        file.commit()
    store = Store.open(path, clock)
    assert said(store) == [("Cold!", "complaint")]
    assert [(one.name, one.handle, one.kind) for one in store.muted_people()] == [
        ("Mona", "mona@town.example", "mastodon")
    ]
    store.remove_account(1)
    assert said(store) == [("Cold!", "complaint")]
    assert store.check() == []
    store.close()


def test_marks_and_labels_are_taken_back_as_they_were(store: Store, clock: FakeClock, two) -> None:
    store.label(1, "not-complaint")
    before = (store.rows(two), store.corrections())
    was = store.remember(two)
    for mark, teaches in (
        (lambda: store.label_all(two, "spam"), True),
        (lambda: store.mark(two, State.DONE), False),
        (lambda: store.mark(two, State.SNOOZED, until=TUESDAY + timedelta(days=1)), False),
        (lambda: store.label(1, "complaint"), True),
    ):
        mark()
        assert (store.rows(two), store.corrections()) != before
        assert store.put_back(was) == (frozenset(two), teaches)
        assert (store.rows(two), store.corrections()) == before


def test_an_undo_does_not_touch_what_came_after(store: Store, make, put, two) -> None:
    was = store.remember(two)
    store.mark(two, State.DONE)
    put(make.said("c", "And now?", parent_id="a", minutes=-1))
    store.put_back(was)
    assert store.conversation(1).unread == 2
    store.remove_account(1)
    assert store.put_back(was) == (frozenset(), False)
    with pytest.raises(NotFound):
        store.remember([4711])


def test_cleared_spam_is_gone_here_and_not_new_again(store: Store, account, make, put) -> None:
    spam = make.said("s", "Cheap pills", author="bot")
    put(spam, make.said("a"), verdicts={"s": SPAM})
    assert store.clear_spam([1, 2]) == frozenset({1})
    assert store.counts().spam == 0
    assert store.search("pills").conversations == ()
    assert store.thread(1).messages == ()
    assert store.conversation(2).state is State.NEW
    assert put(spam, verdicts={"s": SPAM}).new == ()
    assert store.view_size("all") == 1


def test_what_was_put_back_meanwhile_is_not_cleared(store: Store, make, put) -> None:
    put(make.said("s", "Cheap pills", author="bot"), verdicts={"s": SPAM})
    store.label(1, "not-spam")
    assert store.clear_spam([1]) == frozenset()
    assert len(store.thread(1).messages) == 1


def test_old_spam_counts_from_when_the_owner_said_so(store: Store, clock: FakeClock, make, put) -> None:
    put(
        make.said("old", "Pills", days=-60, author="bot"),
        make.said("new", "More pills", days=-1, author="bot2"),
        make.said("told", "Hello dear", days=-60, author="bot3"),
        verdicts={"old": SPAM, "new": SPAM},
    )
    told = store.find_conversation(1, "told")
    assert told is not None
    store.label(told, "spam")
    old = store.find_conversation(1, "old")
    assert store.clear_old_spam(TUESDAY - timedelta(days=30)) == frozenset({old})
    assert store.counts().spam == 2
    clock.advance(minutes=31 * 24 * 60)
    assert len(store.clear_old_spam(clock.now() - timedelta(days=30))) == 2


def test_what_may_insult_is_known_in_row_and_thread(store: Store, make, put) -> None:
    put(
        make.said("a", "You idiots", author="anna"),
        make.said("b", "Cold, you idiots", author="ben"),
        make.said("c", "Hello", author="carl"),
        verdicts={"a": INSULT, "b": INSULTING_COMPLAINT},
    )
    rows = {row.customer_name: row for row in store.rows([1, 2, 3]).values()}
    assert [(rows[name].is_abusive, rows[name].is_complaint) for name in ("Anna", "Ben", "Carl")] == [
        (True, False),
        (True, True),
        (False, False),
    ]
    assert store.counts().complaints == 1
    for one in (1, 2, 3):
        message = store.thread(one).messages[0]
        assert message.is_abusive is rows[message.author.name].is_abusive


def test_an_answered_insult_is_not_in_the_row_any_more(store: Store, make, put) -> None:
    put(make.said("a", "You idiots", minutes=-5), verdicts={"a": INSULT})
    put(make.answered("o", "We are sorry", parent="a"))
    assert not store.conversation(1).is_abusive
    assert store.thread(1).messages[0].is_abusive
