"""What a network can say before anybody signs in: the fields filled in, how to get a password, or that none
would help."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal

from gui.conversation.links import is_safe, open_link
from gui.conversation.parts import button, column, label
from gui.dialogs.channel_form import ChannelForm
from gui.errors import error_text, translated
from gui.icons import Icons
from gui.jobs import Jobs
from services.channels.base import Channel, ChannelType, Preparation
from services.errors import ChannelError, Invalid
from services.words import Sentence
from services.words_accounts import NOTES

if TYPE_CHECKING:
    from services.app import Shopbell


class Preparing(QObject):
    """Belongs to one form. Asks when its first field is left or finished with Enter, and once for each text;
    what the owner typed is never written over."""

    filled = Signal()

    def __init__(self, app: Shopbell, form: ChannelForm, icons: Icons) -> None:
        super().__init__(form)
        self._app, self._form = app, form
        self._jobs = Jobs(app.run, self)
        self._asked = ""
        self._url = ""
        self.is_busy = False
        self.advice = label(step="small", tone="text2", wrap=True)
        self.advice.setVisible(False)
        self.how = button(
            form.tr("How to get one"), kind="inline", icon="link-out", role="accenttx", icons=icons
        )
        self.how.clicked.connect(lambda: open_link(self._url))
        self.how.setVisible(False)
        first = form.first_setting()
        if first is None or not prepares(form.channel):
            return
        self._first = first
        box = column(spacing=2)
        box.addWidget(self.advice)
        box.addWidget(self.how, 0, Qt.AlignmentFlag.AlignLeft)
        form.add_below(first, box)
        form.line(first).editingFinished.connect(self.look)

    def look(self) -> None:
        typed = self._form.line(self._first).text().strip()
        if not typed or typed == self._asked:
            return
        self._asked = typed
        self._say("", "")
        self.is_busy = True
        self._jobs.start(
            self._app.accounts.prepare,
            self._form.channel.kind,
            self._form.given(),
            then=lambda found: self._found(found, typed),
            failed=lambda error: self._failed(error, typed),
        )

    def _found(self, found: Preparation, typed: str) -> None:
        if typed != self._asked:
            return
        self.is_busy = False
        self._form.propose({name: str(value) for name, value in found.settings.items()})
        network = self._form.channel.title
        self._say(translated(Sentence(NOTES.get(found.advice, ""), {"network": network})), found.help_url)
        self.filled.emit()

    def _failed(self, error: Exception, typed: str) -> None:
        if typed != self._asked:
            return
        self.is_busy = False
        if isinstance(error, Invalid):
            field = str(error.detail.get("field") or self._first)
            words = error_text(error, typed[:60], self._form.channel.title, self._app.clock.now())
            self._form.show_error(field, words, takes_focus=False)
        elif not isinstance(error, ChannelError):
            raise error
        # A search that was not answered is no reason against signing in: the fields are still there.
        self.filled.emit()

    def _say(self, words: str, url: str) -> None:
        self._url = url if is_safe(url) else ""
        self.advice.setText(words)
        self.advice.setAccessibleName(words)
        self.advice.setVisible(bool(words))
        self.how.setVisible(bool(self._url))


def prepares(channel: ChannelType) -> bool:
    return channel.prepare.__func__ is not Channel.prepare.__func__  # type: ignore[attr-defined]
