"""Looks for a newer version once a day, where the owner wants that, and says so below the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from gui.jobs import Jobs
from gui.update_line import NewsDialog, UpdateLine

if TYPE_CHECKING:
    from gui.main_window import MainWindow
    from gui.theme import Theme
    from services.app import Shopbell

FIRST_MS = 60_000
EVERY_MS = 15 * 60_000


class UpdateWatch(QObject):
    """Never asks anything while the setting is off, and shows nothing then either."""

    def __init__(self, app: Shopbell, window: MainWindow, theme: Theme) -> None:
        super().__init__(window)
        self._app, self._window, self._theme = app, window, theme
        self._jobs = Jobs(app.run, self)
        self.line: UpdateLine | None = None
        self.dialog: NewsDialog | None = None
        self._soon = QTimer(self, singleShot=True, interval=FIRST_MS)
        self._soon.timeout.connect(self.look)
        self._soon.start()
        self._again = QTimer(self, interval=EVERY_MS)
        self._again.timeout.connect(self.look)
        self._again.start()
        self.refresh()

    def look(self) -> None:
        """If it is time. While listening is off nothing is asked anywhere, here neither."""
        current = self._app.settings.current
        if not (current.look_for_updates and current.poll) or self._jobs.waiting:
            return
        self._jobs.start(self._look, then=lambda _: self.refresh())

    def _look(self) -> None:
        if self._app.updates.is_due():
            self._app.updates.look()

    def refresh(self) -> None:
        """From what is known; asks nobody."""
        wanted = self._app.settings.current.look_for_updates
        newer = self._app.updates.worth_telling if wanted else None
        if self.line is None:
            if newer is None:
                return
            pane = self._window.inbox
            self.line = UpdateLine(self._theme, self._window.icons, pane)
            self.line.asked.connect(self._tell)
            self.line.dismissed.connect(self._dismiss)
            pane.add_below(self.line)
        self.line.show_for(newer)

    def _tell(self) -> None:
        newer = self._app.updates.newer
        if newer is None:
            return
        self.dialog = NewsDialog(self._theme, newer, self._app.updates.running, self._window)
        self.dialog.finished.connect(self.dialog.deleteLater)
        self.dialog.open()

    def _dismiss(self) -> None:
        newer = self._app.updates.newer
        if newer is not None:
            self._app.updates.dismiss(newer.version)
        self.refresh()
        self._window.take_keyboard()
