"""Desktop notifications: one interface, three back ends.

``BusNotifier`` speaks to the desktop's notification service over D-Bus (Linux), because Qt's tray message
there is neither shown without a tray host nor clickable. ``TrayNotifier`` uses Qt (Windows, macOS).
``Recorder`` keeps them, for tests. Specification: freedesktop.org, Desktop Notifications 1.2 (Notify,
ActionInvoked, NotificationClosed).
"""

from __future__ import annotations

import html
import logging
import queue
import threading
from contextlib import suppress
from typing import Any, Protocol

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QSystemTrayIcon

from gui.notice_words import Notice

log = logging.getLogger(__name__)

_PATH = "/org/freedesktop/Notifications"
_NAME = "org.freedesktop.Notifications"
_REMEMBERED = 100


class Notifier(Protocol):
    def show(self, notice: Notice) -> None: ...
    def close(self) -> None: ...


class Clicks(QObject):
    """Where clicks arrive in the GUI thread, whatever thread they come from."""

    clicked = Signal(object)
    failed = Signal(object)


class Recorder:
    """Keeps what would have been shown."""

    def __init__(self) -> None:
        self.shown: list[Notice] = []

    def show(self, notice: Notice) -> None:
        self.shown.append(notice)

    def close(self) -> None:
        """Nothing to end."""


class TrayNotifier:
    """Qt tells which message was clicked no better than "the last one"."""

    def __init__(self, tray: QSystemTrayIcon, clicks: Clicks) -> None:
        self._tray, self._clicks = tray, clicks
        self._last: Notice | None = None
        tray.messageClicked.connect(self._clicked)

    def show(self, notice: Notice) -> None:
        self._last = notice
        self._tray.showMessage(notice.title, notice.body, self._tray.icon())

    def _clicked(self) -> None:
        if self._last is not None:
            self._clicks.clicked.emit(self._last)

    def close(self) -> None:
        """The tray icon is its owner's."""


class BusNotifier:
    """A thread of its own hands notices over and a second one waits for clicks; both start with the first
    notice."""

    def __init__(self, clicks: Clicks, icon: str, open_words: str, bus: str = "SESSION") -> None:
        self._clicks, self._icon, self._open_words, self._bus = clicks, icon, open_words, bus
        self._waiting: queue.SimpleQueue[Notice | None] = queue.SimpleQueue()
        self._signals: queue.Queue[Any] = queue.Queue()
        self._ours: dict[int, Notice] = {}
        self._thread: threading.Thread | None = None
        self._router: Any = None

    def show(self, notice: Notice) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="notifications", daemon=True)
            self._thread.start()
        self._waiting.put(notice)

    def close(self) -> None:
        if self._thread is not None:
            self._waiting.put(None)
            self._thread.join(0.3)
            self._thread = None

    def _run(self) -> None:
        while (notice := self._waiting.get()) is not None:
            try:
                if self._router is None:
                    self._connect()
                self._notify(notice)
            except Exception as error:  # noqa: BLE001 - a desktop without notifications must cost nobody anything
                log.info("the desktop shows no notifications: %s", type(error).__name__)
                self._drop()
                with suppress(RuntimeError):
                    self._clicks.failed.emit(notice)
        self._drop()

    def _connect(self) -> None:
        from jeepney import MatchRule
        from jeepney.bus_messages import message_bus
        from jeepney.io.threading import DBusRouter, Proxy, open_dbus_connection

        connection = open_dbus_connection(self._bus)
        router = DBusRouter(connection)
        rule = MatchRule(type="signal", interface=_NAME, path=_PATH)
        Proxy(message_bus, router, timeout=5).AddMatch(rule)
        self._router = router
        self._filter = router.filter(rule, queue=self._signals)
        threading.Thread(target=self._listen, name="notification-clicks", daemon=True).start()

    def _notify(self, notice: Notice) -> None:
        from jeepney import DBusAddress, new_method_call

        hints: dict[str, tuple[str, Any]] = {
            "urgency": ("y", 2 if notice.is_urgent else 1),
            "desktop-entry": ("s", "shopbell"),
            "category": ("s", "im.received"),
            # We ring ourselves, and only when the owner wants it.
            "suppress-sound": ("b", True),
        }
        actions = ["default", self._open_words]
        # Daemons read the body as markup.
        body = html.escape(notice.body, quote=False)
        address = DBusAddress(_PATH, bus_name=_NAME, interface=_NAME)
        call = new_method_call(
            address,
            "Notify",
            "susssasa{sv}i",
            ("Shopbell", 0, self._icon, notice.title, body, actions, hints, -1),
        )
        answer = self._router.send_and_get_reply(call, timeout=5)
        if answer.header.message_type.name == "error":
            raise OSError("refused")
        self._ours[int(answer.body[0])] = notice
        for old in list(self._ours)[:-_REMEMBERED]:
            del self._ours[old]

    def _listen(self) -> None:
        while (message := self._signals.get()) is not None:
            member = message.header.fields.get(3)
            notice = self._ours.get(int(message.body[0])) if message.body else None
            if notice is None:
                # Signals reach everybody; these belong to another program.
                continue
            if member == "ActionInvoked":
                with suppress(RuntimeError):
                    self._clicks.clicked.emit(notice)
            elif member == "NotificationClosed":
                self._ours.pop(int(message.body[0]), None)

    def _drop(self) -> None:
        router, self._router = self._router, None
        if router is not None:
            self._signals.put(None)
            with suppress(Exception):
                self._filter.close()
            with suppress(Exception):
                router.close()
                router.conn.close()
            self._signals = queue.Queue()
