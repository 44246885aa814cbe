"""The colours keep their contrast, sizes follow the text size, and a change of theme reaches the
application."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

from gui.badges import badge_colors
from gui.palette import DARK, LIGHT, Palette
from gui.theme import Theme, from_system

GROUNDS = {
    "text": "pane list conv raised field hover select selectoff ours mark caresoft clocksoft publicsoft",
    "text2": "pane list conv raised field hover select selectoff ours caresoft clocksoft",
    "text3": "pane list conv raised field hover select selectoff ours",
    "accenttx": "pane list conv raised field select ours",
    "caretx": "pane list conv raised field select selectoff caresoft",
    "clocktx": "pane list conv raised field select selectoff clocksoft",
    "publictx": "conv field publicsoft",
    "onaccent": "accent accentdn public care",
    "tiptx": "tip",
}
SHAPES = {
    "accent": 3.0,
    "care": 3.0,
    "public": 3.0,
    "caremark": 3.0,
    "clock": 3.0,
    "edge": 3.0,
    "chart1": 3.0,
}


def contrast(one: str, other: str) -> float:
    """WCAG 2."""

    def luminance(color: str) -> float:
        parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        r, g, b = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_every_text_can_be_read_on_every_ground_it_stands_on(palette: Palette) -> None:
    weak = [
        (text, ground)
        for text, grounds in GROUNDS.items()
        for ground in grounds.split()
        if contrast(getattr(palette, text), getattr(palette, ground)) < 4.5
    ]
    assert weak == []


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_every_mark_stands_out_as_a_shape(palette: Palette) -> None:
    weak = [role for role, least in SHAPES.items() if contrast(getattr(palette, role), palette.conv) < least]
    assert weak == []


# The table of the design: ground and sign, light and dark.
BADGES = {
    292.0: ("#D9D4F7", "#44396B", "#484362", "#DED9FD"),
    247.5: ("#C1DDF8", "#16456D", "#314A63", "#C5E2FE"),
    88.3: ("#E6D8B6", "#553F00", "#534625", "#ECDDB9"),
    164.5: ("#BDE4D1", "#005037", "#2A5141", "#C0E9D6"),
    None: ("#DDD8D4", "#46423D", "#4B4743", "#E1DDD8"),
}


@pytest.mark.parametrize("hue", list(BADGES))
def test_badge_colours_are_those_of_the_table(hue: float | None) -> None:
    made = (*badge_colors(hue, dark=False), *badge_colors(hue, dark=True))
    for mine, wanted in zip(made, BADGES[hue], strict=True):
        apart = max(abs(int(mine[i : i + 2], 16) - int(wanted[i : i + 2], 16)) for i in (1, 3, 5))
        assert apart <= 4, (mine, wanted)


@pytest.mark.parametrize("hue", [*range(0, 360, 5), None])
def test_every_hue_makes_a_badge_that_can_be_read(hue: float | None) -> None:
    for dark in (False, True):
        assert contrast(*badge_colors(hue, dark=dark)) >= 4.5


def test_sizes_follow_the_text_size(theme: Theme) -> None:
    row = theme.px(100)
    points = theme.points("read")
    theme.set_text_size(150)
    assert theme.px(100) == pytest.approx(row * 1.5, abs=1)
    assert theme.points("read") == pytest.approx(points * 1.5, abs=0.25)
    theme.set_text_size(100)


def test_a_change_reaches_the_application(qapp: QApplication, theme: Theme) -> None:
    seen = []
    theme.changed.connect(lambda: seen.append(theme.is_dark))
    theme.set_choice("dark")
    assert seen == [True]
    assert qapp.palette().color(QPalette.ColorRole.Window) == QColor(DARK.pane)
    assert DARK.field in qapp.styleSheet()
    inactive = qapp.palette().color(QPalette.ColorGroup.Inactive, QPalette.ColorRole.Highlight)
    assert inactive == QColor(DARK.selectoff)


def test_high_contrast_keeps_the_systems_colours() -> None:
    system = QPalette()
    for role, color in (
        ("Base", "#000000"),
        ("Text", "#FFFFFF"),
        ("Link", "#FFFF00"),
        ("Highlight", "#00FFFF"),
    ):
        system.setColor(getattr(QPalette.ColorRole, role), QColor(color))
    system.setColor(QPalette.ColorRole.HighlightedText, QColor("#000000"))
    made = from_system(system)
    assert made.is_dark
    assert (made.conv, made.text, made.caretx, made.accenttx) == ("#000000", "#ffffff", "#ffffff", "#ffff00")
    for text, grounds in GROUNDS.items():
        for ground in grounds.split():
            assert contrast(getattr(made, text), getattr(made, ground)) >= 4.5, (text, ground)
