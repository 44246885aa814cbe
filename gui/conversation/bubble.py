"""One bubble: somebody's words on their ground, and one line below that says who, when and what became of
it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QPushButton, QWidget

from gui.conversation.attached import SAVE, AttachedFiles, FileLine, is_file
from gui.conversation.bubble_text import MARGIN, BubbleText
from gui.conversation.delivery import Delivery
from gui.conversation.parts import IconLabel, button, label, set_words
from gui.conversation.whole import SHOW
from gui.icons import Icons
from gui.theme import Theme
from services.model import ThreadMessage

UNFOLD = "unfold"
WIDEST = 0.78
WIDEST_CHARACTERS = 62


@dataclass(frozen=True, slots=True)
class BubbleEntry:
    """What one bubble shows. ``meta`` None: the line belongs to a later bubble of the same run. ``deeds`` are
    (key, words, icon) of what can be done with it on its network. ``whole``: all of it, where the quote below
    is folded away. ``folded``: what stands in the place of the words until the owner asks for them."""

    message: ThreadMessage
    ours: bool
    spoken: str
    meta: Delivery | None = None
    title: str = ""
    earlier: str = ""
    files: tuple[FileLine, ...] = ()
    deeds: tuple[tuple[str, str, str], ...] = ()
    whole: str = ""
    folded: str = ""

    @property
    def key(self) -> tuple[str, int]:
        outbox = self.message.outbox_id
        return ("message", self.message.id) if outbox is None else ("outbox", outbox)


class MetaLine(QWidget):
    """Icon, words and what can be done, on one line or two."""

    clicked = Signal(str)

    def __init__(self, theme: Theme, icons: Icons, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._icon = IconLabel(icons, size=14)
        self._icon.setParent(self)
        self._words = label(step="small", tone="text3")
        self._words.setParent(self)
        self._buttons: list[QPushButton] = []
        self._shown: Delivery | None = None

    def show_delivery(self, what: Delivery) -> None:
        if what == self._shown:
            return
        had = self._shown.actions if self._shown else ()
        self._shown = what
        self._icon.set(what.icon, what.role)
        self._words.setText(what.text)
        self._words.setToolTip(what.detail)
        self._words.setAccessibleDescription(what.detail)
        self._words.setProperty("tone", what.role)
        self._words.style().unpolish(self._words)
        self._words.style().polish(self._words)
        if [key for key, _ in had] == [key for key, _ in what.actions]:
            for one, (_, words) in zip(self._buttons, what.actions, strict=True):
                set_words(one, words)
        else:
            for old in self._buttons:
                old.hide()
                old.deleteLater()
            self._buttons = [self._action(key, words) for key, words in what.actions]

    def _action(self, key: str, words: str) -> QPushButton:
        one = button(words, kind="inline")
        one.setParent(self)
        one.clicked.connect(lambda: self.clicked.emit(key))
        one.show()
        return one

    def fit(self, width: int, ours: bool) -> QSize:
        """Lays itself out; ours ends at the right edge."""
        gap = self._theme.px(6)
        for one in (self._words, *self._buttons):
            one.ensurePolished()
        icon = self._icon.width() + gap if self._shown and self._shown.icon else 0
        sizes = [one.sizeHint() for one in self._buttons]
        actions = sum(size.width() for size in sizes) + gap * len(sizes)
        metrics = self._words.fontMetrics()
        room = width - icon
        words = min(metrics.horizontalAdvance(self._words.text()) + 2, room)
        single = icon + words + actions <= width
        self._words.setWordWrap(not single)
        high = metrics.height()
        if not single:
            words = min(words, room)
            high = metrics.boundingRect(
                0, 0, words, 10_000, Qt.TextFlag.TextWordWrap, self._words.text()
            ).height()
        line = max([self._theme.px(20), *(size.height() for size in sizes)]) if sizes else self._theme.px(20)
        used = icon + words + (actions if single else 0)
        left = width - used if ours else 0
        top = (line - metrics.height()) // 2 if single else 0
        self._icon.move(left, top + (metrics.height() - self._icon.height()) // 2)
        self._words.setGeometry(left + icon, top, words, high)
        x = left + icon + words + gap if single else (width - actions + gap if ours else icon)
        y = 0 if single else high
        for one, size in zip(self._buttons, sizes, strict=True):
            one.setGeometry(x, y + (line - size.height()) // 2, size.width(), size.height())
            x += size.width() + gap
        height = line if single else high + (line if sizes else 0)
        self.setFixedSize(width, height)
        return QSize(width, height)


class Bubble(QWidget):
    """``acted`` carries the key of an action and the message it is about."""

    acted = Signal(str, object)
    resized = Signal()

    def __init__(self, theme: Theme, icons: Icons, entry: BubbleEntry, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._icons = theme, icons
        self.entry = entry
        self._ground = QRectF()
        self._title: BubbleText | None = None
        self._before: BubbleText | None = None
        self._shows_before = False
        self._shows_whole = False
        self._is_unfolded = False
        self._text = BubbleText(theme, self)
        self._text.deeds_wanted.connect(self._act)
        self._files = AttachedFiles(theme, icons, self)
        self._files.wanted.connect(lambda number: self._act(f"{SAVE}{number}"))
        self._meta = MetaLine(theme, icons, self)
        self._meta.clicked.connect(self._act)
        self._fill()

    # --- content

    def set_entry(self, entry: BubbleEntry) -> bool:
        """True when the size may have changed."""
        old, self.entry = self.entry, entry
        if old == entry:
            return False
        if old.meta is not None and entry.meta is not None and _but_meta(old) == _but_meta(entry):
            self._fill_meta()
            return True
        self._fill()
        return True

    def restyle(self) -> None:
        self._text.restyle()
        for one in (self._title, self._before):
            if one is not None:
                one.restyle()

    def _fill(self) -> None:
        entry = self.entry
        gone = entry.message.state == "deleted"
        folded = "" if self._is_unfolded else entry.folded
        self._text._tone = "text3" if gone or folded else "text"
        # What is gone complains no more, and its pale text could not be read on the colour of the marks.
        self._shows_whole = self._shows_whole and bool(entry.whole)
        words = entry.whole if self._shows_whole else shown_text(entry.message)
        self._text.set_text(folded or words, () if gone or folded else entry.message.reasons)
        spoken = entry.spoken
        if entry.folded and not folded:
            spoken = self.tr("{what}: {text}").format(what=entry.folded, text=entry.message.text)
        self._text.setAccessibleName(spoken)
        self._text.deeds = entry.deeds
        self._files.set_files(entry.files)
        self._files.setVisible(bool(entry.files) and not folded)
        self.setAccessibleName(spoken)
        if entry.title and self._title is None:
            self._title = BubbleText(self._theme, self, step="small", tone="text2")
            self._title.show()
        if self._title is not None:
            self._title.set_text(entry.title)
            self._title.setAccessibleName(entry.title)
            self._title.setVisible(bool(entry.title) and not folded)
        if self._shows_before and not entry.earlier:
            self._shows_before = False
        if self._before is not None:
            self._before.set_text(entry.earlier)
            self._before.setVisible(self._shows_before and not folded)
        self._meta.setVisible(entry.meta is not None)
        self._fill_meta()

    def _fill_meta(self) -> None:
        meta = self.entry.meta
        if meta is None:
            return
        if self._shows_before:
            hide = ("show-before", self.tr("hide before"))
            meta = replace(meta, actions=tuple(hide if one[0] == hide[0] else one for one in meta.actions))
        if self._shows_whole:
            fold = (SHOW, self.tr("show only what is new"))
            meta = replace(meta, actions=tuple(fold if one[0] == SHOW else one for one in meta.actions))
        if self.entry.folded:
            meta = replace(meta, actions=tuple(self._fold_action(one) for one in meta.actions))
        self._meta.show_delivery(meta)

    def _fold_action(self, action: tuple[str, str]) -> tuple[str, str]:
        return (UNFOLD, self.tr("Fold again")) if self._is_unfolded and action[0] == UNFOLD else action

    def _act(self, key: str) -> None:
        if key == "show-before":
            self.show_before(not self._shows_before)
        elif key == SHOW:
            self.show_whole(not self._shows_whole)
        elif key == UNFOLD:
            self.unfold(not self._is_unfolded)
        else:
            self.acted.emit(key, self.entry.message)

    def show_before(self, on: bool) -> None:
        """The text as it was before the change, above the present one."""
        if self._before is None:
            self._before = BubbleText(self._theme, self, step="body", tone="text3")
            self._before.set_text(self.entry.earlier)
        self._shows_before = on
        self._before.setAccessibleName(self.entry.earlier)
        self._before.setVisible(on)
        self._fill_meta()
        self.resized.emit()

    def show_whole(self, on: bool) -> None:
        """All of the mail, in place of what is new in it."""
        self._shows_whole = on
        self._fill()
        self.resized.emit()

    def unfold(self, on: bool) -> None:
        """The words that were folded away."""
        self._is_unfolded = on
        self._fill()
        self.resized.emit()

    # --- size and painting

    def fit(self, width: int) -> int:
        """Lays everything out in ``width`` and returns the height it takes."""
        px = self._theme.px
        pad_x, pad_y = px(14), px(10)
        letters = self._theme.metrics("read").averageCharWidth() * WIDEST_CHARACTERS
        inner = max(px(60), min(round(width * WIDEST), letters + 2 * pad_x) - 2 * pad_x)
        pieces = [
            one for one in (self._title, self._before, self._text) if one is not None and not one.isHidden()
        ]
        sizes = [one.fit(inner + 2 * MARGIN) - QSize(2 * MARGIN, 2 * MARGIN) for one in pieces]
        gap = px(4)
        files = self._files.fit(inner) if not self._files.isHidden() and self.entry.files else None
        parts = [*sizes, files] if files is not None else sizes
        body_w = max([size.width() for size in parts] or [0]) + 2 * pad_x
        above_files = px(4) if files is not None and sizes else 0
        body_h = sum(size.height() for size in parts) + gap * (len(parts) - 1) + above_files + 2 * pad_y
        right = self.entry.ours != self.isRightToLeft()
        left = width - body_w if right else 0
        y = pad_y
        for one, size in zip(pieces, sizes, strict=True):
            one.move(left + pad_x - MARGIN, y - MARGIN)
            y += size.height() + gap
        self._files.move(left + pad_x, y + above_files)
        self._ground = QRectF(left, 0, body_w, body_h)
        height = body_h
        if self.entry.meta is not None:
            taken = self._meta.fit(width, right)
            self._meta.move(0, body_h + px(3))
            height += px(3) + taken.height()
        self.setFixedSize(width, height)
        self.update()
        return height

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ours = self.entry.ours
        right = ours != self.isRightToLeft()
        painter.fillPath(
            speech(self._ground, self._theme.px(14), self._theme.px(4), at_right=right),
            self._theme.color("ours" if ours else "raised"),
        )
        if self._shows_before and self._before is not None:
            painter.setPen(self._theme.color("line"))
            y = self._before.geometry().bottom() + 2
            painter.drawLine(self._text.x(), y, round(self._ground.right()) - self._theme.px(14), y)
        painter.end()


def shown_text(message: ThreadMessage) -> str:
    """The words, with stars before a review and what is attached after."""
    lines = []
    if message.stars is not None:
        stars = max(0, min(5, message.stars))
        lines.append("★" * stars + "☆" * (5 - stars))
    if message.text:
        lines.append(message.text)
    lines += [
        " ".join(part for part in (f"[{one.description or one.kind}]", one.url) if part)
        for one in message.attachments
        if not is_file(one)
    ]
    return "\n".join(lines)


def speech(rect: QRectF, radius: float, corner: float, *, at_right: bool) -> QPainterPath:
    """A rounded rectangle with one small corner, bottom, towards its writer."""
    path = QPainterPath()
    path.setFillRule(Qt.FillRule.WindingFill)
    radius = min(radius, rect.height() / 2)
    path.addRoundedRect(rect, radius, radius)
    x = rect.right() - radius if at_right else rect.left()
    path.addRoundedRect(QRectF(x, rect.bottom() - radius, radius, radius), corner, corner)
    return path


def _but_meta(entry: BubbleEntry) -> tuple[object, ...]:
    shown = entry.message
    return (
        shown.text,
        shown.state,
        shown.stars,
        shown.attachments,
        shown.reasons,
        entry.ours,
        entry.spoken,
        entry.title,
        entry.earlier,
        entry.files,
        entry.deeds,
        entry.whole,
        entry.folded,
    )
