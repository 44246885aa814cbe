"""The one application object: hears what the system asks of the program as a whole."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QApplication

MOST_KEPT = 20


class Application(QApplication):
    """``link_asked``: macOS hands over an address of ours, which other systems write on the command line;
    what comes before anybody listens is kept for ``take_links``. ``is_leaving``: true while windows are
    closed because the program, or the whole session, is to end: no window may keep them from it."""

    link_asked = Signal(str)

    def __init__(self, arguments: list[str]) -> None:
        super().__init__(arguments)
        self.is_leaving = False
        self._links: list[str] | None = []

    def take_links(self) -> list[str]:
        """Those that came so far; from now on each is told at once."""
        links, self._links = self._links or [], None
        return links

    def event(self, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.FileOpen and isinstance(event, QFileOpenEvent):
            self._asked(event.url().toString())
            return True
        if kind == QEvent.Type.Quit:
            self.is_leaving = True
            try:
                return bool(super().event(event))
            finally:
                self.is_leaving = False
        return bool(super().event(event))

    def _asked(self, link: str) -> None:
        if self._links is None:
            self.link_asked.emit(link)
        elif len(self._links) < MOST_KEPT:
            self._links.append(link)
