"""From alerts to the desktop: words, sound, the dot on the bell, and where a click leads."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Slot
from PySide6.QtWidgets import QApplication

from gui import sound
from gui.calls import come_forward
from gui.icons import APP_PICTURE
from gui.jobs import Jobs
from gui.looking import Looking
from gui.notice_words import Notice, notice_of
from gui.notify import Clicks, Notifier, TrayNotifier
from services.alerts import Attention
from services.errors import StoreError
from services.events import AlertRaised, BellTried, Event, MessagesChanged
from services.model import State

if TYPE_CHECKING:
    from gui.conversation.subject import Subject
    from gui.main_window import MainWindow
    from gui.tray import Tray
    from services.app import Shopbell

LATER = timedelta(hours=1)
LOOK_MS = 500


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
        address: Callable[[int], str] | None = None,
    ) -> None:
        """``address``: what leads to a conversation from outside, where the system brings such to us."""
        super().__init__(parent)
        self._address = address
        self._app, self._window, self._tray = app, window, tray
        self._jobs = Jobs(app.run, self)
        self._clicks = clicks or Clicks(self)
        self._clicks.clicked.connect(self._clicked)
        self._clicks.asked.connect(self._asked)
        self._clicks.shown.connect(self._shown)
        self._clicks.failed.connect(self._not_shown)
        self._in_tray = TrayNotifier(tray.icon, self._clicks)
        self.notifier = notifier or self._platform_notifier()
        self._looking = Looking(window, app.clock)
        self._settling = Jobs(app.run, self)
        self._seen = Attention()
        self._tags: frozenset[str] = frozenset()
        self._has_changed = False
        self._was_heard = False
        self._to_answer = 0
        self._look = QTimer(self, interval=LOOK_MS)
        self._look.timeout.connect(self.look)
        self._look.start()
        app.alerting.attention = self.attention
        tray.opened.connect(self._from_tray)
        window.bridge.happened.connect(self._happened)
        if window.conversation is not None:
            window.conversation.shown.connect(self._answer)

    def _platform_notifier(self) -> Notifier:
        if not sys.platform.startswith("linux"):
            return self._in_tray
        from gui.notify_bus import BusNotifier

        words = {"default": self.tr("Open"), "reply": self.tr("Reply"), "later": self.tr("Later")}
        return BusNotifier(self._clicks, str(APP_PICTURE), words)

    # --- what the owner looks at

    def attention(self) -> Attention:
        """What the owner looks at. Asked from polling threads, so it is a value made in the GUI thread."""
        return self._seen

    def look(self) -> None:
        self._seen = self._looking.see()
        alerting = self._app.alerting
        if self._has_changed and not self._settling.waiting:
            self._has_changed = False
            self._settling.start(alerting.settle, failed=_not_now)
        # What is on screen now, or was answered on the phone: there the bell has done its work.
        done = alerting.look(self._seen) if self._seen.is_window_active else frozenset()
        before, self._tags = self._tags, alerting.tags
        self.notifier.withdraw(done | (before - self._tags))
        unseen = alerting.unseen
        self._tray.show_unseen(complaints=unseen.complaints, direct=unseen.direct, others=unseen.others)

    # --- telling

    @Slot(object)
    def _happened(self, events: tuple[Event, ...]) -> None:
        for event in events:
            if isinstance(event, AlertRaised):
                self.show(notice_of(event, self._app.clock.now()))
            elif isinstance(event, MessagesChanged):
                self._has_changed = True

    def show(self, notice: Notice) -> None:
        settings = self._app.settings.current
        if not (settings.notifications or notice.is_trial):
            return
        self._was_heard = notice.rings and settings.sound and sound.ring(settings.sound_name)
        self.notifier.show(notice)
        if notice.is_urgent and self._window.isVisible():
            # Where the desktop has a list of windows, ours asks for a look.
            QApplication.alert(self._window)

    def say_still_here(self) -> None:
        """Once, when the window is closed for the first time."""
        title = self.tr("Shopbell keeps listening")
        self.notifier.show(Notice(title, self.tr("The bell beside the clock opens it again, or quits it.")))

    @Slot(object)
    def _shown(self, notice: Notice) -> None:
        self._tried(notice, was_shown=True)

    @Slot(object)
    def _not_shown(self, notice: Notice) -> None:
        """No notification service answered: the tray's own balloon is better than nothing."""
        if self.notifier is not self._in_tray and self._tray.is_there:
            self._in_tray.show(notice)
        else:
            self._tried(notice, was_shown=False)

    def _tried(self, notice: Notice, *, was_shown: bool) -> None:
        if notice.is_trial:
            self._app.events.publish(BellTried(was_shown, self._was_heard, self._app.settings.current.sound))

    # --- what the owner does with a notice

    @Slot(object)
    def _clicked(self, notice: Notice) -> None:
        self._to_answer = 0
        self._open(notice)

    def _open(self, notice: Notice) -> None:
        self._come_forward()
        if notice.conversation_id:
            self._window.show_conversation(notice.conversation_id)
        elif notice.account_id:
            self._window.raise_up()
            self._window.show_source(notice.account_id)
        else:
            self._window.raise_up()
            self._window.show_view(notice.view)

    @Slot()
    def _from_tray(self) -> None:
        """The icon beside the clock leads to what it is changed for."""
        self._looking.came_back()
        unseen, view = self._app.alerting.unseen, self._window.inbox.model.view
        if unseen.complaints and view not in ("new", "all", "complaints"):
            self._window.show_view("complaints")
        elif (unseen.direct or unseen.others) and view not in ("new", "all"):
            self._window.show_view("new")
        self._window.raise_up()

    @Slot(object, str)
    def _asked(self, notice: Notice, what: str) -> None:
        if what == "reply":
            self._to_answer = notice.conversation_id
            self._open(notice)
        elif notice.conversation_id:
            # In the background: who says "later" does not want the window now.
            self._jobs.start(
                self._app.inbox.mark,
                [notice.conversation_id],
                State.SNOOZED,
                until=self._app.clock.now() + LATER,
                failed=self._window.failed.emit,
            )

    @Slot(object)
    def _answer(self, subject: Subject) -> None:
        """There is nothing to write in before it is read from disk."""
        if subject.id == self._to_answer:
            self._to_answer = 0
            self._window.write()

    def _come_forward(self) -> None:
        self._looking.came_back()
        token, self._clicks.token = self._clicks.token, ""
        come_forward(token)

    def close(self) -> None:
        self._look.stop()
        self.notifier.close()


def _not_now(error: Exception) -> None:
    """Closing, or the disk is in trouble, which others tell."""
    if not isinstance(error, StoreError):
        raise error
