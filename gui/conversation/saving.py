"""Saving a file that came with a message: where to, then fetched away from the window. Never opened by us."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QStandardPaths
from PySide6.QtWidgets import QFileDialog, QMessageBox

from gui.announce import announce
from gui.conversation.asked_once import ask_once
from gui.conversation.deed_words import Question
from gui.errors import deed_trouble
from gui.jobs import Jobs
from services.errors import ShopbellError
from services.filenames import is_program, safe_name
from services.model import ThreadMessage

if TYPE_CHECKING:
    from gui.conversation.pane import ConversationPane
    from services.app import Shopbell


class Saving(QObject):
    """Belongs to one pane."""

    def __init__(self, app: Shopbell, jobs: Jobs, pane: ConversationPane) -> None:
        super().__init__(pane)
        self._app, self._jobs, self._pane = app, jobs, pane
        self.question: QMessageBox | None = None
        self.chooser: QFileDialog | None = None

    def ask(self, message: ThreadMessage, number: int) -> None:
        """``number`` counts from 1. What may run as a program is asked about first."""
        name = message.attachments[number - 1].name
        if not is_program(name):
            self._choose(message, number)
            return
        question = Question(
            self.tr("{file} can run as a program").format(file=safe_name(name)),
            self.tr(
                "Opened, it could take over this computer. Save it only if you know who sent it and why."
            ),
            self.tr("Save anyway"),
            self.tr("Leave it"),
        )
        self.question = ask_once(self._pane, question, lambda: self._choose(message, number))

    def _choose(self, message: ThreadMessage, number: int) -> None:
        chooser = QFileDialog(self._pane, self.tr("Save where?"), str(self.proposed(message, number)))
        chooser.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        chooser.selectFile(str(self.proposed(message, number)))
        chooser.fileSelected.connect(lambda path: self.save_to(message, number, Path(path)))
        chooser.finished.connect(chooser.deleteLater)
        self.chooser = chooser
        chooser.open()

    def proposed(self, message: ThreadMessage, number: int) -> Path:
        """In the folder for downloads, under a name that is safe here and everywhere."""
        one = message.attachments[number - 1]
        places = QStandardPaths.standardLocations(QStandardPaths.StandardLocation.DownloadLocation)
        folder = next((Path(place) for place in places if Path(place).is_dir()), Path.home())
        return folder / safe_name(one.name, one.kind)

    def save_to(self, message: ThreadMessage, number: int, path: Path) -> None:
        """The chooser has asked already whether a file of that name may go."""
        subject = self._pane.subject
        if subject is None:
            return
        self._pane.trouble.hide()

        def done(saved: Path) -> None:
            words = self.tr("Saved: {file}").format(file=saved.name)
            self._pane.trouble.tell(words, is_trouble=False)
            announce(self._pane, words)

        def failed(error: Exception) -> None:
            if not isinstance(error, ShopbellError):
                raise error
            words = deed_trouble(error, subject.account.name, subject.place, self._app.clock.now())
            self._pane.trouble.tell(words)
            announce(self._pane, words)

        self._jobs.start(
            self._app.attachments.save, message.id, number, path, replace=True, then=done, failed=failed
        )
