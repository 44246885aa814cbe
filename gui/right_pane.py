"""The right side: the open conversation, a source in trouble, or a finished screen for nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from gui.badges import Badges
from gui.book import Book
from gui.icons import Icons
from gui.inbox.empty import EmptyPage, empty_words, start_words
from gui.inbox.pane import InboxPane
from gui.inbox.words import customer
from gui.theme import Theme
from services.model import OutboxState

if TYPE_CHECKING:
    from gui.conversation.pane import ConversationPane
    from gui.source_page import SourcePage
    from services.app import Shopbell


class RightPane(QStackedWidget):
    """``complete`` brings in the pages that are read from disk only after the first paint."""

    def __init__(
        self, app: Shopbell, inbox: InboxPane, book: Book, theme: Theme, icons: Icons, badges: Badges
    ) -> None:
        super().__init__()
        self._app, self._inbox, self._book = app, inbox, book
        self._theme, self._icons, self._badges = theme, icons, badges
        self.setProperty("ground", "conv")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.conversation: ConversationPane | None = None
        self.source_page: SourcePage | None = None
        self._is_alone = False
        self.empty = EmptyPage(theme, icons, self)
        self.addWidget(self.empty)

    def complete(self) -> None:
        from gui.conversation.pane import ConversationPane
        from gui.source_page import SourcePage

        self.conversation = ConversationPane(self._app, self._theme, self)
        self.source_page = SourcePage(self._theme, self._icons, self._badges, self)
        self.conversation.head.back_button.setVisible(self._is_alone)
        self.addWidget(self.conversation)
        self.addWidget(self.source_page)
        self.currentChanged.connect(self._take_undo_along)

    def _take_undo_along(self) -> None:
        """A reply on hold can be taken back whatever stands here, also when nobody is left to answer."""
        page, talk = self.currentWidget(), self.conversation
        box = page.layout() if page is not None else None
        if talk is not None and isinstance(box, QVBoxLayout) and box.indexOf(talk.undo_bar) < 0:
            box.insertWidget(box.indexOf(talk.composer) if page is talk else box.count(), talk.undo_bar)

    def set_alone(self, is_alone: bool) -> None:
        """List and conversation take turns: here is the way back for a mouse."""
        self._is_alone = is_alone
        if self.conversation is not None:
            self.conversation.head.back_button.setVisible(is_alone)

    def show_conversation(self, conversation_id: int) -> None:
        """0 empties the pane."""
        if self.conversation is not None:
            self.conversation.open(conversation_id or None)
            if conversation_id:
                self.setCurrentWidget(self.conversation)

    def show_source(self, account_id: int) -> bool:
        """False when there is no such account, or it is too early for its page."""
        known = self._book.get(account_id)
        if self.source_page is None or known is None:
            return False
        held = self._app.store.outbox({OutboxState.HOLDING})
        mine = sum(one.account_id == account_id for one in held)
        self.source_page.show_account(known, self._app.clock.now(), mine)
        self.setCurrentWidget(self.source_page)
        return True

    @property
    def shows_source(self) -> bool:
        return self.source_page is not None and self.currentWidget() is self.source_page

    def refresh_source(self) -> None:
        """What is said about the account on screen follows its freshness; healthy again, its page has done
        its work."""
        if self.source_page is None or not self.shows_source:
            return
        known = self._book.get(self.source_page.account_id)
        if known is None or not known.trouble:
            self.show_nothing()
        else:
            self.show_source(known.account.id)

    def show_nothing(self) -> None:
        """No conversation is open: with whom to start, or the finished screen of an empty list."""
        pane = self._inbox
        now = self._app.clock.now()
        is_sample = self._app.settings.current.sample
        first = pane.model.conversation(0) if pane.model.rowCount() else None
        if first is not None:
            words = start_words(pane.model.view, pane.head.title.text(), customer(first), query=pane.query)
        else:
            words = empty_words(
                pane.model.view, pane.counts, self._book, now, query=pane.query, is_sample=is_sample
            )
        self.empty.show_words(words)
        self.setCurrentWidget(self.empty)

    def take_keyboard_from(self, pane: QWidget) -> None:
        """Where list and conversation take turns, the list is gone now: its keyboard goes to the messages,
        not to the first button that comes along."""
        if self.conversation is not None and pane.isHidden():
            self.conversation.messages.setFocus()
