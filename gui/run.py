"""Opens a profile and runs its window; the next one where the owner goes on with another."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QApplication

from gui.app import RESTORE, Program, choice_of, install_translators, make_application
from gui.single import Call, Single, leave_of_desktop
from gui.theme import Theme
from services.errors import DamagedDatabase, ShopbellError, Stopped
from services.paths import Paths
from services.settings import SettingsFile
from services.store import is_older

if TYPE_CHECKING:
    from services.app import Shopbell
    from services.sample.tour import Tour

log = logging.getLogger(__name__)
Opener = Callable[[Path | None], "Shopbell"]
LONGEST_LINK = 500


def run_window(
    opener: Opener,
    profile: Path | None = None,
    *,
    is_sample: bool = False,
    is_hidden: bool = False,
    link: str = "",
    arguments: list[str] | None = None,
) -> int:
    """Opens the profile and runs its window until the owner quits; the exit code of the process. ``link``:
    what looked like an address of ours on the command line; it may be anything."""
    application = make_application(arguments or sys.argv[:1])
    wanted = "sample" if is_sample else ""
    is_hidden = is_hidden and not link
    while True:
        try:
            code, wanted = _run_one(application, opener, profile, wanted, is_hidden=is_hidden, link=link)
        except Exception as error:
            log.critical("the window could not be opened", exc_info=True)
            from gui.unknown_errors import tell_no_start

            tell_no_start(error)
            return 1
        if not wanted:
            return code
        is_hidden, link = False, ""


def _run_one(
    application: QApplication,
    opener: Opener,
    profile: Path | None,
    wanted: str,
    *,
    is_hidden: bool,
    link: str = "",
) -> tuple[int, str]:
    """One profile's window from start to end; returns the exit code and what to go on with."""
    if wanted == "without-sample":
        from services.sample.tour import remove

        remove(profile)
    is_sample = wanted == "sample"
    single: Single | None = None
    try:
        home = _home(profile, is_sample=is_sample)
        single = Single(home.lock)
        if not single.is_first():
            from gui.second import hand_over

            # One that is too long stays so.
            call = Call("open" if link else "show", link[:LONGEST_LINK], leave_of_desktop())
            code = hand_over(single, call, is_quiet=is_hidden)
            if code is not None:
                return code, ""
        if wanted.startswith(RESTORE):
            _restore(application, home, single, Path(wanted.removeprefix(RESTORE)))
        if is_older(home.database):
            _upgrade(application, home, single, is_hidden=is_hidden)
        tour: Tour | None = None
        if is_sample:
            from services.sample.tour import Tour

            tour = Tour(profile, opener)
            app = tour.app
        else:
            app = opener(profile)
    except Stopped:
        if single is not None:
            single.close()
        return 0, ""
    except ShopbellError as error:
        log.error("the profile could not be opened: %s", error.kind)
        if single is not None:
            single.close()
        return 1, _refused(error, profile)
    install_translators(application, app.settings.current.language)
    program = Program(app, single, is_hidden=is_hidden, link=link, profile=profile, tour=tour)
    program.show()
    code = application.exec()
    program.quit()
    wants = program.wants
    program.window.close()
    program.window.deleteLater()
    program.deleteLater()
    return code, wants


def _restore(application: QApplication, home: Paths, single: Single, file: Path) -> None:
    """With the profile closed. A file that cannot be used is told, and everything stays as it was."""
    from gui.long_work import watched
    from services import backup

    try:
        watched(
            _looks(application, home),
            QCoreApplication.translate("LongWork", "Putting the backup back"),
            QCoreApplication.translate(
                "LongWork",
                "The backup is checked first. Until then everything here stays as it is, and what is here"
                " now is kept beside it.",
            ),
            lambda watch: backup.restore(file, home.profile, watch=watch),
            single=single,
        )
    except Stopped:
        log.info("putting a backup back was stopped")
    except ShopbellError as error:
        _tell(error)


def _upgrade(application: QApplication, home: Paths, single: Single, *, is_hidden: bool) -> None:
    """Raises what opening the database raises, and Stopped."""
    from gui.long_work import watched
    from services.clock import SystemClock
    from services.store import Store

    watched(
        _looks(application, home),
        QCoreApplication.translate("LongWork", "Bringing your messages up to date"),
        QCoreApplication.translate(
            "LongWork",
            "This Shopbell keeps them in a new way. It works on a copy: your messages stay as they are until"
            " that is checked. This is done once.",
        ),
        # However long: another one that is at it will be done one day, and Stop is here.
        lambda watch: Store.open(home.database, SystemClock(), watch=watch, patience_s=inf).close(),
        single=single,
        is_hidden=is_hidden,
    )


def _looks(application: QApplication, home: Paths) -> Theme:
    """As the owner chose, while the profile is not open."""
    settings = SettingsFile(home.settings)
    settings.load()
    chosen = settings.current
    install_translators(application, chosen.language)
    theme = Theme(choice_of(chosen.theme), chosen.text_size)
    theme.apply()
    return theme


def _tell(error: ShopbellError) -> None:
    from gui.errors import text_with_advice
    from gui.trouble import TroubleDialog

    theme = Theme("system")
    theme.apply()
    TroubleDialog(theme, text_with_advice(error)).exec()


def _home(profile: Path | None, *, is_sample: bool) -> Paths:
    if not is_sample:
        return Paths.open(profile)
    from services.sample.tour import folder

    return Paths.open(folder(profile))


def _refused(error: ShopbellError, profile: Path | None) -> str:
    """Says why the profile cannot be opened; "again" when the owner put it right."""
    if isinstance(error, DamagedDatabase):
        from gui.dialogs.backup import DamagedDialog

        theme = Theme("system")
        theme.apply()
        return "again" if DamagedDialog(Paths.open(profile), theme).exec() else ""
    _tell(error)
    return ""
