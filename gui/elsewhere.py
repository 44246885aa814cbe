"""What another program writes into the same database, a script's ``sync`` above all, shows and rings within
two seconds and not only at the next poll."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from gui.jobs import Jobs
from services.errors import StoreError
from services.events import AccountChanged, MessagesChanged

if TYPE_CHECKING:
    from gui.main_window import MainWindow
    from services.app import Shopbell

LOOK_MS = 1_000
MOST = 5_000
"""Rows at the head of the view that are compared."""


class Elsewhere(QObject):
    """One number is read, also while nobody sees the window, which rings all the same; all else only when it
    changed. Our own writes do not change it."""

    def __init__(self, app: Shopbell, window: MainWindow) -> None:
        super().__init__(window)
        self._app, self._window = app, window
        self._jobs = Jobs(app.run, self)
        self._seen: int | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    def stop(self) -> None:
        self._timer.stop()

    def look(self) -> None:
        if self._jobs.waiting:
            return
        self._jobs.start(self._app.store.version_elsewhere, then=self._compare, failed=_not_now)

    def _compare(self, version: int) -> None:
        before, self._seen = self._seen, version
        if before is None:
            # Left while no window was open.
            self._jobs.start(self._app.alerting.collect, failed=_not_now)
        elif before != version:
            model = self._window.inbox.model
            talk = self._window.conversation
            opened = {talk.conversation_id} if talk is not None and talk.conversation_id else set()
            shown = frozenset(model.ids()[:MOST]) | opened
            self._jobs.start(self._tell, model.view, model.account_id, shown, failed=_not_now)

    def _tell(self, view: str, account_id: int | None, shown: frozenset[int]) -> None:
        """In a worker. What changed is not known, so everything on screen is named."""
        store, events = self._app.store, self._app.events
        now, _ = store.view_ids(view, account_id=account_id, limit=MOST)
        events.publish(MessagesChanged(shown | frozenset(now)))
        for account in store.accounts():
            events.publish(AccountChanged(account.id))
        self._app.alerting.collect()
        self._app.teaching.refresh()


def _not_now(error: Exception) -> None:
    """Closing, or the disk is in trouble, which others tell."""
    if not isinstance(error, StoreError):
        raise error
