"""The order in which Tab walks the window: as one reads it, from the views over the list to the answer."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget


def walk_in_order(parts: Iterable[QWidget]) -> None:
    """Each part with everything in it that Tab reaches, one after the other. What is made later (messages)
    comes last."""
    stops = [stop for part in parts for stop in _stops(part)]
    for before, after in pairwise(dict.fromkeys(stops)):
        QWidget.setTabOrder(before, after)


def _stops(part: QWidget) -> list[QWidget]:
    inside = [part, *part.findChildren(QWidget)]
    return [one for one in inside if one.focusPolicy() & Qt.FocusPolicy.TabFocus]
