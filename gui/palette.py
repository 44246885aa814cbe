"""The colours by meaning. Values only; ``theme.py`` hands them to Qt.

Green is ours and safe, blue everyone can read, amber is time running, rust is somebody let down or something
of ours broken; the rest is paper and ink. Every pair of text and ground keeps 4.5 : 1, every mark 3 : 1
(``tests/gui/test_theme.py``).
"""

from __future__ import annotations

from typing import NamedTuple


class Palette(NamedTuple):
    """One theme's colours as ``#RRGGBB``."""

    name: str
    # grounds
    pane: str
    list: str
    conv: str
    raised: str
    field: str
    hover: str
    select: str
    selectoff: str
    ours: str
    caresoft: str
    clocksoft: str
    publicsoft: str
    mark: str
    line: str
    # text
    text: str
    text2: str
    text3: str
    accenttx: str
    caretx: str
    clocktx: str
    publictx: str
    # fills and marks
    accent: str
    accentdn: str
    public: str
    care: str
    caremark: str
    clock: str
    edge: str
    tip: str
    tiptx: str
    onaccent: str
    # charts
    chart1: str
    chart2: str
    chart3: str

    @property
    def is_dark(self) -> bool:
        return int(self.conv[1:3], 16) < 128


LIGHT = Palette(
    name="light",
    pane="#F0EBE3", list="#F9F6F1", conv="#FFFDFA", raised="#F4F0E9", field="#FFFFFF", hover="#F1ECE3",
    select="#DCE9E2", selectoff="#E9E3D9", ours="#E4EFE9", caresoft="#F9E4DC", clocksoft="#F8E8CB",
    publicsoft="#E2EBF6", mark="#FBE6A8", line="#E1D9CD",
    text="#26221D", text2="#584F45", text3="#675E53",
    accenttx="#185F4C", caretx="#98301A", clocktx="#764800", publictx="#25558F",
    accent="#1F6B57", accentdn="#175444", public="#2A5D9F", care="#A5371F",
    caremark="#A5371F", clock="#A86A0E",
    edge="#8C8275", tip="#2E2A25", tiptx="#F6F1E8", onaccent="#FFFFFF",
    chart1="#2F6FA3", chart2="#B4482E", chart3="#8C8275",
)  # fmt: skip

DARK = Palette(
    name="dark",
    pane="#1B1916", list="#211E1A", conv="#262320", raised="#312D28", field="#1F1C19", hover="#2A2622",
    select="#24403A", selectoff="#37322C", ours="#253B34", caresoft="#46281F", clocksoft="#413219",
    publicsoft="#22334A", mark="#5C4A14", line="#3B362F",
    text="#F1EBE1", text2="#C6BCAE", text3="#AFA596",
    accenttx="#82CFB4", caretx="#F6997D", clocktx="#EFBE6B", publictx="#9BC1F1",
    accent="#2E7C67", accentdn="#276C59", public="#4072B9", care="#BE4A2F",
    caremark="#F08B6D", clock="#D69A3A",
    edge="#897F72", tip="#F1EBE1", tiptx="#26221D", onaccent="#FFFFFF",
    chart1="#7DB4DE", chart2="#EE8565", chart3="#A0968A",
)  # fmt: skip
