"""The head of the composer: who will be able to read the reply, said in words, a colour and a shape."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from gui.conversation.parts import IconLabel, button, label, set_words
from gui.icons import Icons


class WorldBar(QFrame):
    """Blue with a globe, or green with a lock."""

    switched = Signal()

    def __init__(self, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icons = icons
        self._full = self._short = ""
        self.setObjectName("worldBar")
        self._icon = IconLabel(icons, "public", "publictx", 18)
        self._words = label(step="small", weight=600)
        self._words.setMinimumWidth(1)
        self._switch = button("", kind="inline", icon="take-private", role="publictx", icons=icons)
        self._switch.clicked.connect(self.switched)
        box = QHBoxLayout(self)
        box.setContentsMargins(12, 0, 8, 0)
        box.setSpacing(8)
        box.addWidget(self._icon)
        box.addWidget(self._words, 1)
        box.addWidget(self._switch)
        self.setFixedHeight(icons.theme.px(34))
        icons.theme.changed.connect(lambda: self.setFixedHeight(icons.theme.px(34)))

    @property
    def switch(self) -> QWidget:
        return self._switch

    def text(self) -> str:
        return self._full

    def show_world(self, *, private: bool, us: str, customer: str, switch: str, is_copied: bool) -> None:
        """``switch`` are the words on the button that changes the world; empty hides it."""
        role = "accenttx" if private else "publictx"
        if is_copied and not private:
            self._full = self.tr("Public reply that you paste there. Everyone can read it")
            self._short = self.tr("Public reply that you paste there")
        elif private:
            full = self.tr("Private message to {name}. Only the two of you")
            self._full = full.format(name=_before_a_stop(customer))
            self._short = self.tr("Private message to {name}").format(name=customer)
        else:
            full = self.tr("Public reply as {name}. Everyone can read it")
            self._full = full.format(name=_before_a_stop(us))
            self._short = self.tr("Public reply as {name}").format(name=us)
        self._icon.set("private" if private else "public", role)
        for one in (self._words, self._switch):
            one.setProperty("tone", role)
            one.style().unpolish(one)
            one.style().polish(one)
        self._switch.setIcon(self._icons.icon("public" if private else "take-private", role))
        set_words(self._switch, switch, switch or self.tr("Take it private"))
        self._switch.setVisible(bool(switch))
        self.setAccessibleName(self._full)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        room = self._words.width()
        metrics = self._words.fontMetrics()
        text = self._full if metrics.horizontalAdvance(self._full) <= room else self._short
        self._words.setText(metrics.elidedText(text, Qt.TextElideMode.ElideRight, room) if room > 1 else text)
        self._words.setToolTip("" if text == self._full else self._full)

    def minimumSizeHint(self) -> QSize:
        return QSize(1, super().minimumSizeHint().height())


def _before_a_stop(name: str) -> str:
    """ "M. L." at the end of a sentence brings the full stop along."""
    return name.removesuffix(".")
