"""What programs write: newsletters and out-of-office notes are kept, and nobody is rung up for them."""

from __future__ import annotations

from datetime import timedelta

from services.app import Shopbell
from services.events import AlertRaised, Event
from services.model import Account, OutboxState, State
from tests.fakes import FakeClock
from tests.toy import ToyNetwork

ANGRY = "Terrible! The worst cake ever, everything was wrong and nobody answered."


def test_a_newsletter_waits_for_nobody_and_never_rings(
    app: Shopbell, account: Account, network: ToyNetwork
) -> None:
    app.engine.sync_once()
    told: list[Event] = []
    app.events.listen(told.append)
    network.customer("n1", ANGRY, author="news", is_automatic=True)
    app.engine.sync_once()
    assert app.inbox.page("new").conversations == ()
    row = app.inbox.page("all").conversations[0]
    assert (row.state, row.is_complaint, row.score, row.unread, row.waiting_since) == (
        State.DONE,
        False,
        0.0,
        0,
        None,
    )
    assert [event for event in told if isinstance(event, AlertRaised)] == []
    message = app.inbox.open(row.id).messages[0]
    assert (message.is_automatic, message.is_addressed, message.text) == (True, True, ANGRY)


def test_the_same_words_by_a_person_do_ring(app: Shopbell, account: Account, network: ToyNetwork) -> None:
    app.engine.sync_once()
    told: list[Event] = []
    app.events.listen(told.append)
    network.customer("n1", ANGRY)
    app.engine.sync_once()
    assert [event.kind for event in told if isinstance(event, AlertRaised)] == ["complaint"]


def test_an_out_of_office_note_neither_reopens_nor_stops_an_answer(
    app: Shopbell, account: Account, network: ToyNetwork, clock: FakeClock
) -> None:
    network.customer("m1", ANGRY, key="k")
    app.engine.sync_once()
    row = app.inbox.page("new").conversations[0]
    item = app.inbox.reply(row.id, "We are sorry.", hold_s=0)
    clock.advance(minutes=1)
    network.customer("m2", "I am away until Monday.", key="k", is_automatic=True)
    app.engine.send_due()
    assert app.store.outbox_item(item.id).state is OutboxState.SENT
    clock.advance(minutes=1)
    network.customer("m3", "I am away until Monday.", key="k", is_automatic=True)
    app.engine.sync_once()
    after = app.inbox.open(row.id).conversation
    assert (after.state, after.waiting_since) == (State.WAITING, None)
    # The row still speaks of the person.
    assert after.is_complaint


def test_the_answer_goes_to_the_person_not_to_the_program(
    app: Shopbell, account: Account, network: ToyNetwork, clock: FakeClock
) -> None:
    network.customer("m1", ANGRY, key="k")
    network.customer(
        "m2", "Ticket 7 was opened.", key="k", is_automatic=True, at=clock.now() + timedelta(seconds=9)
    )
    app.engine.sync_once()
    row = app.inbox.page("new").conversations[0]
    assert app.inbox.answerable(app.inbox.open(row.id)).remote_id == "m1"
    network.customer("m9", "We have news.", key="other", is_automatic=True)
    app.engine.sync_once()
    alone = app.store.find_conversation(account.id, "m9")
    assert alone is not None
    assert app.inbox.answerable(app.inbox.open(alone)).remote_id == "m9"


def test_the_owner_may_say_that_it_does_wait_and_that_it_is_a_complaint(
    app: Shopbell, account: Account, network: ToyNetwork
) -> None:
    network.customer("n1", "Form: the bread was mouldy.", author="form", is_automatic=True)
    app.engine.sync_once()
    row = app.inbox.page("all").conversations[0]
    app.inbox.mark([row.id], State.NEW)
    app.inbox.label(row.id, "complaint")
    after = app.inbox.page("complaints").conversations[0]
    assert (after.id, after.state, after.is_complaint) == (row.id, State.NEW, True)


def test_what_turns_out_to_be_a_program_stops_being_judged(
    app: Shopbell, account: Account, network: ToyNetwork, clock: FakeClock
) -> None:
    said = network.customer("n1", ANGRY)
    app.engine.sync_once()
    assert app.inbox.page("complaints").conversations
    network.say_again(said, is_automatic=True)
    app.engine.sync_once()
    row = app.inbox.page("all").conversations[0]
    assert (row.is_complaint, row.state) == (False, State.DONE)
