"""The window's life: one per profile, shown before anything heavy is loaded, hidden in the tray, ended
without losing work."""

from __future__ import annotations

import gc
import logging
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QLocale, QObject, QTimer
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QApplication

from gui import RESOURCES, system_name
from gui.application import Application
from gui.icons import app_icon
from gui.main_window import MainWindow
from gui.single import Single
from gui.theme import Choice, Theme
from services.clock import iso
from services.errors import ShopbellError

if TYPE_CHECKING:
    from gui.calls import Calls
    from gui.ending import Ending
    from gui.notices import Notices
    from gui.tray import Tray
    from gui.unknown_errors import UnknownErrors
    from services.app import Shopbell
    from services.autostart import Autostart
    from services.power import SleepWatch
    from services.sample.tour import Tour

log = logging.getLogger(__name__)
LIVE_EVERY_S = 40.0
SLEEP_WATCH_AFTER_S = 20
CLOSE_WITHIN_S = 0.8
RESTORE = "restore:"


def make_application(arguments: list[str]) -> QApplication:
    """The one QApplication, with our names and style."""
    # Windows wants to know before there is a window.
    system_name.tell()
    existing = QApplication.instance()
    app = existing if isinstance(existing, QApplication) else Application(arguments)
    app.setApplicationName("Shopbell")
    app.setApplicationDisplayName("Shopbell")
    app.setDesktopFileName("shopbell")
    app.setStyle("Fusion")
    app.setQuitOnLastWindowClosed(False)
    return app


def install_translators(app: QApplication, language: str) -> None:
    """Ours, then Qt's own for the standard buttons; English needs none."""
    locale = QLocale(language) if language else QLocale.system()
    if locale.language() in (QLocale.Language.C, QLocale.Language.English):
        return
    from PySide6.QtCore import QLibraryInfo, QTranslator

    folders = {"shopbell": str(RESOURCES / "translations")}
    folders["qtbase"] = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    for name, folder in folders.items():
        translator = QTranslator(app)
        if translator.load(locale, name, "_", folder):
            app.installTranslator(translator)


class Program(QObject):
    """Everything of one opened profile: the window, what is started after its first paint, and the way
    out."""

    def __init__(
        self,
        app: Shopbell,
        single: Single | None,
        *,
        is_hidden: bool = False,
        link: str = "",
        profile: Path | None = None,
        tour: Tour | None = None,
    ) -> None:
        """``link``: an address of ours that the window opens with. ``profile``: the folder that was asked
        for, None for the usual one."""
        super().__init__()
        self.app, self.tour = app, tour
        self._link, self._profile = link, profile
        self._single = single
        self._is_hidden = is_hidden
        settings = app.settings.current
        self.theme = Theme(choice_of(settings.theme), settings.text_size, self)
        self.theme.reduce_motion = settings.reduce_motion
        self.theme.apply()
        self.window = MainWindow(app, self.theme)
        self.tray: Tray | None = None
        self.notices: Notices | None = None
        self.unknown: UnknownErrors | None = None
        self.ending: Ending | None = None
        self.calls: Calls | None = None
        self._sleep: SleepWatch | None = None
        self.wants: str = ""
        self._is_ending = False
        self.window.painted.connect(lambda: QTimer.singleShot(0, self, self.after_paint))
        self.window.closing.connect(self._closing)
        self.window.actions_["quit"].triggered.connect(self.quit)

    def show(self) -> None:
        if self._is_hidden:
            QTimer.singleShot(0, self, self.after_paint)
        else:
            self.window.show()
            self.window.take_keyboard()

    # after the first paint

    def after_paint(self) -> None:
        """Brings in what the first paint could do without; the network code is read in a worker. Started
        hidden, all that is there long before the first paint."""
        if self.tray is not None:
            return
        _trace_paint(self.window)
        # What stands now stands until the end: the collector never looks at it again.
        gc.freeze()
        gc.enable()
        QApplication.setWindowIcon(app_icon())
        from gui.calls import Calls
        from gui.ending import Ending
        from gui.jobs import Jobs
        from gui.notices import Notices
        from gui.tray import Tray
        from gui.unknown_errors import UnknownErrors

        window = self.window
        self.ending = Ending(self)
        self.ending.asked.connect(self.quit)
        self.ending.keep.connect(self.keep)
        self.unknown = UnknownErrors(self.theme, self.restart, self)
        self.unknown.install()
        if window.isVisible():
            self.unknown.tell_last()
        else:
            window.painted.connect(self.unknown.tell_last)
        window.failed.connect(self._failed)
        window.complete()
        if window.sources is not None:
            window.sources.open_sample = self.open_sample
            window.sources.remove_sample = self.remove_sample
            window.sources.restore = lambda path: self.leave_for(RESTORE + path)
            window.sources.find_autostart = self._find_autostart
        self.tray = Tray(window.actions_, window.windowTitle(), window)
        if self._is_hidden:
            self.tray.wait_for_place(self._show_small)
        self.notices = Notices(self.app, window, self.tray, self, address=self._address())
        self.calls = Calls(self.app, window, self.quit, self, self._single)
        if self._link:
            self.calls.follow(self._link)
        jobs = Jobs(self.app.run, self)
        jobs.start(_load, self.app, self.tour, then=self._loaded, failed=self._load_failed)

    def _address(self) -> Callable[[int], str] | None:
        """The system starts the installed program for an address of ours, on the usual profile."""
        if not getattr(sys, "frozen", False) or self._profile is not None:
            return None
        from services.deep_link import conversation_address, profile_mark

        # Asked with the first notice, in its thread: the id is read from disk.
        return lambda number: conversation_address(number, profile_mark(self.app.paths.profile_id()))

    def _show_small(self) -> None:
        if not self.window.isVisible():
            self.window.showMinimized()

    def _find_autostart(self) -> Autostart | None:
        from services.autostart import find

        return find(self._profile)

    def _load_failed(self, error: Exception) -> None:
        """Something of it did not come up; the rest works all the same."""
        self._failed(error)
        self._loaded(None)

    def _loaded(self, _: object) -> None:
        if self._is_ending:
            return
        self.app.start()
        if sys.platform.startswith("linux"):
            # Nobody closes the lid at once, and its library is work that a start need not wait for.
            QTimer.singleShot(SLEEP_WATCH_AFTER_S * 1000, self, self._watch_sleep)
        self.window.book.learn()
        if self.tour is not None:
            self.tour.shop.live(LIVE_EVERY_S)
        elif not self.app.settings.current.first_start_done and not len(self.window.book):
            if self._is_hidden and not self.window.isVisible():
                self.window.painted.connect(self._first_start)
            else:
                self._first_start()

    def _watch_sleep(self) -> None:
        if self._is_ending:
            return
        from services.power import SleepWatch

        self._sleep = SleepWatch(self.app.engine.woke)
        self._sleep.start()

    def _first_start(self) -> None:
        from gui.first_start import FirstStart

        dialog = FirstStart(self.app, self.theme, self.window)
        dialog.sample_wanted.connect(self.open_sample)
        dialog.finished.connect(self._first_start_over)
        dialog.open()

    def _first_start_over(self) -> None:
        self.window.name_shop()
        self.window.book.read()

    def _failed(self, error: object) -> None:
        """An error we know, from something that has no place of its own in the window."""
        if self._is_ending:
            # What was under way stumbles over what is closed by now.
            return
        if not isinstance(error, ShopbellError):
            if isinstance(error, BaseException) and self.unknown is not None:
                self.unknown.handle(type(error), error, error.__traceback__)
            return
        from gui.errors import error_text
        from gui.trouble import TroubleDialog

        log.warning("shown to the owner: %s", error.kind)
        TroubleDialog.tell(self.theme, error_text(error, now=self.app.clock.now()), self.window)

    # leaving

    def _closing(self, event: QCloseEvent) -> None:
        application = QApplication.instance()
        is_leaving = isinstance(application, Application) and application.is_leaving
        if self._is_ending or is_leaving or self.tray is None or not self.tray.is_there:
            event.accept()
            self.quit()
            return
        event.ignore()
        self.window.hide()
        if not self.app.settings.current.close_hint_shown:
            self.app.run(self.app.settings.update, close_hint_shown=True)
            if self.notices is not None:
                self.notices.say_still_here()

    def quit(self) -> None:
        """The window goes at once; a running write is waited for, everything else is left to the next
        start."""
        if self._is_ending:
            return
        self._is_ending = True
        window = self.window
        _safely(window.stop)
        _safely(self._keep_place, last_closed=iso(self.app.clock.now()))
        window.hide()
        for part in (self.tray, self.notices):
            if part is not None:
                _safely(part.close)
        if self._sleep is not None:
            self._sleep.stop()
        if self.tour is not None:
            _safely(self.tour.close)
        else:
            _safely(self.app.close, CLOSE_WITHIN_S)
        if self.unknown is not None:
            self.unknown.remove(ended_well=True)
        if self.ending is not None:
            self.ending.close()
        if self._single is not None:
            self._single.close()
        QCoreApplication.quit()

    def keep(self) -> None:
        """Brings to the disk what is not there yet, and goes on."""
        if self._is_ending:
            return
        if self.window.conversation is not None:
            _safely(self.window.conversation.drafts.flush_now)
        _safely(self._keep_place)
        _safely(self.app.alerting.keep)

    def _keep_place(self, **more: object) -> None:
        self.app.settings.update(**self.window.geometry_settings(), **more)

    def restart(self) -> None:
        self.leave_for("again")

    def open_sample(self) -> None:
        self.leave_for("sample")

    def remove_sample(self) -> None:
        self.leave_for("without-sample")

    def leave_for(self, wanted: str) -> None:
        """Ends this profile's window; ``run_window`` goes on with another."""
        self.wants = wanted
        self.quit()


def choice_of(text: str) -> Choice:
    return "light" if text == "light" else "dark" if text == "dark" else "system"


def _safely(step: Callable[..., object], *given: object, **named: object) -> None:
    """One step of many, each of which is to be tried, whatever became of the one before."""
    try:
        step(*given, **named)
    except ShopbellError as error:
        log.warning("not everything was kept: %s", error.kind)
    except OSError as error:
        log.warning("not everything was kept: %s", type(error).__name__)
    except Exception:
        log.exception("not everything was kept")


def _trace_paint(window: MainWindow) -> None:
    """For measuring the start: when the first paint was over (the clock that all processes share), and with
    how many rows."""
    trace = os.environ.get("SHOPBELL_TRACE_PAINT")
    if trace:
        Path(trace).write_text(f"{time.monotonic()} {window.inbox.model.rowCount()}\n", encoding="ascii")


def _load(app: Shopbell, tour: Tour | None) -> None:
    """Runs in a worker: builds the rooms that load the network code; reads the channels there are accounts
    of."""
    _ = (app.accounts, app.engine)
    app.alerting.remember(app.paths.alerts)
    for account in app.store.accounts():
        _ = account.kind in app.channels
    if tour is not None:
        tour.connect()
