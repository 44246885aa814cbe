"""Where the window stands and how wide its panes are, from one start to the next."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMainWindow, QWidget

from gui import place
from gui.panes import Panes
from services.settings import Settings

DEFAULT = QSize(1280, 800)
SMALLEST = QSize(480, 420)
_MODES = {1: Qt.WindowState.WindowMaximized, 2: Qt.WindowState.WindowFullScreen}
FRAME = QSize(8, 48)
"""What the window manager's frame and title bar may take; nobody tells before the window is shown."""


def restore(window: QMainWindow, panes: Panes, settings: Settings) -> None:
    """As the owner left it; the first time no larger than the screen, so that its last line is in sight."""
    kept_place = place.read(settings.window_place)
    if kept_place is None:
        window.resize(first_size(window.screen().availableGeometry().size()))
    else:
        window.setGeometry(*_placed(kept_place.rect, kept_place.bar))
        if kept_place.mode:
            window.setWindowState(_MODES[kept_place.mode])
    panes.set_widths(settings.pane_widths)


def bring_back(window: QMainWindow) -> None:
    """Before a hidden window is shown again: the screen it was on may have gone."""
    if window.windowState() in _MODES.values() or window.windowHandle() is None:
        return
    rect = _rect(window.geometry())
    made = _placed(rect, _bar(window))
    if made != rect:
        window.setGeometry(*made)


def _placed(rect: place.Rect, bar: int) -> place.Rect:
    screens = [_rect(one.availableGeometry()) for one in QGuiApplication.screens()]
    return place.placed(rect, screens, (SMALLEST.width(), SMALLEST.height()), bar) if screens else rect


def _rect(one: QRect) -> place.Rect:
    return place.Rect(one.x(), one.y(), one.width(), one.height())


def _bar(window: QMainWindow) -> int:
    return min(max(0, window.geometry().top() - window.frameGeometry().top()), place.MOST_BAR)


def first_size(screen: QSize) -> QSize:
    return DEFAULT.boundedTo(screen - FRAME).expandedTo(SMALLEST)


def kept(window: QMainWindow, panes: Panes) -> dict[str, object]:
    """What to keep until the next start. Of a window that was never shown nothing is known."""
    if window.windowHandle() is None:
        return {}
    state = window.windowState()
    mode = next((mode for mode, one in _MODES.items() if state & one), 0)
    rect = _rect(window.geometry())
    if mode or state & Qt.WindowState.WindowMinimized:
        normal = _rect(window.normalGeometry())
        rect = normal if normal.area else rect
    if mode:
        rect = place.onto(rect, _rect(window.screen().availableGeometry()))
    return {"window_place": place.Kept(*rect, mode, _bar(window)), "pane_widths": panes.widths()}


def size_dialog(dialog: QWidget, width: int, height: int) -> None:
    """That large where the screen has the room: its buttons must be within reach."""
    room = dialog.screen().availableGeometry().size() - FRAME
    dialog.resize(QSize(width, height).boundedTo(room))
