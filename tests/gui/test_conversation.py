"""The conversation pane with a real store and sender: writing, sending, undoing, and what becomes of a
reply."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton

from gui.conversation.subject import read_subject
from gui.theme import Theme
from services.errors import Refused, Unclear
from services.model import OutboxState, State
from tests.gui.talk import Talk, make_talk


@pytest.fixture
def talk(tmp_path: Path, theme: Theme, qtbot: Any) -> Iterator[Talk]:
    yield from make_talk(tmp_path, theme, qtbot)


def ask(
    talk: Talk, text: str = "The name on the cake was wrong. Nobody answered the phone!", **more: Any
) -> int:
    talk.network.customer("1", text, **more)
    talk.hear()
    return talk.open("1")


def queue(talk: Talk, text: str) -> None:
    talk.write(text)
    assert talk.pane.composer.send_button.isEnabled()
    talk.qtbot.mouseClick(talk.pane.composer.send_button, Qt.MouseButton.LeftButton)
    talk.until(lambda: talk.pane.undo_bar.isVisible())


def leave(talk: Talk) -> None:
    """The hold runs down and the sender does its work."""
    talk.clock.advance(11)
    talk.app.engine.send_due()


def test_head_says_who_and_where(talk: Talk) -> None:
    ask(talk)
    assert talk.pane.head.name.whole() == "Marta"
    assert talk.pane.head.line.whole() == "Mention · Toy · Toy town"
    assert talk.texts() == ["The name on the cake was wrong. Nobody answered the phone!"]
    assert talk.lines() == ["Marta · 07:04"] or "Marta ·" in talk.lines()[0]


def test_opening_marks_it_read(talk: Talk) -> None:
    id_ = ask(talk)
    talk.until(lambda: talk.app.store.rows([id_])[id_].unread == 0)


def test_complaint_quotes_its_words_and_can_be_denied(talk: Talk) -> None:
    id_ = ask(talk)
    row = talk.app.store.rows([id_])[id_]
    assert row.is_complaint
    assert talk.pane.strip.isVisible()
    for reason in row.reasons[:3]:
        assert f"“{reason}”" in talk.pane.strip.words.text()
    bubble = talk.pane.messages.bubbles()[0]
    assert len(bubble._text._marks) == len(set(row.reasons))
    talk.qtbot.mouseClick(talk.pane.strip.no_button, Qt.MouseButton.LeftButton)
    talk.until(lambda: not talk.pane.strip.isVisible())
    assert not talk.app.store.rows([id_])[id_].is_complaint


def test_send_holds_then_leaves_once(talk: Talk) -> None:
    id_ = ask(talk)
    queue(talk, "So sorry, Marta.")
    assert talk.pane.composer.editor.text() == ""
    assert talk.network.sends == 0
    assert talk.pane.undo_bar.texts() == ["Public reply to Marta leaves in 10 seconds"]
    talk.until(lambda: len(talk.lines()) == 2 and talk.lines()[1] == "Leaves in 10 seconds")
    leave(talk)
    talk.until(lambda: len(talk.lines()) == 2 and talk.lines()[1].endswith("· public"))
    assert talk.lines()[1].startswith("Sent ")
    assert len(talk.network.replies("So sorry, Marta.")) == 1
    talk.until(lambda: not talk.pane.undo_bar.isVisible())
    assert talk.app.store.rows([id_])[id_].state is State.WAITING


def test_undo_brings_the_text_back(talk: Talk) -> None:
    ask(talk)
    queue(talk, "Not like this")
    assert talk.pane.undo()
    talk.until(lambda: talk.pane.composer.editor.text() == "Not like this")
    assert not talk.pane.undo_bar.isVisible()
    leave(talk)
    assert talk.network.sends == 0


def test_undo_keeps_what_was_begun_meanwhile(talk: Talk) -> None:
    ask(talk)
    queue(talk, "First")
    talk.write("Second")
    talk.pane.undo()
    talk.until(lambda: talk.pane.composer.editor.text() == "First\n\nSecond")


def test_ctrl_z_in_the_emptied_composer_takes_the_reply_back(talk: Talk) -> None:
    ask(talk)
    queue(talk, "Not yet")
    editor = talk.pane.composer.editor
    editor.setFocus()
    talk.qtbot.keyClick(editor, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    talk.until(lambda: editor.text() == "Not yet")
    assert not talk.pane.undo_bar.isVisible()


def test_ctrl_z_while_writing_undoes_the_writing(talk: Talk) -> None:
    ask(talk)
    queue(talk, "First")
    talk.write("Second")
    editor = talk.pane.composer.editor
    talk.qtbot.keyClick(editor, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert talk.pane.undo_bar.isVisible()
    assert editor.text() != "Second"


def test_send_now_does_not_wait(talk: Talk) -> None:
    ask(talk)
    queue(talk, "At once")
    outbox_id = talk.pane.undo_bar.held()[0].outbox_id
    talk.pane.undo_bar.send_now.emit(outbox_id)
    talk.until(lambda: talk.app.store.outbox_item(outbox_id).hold_until <= talk.clock.now())
    talk.app.engine.send_due()
    assert len(talk.network.replies("At once")) == 1


def test_three_replies_on_hold_are_counted(talk: Talk) -> None:
    ask(talk)
    for number, text in enumerate(("One", "Two", "Three"), 1):
        queue(talk, text)
        talk.until(lambda number=number: len(talk.pane.undo_bar.held()) == number)
        talk.clock.advance(1)
    assert talk.pane.undo_bar.texts() == [
        "Public reply to Marta leaves in 9 seconds",
        "2 more replies leave",
    ] or ("2 more replies leave" in talk.pane.undo_bar.texts())


def test_ctrl_enter_sends_and_shift_closes(talk: Talk) -> None:
    id_ = ask(talk)
    talk.write("Done and dusted")
    with talk.qtbot.waitSignal(talk.pane.wants_next):
        talk.qtbot.keyClick(
            talk.pane.composer.editor,
            Qt.Key.Key_Return,
            Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier,
        )
    leave(talk)
    assert talk.app.store.rows([id_])[id_].state is State.DONE


def test_over_the_limit_says_by_how_much(talk: Talk) -> None:
    ask(talk)
    talk.pane.composer.editor.set_text("x" * 114)
    assert talk.pane.composer.count.text() == "114 of 100"
    assert not talk.pane.composer.send_button.isEnabled()
    assert talk.pane.composer.note.text() == "14 characters too long for Toy."
    talk.pane.composer.submit()
    assert talk.outbox() == []


def test_a_flag_counts_once(talk: Talk) -> None:
    ask(talk)
    talk.pane.composer.editor.set_text("👨‍👩‍👧‍👦🇵🇹é")
    assert talk.pane.composer.count.text() == "3 of 100"


def test_worlds_never_look_the_same(talk: Talk) -> None:
    ask(talk)
    composer = talk.pane.composer
    assert composer.frame.property("world") == "public"
    assert composer.world.text() == "Public reply as Rosie’s Bakery. Everyone can read it"
    talk.qtbot.mouseClick(composer.world.switch, Qt.MouseButton.LeftButton)
    assert composer.frame.property("world") == "private"
    assert composer.world.text() == "Private message to Marta. Only the two of you"
    assert composer.send_button.accessibleName() == "Send privately"
    queue(talk, "Just for you")
    leave(talk)
    talk.until(lambda: talk.lines()[-1].endswith("· private"))


def test_a_private_message_cannot_be_answered_in_public(talk: Talk) -> None:
    ask(talk, "Psst", private=True)
    assert talk.pane.composer.private
    talk.pane.composer.switch_world()
    assert talk.pane.composer.private
    assert talk.pane.composer.world.switch.isHidden()


def test_phone_number_in_public_offers_private(talk: Talk) -> None:
    ask(talk)
    talk.write("Please call me on 0170 555 0132, thanks")
    note = talk.pane.composer.note.note
    assert note.text == "A phone number that everyone can read."
    assert [words for _, words in note.remedies] == ["Take it private", "It is ours, keep"]
    talk.pane.composer.note.remedy.emit("keep")
    assert talk.pane.composer.note.text().startswith("Nothing to check.")


def test_unclear_reply_is_the_owners_to_decide(talk: Talk) -> None:
    ask(talk)
    talk.network.keeps_keys = talk.network.can_search = False
    talk.network.fail_send.append((Unclear("reset"), True))
    queue(talk, "Did it arrive?")
    leave(talk)
    talk.until(lambda: talk.lines()[-1] == "Not sure it arrived: the connection broke off.")
    bubble = talk.pane.messages.bubbles()[-1]
    assert [words for _, words in bubble.entry.meta.actions] == ["It is there", "Send again"]
    bubble.acted.emit("it-is-there", bubble.entry.message)
    talk.until(lambda: talk.lines()[-1].startswith("Sent "))
    assert len(talk.network.replies("Did it arrive?")) == 1


def test_send_again_sends_once_more(talk: Talk) -> None:
    ask(talk)
    talk.network.keeps_keys = talk.network.can_search = False
    talk.network.fail_send.append((Unclear("reset"), False))
    queue(talk, "Once more")
    leave(talk)
    talk.until(lambda: "Not sure" in talk.lines()[-1])
    bubble = talk.pane.messages.bubbles()[-1]
    bubble.acted.emit("send-again", bubble.entry.message)
    talk.until(lambda: talk.outbox(OutboxState.HOLDING) == ["Once more"])
    leave(talk)
    talk.until(lambda: talk.lines()[-1].startswith("Sent "))
    assert len(talk.network.replies("Once more")) == 1


def test_refused_reply_can_be_edited(talk: Talk) -> None:
    ask(talk)
    talk.network.fail_send.append((Refused("too-long", over=14), False))
    queue(talk, "Far too long")
    leave(talk)
    talk.until(lambda: talk.lines()[-1] == "Did not leave: 14 characters too long for Toy.")
    bubble = talk.pane.messages.bubbles()[-1]
    assert bubble.entry.meta.actions == (("edit", "Edit"),)
    bubble.acted.emit("edit", bubble.entry.message)
    talk.until(lambda: talk.pane.composer.editor.text() == "Far too long")
    talk.until(lambda: len(talk.lines()) == 1)


def test_she_wrote_again(talk: Talk) -> None:
    ask(talk)
    queue(talk, "We are looking into it")
    talk.clock.advance(2)
    talk.network.customer("2", "Is anybody there?", key="1", parent_id="1")
    leave(talk)
    talk.until(lambda: "Marta wrote again while you were writing." in talk.lines())
    assert talk.network.sends == 0
    bubble = next(one for one in talk.pane.messages.bubbles() if one.entry.ours)
    bubble.acted.emit("send-anyway", bubble.entry.message)
    talk.until(lambda: talk.outbox(OutboxState.HOLDING) == ["We are looking into it"])
    leave(talk)
    assert len(talk.network.replies("We are looking into it")) == 1


def test_answered_elsewhere_is_said(talk: Talk) -> None:
    ask(talk)
    talk.clock.advance(60)
    talk.network.ours("phone-1", "On my way", parent="1", key="1")
    talk.hear()
    talk.until(lambda: len(talk.lines()) == 2)
    assert talk.lines()[1].startswith("Answered on Toy, ")
    assert talk.lines()[1].endswith("(not from here)")


def test_draft_is_kept_and_comes_back(talk: Talk) -> None:
    id_ = ask(talk)
    talk.network.customer("other", "Something else")
    talk.hear()
    talk.write("Half a sent")
    talk.open("other")
    assert talk.pane.composer.editor.text() == ""
    talk.until(lambda: talk.app.store.draft(id_) == "Half a sent")
    talk.open("1")
    assert talk.pane.composer.editor.text() == "Half a sent"


def test_sent_text_does_not_come_back_as_draft(talk: Talk) -> None:
    id_ = ask(talk)
    talk.write("Here you are")
    talk.pane.drafts.flush()
    talk.qtbot.keyClick(talk.pane.composer.editor, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    talk.until(lambda: talk.outbox() == ["Here you are"])
    talk.until(lambda: talk.pane._jobs.waiting == 0)
    assert talk.app.store.draft(id_) == ""
    assert talk.pane.composer.editor.text() == ""


def test_closing_keeps_the_last_key(talk: Talk) -> None:
    id_ = ask(talk)
    talk.write("unsaved")
    talk.pane.finish()
    assert talk.app.store.draft(id_) == "unsaved"


def test_template_is_asked_for_its_blank(talk: Talk) -> None:
    ask(talk)
    talk.app.templates.add(
        "Wrong order", "Hi {first_name}, {blank:What was wrong} must not happen.", shortcut="wo"
    )
    talk.write("/wo")
    picker = talk.pane.templates.picker
    talk.until(lambda: picker.isVisible() and picker.query.text() == "/wo")
    assert (
        picker.list.item(0)
        .data(Qt.ItemDataRole.AccessibleTextRole)
        .startswith("Wrong order. Hi Marta, ___ must")
    )
    talk.qtbot.keyClick(talk.pane.composer.editor, Qt.Key.Key_Return)
    assert picker.blank.accessibleName() == "What was wrong"
    talk.qtbot.keyClicks(picker.blank, "the name")
    talk.qtbot.keyClick(picker.blank, Qt.Key.Key_Return)
    assert talk.pane.composer.editor.text() == "Hi Marta, the name must not happen."
    assert not picker.isVisible()
    assert "Wrong order" in talk.pane.composer.chip.accessibleName()


def test_blank_left_open_stops_the_reply(talk: Talk) -> None:
    ask(talk)
    talk.app.templates.add("Blank", "It was {blank:What}.", shortcut="bb")
    talk.write("/bb")
    picker = talk.pane.templates.picker
    talk.until(lambda: picker.isVisible() and picker.list.count() >= 1)
    talk.qtbot.keyClick(talk.pane.composer.editor, Qt.Key.Key_1)
    talk.qtbot.mouseClick(picker.leave_button, Qt.MouseButton.LeftButton)
    assert talk.pane.composer.note.text() == "A blank is still open: [What]"
    assert not talk.pane.composer.send_button.isEnabled()


def test_template_without_a_name_leaves_no_hole(talk: Talk) -> None:
    ask(talk, "Hello?", author="bread_lover_99")
    talk.app.templates.add("Greet", "Hi {first_name}, thank you.", shortcut="gr")
    talk.write("/gr")
    picker = talk.pane.templates.picker
    talk.until(lambda: picker.isVisible() and picker.list.count() >= 1)
    talk.qtbot.keyClick(talk.pane.composer.editor, Qt.Key.Key_Return)
    assert talk.pane.composer.editor.text() == "Hi, thank you."


def test_escape_closes_the_picker_and_keeps_the_text(talk: Talk) -> None:
    ask(talk)
    talk.write("a /")
    picker = talk.pane.templates.picker
    talk.until(picker.isVisible)
    talk.qtbot.keyClick(talk.pane.composer.editor, Qt.Key.Key_Escape)
    assert not picker.isVisible()
    assert talk.pane.composer.editor.text() == "a /"


def test_closed_window_closes_the_composer(talk: Talk) -> None:
    ask(talk, "Quick!", reply_until=talk.clock.now() + timedelta(hours=4, minutes=20))
    assert talk.pane.composer.note.text().endswith("4 h 20 min left.")
    talk.clock.advance(hours=5)
    talk.pane.composer.refresh()
    assert talk.pane.composer.frame.isHidden()
    assert talk.pane.composer.closed_words.text().startswith("Toy takes no more answers here since ")


def test_edited_message_shows_what_stood_there(talk: Talk) -> None:
    from tests.toy import edited

    first = talk.network.customer("1", "Where is my cake")
    talk.hear()
    talk.open("1")
    talk.clock.advance(60)
    talk.network.messages.append(edited(first, "Where is my bread", talk.clock.now()))
    talk.hear()
    talk.until(lambda: talk.texts() == ["Where is my bread"])
    bubble = talk.pane.messages.bubbles()[0]
    assert "changed at" in bubble.entry.meta.text
    bubble.show_before(True)
    assert bubble._before is not None
    assert bubble._before.plain() == "Where is my cake"


def test_a_long_thread_has_at_most_fifty_bubbles(talk: Talk) -> None:
    for number in range(130):
        talk.network.customer(
            str(number), f"Line {number}", key="long", at=talk.clock.now() + timedelta(minutes=11 * number)
        )
    talk.hear()
    talk.open("0")
    thread = talk.pane.messages
    assert len(thread.bubbles()) == 20
    assert talk.texts()[-1] == "Line 129"
    bar = thread.verticalScrollBar()
    assert bar.value() == bar.maximum()
    for _ in range(10):
        thread._show_earlier()
        assert len(thread.bubbles()) <= 50
    assert talk.texts()[0] == "Line 0"
    assert thread._newer.isVisible()


def test_reading_further_up_is_not_disturbed(talk: Talk) -> None:
    for number in range(30):
        talk.network.customer(
            str(number), f"Line {number}", key="long", at=talk.clock.now() + timedelta(minutes=11 * number)
        )
    talk.hear()
    talk.open("0")
    bar = talk.pane.messages.verticalScrollBar()
    assert bar.maximum() > 100
    bar.setValue(40)
    watched = talk.pane.messages.bubbles()[2]
    before = watched.y() - bar.value()
    talk.network.customer("new", "Something new", key="long", at=talk.clock.now() + timedelta(days=1))
    talk.hear()
    talk.until(lambda: talk.texts()[-1] == "Something new")
    assert watched.y() - bar.value() == before


def test_done_asks_for_the_next(talk: Talk) -> None:
    id_ = ask(talk)
    with talk.qtbot.waitSignal(talk.pane.wants_next):
        talk.qtbot.mouseClick(talk.pane.head.done_button, Qt.MouseButton.LeftButton)
    assert talk.app.store.rows([id_])[id_].state is State.DONE


def test_snooze_until_tomorrow(talk: Talk) -> None:
    id_ = ask(talk)
    until = talk.clock.now() + timedelta(hours=25)
    with talk.qtbot.waitSignal(talk.pane.wants_next):
        talk.pane.deeds.snooze(until)
    row = talk.app.store.rows([id_])[id_]
    assert row.state is State.SNOOZED
    assert row.snoozed_until == until


def test_focus_stays_in_the_editor_after_sending(talk: Talk) -> None:
    ask(talk)
    talk.pane.activateWindow()
    talk.write("Stay")
    talk.qtbot.keyClick(talk.pane.composer.editor, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    talk.until(lambda: talk.pane.undo_bar.isVisible())
    assert QApplication.focusWidget() in (talk.pane.composer.editor, None)


def test_a_change_of_world_goes_on_writing(talk: Talk) -> None:
    ask(talk)
    talk.pane.activateWindow()
    switch = talk.pane.composer.world.switch
    switch.setFocus()
    talk.qtbot.keyClick(switch, Qt.Key.Key_Space)
    assert talk.pane.composer.private
    assert QApplication.focusWidget() in (talk.pane.composer.editor, None)


def test_a_button_that_goes_leaves_the_keyboard_in_the_conversation(talk: Talk) -> None:
    ask(talk)
    talk.pane.activateWindow()
    queue(talk, "Soon")
    undo = talk.pane.undo_bar.findChildren(QPushButton)[-1]
    undo.setFocus()
    talk.until(undo.hasFocus)
    talk.pane.undo()
    talk.until(lambda: not talk.pane.undo_bar.isVisible())
    focused = QApplication.focusWidget()
    assert focused is not None
    assert talk.pane.isAncestorOf(focused)


def test_escape_goes_back_to_the_list(talk: Talk) -> None:
    ask(talk)
    with talk.qtbot.waitSignal(talk.pane.closed_by_escape):
        talk.qtbot.keyClick(talk.pane.composer.editor, Qt.Key.Key_Escape)


def test_a_late_read_does_not_bring_a_sent_text_back(talk: Talk) -> None:
    """The thread was read while the draft was still there, and shown after the reply had left the editor."""
    id_ = ask(talk)
    talk.write("Only once")
    talk.pane.drafts.flush()
    talk.until(lambda: talk.app.store.draft(id_) == "Only once")
    stale = read_subject(talk.app, id_)
    talk.qtbot.keyClick(talk.pane.composer.editor, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    talk.until(lambda: talk.pane.undo_bar.isVisible())
    talk.pane.reader.read.emit(stale)
    assert talk.pane.composer.editor.text() == ""
