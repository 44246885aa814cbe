"""Where an answer is written. It never looks the same for the two worlds: public is blue with a globe,
private green with a lock.

Decides nothing: says what the owner wants (``send``, ``switch``, ``copy``) and shows what it is told.
Counting and checks are services'.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import QLocale, QSize, Qt, Signal
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QApplication, QFrame, QPushButton, QVBoxLayout, QWidget

from gui.conversation.check_words import KEEP, SHOW, TAKE_PRIVATE
from gui.conversation.composer_words import closed_reason, note_for
from gui.conversation.note_line import Note, NoteLine
from gui.conversation.parts import button, label, row, set_words
from gui.conversation.reply_edit import ReplyEdit
from gui.conversation.send_buttons import SendButtons
from gui.conversation.subject import Subject
from gui.conversation.world_bar import WorldBar
from gui.icons import Icons
from gui.theme import say
from services.replies.checks import Check, Severity
from services.replies.graphemes import count_graphemes
from services.replies.length import Length, check_length

NARROW = 560
CheckReply = Callable[[Subject, str, bool], Iterable[Check]]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What the owner wants sent. ``seen_id``: the newest message that was on screen."""

    conversation_id: int
    text: str
    private: bool
    close_after: bool
    template: str
    seen_id: int


class Composer(QWidget):
    """``edited``: the text changed by hand (save it as a draft)."""

    send = Signal(object)
    copy = Signal(str)
    open_page = Signal()
    edited = Signal(str)
    wants_template = Signal(bool)

    def __init__(
        self, icons: Icons, now: Callable[[], datetime], check: CheckReply, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._icons, self._theme, self._now, self._check = icons, icons.theme, now, check
        self._subject: Subject | None = None
        self._private = False
        self._is_sending = False
        self._trouble: Note | None = None
        self._kept: set[tuple[str, str]] = set()
        self._checks: list[Check] = []
        self._template = ""
        self.hold_s = 10
        self.editor = ReplyEdit(self._theme)
        self.world = WorldBar(icons)
        self.note = NoteLine(icons)
        self._build()
        self.editor.edited.connect(self._on_edited)
        self.editor.slashed.connect(lambda: self.wants_template.emit(True))
        self.world.switched.connect(self.switch_world)
        self.note.remedy.connect(self._on_remedy)

    # --- building

    def _build(self) -> None:
        self.frame = QFrame()
        self.frame.setObjectName("composer")
        self.chip = button(
            "", kind="icon", icon="template", icons=self._icons, name=self.tr("Use a template")
        )
        self.chip.clicked.connect(lambda: self.wants_template.emit(False))
        self.count = label(step="small", tone="text3")
        self.count.setFont(self._theme.font("small", tabular=True))
        self.buttons = SendButtons(self._icons)
        self.buttons.submitted.connect(lambda close_after: self.submit(close_after=close_after))
        inside = QVBoxLayout(self.frame)
        inside.setContentsMargins(1, 1, 1, 1)
        inside.setSpacing(0)
        inside.addWidget(self.world)
        inside.addLayout(row(self.editor, margins=(14, 10, 10, 4)))
        inside.addLayout(row(self.chip, None, self.count, 4, self.buttons, margins=(8, 4, 8, 8)))
        self.closed = self._build_closed()
        outer = QVBoxLayout(self)
        outer.setContentsMargins(20, 4, 20, 12)
        outer.setSpacing(4)
        outer.addWidget(self.frame)
        outer.addWidget(self.closed)
        outer.addWidget(self.note)
        for keys, close_after in (
            ("Ctrl+Return", False),
            ("Ctrl+Enter", False),
            ("Ctrl+Shift+Return", True),
            ("Ctrl+Shift+Enter", True),
        ):
            short = QShortcut(QKeySequence(keys), self, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
            short.activated.connect(lambda close_after=close_after: self.submit(close_after=close_after))

    def _build_closed(self) -> QFrame:
        frame = QFrame()
        frame.setProperty("card", True)
        self.closed_words = label(tone="text2", wrap=True)
        self.closed_button = button(self.tr("Open it there"), icon="link-out", icons=self._icons)
        self.closed_button.clicked.connect(self.open_page)
        frame.setLayout(row(self.closed_words, 8, self.closed_button, margins=(14, 12, 12, 12)))
        return frame

    # --- what is answered

    @property
    def send_button(self) -> QPushButton:
        return self.buttons.send

    @property
    def private(self) -> bool:
        return self._private

    @property
    def subject(self) -> Subject | None:
        return self._subject

    def set_subject(self, subject: Subject | None, draft: str = "", *, same: bool = False) -> None:
        """``same``: the same conversation read again. What is being written stays, and no draft is taken: it
        may have been read before the last reply left the editor."""
        self._subject = subject
        self.setVisible(subject is not None)
        if subject is None:
            return
        if not same:
            self._private = subject.is_private or (
                not subject.abilities.public_reply and subject.abilities.private_reply
            )
            self._template, self._trouble, self._is_sending = "", None, False
            self._kept.clear()
            self.editor.set_text(draft)
        elif subject.is_private:
            self._private = True
        self._show_template()
        self.refresh()

    def switch_world(self) -> None:
        if self._subject is not None and self._subject.can_switch:
            self._private = not self._private
            self.refresh()
            # Whoever changes the world goes on writing; elsewhere letters would be commands.
            focused = QApplication.focusWidget()
            if focused is not None and self.isAncestorOf(focused):
                self.editor.setFocus()

    def set_reply(self, text: str, filled: Iterable[tuple[int, int]] = (), template: str = "") -> None:
        self.editor.set_text(text, filled)
        self._template = template
        self._show_template()
        self._on_edited()

    def use_template(self, name: str) -> None:
        self._template = name
        self._show_template()

    def _show_template(self) -> None:
        room = self._theme.px(150 if self.is_narrow else 220)
        shown = self.chip.fontMetrics().elidedText(self._template, Qt.TextElideMode.ElideRight, room)
        spoken = self.tr("Template {name}, choose another").format(name=self._template)
        set_words(self.chip, shown, spoken if self._template else self.tr("Use a template"))
        self.chip.setToolTip(spoken if self._template else self.tr("Use a template (/)"))
        say(self.chip, kind="chip" if self._template else "icon")

    # --- sending

    def submit(self, *, close_after: bool = False) -> None:
        """Asks for sending what is written; does nothing while it may not leave."""
        subject = self._subject
        if subject is None or not self.may_send():
            return
        if subject.is_copied:
            self.copy.emit(self.editor.text().strip())
            return
        self._is_sending = True
        self.refresh()
        seen = max((one.id for one in subject.thread.messages if one.outbox_id is None), default=0)
        self.send.emit(
            Outgoing(subject.id, self.editor.text(), self._private, close_after, self._template, seen)
        )

    def sent(self) -> None:
        """It is in the outbox: the editor is free for the next one."""
        self._is_sending = False
        self._trouble, self._template = None, ""
        self._show_template()
        self.editor.set_text("")
        self.refresh()

    def not_sent(self, trouble: Note) -> None:
        """It was not taken; everything stays as it was written."""
        self._is_sending = False
        self._trouble = trouble
        self.refresh()

    def length(self) -> Length:
        subject = self._subject
        if subject is None:
            return Length(0, None, 0)
        return check_length(
            self.editor.text().strip(), subject.limits, count_graphemes, prefix=subject.prefix(self._private)
        )

    def may_send(self) -> bool:
        subject = self._subject
        return (
            subject is not None
            and not self._is_sending
            and self.closed_reason() == ""
            and bool(self.editor.text().strip())
            and self.length().over <= 0
            and not any(one.severity is Severity.STOP for one in self._checks)
        )

    def closed_reason(self) -> str:
        """Why nothing can be answered here any more; empty while it can."""
        return "" if self._subject is None else closed_reason(self._subject, self._now())

    # --- showing

    def refresh(self) -> None:
        """Head, count, button and the line below, all from the present text."""
        subject = self._subject
        if subject is None:
            return
        closed = self.closed_reason()
        self.frame.setVisible(not closed)
        self.note.setVisible(not closed)
        self.closed.setVisible(bool(closed))
        self.closed_words.setText(closed)
        self.closed_button.setVisible(bool(subject.page_url))
        if closed:
            return
        switch = ""
        if subject.can_switch:
            switch = self.tr("Answer in public") if self._private else self.tr("Take it private")
        self.world.show_world(
            private=self._private,
            us=subject.us,
            customer=subject.customer,
            switch=switch,
            is_copied=subject.is_copied,
        )
        world = "private" if self._private else "public"
        if self.frame.property("world") != world:
            say(self.frame, world=world)
            say(self.world, world=world)
            say(self.editor, world=world)
        self._show_count()
        self._show_note(subject)
        self.buttons.show_state(private=self._private, is_copied=subject.is_copied, able=self.may_send())

    def _show_count(self) -> None:
        length = self.length()
        number = QLocale().toString
        if not self.editor.text().strip():
            # The address that is put in front counts too, but a number without a text only puzzles.
            self.count.setText("")
        elif length.limit is None:
            self.count.setText(number(length.count) if length.count else "")
        else:
            self.count.setText(
                self.tr("{count} of {limit}").format(count=number(length.count), limit=number(length.limit))
            )
        # Where there is little room the count shows only when it matters.
        is_near = length.limit is not None and length.count >= length.limit * 0.8
        self.count.setVisible(not self.is_narrow or is_near)
        say(
            self.count,
            tone="caretx" if length.over > 0 else "text3",
            weight="600" if length.over > 0 else "400",
        )

    def _show_note(self, subject: Subject) -> None:
        text = self.editor.text()
        found = [
            one
            for one in self._check(subject, text, self._private)
            if (one.kind, _piece(text, one)) not in self._kept
        ]
        self._checks = found
        self.editor.mark_wrong((one.start, one.end) for one in found)
        now = self._now()
        note = note_for(subject, self.length(), found, private=self._private, now=now, hold_s=self.hold_s)
        self.note.show_note(self._trouble or note)

    # --- slots

    def _on_edited(self) -> None:
        self._trouble = None
        if not self.editor.text() and self._template:
            self.use_template("")
        self.refresh()
        self.edited.emit(self.editor.text())

    def _on_remedy(self, key: str) -> None:
        if key == TAKE_PRIVATE:
            self.switch_world()
        elif key == KEEP and self._checks:
            self._kept.add((self._checks[0].kind, _piece(self.editor.text(), self._checks[0])))
            self.refresh()
        elif key == SHOW and self._checks:
            self.editor.setTextCursor(self.editor.cursor_over(self._checks[0].start, self._checks[0].end))
            self.editor.setFocus()
        elif key == "open":
            self.open_page.emit()

    @property
    def is_narrow(self) -> bool:
        return self.width() < self._theme.px(NARROW)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_template()
        if self._subject is not None:
            self._show_count()

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(300), super().minimumSizeHint().height())

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(420), super().sizeHint().height())


def _piece(text: str, check: Check) -> str:
    return text[check.start : check.end]
