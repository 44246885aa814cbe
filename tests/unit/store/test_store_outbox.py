"""Replies on their way out: every state, undo, one at a time, and what a poll recognises."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from services.errors import Invalid, NotFound
from services.model import MessageKind, OutboxState, State
from services.store import Store, put_back
from tests.fakes import TUESDAY, FakeClock
from tests.unit.store.kit import COMPLAINT, US, Told

HOLD = TUESDAY + timedelta(seconds=10)
AFTER = TUESDAY + timedelta(seconds=11)


@pytest.fixture
def asked(store: Store, make, put) -> int:
    put(make.said("a", "Cold!", minutes=-9), verdicts={"a": COMPLAINT})
    return store.page("new").conversations[0].id


@pytest.fixture
def queue(store: Store, asked: int):  # type: ignore[no-untyped-def]
    def add(text: str = "Sorry!", key: str = "k1", **more):  # type: ignore[no-untyped-def]
        values = {
            "private": False,
            "parent_remote_id": "a",
            "hold_until": HOLD,
            "seen_id": 1,
            "conversation_id": asked,
        } | more
        return store.queue_reply(values.pop("conversation_id"), text, key=key, **values)

    return add


def test_in_a_copy_what_waited_counts_as_on_its_way(store: Store, asked: int, queue, tmp_path: Path) -> None:
    """The database it was copied from may have sent it since."""
    item = queue()
    store.backup_to(tmp_path / "copy.db")
    assert store.claim_reply(item.id, AFTER), "it leaves from the one"
    put_back(tmp_path / "other.db", tmp_path / "copy.db")
    other = Store.open(tmp_path / "other.db", FakeClock())
    try:
        assert other.due_replies(AFTER) == ()
        (doubted,) = other.outbox({OutboxState.SENDING})
        assert (doubted.text, doubted.key, doubted.attempts) == ("Sorry!", "k1", 1)
        assert doubted.first_attempt_at == item.created_at, "so far back it is looked for"
        other.reply_back(doubted.id, next_try_at=None)
        assert [one.text for one in other.due_replies(AFTER)] == ["Sorry!"], "certain that it never left"
    finally:
        other.close()


def test_a_reply_holds_then_leaves_then_is_there(store: Store, asked: int, queue) -> None:
    store.save_draft(asked, "Sorr")
    item = queue()
    assert (item.state, item.text, item.key, item.attempts, item.first_attempt_at) == (
        OutboxState.HOLDING,
        "Sorry!",
        "k1",
        0,
        None,
    )
    assert store.draft(asked) == ""
    assert store.conversation(asked).outbox_state is OutboxState.HOLDING
    assert store.due_replies(TUESDAY) == ()
    assert store.claim_reply(item.id, TUESDAY) is None, "still held"
    (due,) = store.due_replies(AFTER)
    claimed = store.claim_reply(due.id, AFTER)
    assert (claimed.state, claimed.attempts, claimed.first_attempt_at) == (OutboxState.SENDING, 1, AFTER)
    assert store.claim_reply(due.id, AFTER) is None
    assert store.due_replies(AFTER) == ()
    assert store.reply_sent(due.id, Told("r1", AFTER, "https://a.example/r1"), US) == frozenset({asked})
    row = store.conversation(asked)
    assert (row.state, row.outbox_state, row.unread, row.answered_elsewhere) == (
        State.WAITING,
        None,
        0,
        False,
    )
    assert (row.answered_at, row.snippet) == (AFTER, "Sorry!")
    last = store.thread(asked).messages[-1]
    assert (last.remote_id, last.state, last.text, last.url, last.elsewhere) == (
        "r1",
        "sent",
        "Sorry!",
        "https://a.example/r1",
        False,
    )
    sent = store.outbox_item(due.id)
    assert (sent.state, sent.remote_id, sent.sent_at) == (OutboxState.SENT, "r1", AFTER)
    assert store.outbox() == ()
    assert [one.id for one in store.outbox([OutboxState.SENT])] == [due.id]


def test_a_reply_of_ours_never_becomes_a_second_row(store: Store, make, put, asked: int, queue) -> None:
    item = queue()
    store.claim_reply(item.id, AFTER)
    store.reply_sent(item.id, Told("r1", AFTER), US)
    store.reply_sent(item.id, Told("r1", AFTER), US)
    put(make.answered("r1", "@marta Sorry!", parent="a", minutes=1, html="<p>@marta Sorry!</p>"))
    messages = store.thread(asked).messages
    assert [(m.remote_id, m.text, m.state, m.elsewhere, m.earlier) for m in messages[1:]] == [
        ("r1", "@marta Sorry!", "sent", False, ())
    ]


def test_a_poll_that_is_faster_than_the_sender(store: Store, make, put, asked: int, queue) -> None:
    item = queue()
    store.claim_reply(item.id, AFTER)
    put(make.answered("r1", "@marta@b.example, Sorry!", parent="a", minutes=1))
    assert store.outbox_item(item.id).state is OutboxState.SENDING
    assert not store.conversation(asked).answered_elsewhere
    store.reply_sent(item.id, Told("r1", AFTER), US)
    assert [m.remote_id for m in store.thread(asked).messages] == ["a", "r1"]


def test_another_answer_from_the_phone_is_not_taken_for_ours(
    store: Store, make, put, asked: int, queue
) -> None:
    item = queue()
    store.claim_reply(item.id, AFTER)
    put(make.answered("r9", "We are on it", parent="a", minutes=1))
    assert store.conversation(asked).answered_elsewhere
    store.reply_sent(item.id, Told("r1", AFTER), US)
    assert len(store.thread(asked).messages) == 3


@pytest.mark.parametrize(
    "shown", ["@marta sorry, we are.", "“Sorry, we are…”", "Food, spoiled\n\n@marta Sorry, we are."]
)
def test_unclear_is_settled_by_the_poll_that_shows_it(
    store: Store, make, put, asked: int, queue, shown: str
) -> None:
    item = queue("Sorry,  we are.")
    store.claim_reply(item.id, AFTER)
    assert store.reply_unclear(item.id, {"reason": "timeout"}).error_kind == "unclear"
    assert store.conversation(asked).outbox_state is OutboxState.UNCLEAR
    put(make.answered("r1", shown, parent="a", minutes=1))
    assert store.outbox_item(item.id).state is OutboxState.SENT
    assert store.outbox_item(item.id).remote_id == "r1"
    row = store.conversation(asked)
    assert (row.state, row.outbox_state, row.answered_elsewhere) == (State.WAITING, None, False)


def test_it_is_there_and_later_the_network_shows_it(store: Store, make, put, asked: int, queue) -> None:
    item = queue()
    store.claim_reply(item.id, AFTER)
    store.reply_unclear(item.id, {"reason": "timeout"})
    there = store.resolve_reply(item.id, is_there=True)
    assert (there.state, there.remote_id) == (OutboxState.SENT, "")
    assert store.conversation(asked).state is State.WAITING
    assert [(m.remote_id, m.state) for m in store.thread(asked).messages[1:]] == [("", "sent")]
    put(make.answered("r1", "@marta Sorry!", parent="a", minutes=1))
    assert [(m.remote_id, m.state, m.elsewhere) for m in store.thread(asked).messages[1:]] == [
        ("r1", "sent", False)
    ]
    assert store.outbox_item(item.id).remote_id == "r1"


def test_send_again_holds_with_force(store: Store, queue) -> None:
    item = queue()
    store.claim_reply(item.id, AFTER)
    store.reply_unclear(item.id)
    again = store.resolve_reply(item.id, is_there=False, key="k2")
    assert (again.state, again.force, again.key, again.first_attempt_at, again.error_kind) == (
        OutboxState.HOLDING,
        True,
        "k2",
        None,
        "",
    )
    assert [one.id for one in store.due_replies(AFTER)] == [item.id]


def test_undo_brings_the_text_back(store: Store, asked: int, queue) -> None:
    item = queue()
    assert store.cancel_reply(item.id).state is OutboxState.CANCELLED
    assert store.draft(asked) == "Sorry!"
    assert store.due_replies(AFTER) == ()
    assert [m.state for m in store.thread(asked).messages] == ["received"]
    assert store.cancel_reply(item.id) is None


def test_undo_never_overwrites_a_newer_draft(store: Store, asked: int, queue) -> None:
    item = queue()
    store.save_draft(asked, "newer")
    store.cancel_reply(item.id)
    assert store.draft(asked) == "newer"


def test_undo_is_too_late_once_it_leaves(store: Store, queue) -> None:
    item = queue()
    store.claim_reply(item.id, AFTER)
    assert store.cancel_reply(item.id) is None
    assert store.outbox_item(item.id).state is OutboxState.SENDING


def test_certain_that_nothing_left(store: Store, queue) -> None:
    item = queue()
    store.claim_reply(item.id, AFTER)
    later = AFTER + timedelta(minutes=1)
    back = store.reply_back(
        item.id, next_try_at=later, error_kind="unreachable", error_detail={"reason": "dns"}
    )
    assert (back.state, back.hold_until, back.error_kind, back.error_detail) == (
        OutboxState.HOLDING,
        HOLD,
        "unreachable",
        {"reason": "dns"},
    )
    assert store.due_replies(AFTER) == ()
    assert len(store.due_replies(later)) == 1
    assert store.claim_reply(item.id, later).first_attempt_at == AFTER


def test_a_failed_reply_is_shown_and_can_be_taken_back(store: Store, asked: int, queue) -> None:
    item = queue()
    store.claim_reply(item.id, AFTER)
    store.reply_failed(item.id, "refused", {"reason": "too-long"})
    last = store.thread(asked).messages[-1]
    assert (last.state, last.outbox_id, last.error_kind, last.error_detail) == (
        "failed",
        item.id,
        "refused",
        {"reason": "too-long"},
    )
    assert last.id < 0
    assert store.conversation(asked).outbox_state is OutboxState.FAILED
    store.cancel_reply(item.id)
    assert store.draft(asked) == "Sorry!"


def test_stopped_because_somebody_answered_meanwhile(store: Store, queue) -> None:
    item = queue()
    assert store.reply_stopped(item.id, "refused", {"reason": "answered"}).state is OutboxState.FAILED


def test_a_row_that_moved_on_is_left_alone(store: Store, queue) -> None:
    item = queue()
    store.cancel_reply(item.id)
    assert store.reply_failed(item.id, "refused").state is OutboxState.CANCELLED
    assert store.reply_back(item.id, next_try_at=None).state is OutboxState.CANCELLED
    assert store.reply_unclear(item.id).state is OutboxState.CANCELLED


def test_one_at_a_time_and_in_order(store: Store, queue) -> None:
    first, second = queue("one", "k1"), queue("two", "k2")
    assert [one.id for one in store.due_replies(AFTER)] == [first.id]
    store.claim_reply(first.id, AFTER)
    assert store.due_replies(AFTER) == ()
    store.reply_unclear(first.id)
    assert store.due_replies(AFTER) == ()
    store.resolve_reply(first.id, is_there=True)
    assert [one.id for one in store.due_replies(AFTER)] == [second.id]


def test_send_now_ends_the_hold(store: Store, queue) -> None:
    item = queue()
    assert store.release_reply(item.id).hold_until == TUESDAY
    assert [one.id for one in store.due_replies(TUESDAY)] == [item.id]


def test_send_and_close(store: Store, make, put, asked: int, queue) -> None:
    item = queue(close_after=True)
    store.claim_reply(item.id, AFTER)
    store.reply_sent(item.id, Told("r1", AFTER), US)
    assert store.conversation(asked).state is State.DONE
    put(make.said("b", "Thanks", minutes=5, parent_id="r1"))
    assert store.conversation(asked).state is State.NEW


def test_a_question_that_came_meanwhile_still_waits(store: Store, make, put, asked: int, queue) -> None:
    item = queue(close_after=True)
    put(make.said("b", "And where is my fork?", minutes=9, parent_id="a"))
    store.claim_reply(item.id, AFTER)
    store.reply_sent(item.id, Told("r1", AFTER), US)
    row = store.conversation(asked)
    assert (row.state, row.waiting_since) == (State.NEW, TUESDAY)
    assert row.snippet == "And where is my fork?"


def test_done_then_answered_is_waiting(store: Store, asked: int, queue) -> None:
    store.mark([asked], State.DONE)
    item = queue()
    store.claim_reply(item.id, AFTER)
    store.reply_sent(item.id, Told("r1", AFTER, is_pending=True), US)
    assert store.conversation(asked).state is State.WAITING
    assert store.thread(asked).messages[-1].state == "pending"


def test_the_clock_set_back_neither_loses_nor_hurries(store: Store, clock: FakeClock, queue) -> None:
    item = queue()
    a_moment_back = TUESDAY - timedelta(seconds=2)
    assert store.due_replies(a_moment_back) == (), "undo keeps its time"
    clock.set(TUESDAY - timedelta(days=30))
    assert [one.id for one in store.due_replies(clock.now())] == [item.id], "not in thirty days, but now"
    assert store.claim_reply(item.id, clock.now()) is not None


def test_the_same_key_is_one_reply(store: Store, queue) -> None:
    assert queue().id == queue("another text").id
    assert len(store.outbox()) == 1


def test_what_cannot_be_queued(store: Store, queue) -> None:
    with pytest.raises(Invalid):
        queue("  \n")
    with pytest.raises(NotFound):
        queue(conversation_id=4711)
    for call in (store.outbox_item, store.cancel_reply, store.release_reply):
        with pytest.raises(NotFound):
            call(4711)


def test_a_direct_reply_is_a_direct_message(store: Store, make, put) -> None:
    put(make.said("d", kind=MessageKind.DIRECT, conversation_key="direct:marta", private=True, minutes=-3))
    one = store.page("new").conversations[0].id
    item = store.queue_reply(
        one, "Hi", private=True, key="k", parent_remote_id="d", hold_until=TUESDAY, seen_id=1
    )
    store.claim_reply(item.id, TUESDAY)
    store.reply_sent(item.id, Told("r", TUESDAY, text="@marta Hi"), US)
    last = store.thread(one).messages[-1]
    assert (last.kind, last.private, last.text, last.author) == (MessageKind.DIRECT, True, "@marta Hi", US)
