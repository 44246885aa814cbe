"""The spam view: emptied after a question and ten seconds. A real store, the real window."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox

from tests.gui.marking import Town


def _fill_spam(town: Town) -> None:
    town.app.moderation.mark_spam([town.id("2"), town.id("3")])
    town.window.show_view("spam")
    town.until(lambda: town.window.inbox.model.rowCount() == 2)
    # What was changed is compared with the list a moment later.
    town.until(lambda: not town.window.inbox.model._settle.isActive())


def _answer(town: Town, words: str) -> None:
    emptying = town.window.desk._emptying
    assert emptying is not None
    box = emptying.question
    assert isinstance(box, QMessageBox)
    assert "Nobody is told" in box.informativeText()
    button = next(one for one in box.buttons() if one.text() == words)
    town.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_nobody_waits_in_spam(town: Town) -> None:
    _fill_spam(town)
    spoken = town.window.inbox.model.index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert "waits" not in spoken
    assert "Buy followers" in spoken


def test_spam_is_emptied_after_a_question_and_ten_seconds(town: Town) -> None:
    _fill_spam(town)
    line = town.window.inbox.spam_line
    assert line is not None
    assert line.isVisible()
    assert line.empty_button.accessibleName() == "Empty spam"
    line.empty_button.click()
    _answer(town, "Empty spam")
    town.until(town.said)
    assert town.said().startswith("2 in spam go in 10 seconds")
    assert town.window.inbox.model.rowCount() == 0
    assert town.app.store.counts().spam == 2, "nothing has happened yet"
    emptying = town.window.desk._emptying
    assert emptying is not None
    emptying._soon.setInterval(0)
    town.until(lambda: town.app.store.counts().spam == 0)
    assert town.network.moderated == []
    assert town.window.desk.marks.newest is None
    assert sorted(town.taught()) == [("Buy followers", "spam"), ("Lovely buns", "spam")]


def test_emptying_can_be_taken_back(town: Town) -> None:
    _fill_spam(town)
    town.window.actions_["empty_spam"].trigger()
    _answer(town, "Empty spam")
    town.until(lambda: town.window.inbox.model.rowCount() == 0)
    assert town.window.actions_["undo"].isEnabled()
    town.window.activateWindow()
    town.until(town.window.isActiveWindow)
    town.qtbot.keyClick(town.window, Qt.Key.Key_Z)
    town.until(lambda: town.window.inbox.model.rowCount() == 2)
    emptying = town.window.desk._emptying
    assert emptying is not None
    assert not emptying._soon.isActive()
    assert town.app.store.counts().spam == 2


def test_keeping_the_spam_changes_nothing(town: Town) -> None:
    _fill_spam(town)
    town.window.actions_["empty_spam"].trigger()
    _answer(town, "Keep it")
    assert town.window.inbox.model.rowCount() == 2
    assert town.window.desk.marks.newest is None


def test_only_spam_has_the_line_and_its_own_choice(town: Town) -> None:
    _fill_spam(town)
    buttons = town.window.inbox.head._buttons
    assert [name for name, one in buttons.items() if not one.isHidden()] == ["done", "not_spam"]
    town.app.settings.update(clear_spam=True)
    town.window.show_view("spam")
    line = town.window.inbox.spam_line
    assert line is not None
    assert line.text.text() == "Spam older than 30 days is cleared by itself."
    town.window.show_view("new")
    assert not line.isVisible()
    assert "not_spam" not in [name for name, one in buttons.items() if not one.isHidden()]
