"""What nobody foresaw: logged, shown once, with a report; and after a crash that left no time, at the next
start."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication, QObject, Qt, Signal, Slot

from services import logs

if TYPE_CHECKING:
    # Read when something went wrong, which no start should wait for.
    from gui.crash_dialog import CrashDialog
    from gui.theme import Theme
    from services.crash_report import Facts

log = logging.getLogger(__name__)

MOST_DIALOGS = 3
"""In one run. Whoever closed three knows, and the log has the rest."""
_QUIT = (KeyboardInterrupt, SystemExit, GeneratorExit)


def _tr(text: str) -> str:
    return QCoreApplication.translate("UnknownErrors", text)


def qt_facts() -> list[tuple[str, str]]:
    """What of the system only the window knows."""
    import PySide6
    from PySide6.QtCore import QLocale, qVersion
    from PySide6.QtGui import QGuiApplication

    facts = [("Qt", f"{qVersion()}, PySide6 {PySide6.__version__}")]
    screen = QGuiApplication.primaryScreen()
    if screen is not None:
        size, ratio = screen.size(), screen.devicePixelRatio()
        name = QGuiApplication.platformName()
        facts.append(("Screen", f"{name}, {size.width()} x {size.height()} at {ratio:g}"))
    return [*facts, ("Language", QLocale.system().name())]


def report_of(error: BaseException, where: str, facts: Facts) -> str:
    """The report on one error, for people to look at and to send."""
    from services.crash_report import of_error

    running = logs.running()
    lines = running.outline.lines() if running is not None else []
    masks = running.masks if running is not None else logs.redactor
    return of_error(error, where, datetime.now(UTC), lines=lines, facts=facts, masks=masks)


def tell_no_start(error: BaseException) -> None:
    """The window did not come up; waits until it was read."""
    from gui.crash_dialog import CrashDialog
    from gui.theme import Theme

    theme = Theme("system")
    theme.apply()
    title = _tr("Shopbell could not start.")
    text = _tr("Your messages are safe. Start it again; if that does not help, the report says why.")
    CrashDialog(theme, title, text, report_of(error, "the start", qt_facts()), None, _tr("Quit")).exec()


class UnknownErrors(QObject):
    """Takes over ``sys.excepthook`` and its like: every unforeseen error is logged with its trace, and the
    owner is told in one dialog. The same error is told once in a run, and no more than three are.

    ``handle`` may be called from every thread."""

    _arrived = Signal(str, bool)

    def __init__(self, theme: Theme, restart: Callable[[], None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme, self._restart = theme, restart
        self._shown: CrashDialog | None = None
        self._before = (sys.excepthook, threading.excepthook, sys.unraisablehook)
        self._lock = threading.Lock()
        self._counts: dict[object, int] = {}
        self._dialogs = 0
        # Asked for here, in the GUI thread; an error may come from any.
        self._facts = qt_facts()
        # Always by way of the event loop: an error while painting must not open a dialog within the painting.
        self._arrived.connect(self._tell, Qt.ConnectionType.QueuedConnection)

    def install(self) -> None:
        sys.excepthook = self.handle
        threading.excepthook = self._in_thread
        sys.unraisablehook = self._in_passing
        running = logs.running()
        if running is not None:
            # What went wrong before there was a window to say so. It is in the log already.
            while running.unheard:
                self._show(running.unheard.pop(0), "the start")

    def remove(self, *, ended_well: bool = False) -> None:
        """``ended_well``: whatever the fault handler wrote during this run, it did no harm."""
        sys.excepthook, threading.excepthook, sys.unraisablehook = self._before
        if self._shown is not None:
            self._shown.reject()
        running = logs.running()
        if ended_well and running is not None:
            running.fault_file.settle()

    def _in_thread(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None and args.exc_type is not SystemExit:
            where = "a thread of its own"
            self._take(args.exc_value, args.exc_traceback, where)

    def _in_passing(self, args: Any) -> None:
        if args.exc_value is not None:
            self._take(args.exc_value, args.exc_traceback, "a destructor or callback")

    def handle(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        self._take(error, trace, "the window" if _is_main() else "a thread of its own")

    def _take(self, error: BaseException, trace: TracebackType | None, where: str) -> None:
        if isinstance(error, _QUIT):
            if isinstance(error, KeyboardInterrupt):
                QCoreApplication.quit()
            return
        if trace is not None and error.__traceback__ is None:
            error = error.with_traceback(trace)
        count = self._count(error)
        # An error in every painting would push everything else out of the log.
        if count <= 3:
            log.error("an error nobody foresaw", exc_info=(type(error), error, error.__traceback__))
        elif count in (10, 100, 1000, 10_000):
            log.error("an error nobody foresaw came %d times", count)
        if count == 1:
            self._show(error, where)

    def _count(self, error: BaseException) -> int:
        """How often this one came: of the same type, from the same places."""
        places = []
        trace = error.__traceback__
        while trace is not None:
            places.append((trace.tb_frame.f_code.co_filename, trace.tb_lineno))
            trace = trace.tb_next
        key = (type(error), tuple(places[-4:]))
        with self._lock:
            if len(self._counts) > 200:
                self._counts.clear()
            self._counts[key] = self._counts.get(key, 0) + 1
            return self._counts[key]

    def _show(self, error: BaseException, where: str) -> None:
        try:
            report = report_of(error, where, self._facts)
        except Exception as trouble:  # noqa: BLE001 - the report must never be what goes wrong next
            log.error("no report could be made: %s", type(trouble).__name__)
            report = type(error).__name__
        self._arrived.emit(report, False)

    def tell_last(self) -> None:
        """How an earlier run ended all at once, if it did and nobody was told of it yet."""
        running = logs.running()
        fault = running.fault() if running is not None else None
        if running is None or fault is None:
            return
        # Told from now on, whatever becomes of the dialog: it must not come at every start.
        running.fault_file.settle()
        from services.crash_report import of_fault

        report = of_fault(fault.text, fault.at, lines=fault.lines, facts=self._facts, masks=running.masks)
        self._arrived.emit(report, True)

    @Slot(str, bool)
    def _tell(self, report: str, is_last: bool) -> None:
        if self._shown is not None:
            self._shown.add(report)
            return
        if self._dialogs >= MOST_DIALOGS:
            return
        self._dialogs += 1
        if is_last:
            title = _tr("Shopbell ended all at once last time.")
            text = _tr(
                "Your messages are safe, and what was missed is being fetched. "
                "A reply that was just leaving is looked for first; nothing is sent twice."
            )
        else:
            title = _tr("Something went wrong in Shopbell.")
            text = _tr(
                "Your messages are safe, and replies that wait are kept. "
                "Go on, or restart if something does not work."
            )
        from gui.crash_dialog import CrashDialog

        restart = None if is_last else self._restart
        self._shown = CrashDialog(self._theme, title, text, report, restart, _tr("Go on"))
        self._shown.finished.connect(self._closed)
        self._shown.show()

    def _closed(self) -> None:
        if self._shown is not None:
            self._shown.deleteLater()
        self._shown = None


def _is_main() -> bool:
    return threading.current_thread() is threading.main_thread()
