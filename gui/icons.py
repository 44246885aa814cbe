"""Our drawings in the colours of the palette: SVG files of ``resources/icons``, recoloured and kept.

The files are drawn in black; the engine puts the role's colour in its place when it paints, so that an icon
follows the theme by itself.
"""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QByteArray, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QIconEngine, QImage, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from gui import RESOURCES
from gui.theme import Theme

FOLDER = RESOURCES / "icons"
APP_PICTURE = FOLDER / "hicolor" / "64x64" / "apps" / "shopbell.png"
"""For programs that may not read SVG, such as what shows notifications."""
MIRRORED = frozenset({"reply", "send", "undo", "signin", "link-out", "chevron-left", "chevron-right"})
ALIASES = {"globe": "public", "elsewhere": "pin", "e-mail": "mail", "email": "mail"}
_BLACK = b"#000000"


@cache
def _drawing(name: str) -> bytes:
    return (FOLDER / f"{ALIASES.get(name, name)}.svg").read_bytes()


def exists(name: str) -> bool:
    return (FOLDER / f"{ALIASES.get(name, name)}.svg").is_file()


def draw(painter: QPainter, name: str, rect: QRectF | QRect, color: QColor) -> None:
    """Paints a drawing straight into ``rect``; for one-off sizes."""
    renderer = QSvgRenderer(QByteArray(_drawing(name).replace(_BLACK, color.name().encode())))
    renderer.render(painter, QRectF(rect))


class Icons:
    """The pictures of one theme. ``pixmap`` for painters, ``icon`` for buttons and menus."""

    def __init__(self, theme: Theme) -> None:
        self.theme = theme
        self._kept: dict[tuple[str, str, int, float, bool], QPixmap] = {}
        theme.changed.connect(self._kept.clear)

    def pixmap(self, name: str, role: str = "text2", size: int = 18, ratio: float = 1.0) -> QPixmap:
        """``size`` in logical px as it shall appear (``theme.px`` first), ``ratio`` the view's."""
        mirror = name in MIRRORED and QGuiApplication.layoutDirection() == Qt.LayoutDirection.RightToLeft
        key = (name, role, size, ratio, mirror)
        kept = self._kept.get(key)
        if kept is None:
            kept = self._kept[key] = self._render(name, self.theme.color(role), size, ratio, mirror)
        return kept

    def paint(self, painter: QPainter, name: str, role: str, where: QRect | QRectF, ratio: float) -> None:
        """Paints the kept picture centred in ``where`` at the smaller of its sides."""
        rect = QRectF(where)
        size = round(min(rect.width(), rect.height()))
        corner = rect.center() - QPointF(size / 2, size / 2)
        corner = QPointF(round(corner.x()), round(corner.y()))
        painter.drawPixmap(corner, self.pixmap(name, role, size, ratio))

    def icon(self, name: str, role: str = "text2") -> QIcon:
        return QIcon(_Engine(self, name, role))

    @staticmethod
    def _render(name: str, color: QColor, size: int, ratio: float, mirror: bool) -> QPixmap:
        pixmap = QPixmap(QSize(round(size * ratio), round(size * ratio)))
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        try:
            if mirror:
                painter.translate(size, 0)
                painter.scale(-1, 1)
            draw(painter, name, QRectF(0, 0, size, size), color)
        finally:
            # A picture thrown away while it is painted takes the whole program with it.
            painter.end()
        return pixmap


class _Engine(QIconEngine):
    """Asks the theme for its colour at every paint; disabled icons are ``text3``."""

    def __init__(self, icons: Icons, name: str, role: str) -> None:
        super().__init__()
        self._icons, self._name, self._role = icons, name, role

    def _pick(self, mode: QIcon.Mode) -> str:
        if mode == QIcon.Mode.Disabled:
            return "text3"
        return self._role

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        # While a widget is rendered into a picture its device says 1; the transform knows better.
        ratio = max(painter.device().devicePixelRatioF(), abs(painter.deviceTransform().m11()))
        self._icons.paint(painter, self._name, self._pick(mode), rect, ratio)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        return self.scaledPixmap(size, mode, state, 1.0)

    def scaledPixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float) -> QPixmap:
        # Seen with Qt 6.11: the size is the logical one, the pixel ratio comes beside it.
        side = min(size.width(), size.height())
        return self._icons.pixmap(self._name, self._pick(mode), side, scale)

    def addPixmap(self, pixmap: QPixmap | QImage, mode: QIcon.Mode, state: QIcon.State) -> None:
        """Drawn, never given."""

    def clone(self) -> QIconEngine:
        return _Engine(self._icons, self._name, self._role)


def app_icon() -> QIcon:
    """The bell of the task bar; its own colours, the same in both themes."""
    icon = QIcon()
    for size in (16, 24, 32, 48, 64, 128, 256):
        pixmap = QPixmap(size, size)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        QSvgRenderer(str(FOLDER / "app.svg")).render(painter, QRectF(0, 0, size, size))
        painter.end()
        icon.addPixmap(pixmap)
    return icon
