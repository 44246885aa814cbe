"""The one menu of the window: under the button at the shop's name, or, with Alt, as a bar. macOS keeps its
own bar."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QMainWindow, QMenu

from gui.actions import GROUPS, Actions, group_title


def shop_menu(actions: Actions, parent: QMainWindow) -> QMenu:
    """Everything, in groups; the everyday things first."""
    menu = QMenu(parent)
    menu.setAccessibleName(parent.tr("Menu"))
    menu.addActions(actions.group("shop"))
    menu.addSeparator()
    for name in ("views", "go", "conversation"):
        sub = menu.addMenu(group_title(name))
        sub.addActions(actions.group(name))
    menu.addSeparator()
    menu.addActions(actions.group("program"))
    return menu


def fill_bar(window: QMainWindow, actions: Actions) -> None:
    bar = window.menuBar()
    bar.setAccessibleName(window.tr("Menu bar"))
    for name in GROUPS:
        bar.addMenu(group_title(name)).addActions(actions.group(name))
    if not bar.isNativeMenuBar():
        bar.hide()


class AltShowsBar(QObject):
    """Alt pressed and let go by itself shows or hides the bar."""

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._is_alone = False

    def pressed(self, event: QKeyEvent) -> None:
        self._is_alone = event.key() == Qt.Key.Key_Alt and not event.isAutoRepeat()

    def released(self, event: QKeyEvent) -> None:
        bar = self._window.menuBar()
        if event.key() == Qt.Key.Key_Alt and self._is_alone and not bar.isNativeMenuBar():
            bar.setVisible(not bar.isVisible())
        self._is_alone = False
