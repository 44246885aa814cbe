"""Settings: one sentence per line, one decision at the right, applied at once, undoable, searchable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from gui import sound
from gui.announce import announce
from gui.bell_trial import BellTrial
from gui.conversation.parts import button, column, label, row, scroll
from gui.dialogs.setting_pages import AUTOSTART, setting_pages
from gui.dialogs.setting_rows import RowPlan, SettingRow, card_of
from gui.dialogs.update_page import LOOK_NOW
from gui.errors import error_text
from gui.geometry import size_dialog
from gui.icons import Icons
from gui.jobs import Jobs
from gui.theme import Theme
from gui.update_words import state_words

if TYPE_CHECKING:
    from services.app import Shopbell
    from services.autostart import Autostart


class SettingsDialog(QDialog):
    """``wants`` asks the window for another dialog: sources, templates, backup, keys."""

    wants = Signal(str)

    def __init__(
        self,
        app: Shopbell,
        theme: Theme,
        parent: QWidget | None = None,
        *,
        page: str = "shop",
        autostart: Autostart | None = None,
    ) -> None:
        super().__init__(parent)
        self._app, self._theme = app, theme
        self._autostart, self._starts_by_itself = autostart, False
        self._icons = Icons(theme)
        self._jobs = Jobs(app.run, self)
        self._rows: list[SettingRow] = []
        self._before: list[dict[str, Any]] = []
        self.trial = BellTrial(app, self)
        self.trial.said.connect(self._say)
        self.setWindowTitle(self.tr("Settings"))
        size_dialog(self, theme.px(960), theme.px(688))
        self.plans = setting_pages(self._update_words(), has_autostart=autostart is not None)
        self._build()
        self.show_page(page)
        self._read_autostart()

    # --- building

    def _build(self) -> None:
        side = QWidget()
        side.setProperty("ground", "pane")
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Find a setting"))
        self.search.setAccessibleName(self.tr("Find a setting"))
        self.search.addAction(self._icons.icon("search", "text3"), QLineEdit.ActionPosition.LeadingPosition)
        self.search.textEdited.connect(self._search)
        list_ = column(spacing=2, margins=(8, 8, 8, 8))
        list_.addWidget(self.search)
        list_.addSpacing(8)
        self._nav: list[QPushButton] = []
        self._stack = QStackedWidget()
        for number, plan in enumerate(self.plans):
            one = button(plan.title, kind="nav", icon=plan.icon, icons=self._icons)
            one.setCheckable(True)
            one.setAutoExclusive(True)
            one.clicked.connect(lambda _=False, number=number: self._show_number(number))
            self._nav.append(one)
            list_.addWidget(one)
            self._stack.addWidget(self._page(plan.title, plan.cards))
        list_.addStretch(1)
        self._results: QWidget = scroll(QWidget(), self.tr("Found settings"))
        self._stack.addWidget(self._results)
        side.setLayout(list_)
        side.setFixedWidth(self._theme.px(208))
        self.undo = button(self.tr("Undo"), kind="inline")
        self.undo.setEnabled(False)
        self.undo.clicked.connect(self._undo)
        self._said = label(self.tr("Changes apply at once."), step="small", tone="text3", wrap=True)
        page = QWidget()
        page.setProperty("ground", "list")
        body = QVBoxLayout(page)
        body.setContentsMargins(36, 28, 36, 20)
        body.setSpacing(8)
        body.addWidget(self._stack, 1)
        foot = row(spacing=4)
        foot.addWidget(self._said, 1)
        foot.addWidget(self.undo)
        body.addLayout(foot)
        box = QHBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(side)
        box.addWidget(page, 1)

    def _page(self, title: str, cards: Sequence[Sequence[RowPlan]]) -> QWidget:
        page = QWidget()
        inner = column(spacing=16, margins=(0, 0, 4, 0))
        inner.addWidget(label(title, step="head"))
        for plans in cards:
            rows = [self._row(plan) for plan in plans]
            inner.addWidget(card_of(rows))
        inner.addStretch(1)
        page.setLayout(inner)
        return scroll(page, title)

    def _row(self, plan: RowPlan) -> SettingRow:
        value = getattr(self._app.settings.current, plan.key, None)
        if plan.key == AUTOSTART:
            value = self._starts_by_itself
        one = SettingRow(self._theme, plan, value, self._decide)
        self._rows.append(one)
        return one

    # --- moving about

    def show_page(self, key: str) -> None:
        self._show_number(next((n for n, plan in enumerate(self.plans) if plan.key == key), 0))

    def _show_number(self, number: int) -> None:
        self.search.clear()
        self._nav[number].setChecked(True)
        self._stack.setCurrentIndex(number)

    def _search(self, text: str) -> None:
        words = text.casefold().split()
        if not words:
            self._show_number(next((n for n, one in enumerate(self._nav) if one.isChecked()), 0))
            return
        found = [
            plan
            for page in self.plans
            for card in page.cards
            for plan in card
            if all(word in f"{page.title} {plan.title} {plan.sentence}".casefold() for word in words)
        ]
        self._rows = [one for one in self._rows if not self._results.isAncestorOf(one)]
        if found:
            page = self._page(self.tr("Found"), (found,))
        else:
            page = self._page(self.tr("Nothing found for “{words}”.").format(words=text.strip()), ())
        self._stack.removeWidget(self._results)
        self._results.deleteLater()
        self._results = page
        self._stack.addWidget(page)
        self._stack.setCurrentWidget(page)

    # --- deciding

    def row(self, key: str) -> SettingRow:
        return next(one for one in self._rows if one.plan.key == key)

    def _decide(self, key: str, value: Any) -> None:
        if key == "bell":
            self._say(self.tr("Ringing."))
            self.trial.ring()
        elif key == LOOK_NOW:
            self._say(self.tr("Looking."))
            self._jobs.start(self._app.updates.look, then=self._looked, failed=self._refused)
        elif key.startswith("dialog:"):
            self.wants.emit(key.removeprefix("dialog:"))
        elif key == AUTOSTART:
            self._before.append({key: not value})
            self._write({key: value})
        elif getattr(self._app.settings.current, key) != value:
            self._before.append({key: getattr(self._app.settings.current, key)})
            if key == "sound_name":
                # One hears what one chooses.
                sound.ring(value)
            self._write({key: value})
            if key == "quiet_when_closed" and value and not any(self._app.settings.current.opening_hours):
                # Without opening hours it would mean nothing.
                self.wants.emit("hours")

    def _undo(self) -> None:
        if self._before:
            self._write(self._before.pop())

    def _write(self, changes: dict[str, Any]) -> None:
        if self._autostart is not None and AUTOSTART in changes:
            self._jobs.start(
                self._autostart.turn,
                changes[AUTOSTART],
                then=lambda _: self._written({}),
                failed=self._refused,
            )
            return
        self._jobs.start(
            self._app.settings.update, then=lambda _: self._written(changes), failed=self._refused, **changes
        )

    def _written(self, changes: dict[str, Any]) -> None:
        self._said.setText(self.tr("Changes apply at once."))
        self.undo.setEnabled(bool(self._before))
        current = self._app.settings.current
        for one in self._rows:
            if one.plan.key in changes:
                one.show_value(getattr(current, one.plan.key))
        self._read_autostart()
        # The theme repaints everything, this dialog included: after the control that asked for it is done.
        QTimer.singleShot(0, self, self._apply_look)

    def _read_autostart(self) -> None:
        """What the system has, for it can be switched off there as well."""
        if self._autostart is not None:
            self._jobs.start(self._autostart.is_on, then=self._show_autostart)

    def _show_autostart(self, is_on: bool) -> None:
        self._starts_by_itself = is_on
        for one in self._rows:
            if one.plan.key == AUTOSTART:
                one.show_value(is_on)

    def _apply_look(self) -> None:
        current = self._app.settings.current
        self._theme.reduce_motion = current.reduce_motion
        if self._theme.choice != current.theme:
            self._theme.set_choice(current.theme)  # type: ignore[arg-type]
        if self._theme.text_size != current.text_size:
            self._theme.set_text_size(current.text_size)

    def _refused(self, error: Exception) -> None:
        if self._before:
            self._before.pop()
        self._said.setText(error_text(error))
        self._read_autostart()
        for one in self._rows:
            if hasattr(self._app.settings.current, one.plan.key):
                one.show_value(getattr(self._app.settings.current, one.plan.key))

    def _update_words(self) -> str:
        updates = self._app.updates
        return state_words(updates.known, updates.running, self._app.clock.now())

    def _looked(self, _: object) -> None:
        words = self._update_words()
        for one in self._rows:
            if one.plan.key == LOOK_NOW:
                one.say(words)
        self._say(words)

    def _say(self, words: str) -> None:
        self._said.setText(words)
        announce(self._said, words)
