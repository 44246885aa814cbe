"""The small square that says which channel: two letters or one of our shapes, never a network's logo.

All grounds have one lightness and chroma; only the hue a channel declares differs, so that many of them
stay quiet.
Colour space: OKLCH (Björn Ottosson, 2020), brought into sRGB by giving up chroma, never hue or lightness.
"""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.icons import Icons, draw, exists
from gui.theme import Theme

if TYPE_CHECKING:
    from services.channels.base import Badge

# lightness, chroma of (ground, sign)
_LIGHT = ((0.885, 0.048), (0.38, 0.085))
_DARK = ((0.40, 0.052), (0.90, 0.050))
_GREY_HUE, _GREY_CHROMA = 70.0, 0.009
LIST, ROW, HEAD = 20, 24, 34  # sizes: left pane, rows, heads


class Sign(NamedTuple):
    """What a channel's ``Badge`` says, for those that must not read the channels from disk."""

    letters: str = ""
    shape: str = ""
    hue: float | None = None


@cache
def oklch(lightness: float, chroma: float, hue: float) -> str:
    """``#RRGGBB`` of an OKLCH colour; chroma is lowered until the colour exists in sRGB."""
    angle = math.radians(hue)
    for step in range(101):
        kept = chroma * (1 - step / 100)
        red, green, blue = _linear(lightness, kept * math.cos(angle), kept * math.sin(angle))
        if all(-0.0005 <= one <= 1.0005 for one in (red, green, blue)):
            break
    return "#" + "".join(f"{round(_encode(one) * 255):02X}" for one in (red, green, blue))


def _linear(lightness: float, a: float, b: float) -> tuple[float, float, float]:
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )


def _encode(value: float) -> float:
    value = min(max(value, 0.0), 1.0)
    return 12.92 * value if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055


def badge_colors(hue: float | None, *, dark: bool) -> tuple[str, str]:
    """(ground, sign) for a hue in OKLCH degrees; None is grey."""
    pairs = _DARK if dark else _LIGHT
    if hue is None:
        return oklch(pairs[0][0], _GREY_CHROMA, _GREY_HUE), oklch(pairs[1][0], _GREY_CHROMA, _GREY_HUE)
    return oklch(*pairs[0], hue), oklch(*pairs[1], hue)


class Badges:
    """Badges painted once per (sign, hue, size, pixel ratio) and kept until the theme changes."""

    def __init__(self, theme: Theme, icons: Icons | None = None) -> None:
        self.theme = theme
        self._kept: dict[tuple[Badge | Sign, int, float], QPixmap] = {}
        theme.changed.connect(self._kept.clear)

    def pixmap(self, badge: Badge | Sign, size: int = ROW, ratio: float = 1.0) -> QPixmap:
        """``size`` in logical px as it shall appear."""
        key = (badge, size, ratio)
        kept = self._kept.get(key)
        if kept is None:
            kept = self._kept[key] = self._render(badge, size, ratio)
        return kept

    def paint(self, painter: QPainter, badge: Badge | Sign, where: QRect | QRectF, ratio: float) -> None:
        rect = QRectF(where)
        painter.drawPixmap(QPointF(rect.topLeft()), self.pixmap(badge, round(rect.width()), ratio))

    def _render(self, badge: Badge | Sign, size: int, ratio: float) -> QPixmap:
        pixmap = QPixmap(round(size * ratio), round(size * ratio))
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        ground, sign = badge_colors(badge.hue, dark=self.theme.is_dark)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(ground))
        painter.drawRoundedRect(QRectF(0, 0, size, size), size * 0.27, size * 0.27)
        if badge.shape and exists(badge.shape):
            side = size * 0.68
            draw(painter, badge.shape, QRectF((size - side) / 2, (size - side) / 2, side, side), QColor(sign))
        else:
            font = QFont(self.theme.font("body", 600))
            font.setPixelSize(max(round(size * 0.48), 7))
            painter.setFont(font)
            painter.setPen(QColor(sign))
            painter.drawText(QRectF(0, 0, size, size), Qt.AlignmentFlag.AlignCenter, badge.letters[:2])
        painter.end()
        return pixmap


class BadgeLabel(QWidget):
    """A badge standing by itself, in heads and dialogs. ``name`` is what a screen reader says."""

    def __init__(
        self, badges: Badges, badge: Badge | Sign, name: str, size: int = HEAD, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._badges, self._badge, self._size = badges, badge, size
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        badges.theme.changed.connect(self._fit)
        self._fit()

    def set_badge(self, badge: Badge | Sign, name: str) -> None:
        self._badge = badge
        self.setAccessibleName(name)
        self.update()

    def _fit(self) -> None:
        side = self._badges.theme.px(self._size)
        self.setFixedSize(side, side)
        self.update()

    def paintEvent(self, event: object) -> None:
        painter = QPainter(self)
        self._badges.paint(painter, self._badge, QRectF(self.rect()), self.devicePixelRatioF())
        painter.end()
