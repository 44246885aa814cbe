"""The checks before sending, put into one line with its remedies."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from gui import QT_TRANSLATE_NOOP
from gui.conversation.note_line import Note
from services.replies.checks import Check

SENTENCES = {
    "blank": QT_TRANSLATE_NOOP("Checks", "A blank is still open: {words}."),
    "phone": QT_TRANSLATE_NOOP("Checks", "A phone number that everyone can read."),
    "email": QT_TRANSLATE_NOOP("Checks", "An e-mail address that everyone can read."),
    "address": QT_TRANSLATE_NOOP("Checks", "A street address that everyone can read."),
}
PERSONAL = frozenset({"phone", "email", "address"})


def note_of(check: Check, *, can_take_private: bool) -> Note:
    raise NotImplementedError
