"""What the composer says: why nothing can be answered any more, and the one line below it. No widgets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from PySide6.QtCore import QCoreApplication, QLocale

from gui.conversation.check_words import note_of
from gui.conversation.note_line import Note
from gui.conversation.subject import Subject
from gui.conversation.when import clock_time, day_name, time_left
from services.replies.checks import Check
from services.replies.length import Length

WINDOW_SHOWN = timedelta(hours=6)


def _tr(text: str) -> str:
    return QCoreApplication.translate("Composer", text)


def closed_reason(subject: Subject, now: datetime) -> str:
    """Why nothing can be answered here any more, as a sentence; empty while it can."""
    place, parent = subject.place, subject.parent
    if parent is None:
        return _tr("There is nothing left to answer here.")
    if parent.reply_until is not None and parent.reply_until <= now:
        since = _time_of_day(parent.reply_until, now)
        return _tr("{place} takes no more answers here since {time}.").format(place=place, time=since)
    if subject.is_copied:
        return ""
    if not parent.can_reply:
        return _tr("{place} takes no answers here.").format(place=place)
    able = subject.abilities
    if not (able.private_reply if subject.is_private else able.public_reply or able.private_reply):
        return _tr("{place} takes no answers.").format(place=place)
    return ""


def _too_long(length: Length) -> str:
    if length.in_bytes and length.over == 1:
        return _tr("1 byte too long for {place}: a plain letter is one, others are two to four.")
    if length.in_bytes:
        return _tr("{count} bytes too long for {place}: a plain letter is one, others are two to four.")
    if length.over == 1:
        return _tr("1 character too long for {place}.")
    return _tr("{count} characters too long for {place}.")


def note_for(
    subject: Subject, length: Length, found: Sequence[Check], *, private: bool, now: datetime, hold_s: int
) -> Note:
    """The most important thing to say: too long, what the checks found, the reply window, or nothing."""
    if length.over:
        words = _too_long(length).format(count=QLocale().toString(length.over), place=subject.place)
        return Note(words, "warning", "caretx")
    if found:
        can_take_private = subject.can_switch and not private
        return note_of(found[0], customer=subject.customer, can_take_private=can_take_private)
    until = subject.parent.reply_until if subject.parent is not None else None
    if until is not None and until - now <= WINDOW_SHOWN:
        return _window_note(subject.place, until, now)
    if subject.is_copied:
        return Note(_tr("Paste it there. Shopbell notices when it appears."), "copy")
    nothing = _tr("Nothing to check.")
    if hold_s <= 0:
        return Note(nothing)
    words = _tr("Nothing to check. You can take it back for {seconds} seconds after sending.")
    return Note(words.format(seconds=hold_s), short=nothing)


def _window_note(place: str, until: datetime, now: datetime) -> Note:
    left = time_left((until - now).total_seconds())
    words = _tr("{place} takes answers until {time} today, {left} left.")
    if day_name(until, now) != day_name(now, now):
        words = _tr("{place} takes answers until {time}, {left} left.")
    return Note(words.format(place=place, time=clock_time(until), left=left), "closing", "clocktx")


def _time_of_day(moment: datetime, now: datetime) -> str:
    at, day = clock_time(moment), day_name(moment, now)
    return at if day == day_name(now, now) else _tr("{day} {time}").format(day=day, time=at)
