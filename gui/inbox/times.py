"""The mark at the right of a row: how long somebody waits, until when, since when it is answered."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from typing import NamedTuple

from PySide6.QtCore import QCoreApplication, QLocale

from gui.conversation.when import clock_time, day_name, how_long
from services.model import Conversation, OutboxState, State

DIAL = timedelta(hours=8)
AMBER_FROM = timedelta(hours=4)
CLOSING_FROM = timedelta(hours=6)
LONG_WINDOW = timedelta(days=2)
LONG_CLOSING_FROM = timedelta(hours=24)


def _tr(text: str) -> str:
    return QCoreApplication.translate("RowMark", text)


class Mark(NamedTuple):
    """``icon`` empty: the dial, filled to ``dial`` (0..1). ``role`` is a palette role."""

    text: str
    role: str
    icon: str = ""
    dial: float | None = None
    is_strong: bool = False


def dial(waited: timedelta) -> float:
    """0..1 of eight hours, the wall clock's; full from then on."""
    return min(max(waited / DIAL, 0.0), 1.0)


def time_mark(row: Conversation, now: datetime, zone: tzinfo | None = None) -> Mark | None:
    """What stands at the right of the name."""
    if row.outbox_state in (OutboxState.FAILED, OutboxState.UNCLEAR):
        return Mark(_tr("not sent"), "caretx", "warning", is_strong=True)
    if row.outbox_state is OutboxState.HOLDING or row.outbox_state is OutboxState.SENDING:
        return Mark(_tr("leaving"), "text3", "send")
    if row.state is State.SNOOZED and row.snoozed_until is not None:
        return Mark(short_moment(row.snoozed_until, now, zone), "text3", "snoozed")
    if row.waiting_since is not None and row.state is not State.SPAM:
        waited = now - row.waiting_since
        role = "caretx" if row.is_complaint else "clocktx" if waited >= AMBER_FROM else "text2"
        return Mark(how_long(waited.total_seconds()), role, dial=dial(waited), is_strong=True)
    if row.answered_at is not None:
        moment = short_moment(row.answered_at, now, zone)
        return Mark(_tr("answered {moment}").format(moment=moment), "text3", "waiting")
    return Mark(short_moment(row.last_at, now, zone), "text3", "none")


def closing_mark(row: Conversation, now: datetime, zone: tzinfo | None = None) -> Mark | None:
    """ "closes 11:24" once that is near; only while somebody waits."""
    if row.reply_until is None or row.waiting_since is None:
        return None
    left = row.reply_until - now
    if left <= timedelta(0):
        return Mark(_tr("closed"), "clocktx", "closing", is_strong=True)
    is_long = row.reply_until - row.waiting_since > LONG_WINDOW
    if left > (LONG_CLOSING_FROM if is_long else CLOSING_FROM):
        return None
    moment = short_moment(row.reply_until, now, zone)
    return Mark(_tr("closes {moment}").format(moment=moment), "clocktx", "closing", is_strong=True)


def short_moment(moment: datetime, now: datetime, zone: tzinfo | None = None) -> str:
    """ "14:02" within a day, "Mon 8:00" within a week either way, else "3 March"."""
    local = moment.astimezone(zone)
    days = (local.date() - now.astimezone(zone).date()).days
    if days == 0 or (days == -1 and now - moment < timedelta(hours=20)):
        return clock_time(moment, zone)
    if -7 < days < 7:
        day = day_name(moment, now, zone) if days < -1 else _weekday(moment, zone)
        return _tr("{day} {time}").format(day=day, time=clock_time(moment, zone).removeprefix("0"))
    return day_name(moment, now, zone)


def _weekday(moment: datetime, zone: tzinfo | None) -> str:
    return QLocale().dayName(moment.astimezone(zone).isoweekday(), QLocale.FormatType.ShortFormat)


def spoken_wait(waited: timedelta) -> str:
    """ "12 hours 52 minutes", for a screen reader."""
    translate = QCoreApplication.translate

    def many(count: int, one: str, several: str) -> str:
        return _tr(one) if count == 1 else translate("RowMark", several, "", count)

    minutes = max(int(waited.total_seconds() // 60), 0)
    if minutes < 60:
        return many(minutes, "1 minute", "%n minutes")
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        both = many(hours, "1 hour", "%n hours")
        return both if not minutes else f"{both} {many(minutes, '1 minute', '%n minutes')}"
    return translate("RowMark", "%n days", "", hours // 24)
