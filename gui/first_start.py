"""The first start: who and where, when the shop is open, and a bell to hear. Three steps, each skippable;
no password is asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLineEdit,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from gui.badges import Badges
from gui.bell_trial import BellTrial
from gui.conversation.parts import IconLabel, button, column, label, row, scroll, set_words
from gui.dialogs.add_flow import SourceFlow
from gui.dialogs.add_source import AddSourceDialog
from gui.dialogs.channel_words import looks_like_address
from gui.dialogs.found_places import FoundPlaces, by_sign_in, of_our_site
from gui.dialogs.week import WeekEditor
from gui.errors import error_text
from gui.geometry import size_dialog
from gui.icons import Icons
from gui.jobs import Jobs
from gui.theme import Theme
from services.channels.base import Suggestion
from services.errors import ShopbellError

if TYPE_CHECKING:
    from services.app import Shopbell
    from services.website import Proposals

LOOK_AFTER_MS = 900


class FirstStart(QDialog):
    """``sample_wanted``: just looking. Whatever was typed is kept when the dialog goes, however it goes."""

    sample_wanted = Signal()

    def __init__(self, app: Shopbell, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._app, self._theme = app, theme
        self._icons = Icons(theme)
        self._badges = Badges(theme, self._icons)
        self._jobs = Jobs(app.run, self)
        self._to_sign_in: list[Suggestion] = []
        self._add_dialog: AddSourceDialog | None = None
        self.flow = SourceFlow(app, self)
        self.setWindowTitle("Shopbell")
        size_dialog(self, theme.px(1280), theme.px(768))
        box = QHBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self._build_left(), 36)
        box.addWidget(self._build_right(), 64)
        self._connect()
        self.show_step(0)
        self.shop.setFocus()

    # --- building

    def _build_left(self) -> QWidget:
        left = QWidget()
        left.setProperty("ground", "pane")
        inner = column(spacing=0, margins=(48, 64, 32, 48))
        inner.addWidget(_Bell(self._icons), 0, Qt.AlignmentFlag.AlignLeft)
        inner.addSpacing(28)
        self.title = label(step="hello", wrap=True)
        self.words = label(step="read", tone="text2", wrap=True)
        inner.addWidget(self.title)
        inner.addSpacing(12)
        inner.addWidget(self.words)
        inner.addSpacing(32)
        for icon, text in (
            (
                "private",
                self.tr(
                    "Passwords stay in this computer’s key store. Nothing goes through a server of ours."
                ),
            ),
            ("clock", self.tr("The last 14 days arrive quietly. Nothing rings for old messages.")),
            ("bell", self.tr("After that, a complaint rings at once. Everything else waits politely.")),
        ):
            line = row(spacing=14)
            line.addWidget(IconLabel(self._icons, icon, "accenttx", 18), 0, Qt.AlignmentFlag.AlignTop)
            line.addWidget(label(text, tone="text2", wrap=True), 1)
            inner.addLayout(line)
            inner.addSpacing(16)
        inner.addStretch(1)
        self.sample = button(
            self.tr("Just looking? Open the sample shop"), kind="link", name=self.tr("Open the sample shop")
        )
        self.sample.setIcon(self._icons.icon("chevron-right", "accenttx"))
        self.sample.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        self.sample.clicked.connect(self._just_looking)
        inner.addWidget(self.sample, 0, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignAbsolute)
        left.setLayout(inner)
        return left

    def _build_right(self) -> QWidget:
        right = QWidget()
        right.setProperty("ground", "conv")
        self._steps = QStackedWidget()
        for page in (self._build_who(), self._build_hours(), self._build_bell()):
            self._steps.addWidget(page)
        self.note = label(step="small", tone="caretx", wrap=True)
        self.step_words = label(step="small", tone="text3", wrap=True)
        self.later = button(self.tr("Later"), kind="link", size="big")
        self.go = button("", kind="strong", size="big")
        self.go.setDefault(True)
        inner = QVBoxLayout(right)
        inner.setContentsMargins(64, 52, 64, 32)
        inner.setSpacing(12)
        inner.addWidget(self._steps, 1)
        inner.addWidget(self.note)
        bottom = row(self.step_words, self.later, self.go, spacing=16)
        bottom.setStretch(0, 1)
        inner.addLayout(bottom)
        return right

    def _build_who(self) -> QWidget:
        page = QWidget()
        settings = self._app.settings.current
        self.shop, self.first_name, self.url = (
            QLineEdit(settings.shop_name),
            QLineEdit(settings.owner_first_name),
            QLineEdit(settings.shop_url),
        )
        names = row(spacing=16)
        names.addLayout(self._field(self.tr("Shop"), self.shop, ""), 3)
        names.addLayout(
            self._field(self.tr("Your first name"), self.first_name, self.tr("Signs your replies")), 2
        )
        self.url_note = label(step="small", tone="text3", wrap=True)
        self.places = FoundPlaces(self._icons, self._badges, self._app.channels)
        self.another = button(
            self.tr("Another place"), kind="link", icon="add", role="accenttx", icons=self._icons
        )
        self.another.clicked.connect(lambda: self._add_another())
        inner = column(spacing=12, margins=(0, 0, 4, 0))
        inner.addLayout(names)
        inner.addLayout(self._field(self.tr("Web address of the shop"), self.url, ""))
        inner.addWidget(self.url_note)
        inner.addWidget(self.places)
        inner.addWidget(self.another, 0, Qt.AlignmentFlag.AlignLeft)
        inner.addStretch(1)
        page.setLayout(inner)
        return scroll(page, self.tr("Your shop"))

    def _field(self, name: str, edit: QLineEdit, help_text: str) -> QVBoxLayout:
        head = label(name, step="small", weight=600)
        head.setBuddy(edit)
        edit.setAccessibleName(name)
        edit.setProperty("tall", True)
        box = column(spacing=6)
        box.addWidget(head)
        box.addWidget(edit)
        if help_text:
            edit.setAccessibleDescription(help_text)
            box.addWidget(label(help_text, step="small", tone="text3"))
        box.addStretch(1)
        return box

    def _build_hours(self) -> QWidget:
        self.week = WeekEditor(self._theme, self._app.settings.current.opening_hours)
        page = QWidget()
        inner = column(spacing=16, margins=(0, 0, 4, 0))
        inner.addWidget(label(self.tr("When is the shop open?"), step="head", wrap=True))
        inner.addWidget(
            label(
                self.tr("Outside these hours nothing rings. You see it when you come back."),
                tone="text2",
                wrap=True,
            )
        )
        inner.addWidget(self.week)
        inner.addStretch(1)
        page.setLayout(inner)
        return scroll(page, self.tr("Opening hours"))

    def _build_bell(self) -> QWidget:
        page = QWidget()
        self.ring = button(self.tr("Ring the test bell"), icon="bell", icons=self._icons, size="dialog")
        self.trial = BellTrial(self._app, self)
        self.ring.clicked.connect(self.trial.ring)
        self.rang = label("", step="small", tone="text2", wrap=True)
        self.trial.said.connect(self.rang.setText)
        inner = column(spacing=16)
        inner.addWidget(label(self.tr("Does it ring?"), step="head", wrap=True))
        inner.addWidget(
            label(self.tr("This is what a new complaint looks and sounds like."), tone="text2", wrap=True)
        )
        inner.addWidget(self.ring, 0, Qt.AlignmentFlag.AlignLeft)
        inner.addWidget(self.rang)
        inner.addStretch(1)
        page.setLayout(inner)
        return page

    def _connect(self) -> None:
        self._look_later = QTimer(self)
        self._look_later.setSingleShot(True)
        self._look_later.setInterval(LOOK_AFTER_MS)
        self._look_later.timeout.connect(self._look)
        self.url.textEdited.connect(self._address_edited)
        self.url.editingFinished.connect(self._look)
        self.places.changed.connect(self._show)
        self.go.clicked.connect(self._go)
        self.later.clicked.connect(self._later)
        self.flow.found.connect(self._found)
        self.flow.added.connect(self._added)
        self.flow.failed.connect(self._failed)
        self._looked_at = ""

    # --- step 1

    def _address_edited(self) -> None:
        self.url_note.setText("")
        self._look_later.start()

    def _look(self) -> None:
        self._look_later.stop()
        address = self.url.text().strip()
        if address != self._looked_at and looks_like_address(address):
            self._looked_at = address
            self.url_note.setText(self.tr("Looking for places where people talk to you."))
            self.flow.find(address)

    def _found(self, found: Proposals) -> None:
        shown = of_our_site(found.suggestions, self._app.channels)
        count = len(shown)
        if not count:
            words = self.tr("Found no place yet. You can add them one by one.")
        elif count == 1:
            words = self.tr("Found 1 place. Nothing is connected yet.")
        else:
            words = self.tr("Found {count} places. Nothing is connected yet.").format(count=count)
        self.url_note.setText(words)
        self.places.show_found(found, shown)

    def _failed(self, error: ShopbellError) -> None:
        if self.go.isEnabled():
            self.url_note.setText(error_text(error, self.url.text().strip()[:60]))
        else:
            self.note.setText(error_text(error, self.tr("The place")))
        self.go.setEnabled(True)

    def _connect_places(self, chosen: Sequence[Suggestion]) -> None:
        """Those without a sign-in at once; the others one after the other, in the dialog that knows how."""
        free, self._to_sign_in = by_sign_in(chosen, self._app.channels)
        if free:
            self.go.setEnabled(False)
            self.flow.add_places(free)
        else:
            self._sign_in_next()

    def _added(self, accounts: object) -> None:
        self.go.setEnabled(True)
        self._sign_in_next()

    def _sign_in_next(self) -> None:
        if not self._to_sign_in:
            self.show_step(1)
            return
        place = self._to_sign_in.pop(0)
        dialog = self._add_another(place)
        dialog.finished.connect(lambda _: self._sign_in_next())

    def _add_another(self, place: Suggestion | None = None) -> AddSourceDialog:
        dialog = AddSourceDialog(self._app, self._theme, self)
        if place is not None:
            dialog.cards.choose(place.kind)
            if dialog.form is not None:
                dialog.form.take(place)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._add_dialog = dialog
        dialog.open()
        return dialog

    # --- going on

    @property
    def step(self) -> int:
        return self._steps.currentIndex()

    def show_step(self, number: int) -> None:
        self._steps.setCurrentIndex(number)
        self.note.setText("")
        self._show()

    def _show(self) -> None:
        step = self.step
        chosen = len(self.places.chosen())
        titles = (
            (
                self.tr("Hear every customer.\nAnswer from one window."),
                self.tr(
                    "Tell Shopbell where your shop is on the web. It looks for the places where "
                    "people talk to you."
                ),
            ),
            (self.tr("Quiet when you are closed."), self.tr("A shop has hours. So has its bell.")),
            (
                self.tr("A bell for what matters."),
                self.tr("One soft sound for a complaint, none for the rest."),
            ),
        )
        self.title.setText(titles[step][0])
        self.words.setText(titles[step][1])
        self.step_words.setText(
            (
                self.tr("Step 1 of 3 · then your hours, then a test bell"),
                self.tr("Step 2 of 3 · then a test bell"),
                self.tr("Step 3 of 3"),
            )[step]
        )
        if step == 0 and chosen:
            words = (
                self.tr("Connect 1 place")
                if chosen == 1
                else self.tr("Connect {count} places").format(count=chosen)
            )
        else:
            words = (self.tr("Go on"), self.tr("Keep these hours"), self.tr("Start"))[step]
        set_words(self.go, words)
        self.later.setVisible(step < 2)

    def _go(self) -> None:
        self.note.setText("")
        if self.step == 0:
            self._look_later.stop()
            self._keep(**self._typed())
            chosen = self.places.chosen()
            if chosen:
                self._connect_places(chosen)
            else:
                self.show_step(1)
        elif self.step == 1:
            self._keep(
                opening_hours=self.week.hours(),
                quiet_hours=self.week.quiet_hours(),
                quiet_when_closed=True,
            )
            self.show_step(2)
        else:
            self.accept()

    def _later(self) -> None:
        if self.step == 0:
            self._keep(**self._typed())
        self.show_step(self.step + 1)

    def _typed(self) -> dict[str, str]:
        return {
            "shop_name": self.shop.text().strip()[:200],
            "owner_first_name": self.first_name.text().strip()[:200],
            "shop_url": self.url.text().strip()[:2000],
        }

    def _keep(self, **values: Any) -> None:
        self._jobs.start(
            self._app.settings.update, failed=lambda error: self.note.setText(error_text(error)), **values
        )

    def _just_looking(self) -> None:
        self.done(0)
        self.sample_wanted.emit()

    def done(self, result: int) -> None:
        self.flow.stop()
        # Looking at the sample shop first is no reason to forget the greeting the next time.
        is_over = result != 0 or self.step > 0
        self._keep(**self._typed(), **({"first_start_done": True} if is_over else {}))
        super().done(result)


class _Bell(QWidget):
    """The bell of the shop, 44 px."""

    def __init__(self, icons: Icons) -> None:
        super().__init__()
        self._icons = icons
        self.setAccessibleName("Shopbell")
        side = icons.theme.px(48)
        self.setFixedSize(side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self._icons.paint(painter, "shop", "accenttx", QRectF(self.rect()), self.devicePixelRatioF())
        painter.end()
