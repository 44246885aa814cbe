"""Small things that every part of the conversation pane and the dialogs are put together from."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from gui.icons import Icons


def label(
    text: str = "", *, step: str = "body", tone: str = "", weight: int = 0, wrap: bool = False
) -> QLabel:
    """Text of ours or of somebody; never read as markup."""
    one = QLabel(text)
    one.setTextFormat(Qt.TextFormat.PlainText)
    one.setProperty("step", step)
    if tone:
        one.setProperty("tone", tone)
    if weight:
        one.setProperty("weight", str(weight))
    one.setWordWrap(wrap)
    if wrap:
        # A label that may wrap must not ask for the width of its longest line.
        one.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        one.setMinimumWidth(1)
    return one


def button(
    text: str,
    *,
    kind: str = "",
    size: str = "",
    icon: str = "",
    role: str = "",
    icons: Icons | None = None,
    name: str = "",
) -> QPushButton:
    """``name`` is what a screen reader says when it is not the text."""
    one = QPushButton()
    if kind:
        one.setProperty("kind", kind)
    if size:
        # "size" is a property of every widget already.
        one.setProperty("high", size)
    if icon and icons is not None:
        one.setIcon(icons.icon(icon, role or "text2"))
        side = icons.theme.px(18)
        one.setIconSize(QSize(side, side))
    one.setAutoDefault(False)
    set_words(one, text, name)
    if kind in ("icon", "link"):
        one.setCursor(Qt.CursorShape.PointingHandCursor)
    if kind == "icon" and name:
        one.setToolTip(name)
    return one


def set_words(one: QPushButton, text: str, name: str = "") -> None:
    """Qt leaves 4 px between icon and words; a thin space makes them the 8 of the design."""
    one.setText("\u2009" + text if text and not one.icon().isNull() else text)
    one.setAccessibleName(name or text)


class IconLabel(QWidget):
    """One of our drawings beside a text that says the same; screen readers get the text only."""

    def __init__(self, icons: Icons, name: str = "", role: str = "text2", size: int = 18) -> None:
        super().__init__()
        self._icons, self._name, self._role, self._size = icons, name, role, size
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        icons.theme.changed.connect(self._fit)
        self._fit()

    def set(self, name: str, role: str = "") -> None:
        self._name, self._role = name, role or self._role
        self.setVisible(bool(name))
        self.update()

    def _fit(self) -> None:
        side = self._icons.theme.px(self._size)
        self.setFixedSize(side, side)
        self.updateGeometry()

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._name:
            return
        painter = QPainter(self)
        self._icons.paint(painter, self._name, self._role, QRectF(self.rect()), self.devicePixelRatioF())
        painter.end()


def row(
    *widgets: QWidget | int | None, spacing: int = 8, margins: tuple[int, int, int, int] = (0, 0, 0, 0)
) -> QHBoxLayout:
    """A row: a widget, a number for a fixed distance, None for the stretch."""
    box = QHBoxLayout()
    box.setSpacing(spacing)
    box.setContentsMargins(*margins)
    for one in widgets:
        if one is None:
            box.addStretch(1)
        elif isinstance(one, int):
            box.addSpacing(one)
        else:
            box.addWidget(one)
    return box


def column(spacing: int = 0, margins: tuple[int, int, int, int] = (0, 0, 0, 0)) -> QVBoxLayout:
    box = QVBoxLayout()
    box.setSpacing(spacing)
    box.setContentsMargins(*margins)
    return box


def clear_layout(box: QHBoxLayout | QVBoxLayout) -> None:
    while (item := box.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.hide()
            widget.deleteLater()


def scroll(page: QWidget, name: str) -> QScrollArea:
    """A page that may be longer than its place; the ground of what is behind shows through."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setAccessibleName(name)
    area.setWidget(page)
    page.setAutoFillBackground(False)
    area.viewport().setAutoFillBackground(False)
    return area
