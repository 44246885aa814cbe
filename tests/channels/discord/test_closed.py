"""A room that the bot may not read looks empty, and words may be hidden from it: both are told apart from
silence, and nothing said meanwhile is lost."""

from __future__ import annotations

import pytest

from services.errors import BadAnswer, ChannelError, Invalid, NotAllowed
from services.words import error_sentence, note_sentence
from tests.channels.chat_desk import ChatDesk, only
from tests.channels.chat_server import Said
from tests.channels.discord.standin import ANN, BOB, BOT, HISTORY, SEND, VIEW, Standin


def raised(call: object) -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        call()  # type: ignore[operator]
    return caught.value


def sentence(error: ChannelError) -> str:
    return error_sentence(error.kind, error.detail, "Discord", "Discord")


def test_a_named_room_without_history_is_refused_while_adding(fresh_desk: ChatDesk) -> None:
    fresh_desk.standin.rights[fresh_desk.standin.help] = VIEW | SEND
    error = raised(lambda: fresh_desk.sign_in(channel=fresh_desk.standin.help))
    assert (type(error), error.reason) == (NotAllowed, "no-history")
    assert sentence(error) == (
        "The bot of Discord may not read what was written in #help."
        " Give it the permission Read Message History there."
    )


def test_a_named_room_that_loses_its_history_later(fresh_desk: ChatDesk) -> None:
    desk, standin = fresh_desk, fresh_desk.standin
    desk.sign_in(channel=f"{standin.help},{standin.general}")
    desk.look()
    standin.rights[standin.help] = VIEW | SEND
    standin.say(BOB, "still there?", standin.help)
    standin.say(ANN, "I am", standin.general)
    heard = desk.step()
    assert only(list(heard.messages)).text == "I am"
    for batch in (heard, desk.step()):
        assert not batch.more
        assert (type(batch.trouble), batch.trouble.reason) == (NotAllowed, "one-room")
        assert batch.trouble.detail["name"] == "#help"
    assert "The other channels are heard." in sentence(batch.trouble)
    assert desk.gone == []
    desk.sign_in()
    assert desk.settings["note"] == "rooms-closed", "signing in again is not refused for one of them"
    standin.rights[standin.help] = VIEW | SEND | HISTORY
    assert only(desk.look()).text == "still there?"


def test_among_all_rooms_a_closed_one_is_a_note(fresh_desk: ChatDesk) -> None:
    fresh_desk.standin.rights[fresh_desk.standin.help] = VIEW | SEND
    assert fresh_desk.sign_in().note == "rooms-closed"
    assert only(fresh_desk.look()).author.name == "Ann Lee"
    assert "Read Message History" in note_sentence("rooms-closed", "Discord")
    fresh_desk.standin.rights[fresh_desk.standin.help] = VIEW | SEND | HISTORY
    fresh_desk.clock.advance(minutes=11)
    assert only(fresh_desk.look()).author.name == "bob"
    assert fresh_desk.settings["note"] == ""


def test_rooms_that_the_bot_may_not_see_are_nobodys_business(fresh_desk: ChatDesk) -> None:
    fresh_desk.standin.rights[fresh_desk.standin.help] = 0
    assert fresh_desk.sign_in().note == ""
    assert only(fresh_desk.look()).author.name == "Ann Lee"


def test_without_a_readable_room_the_account_is_in_trouble(fresh_desk: ChatDesk) -> None:
    standin: Standin = fresh_desk.standin
    for room in standin.rights:
        standin.rights[room] = VIEW | SEND
    assert raised(fresh_desk.sign_in).reason == "no-history"
    for room in standin.rights:
        standin.rights[room] = 0
    assert raised(fresh_desk.sign_in).reason == "no-rooms"
    standin.rights.clear()
    error = raised(fresh_desk.sign_in)
    assert sentence(error).endswith("Invite it to your server and let it see the channels.")


def test_where_the_permissions_are_not_told_a_message_is_asked_for(fresh_desk: ChatDesk) -> None:
    standin: Standin = fresh_desk.standin
    standin.fault("/(roles|members/.*)$", answer=Said(403, {"code": 50001}), times=None)
    standin.rights[standin.help] = VIEW | SEND
    assert fresh_desk.sign_in().note == "rooms-closed"


def test_a_room_the_bot_was_shut_out_of(fresh_desk: ChatDesk) -> None:
    standin: Standin = fresh_desk.standin
    fresh_desk.sign_in(channel=standin.help)
    fresh_desk.look()
    standin.rights[standin.help] = 0
    error = raised(fresh_desk.look)
    assert error.reason == "no-room"
    assert "View Channel" in sentence(error)
    asked = len(standin.log)
    raised(fresh_desk.look)
    assert len(standin.log) - asked <= 3, "refusals are counted by Discord; nothing hammers on"


def test_a_room_that_is_gone(fresh_desk: ChatDesk) -> None:
    standin: Standin = fresh_desk.standin
    fresh_desk.sign_in(channel=standin.help)
    fresh_desk.look()
    del standin.channels[standin.help]
    error = raised(fresh_desk.look)
    assert (type(error), error.reason) == (BadAnswer, "no-such-room")


def test_a_server_that_does_not_describe_its_channels(fresh_desk: ChatDesk) -> None:
    missing = Said(404, {"code": 0, "message": "404: Not Found"})
    fresh_desk.standin.fault(r"(guilds|channels/\d+$|threads)", answer=missing, times=None)
    fresh_desk.sign_in(channel=fresh_desk.standin.help)
    assert only(fresh_desk.look()).author.name == "bob"


def test_one_of_the_named_rooms_is_gone(fresh_desk: ChatDesk) -> None:
    standin: Standin = fresh_desk.standin
    fresh_desk.sign_in(channel=f"{standin.help},{standin.general}")
    fresh_desk.look()
    del standin.channels[standin.help]
    standin.say(ANN, "anybody?", standin.general)
    assert "anybody?" in {one.text for one in fresh_desk.look()}
    trouble = fresh_desk.step().trouble
    assert (type(trouble), trouble.reason if trouble else "") == (BadAnswer, "one-room")


@pytest.mark.parametrize("typed", ["general", "#general", "https://rosie.example/x", "12a", "-5"])
def test_what_is_no_channel_is_refused(fresh_desk: ChatDesk, typed: str) -> None:
    with pytest.raises(Invalid) as caught:
        fresh_desk.sign_in(channel=typed)
    assert caught.value.detail["field"] == "channel"


def test_eleven_channels_are_too_many(fresh_desk: ChatDesk) -> None:
    with pytest.raises(Invalid) as caught:
        fresh_desk.sign_in(channel=",".join(str(10**17 + one) for one in range(11)))
    assert caught.value.reason == "too-many-rooms"


# --- words that are hidden


def test_hidden_words_are_told_and_read_later(fresh_desk: ChatDesk) -> None:
    desk, standin = fresh_desk, fresh_desk.standin
    standin.has_intent = False
    assert desk.sign_in().note == "content-hidden"
    assert raised(desk.look).reason == "no-content"
    assert desk.seen == {}, "a complaint without its words is no message"
    standin.say(ANN, f"<@{BOT['id']}> can you hear me?", standin.general, mentions=[BOT])
    standin.say(ANN, "I said my bread was bad", standin.general)
    desk.clock.advance(60)
    heard = desk.step()
    assert only(list(heard.messages)).text == "@rosies-bot can you hear me?"
    error = raised(desk.look)
    assert sentence(error) == (
        "The bot of Discord is told who writes, but not what."
        " Switch on Message Content Intent on the bot's page for developers; nothing is lost."
    )
    standin.has_intent = True
    desk.clock.advance(60)
    assert {m.text for m in desk.look()} >= {
        "The rye bread I bought was mouldy. This is disgusting.",
        "Are you open on Sunday?",
        "I said my bread was bad",
    }
    assert desk.settings["note"] == ""
    assert desk.look() == []


def test_a_hidden_message_that_was_deleted_hides_no_other(fresh_desk: ChatDesk) -> None:
    desk, standin = fresh_desk, fresh_desk.standin
    desk.sign_in(channel=standin.general)
    desk.look()
    standin.has_intent = False
    gone = standin.say(ANN, "one", standin.general)
    standin.say(ANN, "two", standin.general)
    assert raised(desk.look).reason == "no-content"
    standin.remove(gone)
    assert raised(desk.look).reason == "no-content"
    standin.has_intent = True
    assert "two" in [m.text for m in desk.look()]


def test_a_message_without_words_is_no_reason_for_alarm_where_others_are_shown(desk: ChatDesk) -> None:
    desk.standin.say(ANN, "", desk.standin.general)
    assert [one.kind for one in only(desk.look()).attachments] == ["unknown"]
    missing = Said(404, {"code": 0, "message": "404: Not Found"})
    desk.standin.fault("applications", answer=missing, times=None)
    desk.standin.say(ANN, "", desk.standin.general)
    desk.standin.say(BOB, "words", desk.standin.general)
    assert len(desk.look()) == 2
    desk.standin.say(ANN, "", desk.standin.general)
    assert raised(desk.look).reason == "no-content", "nobody can tell"
    desk.standin.faults.clear()
    desk.clock.advance(60)
    assert len(desk.look()) >= 1
    assert desk.look() == []
