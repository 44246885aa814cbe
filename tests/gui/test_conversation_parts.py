"""The small parts of the conversation pane: links, times, words, bubbles, copy and open, names for screen
readers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QLocale, QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QLineEdit, QTextEdit, QWidget

from gui.conversation.bubble_text import BubbleText, spans_of
from gui.conversation.head import snooze_choices
from gui.conversation.links import find_links, is_safe, open_link
from gui.conversation.when import day_and_time, day_line, how_long, time_left
from gui.theme import Theme
from tests.gui.browser import Browser, make_browser
from tests.gui.talk import Talk, make_talk

NOW = datetime(2026, 11, 24, 7, 4, tzinfo=UTC)


@pytest.fixture
def browser(qapp: Any) -> Iterator[Browser]:
    yield from make_browser()


@pytest.fixture
def english() -> Iterator[None]:
    before = QLocale()
    QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedKingdom))
    yield
    QLocale.setDefault(before)


# --- links


@pytest.mark.parametrize(
    ("text", "targets"),
    [
        ("See https://bread.example/a.", ["https://bread.example/a"]),
        ("(https://bread.example/a_(b))", ["https://bread.example/a_(b)"]),
        ("Write to ana@rosies.example, please", ["mailto:ana@rosies.example"]),
        ("@rosies@bread.example hello", []),
        ("javascript:alert(1) file:///etc/passwd data:text/html,x", []),
        ("https://", []),
        ("“https://bread.example”", ["https://bread.example"]),
    ],
)
def test_links_are_found_in_plain_text(text: str, targets: list[str]) -> None:
    assert [one.target for one in find_links(text)] == targets


@pytest.mark.parametrize(
    "target",
    ["javascript:alert(1)", "file:///etc/passwd", "ftp://a.example", "http://", "mailto:", "", "//a.example"],
)
def test_other_addresses_never_open(target: str, browser: Browser) -> None:
    assert not is_safe(target)
    assert not open_link(target)
    assert browser.opened == []


def test_a_click_opens_the_link_and_nothing_else(theme: Theme, qtbot: Any, browser: Browser) -> None:
    text = BubbleText(theme)
    qtbot.addWidget(text)
    text.set_text("go https://bread.example/x now")
    text.fit(400)
    text.show()
    place = text.cursorRect(text._at(8, 8)).center()
    qtbot.mouseClick(text.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert browser.opened == ["https://bread.example/x"]
    qtbot.mouseClick(text.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(2, place.y()))
    assert len(browser.opened) == 1


def test_a_link_opens_by_keyboard(theme: Theme, qtbot: Any, browser: Browser) -> None:
    text = BubbleText(theme)
    qtbot.addWidget(text)
    text.set_text("go https://bread.example/x now")
    text.fit(400)
    text.show()
    text.activateWindow()
    text.setFocus()
    qtbot.waitUntil(text.hasFocus)
    assert text.focusNextPrevChild(True)
    qtbot.keyClick(text, Qt.Key.Key_Return)
    assert browser.opened == ["https://bread.example/x"]


def test_markup_from_outside_is_only_text(theme: Theme, qtbot: Any) -> None:
    text = BubbleText(theme)
    qtbot.addWidget(text)
    hostile = "<img src='http://127.0.0.1:9/x'><b>bold</b> <script>alert(1)</script>"
    text.set_text(hostile)
    assert text.toPlainText() == hostile


def test_text_is_as_high_as_its_lines(theme: Theme, qtbot: Any) -> None:
    text = BubbleText(theme)
    qtbot.addWidget(text)
    text.set_text("word " * 200)
    wide, narrow = text.fit(600), text.fit(200)
    assert narrow.width() <= 200
    assert narrow.height() > 2 * wide.height()


def test_marks_are_found_whatever_their_case() -> None:
    assert list(spans_of("It WAS wrong.", ["was wrong", "absent", ""])) == [(3, 12)]
    assert list(spans_of("🙂 was cold", ["was cold"])) == [(2, 10)]


# --- times


@pytest.mark.parametrize(
    ("before", "words"),
    [
        (timedelta(0), "07:04"),
        (timedelta(hours=12, minutes=52), "yesterday 18:12"),
        (timedelta(days=3), "Sat 07:04"),
        (timedelta(days=20), "4 November 07:04"),
        (timedelta(days=400), "20 October 2025 07:04"),
    ],
)
def test_times_in_the_owners_words(before: timedelta, words: str, english: None) -> None:
    assert day_and_time(NOW - before, NOW, UTC) == words


def test_day_lines(english: None) -> None:
    assert day_line(NOW, NOW, UTC) == "Today"
    assert day_line(NOW - timedelta(days=1), NOW, UTC) == "Yesterday"
    assert day_line(NOW - timedelta(days=4), NOW, UTC) == "Friday 20 November"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "now"),
        (240, "4 min"),
        (12 * 3600 + 52 * 60, "12 h 52"),
        (2 * 86400, "2 days"),
        (21 * 86400, "3 weeks"),
    ],
)
def test_how_long_somebody_waits(seconds: int, words: str) -> None:
    assert how_long(seconds) == words


def test_time_left() -> None:
    assert time_left(4 * 3600 + 20 * 60) == "4 h 20 min"
    assert time_left(-5) == "0 min"


def test_snoozing_never_goes_back_in_time() -> None:
    for hour in range(24):
        now = NOW.replace(hour=hour)
        moments = [moment for _, moment in snooze_choices(now)]
        assert all(moment > now for moment in moments), hour
        assert len(set(moments)) == len(moments), hour


# --- a network without replies


@pytest.fixture
def silent(tmp_path: Path, theme: Theme, qtbot: Any) -> Iterator[Talk]:
    yield from make_talk(tmp_path, theme, qtbot, copy_and_open=True, replies=False)


def test_copy_and_open(silent: Talk, browser: Browser) -> None:
    silent.network.customer("1", "Do you bake on Sundays?")
    silent.hear()
    silent.open("1")
    composer = silent.pane.composer
    assert composer.send_button.accessibleName() == "Copy and open"
    assert composer.note.text() == "Paste it there. Shopbell notices when it appears."
    silent.write("We do, from eight.")
    silent.qtbot.mouseClick(composer.send_button, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == "We do, from eight."
    assert browser.opened == ["https://toy.example/1"]
    assert silent.outbox() == []
    assert composer.editor.text() == "We do, from eight."


# --- screen readers


def test_every_control_of_the_pane_has_a_name(talk: Talk) -> None:
    talk.network.customer("1", "The bread was stale and nobody answered!")
    talk.hear()
    talk.open("1")
    talk.write("/")
    talk.until(talk.pane.templates.picker.isVisible)
    nameless = [
        type(one).__name__
        for one in talk.pane.findChildren(QWidget)
        if isinstance(one, QAbstractButton | QLineEdit | QTextEdit)
        and one.isVisible()
        and not one.accessibleName().strip()
    ]
    assert nameless == []


def test_a_bubble_is_spoken_as_one_sentence(talk: Talk) -> None:
    talk.network.customer("1", "Lovely bread")
    talk.hear()
    talk.open("1")
    spoken = talk.pane.messages.bubbles()[0].accessibleName()
    assert spoken.startswith("Marta, ")
    assert spoken.endswith(": Lovely bread")
