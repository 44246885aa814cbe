"""The pages of what was taught and who is muted, on a real store."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QMessageBox, QPushButton

from gui.dialogs.muted import MutedDialog
from gui.dialogs.taught import TaughtDialog
from gui.theme import Theme
from services.app import Shopbell
from services.model import Author, Direction, Message, MessageKind
from tests.gui.dialogs.help import click, unnamed
from tests.unit.store.kit import Step


@pytest.fixture
def filled(app: Shopbell) -> Shopbell:
    account = app.store.add_account("mastodon", "Shop", remote_id="us")
    now = app.clock.now()
    for one, text in (("a", "The cake was late"), ("b", "Lovely buns")):
        author = Author(f"{one}-12345678", one.title(), f"{one}@town.example")
        message = Message(one, MessageKind.MENTION, Direction.INBOUND, author, text, now)
        app.store.apply(account.id, Step((message,)), {})
    app.inbox.label(1, "complaint")
    app.inbox.label(2, "not-complaint")
    return app


def texts(dialog: Any) -> list[str]:
    return [line.findChildren(QLabel)[0].text() for line in dialog.rows.values()]


def press(qtbot: Any, dialog: Any, text: str) -> None:
    one = next(b for b in dialog.findChildren(QPushButton) if b.accessibleName() == text and b.isVisible())
    click(qtbot, one)


def test_all_of_it_is_listed_and_searched(filled: Shopbell, theme: Theme, show: Any, qtbot: Any) -> None:
    dialog = show(TaughtDialog(filled, theme))
    qtbot.waitUntil(lambda: len(dialog.rows) == 2)
    assert (dialog.count.text(), sorted(texts(dialog))) == (
        "2 corrections",
        ["Lovely buns", "The cake was late"],
    )
    assert unnamed(dialog) == []
    qtbot.keyClicks(dialog.search, "cake")
    qtbot.waitUntil(lambda: texts(dialog) == ["The cake was late"])
    assert dialog.count.text() == "1 correction"
    assert not dialog.all_button.isEnabled(), "all of it is not what is shown"
    said = dialog.rows[1].accessibleName()
    assert said.startswith("The cake was late. You said: a complaint · ")
    dialog.search.setText("croissant")
    qtbot.waitUntil(lambda: dialog.rows == {})


def test_insults_are_folded_here_too(filled: Shopbell, theme: Theme, show: Any, qtbot: Any) -> None:
    account = filled.store.accounts()[0]
    author = Author("c-12345678", "C", "c@town.example")
    text = "The cake was late, you wankers"
    message = Message("c", MessageKind.MENTION, Direction.INBOUND, author, text, filled.clock.now())
    filled.store.apply(account.id, Step((message,)), {})
    filled.inbox.label(3, "complaint")
    dialog = show(TaughtDialog(filled, theme))
    qtbot.waitUntil(lambda: len(dialog.rows) == 3)
    assert sorted(texts(dialog)) == ["Lovely buns", "The cake was late", "This message may be abusive"]
    filled.settings.update(fold_abusive=False)
    dialog.search.setText("wankers")
    qtbot.waitUntil(lambda: texts(dialog) == [text])


def test_one_is_taken_back_and_taught_again(filled: Shopbell, theme: Theme, show: Any, qtbot: Any) -> None:
    dialog = show(TaughtDialog(filled, theme))
    qtbot.waitUntil(lambda: len(dialog.rows) == 2)
    press(qtbot, dialog, "Take back: The cake was late")
    qtbot.waitUntil(lambda: texts(dialog) == ["Lovely buns"])
    assert [one.text for one in filled.teaching.corrections()] == ["Lovely buns"]
    assert dialog.note.text() == "1 taken back."
    click(qtbot, dialog.undo)
    qtbot.waitUntil(lambda: len(dialog.rows) == 2)
    assert not dialog.undo.isVisible()


def test_the_keyboard_goes_on_with_the_next_one(
    filled: Shopbell, theme: Theme, show: Any, qtbot: Any
) -> None:
    dialog = show(TaughtDialog(filled, theme))
    qtbot.waitUntil(lambda: len(dialog.rows) == 2)
    dialog.activateWindow()
    first = next(iter(dialog.rows.values())).findChildren(QPushButton)[-1]
    first.setFocus()
    qtbot.keyClick(first, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: len(dialog.rows) == 1)
    left = next(iter(dialog.rows.values())).findChildren(QPushButton)[-1]
    assert dialog.focusWidget() is left


def test_all_are_taken_back_after_one_question(filled: Shopbell, theme: Theme, show: Any, qtbot: Any) -> None:
    dialog = show(TaughtDialog(filled, theme))
    qtbot.waitUntil(lambda: len(dialog.rows) == 2)
    click(qtbot, dialog.all_button)
    assert isinstance(dialog.question, QMessageBox)
    yes = next(one for one in dialog.question.buttons() if one.text() == "Take all back")
    click(qtbot, yes)
    qtbot.waitUntil(lambda: dialog.rows == {})
    assert filled.teaching.corrections() == ()
    click(qtbot, dialog.undo)
    qtbot.waitUntil(lambda: len(dialog.rows) == 2)


def test_it_leads_to_the_conversation_while_that_is_there(
    filled: Shopbell, theme: Theme, show: Any, qtbot: Any
) -> None:
    dialog = show(TaughtDialog(filled, theme))
    qtbot.waitUntil(lambda: len(dialog.rows) == 2)
    with qtbot.waitSignal(dialog.opened) as opened:
        press(qtbot, dialog, "Open the conversation: Lovely buns")
    assert opened.args == [2]
    filled.store.remove_account(1)
    again = show(TaughtDialog(filled, theme))
    qtbot.waitUntil(lambda: len(again.rows) == 2)
    assert again.rows[2].accessibleName().endswith("no longer here")
    assert [one.text().strip() for one in again.rows[2].findChildren(QPushButton)] == ["Take back"]


def test_nothing_taught_yet(app: Shopbell, theme: Theme, show: Any, qtbot: Any) -> None:
    dialog = show(TaughtDialog(app, theme))
    qtbot.waitUntil(lambda: dialog.count.text() == "0 corrections")
    assert not dialog.all_button.isEnabled()


def test_muted_people_are_heard_again(filled: Shopbell, theme: Theme, show: Any, qtbot: Any) -> None:
    filled.inbox.mute(1, "a-12345678")
    dialog = show(MutedDialog(filled, theme))
    qtbot.waitUntil(lambda: len(dialog.rows) == 1)
    (line,) = dialog.rows.values()
    assert line.accessibleName().startswith("A. a@town.example · Mastodon · muted on ")
    assert unnamed(dialog) == []
    press(qtbot, dialog, "Hear A again")
    qtbot.waitUntil(lambda: dialog.rows == {})
    assert filled.inbox.muted() == ()
    assert dialog.note.text() == "A is heard again."


def test_tab_goes_down_the_rows_and_then_to_the_buttons(
    filled: Shopbell, theme: Theme, show: Any, qtbot: Any
) -> None:
    dialog = show(TaughtDialog(filled, theme))
    qtbot.waitUntil(lambda: len(dialog.rows) == 2)
    inside = [one for line in dialog.rows.values() for one in line.findChildren(QPushButton)]
    dialog.search.setFocus()
    for stop in (*inside, dialog.all_button, dialog.close_button):
        qtbot.keyClick(dialog.focusWidget(), Qt.Key.Key_Tab)
        assert dialog.focusWidget() is stop
