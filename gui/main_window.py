"""The frame: places the panes and connects them. What happens to conversations is ``desk.py``, to sources
``sources.py``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtGui import QCloseEvent, QKeyEvent, QPaintEvent
from PySide6.QtWidgets import QMainWindow, QWidget

from gui import geometry
from gui.actions import VIEWS, Actions
from gui.badges import Badges
from gui.book import Book
from gui.bridge import Bridge
from gui.desk import Desk
from gui.icons import Icons
from gui.inbox.freshness import FreshnessLine
from gui.inbox.pane import InboxPane
from gui.inbox.views_list import LeftPane
from gui.inbox.views_model import ViewsModel
from gui.menus import AltShowsBar, fill_bar, shop_menu
from gui.panes import Panes
from gui.right_pane import RightPane
from gui.tab_order import walk_in_order
from gui.theme import Theme
from services.model import Counts

if TYPE_CHECKING:
    from gui.conversation.pane import ConversationPane
    from gui.elsewhere import Elsewhere
    from gui.source_page import SourcePage
    from gui.sources import Sources
    from services.app import Shopbell
    from services.events import Event


class MainWindow(QMainWindow):
    """``painted`` once, after the first paint: only then ``complete`` brings in what is heavy. ``closing``
    asks what the close button shall do: ``event.accept`` ends all, ``ignore`` keeps it in the tray."""

    painted = Signal()
    closing = Signal(object)
    failed = Signal(object)

    def __init__(self, app: Shopbell, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._app, self._theme = app, theme
        self.icons = Icons(theme)
        self.badges = Badges(theme, self.icons)
        self.book = Book(app, self)
        self.actions_ = Actions(self.icons, self)
        self.bridge = Bridge(app.events, self)
        self.sources: Sources | None = None
        self.elsewhere: Elsewhere | None = None
        self._is_painted = self._lends_keyboard = False
        self._wanted_id = 0
        self.book.read()
        self._build()
        self._connect()
        geometry.restore(self, self.panes, app.settings.current)
        self.show_view("new")

    def _build(self) -> None:
        theme, icons = self._theme, self.icons
        self.views = ViewsModel(self.actions_, self.book, self)
        self.freshness = FreshnessLine(self.book, theme, icons, self._app.clock.now, self)
        menu = shop_menu(self.actions_, self)
        self.left = LeftPane(self.views, self.freshness, self.actions_, menu, theme, icons, self.badges, self)
        self.inbox = InboxPane(self._app, self.book, theme, icons, self.badges, self)
        self.desk = Desk(self._app, self.inbox, self.actions_, self)
        self.right = RightPane(self._app, self.inbox, self.book, theme, icons, self.badges)
        self.empty = self.right.empty
        self.panes = Panes(self.left, self.inbox, self.right, theme, self)
        self.setCentralWidget(self.panes)
        self.setMinimumSize(geometry.SMALLEST)
        self.addActions(list(self.actions_))
        self._alt = AltShowsBar(self)
        self.name_shop()

    def name_shop(self) -> None:
        self.setWindowTitle(self._app.settings.current.shop_name or "Shopbell")
        self.left.shop.setText(self.windowTitle())

    def _connect(self) -> None:
        actions = self.actions_
        for view in VIEWS:
            actions[f"view_{view}"].triggered.connect(lambda _=False, view=view: self.show_view(view))
        actions["search"].triggered.connect(self._search)
        actions["back"].triggered.connect(self.back)
        actions["reply"].triggered.connect(self.write)
        actions["undo"].triggered.connect(self._undo)
        self.left.list.chosen.connect(self._chosen)
        self.inbox.opened.connect(self.open_conversation)
        self.inbox.written.connect(self.write)
        self.inbox.became_empty.connect(self._settle_right)
        self.inbox.counted.connect(self._counted)
        self.inbox.trouble.connect(self.failed)
        self.desk.failed.connect(self.failed)
        self.desk.marks.changed.connect(self._allow_undo)
        self.empty.asked.connect(self._asked)
        self.book.changed.connect(self._settle_right)
        self.bridge.happened.connect(self._happened)

    @property
    def conversation(self) -> ConversationPane | None:
        return self.right.conversation

    @property
    def source_page(self) -> SourcePage | None:
        return self.right.source_page

    # the parts that come after the first paint

    def complete(self) -> None:
        """The conversation pane and everything about sources; their code is read from disk only now."""
        if self.conversation is not None:
            return
        from gui.elsewhere import Elsewhere
        from gui.sources import Sources

        fill_bar(self, self.actions_)
        self.right.complete()
        if self.conversation is not None:
            self.conversation.wants_next.connect(self._take_away_open)
            self.conversation.closed_by_escape.connect(self.back)
            self.conversation.shown.connect(self.desk.word_spam)
            self.conversation.marks = self.desk.marks
            walk_in_order((self.left.list, self.left, *self.inbox.stops(), *self.conversation.stops()))
        self.sources = Sources(self._app, self, self._theme)
        self.elsewhere = Elsewhere(self._app, self)
        self._settle_right()
        if self._wanted_id:
            self.open_conversation(self._wanted_id)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._is_painted:
            self._is_painted = True
            self.painted.emit()

    # choosing

    def show_view(self, view: str, account_id: int | None = None) -> None:
        self.left.list.choose(view, account_id)
        self.inbox.show_view(view if account_id is None else "all", account_id)
        focus = self.focusWidget()
        had_keyboard = focus is not None and self.right.isAncestorOf(focus)
        self.panes.show_right(False)
        if had_keyboard and not self.right.isVisible():
            # Not whatever comes next: in the spam view that would be the button that empties it.
            self.take_keyboard()
        self._settle_right()

    @Slot(str, int)
    def _chosen(self, view: str, account_id: int) -> None:
        self._lends_keyboard = False
        if not account_id:
            self.show_view(view)
            return
        known = self.book.get(account_id)
        if known is not None and known.trouble in ("sign-in", "silent", "waiting"):
            self.show_source(account_id)
        else:
            self.show_view("all", account_id)

    def show_source(self, account_id: int) -> None:
        """The page of an account in trouble; the list stays as it is, because others wait there."""
        if not self.right.show_source(account_id):
            return
        self.left.list.choose("", account_id)
        self.inbox.list.forget()
        self._wanted_id = 0
        self.panes.show_right(True)

    @Slot(int)
    def open_conversation(self, conversation_id: int) -> None:
        """0 empties the pane."""
        self._wanted_id = conversation_id
        self.actions_.allow(row=conversation_id > 0)
        self.right.show_conversation(conversation_id)
        if conversation_id:
            self.panes.show_right(True)
            self.right.take_keyboard_from(self.inbox)
        else:
            self._settle_right()

    def show_conversation(self, conversation_id: int) -> None:
        """From a notification: wherever it is, it opens, and the list shows it where it can."""
        if self.sources is not None:
            self.sources.make_room()
        self.raise_up()
        if not self.inbox.list.choose(conversation_id, quietly=True):
            self.show_view("new")
            self.inbox.list.choose(conversation_id, quietly=True)
        self.open_conversation(conversation_id)

    def write(self) -> None:
        if self.conversation is not None and self._wanted_id:
            self.panes.show_right(True)
            self.conversation.focus_composer()

    def take_keyboard(self) -> None:
        """The rows have the keyboard; where there are none, the views keep it until the first rows come."""
        rows = self.inbox.list
        self._lends_keyboard = not rows.isVisibleTo(self)
        (self.left.list if self._lends_keyboard else rows).setFocus()

    def back(self) -> None:
        self.panes.show_right(False)
        self.inbox.into_list()

    def raise_up(self) -> None:
        if not self.isVisible():
            geometry.bring_back(self)
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()

    def _search(self) -> None:
        self.panes.show_right(False)
        self.inbox.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.inbox.search.selectAll()

    def _undo(self) -> None:
        """The reply on hold or the mark, whichever came last."""
        mark, talk = self.desk.marks.newest, self.conversation
        held = talk.undo_bar.held() if talk is not None else ()
        if talk is not None and held and (mark is None or held[-1].starts >= mark.at):
            talk.undo()
        else:
            self.desk.marks.undo()

    def _allow_undo(self) -> None:
        is_held = self.conversation is not None and self.conversation.can_undo
        self.actions_.allow(undo=is_held or self.desk.marks.newest is not None)

    def _take_away_open(self) -> None:
        if self._wanted_id:
            self.inbox.take_away([self._wanted_id])

    # staying true

    @Slot(object)
    def _happened(self, events: tuple[Event, ...]) -> None:
        from services.events import AccountChanged, MessagesChanged, ReplyChanged, StoreTrouble, SyncProgress

        self.inbox.happened(events)
        changed: set[int] = set()
        is_account = False
        for event in events:
            if isinstance(event, MessagesChanged):
                changed |= event.conversations
            elif isinstance(event, ReplyChanged):
                changed.add(event.conversation_id)
            elif isinstance(event, AccountChanged):
                is_account = True
            elif isinstance(event, SyncProgress) and event.account_id is None:
                self.freshness.progress(event.checked, event.total)
            elif isinstance(event, StoreTrouble):
                self.failed.emit(event.error)
        if is_account:
            self.book.refresh()
        if self.conversation is not None and changed:
            self.conversation.refresh(frozenset(changed))
            self._allow_undo()

    def _counted(self, counts: Counts) -> None:
        self.views.set_counts(counts)
        self._settle_right()

    def _settle_right(self, *_: object) -> None:
        """Which page stands at the right while no conversation is open."""
        if self._lends_keyboard and self.inbox.model.rowCount() and self.left.list.hasFocus():
            self.take_keyboard()
        if self._wanted_id:
            return
        is_source = self.right.shows_source and self.left.list.currentIndex().row() >= len(VIEWS)
        (self.right.refresh_source if is_source else self.right.show_nothing)()

    @Slot(str, int)
    def _asked(self, key: str, account_id: int) -> None:
        if key == "waiting":
            self.show_view("waiting")
        elif key == "start":
            self.inbox.into_list()
        elif key and self.sources is not None:
            self.sources.remedy(account_id, key)

    # the end and the keys

    def geometry_settings(self) -> dict[str, object]:
        """What to keep until the next start."""
        return geometry.kept(self, self.panes)

    def stop(self) -> None:
        """The end: what is being written is kept, and nothing more is asked of the application."""
        if self.conversation is not None:
            self.conversation.finish()
        if self.elsewhere is not None:
            self.elsewhere.stop()
        self.bridge.close()
        self.inbox.stop()

    def closeEvent(self, event: QCloseEvent) -> None:
        self.closing.emit(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self._alt.pressed(event)
        if event.key() == Qt.Key.Key_Escape:
            self.back()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not self._wanted_id:
            self.inbox.into_list()
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        self._alt.released(event)
        super().keyReleaseEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and not self.isActiveWindow():
            self.inbox.model.tidy()
