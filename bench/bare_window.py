"""The base of the start: a bare window of Qt. It writes when it was painted to the file that
SHOPBELL_TRACE_PAINT names."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QApplication, QMainWindow


class Bare(QMainWindow):
    is_painted = False

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.is_painted:
            self.is_painted = True
            QTimer.singleShot(0, _painted)


def _painted() -> None:
    moment = time.monotonic()
    trace = os.environ.get("SHOPBELL_TRACE_PAINT")
    if trace:
        Path(trace).write_text(f"{moment} 0\n", encoding="ascii")
    else:
        print(moment)


def main() -> int:
    app = QApplication(sys.argv[:1])
    window = Bare()
    window.resize(1280, 800)
    window.show()
    return app.exec()


if __name__ == "__main__":
    sys.exit(main())
