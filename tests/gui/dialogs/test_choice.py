"""A box to choose from shows its chevron, whatever the theme."""

from __future__ import annotations

from typing import Any

import pytest

from gui.dialogs.choice import Choice
from gui.theme import Theme


@pytest.mark.parametrize("theme_name", ["light", "dark"])
def test_the_chevron_is_painted_in_the_colour_of_the_text(theme: Theme, qtbot: Any, theme_name: Any) -> None:
    theme.set_choice(theme_name)
    box = Choice()
    qtbot.addWidget(box)
    box.addItem("Every hour")
    box.resize(160, 34)
    box.show()
    qtbot.waitExposed(box)
    picture = box.grab().toImage()
    ratio = picture.devicePixelRatio()
    where = box.chevron()
    ground = picture.pixelColor(round((where.left() - 6) * ratio), round(box.height() / 2 * ratio))
    inside = [
        picture.pixelColor(round(x * ratio), round(y * ratio))
        for x in range(where.left(), where.right())
        for y in range(where.top(), where.bottom())
    ]
    strongest = max(abs(one.lightness() - ground.lightness()) for one in inside)
    assert strongest > 90
    assert box.rect().contains(where)
