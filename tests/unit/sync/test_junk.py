"""What the network's own filter put aside is to be found under spam, where it rings for nobody."""

from __future__ import annotations

from services.app import Shopbell
from services.events import AlertRaised, Event
from services.model import Account
from tests.toy import ToyNetwork

ANGRY = "Terrible! The worst cake ever, everything was wrong and nobody answered."


def test_junk_is_found_under_spam(app: Shopbell, account: Account, network: ToyNetwork) -> None:
    app.engine.sync_once()
    told: list[Event] = []
    app.events.listen(told.append)
    network.customer("j1", ANGRY, is_junk=True)
    network.customer("j2", "Buy now", author="mill", is_junk=True, is_automatic=True)
    app.engine.sync_once()
    assert app.inbox.page("new").conversations == ()
    assert app.inbox.page("complaints").conversations == ()
    assert {one.snippet for one in app.inbox.page("spam").conversations} == {ANGRY, "Buy now"}
    assert [event for event in told if isinstance(event, AlertRaised)] == []


def test_junk_within_a_conversation_stays_in_it(app: Shopbell, account: Account, network: ToyNetwork) -> None:
    """A customer whose second mail was taken for junk is heard all the same."""
    asked = network.customer("q1", "Are you open on Monday?")
    app.engine.sync_once()
    network.customer(
        "q2", "Hello? Anybody?", key=asked.conversation_key, parent_id=asked.remote_id, is_junk=True
    )
    app.engine.sync_once()
    (row,) = app.inbox.page("new").conversations
    assert row.messages == 2
    assert app.inbox.page("spam").conversations == ()
