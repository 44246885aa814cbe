"""What the owner does with sources and with the program: add, sign in again, check now, settings,
templates, backup.

The dialogs are read from disk when they are first asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QDialog

from gui.conversation.links import open_link
from gui.jobs import Jobs
from gui.theme import Theme
from gui.updates import UpdateWatch
from services.settings import THEMES

if TYPE_CHECKING:
    from gui.main_window import MainWindow
    from services.app import Shopbell
    from services.autostart import Autostart

_AT_ONCE = ("sources", "taught", "muted", "settings", "keys")
"""What is decided there holds at once; nothing is lost when they close."""
_DIALOGS = ("add_source", "sources", "templates", "taught", "muted", "backup", "settings", "keys")


class Sources(QObject):
    """``remedy(account_id, key)`` is what strips, pages and dialogs ask for: sign-in, open, check-now,
    sources, add-source, sample, pause, resume."""

    def __init__(self, app: Shopbell, window: MainWindow, theme: Theme) -> None:
        super().__init__(window)
        self._app, self._window, self._theme = app, window, theme
        self._jobs = Jobs(app.run, self)
        self._open: QDialog | None = None
        self._name = ""
        self.updates = UpdateWatch(app, window, theme)
        self.open_sample: Callable[[], None] = lambda: None
        self.remove_sample: Callable[[], None] = lambda: None
        self.restore: Callable[[str], None] = lambda path: None
        self.find_autostart: Callable[[], Autostart | None] = lambda: None
        actions = window.actions_
        actions["check_now"].triggered.connect(self.check_now)
        actions["theme"].triggered.connect(self.switch_theme)
        for name in _DIALOGS:
            actions[name].triggered.connect(lambda _=False, name=name: self.show_dialog(name))
        window.inbox.trouble_strip.remedy.connect(self.remedy)
        window.freshness.sources.connect(lambda: self.show_dialog("sources"))
        window.freshness.check_now.connect(self.check_now)
        window.inbox.sample_line.removed.connect(lambda: self.remove_sample())
        if window.source_page is not None:
            window.source_page.remedy.connect(self.remedy)

    def check_now(self, account_id: int | None = None) -> None:
        self._app.engine.check_now(account_id or None)

    def remedy(self, account_id: int, key: str) -> None:
        if key == "check-now":
            self.check_now(account_id)
        elif key == "open":
            known = self._window.book.get(account_id)
            if known is not None:
                open_link(known.account.url)
        elif key in ("pause", "resume"):
            self._jobs.start(
                self._app.accounts.pause, account_id, on=key == "pause", failed=self._window.failed.emit
            )
        elif key == "sample":
            self.open_sample()
        elif key == "remove-sample":
            self.remove_sample()
        elif key in ("sources", "backup", "settings"):
            self.show_dialog(key)
        elif key in ("sign-in", "add-source"):
            self.show_dialog("add_source", account_id if key == "sign-in" else 0)

    def show_dialog(self, name: str, account_id: int = 0) -> None:
        """One dialog at a time; asked for again, it comes to the front."""
        if self._open is not None:
            if self._open.isVisible():
                self._open.raise_()
                self._open.activateWindow()
                return
            self._closed()
        dialog = self._make(name, account_id)
        self._open, self._name = dialog, name
        dialog.finished.connect(lambda _: self._closed(dialog))
        dialog.open()

    def make_room(self) -> None:
        """For a conversation that was asked for from outside: the dialog in front of it goes, unless
        something is being typed there."""
        if self._open is not None and self._name in _AT_ONCE:
            self._open.accept()

    def _follow(self, name: str) -> None:
        """One dialog asks for another: it makes room first."""
        if self._open is not None:
            self._open.accept()
        self.show_dialog(name)

    def _closed(self, dialog: QDialog | None = None) -> None:
        gone = dialog or self._open
        if gone is not None:
            gone.deleteLater()
        if gone is self._open:
            self._open = None
        self._window.name_shop()
        self._window.inbox.set_compact(self._app.settings.current.compact_rows)
        self._window.inbox.set_folding(self._app.settings.current.fold_abusive)
        self._window.book.read()
        self.updates.refresh()

    def _make(self, name: str, account_id: int) -> QDialog:
        app, theme, window = self._app, self._theme, self._window
        if name == "add_source":
            from gui.dialogs.add_source import AddSourceDialog

            dialog = AddSourceDialog(app, theme, window)
            if account_id:
                dialog.renew(account_id)
            return dialog
        if name == "sources":
            from gui.dialogs.sources import SourcesDialog

            sources = SourcesDialog(app, theme, window)
            sources.remedy.connect(self.remedy)
            return sources
        if name == "templates":
            from gui.dialogs.templates_dialog import TemplatesDialog

            return TemplatesDialog(app, theme, window)
        if name == "taught":
            from gui.dialogs.taught import TaughtDialog

            taught = TaughtDialog(app, theme, window)
            taught.opened.connect(window.show_conversation)
            return taught
        if name == "muted":
            from gui.dialogs.muted import MutedDialog

            return MutedDialog(app, theme, window)
        if name == "hours":
            from gui.dialogs.hours_dialog import HoursDialog

            return HoursDialog(app, theme, window)
        if name == "backup":
            from gui.dialogs.backup import BackupDialog

            backup = BackupDialog(app, theme, window)
            backup.restore_wanted.connect(lambda path: self.restore(path))
            return backup
        if name == "keys":
            from gui.dialogs.keys import KeysDialog

            return KeysDialog(window.actions_, theme, window)
        from gui.dialogs.settings_dialog import SettingsDialog

        settings = SettingsDialog(app, theme, window, autostart=self.find_autostart())
        settings.wants.connect(self._follow)
        return settings

    def switch_theme(self) -> None:
        """Light, dark, as the system has it, and round again."""
        order = [one for one in THEMES if one != "system"]
        now = "dark" if self._theme.is_dark else "light"
        chosen = order[(order.index(now) + 1) % len(order)]
        self._theme.set_choice("dark" if chosen == "dark" else "light")
        self._jobs.start(self._app.settings.update, theme=chosen, failed=self._window.failed.emit)
