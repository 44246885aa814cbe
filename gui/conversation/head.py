"""The head of a conversation: who it is, one line about where, and what can be done with it."""

from __future__ import annotations

from datetime import datetime, timedelta

from PySide6.QtCore import QCoreApplication, QSize, Qt, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QFrame, QLabel, QMenu, QWidget

from gui.bidi import isolated
from gui.conversation.parts import button, column, label, row
from gui.conversation.subject import Subject, their_messages
from gui.icons import Icons
from services.model import MessageKind

NARROW = 560
"""Under this width (at 14 px type) Snooze moves into the menu."""


class Head(QFrame):
    """``back``: to the list, where that is hidden. ``snooze`` carries the moment to come back; ``act`` a key
    of the menu."""

    back = Signal()
    done = Signal()
    snooze = Signal(object)
    act = Signal(str)

    def __init__(self, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icons, self._theme = icons, icons.theme
        self.setProperty("ground", "conv")
        self.back_button = button(
            "", kind="icon", icon="chevron-left", icons=icons, name=self.tr("Back to the list")
        )
        self.back_button.setToolTip(self.tr("Back to the list (Esc)"))
        self.back_button.clicked.connect(self.back)
        self.back_button.hide()
        self.name = _Elided(step="title")
        self.line = _Elided(step="small", tone="text3")
        self.done_button = button(self.tr("Done"), icon="done", role="text", icons=icons)
        self.done_button.setToolTip(self.tr("Done (E)"))
        self.done_button.clicked.connect(self.done)
        self.snooze_button = button(self.tr("Snooze"), icon="later", role="text", icons=icons)
        self.snooze_button.setToolTip(self.tr("Snooze (S)"))
        self.snooze_button.clicked.connect(self.ask_snooze)
        self.person_button = button(
            "", kind="icon", icon="customer", icons=icons, name=self.tr("About this customer")
        )
        self.person_button.clicked.connect(lambda: self.act.emit("person"))
        self.more_button = button("", kind="icon", icon="more", icons=icons, name=self.tr("More"))
        self.more_menu = QMenu(self)
        self.more_menu.setAccessibleName(self.tr("More"))
        self.more_button.setMenu(self.more_menu)
        self.words = QWidget()
        box = row(
            self.back_button,
            self.words,
            8,
            self.done_button,
            4,
            self.snooze_button,
            4,
            self.person_button,
            self.more_button,
            spacing=4,
        )
        box.setContentsMargins(20, 0, 16, 0)
        box.setStretch(1, 1)
        inner = column(spacing=0)
        inner.addStretch(1)
        inner.addWidget(self.name)
        inner.addWidget(self.line)
        inner.addStretch(1)
        self.words.setLayout(inner)
        self.setLayout(box)
        self._fit()
        self._theme.changed.connect(self._fit)

    def _fit(self) -> None:
        self.setFixedHeight(self._theme.px(64))

    def set_subject(self, subject: Subject | None, why: str = "") -> None:
        """``why``: the sentence that says why the conversation stands where it stands in the list."""
        self.words.setToolTip(why)
        self.name.setAccessibleDescription(why)
        for one in (self.done_button, self.snooze_button, self.person_button, self.more_button):
            one.setVisible(subject is not None)
        if subject is None:
            self.name.set_text("")
            self.line.set_text("")
            return
        self.name.set_text(subject.customer or self.tr("Somebody"))
        self.line.set_text(place_line(subject))
        self._fit_buttons()

    def set_menu(self, actions: list[tuple[str, str, str]]) -> None:
        """(key, words, icon) of what else can be done; an empty key is a line between."""
        self.more_menu.clear()
        for key, words, icon in actions:
            if not key:
                self.more_menu.addSeparator()
                continue
            one = QAction(words, self.more_menu)
            if icon:
                one.setIcon(self._icons.icon(icon))
            one.triggered.connect(lambda checked=False, key=key: self.act.emit(key))
            self.more_menu.addAction(one)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_buttons()

    def _fit_buttons(self) -> None:
        shown = not self.done_button.isHidden()
        self.snooze_button.setVisible(shown and self.width() >= self._theme.px(NARROW))

    @property
    def is_narrow(self) -> bool:
        return self.snooze_button.isHidden()

    def ask_snooze(self, now: datetime | None = None) -> QMenu:
        """Opens the choice of moments below the button."""
        menu = snooze_menu(self, now or datetime.now().astimezone())
        anchor = self.more_button if self.is_narrow else self.snooze_button
        menu.popup(anchor.mapToGlobal(anchor.rect().bottomLeft()))
        return menu


def snooze_menu(head: Head, now: datetime) -> QMenu:
    menu = QMenu(head)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.setAccessibleName(head.tr("Snooze"))
    for words, moment in snooze_choices(now):
        action = menu.addAction(words)
        action.triggered.connect(lambda _=False, moment=moment: head.snooze.emit(moment))
    menu.addSeparator()
    note = menu.addAction(head.tr("Back sooner if they write"))
    note.setEnabled(False)
    return menu


def snooze_choices(now: datetime) -> list[tuple[str, datetime]]:
    """(words, moment) in the zone of ``now``, which is the owner's."""
    morning = now.replace(hour=8, minute=0, second=0, microsecond=0)
    choices = [(_tr("In 1 hour"), now + timedelta(hours=1))]
    if now.hour < 16:
        choices.append((_tr("This afternoon, 16:00"), morning.replace(hour=16)))
    choices.append((_tr("Tomorrow, 8:00"), morning + timedelta(days=1)))
    monday = morning + timedelta(days=(7 - morning.weekday()) or 7)
    if monday != morning + timedelta(days=1):
        choices.append((_tr("Monday, 8:00"), monday))
    choices.append((_tr("In a week"), morning + timedelta(days=7)))
    return choices


def place_line(subject: Subject) -> str:
    """ "Comment on your post · Facebook · third message": what, where, and how often they wrote."""
    kind = kind_words(subject)
    parts = [kind, subject.place] if kind.casefold() != subject.place.casefold() else [kind]
    if subject.account.name and subject.account.name.casefold() != subject.place.casefold():
        parts.append(subject.account.name)
    count = len(their_messages(subject.thread)) + subject.thread.hidden_earlier
    if 2 <= count < 11:
        parts.append(_ordinals()[count - 2])
    elif count >= 11:
        parts.append(_tr("{count} messages").format(count=count))
    return " · ".join(one for one in parts if one)


def _ordinals() -> tuple[str, ...]:
    # One whole phrase each: not every language builds them from parts.
    return (
        _tr("second message"),
        _tr("third message"),
        _tr("fourth message"),
        _tr("fifth message"),
        _tr("sixth message"),
        _tr("seventh message"),
        _tr("eighth message"),
        _tr("ninth message"),
        _tr("tenth message"),
    )


def kind_words(subject: Subject) -> str:
    thread = subject.thread
    ours = thread.context is not None and thread.context.is_ours
    words = {
        MessageKind.MENTION: _tr("Mention"),
        MessageKind.REPLY: _tr("Reply to your post") if ours else _tr("Reply"),
        MessageKind.COMMENT: _tr("Comment on your post") if ours else _tr("Comment"),
        MessageKind.POST: _tr("Post"),
        MessageKind.QUOTE: _tr("Quotes your post") if ours else _tr("Quote"),
        MessageKind.REVIEW: _tr("Review"),
        MessageKind.DIRECT: _tr("Private message"),
        MessageKind.EMAIL: _tr("E-mail"),
        MessageKind.ENTRY: _tr("Entry"),
        MessageKind.FOLLOW: _tr("New follower"),
    }
    return words[thread.conversation.kind]


def _tr(text: str) -> str:
    return QCoreApplication.translate("Head", text)


class _Elided(QLabel):
    """One line that is cut with three dots; the whole text stays in the tooltip and for screen readers."""

    def __init__(self, *, step: str, tone: str = "") -> None:
        super().__init__()
        made = label(step=step, tone=tone)
        for name in ("step", "tone"):
            self.setProperty(name, made.property(name))
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setMinimumWidth(1)
        self._whole = ""

    def set_text(self, text: str) -> None:
        self._whole = text
        self.setAccessibleName(text)
        self._fit()

    def whole(self) -> str:
        return self._whole

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        shown = self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideRight, max(self.width(), 1))
        # Isolated, a name from right to left stands at the same edge as every other.
        if isolated(shown) != self.text():
            self.setText(isolated(shown))
        self.setToolTip(self._whole if shown != self._whole else "")

    def sizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance(self._whole) + 2, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(1, super().minimumSizeHint().height())
