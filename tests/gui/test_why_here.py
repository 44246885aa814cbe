"""Why a conversation stands where it stands: in words, on hovering, and for a screen reader."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from pytestqt.qtbot import QtBot

from gui.inbox.why import REASONS, tip, why
from gui.main_window import MainWindow
from services.model import State
from services.urgency import REASONS as KEYS
from tests.bakery import NOW, conversation
from tests.fakes_gui import FakeShop


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({}, "Why here: waits 12 h 52"),
        ({"waiting_since": NOW - timedelta(seconds=20)}, "Why here: has just written"),
        (
            {"urgency": 70, "urgent_because": ("complaint", "stars", "asks-again"), "stars": 1},
            "Why here: a complaint, 1 star, asked more than once, waits 12 h 52",
        ),
        ({"urgency": 10, "urgent_because": ("stars",), "stars": 2}, "Why here: 2 stars, waits 12 h 52"),
        # The few stars may stand in a later message than the first, whose stars are the row's.
        ({"urgency": 10, "urgent_because": ("stars",), "stars": 5}, "Why here: few stars, waits 12 h 52"),
        ({"urgency": 5, "urgent_because": ("a-later-version",)}, "Why here: waits 12 h 52"),
        ({"waiting_since": None}, ""),
        ({"state": State.SNOOZED}, ""),
    ],
)
def test_the_sentence(more: dict[str, object], words: str) -> None:
    row = conversation(1, **({"waiting_since": NOW - timedelta(hours=12, minutes=52)} | more))
    assert why(row, NOW) == words


def test_every_reason_has_its_words() -> None:
    assert set(REASONS) == set(KEYS) - {"waits-long"}
    assert len(set(REASONS.values())) == len(REASONS)


def test_what_strangers_wrote_is_no_markup_in_a_tooltip() -> None:
    assert tip("Comment on “Rye”", "", "Why here") == "Comment on “Rye”\nWhy here"
    shown = tip("Post · <img src='file:///x.png'><b>big</b>", "Why here")
    assert "<img" not in shown
    assert (
        shown == "<qt>Post · &lt;img src=&#x27;file:///x.png&#x27;&gt;&lt;b&gt;big&lt;/b&gt;<br>Why here</qt>"
    )


def test_hovering_a_row_and_the_head_of_its_conversation_tell_it(
    shop: FakeShop, make_window: Callable[..., MainWindow], qtbot: QtBot
) -> None:
    first = shop.inbox.page("new", limit=1).conversations[0]
    shop.store.change(first.id, urgency=65, urgent_because=("complaint", "private"))
    window = make_window(shop)
    index = window.inbox.model.index(0, 0)
    told = index.data(Qt.ItemDataRole.AccessibleDescriptionRole)
    assert told.startswith("Why here: a complaint, wrote to you alone, waits ")
    assert index.data(Qt.ItemDataRole.ToolTipRole).endswith("\n" + told)
    spoken = QAccessible.queryAccessibleInterface(window.inbox.list)
    parts = map(spoken.child, range(spoken.childCount()))
    cell = next(one for one in parts if one is not None and one.role() == QAccessible.Role.Cell)
    assert cell.text(QAccessible.Text.Description) == told
    window.inbox.list.choose(first.id)
    head = window.conversation.head
    qtbot.waitUntil(lambda: head.words.toolTip() != "", timeout=20_000)
    assert head.words.toolTip() == told
    assert head.name.accessibleDescription() == told
