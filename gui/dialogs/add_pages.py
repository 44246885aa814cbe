"""The pages of "Add a source" after the form: the browser's turn, it worked, and what went wrong."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QLineEdit, QSizePolicy, QWidget

from gui.account_notes import note_words
from gui.conversation.links import open_link
from gui.conversation.parts import IconLabel, button, column, label, row
from gui.icons import Icons
from services.model import Account


class BrowserPage(QWidget):
    """Opens the page and waits, or takes the code that the page shows."""

    wants_code = Signal()

    def __init__(self, icons: Icons) -> None:
        super().__init__()
        self._url = ""
        self.title = label(step="title", wrap=True)
        self._words = label(tone="text2", wrap=True)
        self.code = QLineEdit()
        self.code.setAccessibleName(self.tr("The code from the page"))
        self.code.setPlaceholderText(self.tr("The code from the page"))
        again = button(
            self.tr("Open the page again"), kind="inline", icon="link-out", role="accenttx", icons=icons
        )
        again.clicked.connect(lambda: open_link(self._url))
        self.paste_instead = button(self.tr("Paste a code instead"), kind="inline")
        self.paste_instead.clicked.connect(self.wants_code)
        inner = column(spacing=12)
        for one in (self.title, self._words, self.code):
            inner.addWidget(one)
        for link in (again, self.paste_instead):
            inner.addWidget(link, 0, Qt.AlignmentFlag.AlignLeft)
        inner.addStretch(1)
        self.setLayout(inner)

    def show_waiting(self, url: str) -> None:
        self._open(url)
        self.title.setText(self.tr("Your browser is open."))
        self._words.setText(self.tr("Allow Shopbell there, then come back. This window notices by itself."))
        self.code.hide()
        self.paste_instead.show()

    def show_code(self, url: str) -> None:
        self._open(url)
        self.title.setText(self.tr("Paste the code"))
        self._words.setText(
            self.tr("Allow Shopbell in the browser. The page then shows a code; copy it and paste it here.")
        )
        self.code.clear()
        self.code.show()
        self.paste_instead.hide()

    def _open(self, url: str) -> None:
        self._url = url
        open_link(url)


class DonePage(QWidget):
    def __init__(self, icons: Icons) -> None:
        super().__init__()
        self.title = label(step="title", wrap=True)
        words = self.tr(
            "The last 14 days arrive quietly. Nothing rings for old messages. You can start answering."
        )
        inner = column(spacing=12)
        inner.addWidget(IconLabel(icons, "done", "accenttx", 24))
        inner.addWidget(self.title)
        inner.addWidget(label(words, tone="text2", wrap=True))
        self.noted = label(tone="text2", wrap=True)
        self.noted.hide()
        inner.addWidget(self.noted)
        inner.addStretch(1)
        self.setLayout(inner)

    def show_added(self, accounts: Sequence[Account], networks: Sequence[str]) -> None:
        """``networks``: the title of each one's network."""
        if len(accounts) == 1:
            self.title.setText(self.tr("{name} is connected.").format(name=accounts[0].name))
        elif accounts:
            self.title.setText(self.tr("{count} sources are connected.").format(count=len(accounts)))
        else:
            self.title.setText(self.tr("These sources are connected already."))
        notes = {note_words(*one) for one in zip(accounts, networks, strict=True)} - {""}
        self.noted.setText(" ".join(sorted(notes)))
        self.noted.setVisible(bool(notes))


class TroubleStrip(QFrame):
    """What went wrong, and "Keep until I quit" where there is no key store."""

    def __init__(self, icons: Icons) -> None:
        super().__init__()
        self.setObjectName("complaintStrip")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.words = label(wrap=True)
        self.keep = button(self.tr("Keep until I quit"), kind="inline")
        line = row(spacing=10)
        line.addWidget(IconLabel(icons, "warning", "caretx", 18), 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(self.words, 1)
        inner = column(spacing=6, margins=(14, 10, 12, 10))
        inner.addLayout(line)
        inner.addWidget(self.keep, 0, Qt.AlignmentFlag.AlignRight)
        self.setLayout(inner)
        self.hide()

    def tell(self, words: str, *, can_keep: bool) -> None:
        self.words.setText(words)
        self.setAccessibleName(words)
        self.keep.setVisible(can_keep)
        self.show()
