"""What the owner looks at. A window in front of nobody does not count: who has not moved the pointer, typed
or opened anything for five minutes is with a customer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QCursor, QGuiApplication

from services.alerts import Attention

if TYPE_CHECKING:
    from gui.main_window import MainWindow
    from services.clock import Clock

AWAY_AFTER_S = 300.0


class Looking:
    """``see`` is asked twice a second, in the GUI thread."""

    def __init__(self, window: MainWindow, clock: Clock) -> None:
        self._window, self._clock = window, clock
        self._traces: tuple[Any, ...] = ()
        self._moved_at = clock.monotonic()

    def see(self) -> Attention:
        window = self._window
        is_active = window.isActiveWindow() and window.isVisible() and not window.isMinimized()
        pane, talk = window.inbox, window.conversation
        open_id = talk.conversation_id if talk is not None and talk.isVisible() else None
        shows_list = pane.isVisible() and not pane.query
        view, account_id = (pane.model.view, pane.model.account_id) if shows_list else ("", None)
        self._trace((is_active, open_id, view, account_id))
        if not is_active or self._clock.monotonic() - self._moved_at >= AWAY_AFTER_S:
            return Attention()
        return Attention(True, open_id, view, account_id)

    def came_back(self) -> None:
        """The owner did something that leaves no trace here: clicked a notice, the icon beside the clock."""
        self._moved_at = self._clock.monotonic()

    def _trace(self, seen: tuple[Any, ...]) -> None:
        where = QCursor.pos()
        # The text cursor moves with every key.
        caret = QGuiApplication.inputMethod().cursorRectangle()
        traces = (*seen, where.x(), where.y(), caret.x(), caret.y(), QGuiApplication.focusObject() is None)
        if traces != self._traces:
            self._traces = traces
            self._moved_at = self._clock.monotonic()
