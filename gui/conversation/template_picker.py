"""Saved replies at the caret: opens on "/" or by its button, 1-9 or Enter takes one, a blank is asked
before it is put in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from gui.conversation.parts import IconLabel, button, column, label, row
from gui.conversation.template_row import OFFER_ROLE, TemplateRow
from gui.icons import Icons
from services.model import Template
from services.replies.variables import Rendered, render

WIDTH = 480
SHOWN_ROWS = 5


@dataclass(frozen=True, slots=True)
class Offer:
    """A template, the values of this conversation, and how it would read."""

    template: Template
    rendered: Rendered
    values: Mapping[str, str]

    def preview(self) -> str:
        """One line, blanks as lines to write on."""
        text, at = "", 0
        for span in self.rendered.blanks:
            text += self.rendered.text[at : span.start] + "___"
            at = span.end
        return " ".join((text + self.rendered.text[at:]).split())


class TemplatePicker(QFrame):
    """A child of the window that never takes the focus from the editor while one types after "/".

    ``chosen`` carries (Template, text, spans that were filled); ``closed`` comes whenever it goes away.
    """

    chosen = Signal(object, str, object)
    closed = Signal()

    def __init__(self, icons: Icons, parent: QWidget) -> None:
        super().__init__(parent)
        self._icons, self._theme = icons, icons.theme
        self._offers: list[Offer] = []
        self._asking: Offer | None = None
        self._answers: dict[str, str] = {}
        self.setObjectName("popup")
        self.setAccessibleName(self.tr("Templates"))
        self._around = parent
        self._pages = (self._build_list(), self._build_blank())
        self._stack = QStackedWidget()
        for page in self._pages:
            one = QWidget()
            one.setLayout(page)
            self._stack.addWidget(one)
        box = QVBoxLayout(self)
        box.setContentsMargins(1, 1, 1, 1)
        box.addWidget(self._stack)
        self.hide()

    def _build_list(self) -> QVBoxLayout:
        self.query = QLineEdit()
        self.query.setAccessibleName(self.tr("Find a template"))
        self.query.setPlaceholderText(self.tr("Find a template"))
        self.query.setProperty("bare", True)
        self.query.textEdited.connect(self.filter)
        self.query.installEventFilter(self)
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Templates"))
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setUniformItemSizes(True)
        self.list.setItemDelegate(TemplateRow(self._theme, self.list))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setMouseTracking(True)
        self.list.viewport().setAutoFillBackground(False)
        self.list.itemClicked.connect(lambda item: self.take(item.data(OFFER_ROLE)))
        self._none = label(self.tr("No template of that name."), tone="text3")
        self._none.setContentsMargins(14, 4, 14, 12)
        box = column(spacing=2, margins=(6, 6, 6, 6))
        search = row(IconLabel(self._icons, "search", "text3", 18), self.query, margins=(10, 0, 8, 0))
        box.addLayout(search)
        box.addWidget(self.list)
        box.addWidget(self._none)
        return box

    def _build_blank(self) -> QVBoxLayout:
        self._blank_title = label()
        self._blank_name = label(step="small", weight=600)
        self.blank = QLineEdit()
        self.blank.setAccessibleName(self.tr("What belongs here"))
        self.blank.returnPressed.connect(lambda: self._answer(self.blank.text()))
        self.blank.installEventFilter(self)
        self.insert_button = button(self.tr("Insert"), kind="strong")
        self.insert_button.clicked.connect(lambda: self._answer(self.blank.text()))
        self.leave_button = button(self.tr("Leave blank"))
        self.leave_button.clicked.connect(lambda: self._answer(""))
        box = column(spacing=6, margins=(14, 14, 14, 14))
        box.addWidget(self._blank_title)
        box.addSpacing(4)
        box.addWidget(self._blank_name)
        box.addLayout(row(self.blank, self.insert_button, self.leave_button))
        return box

    # --- opening and closing

    def open_with(self, offers: Sequence[Offer], above: QPoint, *, typed: bool) -> None:
        """``above``: where its lower left corner goes, in the parent's coordinates. ``typed``: opened by
        "/" in the editor."""
        self._offers = list(offers)
        self._asking = None
        self._stack.setCurrentIndex(0)
        self.query.setReadOnly(typed)
        self.query.setFocusPolicy(Qt.FocusPolicy.NoFocus if typed else Qt.FocusPolicy.StrongFocus)
        self.query.setText("/" if typed else "")
        self._corner = above
        self.show()
        self.raise_()
        self.filter("")
        if not typed:
            self.query.setFocus()

    _corner = QPoint()

    def close_up(self) -> None:
        if self.isVisible():
            self.hide()
            self.closed.emit()

    def set_typed(self, word: str) -> None:
        """What stands after "/" in the editor."""
        self.query.setText("/" + word)
        self.filter(word)

    def filter(self, word: str) -> None:
        wanted = word.strip().casefold().removeprefix("/")
        ranked = [(rank, one) for one in self._offers if (rank := _rank(one.template, wanted)) is not None]
        # Equal ones stay in the order they came in: most used first.
        found = [one for _, one in sorted(ranked, key=lambda pair: pair[0])]
        self.list.clear()
        for number, one in enumerate(found, 1):
            item = QListWidgetItem()
            item.setData(OFFER_ROLE, one)
            item.setData(Qt.ItemDataRole.UserRole + 2, number)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{one.template.name}. {one.preview()}")
            self.list.addItem(item)
        self.list.setCurrentRow(0 if found else -1)
        self.list.setVisible(bool(found))
        self._none.setVisible(not found)
        self._place()

    def _place(self) -> None:
        rows = min(self.list.count(), SHOWN_ROWS)
        self.list.setFixedHeight(max(1, rows * TemplateRow.height(self._theme)))
        room = self._around.width()
        width = min(self._theme.px(WIDTH), max(200, room - 16))
        page = self._pages[self._stack.currentIndex()]
        page.activate()
        height = page.sizeHint().height() + 2
        self.setFixedSize(QSize(width, height))
        x = min(max(8, self._corner.x()), room - width - 8)
        self.move(x, max(8, self._corner.y() - height))

    # --- choosing

    def handle_key(self, event: QKeyEvent) -> bool:
        """Keys that are typed in the editor or in the field; True when the picker took them."""
        if not self.isVisible():
            return False
        key = event.key()
        if key == Qt.Key.Key_Escape:
            self.close_up()
            return True
        if self._asking is not None:
            return False
        if key in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            step = 1 if key == Qt.Key.Key_Down else -1
            count = self.list.count()
            if count:
                self.list.setCurrentRow((self.list.currentRow() + step) % count)
            return True
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab):
            return self._take_row(self.list.currentRow())
        if (
            event.text() in "123456789"
            and event.text()
            and not event.modifiers() & Qt.KeyboardModifier.ControlModifier
        ):
            return self._take_row(int(event.text()) - 1)
        return False

    def eventFilter(self, watched: object, event: object) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QKeyEvent.Type.KeyPress:
            return self.handle_key(event)
        return False

    def _take_row(self, number: int) -> bool:
        item = self.list.item(number)
        if item is None:
            return False
        self.take(item.data(OFFER_ROLE))
        return True

    def take(self, offer: Offer) -> None:
        """Puts it in, or asks its blanks first."""
        self._asking, self._answers = offer, {}
        self._next_blank()

    def _next_blank(self) -> None:
        offer = self._asking
        if offer is None:
            return
        open_ones = [one.name for one in offer.rendered.blanks if one.name not in self._answers]
        if not open_ones:
            self._finish(offer)
            return
        self._blank_title.setText(offer.template.name)
        self._blank_name.setText(open_ones[0])
        self.blank.setAccessibleName(open_ones[0])
        self.blank.clear()
        self._stack.setCurrentIndex(1)
        self._place()
        self.blank.setFocus()

    def _answer(self, text: str) -> None:
        if self._asking is None:
            return
        self._answers[self._blank_name.text()] = text.strip()
        self._next_blank()

    def _finish(self, offer: Offer) -> None:
        values = {**offer.values, **{name: text for name, text in self._answers.items() if text}}
        result = render(offer.template.text, values)
        self._asking = None
        self.close_up()
        self.chosen.emit(offer.template, result.text, [(one.start, one.end) for one in result.filled])


def _rank(template: Template, wanted: str) -> int | None:
    """0: the shortcut begins so; 1: a word of the name does; 2: it is in there somewhere; None: not at
    all."""
    name = template.name.casefold()
    if not wanted or template.shortcut.casefold().startswith(wanted):
        return 0
    parts = wanted.split()
    if all(any(word.startswith(part) for word in name.split()) for part in parts):
        return 1
    return 2 if all(part in f"{template.shortcut} {name}".casefold() for part in parts) else None
