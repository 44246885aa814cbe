"""The conversation pane with a real store and sender: writing, sending, undoing, and what becomes of a
reply."""

from __future__ import annotations

from PySide6.QtCore import Qt

from services.errors import Refused, Unclear
from services.model import OutboxState, State
from tests.gui.talk import Talk, ask, leave, queue


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
    assert talk.pane.messages.bubbles()[0]._text._marks == []
    # The keyboard is not left on the button that changes who can read the reply.
    assert talk.pane.messages.hasFocus()


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
