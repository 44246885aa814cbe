"""The left side of "Add a source": what to look for, and the kinds of places there are."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QWidget

from gui.badges import Badges
from gui.conversation.parts import button, column, label, row, set_words
from gui.dialogs.channel_cards import ChannelCards
from gui.dialogs.feed_lists import BringList
from gui.icons import Icons
from services.app import Shopbell


class Chooser(QWidget):
    """Shows; the dialog decides. ``note`` is the one line below the cards, ``named`` looks on the web for the
    name that was typed."""

    def __init__(self, app: Shopbell, icons: Icons, badges: Badges) -> None:
        super().__init__()
        self.setProperty("ground", "list")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Name, or paste a web address"))
        self.search.setAccessibleName(self.tr("Name, or paste a web address"))
        self.search.addAction(icons.icon("search", "text3"), QLineEdit.ActionPosition.LeadingPosition)
        self.cards = ChannelCards(icons, badges)
        self.note = label(step="small", tone="text3", wrap=True)
        self.named = button("", kind="inline", icon="search", role="accenttx", icons=icons)
        self.named.hide()
        self.bring = BringList(app)
        inner = column(spacing=12, margins=(24, 24, 13, 20))
        inner.addWidget(label(self.tr("Where do customers speak to you?"), step="head", wrap=True))
        inner.addLayout(row(self.search, 11, spacing=0))
        inner.addWidget(self.cards, 1)
        inner.addWidget(self.note)
        inner.addWidget(self.named, 0, Qt.AlignmentFlag.AlignLeft)
        inner.addWidget(self.bring)
        self.setLayout(inner)

    def offer(self, name: str) -> None:
        """To look for this name on the web; empty takes the offer back."""
        set_words(self.named, self.tr("Who talks about “{name}”?").format(name=name[:40]))
        self.named.setVisible(bool(name))
