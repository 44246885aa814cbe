"""What others ask of an open window: another start of the program, an address of ours, a notice."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from gui.application import Application
from gui.jobs import Jobs
from gui.single import Call, Single
from services import deep_link

if TYPE_CHECKING:
    from gui.main_window import MainWindow
    from services.app import Shopbell

log = logging.getLogger(__name__)


class Calls(QObject):
    """``leave`` ends the program, as if the owner had chosen Quit."""

    def __init__(
        self,
        app: Shopbell,
        window: MainWindow,
        leave: Callable[[], None],
        parent: QObject,
        single: Single | None = None,
    ) -> None:
        super().__init__(parent)
        self._app, self._window, self._leave = app, window, leave
        self._jobs = Jobs(app.run, self)
        if single is not None:
            single.listen()
            single.called.connect(self.heard)
        application = Application.instance()
        if isinstance(application, Application):
            application.link_asked.connect(self.follow)
            for link in application.take_links():
                self.follow(link)

    def heard(self, call: Call) -> None:
        """From another start. One that was asked to open something shows the window, whatever it was."""
        if call.want == "quit":
            self._leave()
            return
        come_forward(call.token)
        self._window.raise_up()
        if call.link:
            self.follow(call.link)

    def follow(self, link: str) -> None:
        """Shows what the address names. One that is not ours does nothing; what it says is not even logged,
        for anybody may have written it."""
        target = deep_link.read(link)
        if target is None:
            log.info("an address that is not of this program was ignored")
            return
        self._jobs.start(_is_here, self._app, target, then=lambda is_here: self._show(target, is_here))

    def _show(self, target: deep_link.Target, is_here: bool) -> None:
        if not is_here:
            log.info("an address that leads nowhere in this profile was ignored")
            return
        window = self._window
        if target.place == "conversation":
            window.show_conversation(target.number)
            return
        window.raise_up()
        if target.place == "inbox":
            window.show_view("new")
        elif window.sources is not None:
            window.sources.show_dialog("add_source")


def _is_here(app: Shopbell, target: deep_link.Target) -> bool:
    """In a worker: is it about this profile, and is there such a conversation?"""
    if target.profile and target.profile != deep_link.profile_mark(app.paths.profile_id()):
        return False
    return target.place != "conversation" or target.number in app.store.rows([target.number])


def come_forward(token: str) -> None:
    """Wayland lets a window come to the front only with the desktop's leave; Qt looks for it here."""
    if token:
        os.environ["XDG_ACTIVATION_TOKEN"] = token
