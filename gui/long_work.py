"""Work that takes long before there is a window: it goes on in a thread, and this says how far it is.

Nothing is shown for what is over in a moment. Stopping is always safe: what is watched here changes nothing
before its last step.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QCoreApplication, QEventLoop, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QProgressBar, QVBoxLayout, QWidget

from gui.conversation.parts import button, label, row, set_words
from gui.icons import app_icon
from gui.theme import Theme
from services.errors import Stopped
from services.progress import STAGES, WAITING, Watch
from services.words_table import STAGES as STAGE_WORDS

if TYPE_CHECKING:
    from gui.single import Call, Single

T = TypeVar("T")
SHOWN_AFTER_MS, LOOKS_EVERY_MS = 500, 100
FINE = 1_000
"""Steps of the bar."""


class LongWork(QDialog):
    """``run`` comes back when the work is done, or raises what it raised: ``Stopped`` when the owner chose
    Stop."""

    _over = Signal()

    def __init__(self, theme: Theme, title: str, words: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Shopbell")
        self.setWindowIcon(app_icon())
        if parent is not None:
            self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setAccessibleName(f"{title} {words}")
        self._wish = threading.Event()
        self._told = (STAGES[0], 0.0)
        self._is_over = False
        self.title = label(title, step="head", wrap=True)
        self.text = label(words, step="read", tone="text2", wrap=True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 0)
        self.stage = label(step="small", tone="text2", wrap=True)
        self.stop = button(self.tr("Stop"), size="dialog")
        self.stop.clicked.connect(self.ask_to_stop)
        column = QVBoxLayout(self)
        margin = theme.px(28)
        column.setContentsMargins(margin, margin, margin, theme.px(20))
        column.setSpacing(theme.px(12))
        for one in (self.title, self.text):
            # Without a width a wrapped label asks for the height it would have in a narrow column.
            one.setMinimumWidth(theme.px(444))
            column.addWidget(one)
        column.addSpacing(theme.px(4))
        column.addWidget(self.bar)
        column.addWidget(self.stage)
        column.addLayout(row(None, self.stop))
        self.setMinimumWidth(theme.px(500))
        # Not on the button: a key that was pressed for another window must not stop it.
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFocus()
        self._clock = QTimer(self, interval=LOOKS_EVERY_MS)
        self._clock.timeout.connect(self._look)

    def run(self, work: Callable[[Watch], T], *, is_hidden: bool = False) -> T:
        """``is_hidden``: not shown before another start asks for it."""
        done: list[T] = []
        failed: list[BaseException] = []

        def in_thread() -> None:
            try:
                done.append(work(self._watch))
            except BaseException as error:  # noqa: BLE001 - raised again below
                failed.append(error)
            self._over.emit()

        loop = QEventLoop(self)
        self._over.connect(loop.quit, Qt.ConnectionType.QueuedConnection)
        if not is_hidden:
            QTimer.singleShot(SHOWN_AFTER_MS, self, self.come_forward)
        self._clock.start()
        # Killed with the process, it has changed nothing.
        thread = threading.Thread(target=in_thread, name="long-work", daemon=True)
        thread.start()
        loop.exec()
        thread.join()
        self._is_over = True
        self._clock.stop()
        self.hide()
        if failed:
            raise failed[0]
        return done[0]

    def _watch(self, stage: str, share: float) -> None:
        """Runs in the thread of the work."""
        self._told = (stage, share)
        if self._wish.is_set():
            raise Stopped

    def _look(self) -> None:
        stage, share = self._told
        self.bar.setRange(0, 0 if stage == WAITING else FINE)
        self.bar.setValue(round(FINE * share))
        if self._wish.is_set():
            words = self.tr("Stopping. Nothing is changed.")
        else:
            words = QCoreApplication.translate("Errors", STAGE_WORDS.get(stage, ""))
            if stage != WAITING:
                words = self.tr("{doing}, {percent} %").format(doing=words, percent=int(100 * share))
        self.stage.setText(words)
        self.bar.setAccessibleName(words)

    def come_forward(self) -> None:
        if not self._is_over:
            self._look()
            self.show()
            self.raise_()
            self.activateWindow()

    def heard(self, call: Call) -> None:
        """Another start of the program."""
        if call.want == "quit":
            self.ask_to_stop()
        else:
            self.come_forward()

    def ask_to_stop(self) -> None:
        self._wish.set()
        self.stop.setEnabled(False)
        set_words(self.stop, self.tr("Stopping"))
        self._look()

    def reject(self) -> None:
        """Esc and the close box."""
        if self._is_over:
            super().reject()
        else:
            self.ask_to_stop()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # Enter must not stop what one only looks at.
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.accept()
            return
        super().keyPressEvent(event)


def watched(
    theme: Theme,
    title: str,
    words: str,
    work: Callable[[Watch], T],
    *,
    single: Single | None = None,
    is_hidden: bool = False,
    parent: QWidget | None = None,
) -> T:
    """``single``: other starts show this window meanwhile."""
    dialog = LongWork(theme, title, words, parent)
    if single is not None:
        single.listen()
        single.called.connect(dialog.heard)
    try:
        return dialog.run(work, is_hidden=is_hidden)
    finally:
        if single is not None:
            single.called.disconnect(dialog.heard)
            single.be_deaf()
        dialog.deleteLater()
