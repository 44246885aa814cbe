"""Approve, spam, delete, hide, like, block: the network first, the list after it, the next poll agrees."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from services.app import Shopbell
from services.channels import Registry
from services.channels.base import Abilities
from services.credentials import Credentials
from services.errors import (
    BadAnswer,
    ChannelError,
    NotAllowed,
    NotFound,
    Refused,
    ShopbellError,
    SignInNeeded,
    Unclear,
    Unreachable,
)
from services.events import Event, MessagesChanged
from services.model import Author, Direction, MessageKind, MessageState, State, ThreadMessage
from services.moderation import offered
from services.words import problem
from tests.fakes import TUESDAY, FakeClock
from tests.toy import ToyNetwork, toy_channel
from tests.unit.sync.test_engine import eventually

ABLE = {"approve": True, "spam": True, "delete": True, "hide": True, "like": True, "block": True}
SIGN_IN = "Sign in again and allow it there."
AGAIN = "It is not known whether this was done; again does no harm."
Open = Callable[..., Shopbell]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def network(clock: FakeClock) -> ToyNetwork:
    return ToyNetwork(clock)


@pytest.fixture
def shop(tmp_path: Path, clock: FakeClock, network: ToyNetwork) -> Iterator[Open]:
    made: list[Shopbell] = []

    def open_one(**facts: bool) -> Shopbell:
        credentials = Credentials("moderation")
        credentials.keep_for_session()
        app = Shopbell.open(
            tmp_path / "profile",
            clock=clock,
            credentials=credentials,
            channels=Registry([toy_channel(network, **(facts or ABLE))]),
        )
        made.append(app)
        app.accounts.add("toy", {}, {"token": "good"}, name="Toy town")
        return app

    yield open_one
    for app in made:
        app.close()


def heard(app: Shopbell, remote_id: str) -> tuple[int, int]:
    """(message id, conversation id) after asking the network."""
    app.engine.sync_once()
    conversation = app.store.find_conversation(1, remote_id)
    assert conversation is not None
    found = app.store.message(conversation, remote_id)
    assert found is not None
    return found.id, conversation


def test_a_held_back_comment_is_let_through(shop: Open, network: ToyNetwork) -> None:
    app = shop()
    said = network.customer("c1", "Is it vegan?", state=MessageState.PENDING)
    message, conversation = heard(app, "c1")
    told: list[Event] = []
    app.events.listen(told.append)
    assert app.moderate(message, "approve") == conversation
    assert network.moderated == [("approve", "c1", {"place": "c1"})]
    assert app.store.message_by_id(message).message.state == "received"
    assert [e.conversations for e in told if isinstance(e, MessagesChanged)] == [frozenset({conversation})]
    # It waits for an answer as before, and the poll that follows brings no second change.
    assert app.inbox.open(conversation).conversation.state is State.NEW
    network.say_again(said, state=MessageState.RECEIVED)
    app.engine.sync_once()
    assert app.store.message_by_id(message).message.state == "received"
    assert app.store.message_by_id(message).message.earlier == ()


def test_the_network_has_the_last_word(shop: Open, network: ToyNetwork) -> None:
    """Somebody put it back into the queue there: shown although nothing else about it changed."""
    app = shop()
    said = network.customer("c1", "Is it vegan?", state=MessageState.PENDING)
    message, _ = heard(app, "c1")
    app.moderate(message, "approve")
    network.say_again(said)
    app.engine.sync_once()
    assert app.store.message_by_id(message).message.state == "pending"


@pytest.mark.parametrize(
    ("action", "before", "after"),
    [
        ("approve", MessageState.PENDING, "received"),
        ("delete", MessageState.RECEIVED, "deleted"),
        ("spam", MessageState.PENDING, "deleted"),
    ],
)
def test_a_poll_that_began_before_does_not_undo_it(
    shop: Open, network: ToyNetwork, action: str, before: MessageState, after: str
) -> None:
    app = shop()
    said = network.customer("c1", "Is it vegan?", state=before)
    message, _ = heard(app, "c1")
    network.hang = threading.Event()
    under_way = threading.Thread(target=app.engine.sync_once)
    under_way.start()
    try:
        assert eventually(lambda: network.is_hanging)
        app.moderate(message, action)
        # What it read there is older than the owner's word, and has other news in it.
        network.say_again(said, html="<p>Is it vegan?</p>")
    finally:
        network.hang.set()
        under_way.join(10)
    found = app.store.message_by_id(message).message
    assert (found.state, found.html) == (after, "<p>Is it vegan?</p>")
    # The next one is newer than it, and has the last word.
    network.hang = None
    network.say_again(said, html="<i>Is it vegan?</i>")
    app.engine.sync_once()
    assert app.store.message_by_id(message).message.state == before


@pytest.mark.parametrize(
    ("action", "state", "row_state"),
    [("delete", "deleted", State.DONE), ("hide", "hidden", State.DONE), ("spam", "deleted", State.SPAM)],
)
def test_what_is_taken_away_waits_for_nobody_and_its_words_are_kept(
    shop: Open, network: ToyNetwork, action: str, state: str, row_state: State
) -> None:
    app = shop()
    network.customer("c1", "Buy cheap watches at once")
    message, conversation = heard(app, "c1")
    app.moderate(message, action)
    found = app.store.message_by_id(message).message
    assert (found.state, found.text) == (state, "Buy cheap watches at once")
    row = app.inbox.open(conversation).conversation
    assert (row.state, row.waiting_since, row.unread) == (row_state, None, 0)
    assert app.inbox.counts().new == 0


@pytest.mark.parametrize("action", ["delete", "hide"])
def test_nobody_is_left_in_it_although_it_was_answered(shop: Open, network: ToyNetwork, action: str) -> None:
    app = shop()
    network.customer("c1", "You are all thieves")
    message, conversation = heard(app, "c1")
    app.inbox.reply(conversation, "We are not.", hold_s=0)
    app.engine.send_due()
    assert app.inbox.open(conversation).conversation.state is State.WAITING
    app.moderate(message, action)
    assert app.inbox.open(conversation).conversation.state is State.DONE


def test_our_own_answer_taken_down_closes_nothing(shop: Open, network: ToyNetwork) -> None:
    app = shop()
    network.customer("c1", "Is it vegan?", key="k")
    _, conversation = heard(app, "c1")
    app.inbox.reply(conversation, "Yess", hold_s=0)
    app.engine.send_due()
    app.moderate(app.inbox.open(conversation).messages[-1].id, "delete")
    assert app.inbox.open(conversation).conversation.state is State.NEW


def test_hidden_stays_hidden_while_the_network_goes_on_showing_it_to_us(
    shop: Open, network: ToyNetwork
) -> None:
    app = shop()
    said = network.customer("c1", "You are all thieves")
    message, _ = heard(app, "c1")
    app.moderate(message, "hide")
    network.say_again(said, html="<p>You are all thieves</p>")
    app.engine.sync_once()
    assert app.store.message_by_id(message).message.state == "hidden"


def test_spam_in_the_thread_of_others_takes_only_itself_away(shop: Open, network: ToyNetwork) -> None:
    app = shop()
    network.customer("c1", "Is it vegan?", key="k")
    network.customer("c2", "Cheap watches", author="robot", key="k")
    message, conversation = heard(app, "c2")
    app.moderate(message, "spam")
    row = app.inbox.open(conversation).conversation
    assert (row.state, row.customer_name) == (State.NEW, "Marta")


def test_who_is_blocked_rings_no_more(shop: Open, network: ToyNetwork) -> None:
    app = shop()
    network.customer("c1", "You are all thieves")
    message, conversation = heard(app, "c1")
    app.moderate(message, "block")
    assert app.inbox.open(conversation).conversation.state is State.DONE
    network.customer("c2", "Thieves!", key="c1")
    app.engine.sync_once()
    assert app.inbox.page("new").conversations == ()


def test_liking_changes_nothing_here(shop: Open, network: ToyNetwork) -> None:
    app = shop()
    network.customer("c1", "Best rye in town")
    message, conversation = heard(app, "c1")
    before = app.inbox.open(conversation)
    app.moderate(message, "like")
    assert network.moderated[0][0] == "like"
    assert app.inbox.open(conversation) == before


def test_an_answer_of_ours_can_be_taken_down_and_the_customer_waits_again(
    shop: Open, network: ToyNetwork
) -> None:
    app = shop(delete=True)
    network.customer("c1", "Is it vegan?")
    message, conversation = heard(app, "c1")
    app.inbox.reply(conversation, "Yess", hold_s=0)
    app.engine.send_due()
    ours = app.inbox.open(conversation).messages[-1]
    assert offered(app.channels.get("toy").abilities, ours) == ("delete",)
    # Here only our own words can be deleted.
    with pytest.raises(Refused):
        app.moderate(message, "delete")
    app.moderate(ours.id, "delete")
    assert network.moderated == [("delete", ours.remote_id, {})]
    assert app.inbox.open(conversation).conversation.state is State.NEW


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (Unreachable("timeout"), "unreachable", "Toy town does not answer in time. Try again later."),
        (
            SignInNeeded("token"),
            "sign-in-needed",
            "Toy town does not accept this sign-in. Sign in again.",
        ),
        (
            NotAllowed("scope", permission="write:blocks"),
            "not-allowed",
            f"Toy town does not allow blocking people. {SIGN_IN}",
        ),
        (
            Refused("not-allowed", action="spam"),
            "refused",
            "Toy town did not accept this. Nothing was changed. Open it there.",
        ),
        (
            Unclear("timeout"),
            "unclear",
            f"The connection to Toy town broke off. {AGAIN}",
        ),
    ],
    ids=["unreachable", "sign-in", "permission", "refused", "unclear"],
)
def test_when_the_network_does_not_do_it_nothing_changes_here(
    shop: Open, network: ToyNetwork, error: ChannelError, kind: str, words: str
) -> None:
    app = shop()
    network.customer("c1", "Cheap watches")
    message, conversation = heard(app, "c1")
    before = app.inbox.open(conversation)
    network.fail_moderate = [error]
    with pytest.raises(ShopbellError) as caught:
        app.moderate(message, "spam")
    assert caught.value.kind == kind
    assert problem(caught.value, "Toy town", "Toy") == words
    assert app.inbox.open(conversation) == before


def test_what_is_gone_already_needs_no_taking_away(shop: Open, network: ToyNetwork) -> None:
    app = shop()
    network.customer("c1", "Cheap watches")
    message, conversation = heard(app, "c1")
    network.fail_moderate = [BadAnswer("not-found", status=404)]
    app.moderate(message, "delete")
    assert app.inbox.open(conversation).conversation.state is State.DONE


def test_what_is_gone_cannot_be_approved_and_is_shown_as_gone(shop: Open, network: ToyNetwork) -> None:
    app = shop()
    network.customer("c1", "Is it vegan?", state=MessageState.PENDING)
    message, _ = heard(app, "c1")
    network.fail_moderate = [Refused("gone")]
    with pytest.raises(Refused, match="message-gone"):
        app.moderate(message, "approve")
    assert app.store.message_by_id(message).message.state == "deleted"


def test_what_a_place_cannot_do_is_not_asked_of_it(shop: Open, network: ToyNetwork) -> None:
    app = shop(like=True)
    network.customer("c1", "Cheap watches")
    message, _ = heard(app, "c1")
    for action in ("spam", "approve", "hide", "block", "delete", "mark-read", "reads", "__class__"):
        with pytest.raises(Refused, match="not-offered"):
            app.moderate(message, action)
    with pytest.raises(NotFound):
        app.moderate(9_999, "like")
    assert network.moderated == []


# --- the owner's own word on a whole conversation


def test_marking_as_spam_tells_the_network_where_it_takes_that(shop: Open, network: ToyNetwork) -> None:
    app = shop()
    network.customer("c1", "Cheap watches", author="robot", key="k")
    network.customer("c2", "Very cheap watches", author="robot", key="k")
    network.customer("c3", "Go away, robot", author="jonas", key="k")
    _, conversation = heard(app, "c1")
    app.moderation.mark_spam([conversation])
    assert [(action, one) for action, one, _ in network.moderated] == [("spam", "c1"), ("spam", "c2")]
    assert app.inbox.open(conversation).conversation.state is State.SPAM


def test_marking_as_spam_stays_here_where_the_network_takes_no_such_word(
    shop: Open, network: ToyNetwork
) -> None:
    app = shop(like=True)
    network.customer("c1", "Cheap watches")
    _, conversation = heard(app, "c1")
    assert not app.moderation.reports_spam(conversation)
    app.moderation.mark_spam([conversation])
    assert network.moderated == []
    assert app.inbox.open(conversation).conversation.state is State.SPAM


def test_marking_as_spam_holds_here_when_the_network_cannot_be_told(shop: Open, network: ToyNetwork) -> None:
    app = shop()
    network.customer("c1", "Cheap watches", author="a")
    network.customer("c2", "Cheaper watches", author="b")
    _, first = heard(app, "c1")
    _, second = heard(app, "c2")
    network.fail_moderate = [Unreachable("timeout")]
    with pytest.raises(Unreachable):
        app.moderation.mark_spam([first, second])
    assert {app.inbox.open(one).conversation.state for one in (first, second)} == {State.SPAM}
    assert [one for _, one, _ in network.moderated] == ["c2"]


# --- what is offered


MESSAGE = ThreadMessage(
    1, "c1", Direction.INBOUND, MessageKind.COMMENT, Author("m"), "Hi", "", TUESDAY, "", False, "received"
)
ALL = Abilities(frozenset(), **ABLE)


@pytest.mark.parametrize(
    ("message", "actions"),
    [
        (MESSAGE, ("spam", "delete", "hide", "like", "block")),
        (replace(MESSAGE, state="pending"), ("approve", "spam", "delete", "block")),
        (replace(MESSAGE, state="hidden"), ("spam", "delete", "like", "block")),
        (replace(MESSAGE, state="deleted"), ()),
        (replace(MESSAGE, direction=Direction.OUTBOUND, state="sent"), ("delete",)),
        (replace(MESSAGE, direction=Direction.OUTBOUND, state="failed"), ()),
        (replace(MESSAGE, remote_id=""), ()),
    ],
    ids=["plain", "pending", "hidden", "deleted", "ours", "ours came back", "in the outbox"],
)
def test_only_what_makes_sense_is_offered(message: ThreadMessage, actions: tuple[str, ...]) -> None:
    assert offered(ALL, message) == actions
    assert offered(Abilities(frozenset()), message) == ()


def test_where_only_our_own_words_can_be_deleted_theirs_are_not_offered() -> None:
    assert offered(Abilities(frozenset(), delete=True), MESSAGE) == ()
    assert offered(Abilities(frozenset(), delete=True, delete_theirs=True), MESSAGE) == ("delete",)
