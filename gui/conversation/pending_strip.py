"""What waits for the owner's approval before others can read it, with what can be done about it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QSizePolicy, QWidget

from gui.conversation.deed_words import KEY
from gui.conversation.parts import IconLabel, button, label, row
from gui.conversation.subject import Subject
from gui.icons import Icons
from services.model import Direction, MessageState, ThreadMessage
from services.moderation import APPROVE, DELETE, SPAM, offered


class PendingStrip(QFrame):
    """``acted`` carries the key of an action and the message, as a bubble does."""

    acted = Signal(str, object)

    def __init__(self, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("pendingStrip")
        self._message: ThreadMessage | None = None
        self.words = label(wrap=True)
        self.buttons = {
            APPROVE: button(self.tr("Approve"), kind="inline"),
            SPAM: button(self.tr("Spam"), kind="inline"),
            DELETE: button(self.tr("Trash"), kind="inline"),
        }
        for action, one in self.buttons.items():
            one.clicked.connect(lambda _=False, action=action: self._act(action))
        box = row(
            IconLabel(icons, "clock", "clocktx", 18),
            self.words,
            *self.buttons.values(),
            spacing=8,
            margins=(14, 6, 10, 6),
        )
        box.setStretch(1, 1)
        for one in self.buttons.values():
            box.setAlignment(one, Qt.AlignmentFlag.AlignVCenter)
        self.setLayout(box)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        self.setMinimumHeight(icons.theme.px(38))
        self.hide()

    def set_subject(self, subject: Subject | None) -> None:
        """About the oldest that waits; hidden where nothing does, or this account may not decide."""
        waiting = [] if subject is None else [m for m in subject.thread.messages if _waits(m, subject)]
        self._message = waiting[0] if waiting else None
        self.setVisible(bool(waiting))
        if subject is None or self._message is None:
            return
        name = self._message.author.name or self._message.author.handle or self.tr("Somebody")
        one = self.tr("{name} waits for your approval. Others cannot read it yet")
        several = self.tr("{count} wait for your approval at {place}, first {name}")
        words = one if len(waiting) == 1 else several
        self.words.setText(words.format(name=name, place=subject.place, count=len(waiting)))
        self.setAccessibleName(self.words.text())
        able = offered(subject.abilities, self._message)
        for action, button_ in self.buttons.items():
            button_.setVisible(action in able)
            button_.setAccessibleName(
                self.tr("{action}, what {name} wrote").format(action=button_.text(), name=name)
            )

    def _act(self, action: str) -> None:
        if self._message is not None:
            self.acted.emit(KEY + action, self._message)


def _waits(message: ThreadMessage, subject: Subject) -> bool:
    return (
        message.direction is Direction.INBOUND
        and message.state == MessageState.PENDING
        and APPROVE in offered(subject.abilities, message)
    )
