"""What a conversation is about: the owner's post above a comment, the product of a review. A click opens it
on the network."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QSizePolicy, QWidget

from gui.conversation.links import is_safe
from gui.conversation.parts import IconLabel, column, label, row
from gui.conversation.when import long_day
from gui.icons import Icons
from services.model import Context


class ContextCard(QFrame):
    """Two lines; acts like a button where there is an address to open."""

    opened = Signal(str)

    def __init__(self, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icons = icons
        self._url = ""
        self.setObjectName("contextCard")
        self._meta = label(step="small", tone="text3")
        self._meta.setMinimumWidth(1)
        self._text = label(wrap=True, tone="text")
        self._text.setMaximumHeight(self._two_lines())
        self._out = IconLabel(icons, "link-out", "text3", 14)
        inner = column(spacing=2)
        inner.addWidget(self._meta)
        inner.addWidget(self._text)
        box = row(spacing=8, margins=(14, 10, 12, 10))
        box.addLayout(inner, 1)
        box.addWidget(self._out, 0, Qt.AlignmentFlag.AlignTop)
        self.setLayout(box)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        icons.theme.changed.connect(lambda: self._text.setMaximumHeight(self._two_lines()))
        self.hide()

    def _two_lines(self) -> int:
        return self._icons.theme.metrics("body").lineSpacing() * 2 + 4

    def set_context(self, context: Context | None, now: datetime) -> None:
        """Hidden where there is nothing to say."""
        words = "" if context is None else " ".join((context.text or context.title).split())
        self.setVisible(bool(words))
        if context is None or not words:
            self._url = ""
            return
        day = long_day(context.sent_at, now) if context.sent_at else ""
        if context.is_ours:
            meta = self.tr("Your post, {day}").format(day=day) if day else self.tr("Your post")
        else:
            # A post that is only a title says it once.
            who = context.author or (context.title if context.text else "")
            if context.text and context.title and context.author:
                who = self.tr("{title}, {author}").format(title=context.title, author=context.author)
            meta = self.tr("{who}, {day}").format(who=who, day=day) if who and day else who or day
        self._meta.setText(meta)
        self._meta.setVisible(bool(meta))
        self._text.setText(words if len(words) <= 220 else words[:219].rstrip() + "…")
        self._url = context.url if is_safe(context.url) else ""
        self._out.setVisible(bool(self._url))
        self.setCursor(Qt.CursorShape.PointingHandCursor if self._url else Qt.CursorShape.ArrowCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus if self._url else Qt.FocusPolicy.NoFocus)
        self.setAccessibleName(self.tr("{meta}: {text}").format(meta=meta, text=words) if meta else words)
        self.setToolTip(self.tr("Open it on the network") if self._url else "")

    def texts(self) -> tuple[str, str]:
        return self._meta.text(), self._text.text()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if (
            self._url
            and event.button() == Qt.MouseButton.LeftButton
            and self.rect().contains(event.position().toPoint())
        ):
            self.opened.emit(self._url)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._url and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.opened.emit(self._url)
        else:
            super().keyPressEvent(event)

    def minimumSizeHint(self) -> QSize:
        return QSize(1, super().minimumSizeHint().height())
