"""Right to left among left to right."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt

from gui.bidi import is_from_right, isolated
from gui.conversation.bubble_text import BubbleText
from gui.theme import Theme


@pytest.mark.parametrize(
    ("text", "is_so"),
    [
        ("خبزكم رائع!", True),
        ("@rosies خبزكم رائع!", True),
        ("@rosies @ana: שלום", True),
        ("Bread, or خبز", False),
        ("@rosies", False),
        ("12 🥐", False),
        ("", False),
    ],
)
def test_the_language_of_the_text_decides(text: str, is_so: bool) -> None:
    assert is_from_right(text) is is_so


def test_only_what_needs_it_is_isolated() -> None:
    assert isolated("Marta") == "Marta"
    assert isolated("سميرة") == "\u2068سميرة\u2069"


def test_a_message_runs_as_its_language_does(theme: Theme, qtbot: Any) -> None:
    text = BubbleText(theme)
    qtbot.addWidget(text)
    for said, direction in (
        ("@rosies خبزكم رائع!", Qt.LayoutDirection.RightToLeft),
        ("@rosies lovely", Qt.LayoutDirection.LeftToRight),
    ):
        text.set_text(said)
        assert text.document().firstBlock().textDirection() == direction
        assert text.plain() == said
