"""Files below a message, and the small marks: automatic, came back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QLocale, Qt
from PySide6.QtWidgets import QPushButton

from gui.conversation.attached import FileLine, name_and_facts
from gui.theme import Theme
from services.channels.base import Bounce
from services.errors import Unreachable
from services.model import Attachment, OutboxState, State
from tests.gui.talk import Talk, ask, make_talk

BILL = Attachment("file", "", "", "bill.pdf", 48_211, "2")
TRAP = Attachment("file", "", "", "order\u202efdp.exe", None, "3")
PAGE = Attachment("image", "https://toy.example/cake.jpg", "A blue cake")


@pytest.fixture
def able(tmp_path: Path, theme: Theme, qtbot: Any) -> Iterator[Talk]:
    yield from make_talk(tmp_path, theme, qtbot, attachments=True)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    before = QLocale()
    QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedKingdom))
    yield
    QLocale.setDefault(before)


@pytest.mark.parametrize(
    ("attachment", "words"),
    [
        (BILL, "bill.pdf · File · 48 kB"),
        (TRAP, "orderfdp.exe · File"),
        (Attachment("image", "", "", "cake.jpg", 2_480_000, "1"), "cake.jpg · Picture · 2.5 MB"),
        (Attachment("strange", "", part="4"), "File"),
        (Attachment("audio", "", "A song", size=0, part="4"), "A song · Sound · 0 bytes"),
    ],
)
def test_a_file_in_words(attachment: Attachment, words: str) -> None:
    assert FileLine(1, *name_and_facts(attachment)).words == words


def files(talk: Talk) -> Any:
    return talk.pane.messages.bubbles()[0]._files


def test_files_stand_below_the_words_each_with_a_way_to_save_it(able: Talk) -> None:
    ask(able, "See the bill", attachments=(BILL, PAGE, TRAP))
    assert able.texts() == ["See the bill"]
    shown = able.pane.messages.bubbles()[0]
    assert shown._text.plain() == "See the bill\n[A blue cake] https://toy.example/cake.jpg"
    assert [one.accessibleName() for one in files(able).buttons()] == [
        "Save bill.pdf · File · 48 kB",
        "Save orderfdp.exe · File",
    ]
    assert files(able).isVisible()
    # Inside the bubble, below its words.
    assert shown._ground.contains(files(able).geometry())
    assert files(able).y() >= shown._text.geometry().bottom() - 4


def test_a_long_name_keeps_its_ending_in_sight(able: Talk) -> None:
    long = Attachment("file", "", "", f"{'a-very-long-name-' * 9}order.docm", 48_211, "2")
    ask(able, "See", attachments=(long,))
    able.pane.resize(424, 700)
    able.until(lambda: "…" in files(able)._rows[0][1].text())
    shown = files(able)._rows[0][1].text()
    assert shown.endswith(".docm · File · 48 kB")
    assert files(able)._rows[0][1].toolTip().startswith("a-very-long-name-a-very")


def test_where_nothing_can_be_fetched_the_file_is_only_named(talk: Talk) -> None:
    ask(talk, "See the bill", attachments=(BILL,))
    assert files(talk).isVisible()
    assert files(talk).buttons() == []


def test_a_file_is_saved_where_the_owner_says(able: Talk, tmp_path: Path) -> None:
    able.network.files["1", "2"] = [b"hello ", b"world"]
    ask(able, "See the bill", attachments=(PAGE, BILL))
    button = files(able).buttons()[0]
    button.setFocus()
    able.qtbot.keyClick(button, Qt.Key.Key_Space)
    chooser = able.pane.saving.chooser
    assert chooser is not None
    assert able.pane.saving.question is None
    assert able.pane.saving.proposed(able.pane.messages.bubbles()[0].entry.message, 2).name == "bill.pdf"
    target = tmp_path / "may.pdf"
    chooser.fileSelected.emit(str(target))
    chooser.reject()
    able.until(target.exists)
    assert target.read_bytes() == b"hello world"
    able.until(lambda: able.pane.trouble.words.text() == "Saved: may.pdf")


def test_a_program_is_asked_about_before_the_place(able: Talk) -> None:
    ask(able, "Open it", attachments=(TRAP,))
    files(able).buttons()[0].click()
    saving = able.pane.saving
    assert saving.chooser is None
    assert saving.question is not None
    assert saving.question.text() == "orderfdp.exe can run as a program"
    yes = next(one for one in saving.question.findChildren(QPushButton) if "anyway" in one.text())
    able.qtbot.mouseClick(yes, Qt.MouseButton.LeftButton)
    assert saving.chooser is not None
    saving.chooser.reject()


def test_a_file_that_does_not_come_is_a_sentence_and_no_file(able: Talk, tmp_path: Path) -> None:
    able.network.files["1", "2"] = [b"hal", Unreachable("reset")]
    ask(able, "See the bill", attachments=(BILL,))
    able.pane.saving.save_to(able.pane.messages.bubbles()[0].entry.message, 1, tmp_path / "bill.pdf")
    able.until(able.pane.trouble.isVisible)
    assert able.pane.trouble.words.text() == "The connection to Toy town broke off. Try again later."
    assert not (tmp_path / "bill.pdf").exists()


def test_another_conversation_takes_the_sentence_away(able: Talk, tmp_path: Path) -> None:
    ask(able, "See the bill", attachments=(BILL,))
    able.pane.saving.save_to(able.pane.messages.bubbles()[0].entry.message, 1, tmp_path / "no" / "bill.pdf")
    able.until(able.pane.trouble.isVisible)
    able.network.customer("2", "Something else", author="jonas")
    able.hear()
    able.open("2")
    assert not able.pane.trouble.isVisible()


def test_what_a_program_wrote_carries_a_mark(talk: Talk) -> None:
    ask(talk, "I am away until Monday", is_automatic=True)
    assert talk.lines()[0].endswith("· automatic")
    assert not talk.pane.strip.isVisible()


def test_a_reply_that_came_back_says_so_and_can_be_sent_again(talk: Talk) -> None:
    id_ = ask(talk)
    item = talk.app.inbox.reply(id_, "So sorry", hold_s=0)
    talk.app.engine.send_due()
    talk.network.bounces = [Bounce(talk.app.store.outbox_item(item.id).remote_id, "550 no such mailbox")]
    talk.hear()
    talk.until(lambda: len(talk.lines()) == 2 and talk.lines()[1].startswith("Came back"))
    assert talk.lines()[1] == (
        "Came back: Toy town could not deliver it. Look at the address, then send it again."
    )
    line = talk.pane.messages.bubbles()[1]._meta
    assert line._words.toolTip() == "550 no such mailbox"
    assert [one.text() for one in line._buttons] == ["Edit", "Send again"]
    assert talk.app.store.conversation(id_).state is State.NEW
    talk.qtbot.mouseClick(line._buttons[1], Qt.MouseButton.LeftButton)
    talk.until(lambda: talk.app.store.outbox_item(item.id).state is OutboxState.HOLDING)
    talk.app.engine.send_due()
    talk.until(lambda: len(talk.lines()) == 2 and talk.lines()[1].startswith("Sent"))
