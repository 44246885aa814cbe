"""Moments in the owner's words and zone: "18:12", "yesterday 18:12", "Tue 14:05", "3 March 9:20"."""

from __future__ import annotations

from datetime import datetime, tzinfo

from PySide6.QtCore import QCoreApplication, QDate, QLocale

_CONTEXT = "When"


def _tr(text: str) -> str:
    return QCoreApplication.translate(_CONTEXT, text)


def clock_time(moment: datetime, zone: tzinfo | None = None) -> str:
    """``14:02`` in ``zone`` (None: the computer's)."""
    local = moment.astimezone(zone)
    return f"{local.hour:02d}:{local.minute:02d}"


def day_and_time(moment: datetime, now: datetime, zone: tzinfo | None = None) -> str:
    """The shortest text that names the moment without doubt, for the line under a bubble."""
    day = day_name(moment, now, zone)
    at = clock_time(moment, zone)
    return at if day == today(now, zone) else _tr("{day} {time}").format(day=day, time=at)


def today(now: datetime, zone: tzinfo | None = None) -> str:
    return day_name(now, now, zone)


def day_name(moment: datetime, now: datetime, zone: tzinfo | None = None) -> str:
    """``today``, ``yesterday``, ``Tue`` within a week, ``3 March`` within the year, else ``3 March 2025``."""
    then, this = moment.astimezone(zone).date(), now.astimezone(zone).date()
    behind = (this - then).days
    locale, date = QLocale(), QDate(then.year, then.month, then.day)
    if behind == 0:
        return _tr("today")
    if behind == 1:
        return _tr("yesterday")
    if 1 < behind < 7:
        return locale.dayName(date.dayOfWeek(), QLocale.FormatType.ShortFormat)
    return locale.toString(date, _tr("d MMMM") if then.year == this.year else _tr("d MMMM yyyy"))


def long_day(moment: datetime, now: datetime, zone: tzinfo | None = None) -> str:
    """``Friday 20 November``, with the year when it is another one; for day lines and context cards."""
    then, this = moment.astimezone(zone).date(), now.astimezone(zone).date()
    date = QDate(then.year, then.month, then.day)
    return QLocale().toString(date, _tr("dddd d MMMM") if then.year == this.year else _tr("dddd d MMMM yyyy"))


def day_line(moment: datetime, now: datetime, zone: tzinfo | None = None) -> str:
    """The text in the middle between two days of a thread: ``Today``, ``Yesterday``, ``Friday 20
    November``."""
    behind = (now.astimezone(zone).date() - moment.astimezone(zone).date()).days
    if behind == 0:
        return _tr("Today")
    if behind == 1:
        return _tr("Yesterday")
    return long_day(moment, now, zone)


def how_long(seconds: float) -> str:
    """``now``, ``4 min``, ``12 h 52``, ``2 days``, ``3 weeks``: how long somebody waits."""
    minutes = int(max(0.0, seconds) // 60)
    if minutes < 1:
        return _tr("now")
    if minutes < 60:
        return _tr("{minutes} min").format(minutes=minutes)
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return _tr("{hours} h {minutes}").format(hours=hours, minutes=f"{minutes:02d}")
    days = hours // 24
    if days < 14:
        return _tr("{days} days").format(days=days)
    return _tr("{weeks} weeks").format(weeks=days // 7)


def time_left(seconds: float) -> str:
    """``4 h 20 min``, ``12 min``, ``3 days``: how long a reply window stays open."""
    minutes = int(max(0.0, seconds) // 60)
    if minutes < 60:
        return _tr("{minutes} min").format(minutes=minutes)
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return _tr("{hours} h {minutes} min").format(hours=hours, minutes=minutes)
    return _tr("{days} days").format(days=hours // 24)
