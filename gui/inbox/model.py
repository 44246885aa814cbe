"""The conversations of one view: every id, and the rows of those on screen.

Ids are 8 bytes each, so that a million of them cost little; rows are read by id when they are painted, and
some 500 are kept. The first ids come at once, the rest from a worker. After a change only the rows named in
it are read anew, in place. Rows that would push others away wait until the owner asks for them
(``waiting_rows``), and rows that no longer belong stay until nobody looks, because nothing may move under
the pointer.
"""

from __future__ import annotations

import logging
from array import array
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QTimer,
    Signal,
)

from gui.book import Book
from gui.inbox import words
from gui.jobs import Jobs
from services.errors import StoreError
from services.model import Conversation

if TYPE_CHECKING:
    from services.app import Shopbell

log = logging.getLogger(__name__)
Index = QModelIndex | QPersistentModelIndex

RowRole = Qt.ItemDataRole.UserRole + 1
IdRole = Qt.ItemDataRole.UserRole + 2
FIRST = 200
CHUNK = 5000
LARGEST_CHUNK = 20_000
REST_MS = 40
KEPT = 512
AROUND = 24
SETTLE_MS = 60
_ROOT = QModelIndex()


class InboxModel(QAbstractTableModel):
    """``filled``: the first rows are there. ``waiting_rows(n)``: n new ones want to be shown. ``trouble``: an
    error of the store. ``may_move`` and ``free_from`` are the view's: is nobody looking, and from which row
    on may rows be put in without moving what is on screen."""

    filled = Signal()
    waiting_rows = Signal(int)
    trouble = Signal(object)

    def __init__(self, app: Shopbell, book: Book, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._app, self._book = app, book
        self._jobs = Jobs(app.run, self)
        self._ids: array[int] = array("q")
        self._kept: OrderedDict[int, Conversation] = OrderedDict()
        self._round = 0
        self.view = "new"
        self.account_id: int | None = None
        self.is_search = False
        self.folds = True
        self.going: frozenset[int] = frozenset()
        self.may_move: Callable[[], bool] = lambda: True
        self.free_from: Callable[[], int] = lambda: 0
        self.held: Callable[[], int] = lambda: 0
        self.is_untouched: Callable[[], bool] = lambda: False
        self._changed: set[int] = set()
        self._first: set[int] = set()
        self._is_fetching = False
        self._new: array[int] = array("q")
        self._leaving: set[int] = set()
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self._compare)

    # what Qt asks

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._ids)

    def columnCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else 1

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self._ids):
            return None
        if role == RowRole:
            return self.conversation(index.row())
        if role == IdRole:
            return self._ids[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            row = self.conversation(index.row())
            return words.customer(row) if row else ""
        if role == Qt.ItemDataRole.AccessibleTextRole:
            row = self.conversation(index.row())
            return self._spoken(row) if row else ""
        if role == Qt.ItemDataRole.ToolTipRole:
            row = self.conversation(index.row())
            if row is None:
                return None
            from gui.inbox.why import tip

            known = self._book.get(row.account_id)
            place = words.place(row, folds=self.folds)
            place = f"{place} · {known.name}" if known else place
            return tip(place, self._why(row))
        if role == Qt.ItemDataRole.AccessibleDescriptionRole:
            row = self.conversation(index.row())
            return self._why(row) if row else ""
        return None

    def _spoken(self, row: Conversation) -> str:
        return words.spoken(row, self._book.get(row.account_id), self.now(), folds=self.folds)

    def _why(self, row: Conversation) -> str:
        from gui.inbox.why import why

        return why(row, self.now())

    # what painters and the window ask

    def now(self) -> datetime:
        return self._app.clock.now()

    def id_at(self, row: int) -> int:
        return self._ids[row]

    def row_of(self, conversation_id: int) -> int:
        """-1 when it is not in this view (or not loaded yet)."""
        try:
            return self._ids.index(conversation_id)
        except ValueError:
            return -1

    def conversation(self, row: int) -> Conversation | None:
        """None when it is gone from the store since."""
        wanted = self._ids[row]
        kept = self._kept.get(wanted)
        if kept is not None:
            self._kept.move_to_end(wanted)
            return kept
        start = max(row - AROUND // 3, 0)
        self._read([one for one in self._ids[start : start + AROUND] if one not in self._kept])
        return self._kept.get(wanted)

    def ids(self) -> Sequence[int]:
        return self._ids

    # choosing what to show

    def show_view(self, view: str, account_id: int | None = None) -> None:
        self.view, self.account_id, self.is_search = view, account_id, False
        self.reload()

    def show_found(self, rows: Sequence[Conversation]) -> None:
        """The result of a search, which brings its rows along."""
        self.is_search = True
        self._start_over(array("q", [row.id for row in rows]))
        for row in rows:
            self._keep(row)
        self.filled.emit()

    def reload(self) -> None:
        """Reads the view anew; the first rows now, the rest in a worker."""
        try:
            ids, after = self._view_ids(self.view, account_id=self.account_id, limit=FIRST)
        except StoreError as error:
            self.trouble.emit(error)
            return
        self._start_over(ids)
        self.filled.emit()
        if after is not None:
            # Not before these rows are painted: a worker would take half of the processor's time from that.
            self._is_fetching = True
            this = self._round
            QTimer.singleShot(REST_MS, self, lambda: self._fetch(after) if this == self._round else None)

    def _view_ids(self, view: str, **page: Any) -> tuple[array[int], Any]:
        """The store's, without those that are about to go."""
        ids, after = self._app.store.view_ids(view, **page)
        going = self.going
        return (array("q", (one for one in ids if one not in going)) if going else ids), after

    def _start_over(self, ids: array[int]) -> None:
        self._round += 1
        self.beginResetModel()
        self._ids = array("q", ids)
        self._kept.clear()
        self.endResetModel()
        self._changed.clear()
        self._first.clear()
        self._is_fetching = False
        self._leaving.clear()
        self._set_new(array("q"))

    def _fetch(self, after: Any, chunk: int = CHUNK) -> None:
        this = self._round
        self._is_fetching = True

        def then(found: tuple[array[int], Any]) -> None:
            ids, following = found
            if this != self._round:
                return
            self._is_fetching = False
            known = set(self._ids[-chunk:])
            # Nearly always nothing repeats, and then no Python loop is needed.
            fresh = ids if known.isdisjoint(ids) else array("q", (one for one in ids if one not in known))
            if fresh:
                self.beginInsertRows(_ROOT, len(self._ids), len(self._ids) + len(fresh) - 1)
                self._ids.extend(fresh)
                self.endInsertRows()
            if following is not None:
                self._fetch(following, min(2 * chunk, LARGEST_CHUNK))
            elif self._changed:
                self._settle.start()

        self._jobs.start(
            self._view_ids,
            self.view,
            account_id=self.account_id,
            after=after,
            limit=chunk,
            then=then,
            failed=self.trouble.emit,
        )

    # rows

    def _read(self, ids: list[int]) -> None:
        try:
            rows = self._app.store.rows(ids)
        except StoreError as error:
            self.trouble.emit(error)
            return
        for one in ids:
            self._kept.pop(one, None)
        for row in rows.values():
            self._keep(row)

    def _keep(self, row: Conversation) -> None:
        self._kept[row.id] = row
        self._kept.move_to_end(row.id)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)

    # changes

    def changed(self, ids: Collection[int], *, are_first: bool = False) -> None:
        """Conversations that must be read anew. Only those in memory are; their places are compared in a
        worker. ``are_first``: from the first fetch of a source; until somebody touches the list these simply
        appear."""
        if are_first:
            self._first.update(ids)
        again = [one for one in ids if one in self._kept]
        if again:
            self._read(again)
            for one in again:
                row = self.row_of(one)
                if row >= 0:
                    index = self.index(row, 0)
                    self.dataChanged.emit(index, index)
        self._changed.update(ids)
        if not self.is_search:
            self._settle.start()

    def let_go(self, ids: Collection[int]) -> None:
        """The owner moved these elsewhere: they leave the list at once."""
        self._remove(ids)

    def show_waiting(self) -> None:
        """Brings in the new rows and lets those go that no longer belong; the others keep their places."""
        try:
            head, _ = self._view_ids(self.view, account_id=self.account_id, limit=CHUNK)
        except StoreError as error:
            self.trouble.emit(error)
            return
        new = frozenset(self._new)
        self._set_new(array("q"))
        self._let_leave()
        self._insert(head, new)

    def _compare(self) -> None:
        if not self._changed or self._is_fetching:
            return
        changed, self._changed = frozenset(self._changed), set()
        this = self._round
        view, account = self.view, self.account_id

        def then(found: tuple[array[int], Any]) -> None:
            if this == self._round:
                self._settle_in(changed, found[0], is_whole=found[1] is None)

        self._jobs.start(
            self._view_ids, view, account_id=account, limit=CHUNK, then=then, failed=self.trouble.emit
        )

    def _settle_in(self, changed: frozenset[int], head: array[int], *, is_whole: bool) -> None:
        """``head`` is the beginning of the view as it is now. Only ids named in a change are looked at; a
        row far below the head that changed its place is found again at the next reload."""
        now = set(head)
        here = set(self._ids[: len(head) + CHUNK])
        new = [one for one in self._new if one in now and one not in here]
        new += [one for one in head if one in changed and one not in here and one not in new]
        gone = {
            one for one in changed & here if one not in now and (is_whole or self.row_of(one) < len(head))
        }
        self._leaving = (self._leaving | gone) - now
        first, self._first = self._first & set(new), set()
        if first and self.is_untouched():
            self._insert(head, frozenset(first))
            new = [one for one in new if one not in first]
        self._set_new(array("q", self._insert(head, frozenset(new), self.free_from())))
        self.tidy()

    def _insert(self, head: array[int], new: frozenset[int], first: int = 0) -> list[int]:
        """Puts ``new`` where ``head`` has them, if that is not above row ``first``; returns those left
        out."""
        left_out: list[int] = []
        place = 0
        for one in head:
            if one not in new:
                row = place if place < len(self._ids) and self._ids[place] == one else self.row_of(one)
                place = row + 1 if row >= 0 else place
            elif place < min(first, len(self._ids)):
                left_out.append(one)
            else:
                self.beginInsertRows(_ROOT, place, place)
                self._ids.insert(place, one)
                self.endInsertRows()
                place += 1
        return left_out

    def tidy(self) -> None:
        """Lets rows go that no longer belong, when nobody's pointer or eye is on the list. The open one
        (``held``) stays until another is opened: a reply that arrives must not put another customer under
        the hands of who writes."""
        if self._leaving and self.may_move():
            self._let_leave()

    def _let_leave(self) -> None:
        held = {self.held()}
        leaving, self._leaving = self._leaving - held, self._leaving & held
        self._remove(leaving)

    def _remove(self, ids: Iterable[int]) -> None:
        for row in sorted((row for row in map(self.row_of, ids) if row >= 0), reverse=True):
            self.beginRemoveRows(_ROOT, row, row)
            del self._ids[row]
            self.endRemoveRows()

    def _set_new(self, ids: array[int]) -> None:
        if ids != self._new:
            self._new = ids
            self.waiting_rows.emit(len(ids))

    def stop(self) -> None:
        """Nothing more is asked of the store, and what is still under way changes nothing any more."""
        self._settle.stop()
        self._round += 1

    def minute(self, first: int, last: int) -> None:
        """A minute passed: the visible rows are painted anew (waiting times)."""
        if 0 <= first <= last < len(self._ids):
            self.dataChanged.emit(self.index(first, 0), self.index(last, 0), [Qt.ItemDataRole.DisplayRole])
