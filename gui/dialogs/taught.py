"""What the owner taught: every correction with its words, to be looked through and taken back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QTimer, Signal
from PySide6.QtWidgets import QDialog, QLineEdit, QMessageBox, QPushButton, QVBoxLayout, QWidget

from gui.announce import announce
from gui.conversation.asked_once import ask_once
from gui.conversation.deed_words import Question
from gui.conversation.parts import button, column, label, row, scroll
from gui.conversation.when import day_and_time
from gui.dialogs.setting_rows import card_of
from gui.errors import error_text
from gui.geometry import size_dialog
from gui.icons import Icons
from gui.jobs import Jobs
from gui.tab_order import walk_in_order
from gui.theme import Theme
from services.insults import is_abusive

if TYPE_CHECKING:
    from services.app import Shopbell
    from services.store.owned import Correction

SHOWN = 100
"""Rows at a time; more when asked for."""
LONGEST = 280
TYPING_MS = 250


class TaughtDialog(QDialog):
    """``opened(conversation id)``: the owner wants to see where it was said."""

    opened = Signal(int)

    def __init__(self, app: Shopbell, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._app, self._theme = app, theme
        self._icons = Icons(theme)
        self._jobs = Jobs(app.run, self)
        self._found: tuple[Correction, ...] = ()
        self._most = SHOWN
        self._taken: tuple[Correction, ...] = ()
        self.rows: dict[int, QWidget] = {}
        self.question: QMessageBox | None = None
        self.setWindowTitle(self.tr("What you taught"))
        size_dialog(self, theme.px(680), theme.px(600))
        self._build()
        self._read()

    def _build(self) -> None:
        theme = self._theme
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search what was said"))
        self.search.setAccessibleName(self.tr("Search what was said"))
        self.search.setClearButtonEnabled(True)
        self._typing = QTimer(self, singleShot=True, interval=TYPING_MS)
        self._typing.timeout.connect(self._read)
        self.search.textChanged.connect(lambda _: self._typing.start())
        self.count = label(step="small", tone="text3")
        self._page = scroll(QWidget(), self.tr("What you taught"))
        self.note = label(step="small", tone="text2")
        self.undo = button(self.tr("Undo"), kind="inline")
        self.undo.clicked.connect(self._teach_again)
        self.undo.hide()
        self.all_button = button(self.tr("Take all back…"), size="dialog")
        self.all_button.clicked.connect(self._ask_all)
        self.close_button = button(self.tr("Close"), size="dialog")
        self.close_button.clicked.connect(self.accept)
        box = QVBoxLayout(self)
        box.setContentsMargins(28, 24, 28, 20)
        box.setSpacing(theme.px(12))
        box.addLayout(row(label(self.tr("What you taught"), step="head"), None, self.count))
        box.addWidget(
            label(
                self.tr(
                    "Every time you say what is a complaint or spam, Shopbell learns from it. It stays on"
                    " this computer."
                ),
                step="small",
                tone="text2",
                wrap=True,
            )
        )
        box.addWidget(self.search)
        box.addWidget(self._page, 1)
        box.addLayout(row(self.note, self.undo, None))
        box.addLayout(row(self.all_button, None, self.close_button))
        self.search.setFocus()

    def _read(self) -> None:
        query = self.search.text()
        self._jobs.start(
            self._app.teaching.corrections,
            query,
            then=lambda found: self._show(found) if query == self.search.text() else None,
            failed=self._refused,
        )

    def _show(self, found: Sequence[Correction]) -> None:
        self._found = tuple(found)
        keyboard = self.focusWidget()
        has_focus = next(
            (one for one, line in self.rows.items() if keyboard is not None and line.isAncestorOf(keyboard)),
            None,
        )
        order = list(self.rows)
        self.rows = {one.id: self._row(one) for one in found[: self._most]}
        page = QWidget()
        inner = column(spacing=8, margins=(0, 0, 4, 0))
        if found:
            inner.addWidget(card_of(list(self.rows.values())))
        else:
            words = (
                self.tr("Nothing found for “{words}”.").format(words=self.search.text().strip())
                if self.search.text().strip()
                else self.tr("Nothing yet. C says complaint, Shift+C says no complaint, ! says spam.")
            )
            inner.addWidget(label(words, tone="text3", wrap=True))
        if len(found) > self._most:
            more = button(self.tr("Show {count} more").format(count=len(found) - self._most), kind="inline")
            more.clicked.connect(self._show_more)
            inner.addWidget(more)
        inner.addStretch(1)
        page.setLayout(inner)
        self._page.setWidget(page)
        page.setAutoFillBackground(False)
        walk_in_order((self.search, page, self.undo, self.all_button, self.close_button))
        number = len(found)
        self.count.setText(self.tr("1 correction") if number == 1 else _many(number))
        self.all_button.setEnabled(bool(found) and not self.search.text().strip())
        if has_focus is not None:
            self._focus_near(order.index(has_focus))

    def _focus_near(self, at: int) -> None:
        """The row with the keyboard went: the one in its place has it now."""
        lines = list(self.rows.values())
        if lines:
            lines[min(at, len(lines) - 1)].findChildren(QPushButton)[-1].setFocus()
        else:
            self.search.setFocus()

    def _show_more(self) -> None:
        self._most += SHOWN
        self._show(self._found)

    def _row(self, one: Correction) -> QWidget:
        text = " ".join(one.text.split()) or self.tr("A message without words")
        if self._app.settings.current.fold_abusive and is_abusive(text):
            text = self.tr("This message may be abusive")
        text = text if len(text) <= LONGEST else text[:LONGEST].rstrip() + "…"
        said = f"{said_words(one.label)} · {day_and_time(one.labelled_at, self._app.clock.now())}"
        if one.conversation_id is None:
            said = self.tr("{said} · no longer here").format(said=said)
        words = column(spacing=2)
        words.addWidget(label(text, wrap=True))
        words.addWidget(label(said, step="small", tone="text3", wrap=True))
        line = QWidget()
        line.setAccessibleName(f"{text}. {said}")
        box = row(spacing=12, margins=(16, 10, 12, 10))
        box.addLayout(words, 1)
        if one.conversation_id is not None:
            look = button(self.tr("Look"), name=self.tr("Open the conversation: {text}").format(text=text))
            look.clicked.connect(lambda: self._open(one))
            box.addWidget(look)
        back = button(self.tr("Take back"), name=self.tr("Take back: {text}").format(text=text))
        back.clicked.connect(lambda: self.take_back([one.id]))
        box.addWidget(back)
        line.setLayout(box)
        return line

    def _open(self, one: Correction) -> None:
        self.accept()
        self.opened.emit(one.conversation_id)

    # --- taking back

    def take_back(self, ids: Sequence[int]) -> None:
        self._jobs.start(self._app.teaching.forget, ids, then=self._took, failed=self._refused)

    def _ask_all(self) -> None:
        question = Question(
            self.tr("Take back everything you taught?"),
            self.tr("Shopbell judges as on its first day again. Conversations stay where they are."),
            self.tr("Take all back"),
            self.tr("Keep it"),
        )
        self.question = ask_once(self, question, self._all)

    def _all(self) -> None:
        self._jobs.start(self._app.teaching.forget_all, then=self._took, failed=self._refused)

    def _took(self, gone: tuple[Correction, ...]) -> None:
        self._taken = gone
        words = self.tr("1 taken back.") if len(gone) == 1 else self.tr("{count} taken back.")
        self._say(words.replace("{count}", str(len(gone))))
        self.undo.setVisible(bool(gone))
        self._read()

    def _teach_again(self) -> None:
        taken, self._taken = self._taken, ()
        self.search.setFocus()
        self.undo.hide()
        self._jobs.start(
            self._app.teaching.teach_again, taken, then=lambda _: self._taught(), failed=self._refused
        )

    def _taught(self) -> None:
        self._say(self.tr("Taught again."))
        self._read()

    def _say(self, words: str) -> None:
        self.note.setText(words)
        announce(self, words)

    def _refused(self, error: Exception) -> None:
        self._say(error_text(error))


def said_words(what: str) -> str:
    """What the owner said of a message."""
    return {
        "complaint": _tr("You said: a complaint"),
        "not-complaint": _tr("You said: not a complaint"),
        "spam": _tr("You said: spam"),
        "not-spam": _tr("You said: not spam"),
    }.get(what, what)


def _many(count: int) -> str:
    return QCoreApplication.translate("Taught", "%n corrections", "", count)


def _tr(text: str) -> str:
    return QCoreApplication.translate("Taught", text)
