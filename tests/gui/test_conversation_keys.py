"""The conversation pane: templates at the caret, long threads, and where the keyboard is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton

from gui.conversation.subject import read_subject
from services.model import MessageState, State
from tests.gui.talk import Talk, ask, queue


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
    [button] = bubble.findChildren(QPushButton)
    assert button.accessibleName() == "show before"
    talk.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert bubble._before is not None
    assert bubble._before.isVisible()
    assert bubble._before.plain() == "Where is my cake"
    assert button.accessibleName() == "hide before"
    talk.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert not bubble._before.isVisible()
    assert button.accessibleName() == "show before"


def test_what_was_taken_down_is_kept_without_its_marks(talk: Talk) -> None:
    ask(talk)
    assert talk.pane.messages.bubbles()[0]._text._marks
    gone = talk.network.messages[0]
    talk.clock.advance(60)
    talk.network.messages.append(replace(gone, state=MessageState.DELETED))
    talk.hear()
    talk.until(lambda: "no longer there, kept here" in talk.lines()[0])
    assert talk.texts() == [gone.text]
    assert talk.pane.messages.bubbles()[0]._text._marks == []


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
