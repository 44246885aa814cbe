"""The whole application over a Discord server: added, polled, answered, exactly once."""

from __future__ import annotations

import pytest

from services.app import Shopbell
from services.errors import Invalid
from services.model import Account, OutboxState, State
from tests.channels.discord.standin import ANN, BOB, ROSIE, Standin


def add(app: Shopbell, standin: Standin, **settings: str) -> Account:
    return app.accounts.add("discord", {**standin.settings, **settings}, standin.secrets)


def complaint(app: Shopbell) -> int:
    return app.inbox.page("complaints").conversations[0].id


@pytest.mark.parametrize("cut", ["", "before", "after"])
def test_heard_answered_and_delivered_once(app: Shopbell, standin: Standin, cut: str) -> None:
    assert add(app, standin).name == "Discord"
    report = app.engine.sync_once().accounts[0]
    assert (report.new, report.error) == (2, None)
    if cut:
        standin.fault("/messages$", method="POST", cut=cut)
    item = app.inbox.reply(complaint(app), "We are so sorry.", hold_s=0)
    for _ in range(3):
        app.engine.sync_once()
    assert app.store.outbox_item(item.id).state is OutboxState.SENT
    assert [one["content"] for one in standin.sent] == ["We are so sorry."]
    thread = app.inbox.open(item.conversation_id)
    assert [m.text for m in thread.messages][1:] == ["We are so sorry."]
    assert not thread.messages[-1].elsewhere
    standin.say(ANN, "Thank you!", standin.general, answers=standin.sent[0]["_message"])
    app.engine.sync_once()
    assert len(app.inbox.open(item.conversation_id).messages) == 3


def test_one_bot_may_be_added_for_some_channels_and_for_others(app: Shopbell, standin: Standin) -> None:
    add(app, standin, channel=standin.general)
    add(app, standin, channel=standin.help)
    with pytest.raises(Invalid) as caught:
        add(app, standin, channel=standin.general)
    assert caught.value.reason == "already-there"
    assert [one.new for one in app.engine.sync_once().accounts] == [1, 1]


def test_what_our_people_answered_waits_for_nobody(app: Shopbell, standin: Standin) -> None:
    add(app, standin, staff="rosie")
    app.engine.sync_once()
    row = complaint(app)
    question = standin.messages[standin.general][0]
    standin.say(ROSIE, "So sorry, Ann.", standin.general, answers=question)
    app.engine.sync_once()
    after = app.inbox.open(row).conversation
    assert (after.state, after.answered_elsewhere) == (State.WAITING, True)


def test_an_answer_given_there_meanwhile_stops_ours(app: Shopbell, standin: Standin) -> None:
    add(app, standin, staff="rosie")
    app.engine.sync_once()
    item = app.inbox.reply(complaint(app), "We are so sorry.", hold_s=0)
    standin.say(ROSIE, "So sorry, Ann.", standin.general, answers=standin.messages[standin.general][0])
    app.engine.sync_once()
    assert standin.sent == []
    assert app.store.outbox_item(item.id).error_detail["reason"] == "already-answered"


def test_a_thread_under_a_message_is_its_conversation(app: Shopbell, standin: Standin) -> None:
    add(app, standin)
    app.engine.sync_once()
    row = complaint(app)
    standin.add_thread(standin.general, BOB, "Bread", "Same here", start=standin.messages[standin.general][0])
    app.engine.sync_once()
    assert [m.text for m in app.inbox.open(row).messages][1:] == ["Same here"]


def test_hidden_words_come_later_as_the_complaint_they_are(app: Shopbell, standin: Standin) -> None:
    standin.has_intent = False
    add(app, standin)
    report = app.engine.sync_once().accounts[0]
    assert report.error is not None
    assert report.error.reason == "no-content"
    assert app.inbox.page("all").conversations == ()
    standin.has_intent = True
    assert app.engine.sync_once().accounts[0].error is None
    assert "mouldy" in app.inbox.open(complaint(app)).messages[0].text


def test_what_the_bot_said_can_be_taken_back(app: Shopbell, standin: Standin) -> None:
    add(app, standin)
    app.engine.sync_once()
    item = app.inbox.reply(complaint(app), "We are so sorry.", hold_s=0)
    app.engine.sync_once()
    ours = app.inbox.open(item.conversation_id).messages[-1]
    app.moderation.moderate(ours.id, "delete")
    assert len(standin.messages[standin.general]) == 1
    app.engine.sync_once()
    assert app.inbox.open(item.conversation_id).messages[-1].state == "deleted"
