"""The bell beside the clock: shows that Shopbell listens, with a rust dot while an unseen complaint waits."""

from __future__ import annotations

from PySide6.QtCore import QObject, QRectF, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QMenu, QSystemTrayIcon, QWidget

from gui.actions import Actions
from gui.icons import app_icon
from gui.palette import LIGHT


def with_dot(icon: QIcon) -> QIcon:
    """The same bell with the dot, bottom right."""
    dotted = QIcon()
    for size in (16, 24, 32, 48, 64):
        pixmap = QPixmap(icon.pixmap(size, size))
        ratio = pixmap.devicePixelRatio()
        side = pixmap.width() / ratio
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor("#FFFFFF"))
        painter.setBrush(QColor(LIGHT.care))
        painter.drawEllipse(QRectF(side * 0.55, side * 0.55, side * 0.42, side * 0.42))
        painter.end()
        dotted.addPixmap(pixmap)
    return dotted


class Tray(QObject):
    """``opened``: the owner clicked the bell. ``is_there`` tells whether the desktop has a place for it."""

    opened = Signal()

    def __init__(self, actions: Actions, shop: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._plain = app_icon()
        self._dotted: QIcon | None = None
        self._has_dot = False
        self.menu = QMenu(parent)
        self.menu.setAccessibleName(self.tr("Shopbell"))
        self.menu.addAction(self.tr("Open Shopbell"), self.opened.emit)
        self.menu.addAction(actions["check_now"])
        self.menu.addSeparator()
        self.menu.addAction(actions["quit"])
        self.icon = QSystemTrayIcon(self._plain, self)
        self.icon.setToolTip(shop)
        self.icon.setContextMenu(self.menu)
        self.icon.activated.connect(self._activated)
        if self.is_there:
            self.icon.show()

    @property
    def is_there(self) -> bool:
        return QSystemTrayIcon.isSystemTrayAvailable()

    def set_dot(self, wanted: bool) -> None:
        if wanted != self._has_dot:
            self._has_dot = wanted
            if wanted and self._dotted is None:
                self._dotted = with_dot(self._plain)
            self.icon.setIcon(self._dotted if wanted and self._dotted is not None else self._plain)
            self.icon.setToolTip(self.tr("A complaint waits") if wanted else "Shopbell")

    def _activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason in (QSystemTrayIcon.ActivationReason.Trigger, QSystemTrayIcon.ActivationReason.DoubleClick):
            self.opened.emit()

    def close(self) -> None:
        self.icon.hide()
