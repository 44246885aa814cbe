"""Everybody who is muted, and one button each that hears them again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from gui.announce import announce
from gui.conversation.parts import button, column, label, row, scroll
from gui.conversation.when import long_day
from gui.dialogs.setting_rows import card_of
from gui.errors import error_text
from gui.geometry import size_dialog
from gui.jobs import Jobs
from gui.tab_order import walk_in_order
from gui.theme import Theme

if TYPE_CHECKING:
    from services.app import Shopbell
    from services.store.owned import MutedPerson


class MutedDialog(QDialog):
    def __init__(self, app: Shopbell, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._app, self._theme = app, theme
        self._jobs = Jobs(app.run, self)
        self.rows: dict[int, QWidget] = {}
        self.setWindowTitle(self.tr("Muted people"))
        size_dialog(self, theme.px(560), theme.px(480))
        self._page = scroll(QWidget(), self.tr("Muted people"))
        self.note = label(step="small", tone="text2", wrap=True)
        self.close_button = button(self.tr("Close"), size="dialog")
        self.close_button.clicked.connect(self.accept)
        box = QVBoxLayout(self)
        box.setContentsMargins(28, 24, 28, 20)
        box.setSpacing(theme.px(12))
        box.addWidget(label(self.tr("Muted people"), step="head"))
        box.addWidget(
            label(
                self.tr(
                    "What they write is kept and folded away. It never rings and waits for no answer, on"
                    " every account where they are recognised: by an address like anna@shop.example, the same"
                    " profile page, or the network’s own number for them."
                ),
                step="small",
                tone="text2",
                wrap=True,
            )
        )
        box.addWidget(self._page, 1)
        box.addWidget(self.note)
        box.addLayout(row(None, self.close_button))
        self.close_button.setFocus()
        self._read()

    def _read(self) -> None:
        self._jobs.start(self._app.inbox.muted, then=self._show, failed=self._refused)

    def _show(self, people: tuple[MutedPerson, ...]) -> None:
        self.rows = {one.id: self._row(one) for one in people}
        page = QWidget()
        inner = column(margins=(0, 0, 4, 0))
        if people:
            inner.addWidget(card_of(list(self.rows.values())))
        else:
            inner.addWidget(label(self.tr("Nobody is muted."), tone="text3"))
        inner.addStretch(1)
        page.setLayout(inner)
        self._page.setWidget(page)
        page.setAutoFillBackground(False)
        walk_in_order((page, self.close_button))

    def _row(self, one: MutedPerson) -> QWidget:
        name = one.name or one.handle or self.tr("Somebody")
        place = self._app.channels.get(one.kind).title if one.kind in self._app.channels else one.kind
        parts = [one.handle if one.handle.lstrip("@") != name else "", place]
        day = long_day(one.muted_at, self._app.clock.now())
        parts.append(self.tr("muted on {day}").format(day=day))
        said = " · ".join(part for part in parts if part)
        words = column(spacing=2)
        words.addWidget(label(name, weight=500, wrap=True))
        words.addWidget(label(said, step="small", tone="text3", wrap=True))
        line = QWidget()
        line.setAccessibleName(f"{name}. {said}")
        hear = button(self.tr("Hear again"), name=self.tr("Hear {name} again").format(name=name))
        hear.clicked.connect(lambda: self.hear(one.id, name))
        box = row(spacing=12, margins=(16, 10, 12, 10))
        box.addLayout(words, 1)
        box.addWidget(hear)
        line.setLayout(box)
        return line

    def hear(self, person_id: int, name: str) -> None:
        def heard(_: object) -> None:
            self.close_button.setFocus()
            self._say(self.tr("{name} is heard again.").format(name=name))
            self._read()

        self._jobs.start(self._app.inbox.unmute, person_id, then=heard, failed=self._refused)

    def _say(self, words: str) -> None:
        self.note.setText(words)
        announce(self, words)

    def _refused(self, error: Exception) -> None:
        self._say(error_text(error))
        self._read()
