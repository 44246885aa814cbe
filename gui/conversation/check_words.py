"""The checks before sending, put into the one line below the composer, with their remedies."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from gui import QT_TRANSLATE_NOOP
from gui.conversation.note_line import Note
from gui.conversation.subject import Subject
from services.replies.checks import Check, Severity, check_reply
from services.replies.graphemes import count_graphemes
from services.replies.names import first_name

TAKE_PRIVATE, KEEP, SHOW = "take-private", "keep", "show"
SENTENCES = {
    "blank": QT_TRANSLATE_NOOP("Checks", "A blank is still open: {value}"),
    "phone": QT_TRANSLATE_NOOP("Checks", "A phone number that everyone can read."),
    "email": QT_TRANSLATE_NOOP("Checks", "An e-mail address that everyone can read."),
    "address": QT_TRANSLATE_NOOP("Checks", "A street address that everyone can read."),
    "card": QT_TRANSLATE_NOOP("Checks", "A card or bank number that everyone can read."),
    "other-name": QT_TRANSLATE_NOOP("Checks", "It greets {value}. The customer is {customer}."),
    "stranger": QT_TRANSLATE_NOOP("Checks", "{value} would read this private message too."),
    "no-mention": QT_TRANSLATE_NOOP("Checks", "It does not mention {customer}, who might not notice it."),
    "shouting": QT_TRANSLATE_NOOP("Checks", "Mostly capital letters. That reads like shouting."),
}
KEEP_IT = QT_TRANSLATE_NOOP("Checks", "Keep it so")
KEEP_WORDS = {
    "phone": QT_TRANSLATE_NOOP("Checks", "It is ours, keep"),
    "email": QT_TRANSLATE_NOOP("Checks", "It is ours, keep"),
    "address": QT_TRANSLATE_NOOP("Checks", "It is ours, keep"),
}
PERSONAL = frozenset({"phone", "email", "address", "card"})


def checks_for(subject: Subject, text: str, private: bool, *, owner: str = "") -> list[Check]:
    """Those that are said in the line; the length has its own words there. Most serious first."""
    if not text.strip():
        return []
    conversation = subject.thread.conversation
    people = {one.author.name for one in subject.thread.messages} | {
        one.author.handle for one in subject.thread.messages
    }
    found = check_reply(
        text,
        limits=subject.limits,
        private=private,
        prefix=subject.prefix(private),
        customer_first_name=first_name(conversation.customer_name),
        customer_name=conversation.customer_name,
        customer_handle=conversation.customer_handle,
        known_people=[*people, subject.us, subject.account.name, owner],
        count_graphemes=count_graphemes,
    )
    return [one for one in found if one.kind in SENTENCES]


def note_of(check: Check, *, customer: str, can_take_private: bool) -> Note:
    def tr(text: str) -> str:
        return QCoreApplication.translate("Checks", text)

    words = tr(SENTENCES[check.kind]).format(value=check.value, customer=customer)
    remedies = []
    if check.kind in PERSONAL and can_take_private:
        remedies.append((TAKE_PRIVATE, tr("Take it private")))
    if check.kind in ("blank", "other-name"):
        remedies.append((SHOW, tr("Show it")))
    remedies.append((KEEP, tr(KEEP_WORDS.get(check.kind, KEEP_IT))))
    stops = check.severity is Severity.STOP
    return Note(words, "warning", "caretx" if stops else "clocktx", tuple(remedies))
