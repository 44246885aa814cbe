"""Adding a source, away from the GUI thread: looking behind an address, signing in through the browser,
checking a token."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from gui.jobs import Jobs
from services.channels.base import Suggestion
from services.errors import KeyringLocked, KeyringMissing, ShopbellError
from services.model import Account

if TYPE_CHECKING:
    from services.app import Shopbell

ALREADY = "already-there"


class SourceFlow(QObject):
    """One thing at a time; ``stop`` makes whatever still comes back count for nothing.

    ``found`` (proposals), ``waiting`` (address of the page to open; the browser's turn), ``asks_code``
    (address), ``added`` (accounts),
    ``failed`` (exception). ``busy`` tells when work begins and ends.
    """

    found = Signal(object)
    waiting = Signal(str)
    asks_code = Signal(str)
    added = Signal(object)
    failed = Signal(object)
    busy = Signal(bool)

    def __init__(self, app: Shopbell, parent: QObject) -> None:
        super().__init__(parent)
        self._app = app
        self._jobs = Jobs(app.run, self)
        self._round = 0
        self._signin: Any = None
        self._again: Callable[[], None] | None = None
        self.renew: int | None = None

    # --- what can be asked for

    def find(self, address: str) -> None:
        self._start(self._app.website.behind, address, then=self.found.emit, again=lambda: self.find(address))

    def look_for(self, name: str) -> None:
        """What could be watched for the shop's name."""
        self._start(
            self._app.website.for_words, name, then=self.found.emit, again=lambda: self.look_for(name)
        )

    def add(self, kind: str, settings: Mapping[str, str], secrets: Mapping[str, str]) -> None:
        """Checks with the network, then keeps it."""
        self._start(
            self._add_one,
            kind,
            dict(settings),
            dict(secrets),
            then=lambda account: self.added.emit((account,)),
            again=lambda: self.add(kind, settings, secrets),
        )

    def add_places(self, places: Sequence[Suggestion]) -> None:
        """Several at once; those that are there already count as done."""
        self._start(self._add_all, tuple(places), then=self.added.emit, again=lambda: self.add_places(places))

    def browser(self, kind: str, settings: Mapping[str, str]) -> None:
        """The browser's turn: ``waiting`` brings the page, ``added`` comes when the owner allowed it
        there."""
        self._start(
            self._begin,
            kind,
            dict(settings),
            False,
            then=self._opened,
            again=lambda: self.browser(kind, settings),
            stays_busy=True,
        )

    def by_code(self, kind: str, settings: Mapping[str, str]) -> None:
        self._start(
            self._begin,
            kind,
            dict(settings),
            True,
            then=self._ask_code,
            again=lambda: self.by_code(kind, settings),
        )

    def paste(self, code: str) -> None:
        signin = self._signin
        if signin is not None:
            self._start(signin.paste, code, then=lambda account: self.added.emit((account,)), again=None)

    def keep_until_quit(self) -> None:
        """No key store: the owner is content with memory. Carries on where it stopped."""
        again = self._again
        self._app.credentials.keep_for_session()
        if again is not None:
            again()

    def stop(self) -> None:
        self._round += 1
        self._forget_signin()
        self.busy.emit(False)

    # --- in workers

    def _add_one(self, kind: str, settings: dict[str, str], secrets: dict[str, str]) -> Account:
        if secrets:
            check_keys(self._app)
        if self.renew is not None:
            return self._app.accounts.renew(self.renew, settings, secrets)
        return self._app.accounts.add(kind, settings, secrets)

    def _add_all(self, places: tuple[Suggestion, ...]) -> tuple[Account, ...]:
        done, trouble = [], None
        for place in places:
            try:
                done.append(self._add_place(place))
            except ShopbellError as error:
                if error.reason != ALREADY:
                    trouble = error
        if trouble is not None and not done:
            raise trouble
        return tuple(done)

    def _add_place(self, place: Suggestion) -> Account:
        if place.account is not None:
            return self._app.accounts.renew(place.account, place.settings, {})
        return self._app.accounts.add(place.kind, place.settings, {}, name=place.title)

    def _begin(self, kind: str, settings: dict[str, str], by_code: bool) -> Any:
        # Before the browser opens: a permission that cannot be kept would be for nothing.
        check_keys(self._app)
        return self._app.accounts.begin_signin(kind, settings, renew=self.renew, by_code=by_code)

    # --- back in the GUI thread

    def _opened(self, signin: Any) -> None:
        self._forget_signin()
        if signin.by_code:
            self.busy.emit(False)
            self._ask_code(signin)
            return
        self._signin = signin
        self.waiting.emit(signin.url)
        self._start(
            signin.wait, then=lambda account: self.added.emit((account,)), again=self._again, keep=True
        )

    def _ask_code(self, signin: Any) -> None:
        self._forget_signin()
        self._signin = signin
        self.asks_code.emit(signin.url)

    def _forget_signin(self) -> None:
        signin, self._signin = self._signin, None
        if signin is not None:
            signin.cancel()

    def _start(
        self,
        work: Callable[..., Any],
        *args: Any,
        then: Callable[[Any], None],
        again: Callable[[], None] | None,
        stays_busy: bool = False,
        keep: bool = False,
    ) -> None:
        self._round += 1
        mine = self._round
        if again is not None or not keep:
            self._again = again
        self.busy.emit(True)

        def done(value: Any) -> None:
            if mine == self._round:
                if not stays_busy:
                    self.busy.emit(False)
                then(value)
            elif hasattr(value, "cancel"):
                value.cancel()

        def failed(error: Exception) -> None:
            if mine != self._round:
                return
            self.busy.emit(False)
            if not isinstance(error, ShopbellError):
                raise error
            self.failed.emit(error)

        self._jobs.start(work, *args, then=done, failed=failed)


def check_keys(app: Shopbell) -> None:
    """Raises KeyringMissing or KeyringLocked when a secret could not be kept."""
    kind = app.credentials.available().kind
    if kind == "missing":
        raise KeyringMissing("none")
    if kind == "locked":
        raise KeyringLocked("locked")
