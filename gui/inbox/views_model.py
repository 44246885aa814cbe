"""What stands in the left pane: the views with their counts, a heading, the sources with one word when
something is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QCoreApplication,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)

from gui import QT_TRANSLATE_NOOP
from gui.actions import VIEWS, Actions
from gui.book import Book, Known
from services.model import Counts

Index = QModelIndex | QPersistentModelIndex
EntryRole = Qt.ItemDataRole.UserRole + 1
COUNTED = frozenset({"new", "complaints", "closing", "waiting", "snoozed"})
VIEW_ICONS = dict(
    zip(VIEWS, ("new", "complaint", "closing", "waiting", "snoozed", "done", "hello", "spam"), strict=True)
)
TROUBLE_WORDS = {
    "sign-in": QT_TRANSLATE_NOOP("Source", "sign in"),
    "silent": QT_TRANSLATE_NOOP("Source", "silent"),
    "waiting": QT_TRANSLATE_NOOP("Source", "waiting"),
    "paused": QT_TRANSLATE_NOOP("Source", "paused"),
    "offline": QT_TRANSLATE_NOOP("Source", "offline"),
}
_ROOT = QModelIndex()


@dataclass(frozen=True, slots=True)
class Entry:
    """``kind``: view, heading or source. ``count`` 0 shows nothing; ``known`` belongs to a source."""

    kind: str
    text: str
    view: str = ""
    icon: str = ""
    count: int = 0
    known: Known | None = None
    word: str = ""

    @property
    def looks(self) -> tuple[object, ...]:
        """What is painted or spoken of it: when an account was heard last is not."""
        known = self.known and (self.known.badge, self.known.network, self.known.trouble)
        return self.kind, self.text, self.view, self.icon, self.count, self.word, known


class ViewsModel(QAbstractListModel):
    def __init__(self, actions: Actions, book: Book, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._book = book
        self._texts = {view: actions[f"view_{view}"].text() for view in VIEWS}
        self._counts = Counts()
        self._entries: list[Entry] = self._build()
        book.changed.connect(self._rebuild)

    def set_counts(self, counts: Counts) -> None:
        if counts != self._counts:
            self._counts = counts
            self._show(self._views())

    def _views(self) -> list[Entry]:
        return [
            Entry(
                "view",
                self._texts[view],
                view=view,
                icon=VIEW_ICONS[view],
                count=getattr(self._counts, view) if view in COUNTED else 0,
            )
            for view in VIEWS
        ]

    def _build(self) -> list[Entry]:
        heading = Entry("heading", QCoreApplication.translate("Source", "Sources"))
        sources = [Entry("source", known.name, known=known, word=self._word(known)) for known in self._book]
        return [*self._views(), heading, *sources]

    def _word(self, known: Known) -> str:
        trouble = "offline" if self._book.is_offline and known.trouble != "paused" else known.trouble
        return QCoreApplication.translate("Source", TROUBLE_WORDS[trouble]) if trouble else ""

    def _rebuild(self) -> None:
        entries = self._build()
        if len(entries) == len(self._entries):
            self._show(entries)
            return
        # The views above never go, so what is chosen there stays chosen.
        keep = len(VIEWS) + 1
        if len(self._entries) > keep:
            self.beginRemoveRows(_ROOT, keep, len(self._entries) - 1)
            del self._entries[keep:]
            self.endRemoveRows()
        if len(entries) > keep:
            self.beginInsertRows(_ROOT, keep, len(entries) - 1)
            self._entries = entries
            self.endInsertRows()

    def _show(self, entries: list[Entry]) -> None:
        """These stand at the top now. Only rows that look different are painted anew."""
        before = self._entries[: len(entries)]
        self._entries[: len(entries)] = entries
        for row, (old, new) in enumerate(zip(before, entries, strict=True)):
            if old.looks != new.looks:
                index = self.index(row)
                self.dataChanged.emit(index, index)

    def entry(self, row: int) -> Entry:
        return self._entries[row]

    def row_of(self, view: str, account_id: int | None) -> int:
        for row, entry in enumerate(self._entries):
            if account_id is None and entry.view == view:
                return row
            if account_id is not None and entry.known is not None and entry.known.account.id == account_id:
                return row
        return -1

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._entries)

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid() or self._entries[index.row()].kind == "heading":
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemNeverHasChildren

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        entry = self._entries[index.row()]
        if role == EntryRole:
            return entry
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.text
        if role == Qt.ItemDataRole.ToolTipRole and entry.kind != "heading":
            return entry.text
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._spoken(entry)
        return None

    @staticmethod
    def _spoken(entry: Entry) -> str:
        parts = [entry.text]
        if entry.known is not None and entry.known.network != entry.text:
            parts.append(entry.known.network)
        if entry.count:
            parts.append(str(entry.count))
        if entry.word:
            parts.append(entry.word)
        return ", ".join(parts)
