"""Marks by one key, each with its undo, and folded words. A real store, the real window."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from gui.conversation.bubble import UNFOLD
from gui.inbox.model import RowRole
from services.model import State, Verdict
from tests.gui.marking import Town

ABUSE = Verdict(0.1, label="abuse")
FOLDED = "This message may be abusive"


def test_one_key_says_complaint_and_z_takes_it_back(town: Town) -> None:
    before = town.app.store.rows([town.id("2")])
    town.choose("2")
    town.press(Qt.Key.Key_C)
    town.until(town.said)
    assert town.said() == "Marked as a complaint"
    assert town.taught() == [("Lovely buns", "complaint")]
    assert town.app.store.conversation(town.id("2")).is_complaint
    assert town.window.actions_["undo"].isEnabled()
    town.press(Qt.Key.Key_Z)
    town.until(lambda: not town.taught())
    after = town.app.store.rows([town.id("2")])
    assert after[town.id("2")].is_complaint is before[town.id("2")].is_complaint
    town.until(lambda: not town.said())
    assert not town.window.actions_["undo"].isEnabled()


def test_not_a_complaint_leaves_the_view_and_comes_back_by_the_button(town: Town) -> None:
    town.app.inbox.label(town.id("1"), "complaint")
    town.window.show_view("complaints")
    town.until(lambda: town.window.inbox.model.row_of(town.id("1")) >= 0)
    town.choose("1")
    town.press(Qt.Key.Key_C, Qt.KeyboardModifier.ShiftModifier)
    town.until(lambda: town.window.inbox.model.row_of(town.id("1")) < 0)
    bar = town.window.inbox.mark_bar
    assert bar is not None
    assert bar.back.accessibleName() == "Undo: Marked as no complaint"
    town.qtbot.mouseClick(bar.back, Qt.MouseButton.LeftButton)
    town.until(lambda: town.window.inbox.model.row_of(town.id("1")) >= 0)
    assert town.taught() == [("The cake was late", "complaint")]


def test_spam_by_one_key_teaches_and_comes_back(town: Town) -> None:
    town.choose("3")
    town.press(Qt.Key.Key_Exclam)
    town.until(lambda: town.state("3") is State.SPAM)
    assert town.taught() == [("Buy followers", "spam")]
    town.until(lambda: town.window.inbox.model.row_of(town.id("3")) < 0)
    town.press(Qt.Key.Key_Z)
    town.until(lambda: town.state("3") is State.NEW)
    assert town.taught() == []
    town.until(lambda: town.window.inbox.model.row_of(town.id("3")) >= 0)


def test_what_the_network_was_told_stays_told_there(open_town: Callable[..., Town]) -> None:
    town = open_town(spam=True)
    town.choose("3")
    town.press(Qt.Key.Key_Exclam)
    town.until(lambda: town.network.moderated)
    town.until(town.said)
    town.press(Qt.Key.Key_Z)
    told = "Taken back here. The network was told, and keeps it as spam."
    town.until(lambda: town.said() == told)
    bar = town.window.inbox.mark_bar
    assert bar is not None
    assert not bar.back.isVisible()
    assert (town.state("3"), town.taught()) == (State.DONE, [])


def test_several_at_once_are_one_undo(town: Town) -> None:
    town.choose("1", "2")
    town.press(Qt.Key.Key_E)
    town.until(lambda: town.said() == "2 done")
    assert [town.state(one) for one in ("1", "2", "3")] == [State.DONE, State.DONE, State.NEW]
    town.press(Qt.Key.Key_Z)
    town.until(lambda: town.state("1") is State.NEW)
    assert town.state("2") is State.NEW


def test_what_the_head_does_is_taken_back_by_the_same_key(town: Town) -> None:
    town.choose("1")
    talk = town.window.conversation
    assert talk is not None
    talk.deeds.act("spam")
    town.until(lambda: town.state("1") is State.SPAM)
    town.until(town.said)
    town.press(Qt.Key.Key_Z)
    town.until(lambda: town.state("1") is State.NEW)


def test_not_spam_puts_back_and_teaches(town: Town) -> None:
    town.app.moderation.mark_spam([town.id("3")])
    town.window.show_view("spam")
    town.until(lambda: town.window.inbox.model.row_of(town.id("3")) >= 0)
    town.choose("3")
    town.press(Qt.Key.Key_S, Qt.KeyboardModifier.ShiftModifier)
    town.until(lambda: town.state("3") is State.NEW)
    assert town.taught() == [("Buy followers", "not-spam")]
    town.until(lambda: town.window.inbox.model.rowCount() == 0)


def test_muted_by_one_key_and_heard_again(town: Town) -> None:
    town.choose("1")
    town.press(Qt.Key.Key_M)
    town.until(lambda: [one.name for one in town.app.inbox.muted()] == ["Marta"])
    town.until(lambda: town.state("1") is State.DONE)
    town.until(town.said)
    assert town.said() == "Marta is muted, everywhere"
    town.press(Qt.Key.Key_Z)
    town.until(lambda: not town.app.inbox.muted())
    town.until(lambda: town.state("1") is State.NEW)


def test_muted_words_are_folded_in_the_thread(town: Town) -> None:
    talk = town.window.conversation
    assert talk is not None
    town.app.inbox.mute(1, "marta")
    talk.open(town.id("1"))
    town.until(lambda: talk.messages.bubbles())
    bubble = talk.messages.bubbles()[0]
    assert bubble._text.plain() == "Marta is muted"
    assert "cake" not in bubble.accessibleName()
    assert talk.subject is not None
    keys = [action.text() for action in talk.head.more_menu.actions()]
    assert "Hear Marta again" in keys
    talk.deeds.act("hear")
    town.until(lambda: talk.messages.bubbles()[0]._text.plain() == "The cake was late")


def test_abusive_words_are_folded_in_row_and_thread(town: Town) -> None:
    talk = town.window.conversation
    assert talk is not None
    message = town.app.store.thread(town.id("1")).messages[0]
    town.app.store.rescore({message.id: ABUSE})
    town.window.inbox.model.reload()
    index = town.window.inbox.model.index(town.window.inbox.model.row_of(town.id("1")), 0)
    assert index.data(RowRole).is_abusive
    spoken = index.data(Qt.ItemDataRole.AccessibleTextRole)
    assert FOLDED in spoken
    assert "cake" not in spoken
    town.choose("1")
    town.until(lambda: talk.messages.bubbles())
    bubble = talk.messages.bubbles()[0]
    assert (bubble._text.plain(), "cake" in bubble.accessibleName()) == (FOLDED, False)
    show = next(one for one in bubble._meta._buttons if "Show anyway" in one.text())
    town.qtbot.mouseClick(show, Qt.MouseButton.LeftButton)
    assert bubble._text.plain() == "The cake was late"
    assert "cake" in bubble.accessibleName()
    bubble._act(UNFOLD)
    assert bubble._text.plain() == FOLDED


def test_folding_can_be_switched_off(town: Town) -> None:
    talk = town.window.conversation
    assert talk is not None
    message = town.app.store.thread(town.id("1")).messages[0]
    town.app.store.rescore({message.id: ABUSE})
    town.app.settings.update(fold_abusive=False)
    town.window.inbox.set_folding(False)
    town.window.inbox.model.reload()
    index = town.window.inbox.model.index(town.window.inbox.model.row_of(town.id("1")), 0)
    assert "The cake was late" in index.data(Qt.ItemDataRole.AccessibleTextRole)
    town.choose("1")
    town.until(lambda: talk.messages.bubbles())
    assert talk.messages.bubbles()[0]._text.plain() == "The cake was late"


def test_an_abusive_complaint_stays_a_complaint_and_does_not_repeat_itself(town: Town) -> None:
    talk = town.window.conversation
    assert talk is not None
    message = town.app.store.thread(town.id("1")).messages[0]
    town.app.store.rescore({message.id: Verdict(0.95, True, ("cake was late",), label="abuse")})
    town.window.show_view("complaints")
    town.until(lambda: town.window.inbox.model.row_of(town.id("1")) >= 0)
    town.choose("1")
    town.until(lambda: talk.strip.isVisible())
    assert "cake" not in talk.strip.accessibleName()
    index = town.window.inbox.model.index(0, 0)
    assert "cake" not in index.data(Qt.ItemDataRole.AccessibleTextRole)


def test_the_keys_are_in_the_list_of_keys(town: Town, theme: Any, qtbot: Any) -> None:
    from gui.dialogs.keys import KeysDialog

    dialog = KeysDialog(town.window.actions_, theme, town.window)
    rows = dict(dialog._rows(town.window.actions_, "conversation"))
    wanted = {
        "This is a complaint": "C",
        "Not a complaint": "Shift+C",
        "Spam": "!",
        "Not spam": "Shift+S",
        "Mute this person": "M",
    }
    assert {name: rows.get(name) for name in wanted} == wanted
    dialog.deleteLater()


def test_the_keyboard_stays_in_the_list_when_the_bar_goes(town: Town) -> None:
    town.choose("2")
    town.press(Qt.Key.Key_C)
    town.until(town.said)
    bar = town.window.inbox.mark_bar
    assert bar is not None
    bar.back.setFocus()
    town.qtbot.keyClick(bar.back, Qt.Key.Key_Space)
    town.until(lambda: not town.said())
    town.until(lambda: not town.taught())
    focus = town.window.focusWidget()
    assert focus is not None
    assert town.window.inbox.isAncestorOf(focus)


def test_the_button_of_the_bar_has_a_name(town: Town) -> None:
    town.choose("2")
    town.press(Qt.Key.Key_E)
    town.until(town.said)
    bar = town.window.inbox.mark_bar
    assert bar is not None
    assert [one.accessibleName() for one in bar.findChildren(QPushButton)] == ["Undo: Done"]
