"""When the shop is open, to be changed at any time after the first start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from gui.conversation.parts import button, column, label, row, scroll
from gui.dialogs.week import WeekEditor
from gui.errors import error_text
from gui.geometry import size_dialog
from gui.jobs import Jobs
from gui.theme import Theme

if TYPE_CHECKING:
    from services.app import Shopbell


class HoursDialog(QDialog):
    def __init__(self, app: Shopbell, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._app = app
        self._jobs = Jobs(app.run, self)
        self.setWindowTitle(self.tr("Opening hours"))
        size_dialog(self, theme.px(680), theme.px(560))
        self.week = WeekEditor(theme, app.settings.current.opening_hours)
        page = QWidget()
        inner = column(spacing=0, margins=(0, 0, 4, 0))
        inner.addWidget(self.week)
        inner.addStretch(1)
        page.setLayout(inner)
        self.note = label(step="small", tone="text2", wrap=True)
        self.cancel = button(self.tr("Cancel"), size="dialog")
        self.cancel.clicked.connect(self.reject)
        self.keep = button(self.tr("Keep these hours"), kind="strong", size="dialog")
        self.keep.clicked.connect(self._keep)
        box = QVBoxLayout(self)
        box.setContentsMargins(28, 24, 28, 20)
        box.setSpacing(theme.px(12))
        box.addWidget(label(self.tr("When is the shop open?"), step="head", wrap=True))
        box.addWidget(
            label(
                self.tr(
                    "Reminders of who still waits come in these hours. Whether anything rings outside them"
                    " is up to “Quiet while the shop is closed”."
                ),
                step="small",
                tone="text2",
                wrap=True,
            )
        )
        box.addWidget(scroll(page, self.tr("Opening hours")), 1)
        box.addWidget(self.note)
        box.addLayout(row(None, self.cancel, self.keep))
        self.keep.setDefault(True)

    def _keep(self) -> None:
        self._jobs.start(
            self._app.settings.update,
            opening_hours=self.week.hours(),
            then=lambda _: self.accept(),
            failed=lambda error: self.note.setText(error_text(error)),
        )
