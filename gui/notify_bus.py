"""Notices handed to the desktop's notification service over the session bus.

Specification: freedesktop.org, Desktop Notifications 1.2 (Notify, CloseNotification, GetCapabilities,
ActionInvoked, NotificationClosed, ActivationToken).
"""

from __future__ import annotations

import html
import logging
import queue
import threading
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from typing import Any

from gui.notice_words import Notice
from gui.notify import Clicks

log = logging.getLogger(__name__)

_PATH = "/org/freedesktop/Notifications"
_NAME = "org.freedesktop.Notifications"
_REMEMBERED = 100
_PATIENCE_S = 5


class BusNotifier:
    """A thread of its own hands notices over and a second one waits for clicks; both start with the first
    notice. ``words``: what the actions are called, ``default`` (a click on the notice), ``reply``,
    ``later``. ``address``: what leads to a conversation by its number, for services that know links and no
    clicks; None where the system would not bring it to us."""

    def __init__(
        self,
        clicks: Clicks,
        icon: str,
        words: Mapping[str, str],
        bus: str = "SESSION",
        address: Callable[[int], str] | None = None,
    ) -> None:
        self._address = address
        self._clicks, self._icon, self._words, self._bus = clicks, icon, words, bus
        self._todo: queue.SimpleQueue[Notice | frozenset[str] | int | None] = queue.SimpleQueue()
        self._signals: queue.Queue[Any] = queue.Queue()
        self._ours: dict[int, Notice] = {}
        self._on_screen: set[int] = set()
        self._tokens: dict[int, str] = {}
        self._thread: threading.Thread | None = None
        self._router: Any = None
        self._service = ""

    def show(self, notice: Notice) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="notifications", daemon=True)
            self._thread.start()
        self._todo.put(notice)

    def withdraw(self, tags: Collection[str]) -> None:
        if self._thread is not None and tags:
            self._todo.put(frozenset(tags))

    def close(self) -> None:
        """What stands on the screen stays: it is not answered because the program ends."""
        if self._thread is not None:
            self._todo.put(None)
            self._thread.join(0.3)
            self._thread = None

    # --- the thread that hands over

    def _run(self) -> None:
        while (job := self._todo.get()) is not None:
            if isinstance(job, Notice):
                self._show(job)
            elif isinstance(job, int):
                self._take_away([job])
            else:
                self._take_away(self._standing(job))
        self._drop()

    def _show(self, notice: Notice) -> None:
        for attempt in (1, 2):
            was_connected = self._router is not None
            try:
                if not was_connected:
                    self._connect()
                self._notify(notice)
            except Exception as error:  # noqa: BLE001 - a desktop without notifications must cost nobody anything
                self._drop()
                # A bus that went away since the last notice may be back; a refusal stays what it is.
                is_stale = was_connected and not isinstance(error, (_Refused, TimeoutError))
                if attempt == 1 and is_stale:
                    continue
                log.info("the desktop shows no notifications: %s", type(error).__name__)
                with suppress(RuntimeError):
                    self._clicks.failed.emit(notice)
            else:
                with suppress(RuntimeError):
                    self._clicks.shown.emit(notice)
            return

    def _connect(self) -> None:
        from jeepney import MatchRule
        from jeepney.bus_messages import message_bus
        from jeepney.io.threading import DBusRouter, Proxy, open_dbus_connection

        router = DBusRouter(open_dbus_connection(self._bus))
        bus = Proxy(message_bus, router, timeout=_PATIENCE_S)
        # Only what the service itself says; the bus knows who that is.
        bus.AddMatch(MatchRule(type="signal", sender=_NAME, interface=_NAME, path=_PATH))
        self._router = router
        self._signals = queue.Queue()
        self._filter = router.filter(
            MatchRule(type="signal", interface=_NAME, path=_PATH), queue=self._signals
        )
        self._service = ""
        threading.Thread(
            target=self._listen, args=(self._signals,), name="notification-clicks", daemon=True
        ).start()

    def _call(self, method: str, signature: str | None = None, body: tuple[Any, ...] = ()) -> tuple[Any, ...]:
        from jeepney import DBusAddress, HeaderFields, new_method_call

        address = DBusAddress(_PATH, bus_name=_NAME, interface=_NAME)
        call = new_method_call(address, method, signature, body)
        answer = self._router.send_and_get_reply(call, timeout=_PATIENCE_S)
        if answer.header.message_type.name == "error":
            raise _Refused(method)
        self._knows(answer.header.fields.get(HeaderFields.sender, ""))
        found: tuple[Any, ...] = answer.body
        return found

    def _knows(self, service: str) -> None:
        """The numbers of a service that has ended may be another program's by now."""
        if service != self._service:
            self._service = service
            self._ours.clear()
            self._on_screen.clear()

    def _notify(self, notice: Notice) -> None:
        # Asked anew each time: the service may have been exchanged.
        (able,) = self._call("GetCapabilities")
        earlier = self._standing({notice.tag, *notice.replaces})
        replaces = earlier[-1] if earlier else 0
        self._take_away(earlier[:-1])
        offered = ("default", *notice.offers) if "actions" in able else ()
        actions = [word for action in offered for word in (action, self._words[action])]
        hints: dict[str, tuple[str, Any]] = {
            "urgency": ("y", 2 if notice.is_urgent else 1),
            "desktop-entry": ("s", "shopbell"),
            "category": ("s", "im.received"),
            # We ring ourselves, and only when the owner wants it.
            "suppress-sound": ("b", True),
        }
        # Where the body is read as markup, a customer's "<" must not be; elsewhere it would show as "&lt;".
        body = html.escape(notice.body, quote=False) if "body-markup" in able else notice.body
        if not offered and {"body-markup", "body-hyperlinks"} <= set(able):
            body += self._link(notice)
        (number,) = self._call(
            "Notify",
            "susssasa{sv}i",
            ("Shopbell", replaces, self._icon, notice.title, body, actions, hints, -1),
        )
        self._on_screen.discard(replaces)
        self._ours.pop(number, None)
        self._ours[number] = notice
        self._on_screen.add(number)
        for old in list(self._ours)[:-_REMEMBERED]:
            del self._ours[old]
            self._on_screen.discard(old)

    def _link(self, notice: Notice) -> str:
        if self._address is None or not notice.conversation_id:
            return ""
        target = html.escape(self._address(notice.conversation_id))
        return f' <a href="{target}">{html.escape(self._words["default"])}</a>'

    def _standing(self, tags: Collection[str]) -> list[int]:
        return [
            number
            for number, notice in list(self._ours.items())
            if notice.tag and notice.tag in tags and number in self._on_screen
        ]

    def _take_away(self, numbers: Collection[int]) -> None:
        for number in numbers:
            if self._router is None:
                return
            self._on_screen.discard(number)
            # It may have gone by itself at the same moment.
            with suppress(Exception):
                self._call("CloseNotification", "u", (number,))

    def _drop(self) -> None:
        router, self._router = self._router, None
        if router is not None:
            self._signals.put(None)
            with suppress(Exception):
                self._filter.close()
            with suppress(Exception):
                router.close()
                router.conn.close()

    # --- the thread that listens

    def _listen(self, signals: queue.Queue[Any]) -> None:
        from jeepney import HeaderFields

        while (message := signals.get()) is not None:
            number = message.body[0] if message.body else None
            notice = self._ours.get(number) if isinstance(number, int) else None
            if notice is None or not isinstance(number, int):
                # Signals reach everybody; these belong to another program.
                continue
            member = message.header.fields.get(HeaderFields.member)
            if member == "ActivationToken":
                self._tokens = {number: str(message.body[1])}
            elif member == "ActionInvoked":
                self._act(number, notice, str(message.body[1]))
            elif member == "NotificationClosed":
                # Kept by its number: some services tell of the click only after that.
                self._on_screen.discard(number)

    def _act(self, number: int, notice: Notice, action: str) -> None:
        with suppress(RuntimeError):
            self._clicks.token = self._tokens.pop(number, "")
            if action in notice.offers:
                self._clicks.asked.emit(notice, action)
            else:
                self._clicks.clicked.emit(notice)
        if number in self._on_screen:
            self._todo.put(number)


class _Refused(Exception):
    """The service answered with an error."""
