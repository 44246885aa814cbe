"""One file with everything, putting it back, and what to do when the database is damaged."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QLocale, Signal
from PySide6.QtWidgets import QDialog, QFileDialog, QProgressBar, QVBoxLayout, QWidget

from gui.conversation.parts import button, label, row
from gui.conversation.when import day_and_time
from gui.dialogs.setting_rows import RowPlan, SettingRow, card_of
from gui.errors import error_text
from gui.geometry import size_dialog
from gui.jobs import Jobs
from gui.long_work import watched
from gui.theme import Theme
from services import backup
from services.errors import ShopbellError, Stopped
from services.paths import Paths
from services.store import good_copies

if TYPE_CHECKING:
    from services.app import Shopbell

ENDING = ".shopbell"


class BackupDialog(QDialog):
    """``restore_wanted`` carries the file: putting it back needs the profile closed, which is the window's
    to do."""

    restore_wanted = Signal(str)

    def __init__(self, app: Shopbell, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._app, self._theme = app, theme
        self._jobs = Jobs(app.run, self)
        self.setWindowTitle(self.tr("Backup"))
        size_dialog(self, theme.px(600), theme.px(360))
        self.back_up = SettingRow(
            theme,
            RowPlan(
                "button",
                "write",
                self.tr("Back up"),
                self.tr(
                    "Messages, replies, templates and settings in one file. Sign-ins stay in this "
                    "computer’s key store."
                ),
                words=self.tr("Choose a place…"),
            ),
            None,
            self._do,
        )
        self.put_back = SettingRow(
            theme,
            RowPlan(
                "button",
                "restore",
                self.tr("Restore"),
                self.tr("The file is checked first. What is here now is kept beside it."),
                words=self.tr("Choose a file…"),
            ),
            None,
            self._do,
        )
        self.note = label(step="small", tone="text2", wrap=True)
        self.working = QProgressBar()
        self.working.setRange(0, 0)
        self.working.setTextVisible(False)
        self.working.setAccessibleName(self.tr("Writing the backup"))
        self.working.hide()
        shut = button(self.tr("Close"), size="dialog")
        shut.clicked.connect(self.accept)
        box = QVBoxLayout(self)
        box.setContentsMargins(28, 24, 28, 20)
        box.setSpacing(theme.px(16))
        box.addWidget(label(self.tr("Backup"), step="head"))
        box.addWidget(card_of([self.back_up, self.put_back]))
        box.addWidget(self.note)
        box.addWidget(self.working)
        box.addStretch(1)
        box.addLayout(row(None, shut))

    def _do(self, key: str, _: object) -> None:
        if key == "write":
            day = self._app.clock.now().astimezone().strftime("%Y-%m-%d")
            name = f"{self.tr('Shopbell')} {day}{ENDING}"
            path, _kind = QFileDialog.getSaveFileName(
                self, self.tr("Back up"), name, self.tr("Shopbell backup (*.shopbell)")
            )
            if path:
                self.write_to(Path(path))
        else:
            path, _kind = QFileDialog.getOpenFileName(
                self, self.tr("Restore"), "", self.tr("Shopbell backup (*.shopbell *.zip);;All files (*)")
            )
            if path:
                self.restore_from(Path(path))

    def restore_from(self, path: Path) -> None:
        """A short look first: what cannot be put back is no reason to close the window."""

        def wanted(_: None) -> None:
            self.restore_wanted.emit(str(path))
            self.accept()

        self._jobs.start(backup.look_at, path, then=wanted, failed=self._refused)

    def write_to(self, path: Path) -> None:
        target = path if path.suffix else path.with_suffix(ENDING)
        self.working.show()
        self.note.setText(self.tr("Writing the backup. You can go on working."))
        self._jobs.start(
            backup.write, self._app.store, self._app.paths, target, then=self._written, failed=self._refused
        )

    def _written(self, result: dict[str, object]) -> None:
        self.working.hide()
        size = QLocale().formattedDataSize(int(str(result["bytes"])))
        count = QLocale().toString(int(str(result["messages"])))
        self.note.setText(self.tr("{count} messages are in it, {size}.").format(count=count, size=size))

    def _refused(self, error: Exception) -> None:
        self.working.hide()
        if not isinstance(error, ShopbellError):
            raise error
        self.note.setText(error_text(error))


class DamagedDialog(QDialog):
    """The database does not pass its check: offers the last good copy. Accepted when a good one is in
    place."""

    def __init__(self, paths: Paths, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._paths, self._theme = paths, theme
        self._is_stopped = False
        self.copies = good_copies(paths.database)
        self.setWindowTitle("Shopbell")
        self.setMinimumWidth(theme.px(520))
        words = self.tr("Your sign-ins and settings are safe. The damaged file is kept, whatever you choose.")
        self.note = label(step="small", tone="caretx", wrap=True)
        self.restore_button = button(self.tr("Restore the last good copy"), kind="strong", size="dialog")
        self.restore_button.clicked.connect(self.restore)
        self.choose_button = button(self.tr("Choose a backup file…"), size="dialog")
        self.choose_button.clicked.connect(self._choose)
        shut = button(self.tr("Close"), size="dialog")
        shut.clicked.connect(self.reject)
        box = QVBoxLayout(self)
        box.setContentsMargins(28, 28, 28, 24)
        box.setSpacing(theme.px(12))
        for one in (
            label(self.tr("The database is damaged."), step="head", wrap=True),
            label(words, step="read", tone="text2", wrap=True),
            label(self._about(), tone="text2", wrap=True),
            self.note,
        ):
            # Without a width a wrapped label asks for the height it would have in a narrow column.
            one.setMinimumWidth(theme.px(464))
            box.addWidget(one)
        box.addStretch(1)
        box.addLayout(row(None, shut, self.choose_button, self.restore_button, spacing=8))
        self.restore_button.setVisible(bool(self.copies))
        (self.restore_button if self.copies else self.choose_button).setDefault(True)

    def _about(self) -> str:
        if not self.copies:
            return self.tr(
                "There is no good copy on this computer yet. If you kept a backup file, choose it: "
                "what arrived since then is fetched again where the network still has it."
            )
        made = datetime.fromtimestamp(self.copies[0].stat().st_mtime, UTC)
        when = day_and_time(made, datetime.now(UTC))
        return self.tr(
            "The last good copy is from {time}. What arrived after it is fetched again "
            "where the network still has it."
        ).format(time=when)

    def restore(self) -> None:
        """Newest copy first; one that is damaged too gives way to the one before."""
        for copy in self.copies:
            if self.restore_from(copy) or self._is_stopped:
                return

    def restore_from(self, file: Path) -> bool:
        """False when this one is not good either, or the owner chose Stop; the note says why."""
        self.setEnabled(False)
        self._is_stopped = False
        try:
            watched(
                self._theme,
                self.tr("Putting the copy back"),
                self.tr("It is checked first. The damaged file is kept beside it."),
                lambda watch: backup.restore(file, self._paths.profile, watch=watch),
                parent=self,
            )
        except ShopbellError as error:
            self._is_stopped = isinstance(error, Stopped)
            self.note.setText(error_text(error))
            return False
        finally:
            self.setEnabled(True)
        self.accept()
        return True

    def _choose(self) -> None:
        title = self.tr("Choose a backup file")
        kinds = self.tr("Shopbell backup (*.shopbell *.zip);;All files (*)")
        name, _ = QFileDialog.getOpenFileName(self, title, "", kinds)
        if name:
            self.restore_from(Path(name))
