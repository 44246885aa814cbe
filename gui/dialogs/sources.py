"""All sources: when each was last heard, and the one button that helps it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDialog, QInputDialog, QLineEdit, QMenu, QMessageBox, QVBoxLayout, QWidget

from gui.account_notes import note_words
from gui.badges import BadgeLabel, Badges
from gui.conversation.parts import button, column, label, row, scroll
from gui.conversation.when import day_and_time
from gui.dialogs.feed_lists import SaveList
from gui.dialogs.setting_rows import card_of
from gui.errors import error_text, translated
from gui.geometry import size_dialog
from gui.icons import Icons
from gui.jobs import Jobs
from gui.theme import Theme, say
from services.channels.base import Badge
from services.errors import NotFound
from services.model import Account, Freshness
from services.words import error_words, remedy

if TYPE_CHECKING:
    from services.app import Shopbell

AGAIN_MS = 2_000


class SourcesDialog(QDialog):
    """``remedy(account id, key)``: sign-in, open, check-now, add-source. Pausing, renaming and removing
    happen here."""

    remedy = Signal(int, str)

    def __init__(self, app: Shopbell, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._app, self._theme = app, theme
        self._icons = Icons(theme)
        self._badges = Badges(theme, self._icons)
        self._jobs = Jobs(app.run, self)
        self._shown: object = None
        self.rows: dict[int, QWidget] = {}
        self.setWindowTitle(self.tr("Sources"))
        size_dialog(self, theme.px(680), theme.px(560))
        self._page = scroll(QWidget(), self.tr("Sources"))
        self.note = label(step="small", tone="caretx", wrap=True)
        self.add_button = button(self.tr("Add a source"), kind="strong", size="dialog")
        self.add_button.clicked.connect(lambda: self._leave(0, "add-source"))
        check = button(self.tr("Check all now"), size="dialog")
        check.clicked.connect(lambda: self.remedy.emit(0, "check-now"))
        shut = button(self.tr("Close"), size="dialog")
        shut.clicked.connect(self.accept)
        box = QVBoxLayout(self)
        box.setContentsMargins(28, 24, 28, 20)
        box.setSpacing(theme.px(12))
        self.save_list = SaveList(app)
        self.save_list.said.connect(lambda words: self._say(words, "text3"))
        self.save_list.failed.connect(self._say)
        box.addLayout(row(label(self.tr("Sources"), step="head"), None, self.save_list))
        box.addWidget(self._page, 1)
        box.addWidget(self.note)
        box.addLayout(row(check, None, shut, self.add_button))
        self.add_button.setFocus()
        self._timer = QTimer(self)
        self._timer.setInterval(AGAIN_MS)
        self._timer.timeout.connect(self._read)
        self._timer.start()
        self._read()

    def _read(self) -> None:
        if not self._jobs.waiting:
            self._jobs.start(self._app.accounts.list, then=self._show, failed=self._refused)

    def _show(self, accounts: tuple[tuple[Account, Freshness], ...]) -> None:
        if accounts == self._shown:
            return
        self._shown = accounts
        self.rows = {account.id: self._row(account, fresh) for account, fresh in accounts}
        page = QWidget()
        inner = column(margins=(0, 0, 4, 0))
        if accounts:
            inner.addWidget(card_of(list(self.rows.values())))
        else:
            inner.addWidget(label(self.tr("No source yet."), tone="text3"))
        inner.addStretch(1)
        page.setLayout(inner)
        self._page.setWidget(page)
        page.setAutoFillBackground(False)

    def _row(self, account: Account, fresh: Freshness) -> QWidget:
        title, badge = self._channel(account)
        words, tone, key, verb = self._words(account, fresh, title)
        names = column(spacing=1)
        names.addWidget(label(account.name or title, weight=500, wrap=True))
        names.addWidget(label(words, step="small", tone=tone, wrap=True))
        noted = note_words(account, title)
        if noted:
            names.addWidget(label(noted, step="small", tone="text2", wrap=True))
        act = button(verb, name=self.tr("{verb}: {name}").format(verb=verb, name=account.name))
        act.clicked.connect(lambda: self._do(account, key))
        more = button(
            "",
            kind="icon",
            icon="more",
            icons=self._icons,
            name=self.tr("More about {name}").format(name=account.name),
        )
        more.setMenu(self._menu(account))
        line = QWidget()
        box = row(BadgeLabel(self._badges, badge, title, 24), spacing=12, margins=(16, 10, 12, 10))
        box.addLayout(names, 1)
        box.addWidget(act)
        box.addWidget(more)
        line.setLayout(box)
        return line

    def _channel(self, account: Account) -> tuple[str, Badge]:
        try:
            channel = self._app.channels.get(account.kind)
        except NotFound:
            return account.kind, Badge(shape="pin")
        return channel.title, channel.badge

    def _words(self, account: Account, fresh: Freshness, title: str) -> tuple[str, str, str, str]:
        """(sentence, tone, key, verb) of one source."""
        now = self._app.clock.now()
        if account.paused:
            return self.tr("Paused. Nothing is asked there."), "text3", "go-on", self.tr("Go on")
        if fresh.error_kind:
            reason = str(fresh.error_detail.get("reason", ""))
            said = translated(
                error_words(
                    fresh.error_kind,
                    fresh.error_detail,
                    account.name,
                    title,
                    heard=fresh.heard,
                    failing_since=fresh.failing_since,
                    now=now,
                )
            )
            key = remedy(fresh.error_kind, reason).key
            if key in ("sign-in", "allow", "session-only", "unlock"):
                return said, "caretx", "sign-in", self.tr("Sign in again")
            return said, "clocktx", "check-now", self.tr("Check now")
        if fresh.heard is None:
            return self.tr("Not heard yet."), "text3", "check-now", self.tr("Check now")
        at = day_and_time(fresh.heard, now)
        return self.tr("Heard {time}").format(time=at), "text3", "check-now", self.tr("Check now")

    def _menu(self, account: Account) -> QMenu:
        menu = QMenu(self)
        menu.setAccessibleName(self.tr("More about {name}").format(name=account.name))
        entries = [
            ("rename", self.tr("Rename…")),
            ("go-on", self.tr("Go on")) if account.paused else ("pause", self.tr("Pause")),
            ("sign-in", self.tr("Sign in again")),
            ("open", self.tr("Open the page in the browser")),
            ("remove", self.tr("Remove…")),
        ]
        for key, words in entries:
            if (key == "open" and not account.url) or (
                key == "sign-in" and not account.settings.get("signed_in")
            ):
                continue
            action = QAction(words, menu)
            action.triggered.connect(lambda _=False, key=key: self._do(account, key))
            menu.addAction(action)
        return menu

    # --- doing

    def _do(self, account: Account, key: str) -> None:
        if key in ("pause", "go-on"):
            self._jobs.start(
                self._app.accounts.pause,
                account.id,
                on=key == "pause",
                then=lambda _: self._read(),
                failed=self._refused,
            )
        elif key == "rename":
            self._ask_name(account)
        elif key == "remove":
            self._ask_remove(account)
        elif key == "sign-in":
            self._leave(account.id, key)
        else:
            self.remedy.emit(account.id, key)

    def _leave(self, account_id: int, key: str) -> None:
        """One dialog at a time: this one goes before the next one comes."""
        self.finished.connect(
            lambda _: QTimer.singleShot(0, self.parent() or self, lambda: self.remedy.emit(account_id, key))
        )
        self.accept()

    def _ask_name(self, account: Account) -> None:
        name, is_given = QInputDialog.getText(
            self, self.tr("Rename"), self.tr("Your name for it"), QLineEdit.EchoMode.Normal, account.name
        )
        if is_given and name.strip():
            self.rename(account.id, name)

    def rename(self, account_id: int, name: str) -> None:
        self._jobs.start(
            self._app.accounts.rename, account_id, name, then=lambda _: self._read(), failed=self._refused
        )

    def _ask_remove(self, account: Account) -> None:
        """The one thing here that cannot be undone, so it is asked."""
        asked = QMessageBox(self)
        asked.setText(self.tr("Remove {name}?").format(name=account.name))
        asked.setInformativeText(
            self.tr("Everything heard from it goes from this computer. On the network nothing changes.")
        )
        yes = asked.addButton(self.tr("Remove"), QMessageBox.ButtonRole.DestructiveRole)
        asked.addButton(self.tr("Keep it"), QMessageBox.ButtonRole.RejectRole)
        asked.exec()
        if asked.clickedButton() is yes:
            self.remove(account.id)

    def remove(self, account_id: int) -> None:
        self._jobs.start(
            self._app.accounts.remove, account_id, then=lambda _: self._read(), failed=self._refused
        )

    def _refused(self, error: Exception) -> None:
        self._say(error_text(error))

    def _say(self, words: str, tone: str = "caretx") -> None:
        say(self.note, tone=tone)
        self.note.setText(words)
