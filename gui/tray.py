"""The bell beside the clock: shows that Shopbell listens, with a dot while something waits that nobody has
looked at: rust for a complaint, green for the rest."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QRectF, QTimer, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QMenu, QSystemTrayIcon, QWidget

from gui.actions import Actions
from gui.icons import app_icon
from gui.palette import LIGHT

LOOKS, APART_MS = 60, 500
"""How often, and how far apart, a desktop that is only coming is looked at for a place."""


def with_dot(icon: QIcon, colour: str = LIGHT.care) -> QIcon:
    """The same bell with the dot, bottom right."""
    dotted = QIcon()
    for size in (16, 24, 32, 48, 64):
        pixmap = QPixmap(icon.pixmap(size, size))
        ratio = pixmap.devicePixelRatio()
        side = pixmap.width() / ratio
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor("#FFFFFF"))
        painter.setBrush(QColor(colour))
        painter.drawEllipse(QRectF(side * 0.55, side * 0.55, side * 0.42, side * 0.42))
        painter.end()
        dotted.addPixmap(pixmap)
    return dotted


class Tray(QObject):
    """``opened``: the owner clicked the bell. ``is_there`` tells whether the desktop has a place for it.
    ``dot``: the colour it shows now, empty for none."""

    opened = Signal()

    def __init__(self, actions: Actions, shop: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._shop = shop
        self._bells = {"": app_icon()}
        self.dot = ""
        self.menu = QMenu(parent)
        self.menu.setAccessibleName(self.tr("Shopbell"))
        self.menu.addAction(self.tr("Open Shopbell"), self.opened.emit)
        self.menu.addAction(actions["check_now"])
        self.menu.addSeparator()
        self.menu.addAction(actions["quit"])
        self.icon = QSystemTrayIcon(self._bells[""], self)
        self.icon.setToolTip(shop)
        self.icon.setContextMenu(self.menu)
        self.icon.activated.connect(self._activated)
        if self.is_there:
            self.icon.show()

    @property
    def is_there(self) -> bool:
        return QSystemTrayIcon.isSystemTrayAvailable()

    def wait_for_place(self, otherwise: Callable[[], object], looks: int = LOOKS) -> None:
        """For a start without a window: when the computer has just started, the desktop may not be ready for
        the icon yet. Without a place for it nobody could open the window, so after a while comes
        ``otherwise``."""
        left = iter(range(looks))
        timer = QTimer(self, interval=APART_MS)

        def look() -> None:
            if self.is_there:
                self.icon.show()
            elif next(left, None) is not None:
                return
            else:
                otherwise()
            timer.stop()

        timer.timeout.connect(look)
        timer.start()
        look()

    def show_unseen(self, *, complaints: int, direct: int, others: int) -> None:
        """How many messages nobody has looked at, by kind."""
        dot, words = "", self._shop
        if complaints:
            dot = LIGHT.care
            words = self.tr("A complaint waits") if complaints == 1 else self.tr("Complaints wait")
        elif direct:
            dot = LIGHT.accent
            words = self.tr("A private message waits") if direct == 1 else self.tr("Private messages wait")
        elif others:
            dot, words = LIGHT.accent, self.tr("New messages")
        if self.icon.toolTip() != words:
            self.icon.setToolTip(words)
        if dot != self.dot:
            self.dot = dot
            if dot not in self._bells:
                self._bells[dot] = with_dot(self._bells[""], dot)
            self.icon.setIcon(self._bells[dot])

    def _activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason in (QSystemTrayIcon.ActivationReason.Trigger, QSystemTrayIcon.ActivationReason.DoubleClick):
            self.opened.emit()

    def close(self) -> None:
        self.icon.hide()
