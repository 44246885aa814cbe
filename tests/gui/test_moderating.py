"""Approve, spam, trash, like, hide, block from the conversation: by mouse and keys, each with its words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QPushButton

from gui.theme import Theme
from services.errors import Unreachable
from services.model import MessageState, State
from tests.gui.talk import Talk, ask, make_talk

ABLE = {"approve": True, "spam": True, "delete": True, "hide": True, "like": True, "block": True}


@pytest.fixture
def able(tmp_path: Path, theme: Theme, qtbot: Any) -> Iterator[Talk]:
    yield from make_talk(tmp_path, theme, qtbot, **ABLE)


def click(talk: Talk, button: QPushButton) -> None:
    talk.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def words_of(menu: QMenu) -> list[str]:
    return [one.text().replace("&", "") for one in menu.actions() if not one.isSeparator()]


def press(talk: Talk, words: str) -> None:
    """A button of the question that is open."""
    box = talk.pane.moderating.question
    assert box is not None
    found = next(one for one in box.findChildren(QPushButton) if one.text().replace("&", "") == words)
    click(talk, found)


def message_state(talk: Talk, remote_id: str = "1") -> str:
    home = talk.app.store.find_conversation(talk.account.id, remote_id)
    assert home is not None
    found = talk.app.store.message(home, remote_id)
    assert found is not None
    return found.state


def test_what_waits_for_approval_says_so_and_is_approved(able: Talk) -> None:
    ask(able, "Is the rye vegan?", state=MessageState.PENDING)
    strip = able.pane.pending
    assert strip.isVisible()
    assert strip.words.text() == "Marta waits for your approval. Others cannot read it yet"
    assert able.lines()[0].endswith("· waiting for your approval")
    shown = [one.text() for one in strip.findChildren(QPushButton) if one.isVisible()]
    assert shown == ["Approve", "Spam", "Trash"]
    approve = strip.buttons["approve"]
    assert approve.accessibleName() == "Approve, what Marta wrote"
    approve.setFocus()
    able.qtbot.keyClick(approve, Qt.Key.Key_Space)
    able.until(lambda: not strip.isVisible())
    assert [one[:2] for one in able.network.moderated] == [("approve", "1")]
    assert message_state(able) == "received"
    able.until(lambda: not able.lines()[0].endswith("approval"))


def test_the_line_below_the_message_approves_as_well(able: Talk) -> None:
    ask(able, "Is the rye vegan?", state=MessageState.PENDING)
    line = able.pane.messages.bubbles()[0]._meta
    assert [one.text() for one in line._buttons] == ["Approve"]
    click(able, line._buttons[0])
    able.until(lambda: message_state(able) == "received")


def test_where_this_account_may_not_decide_nothing_is_offered(talk: Talk) -> None:
    ask(talk, "Is the rye vegan?", state=MessageState.PENDING)
    assert not talk.pane.pending.isVisible()
    assert talk.lines()[0].endswith("· not shown to others yet")
    assert talk.pane.messages.bubbles()[0].entry.deeds == ()


def test_several_are_counted_and_come_one_after_the_other(able: Talk) -> None:
    able.network.customer("1", "First", key="k", state=MessageState.PENDING)
    able.clock.advance(1)
    able.network.customer("2", "Second", author="jonas", key="k", state=MessageState.PENDING)
    able.hear()
    able.open("1")
    strip = able.pane.pending
    assert strip.words.text() == "2 wait for your approval at Toy, first Marta"
    click(able, strip.buttons["approve"])
    able.until(lambda: strip.words.text().startswith("Jonas waits"))
    click(able, strip.buttons["spam"])
    able.until(lambda: not strip.isVisible())
    assert [one[:2] for one in able.network.moderated] == [("approve", "1"), ("spam", "2")]


def test_what_cannot_be_taken_back_is_asked_once(able: Talk) -> None:
    id_ = ask(able, "Cheap watches", state=MessageState.PENDING)
    click(able, able.pane.pending.buttons["delete"])
    box = able.pane.moderating.question
    assert box is not None
    assert (box.text(), box.informativeText()) == (
        "Put this message in the trash at Toy?",
        "Nobody else gets to read it. What Marta wrote is kept here.",
    )
    press(able, "Keep it")
    assert able.network.moderated == []
    click(able, able.pane.pending.buttons["delete"])
    press(able, "Trash")
    able.until(lambda: message_state(able) == "deleted")
    assert able.app.store.conversation(id_).state is State.DONE
    able.until(lambda: able.lines()[0].endswith("no longer there, kept here"))


def test_escape_is_no(able: Talk) -> None:
    ask(able, "Cheap watches", state=MessageState.PENDING)
    click(able, able.pane.pending.buttons["delete"])
    box = able.pane.moderating.question
    assert box is not None
    with able.qtbot.waitSignal(box.finished):
        able.qtbot.keyClick(box, Qt.Key.Key_Escape)
    assert able.network.moderated == []


def test_the_menu_of_the_message_and_that_of_the_conversation(able: Talk) -> None:
    ask(able, "The rolls were stale")
    bubble = able.pane.messages.bubbles()[0]
    menu = bubble._text.menu()
    deeds = [
        "Spam, here and at Toy",
        "Delete at Toy…",
        "Hide from others at Toy",
        "Like",
        "Block Marta at Toy…",
    ]
    assert words_of(menu)[:5] == deeds
    menu.deleteLater()
    assert [one for one in words_of(able.pane.head.more_menu) if one in deeds] == [
        deeds[0],
        *deeds[1:],
    ]
    like = next(one for one in able.pane.head.more_menu.actions() if one.text() == "Like")
    like.trigger()
    able.until(lambda: [one[:2] for one in able.network.moderated] == [("like", "1")])


def test_hidden_is_said_and_not_offered_again(able: Talk) -> None:
    ask(able, "You are all thieves")
    able.pane.deeds.act("moderate:hide")
    able.until(lambda: able.lines()[0].endswith("· hidden from others"))
    assert "moderate:hide" not in [key for key, _, _ in able.pane.messages.bubbles()[0].entry.deeds]


def test_blocking_takes_the_conversation_away(able: Talk) -> None:
    id_ = ask(able, "You are all thieves")
    able.pane.deeds.act("moderate:block")
    with able.qtbot.waitSignal(able.pane.wants_next):
        press(able, "Block")
    assert able.app.store.conversation(id_).state is State.DONE


def test_spam_is_told_to_the_network_and_the_menu_says_so(able: Talk) -> None:
    id_ = ask(able, "Cheap watches")
    with able.qtbot.waitSignal(able.pane.wants_next):
        able.pane.deeds.act("spam")
    assert [one[:2] for one in able.network.moderated] == [("spam", "1")]
    assert able.app.store.conversation(id_).state is State.SPAM


def test_where_the_network_takes_no_such_word_the_menu_promises_none(talk: Talk) -> None:
    ask(talk, "Cheap watches")
    assert "Spam" in words_of(talk.pane.head.more_menu)
    with talk.qtbot.waitSignal(talk.pane.wants_next):
        talk.pane.deeds.act("spam")
    assert talk.network.moderated == []


def test_what_the_network_did_not_do_is_said_in_one_sentence(able: Talk) -> None:
    ask(able, "Is the rye vegan?", state=MessageState.PENDING)
    able.network.fail_moderate = [Unreachable("timeout")]
    click(able, able.pane.pending.buttons["approve"])
    able.until(able.pane.trouble.isVisible)
    # Nothing goes on by itself, so nothing of the kind is promised.
    assert able.pane.trouble.words.text() == "Toy town does not answer in time. Try again later."
    assert message_state(able) == "pending"
    assert able.pane.pending.isVisible()
    click(able, able.pane.pending.buttons["approve"])
    able.until(lambda: message_state(able) == "received")
    assert not able.pane.trouble.isVisible()


def test_marked_here_although_the_network_could_not_be_told(able: Talk) -> None:
    id_ = ask(able, "Cheap watches")
    able.network.fail_moderate = [Unreachable("timeout")]
    able.pane.deeds.act("spam")
    able.until(able.pane.trouble.isVisible)
    assert able.pane.trouble.words.text().startswith("It is marked here. Toy town does not answer in time.")
    assert able.app.store.conversation(id_).state is State.SPAM
    click(able, able.pane.trouble.close_button)
    assert not able.pane.trouble.isVisible()


def test_two_clicks_are_one_deed(able: Talk) -> None:
    ask(able, "Is the rye vegan?", state=MessageState.PENDING)
    message = able.pane.messages.bubbles()[0].entry.message
    able.pane.moderating.act("moderate:approve", message)
    able.pane.moderating.act("moderate:approve", message)
    able.until(lambda: message_state(able) == "received" and able.pane._jobs.waiting == 0)
    assert len(able.network.moderated) == 1


def test_an_answer_of_ours_is_taken_down(able: Talk) -> None:
    ask(able, "Is the rye vegan?")
    subject = able.pane.subject
    assert subject is not None
    able.app.inbox.reply(subject.id, "Yess", hold_s=0)
    able.app.engine.send_due()
    able.until(lambda: len(able.lines()) == 2 and able.lines()[1].startswith("Sent"))
    bubble = able.pane.messages.bubbles()[1]
    assert [words for _, words, _ in bubble.entry.deeds] == ["Delete at Toy…"]
    bubble._text.deeds_wanted.emit("moderate:delete")
    box = able.pane.moderating.question
    assert box is not None
    assert box.informativeText() == (
        "Nobody can read it there any more, and Marta waits for an answer again."
    )
    press(able, "Delete")
    able.until(lambda: able.lines()[1] == "Taken down at Toy")
    assert able.app.store.conversation(subject.id).state is State.NEW
