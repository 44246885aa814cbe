"""The one strong button of the composer, and the narrow half beside it with the other way to send."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMenu, QWidget

from gui.conversation.parts import button, row, set_words
from gui.icons import Icons
from gui.theme import say


class SendButtons(QWidget):
    """``submitted`` carries whether the conversation is closed afterwards."""

    submitted = Signal(bool)

    def __init__(self, icons: Icons) -> None:
        super().__init__()
        self._icons = icons
        self.send = button(
            self.tr("Reply publicly"), kind="public", icon="send", role="onaccent", icons=icons
        )
        self.send.clicked.connect(lambda: self.submitted.emit(False))
        more = self.tr("More ways to send")
        self.more = button("", kind="public", icon="chevron-down", role="onaccent", icons=icons, name=more)
        self.more.setProperty("half", True)
        menu = QMenu(self)
        menu.setAccessibleName(more)
        # The keys are only shown here; they work in the composer alone.
        self._first = menu.addAction(self.tr("Send") + "\tCtrl+Enter")
        self._first.triggered.connect(lambda: self.submitted.emit(False))
        self._second = menu.addAction(self.tr("Send and close") + "\tCtrl+Shift+Enter")
        self._second.triggered.connect(lambda: self.submitted.emit(True))
        self.more.setMenu(menu)
        self.setLayout(row(self.send, self.more, spacing=1))
        icons.theme.changed.connect(self._fit)
        self._fit()

    def _fit(self) -> None:
        self.more.setFixedWidth(self._icons.theme.px(30))

    def show_state(self, *, private: bool, is_copied: bool, able: bool) -> None:
        if is_copied:
            words, icon = self.tr("Copy and open"), "copy"
        elif private:
            words, icon = self.tr("Send privately"), "send"
        else:
            words, icon = self.tr("Reply publicly"), "send"
        self.send.setIcon(self._icons.icon(icon, "onaccent"))
        set_words(self.send, words)
        self.more.setVisible(not is_copied)
        kind = "strong" if private else "public"
        for one in (self.send, self.more):
            if one.property("kind") != kind:
                say(one, kind=kind)
            one.setEnabled(able)
        whole = is_copied or None
        if self.send.property("whole") != whole:
            say(self.send, whole=whole)
        self._first.setEnabled(able)
        self._second.setEnabled(able)
