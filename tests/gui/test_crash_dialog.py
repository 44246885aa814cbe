"""One dialog for what nobody foresaw: once for each error, never in a loop, with a report to copy."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtGui import QGuiApplication, QPaintEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from gui import run as window_program
from gui.app import Program
from gui.crash_dialog import CrashDialog
from gui.run import run_window
from gui.theme import Theme
from gui.unknown_errors import MOST_DIALOGS, UnknownErrors
from services import logs
from services.app import Shopbell
from services.redact import Redactor
from tests.gui.dialogs.help import unnamed

SECRET = "s3cr3t-tok3n-of-the-shop"
pytestmark = pytest.mark.expect_log("an error nobody foresaw", required=False)


@pytest.fixture
def errors(theme: Theme, tmp_path: Path) -> Iterator[UnknownErrors]:
    running = logs.start(tmp_path, masks=Redactor([SECRET]))
    one = UnknownErrors(theme, lambda: None)
    one.install()
    yield one
    one.remove()
    one.deleteLater()
    running.close()


def dialogs(qapp: QApplication) -> list[CrashDialog]:
    return [one for one in qapp.topLevelWidgets() if isinstance(one, CrashDialog) and one.isVisible()]


def fail(number: int) -> None:
    """Each number fails at a place of its own."""
    namespace: dict[str, Any] = {}
    exec(
        compile("\n" * number + "def f(): raise ValueError('Marta: mouldy cake')", "f.py", "exec"), namespace
    )
    try:
        namespace["f"]()
    except ValueError as error:
        sys.excepthook(type(error), error, error.__traceback__)


def test_the_report_can_be_read_and_copied_and_holds_nothing_private(
    errors: UnknownErrors, qtbot: QtBot, qapp: QApplication
) -> None:
    logging.getLogger("services.x").info("%s", f"Marta and {SECRET}")
    fail(1)
    qtbot.waitUntil(lambda: len(dialogs(qapp)) == 1)
    [dialog] = dialogs(qapp)
    assert dialog.title.text() == "Something went wrong in Shopbell."
    assert "Your messages are safe" in dialog.text.text()
    assert not dialog.details.isVisible()
    assert unnamed(dialog) == []
    dialog.show_details.click()
    assert dialog.details.isVisible()
    assert unnamed(dialog) == []
    assert "goes nowhere unless you send it" in dialog.about.text()
    dialog.copy.click()
    copied = QGuiApplication.clipboard().text()
    assert copied == dialog.details.toPlainText()
    assert "ValueError: (" in copied
    assert "Qt: 6" in copied
    assert "services.x: " in copied
    for word in ("Marta", "mouldy", "s3cr3t", str(Path.home())):
        assert word not in copied
    dialog.go_on.click()
    qtbot.waitUntil(lambda: not dialogs(qapp))


def test_the_same_error_is_told_once_and_others_three_times_in_all(
    errors: UnknownErrors, qtbot: QtBot, qapp: QApplication
) -> None:
    for number in (1, 1, 2, 2, 3, 4, 5):
        fail(number)
        qtbot.wait(20)
        for dialog in dialogs(qapp):
            dialog.reject()
    assert errors._dialogs == MOST_DIALOGS == 3


def test_more_while_it_is_open_go_into_the_same_dialog(
    errors: UnknownErrors, qtbot: QtBot, qapp: QApplication
) -> None:
    for number in (1, 2, 3, 4):
        fail(number)
    qtbot.waitUntil(lambda: len(dialogs(qapp)) == 1)
    qtbot.waitUntil(lambda: dialogs(qapp)[0].details.toPlainText().count("An error nobody foresaw") == 3)


class Painted(QWidget):
    fails = 0

    def paintEvent(self, event: QPaintEvent) -> None:
        Painted.fails += 1
        try:
            raise RuntimeError("in every painting")
        except RuntimeError as error:
            sys.excepthook(type(error), error, error.__traceback__)


def test_an_error_in_every_painting_opens_one_dialog_and_leaves_the_log_alone(
    errors: UnknownErrors, qtbot: QtBot, qapp: QApplication, expect_log: Callable[..., None]
) -> None:
    expect_log("an error nobody foresaw came 10 times")
    widget = Painted()
    qtbot.addWidget(widget)
    widget.show()

    def again() -> bool:
        widget.repaint()
        return Painted.fails >= 30

    qtbot.waitUntil(again, timeout=20_000)
    assert len(dialogs(qapp)) == 1
    running = logs.running()
    assert running is not None
    assert running.file.read_text(encoding="utf-8").count("Traceback") == 3


def test_stopping_by_hand_is_no_error(errors: UnknownErrors, qtbot: QtBot, qapp: QApplication) -> None:
    ends: list[bool] = []

    class Watch(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.Quit:
                ends.append(True)
                return True
            return False

    watch = Watch()
    qapp.installEventFilter(watch)
    try:
        sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
        threading.excepthook(
            SimpleNamespace(exc_type=SystemExit, exc_value=SystemExit(), exc_traceback=None, thread=None)
        )  # type: ignore[arg-type]
        qtbot.wait(50)
    finally:
        qapp.removeEventFilter(watch)
    assert dialogs(qapp) == []
    running = logs.running()
    assert running is not None
    assert not running.file.exists() or "foresaw" not in running.file.read_text(encoding="utf-8")


class Broken:
    def __del__(self) -> None:
        raise RuntimeError("while it was thrown away")


def test_errors_of_threads_and_destructors_are_told(
    errors: UnknownErrors, qtbot: QtBot, qapp: QApplication
) -> None:
    Broken()
    worker = threading.Thread(target=lambda: {}["nothing"])
    worker.start()
    worker.join(5)
    qtbot.waitUntil(lambda: len(dialogs(qapp)) == 1)
    [dialog] = dialogs(qapp)
    qtbot.waitUntil(lambda: "a thread of its own" in dialog.details.toPlainText())
    assert "a destructor or callback" in dialog.details.toPlainText()


@pytest.mark.expect_log("unexpected error in the main thread")
def test_what_went_wrong_before_there_was_a_window_is_told_then(
    theme: Theme, tmp_path: Path, qtbot: QtBot, qapp: QApplication
) -> None:
    running = logs.start(tmp_path)
    one = UnknownErrors(theme, lambda: None)
    try:
        fail(1)
        one.install()
        qtbot.waitUntil(lambda: len(dialogs(qapp)) == 1)
        assert "An error nobody foresaw in the start" in dialogs(qapp)[0].details.toPlainText()
    finally:
        one.remove()
        one.deleteLater()
        running.close()


def test_after_a_crash_the_next_start_tells_it_once(
    tmp_path: Path, project: Path, qtbot: QtBot, qapp: QApplication
) -> None:
    profile = tmp_path / "profile"
    first = Shopbell.open(profile)
    first.settings.update(first_start_done=True)
    first.close()
    script = (
        "import sys, faulthandler; from pathlib import Path; from services import logs;"
        "logs.start(Path(sys.argv[1])); faulthandler._sigabrt()"
    )
    command = [sys.executable, "-c", script, str(profile / "logs")]
    assert subprocess.run(command, cwd=project, capture_output=True, timeout=60, check=False).returncode
    shown = []
    for _ in range(2):
        app = Shopbell.open(profile)
        running = logs.start(app.paths.logs)
        program = Program(app, None)
        program.show()
        qtbot.waitUntil(lambda one=program: one.notices is not None, timeout=20_000)
        qtbot.wait(50)
        shown += [(one.title.text(), one.details.toPlainText()) for one in dialogs(qapp)]
        program.quit()
        program.window.deleteLater()
        running.close()
        assert dialogs(qapp) == []
    [(title, report)] = shown
    assert title == "Shopbell ended all at once last time."
    assert "Fatal Python error: Aborted" in report
    assert str(profile) not in report


@pytest.mark.expect_log("the window could not be opened")
def test_a_start_that_fails_says_so(tmp_path: Path, qtbot: QtBot, qapp: QApplication) -> None:
    seen: list[str] = []

    def look() -> None:
        for one in dialogs(qapp):
            seen.append(one.title.text())
            one.show_details.click()
            seen.append(one.details.toPlainText())
            one.go_on.click()

    def broken(profile: Path | None) -> Shopbell:
        raise RuntimeError("Marta's cake")

    timer = QTimer(qapp, interval=20)
    timer.timeout.connect(look)
    timer.start()
    try:
        assert run_window(broken, tmp_path / "profile", arguments=["shopbell"]) == 1
    finally:
        timer.stop()
    assert seen[0] == "Shopbell could not start."
    assert "RuntimeError: (12 characters)" in seen[1]
    assert Path(window_program.__file__).name in seen[1]
