"""The list of sources from and for other readers: one quiet button each way.

The formats belong to the channels; here are the file dialogs and the words.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QPushButton, QWidget

from gui.conversation.parts import button
from gui.errors import error_text
from gui.jobs import Jobs
from services.errors import ShopbellError
from services.export import read_file, write_file
from services.model import Account

if TYPE_CHECKING:
    from services.app import Shopbell

ENDING = ".opml"


class _ListButton(QWidget):
    """``said`` brings a sentence about what was done, ``failed`` one about what could not be done."""

    said = Signal(str)
    failed = Signal(str)

    def __init__(self, app: Shopbell, words: str) -> None:
        super().__init__()
        self._app = app
        self._jobs = Jobs(app.run, self)
        self.button: QPushButton = button(words, kind="link")
        self.button.clicked.connect(self._clicked)
        box = QHBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self.button)
        box.addStretch(1)

    def _clicked(self) -> None:
        # Not disabled meanwhile: a button that is takes the keyboard away from where the owner was.
        if not self._jobs.waiting:
            self._ask()

    def _ask(self) -> None:
        raise NotImplementedError

    def _refused(self, error: Exception) -> None:
        if not isinstance(error, ShopbellError):
            raise error
        self.said.emit("")
        self.failed.emit(error_text(error))


class BringList(_ListButton):
    """``added`` carries the accounts that are new."""

    added = Signal(object)

    def __init__(self, app: Shopbell) -> None:
        super().__init__(app, self.tr("Bring a list from another reader"))

    def _ask(self) -> None:
        path, _ = QFileDialog.getOpenFileName(
            self, self.button.text(), "", self.tr("Lists of feeds (*.opml *.xml);;All files (*)")
        )
        if path:
            self.read_from(Path(path))

    def read_from(self, path: Path) -> None:
        self.said.emit(self.tr("Reading {file}.").format(file=path.name))
        self._jobs.start(self._read, path, then=self._added, failed=self._refused)

    def _read(self, path: Path) -> tuple[Account, ...]:
        return self._app.accounts.import_sources(read_file(path))

    def _added(self, accounts: tuple[Account, ...]) -> None:
        if not accounts:
            self.said.emit(self.tr("No new feed is in this list."))
            return
        one, several = self.tr("1 feed added."), self.tr("{count} feeds added.")
        self.said.emit(one if len(accounts) == 1 else several.format(count=len(accounts)))
        self.added.emit(accounts)


class SaveList(_ListButton):
    def __init__(self, app: Shopbell) -> None:
        super().__init__(app, self.tr("Save the list for another reader"))

    def _ask(self) -> None:
        path, _ = QFileDialog.getSaveFileName(
            self, self.button.text(), self.tr("Sources") + ENDING, self.tr("Lists of feeds (*.opml *.xml)")
        )
        if path:
            self.write_to(Path(path))

    def write_to(self, path: Path) -> None:
        target = path if path.suffix else path.with_suffix(ENDING)
        self._jobs.start(self._write, target, then=self._written, failed=self._refused)

    def _write(self, path: Path) -> str:
        """The name of the file, or nothing when no source fits into such a list: then none is written."""
        document = self._app.accounts.export_sources()
        if "<outline" not in document:
            return ""
        write_file(path, document.encode())
        return path.name

    def _written(self, name: str) -> None:
        if name:
            self.said.emit(self.tr("The list is in {file}.").format(file=name))
        else:
            self.said.emit(self.tr("Only feeds fit into such a list, and there is none yet."))
