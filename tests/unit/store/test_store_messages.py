"""Messages on their way in: once each, edits and deletions, the cursor, the quiet first fetch."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from services.errors import NotFound
from services.model import Attachment, Author, Context, Deletion, MessageKind, MessageState, State, Verdict
from services.store import Store, digest
from tests.fakes import TUESDAY, FakeClock
from tests.unit.store.kit import COMPLAINT, PRAISE, SPAM, Builder, Step


def only(store: Store, view: str = "all"):  # type: ignore[no-untyped-def]
    (row,) = store.page(view).conversations
    return row


def test_a_message_becomes_a_row_complete_for_painting(store, account, make, put) -> None:
    said = make.said(
        "a",
        "The cake was cold.\n\nAgain!",
        minutes=-10,
        title="Visit",
        private=True,
        url="https://a.example/1",
        reply_until=TUESDAY + timedelta(hours=24),
        stars=2,
    )
    applied = put(said, verdicts={"a": COMPLAINT}, cursor={"min_id": "a"})
    row = only(store, "complaints")
    assert applied.added == applied.conversations == frozenset({row.id})
    assert [(one.remote_id, one.conversation_id, one.is_live) for one in applied.new] == [("a", row.id, True)]
    assert (row.account_id, row.kind, row.state, row.customer_name, row.customer_handle) == (
        account.id,
        MessageKind.MENTION,
        State.NEW,
        "Marta",
        "@marta",
    )
    assert (row.title, row.snippet, row.url) == ("Visit", "The cake was cold. Again!", "https://a.example/1")
    assert row.waiting_since == row.last_at == TUESDAY - timedelta(minutes=10)
    assert (row.is_complaint, row.score, row.reasons, row.topic) == (True, 0.9, ("wrong", "cold"), "order")
    assert (row.unread, row.messages, row.private, row.stars) == (1, 1, True, 2)
    assert row.reply_until == TUESDAY + timedelta(hours=24)
    assert store.cursor(account.id) == {"min_id": "a"}


def test_the_thread_gives_back_what_came_in(store, make, put) -> None:
    said = make.said(
        "a",
        "Hello",
        html="<p>Hello</p>",
        language="en",
        attachments=(Attachment("image", "https://a.example/i", "a cake"),),
        reply_context={"visibility": "public", "mentions": ["x"]},
        can_reply=False,
        why_not="closed",
        context=Context("Our post", "New cakes!", "https://a.example/p", "us", TUESDAY, "p", True),
        author=Author("m", "Marta", "@m", "https://a.example/@m", "https://a.example/m.png", 12),
    )
    put(said)
    thread = store.thread(only(store).id)
    (message,) = thread.messages
    assert thread.context == said.context
    assert message.author == said.author
    assert message.attachments == said.attachments
    assert message.reply_context == said.reply_context
    assert (message.html, message.can_reply, message.why_not, message.state) == (
        "<p>Hello</p>",
        False,
        "closed",
        "received",
    )
    assert store.find_conversation(only(store).account_id, "a") == thread.conversation.id
    assert store.find_conversation(only(store).account_id, "b") is None


def test_the_same_message_again_changes_nothing(store, account, make, put) -> None:
    said = make.said("a")
    put(said)
    before = only(store)
    applied = put(said, said)
    assert (applied.new, applied.updated, applied.conversations) == ((), 0, frozenset())
    assert only(store) == before
    assert store.known(account.id, ["a", "b"]) == {"a": digest(said)}


def test_twice_in_one_batch_is_once_in_the_store(store, make, put) -> None:
    assert len(put(make.said("a"), make.said("a")).new) == 1
    assert only(store).messages == 1


def test_an_edit_keeps_the_earlier_text_and_is_not_new_again(store, make, put) -> None:
    put(make.said("a", "Cold coffee", minutes=-9), make.answered("b", parent="a", minutes=-5))
    one = only(store, "waiting").id
    store.mark_read([one])
    applied = put(make.said("a", "Cold coffee, twice", minutes=-9, version="2", edited_at=TUESDAY))
    assert (applied.new, applied.updated, applied.added) == ((), 1, frozenset())
    row = only(store)
    assert (row.state, row.unread) == (State.WAITING, 0)
    first = store.thread(one).messages[0]
    assert (first.text, first.state, first.earlier, first.edited_at) == (
        "Cold coffee, twice",
        "edited",
        ("Cold coffee",),
        TUESDAY,
    )
    put(make.said("a", "Cold coffee, thrice", minutes=-9))
    assert store.thread(one).messages[0].earlier == ("Cold coffee", "Cold coffee, twice")


def test_an_edit_may_turn_a_waiting_message_into_a_complaint(store, make, put) -> None:
    put(make.said("a", "Hm"), verdicts={"a": PRAISE})
    put(make.said("a", "It was cold!"), verdicts={"a": COMPLAINT})
    assert only(store).is_complaint


def test_what_is_not_text_changes_without_being_an_edit(store, make, put) -> None:
    put(make.said("a", can_reply=True))
    assert put(make.said("a", can_reply=False, why_not="closed")).updated == 1
    (message,) = store.thread(only(store).id).messages
    assert (message.state, message.can_reply, message.earlier) == ("received", False, ())


def test_a_pending_comment_is_approved_without_being_edited(store, make, put) -> None:
    put(make.said("a", state=MessageState.PENDING))
    one = only(store).id
    assert store.thread(one).messages[0].state == "pending"
    put(make.said("a"))
    assert store.thread(one).messages[0].state == "received"


def test_a_deletion_keeps_the_text_and_ends_the_waiting(store, make, put) -> None:
    put(make.said("a", "Cold!"), verdicts={"a": COMPLAINT})
    one = only(store, "complaints").id
    applied = put(changes=(Deletion("a"), Deletion("never heard of")))
    assert (applied.deleted, applied.conversations) == (1, frozenset({one}))
    row = only(store, "done")
    assert (row.waiting_since, row.unread) == (None, 0)
    assert [(m.text, m.state) for m in store.thread(one).messages] == [("Cold!", "deleted")]
    assert put(changes=(Deletion("a"),)).deleted == 0


def test_deleted_and_there_again_is_received_again(store, make, put) -> None:
    put(make.said("a"))
    put(changes=(Deletion("a"),))
    put(make.said("a"))
    row = only(store, "new")
    assert store.thread(row.id).messages[0].state == "received"


def test_what_the_owner_answered_elsewhere_is_recognised(store, make, put) -> None:
    put(make.said("a", minutes=-60))
    put(make.answered("b", "From my phone", parent="a", minutes=-30))
    row = only(store, "waiting")
    assert row.answered_at == TUESDAY - timedelta(minutes=30)
    assert row.answered_elsewhere
    assert row.snippet == "From my phone"
    assert row.unread == 0
    assert [(m.direction.value, m.state, m.elsewhere) for m in store.thread(row.id).messages] == [
        ("inbound", "received", False),
        ("outbound", "sent", True),
    ]


def test_a_customer_message_reopens_and_a_muted_one_does_not(store, account, make, put) -> None:
    put(make.said("a", minutes=-60, conversation_key="k"), make.answered("b", parent="a", minutes=-50))
    store.mark([only(store).id], State.DONE)
    put(make.said("c", minutes=-40, conversation_key="k"))
    assert only(store, "new").waiting_since == TUESDAY - timedelta(minutes=40)
    store.mute(account.id, "marta")
    assert only(store).state is State.DONE
    applied = put(make.said("d", minutes=-1, conversation_key="k"))
    assert only(store).state is State.DONE
    assert [one.is_live for one in applied.new] == [False]
    assert applied.added == frozenset()
    store.mute(account.id, "marta", on=False)
    assert only(store, "new").state is State.NEW


def test_context_waits_for_nobody_until_it_is_addressed_to_us(store, make, put) -> None:
    put(
        make.said(
            "x", "Strangers talking", author="jonas", is_addressed=False, conversation_key="k", minutes=-9
        )
    )
    assert store.page("all").conversations == ()
    put(make.said("a", conversation_key="k", minutes=-5))
    row = only(store, "new")
    assert (row.customer_name, row.messages, row.unread) == ("Marta", 2, 1)
    applied = put(make.said("x", "Strangers talking", author="jonas", conversation_key="k", minutes=-9))
    assert [(one.remote_id, one.is_live) for one in applied.new] == [("x", True)]
    assert only(store, "new").waiting_since == TUESDAY - timedelta(minutes=9)


def test_a_first_fetch_is_quiet(store, make, put) -> None:
    since = TUESDAY - timedelta(days=14)
    applied = put(
        make.said("new", days=-1),
        make.said("old", days=-20),
        make.said("asked", days=-2),
        make.answered("did", parent="asked", days=-1),
        since=since,
    )
    assert {one.is_live for one in applied.new} == {False}
    shelves = {
        store.thread(one.conversation_id).messages[0].remote_id: store.conversation(one.conversation_id)
        for one in applied.new
    }
    assert {name: row.state for name, row in shelves.items()} == {
        "new": State.NEW,
        "old": State.DONE,
        "asked": State.WAITING,
    }
    assert {name: row.unread for name, row in shelves.items()} == {"new": 1, "old": 0, "asked": 0}
    put(make.said("late", "Me again", days=0, parent_id="old"))
    assert store.conversation(shelves["old"].id).state is State.NEW


def test_history_walked_back_later_is_quiet_too(store, make, put) -> None:
    applied = put(make.said("a", days=-3), live=False)
    assert [one.is_live for one in applied.new] == [False]
    assert only(store).state is State.NEW


def test_spam_from_a_stranger_arrives_as_spam(store, make, put) -> None:
    applied = put(make.said("a", "Buy followers", author="bot"), verdicts={"a": SPAM})
    assert only(store, "spam").state is State.SPAM
    assert [one.is_live for one in applied.new] == [False]
    put(make.said("b", "Buy more", author="bot", parent_id="a"), verdicts={"b": SPAM})
    assert only(store, "spam").messages == 2


def test_what_is_old_at_the_first_fetch_is_done_even_if_it_looks_like_spam(store, make, put) -> None:
    put(
        make.said("old", "Buy followers", author="one", days=-20),
        make.said("fresh", "Buy followers", author="two", days=-2),
        verdicts={"old": SPAM, "fresh": SPAM},
        since=make.start - timedelta(days=14),
    )
    assert {row.customer_name: row.state for row in store.page("all").conversations} == {
        "One": State.DONE,
        "Two": State.SPAM,
    }


def test_somebody_we_talked_to_is_never_spam_by_itself(store, make, put) -> None:
    put(make.said("a", minutes=-50), make.answered("b", parent="a", minutes=-40))
    put(make.said("c", minutes=-1), verdicts={"c": SPAM})
    assert {row.state for row in store.page("all").conversations} == {State.WAITING, State.NEW}


def test_a_follower_stands_on_the_hello_shelf(store, make, put) -> None:
    put(make.said("f", "", kind=MessageKind.FOLLOW))
    row = only(store, "hello")
    assert (row.state, row.waiting_since, row.kind) == (State.NEW, None, MessageKind.FOLLOW)
    assert store.page("new").conversations == ()
    store.mark([row.id], State.DONE)
    assert only(store, "done").id == row.id


def test_the_cursor_comes_with_the_last_slice(store, account, make) -> None:
    many = tuple(make.said(f"m{n}", minutes=-n) for n in range(250))
    applied = store.apply(account.id, Step(many, cursor={"at": 250}, settings={"moved": "yes"}), {})
    assert len(applied.new) == 250
    assert store.cursor(account.id) == {"at": 250}
    assert store.account(account.id).settings == {"moved": "yes"}
    ids = [one.message_id for one in sorted(applied.new, key=lambda one: int(one.remote_id[1:]))]
    assert ids == sorted(ids, reverse=True), "local ids follow the network's time"


def test_nothing_is_stored_for_an_account_that_is_gone(store, account, make) -> None:
    store.remove_account(account.id)
    with pytest.raises(NotFound):
        store.apply(account.id, Step((make.said("a"),)), {})


def test_the_worst_waiting_message_speaks_for_the_conversation(store, make, put) -> None:
    put(make.said("a", "Nice", minutes=-9, conversation_key="k"), verdicts={"a": PRAISE})
    put(make.said("b", "Cold", minutes=-8, conversation_key="k"), verdicts={"b": COMPLAINT})
    row = only(store, "complaints")
    assert (row.is_complaint, row.score, row.snippet) == (True, 0.9, "Nice Cold")
    put(make.answered("c", parent="b", minutes=-7))
    assert only(store).is_complaint, "the last customer message was one"
    put(make.said("d", "Thanks", minutes=-6, conversation_key="k"), verdicts={"d": PRAISE})
    assert not only(store, "new").is_complaint


def test_verdicts_can_be_given_anew(store, make, put) -> None:
    (new,) = put(make.said("a")).new
    assert store.rescore({new.message_id: Verdict(0.8, True, ("cold",), "heat")}) == {new.conversation_id}
    assert only(store, "complaints").reasons == ("cold",)
    assert store.rescore({new.message_id: Verdict(0.8, True, ("cold",), "heat")}) == frozenset()


def test_a_renamed_customer_has_the_new_name(store, make, put) -> None:
    put(make.said("a", conversation_key="k", minutes=-5))
    renamed = replace(make.said("b", conversation_key="k"), author=Author("marta", "Marta L.", "@martal"))
    put(renamed)
    assert (only(store).customer_name, only(store).customer_handle) == ("Marta L.", "@martal")


def test_the_clock_set_back_leaves_no_waiting_in_the_future(
    store, clock: FakeClock, make: Builder, put
) -> None:
    clock.set(TUESDAY - timedelta(days=400))
    put(make.said("a"))
    assert only(store, "new").waiting_since == TUESDAY - timedelta(days=400)
    assert only(store, "new").last_at == TUESDAY


def test_a_long_thread_opens_at_its_newest_end(store, make, put) -> None:
    put(*(make.said(f"m{n}", f"text {n}", minutes=n, conversation_key="k") for n in range(130)))
    row = only(store, "new")
    thread = store.thread(row.id, limit=50)
    assert [one.text for one in thread.messages] == [f"text {n}" for n in range(80, 130)]
    assert (thread.hidden_earlier, row.messages, row.unread) == (80, 130, 130)
