"""The middle pane: search, what this list is, what is wrong, and the conversations. Shows; the desk acts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from gui.badges import Badges
from gui.book import Book
from gui.conversation.parts import label
from gui.icons import Icons
from gui.inbox.delegate import ConversationDelegate
from gui.inbox.head import ListHead, head_words
from gui.inbox.model import InboxModel
from gui.inbox.search import SearchField
from gui.inbox.strips import FetchLine, NewRowsLine, OfflineStrip, SampleLine, TroubleStrip
from gui.inbox.times import CLOSING_FROM
from gui.inbox.view import ConversationList
from gui.jobs import Jobs
from gui.pace import Pace
from gui.theme import Theme
from services.model import Counts, OutboxState, Page

if TYPE_CHECKING:
    from gui.inbox.mark_bar import MarkBar
    from gui.inbox.spam_line import SpamLine
    from gui.marks import Mark
    from services.app import Shopbell
    from services.events import Event

NARROWEST, WIDEST, WIDTH = 300, 520, 384
MINUTE_MS = 60_000
COUNT_SOON_MS, COUNT_APART_MS = 60, 1000
"""Milliseconds after something changed; what a first fetch brings is counted once a second."""


class InboxPane(QWidget):
    """``opened(id)`` and ``written(id)`` as the list's; ``asked(action, ids)`` for what the owner wants done;
    ``became_empty(is_empty)``; ``trouble(error)`` when the store cannot be read. ``undo_wanted(mark)`` and
    ``empty_wanted`` (of spam) are buttons here."""

    opened = Signal(int)
    written = Signal(int)
    asked = Signal(str, object)
    became_empty = Signal(bool)
    counted = Signal(object)
    trouble = Signal(object)
    undo_wanted = Signal(object)
    empty_wanted = Signal()

    def __init__(
        self, app: Shopbell, book: Book, theme: Theme, icons: Icons, badges: Badges, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._app, self._book, self._theme = app, book, theme
        self.counts = Counts()
        self.query = ""
        self._found_since: Page | None = None
        self.setProperty("ground", "list")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.model = InboxModel(app, book, self)
        self.delegate = ConversationDelegate(theme, icons, badges, book, self)
        self.delegate.compact = app.settings.current.compact_rows
        self.model.folds = app.settings.current.fold_abusive
        self.list = ConversationList(self.model, self.delegate, theme, self)
        self.search = SearchField(app, theme, icons, self)
        self.head = ListHead(theme, self)
        self.trouble_strip = TroubleStrip(theme, icons, self)
        self.offline_strip = OfflineStrip(theme, icons, self)
        self.fetch_line = FetchLine(theme, app.settings.current.backfill_days, self)
        self.new_rows = NewRowsLine(self)
        self.sample_line = SampleLine(theme, self)
        self.sample_line.setVisible(app.settings.current.sample)
        self._nothing = _Nothing(self)
        self._icons = icons
        self.spam_line: SpamLine | None = None
        self.mark_bar: MarkBar | None = None
        self._build()
        self._connect()

    def _build(self) -> None:
        px = self._theme.px
        field = QHBoxLayout()
        field.setContentsMargins(px(16), px(10), px(16), 0)
        field.addWidget(self.search)
        line = QFrame(self)
        line.setProperty("rule", "true")
        self._rows = QStackedWidget(self)
        self._rows.addWidget(self.list)
        self._rows.addWidget(self._nothing)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(field)
        column.addWidget(self.head)
        column.addWidget(line)
        for strip in (
            self.sample_line,
            self.offline_strip,
            self.trouble_strip,
            self.fetch_line,
            self.new_rows,
        ):
            column.addWidget(strip)
        column.addWidget(self._rows, 1)
        self._column = column
        self.setMinimumWidth(px(NARROWEST))
        self.setMaximumWidth(px(WIDEST))

    def _connect(self) -> None:
        self._jobs = Jobs(self._app.run, self)
        self._count_soon = Pace(COUNT_SOON_MS, COUNT_APART_MS, self._count_in_worker, self)
        self.list.opened.connect(self.opened)
        self.list.written.connect(self.written)
        self.list.picked.connect(self.head.set_picked)
        self.list.asked.connect(lambda action, id_: self.asked.emit(action, [id_]))
        self.head.asked.connect(lambda action: self.asked.emit(action, self.list.selected_ids()))
        self.search.found.connect(self._found)
        self.search.renewed.connect(self._renewed)
        self.search.ended.connect(self._search_ended)
        self.search.left_down.connect(self.into_list)
        self.search.failed.connect(self.trouble)
        self.model.trouble.connect(self.trouble)
        self.model.waiting_rows.connect(self.new_rows.set_count)
        self.new_rows.clicked.connect(self.show_waiting)
        for changed in (self.model.rowsInserted, self.model.rowsRemoved, self.model.modelReset):
            changed.connect(self._fill)
        self._book.changed.connect(self.refresh_strips)
        self._minute = QTimer(self, interval=MINUTE_MS)
        self._minute.timeout.connect(self.minute)
        self._minute.start()

    def stops(self) -> tuple[QWidget, ...]:
        """In the order in which Tab walks them."""
        return self.search, self.sample_line, self.trouble_strip, self.new_rows, self.list

    def add_below(self, line: QWidget) -> None:
        """Under the rows, where nothing moves because of it."""
        self._column.addWidget(line)

    # choosing

    def show_view(self, view: str, account_id: int | None = None) -> None:
        """Another view; the search ends with it."""
        if self.query:
            self.query = ""
            self.search.blockSignals(True)
            self.search.clear()
            self.search.blockSignals(False)
            self.search.stop()
            self._found_since = None
        self.model.show_view(view, account_id)
        self.head.set_spam(is_spam=view == "spam")
        self._show_spam_line()
        self.list.scrollToTop()
        self.refresh_counts()
        self.refresh_strips()

    def set_compact(self, is_compact: bool) -> None:
        """Rows of two lines instead of four."""
        if self.delegate.compact != is_compact:
            self.delegate.set_compact(is_compact)
            self.list.fit()

    def set_folding(self, is_on: bool) -> None:
        """Whether words that may insult stand in the rows."""
        if self.model.folds != is_on:
            self.model.folds = is_on
            self.delegate.set_compact(self.delegate.compact)
            self.list.viewport().update()

    def into_list(self) -> None:
        """The keyboard goes to the rows; the first one when none is chosen."""
        self.list.setFocus(Qt.FocusReason.ShortcutFocusReason)
        if not self.list.currentIndex().isValid():
            self.list.step(1)

    def show_waiting(self) -> None:
        had_keyboard = self.new_rows.hasFocus()
        if self.query and self._found_since is not None:
            self._found(self.query, self._found_since)
        else:
            self.model.show_waiting()
        self.list.scrollToTop()
        if had_keyboard:
            self.into_list()

    def acting_on(self) -> list[int]:
        """What an action is about: the picked ones, else the open one."""
        picked = self.list.selected_ids()
        return picked if len(picked) > 1 else [self.list.open_id()] if self.list.open_id() else []

    def take_away(self, ids: list[int]) -> None:
        """The owner moved them elsewhere: they go, and the conversation below becomes the open one."""
        rows = [row for row in map(self.model.row_of, ids) if row >= 0]
        was_open = self.list.open_id() in ids
        following = -1
        if rows and was_open:
            gone = set(ids)
            after = range(min(rows), min(self.model.rowCount(), min(rows) + len(rows) + 1))
            before = range(min(rows) - 1, max(min(rows) - 2, -1), -1)
            following = next(
                (self.model.id_at(r) for r in (*after, *before) if self.model.id_at(r) not in gone), -1
            )
            self.list.forget()
        self.model.let_go(ids)
        if following >= 0:
            self.list.choose(following)
        elif was_open:
            self.opened.emit(0)

    # what was done here, and the spam

    def show_mark(self, mark: Mark) -> None:
        """Says what was done, with Undo beside it."""
        if self.mark_bar is None:
            from gui.focus import FocusKeeper
            from gui.inbox.mark_bar import MarkBar

            self.mark_bar = MarkBar(self._icons, self)
            self.mark_bar.undo.connect(self.undo_wanted)
            self._column.addWidget(self.mark_bar)
            # The bar goes by itself, also from under the keyboard.
            self._keeper = FocusKeeper(self, lambda: self.list)
        self.mark_bar.show_mark(mark)

    def forget_mark(self, mark: Mark) -> None:
        if self.mark_bar is None:
            return
        self.mark_bar.forget(mark)
        if mark.after:
            self.mark_bar.say(mark.after)

    def _show_spam_line(self) -> None:
        is_spam = self.model.view == "spam" and not self.query and self.model.rowCount() > 0
        if is_spam and self.spam_line is None:
            from gui.inbox.spam_line import SpamLine

            self.spam_line = SpamLine(self._theme, self)
            self.spam_line.emptied.connect(self.empty_wanted)
            self._column.insertWidget(self._column.indexOf(self.new_rows), self.spam_line)
        if self.spam_line is not None:
            self.spam_line.show_for(is_spam=is_spam, clears=self._app.settings.current.clear_spam)

    # search

    def _found(self, query: str, page: Page) -> None:
        self.query = query
        self._found_since = None
        self.new_rows.set_count(0)
        self.model.show_found(page.conversations)
        self._say()

    def _renewed(self, page: Page) -> None:
        """Messages arrived while a search is shown: what is found now waits, and nothing moves."""
        new = sum(self.model.row_of(row.id) < 0 for row in page.conversations)
        if not self.model.rowCount():
            self._found(self.query, page)
        else:
            self._found_since = page if new else None
            self.new_rows.set_count(new)

    def _search_ended(self) -> None:
        self.query = ""
        self._found_since = None
        self.model.reload()
        self._say()

    # staying true

    def happened(self, events: tuple[Event, ...]) -> None:
        from services.events import MessagesChanged, SyncProgress

        changed: set[int] = set()
        first: set[int] = set()
        for event in events:
            if isinstance(event, MessagesChanged):
                (first if self._is_first_fetch(event.account_id) else changed).update(event.conversations)
            elif isinstance(event, SyncProgress) and event.account_id is not None:
                self.fetch_line.progress(event.account_id, event.fetched)
        if first:
            self.model.changed(first, are_first=True)
        if changed:
            self.model.changed(changed)
        if first or changed:
            self._count_soon.ask(urgent=bool(changed))
            if self.query:
                self.search.again()

    def _is_first_fetch(self, account_id: int | None) -> bool:
        known = self._book.get(account_id) if account_id is not None else None
        return known is not None and (known.freshness.heard is None or known.freshness.backfilling)

    def _count_in_worker(self) -> None:
        """After changes, which come by the hundred: the window does not wait for the database then."""
        closing = self._app.clock.now() + CLOSING_FROM
        self._jobs.start(
            self._app.store.counts, closing_before=closing, then=self._counted, failed=self.trouble.emit
        )

    def refresh_counts(self) -> None:
        """From a counter table: the same time for ten conversations and a million."""
        closing = self._app.clock.now() + CLOSING_FROM
        self._counted(self._app.store.counts(closing_before=closing))

    def _counted(self, counts: Counts) -> None:
        is_news = counts != self.counts
        self.counts = counts
        self._say()
        if is_news:
            self.counted.emit(counts)

    def refresh_strips(self) -> None:
        now = self._app.clock.now()
        self.trouble_strip.show_for(self._book, now, self.model.account_id)
        held = len(self._app.store.outbox({OutboxState.HOLDING})) if self._book.is_offline else 0
        self.offline_strip.show_for(
            is_offline=self._book.is_offline, since=self._book.offline_since, held=held
        )
        self.fetch_line.show_for(self._book)
        self._say()
        self.model.minute(*self.list.visible_rows())

    def minute(self) -> None:
        """A minute passed: waiting times are painted anew, only where one sees them."""
        self.model.minute(*self.list.visible_rows())
        self.refresh_counts()

    def stop(self) -> None:
        self._count_soon.stop()
        self._minute.stop()
        self.search.stop()
        self.model.stop()

    def _say(self) -> None:
        rows = self.model.rowCount()
        if self.model.view == "all" and not self.query:
            known = self._book.get(self.model.account_id or 0)
            self.head.say(known.name if known else self.tr("Everything"), self.tr("newest first"))
        else:
            words = head_words(
                self.model.view,
                self.counts,
                is_searching=bool(self.query),
                found=rows,
                is_deaf=any(one.trouble in ("sign-in", "silent") for one in self._book),
            )
            self.head.say(*words)
        self._nothing.show_counts(self.counts, is_new=self.model.view == "new" and not self.query)

    def _fill(self) -> None:
        is_empty = self.model.rowCount() == 0
        self._rows.setCurrentIndex(1 if is_empty else 0)
        self._show_spam_line()
        self.became_empty.emit(is_empty)


class _Nothing(QWidget):
    """The quiet column of an empty list: what is answered and what comes back."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._answered = label(tone="text3")
        self._snoozed = label(tone="text3")
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 36, 16, 16)
        column.setSpacing(2)
        for one in (self._answered, self._snoozed):
            one.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(one)
        column.addStretch(1)

    def show_counts(self, counts: Counts, *, is_new: bool) -> None:
        self._answered.setText(self.tr("Answered: {count}").format(count=counts.waiting))
        self._snoozed.setText(self.tr("Snoozed: {count}").format(count=counts.snoozed))
        self._answered.setVisible(is_new and counts.waiting > 0)
        self._snoozed.setVisible(is_new and counts.snoozed > 0)
