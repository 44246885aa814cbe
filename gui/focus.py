"""Keeps the keyboard where the owner works.

When a widget that has the keyboard goes away (a button that did its work, a composer that makes room for the
next conversation), Qt gives the keyboard to whatever comes next in the window, which may be anything.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QWidget


class FocusKeeper(QObject):
    """``refuge``: who gets the keyboard when a widget inside ``home`` disappears while it has it."""

    def __init__(self, home: QWidget, refuge: Callable[[], QWidget]) -> None:
        super().__init__(home)
        self._home, self._refuge = home, refuge
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._changed)

    def _changed(self, before: QWidget | None, now: QWidget | None) -> None:
        if before is None or now is None or before.isVisible():
            return
        home = self._home
        if not home.isVisible() or not home.isAncestorOf(before):
            return
        refuge = self._refuge()
        if refuge is not now and refuge.isVisible() and not _is_within(now, home):
            refuge.setFocus()


def _is_within(widget: QWidget, home: QWidget) -> bool:
    return widget is home or home.isAncestorOf(widget)
