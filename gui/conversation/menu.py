"""What else can be done with a conversation: the menu behind the three dots."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from gui.conversation.deed_words import KEY, action_words, deeds_of
from gui.conversation.subject import Subject
from services.model import State
from services.moderation import SPAM


def menu_of(subject: Subject, *, narrow: bool) -> list[tuple[str, str, str]]:
    """(key, words, icon); an empty key is a line between."""
    conversation = subject.thread.conversation
    entries: list[tuple[str, str, str]] = []
    if narrow:
        entries.append(("snooze", _tr("Snooze…"), "later"))
    if conversation.state is not State.NEW:
        entries.append(("new", _tr("Still waits for an answer"), "new"))
    if conversation.is_complaint:
        entries.append(("not-complaint", _tr("Not a complaint"), "done"))
    else:
        entries.append(("complaint", _tr("This is a complaint"), "complaint"))
    if conversation.state is not State.SPAM:
        entries.append(("spam", spam_words(subject), "spam"))
    else:
        entries.append(("not-spam", _tr("Not spam"), "done"))
    if subject.parent is not None:
        name = subject.parent.author.name or subject.customer or _tr("this person")
        if subject.parent.is_muted:
            entries.append(("hear", _tr("Hear {name} again").format(name=name), "bell"))
        else:
            entries.append(("mute", _tr("Mute {name}, everywhere").format(name=name), "bell-off"))
    deeds = _deeds(subject)
    if deeds:
        entries += [("", "", ""), *deeds]
    if subject.page_url or conversation.url:
        entries.append(("", "", ""))
        entries.append(("open", _tr("Open on {place}").format(place=subject.place), "link-out"))
    return entries


def spam_words(subject: Subject) -> str:
    """Says so where the network is told, too."""
    if subject.abilities.spam:
        return action_words(SPAM, place=subject.place, name=subject.customer)
    return _tr("Spam")


def _deeds(subject: Subject) -> list[tuple[str, str, str]]:
    """What can be done with the message that a reply would answer; spam is about the whole conversation."""
    if subject.parent is None:
        return []
    name = subject.parent.author.name or subject.customer
    found = deeds_of(subject.abilities, subject.parent, place=subject.place, name=name)
    return [one for one in found if one[0] != KEY + SPAM]


def _tr(text: str) -> str:
    return QCoreApplication.translate("ConversationMenu", text)
