"""The files that came with a message, one line each below its words: name, kind, size, a way to save it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QLocale, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QLabel, QPushButton, QWidget

from gui.conversation.parts import IconLabel, button, label
from gui.icons import Icons
from gui.theme import Theme
from services.attachments import can_save
from services.channels.base import Abilities
from services.filenames import is_program, safe_name
from services.model import Attachment, ThreadMessage

SAVE = "save:"
"""Before the number of the file, where a bubble carries the wish."""
SEPARATOR = " · "


@dataclass(frozen=True, slots=True)
class FileLine:
    """``number`` counts from 1 among all that came with the message. ``facts`` are kind and size."""

    number: int
    name: str
    facts: str
    can_save: bool = False
    is_program: bool = False

    @property
    def words(self) -> str:
        return SEPARATOR.join(one for one in (self.name, self.facts) if one)


def files_of(message: ThreadMessage, abilities: Abilities) -> tuple[FileLine, ...]:
    """Those with a name or something to fetch; what is only an address stays among the words."""
    return tuple(
        FileLine(number, *name_and_facts(one), can_save(abilities, one), is_program(one.name))
        for number, one in enumerate(message.attachments, 1)
        if is_file(one)
    )


def is_file(attachment: Attachment) -> bool:
    return bool(attachment.name or attachment.part)


def name_and_facts(attachment: Attachment) -> tuple[str, str]:
    """ "bill.pdf", "File · 48 kB". The name as it would be saved: nothing in it is hidden or turned round."""
    kinds = {
        "image": _tr("Picture"),
        "video": _tr("Film"),
        "gifv": _tr("Film"),
        "audio": _tr("Sound"),
        "file": _tr("File"),
    }
    name = safe_name(attachment.name, attachment.kind) if attachment.name else attachment.description
    facts = [kinds.get(attachment.kind, _tr("File"))]
    if attachment.size is not None:
        facts.append(size_words(attachment.size))
    return name, SEPARATOR.join(facts)


def size_words(size: int) -> str:
    places = 1 if size >= 1_000_000 else 0
    return QLocale().formattedDataSize(max(0, size), places, QLocale.DataSizeFormat.DataSizeSIFormat)


class AttachedFiles(QWidget):
    """``wanted`` carries the number of the file to save."""

    wanted = Signal(int)

    def __init__(self, theme: Theme, icons: Icons, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme, self._icons = theme, icons
        self._files: tuple[FileLine, ...] = ()
        self._rows: list[tuple[IconLabel, QLabel, QPushButton | None]] = []

    def set_files(self, files: tuple[FileLine, ...]) -> None:
        if files == self._files:
            return
        for parts in self._rows:
            for old in parts:
                if old is not None:
                    old.hide()
                    old.deleteLater()
        self._files = files
        self._rows = [self._make(one) for one in files]

    def _make(self, file: FileLine) -> tuple[IconLabel, QLabel, QPushButton | None]:
        icon = IconLabel(self._icons, "warning" if file.is_program else "attach", "text2", 14)
        words = label(file.words, step="small", tone="text2")
        words.setAccessibleName(self.tr("Attached: {file}").format(file=file.words))
        words.setToolTip(file.words)
        save: QPushButton | None = None
        if file.can_save:
            save = button(
                self.tr("Save…"), kind="inline", name=self.tr("Save {file}").format(file=file.words)
            )
            save.clicked.connect(lambda _=False, number=file.number: self.wanted.emit(number))
        for one in (icon, words, save):
            if one is not None:
                one.setParent(self)
                one.show()
        return icon, words, save

    def buttons(self) -> list[QPushButton]:
        return [save for _, _, save in self._rows if save is not None]

    def fit(self, width: int) -> QSize:
        """Lays the lines out; a name that is too long is cut in the middle, its ending stays."""
        gap, y, widest = self._theme.px(6), 0, 0
        for (icon, words, save), file in zip(self._rows, self._files, strict=True):
            for one in (words, save):
                if one is not None:
                    one.ensurePolished()
            taken = icon.width() + gap
            hint = save.sizeHint() if save is not None else QSize(0, 0)
            room = max(self._theme.px(40), width - taken - (hint.width() + gap if save is not None else 0))
            metrics = words.fontMetrics()
            words.setText(_fitted(file, metrics, room))
            high = max(metrics.height(), hint.height(), self._theme.px(22))
            wide = min(room, metrics.horizontalAdvance(words.text()) + 2)
            icon.move(0, y + (high - icon.height()) // 2)
            words.setGeometry(taken, y + (high - metrics.height()) // 2, wide, metrics.height())
            x = taken + wide + gap
            if save is not None:
                save.setGeometry(x, y + (high - hint.height()) // 2, hint.width(), hint.height())
                x += hint.width()
            widest = max(widest, x)
            y += high
        size = QSize(min(widest, width), y)
        self.setFixedSize(size)
        return size


def _fitted(file: FileLine, metrics: QFontMetrics, room: int) -> str:
    """What makes a file dangerous is the end of its name: that is never cut off."""
    tail = SEPARATOR + file.facts if file.name else file.facts
    left = room - metrics.horizontalAdvance(tail)
    least = metrics.horizontalAdvance("nnnn….docm")
    if left < least:
        return metrics.elidedText(file.name or file.facts, Qt.TextElideMode.ElideMiddle, room)
    return metrics.elidedText(file.name, Qt.TextElideMode.ElideMiddle, left) + tail


def _tr(text: str) -> str:
    return QCoreApplication.translate("AttachedFiles", text)
