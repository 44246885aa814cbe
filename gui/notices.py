"""From alerts to the desktop: words, sound, the dot on the bell, and where a click leads."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Slot

from gui import sound
from gui.icons import FOLDER
from gui.notice_words import Notice, notice_of
from gui.notify import BusNotifier, Clicks, Notifier, TrayNotifier
from services.alerts import Attention
from services.events import AlertRaised, Event

if TYPE_CHECKING:
    from gui.main_window import MainWindow
    from gui.tray import Tray
    from services.app import Shopbell


class Notices(QObject):
    """``notifier`` may be handed in (a recorder in tests); otherwise the platform's is taken."""

    def __init__(
        self,
        app: Shopbell,
        window: MainWindow,
        tray: Tray,
        parent: QObject,
        notifier: Notifier | None = None,
        clicks: Clicks | None = None,
    ) -> None:
        super().__init__(parent)
        self._app, self._window, self._tray = app, window, tray
        self._clicks = clicks or Clicks(self)
        self._clicks.clicked.connect(self._clicked)
        self._clicks.failed.connect(self._not_shown)
        self._in_tray = TrayNotifier(tray.icon, self._clicks)
        self.notifier = notifier or self._platform_notifier()
        self._seen = Attention()
        self._look = QTimer(self, interval=500)
        self._look.timeout.connect(self.look)
        self._look.start()
        app.alerting.attention = self.attention
        window.bridge.happened.connect(self._happened)

    def _platform_notifier(self) -> Notifier:
        if sys.platform.startswith("linux"):
            return BusNotifier(self._clicks, str(FOLDER / "app.svg"), self.tr("Open"))
        return self._in_tray

    def attention(self) -> Attention:
        """What the owner looks at. Asked from polling threads, so it is a value made in the GUI thread."""
        return self._seen

    def look(self) -> None:
        window = self._window
        is_active = window.isActiveWindow() and window.isVisible()
        open_id = window.conversation.conversation_id if window.conversation is not None else None
        seen = Attention(is_active, open_id if is_active else None)
        if seen != self._seen:
            self._seen = seen
        if is_active:
            # The complaints are on screen now, so the bell has done its work.
            self._tray.set_dot(False)

    @Slot(object)
    def _happened(self, events: tuple[Event, ...]) -> None:
        for event in events:
            if isinstance(event, AlertRaised):
                self.show(
                    notice_of(event, self._app.clock.now()), is_complaint=event.kind in ("complaint", "spike")
                )

    def show(self, notice: Notice, *, is_complaint: bool = False) -> None:
        settings = self._app.settings.current
        if settings.notifications:
            self.notifier.show(notice)
        if notice.rings and settings.sound:
            sound.ring()
        if is_complaint and not self._seen.is_window_active:
            self._tray.set_dot(True)

    def say_still_here(self) -> None:
        """Once, when the window is closed for the first time."""
        title = self.tr("Shopbell keeps listening")
        self.notifier.show(Notice(title, self.tr("The bell beside the clock opens it again, or quits it.")))

    @Slot(object)
    def _clicked(self, notice: Notice) -> None:
        if notice.conversation_id:
            self._window.show_conversation(notice.conversation_id)
        elif notice.account_id:
            self._window.raise_up()
            self._window.show_source(notice.account_id)
        else:
            self._window.raise_up()
            self._window.show_view("new")

    @Slot(object)
    def _not_shown(self, notice: Notice) -> None:
        """No notification service answered: the tray's own balloon is better than nothing."""
        if self.notifier is not self._in_tray and self._tray.is_there:
            self._in_tray.show(notice)

    def close(self) -> None:
        self._look.stop()
        self.notifier.close()
