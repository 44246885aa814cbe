"""Where the window stands and how wide its panes are, from one start to the next."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QSize
from PySide6.QtWidgets import QMainWindow, QWidget

from gui.panes import Panes
from services.settings import Settings

DEFAULT = QSize(1280, 800)
SMALLEST = QSize(480, 420)
FRAME = QSize(8, 48)
"""What the window manager's frame and title bar may take; nobody tells before the window is shown."""


def restore(window: QMainWindow, panes: Panes, settings: Settings) -> None:
    """As the owner left it; the first time no larger than the screen, so that its last line is in sight."""
    window.resize(first_size(window.screen().availableGeometry().size()))
    if settings.window_geometry:
        window.restoreGeometry(QByteArray.fromBase64(settings.window_geometry.encode()))
    panes.set_widths(settings.pane_widths)


def first_size(screen: QSize) -> QSize:
    return DEFAULT.boundedTo(screen - FRAME).expandedTo(SMALLEST)


def kept(window: QMainWindow, panes: Panes) -> dict[str, object]:
    """What to keep until the next start."""
    geometry = bytes(window.saveGeometry().toBase64().data()).decode()
    return {"window_geometry": geometry, "pane_widths": panes.widths()}


def size_dialog(dialog: QWidget, width: int, height: int) -> None:
    """That large where the screen has the room: its buttons must be within reach."""
    room = dialog.screen().availableGeometry().size() - FRAME
    dialog.resize(QSize(width, height).boundedTo(room))
