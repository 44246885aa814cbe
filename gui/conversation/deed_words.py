"""What the owner can do to a message on its network, in words. No widgets here."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from services.channels.base import Abilities
from services.model import Direction, MessageState, ThreadMessage
from services.moderation import APPROVE, BLOCK, DELETE, HIDE, LIKE, SPAM, offered

KEY = "moderate:"
"""Before the action, where a button or a menu carries it."""
ICONS = {APPROVE: "done", SPAM: "spam", DELETE: "close", HIDE: "offline", LIKE: "hello", BLOCK: "spam"}


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked once before something that cannot be taken back."""

    text: str
    details: str
    yes: str
    no: str


def deeds_of(
    abilities: Abilities, message: ThreadMessage, *, place: str, name: str
) -> tuple[tuple[str, str, str], ...]:
    """(key, words, icon) of all that is possible with this message."""
    return tuple(
        (KEY + action, action_words(action, place=place, name=name), ICONS[action])
        for action in offered(abilities, message)
    )


def action_words(action: str, *, place: str, name: str) -> str:
    words = {
        APPROVE: _tr("Approve"),
        SPAM: _tr("Spam, here and at {place}"),
        DELETE: _tr("Delete at {place}…"),
        HIDE: _tr("Hide from others at {place}"),
        LIKE: _tr("Like"),
        BLOCK: _tr("Block {name} at {place}…"),
    }
    return words[action].format(place=place, name=name or _tr("this person"))


def done_words(action: str, *, place: str, name: str) -> str:
    """Said to those who listen to the screen."""
    words = {
        APPROVE: _tr("Approved. Others can read it at {place} now."),
        SPAM: _tr("Marked as spam, at {place} too."),
        DELETE: _tr("Deleted at {place}. It is kept here."),
        HIDE: _tr("Hidden at {place}. It is kept here."),
        LIKE: _tr("Liked at {place}."),
        BLOCK: _tr("{name} is blocked at {place}."),
    }
    return words[action].format(place=place, name=name or _tr("This person"))


def question_of(action: str, message: ThreadMessage, *, place: str, name: str) -> Question:
    who = name or _tr("this person")
    if action == BLOCK:
        return Question(
            _tr("Block {name} at {place}?").format(name=who, place=place),
            _tr(
                "{name} can no longer write to you at {place}, and is muted here. Blocking can be taken back"
                " at {place} only."
            ).format(name=who, place=place),
            _tr("Block"),
            _tr("Do not block"),
        )
    if message.direction is Direction.OUTBOUND:
        return Question(
            _tr("Delete your answer at {place}?").format(place=place),
            _tr("Nobody can read it there any more, and {name} waits for an answer again.").format(name=who),
            _tr("Delete"),
            _tr("Keep it"),
        )
    if message.state == MessageState.PENDING:
        # The words of the button above what waits.
        return Question(
            _tr("Put this message in the trash at {place}?").format(place=place),
            _tr("Nobody else gets to read it. What {name} wrote is kept here.").format(name=who),
            _tr("Trash"),
            _tr("Keep it"),
        )
    return Question(
        _tr("Delete this message at {place}?").format(place=place),
        _tr("Nobody can read it there any more. What {name} wrote is kept here.").format(name=who),
        _tr("Delete"),
        _tr("Keep it"),
    )


def _tr(text: str) -> str:
    return QCoreApplication.translate("Deeds", text)
