"""The owner tries the bell: it goes the way of a real alert, and comes back with what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from gui.notice_words import trial_alert
from services.events import BellTried, Event
from services.hours import is_quiet

if TYPE_CHECKING:
    from services.app import Shopbell
    from services.settings import Settings


class BellTrial(QObject):
    """``said``: one or two sentences for the owner, after ``ring``."""

    said = Signal(str)

    def __init__(self, app: Shopbell, parent: QObject) -> None:
        super().__init__(parent)
        self._app = app
        stop = app.events.listen(self._heard)
        self.destroyed.connect(lambda: stop())

    def ring(self) -> None:
        self._app.events.publish(trial_alert())

    def _heard(self, event: Event) -> None:
        # Told in the GUI thread, where the notices live.
        if isinstance(event, BellTried):
            self.said.emit(self.words(event, self._app.settings.current, self._app.clock.now()))

    def words(self, tried: BellTried, settings: Settings, now: datetime) -> str:
        if tried.was_shown:
            shown = self.tr("The notice was shown.")
        else:
            shown = self.tr(
                "This desktop shows no notifications: no service for them answers. The list still says what"
                " is new."
            )
        if not tried.wants_sound:
            heard = self.tr("The sound is switched off.")
        elif tried.was_heard:
            heard = self.tr("The bell rang.")
        else:
            heard = self.tr("This computer has nothing that plays the sound.")
        parts = [shown, heard]
        if not settings.notifications:
            parts.append(self.tr("Notifications are switched off, so a real one would not come."))
        elif is_quiet(settings, now):
            parts.append(self.tr("It is quiet time now: a real one would wait for its end."))
        return " ".join(parts)
