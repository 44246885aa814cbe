"""A thread made into what is drawn: bubbles, and a line between two days. Pure; no widgets, no clock of its
own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo

from PySide6.QtCore import QCoreApplication

from gui.bidi import isolated
from gui.conversation.attached import files_of
from gui.conversation.bubble import UNFOLD, BubbleEntry
from gui.conversation.deed_words import KEY, action_words, deeds_of
from gui.conversation.delivery import Delivery, delivery_of
from gui.conversation.when import clock_time, day_and_time, day_line
from gui.conversation.whole import SHOW, whole_of
from services.channels.base import Abilities
from services.model import Direction, MessageState, ThreadMessage
from services.moderation import APPROVE, offered

NO_ABILITIES = Abilities(frozenset())
RUN = timedelta(minutes=10)
"""Messages of one person closer together than this share one line of name and time."""


@dataclass(frozen=True, slots=True)
class DayEntry:
    """The line in the middle between two days."""

    key: tuple[str, str]
    text: str


Entry = BubbleEntry | DayEntry


@dataclass(frozen=True, slots=True)
class Wording:
    """What the words need besides the messages. ``words`` is the sentence about an error of a reply.
    ``shows_reasons`` is off once the owner said that it is no complaint. ``abilities`` are the network's.
    ``folds``: what may be abusive is shown only when asked for."""

    now: datetime
    place: str
    customer: str
    words: Callable[[ThreadMessage], str]
    zone: tzinfo | None = None
    shows_reasons: bool = True
    abilities: Abilities = NO_ABILITIES
    folds: bool = True


def entries_of(messages: Sequence[ThreadMessage], wording: Wording) -> list[Entry]:
    """Bubbles oldest first; replies of ours that are on their way come last, as the store hands them."""
    entries: list[Entry] = []
    for at, message in enumerate(messages):
        before = messages[at - 1] if at else None
        after = messages[at + 1] if at + 1 < len(messages) else None
        if before is not None and _day(before, wording) != _day(message, wording):
            day = day_line(message.sent_at, wording.now, wording.zone)
            entries.append(DayEntry(("day", _day(message, wording)), day))
        entries.append(_bubble(message, after, wording))
    return entries


def _day(message: ThreadMessage, wording: Wording) -> str:
    return message.sent_at.astimezone(wording.zone).date().isoformat()


def _bubble(message: ThreadMessage, after: ThreadMessage | None, wording: Wording) -> BubbleEntry:
    ours = message.direction is Direction.OUTBOUND
    earlier = message.earlier[-1] if message.earlier else ""
    if ours:
        meta = delivery_of(
            message,
            now=wording.now,
            place=wording.place,
            customer=wording.customer,
            words=wording.words,
            zone=wording.zone,
        )
        if message.outbox_id is None and message.state == MessageState.DELETED:
            meta = Delivery(_tr("Taken down at {place}").format(place=wording.place), "close")
        spoken = _tr("You: {text}. {state}").format(text=message.text, state=meta.text)
        deeds = _deeds(message, wording.customer, wording) if message.outbox_id is None else ()
        files = files_of(message, wording.abilities)
        whole = whole_of(message)
        meta = _with_whole(meta, whole)
        return BubbleEntry(message, True, spoken, meta, message.title, earlier, files, deeds, whole)
    if message.reasons and not wording.shows_reasons:
        message = replace(message, reasons=())
    name = name_of(message)
    at = day_and_time(message.sent_at, wording.now, wording.zone)
    folded = _folded(message, name, wording)
    spoken = _tr("{name}, {time}: {text}").format(name=name, time=at, text=folded or message.text)
    whole = "" if folded else whole_of(message)
    # What can be unfolded needs a line of its own, also within a run.
    line = _their_line(message, None if whole or folded else after, name, at, wording)
    if folded and line is not None:
        line = replace(line, actions=(*line.actions, (UNFOLD, _tr("Show anyway"))))
    return BubbleEntry(
        message,
        False,
        spoken,
        _with_whole(line, whole) if line is not None else None,
        message.title,
        earlier,
        files_of(message, wording.abilities),
        _deeds(message, name, wording),
        whole,
        folded,
    )


def _folded(message: ThreadMessage, name: str, wording: Wording) -> str:
    """What stands in the place of the words; empty where they are shown."""
    if message.is_muted:
        return _tr("{name} is muted").format(name=name)
    if message.is_abusive and wording.folds:
        return _tr("This message may be abusive")
    return ""


def _with_whole(line: Delivery, whole: str) -> Delivery:
    if not whole:
        return line
    return replace(line, actions=(*line.actions, (SHOW, _tr("show the whole mail"))))


def _deeds(message: ThreadMessage, name: str, wording: Wording) -> tuple[tuple[str, str, str], ...]:
    return deeds_of(wording.abilities, message, place=wording.place, name=name)


def _their_line(
    message: ThreadMessage, after: ThreadMessage | None, name: str, at: str, wording: Wording
) -> Delivery | None:
    words = _tr("{name} · {time}").format(name=isolated(name), time=at)
    if message.is_automatic:
        words = _tr("{line} · automatic").format(line=words)
    if message.state == MessageState.DELETED:
        return Delivery(_tr("{line} · no longer there, kept here").format(line=words), "close")
    if message.state == MessageState.HIDDEN:
        return Delivery(_tr("{line} · hidden from others").format(line=words), "offline")
    if message.state == MessageState.PENDING:
        return _pending_line(message, words, wording)
    if message.earlier or message.state == MessageState.EDITED:
        changed = _changed(message, wording)
        actions = (("show-before", _tr("show before")),) if message.earlier else ()
        return Delivery(
            _tr("{line} · {changed}").format(line=words, changed=changed), "edit", "text3", actions
        )
    follows = (
        after is not None
        and after.direction is message.direction
        and after.author.id == message.author.id
        and _day(after, wording) == _day(message, wording)
        and timedelta(0) <= after.sent_at - message.sent_at < RUN
    )
    return None if follows else Delivery(words)


def _pending_line(message: ThreadMessage, words: str, wording: Wording) -> Delivery:
    """With the one thing that is mostly wanted at hand, where this account may decide."""
    if APPROVE not in offered(wording.abilities, message):
        return Delivery(_tr("{line} · not shown to others yet").format(line=words), "clock", "clocktx")
    approve = (KEY + APPROVE, action_words(APPROVE, place=wording.place, name=name_of(message)))
    return Delivery(
        _tr("{line} · waiting for your approval").format(line=words), "clock", "clocktx", (approve,)
    )


def _changed(message: ThreadMessage, wording: Wording) -> str:
    if message.edited_at is None:
        return _tr("changed")
    same_day = (
        message.edited_at.astimezone(wording.zone).date() == message.sent_at.astimezone(wording.zone).date()
    )
    at = message.edited_at
    when = clock_time(at, wording.zone) if same_day else day_and_time(at, wording.now, wording.zone)
    return _tr("changed at {time}").format(time=when)


def name_of(message: ThreadMessage) -> str:
    return message.author.name or message.author.handle or _tr("Somebody")


def _tr(text: str) -> str:
    return QCoreApplication.translate("Thread", text)
