""" "Where do customers speak to you?": the dialog that adds a source, drawn from what the channels declare.

Nothing in here knows a channel by name. Work runs in ``SourceFlow``; this file shows its states.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from gui.badges import Badges
from gui.conversation.parts import button, label, row, scroll, set_words
from gui.dialogs.add_chooser import Chooser
from gui.dialogs.add_flow import ALREADY, SourceFlow
from gui.dialogs.add_pages import BrowserPage, DonePage, TroubleStrip
from gui.dialogs.channel_form import ChannelForm
from gui.dialogs.channel_words import looks_first, looks_like_address
from gui.dialogs.found_places import FoundPage, by_sign_in, of_kind
from gui.dialogs.preparing import Preparing
from gui.errors import error_text
from gui.geometry import size_dialog
from gui.icons import Icons
from gui.theme import Theme
from services.channels.base import ChannelType, SignInMethod, Suggestion
from services.errors import Invalid, KeyringError, ShopbellError
from services.model import Account

if TYPE_CHECKING:
    from services.app import Shopbell
    from services.website import Proposals

LOOK_AFTER_MS = 700
SHORTEST_NAME = 3


class AddSourceDialog(QDialog):
    """``added`` carries the accounts. ``renew`` signs in again to an account that is there."""

    added = Signal(object)

    def __init__(
        self, app: Shopbell, theme: Theme, parent: QWidget | None = None, *, address: str = ""
    ) -> None:
        super().__init__(parent)
        self._app, self._theme = app, theme
        self._renew: Account | None = None
        self._icons = Icons(theme)
        self._badges = Badges(theme, self._icons)
        self._form: ChannelForm | None = None
        self.preparing: Preparing | None = None
        self._state = "choose"
        self._is_busy = False
        self._to_sign_in: list[Suggestion] = []
        self.setWindowTitle(self.tr("Add a source"))
        size_dialog(self, theme.px(1080), theme.px(728))
        self.flow = SourceFlow(app, self)
        self._build()
        self._connect()
        self.cards.set_channels(app.channels.all())
        self.search.setText(address)
        if address:
            self._look()
        self.search.setFocus()
        self._show()

    def renew(self, account_id: int) -> None:
        """Only the sign-in, for an account that is there. A dozen rows by key: quick enough for the GUI
        thread."""
        account = self._app.store.account(account_id)
        self._renew, self.flow.renew = account, account.id
        self.setWindowTitle(self.tr("Sign in again"))
        self._left.hide()
        size_dialog(self, self._theme.px(400), self._theme.px(560))
        self._choose(self._app.channels.get(account.kind))

    # --- building

    def _build(self) -> None:
        box = QHBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        self._left = Chooser(self._app, self._icons, self._badges)
        self.search, self.cards = self._left.search, self._left.cards
        self.note, self.named, self.bring = self._left.note, self._left.named, self._left.bring
        box.addWidget(self._left, 1)
        box.addWidget(self._build_right())

    def _build_right(self) -> QWidget:
        right = QWidget()
        right.setProperty("ground", "conv")
        right.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        right.setFixedWidth(self._theme.px(368))
        self._pages = QStackedWidget()
        self._scroll = scroll(QWidget(), self.tr("About this kind of place"))
        self._hint = label(
            self.tr("Choose a kind of place, or paste the address of your web site, blog or profile."),
            tone="text3",
            wrap=True,
        )
        self._hint.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._pages.addWidget(self._hint)
        self._pages.addWidget(self._scroll)
        self._pages.addWidget(self._build_found())
        self.browser_page = BrowserPage(self._icons)
        self.browser_page.code.textChanged.connect(lambda _: self._show())
        self.browser_page.code.returnPressed.connect(self._go)
        self.browser_page.wants_code.connect(self._by_code)
        self.done_page = DonePage(self._icons)
        self._pages.addWidget(self.browser_page)
        self._pages.addWidget(self.done_page)
        self.trouble = TroubleStrip(self._icons)
        self.trouble.keep.clicked.connect(self._keep_until_quit)
        self.back = button(self.tr("Close"))
        self.go = button("", kind="strong")
        self.go.setDefault(True)
        inner = QVBoxLayout(right)
        inner.setContentsMargins(24, 24, 24, 24)
        inner.setSpacing(12)
        inner.addWidget(self._pages, 1)
        inner.addWidget(self.trouble)
        inner.addLayout(row(None, self.back, self.go, spacing=10))
        return right

    def _build_found(self) -> QWidget:
        page = FoundPage(self._icons, self._badges, self._app.channels)
        self.found_title, self.places = page.title, page.places
        self.places.changed.connect(self._show)
        return scroll(page, self.tr("Found places"))

    def _connect(self) -> None:
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(LOOK_AFTER_MS)
        self._later.timeout.connect(self._look)
        self.search.textEdited.connect(self._typed)
        self.search.returnPressed.connect(self._look)
        self.named.clicked.connect(self._look_for_name)
        self.cards.follow(self.search)
        self.cards.picked.connect(self._choose)
        self.cards.activated.connect(self._into_form)
        self.bring.said.connect(self._brought)
        self.bring.failed.connect(self._tell)
        self.bring.added.connect(self.added)
        self.back.clicked.connect(self._back)
        self.go.clicked.connect(self._go)
        self.flow.found.connect(self._found)
        self.flow.waiting.connect(self._waiting)
        self.flow.asks_code.connect(self._asks_code)
        self.flow.added.connect(self._added)
        self.flow.failed.connect(self._failed)
        self.flow.busy.connect(self._busy)

    # --- typing and choosing

    def _typed(self, text: str) -> None:
        self.trouble.hide()
        self._later.stop()
        is_name = len(text.strip()) >= SHORTEST_NAME and not looks_like_address(text)
        self._left.offer(text.strip() if is_name else "")
        if looks_like_address(text):
            self.cards.filter("")
            self.note.setText("")
            self._later.start()
            return
        count = self.cards.filter(text)
        self.note.setText("" if count else self.tr("Nothing of that name. A web address works too."))

    def _look(self) -> None:
        self._later.stop()
        address = self.search.text().strip()
        if looks_like_address(address):
            self._state = "looking"
            self.note.setText(self.tr("Looking at {address}.").format(address=address))
            self.flow.find(address)
            self._show()
        elif address and self.cards.count():
            self.cards.setCurrentRow(0)
            self._into_form()
        elif len(address) >= SHORTEST_NAME:
            self._look_for_name()

    def _look_for_name(self) -> None:
        name = self.search.text().strip()
        self._form, self._state = None, "looking"
        self.note.setText(self.tr("Trying the searches for {name}.").format(name=name[:40]))
        self.flow.look_for(name)
        self._show()

    def _into_form(self) -> None:
        if self._form is not None:
            self._form.focus_first()

    def _choose(self, channel: ChannelType) -> None:
        self.flow.stop()
        self.trouble.hide()
        self._form = ChannelForm(self._icons, self._badges, channel, self._renew)
        self._form.changed.connect(self._on_form)
        self._form.submitted.connect(self._go)
        self._form.unsigned.connect(self.flow.add)
        self.preparing = Preparing(self._app, self._form, self._icons)
        self.preparing.filled.connect(self._show)
        self._scroll.setWidget(self._form)
        self._form.setAutoFillBackground(False)
        self._state = "form"
        self._show()

    def _on_form(self) -> None:
        self.trouble.hide()
        self._show()

    # --- the two buttons

    def _back(self) -> None:
        self.flow.stop()
        self.trouble.hide()
        if self._state in ("choose", "form"):
            self.reject()
            return
        self._state = "form" if self._form is not None else "choose"
        self._show()

    def _go(self) -> None:
        if not self.go.isEnabled():
            return
        self.trouble.hide()
        if self._state == "form" and self._form is not None:
            self._submit(self._form)
        elif self._state == "found":
            free, self._to_sign_in = by_sign_in(self.places.chosen(), self._app.channels)
            if free:
                self.flow.add_places(free)
            else:
                self._sign_in_next()
        elif self._state == "code":
            self.flow.paste(self.browser_page.code.text())
        elif self._state == "done" and self._to_sign_in:
            self._sign_in_next()
        elif self._state == "done":
            self.accept()

    def _sign_in_next(self) -> None:
        place = self._to_sign_in.pop(0)
        self._choose(self._app.channels.get(place.kind))
        if self._form is not None:
            self._form.take(place)

    def _submit(self, form: ChannelForm) -> None:
        settings, secrets = form.values()
        channel = form.channel
        if channel.signin.method is SignInMethod.OAUTH and not secrets:
            self.flow.browser(channel.kind, settings)
        elif self._renew is None and looks_first(channel) and not secrets:
            self._state = "looking"
            address = next(
                (settings[field.name] for field in channel.signin.fields if field.name in settings), ""
            )
            self.flow.find(address)
        else:
            self.flow.add(channel.kind, settings, secrets)

    def _by_code(self) -> None:
        if self._form is not None:
            self.flow.stop()
            self.flow.by_code(self._form.channel.kind, self._form.values()[0])

    def _keep_until_quit(self) -> None:
        self.trouble.hide()
        self.flow.keep_until_quit()

    # --- what comes back

    def _busy(self, on: bool) -> None:
        self._is_busy = on
        self._show()

    def _found(self, found: Proposals) -> None:
        self.note.setText("")
        if self._form is not None:
            found = of_kind(found, self._form.channel.kind, self._form.values()[0])
        places = found.suggestions
        if not found.places:
            self._nothing_found()
            return
        self._state = "found"
        several = self.tr("Found {count} places").format(count=len(places))
        self.found_title.setText(several if len(places) != 1 else self.tr("Found 1 place"))
        self.places.show_found(found, places)
        self._show()

    def _nothing_found(self) -> None:
        """The address answers, but no channel knows it: let the chosen one say why."""
        form = self._form
        if form is not None and form.is_complete():
            self._state = "form"
            self.flow.add(form.channel.kind, *form.values())
            return
        self._state = "choose" if form is None else "form"
        self._tell(self.tr("Nothing to listen to was found at this address."))

    def _waiting(self, url: str) -> None:
        self._state = "waiting"
        self.browser_page.show_waiting(url)
        self._show()

    def _asks_code(self, url: str) -> None:
        self._state = "code"
        self.browser_page.show_code(url)
        self._show()
        self.browser_page.code.setFocus()

    def _added(self, accounts: tuple[Account, ...]) -> None:
        self._state = "done"
        self.done_page.show_added(accounts, [self._app.channels.get(one.kind).title for one in accounts])
        self._show()
        self.added.emit(accounts)
        self.go.setFocus()

    def _failed(self, error: ShopbellError) -> None:
        if self._state in ("waiting", "looking"):
            self._state = "form" if self._form is not None else "choose"
        self.note.setText("")
        name = self._form.channel.title if self._form is not None else ""
        words = error_text(error, self._asked_name() or name, name, self._app.clock.now())
        if error.reason == ALREADY:
            words = self.tr("This source is connected already.")
        field = str(error.detail.get("field", "")) if isinstance(error, Invalid) else ""
        self._show()
        if not (
            field and self._form is not None and self._state == "form" and self._form.show_error(field, words)
        ):
            self._tell(words, can_keep=isinstance(error, KeyringError))

    def _asked_name(self) -> str:
        """What was typed, shortened: the owner knows it by that."""
        if self._form is None or self._state == "choose":
            return self.search.text().strip()[:60]
        settings, _ = self._form.values()
        return next(iter(settings.values()), "")[:60]

    def _brought(self, words: str) -> None:
        self.trouble.hide()
        self.note.setText(words)

    def _tell(self, words: str, *, can_keep: bool = False) -> None:
        self.trouble.tell(words, can_keep=can_keep)
        self._show()

    # --- showing

    @property
    def state(self) -> str:
        return self._state

    @property
    def form(self) -> ChannelForm | None:
        return self._form

    def _show(self) -> None:
        state = self._state
        looking = 1 if self._form else 0
        pages = {"choose": 0, "looking": looking, "form": 1, "found": 2, "waiting": 3, "code": 3, "done": 4}
        self._pages.setCurrentIndex(pages[state])
        set_words(self.back, self.tr("Close") if state in ("choose", "form") else self.tr("Back"))
        self.back.setVisible(state != "done")
        words, able = self._main_button()
        set_words(self.go, words)
        self.go.setVisible(bool(words))
        self.go.setEnabled(able and (not self._is_busy or state == "done"))

    def _main_button(self) -> tuple[str, bool]:
        """(words, enabled) of the one strong button."""
        state, form = self._state, self._form
        if state in ("form", "looking") and form is not None:
            if self._is_busy:
                return self.tr("One moment"), False
            method, secrets = form.channel.signin.method, form.values()[1]
            if method is SignInMethod.OAUTH and not secrets:
                return self.tr("Continue in the browser"), form.is_complete()
            return self.tr("Connect"), form.is_complete()
        if state == "found":
            count = len(self.places.chosen())
            several = self.tr("Connect {count} places").format(count=count)
            return (self.tr("Connect 1 place") if count == 1 else several), count > 0
        if state == "code":
            return self.tr("Connect"), bool(self.browser_page.code.text().strip())
        if state == "done":
            return self.tr("Next place") if self._to_sign_in else self.tr("Done"), True
        return "", False

    def done(self, result: int) -> None:
        self.flow.stop()
        super().done(result)
