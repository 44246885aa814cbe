"""The window on a shop in memory, where somebody writes: one reply waits in its undo time, and another answer
is half written when this says ``writing``. Then it goes on until it is ended. ``hang``: the network answers
nothing by then."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from PySide6.QtCore import QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from gui.app import make_application
from gui.main_window import MainWindow
from gui.run import run_window
from services.app import Shopbell
from tests.gui.marking import open_app

HELD, WRITTEN = "This one waits for its undo.", "Half of an ans"


def main(profile: Path, *, hangs: bool) -> int:
    opened: list[Shopbell] = []

    def opener(_: Path | None) -> Shopbell:
        app, network = open_app(profile)
        app.settings.update(first_start_done=True, hold_s=300)
        if hangs:
            network.hang = threading.Event()
            app.engine.check_now()
        opened.append(app)
        return app

    def write() -> None:
        windows = [one for one in QApplication.topLevelWidgets() if isinstance(one, MainWindow)]
        talk = windows[0].conversation if windows else None
        if talk is None or not opened:
            return
        app = opened[0]
        ids = [app.store.find_conversation(1, one) for one in ("1", "2")]
        if talk.subject is None or talk.subject.id != ids[1]:
            windows[0].show_conversation(ids[1] or 0)
            return
        timer.stop()
        app.inbox.reply(ids[0] or 0, HELD)
        windows[0].write()
        QTest.keyClicks(talk.composer.editor, WRITTEN)
        print("writing", flush=True)

    make_application(["shopbell"])
    timer = QTimer(interval=50)
    timer.timeout.connect(write)
    timer.start()
    return run_window(opener, profile, arguments=["shopbell"])


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), hangs="hang" in sys.argv[2:]))
