"""The quote below a mail is folded away and one click away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from gui.theme import Theme
from services.model import MessageKind
from tests.gui.talk import Talk, ask, make_talk

MAIL = (
    "<p>My cake was crushed.</p>"
    "<blockquote><p>On Monday, Rosie wrote:<br>&gt; Your cake is ready</p></blockquote>"
)


@pytest.fixture
def talk(tmp_path: Path, theme: Theme, qtbot: Any) -> Iterator[Talk]:
    yield from make_talk(tmp_path, theme, qtbot)


def buttons(talk: Talk, bubble: int = 0) -> list[QPushButton]:
    found = talk.pane.messages.bubbles()[bubble]._meta.findChildren(QPushButton)
    return [one for one in found if one.isVisible()]


def test_the_whole_mail_is_one_click_away(talk: Talk) -> None:
    ask(talk, "My cake was crushed.", kind=MessageKind.EMAIL, html=MAIL)
    (bubble,) = talk.pane.messages.bubbles()
    assert bubble._text.plain() == "My cake was crushed."
    low = bubble.height()
    (show,) = buttons(talk)
    assert show.text() == "show the whole mail"
    talk.qtbot.mouseClick(show, Qt.MouseButton.LeftButton)
    assert "Your cake is ready" in bubble._text.plain()
    assert "My cake was crushed." in bubble._text.plain()
    talk.until(lambda: bubble.height() > low)
    (fold,) = buttons(talk)
    assert fold.text() == "show only what is new"
    talk.qtbot.mouseClick(fold, Qt.MouseButton.LeftButton)
    assert bubble._text.plain() == "My cake was crushed."


@pytest.mark.parametrize(
    ("kind", "html"),
    [
        (MessageKind.EMAIL, "<p>My cake was <b>crushed</b>.</p>"),
        (MessageKind.EMAIL, ""),
        (MessageKind.COMMENT, MAIL),
    ],
)
def test_nothing_is_said_where_nothing_is_folded(talk: Talk, kind: MessageKind, html: str) -> None:
    ask(talk, "My cake was crushed.", kind=kind, html=html)
    assert buttons(talk) == []
