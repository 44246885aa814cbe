"""The dates people put into feeds. Pure; the caller decides what to do with those that cannot be true."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

from services.patterns import later

_ZONES = {
    "UT": 0, "GMT": 0, "Z": 0, "UTC": 0, "WET": 0, "BST": 1, "CET": 1, "MEZ": 1, "WEST": 1, "CEST": 2,
    "MESZ": 2, "EET": 2, "EEST": 3, "MSK": 3, "IST": 5.5, "JST": 9, "AEST": 10, "AEDT": 11, "NZST": 12,
    "NZDT": 13, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
    "AKST": -9, "HST": -10,
}  # fmt: skip
_ISO = later(
    r"(\d{4})(?:[-/](\d\d?)[-/](\d\d?)|(\d\d)(\d\d))(?:[T ]+(\d\d?):?(\d\d)(?::?(\d\d)(?:[.,](\d+))?)?)?"
    r"\s*(Z|[+-]\d\d:?\d\d|[+-]\d\d|[A-Z]{2,5})?",
    re.IGNORECASE,
)
_ISO_MONTH = later(r"(\d{4})-(\d\d)")
_DOTTED = later(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})(?:[ ,T]+(\d{1,2}):(\d\d)(?::(\d\d))?)?\s*(?:Uhr)?")
_MONTHS = {
    "jan": 1, "feb": 2, "fév": 2, "fev": 2, "mar": 3, "mär": 3, "maer": 3, "apr": 4, "avr": 4, "abr": 4,
    "may": 5, "mai": 5, "mag": 5, "jun": 6, "juin": 6, "giu": 6, "jul": 7, "juil": 7, "lug": 7, "aug": 8,
    "aoû": 8, "aou": 8, "ago": 8, "sep": 9, "set": 9, "oct": 10, "okt": 10, "out": 10, "ott": 10,
    "nov": 11, "dec": 12, "dez": 12, "déc": 12, "dic": 12,
}  # fmt: skip
_WORDS = later(
    r"(?:[^\W\d]+\.?,?\s+)?(\d{1,2})\.?\s*(?:de\s+)?([^\W\d]{3,})\.?,?\s*(?:de\s+)?(\d{4}|\d\d)"
    r"(?:[,T\s]+(\d{1,2}):(\d\d)(?::(\d\d))?)?\s*([+-]\d\d:?\d\d|[A-Z]{1,5})?",
    re.IGNORECASE,
)
_MONTH_FIRST = later(
    r"(?:[^\W\d]+\.?,?\s+)?([^\W\d]{3,})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})"
    r"(?:[,T\s]+(?:at\s+)?(\d{1,2}):(\d\d)(?::(\d\d))?)?\s*([ap]m)?\s*([+-]\d\d:?\d\d|[A-Z]{2,5})?",
    re.IGNORECASE,
)
_USUAL = later(
    r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?(\d\d?) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
    r" ([12]\d{3}) (\d\d):(\d\d):(\d\d) ([+-](?:0\d|1[0-4])[0-5]\d|GMT|UTC)"
)
_SECONDS = later(r"\d{9,10}(?:\d{3})?")


def read_date(text: str) -> datetime | None:
    """Aware UTC, or None. RFC 822 with zone names, ISO 8601 whole or in part, seconds since 1970,
    ``02.11.2026 10:00``, and month names in the languages of our users. A date without a zone is UTC; a day
    without a time is noon, which is that day nearly everywhere."""
    text = " ".join(text.split())[:80]
    if not text:
        return None
    moment = _usual(text)
    if moment is not None:
        return moment
    for reader in (_iso, _seconds, _dotted, _by_email, _by_words, _month_first):
        try:
            moment = reader(text)
        except (ValueError, OverflowError, TypeError, IndexError):
            continue
        if moment is not None:
            return moment
    return None


def _zone(text: str | None) -> timezone:
    text = (text or "").upper()
    if text[:1] in ("+", "-"):
        digits = text[1:].replace(":", "").ljust(4, "0")
        shift = timedelta(hours=int(digits[:2]), minutes=int(digits[2:4]))
        return timezone(-shift if text[0] == "-" else shift)
    return timezone(timedelta(hours=_ZONES.get(text, 0)))


_Part = str | None


def _made(
    year: str, month: int | str, day: str, hour: _Part, minute: _Part, second: _Part, zone: _Part
) -> datetime:
    whole = int(year) + (2000 if len(year) == 2 else 0)
    at = (12, 0, 0) if hour is None else (int(hour), int(minute or 0), min(59, int(second or 0)))
    extra = timedelta(days=1) if at[0] == 24 else timedelta(0)
    moment = datetime(whole, int(month), int(day), at[0] % 24, at[1], at[2], tzinfo=_zone(zone))
    return (moment + extra).astimezone(UTC)


def _usual(text: str) -> datetime | None:
    """What nearly every feed writes, "Fri, 23 Oct 2026 18:30:26 +0000", in a quarter of the time."""
    match = _USUAL.fullmatch(text)
    if not match:
        return None
    day, month, year, hour, minute, second, zone = match.groups()
    shift = 0
    if zone[0] in "+-":
        shift = int(zone[1:3]) * 60 + int(zone[3:])
        shift = -shift if zone[0] == "-" else shift
    try:
        moment = datetime(
            int(year), _MONTHS[month.lower()], int(day), int(hour), int(minute), int(second), tzinfo=UTC
        )
        return moment - timedelta(minutes=shift)
    except (ValueError, OverflowError, KeyError):
        return None  # the others may make sense of it


def _iso(text: str) -> datetime | None:
    match = _ISO.fullmatch(text)
    if not match:
        only = _ISO_MONTH.fullmatch(text)
        return _made(only[1], only[2], "1", None, None, None, None) if only else None
    if text.isdecimal() and len(text) != 8:
        return None
    month, day = match[2] or match[4], match[3] or match[5]
    moment = _made(match[1], month, day, match[6], match[7], match[8], match[10])
    return moment + timedelta(microseconds=int(match[9].ljust(6, "0")[:6])) if match[9] else moment


def _seconds(text: str) -> datetime | None:
    if not _SECONDS.fullmatch(text):
        return None
    number = int(text)
    return datetime.fromtimestamp(number / 1000 if len(text) > 10 else number, UTC)


def _dotted(text: str) -> datetime | None:
    match = _DOTTED.fullmatch(text)
    return _made(match[3], match[2], match[1], match[4], match[5], match[6], None) if match else None


def _by_email(text: str) -> datetime | None:
    last = text.rpartition(" ")[2].upper()
    if last.isalpha() and last not in (
        "GMT",
        "UT",
        "UTC",
        "EST",
        "EDT",
        "CST",
        "CDT",
        "MST",
        "MDT",
        "PST",
        "PDT",
    ):
        return None  # the standard library takes an unknown zone for UTC
    from email.utils import parsedate_to_datetime

    moment = parsedate_to_datetime(text)
    return (moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment).astimezone(UTC)


def _month(name: str) -> int:
    low = name.lower()
    return _MONTHS.get(low[:4]) or _MONTHS.get(low[:3]) or 0


def _by_words(text: str) -> datetime | None:
    match = _WORDS.fullmatch(text)
    return _made(match[3], _month(match[2]), *match.group(1, 4, 5, 6, 7)) if match else None


def _month_first(text: str) -> datetime | None:
    match = _MONTH_FIRST.fullmatch(text)
    if not match:
        return None
    hour = match[4]
    if match[7] and hour:
        hour = str(int(hour) % 12 + (12 if match[7].lower() == "pm" else 0))
    return _made(match[3], _month(match[1]), match[2], hour, match[5], match[6], match[8])
