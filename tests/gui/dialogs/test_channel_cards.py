"""The cards of the channels: columns that stay, words that can be read."""

from __future__ import annotations

from typing import Any

import pytest

from gui.dialogs.add_source import AddSourceDialog


def columns(adding: AddSourceDialog) -> int:
    cards = adding.cards
    tops = [cards.visualItemRect(cards.item(number)).top() for number in range(cards.count())]
    return tops.count(tops[0])


@pytest.mark.parametrize("height", [300, 560, 620, 680, 728, 900])
def test_the_columns_are_the_same_with_and_without_a_scroll_bar(
    adding: AddSourceDialog, qtbot: Any, height: int
) -> None:
    cards = adding.cards
    for word in ("", "mastodon", ""):
        adding.resize(1080, height)
        adding.search.setText(word)
        cards.filter(word)
        qtbot.waitUntil(lambda: columns(adding) == min(3, cards.count()))
        bar = cards.verticalScrollBar()
        assert bar.isVisible() == (bar.maximum() > 0)
