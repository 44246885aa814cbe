"""Desktop notifications: one interface, three back ends.

``BusNotifier`` (``notify_bus``) speaks to the desktop's notification service (Linux), because Qt's tray
message there is neither shown without a tray host nor clickable. ``TrayNotifier`` uses Qt (Windows, macOS),
which has no buttons and one message at a time. ``Recorder`` keeps them, for tests.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QSystemTrayIcon

from gui.notice_words import Notice


class Notifier(Protocol):
    """``show`` takes the place of the notices that the new one names; ``withdraw`` takes away what has done
    its work. Neither waits."""

    def show(self, notice: Notice) -> None: ...
    def withdraw(self, tags: Collection[str]) -> None: ...
    def close(self) -> None: ...


class Clicks(QObject):
    """Where it arrives in the GUI thread what became of a notice, whatever thread it comes from.

    ``asked(notice, what)`` is a button: reply, later. ``token`` is the desktop's leave to come to the front,
    for the click that is told next (empty where it gives none).
    """

    clicked = Signal(object)
    asked = Signal(object, str)
    shown = Signal(object)
    failed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.token = ""


class Recorder:
    """Keeps what would have been shown."""

    def __init__(self) -> None:
        self.shown: list[Notice] = []
        self.withdrawn: list[str] = []

    def show(self, notice: Notice) -> None:
        self.shown.append(notice)

    def withdraw(self, tags: Collection[str]) -> None:
        self.withdrawn += sorted(tags)

    def close(self) -> None:
        """Nothing to end."""


class TrayNotifier:
    """Qt tells which message was clicked no better than "the last one", and cannot take one away."""

    def __init__(self, tray: QSystemTrayIcon, clicks: Clicks) -> None:
        self._tray, self._clicks = tray, clicks
        self._last: Notice | None = None
        tray.messageClicked.connect(self._clicked)

    def show(self, notice: Notice) -> None:
        if not QSystemTrayIcon.isSystemTrayAvailable():
            self._clicks.failed.emit(notice)
            return
        self._last = notice
        self._tray.showMessage(notice.title, notice.body, self._tray.icon())
        self._clicks.shown.emit(notice)

    def withdraw(self, tags: Collection[str]) -> None:
        """It goes by itself."""

    def _clicked(self) -> None:
        if self._last is not None:
            self._clicks.clicked.emit(self._last)

    def close(self) -> None:
        """The tray icon is its owner's."""
