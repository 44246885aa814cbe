"""Colours, sizes and type of the window: one ``Theme``, made once and handed to whoever paints.

Widgets say what they are with dynamic properties; the style sheet (``resources/styles/window.qss``) does the
rest:

* ``step``  on labels and buttons: small, body, read, title, head, hello
* ``tone``  on labels: text2, text3, accenttx, caretx, clocktx, publictx
* ``kind``  on QPushButton: strong, public, danger, quiet, link, icon (square), chip; nothing: framed
* ``high``  on QPushButton: dialog (40), big (42); nothing: 34
* ``ground`` on QWidget: pane, list, conv, raised, field, caresoft, clocksoft, publicsoft, ours
* ``card``  true on QFrame: a raised card with 12 px corners; ``card="line"``: the same, outlined

Delegates and painted widgets take ``theme.color(role)``, ``theme.font(step, weight)``, ``theme.px(n)`` and
repaint on ``changed``.
"""

from __future__ import annotations

import sys
from string import Template as Blanks
from typing import Literal

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from gui import RESOURCES
from gui.palette import DARK, LIGHT, Palette

Choice = Literal["light", "dark", "system"]
TEXT_SIZES = (90, 100, 115, 130, 150)
STEPS = {"small": 0.893, "body": 1.0, "read": 1.0715, "title": 1.2145, "head": 1.5, "hello": 1.7145}
STEP_WEIGHTS = {"small": 400, "body": 400, "read": 400, "title": 600, "head": 600, "hello": 600}
# Qt counts 72 points to the inch on macOS and 96 pixels to the inch elsewhere: both are 14 px at 100 %.
BASE_POINTS = 14.0 if sys.platform == "darwin" else 10.5
DESIGN_PX = 14


def system_is_dark() -> bool:
    """What the desktop prefers; light where it does not tell."""
    return QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark


def wants_high_contrast() -> bool:
    """True where the system asks for more contrast (known to Qt from 6.10 on)."""
    hints = getattr(QGuiApplication.styleHints(), "accessibility", None)
    contrast = getattr(Qt, "ContrastPreference", None)
    if hints is None or contrast is None:
        return False
    return bool(hints().contrastPreference() == contrast.HighContrast)


class Theme(QObject):
    """``choice`` light, dark or system; ``text_size`` in percent. ``changed`` fires when anything moved."""

    changed = Signal()

    def __init__(
        self, choice: Choice = "system", text_size: int = 100, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._choice: Choice = choice
        self._text_size = text_size
        self._colors: dict[str, QColor] = {}
        self._fonts: dict[tuple[str, int, bool], QFont] = {}
        self._system = QPalette(QGuiApplication.palette())
        self.reduce_motion = False
        self.palette = self._pick()
        self._measure()
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._system_changed)

    # --- what painters ask

    @property
    def is_dark(self) -> bool:
        return self.palette.is_dark

    @property
    def choice(self) -> Choice:
        return self._choice

    @property
    def text_size(self) -> int:
        return self._text_size

    def color(self, role: str) -> QColor:
        """A palette role (``caretx``) as a colour."""
        color = self._colors.get(role)
        if color is None:
            color = self._colors[role] = QColor(getattr(self.palette, role))
        return color

    def points(self, step: str = "body") -> float:
        return round(BASE_POINTS * self._text_size / 100 * STEPS[step] * 4) / 4

    def font(self, step: str = "body", weight: int = 0, *, tabular: bool = False) -> QFont:
        """The system's typeface at a step. ``weight`` 0: the step's own; ``tabular``: for times, counters."""
        key = (step, weight, tabular)
        font = self._fonts.get(key)
        if font is None:
            font = QFont(QApplication.font())
            font.setPointSizeF(self.points(step))
            font.setWeight(QFont.Weight(weight or STEP_WEIGHTS[step]))
            if tabular:
                font.setFeature(QFont.Tag("tnum"), 1)
            self._fonts[key] = font
        return font

    def px(self, n: float) -> int:
        """A distance of the design (drawn at 14 px type) at the present text size."""
        return round(n / DESIGN_PX * self.base)

    def line_height(self, step: str = "body") -> int:
        """Advance of one painted line in px: 147 % for read, 140 % otherwise."""
        px = self.base * STEPS[step]
        return round(px * (1.47 if step == "read" else 1.4))

    def metrics(self, step: str = "body", weight: int = 0) -> QFontMetrics:
        return QFontMetrics(self.font(step, weight))

    # --- changing

    def set_choice(self, choice: Choice) -> None:
        self._choice = choice
        self.apply()

    def set_text_size(self, percent: int) -> None:
        self._text_size = min(max(percent, 50), 300)
        self.apply()

    def apply(self) -> None:
        """Hands everything to the application in one go, windows held still meanwhile."""
        app = QApplication.instance()
        if not isinstance(app, QApplication):
            return
        windows = [one for one in app.topLevelWidgets() if one.isVisible()]
        for window in windows:
            window.setUpdatesEnabled(False)
        try:
            self.palette = self._pick()
            self._colors.clear()
            self._fonts.clear()
            self._measure()
            app.setFont(self.font("body"))
            app.setPalette(self.qpalette())
            app.setStyleSheet(self.style_sheet())
        finally:
            for window in windows:
                window.setUpdatesEnabled(True)
        self.changed.emit()

    def _pick(self) -> Palette:
        if wants_high_contrast():
            return from_system(self._system)
        dark = system_is_dark() if self._choice == "system" else self._choice == "dark"
        return DARK if dark else LIGHT

    def _measure(self) -> None:
        dpi = 96.0
        screen = QGuiApplication.primaryScreen()
        if screen is not None:
            dpi = screen.logicalDotsPerInch()
        self.base: float = BASE_POINTS * self._text_size / 100 * dpi / 72

    def _system_changed(self) -> None:
        if self._choice == "system":
            self.apply()

    # --- for Qt

    def qpalette(self) -> QPalette:
        roles = QPalette.ColorRole
        one = QPalette()
        table = {
            roles.Window: "pane", roles.Base: "field", roles.AlternateBase: "raised", roles.Button: "field",
            roles.Text: "text", roles.WindowText: "text", roles.ButtonText: "text",
            roles.BrightText: "onaccent", roles.PlaceholderText: "text3", roles.Highlight: "select",
            roles.HighlightedText: "text", roles.Accent: "accent", roles.Link: "accenttx",
            roles.LinkVisited: "accenttx", roles.Light: "raised", roles.Midlight: "raised",
            roles.Mid: "line", roles.Dark: "edge", roles.Shadow: "edge",
            roles.ToolTipBase: "tip", roles.ToolTipText: "tiptx",
        }  # fmt: skip
        for role, name in table.items():
            one.setColor(role, self.color(name))
        one.setColor(QPalette.ColorGroup.Inactive, roles.Highlight, self.color("selectoff"))
        for role in (roles.Text, roles.WindowText, roles.ButtonText):
            one.setColor(QPalette.ColorGroup.Disabled, role, self.color("text3"))
        return one

    def style_sheet(self) -> str:
        values = self.palette._asdict()
        values |= {f"pt_{step}": f"{self.points(step):g}pt" for step in STEPS}
        values |= {f"px{n}": f"{self.px(n)}px" for n in range(2, 45)}
        # window.qss first; what follows it by name refines it.
        sheets = sorted((RESOURCES / "styles").glob("*.qss"))
        template = "\n".join(sheet.read_text(encoding="utf-8") for sheet in sheets)
        return Blanks(template).substitute(values)


def from_system(system: QPalette) -> Palette:
    """High contrast: the system's own colours in our roles; shapes and words carry what colour does not."""

    def name(role: QPalette.ColorRole) -> str:
        return system.color(QPalette.ColorGroup.Active, role).name()

    roles = QPalette.ColorRole
    ground, text, link = name(roles.Base), name(roles.Text), name(roles.Link)
    chosen, on_chosen = name(roles.Highlight), name(roles.HighlightedText)
    base = DARK if QColor(ground).lightness() < 128 else LIGHT
    grounds = (
        "pane", "list", "conv", "raised", "field", "hover", "select", "selectoff", "ours",
        "caresoft", "clocksoft", "publicsoft", "mark", "tiptx",
    )  # fmt: skip
    texts = (
        "text", "text2", "text3", "caretx", "clocktx", "publictx", "caremark", "clock", "edge", "line", "tip",
    )  # fmt: skip
    values = dict.fromkeys(grounds, ground) | dict.fromkeys(texts, text)
    fills = dict.fromkeys(("accent", "accentdn", "public", "care"), chosen)
    # A selected row keeps its painted text, so its ground stays the page's; the frame of the focus shows it.
    return base._replace(**values, **fills, accenttx=link, onaccent=on_chosen)


def say(widget: QWidget, **properties: object) -> None:
    """Sets dynamic properties (``step="small"``) and has the style sheet look again."""
    for name, value in properties.items():
        widget.setProperty(name, value)
    widget.style().unpolish(widget)
    widget.style().polish(widget)
    widget.update()
